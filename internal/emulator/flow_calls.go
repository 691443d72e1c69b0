package emulator

import (
	"net/http"
	"slices"
)

// flowRoutes are the calls on flows.
var flowRoutes = []route{
	{method: http.MethodPost, path: "/v1/mgmt/flow/list", fields: flowListFields, handle: (*Server).listFlows},
	{method: http.MethodPost, path: "/v1/mgmt/flow/template/list", handle: (*Server).listFlowTemplates},
	{method: http.MethodPost, path: "/v2/mgmt/flow/export", fields: flowExportFields, handle: (*Server).exportFlow},
	{method: http.MethodPost, path: "/v1/mgmt/flow/export", fields: flowExportFields, handle: (*Server).exportConsoleFlow},
	{method: http.MethodPost, path: "/v2/mgmt/flow/import", fields: flowImportFields, handle: (*Server).importFlow},
	{method: http.MethodPost, path: "/v1/mgmt/flow/import", fields: flowConsoleImportFields, handle: (*Server).importConsoleFlow},
	{method: http.MethodPost, path: "/v1/mgmt/flow/delete", fields: flowListFields, handle: (*Server).deleteFlows},
}

var (
	flowListFields   = []field{{name: "ids", kind: kindTexts}}
	flowExportFields = []field{{name: "flowId"}}
	flowImportFields = []field{
		{name: "flow", kind: kindAny}, // kept as it is, nulls included
		{name: "skipRender", kind: kindFlag},
		{name: "changelog"},
	}
	flowConsoleImportFields = []field{{name: "flowId"}, {name: "flow", kind: kindAny}, {name: "screens", kind: kindObjects}}
)

// listFlows lists all flows, or those of the given ids.
func (s *Server) listFlows(c *call) ([]byte, error) {
	ids := c.body.texts("ids")
	var items [][]byte
	for f := range c.content().flows.all() {
		if len(ids) > 0 && !slices.Contains(ids, f.id) {
			continue
		}
		items = append(items, f.showListed())
	}
	if len(items) == 0 && len(ids) > 0 {
		return nil, errFlowsNotFound
	}
	return answerObject(answerMember{"flows", list(items)}, answerMember{"total", encoded(len(items))}), nil
}

// listFlowTemplates answers Descope's own library, of which the emulator has nothing.
func (s *Server) listFlowTemplates(*call) ([]byte, error) {
	return answerObject(answerMember{"templates", list(nil)}, answerMember{"total", encoded(0)}), nil
}

// requestedFlow is the flow that an export asks for.
func (s *Server) requestedFlow(c *call) (*flow, error) {
	id := c.body.text("flowId")
	if id == "" {
		return nil, required("flowId")
	}
	if found, ok := c.content().flows.get(id); ok {
		return found, nil
	}
	return nil, errFlowLoad
}

func (s *Server) exportFlow(c *call) ([]byte, error) {
	found, err := s.requestedFlow(c)
	if err != nil {
		return nil, err
	}
	return found.shown, nil
}

func (s *Server) exportConsoleFlow(c *call) ([]byte, error) {
	found, err := s.requestedFlow(c)
	if err != nil {
		return nil, err
	}
	return found.showConsole(s.options.ImportBehavior), nil
}

// importFlow creates or replaces the flow that the body names by its own id.
func (s *Server) importFlow(c *call) ([]byte, error) {
	exported, err := c.body.objectMember("flow")
	switch {
	case err != nil:
		return nil, err
	case exported == nil:
		return nil, required("flow")
	}
	_, err = s.storeFlow(c, exported, nil)
	return nil, err
}

// importConsoleFlow does the same in the v1 form, and answers the flow as it is then.
func (s *Server) importConsoleFlow(c *call) ([]byte, error) {
	given, err := c.body.objectMember("flow")
	switch {
	case err != nil:
		return nil, err
	case given == nil:
		return nil, required("flow")
	}
	screens, err := c.body.objectsMember("screens")
	if err != nil {
		return nil, err
	}
	exported, console := fromConsole(c.body.text("flowId"), given, screens, c.body["screens"] != nil)
	stored, err := s.storeFlow(c, exported, console)
	if err != nil {
		return nil, err
	}
	return stored.showConsole(s.options.ImportBehavior), nil
}

// storeFlow checks a flow and puts it in the place of the one that has its id.
func (s *Server) storeFlow(c *call, exported object, console *consoleParts) (*flow, error) {
	parts, err := readFlow(exported)
	if err != nil {
		return nil, err
	}
	if parts.id == "" {
		return nil, required("flowId")
	}
	if err := s.checkImport(parts); err != nil {
		return nil, err
	}
	if s.options.ImportBehavior == ImportLive {
		exported = s.liveImport(exported, parts, console)
	}
	stored := &flow{
		id: parts.id, exported: exported, shown: showExported(exported, s.options.ImportBehavior), console: console,
		version: firstVersion, etag: s.random.id(""), modified: s.seconds(),
	}
	if before, found := c.content().flows.get(parts.id); found {
		stored.version = nextVersion(before.version)
		// A second import within one second is another modification all the same.
		stored.modified = max(stored.modified, before.modified+1)
	}
	b := &batch{call: c}
	b.putFlow(stored)
	return stored, s.commit(b)
}

// deleteFlows removes flows, all of them or none.
func (s *Server) deleteFlows(c *call) ([]byte, error) {
	ids := c.body.texts("ids")
	if len(ids) == 0 {
		return nil, required("ids")
	}
	b := &batch{call: c}
	for _, id := range ids {
		found, exists := c.content().flows.get(id)
		switch {
		case slices.Contains(builtInFlows, id):
			if refusal := s.refusal(unknownFlowBuiltIn); refusal != nil {
				return nil, refusal
			}
		case !exists:
			if refusal := s.refusal(unknownFlowDelete); refusal != nil {
				return nil, refusal
			}
		default:
			b.dropFlow(found)
		}
	}
	return nil, s.commit(b)
}
