package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// rawFlow is one entry of flows while it is decoded.
type rawFlow struct {
	at       resource.Position
	origin   origin // where template and file are named
	hasID    bool   // the key itself stands there
	borrows  bool   // the id is that of the template or file
	id       text
	key      text
	template text
	file     text
	name     text
	enabled  *bool

	stateAt, protectAt, enabledAt resource.Position

	absent, protect      bool
	hasState, hasProtect bool // the keys stand there
	unresolved           bool // of an overlay: a variable in it is not set
	only, except         selector

	nulls    []null          // of an overlay: what it unmanages
	findings map[string]bool // what was said about the flow
	known    map[string]bool // of a laid entry: what was said about the one below it

	hasConfig  bool
	configAt   resource.Position
	config     []flowValue
	set        []flowValue
	references []flowReference
	useless    []uselessKey // what an absent entry has no use for
	variables  bool         // a value of config, set or references comes from a variable

	prepared preparedFlow // until the flow is made
}

// flowValue is one member of config or set.
type flowValue struct {
	name  string
	from  resource.Position   // where the value stands
	at    resource.Position   // of the value, for messages
	key   resource.Position   // of its name, for messages
	items []resource.Position // of a list
	value resource.Value
	given bool // it could be read
	plain bool // neither a variable nor a secret is in it, so that messages may show it
	// secret says that a part of it is marked as secret.
	secret bool
}

// flowReference is one member of references.
type flowReference struct {
	kind string // connectors or roles
	name string
	key  resource.Position
	id   text
}

type uselessKey struct {
	name string
	at   resource.Position
}

// readFlows decodes the list, and lets go of each node once it is decoded. The next
// flows are prepared while one is made.
func readFlows(l *loader, n *yaml.Node, into *collected) {
	into.hasFlows = true
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, "flows", "a list", "")
		return
	}
	into.lists.flows = append(into.lists.flows, l.position(n))
	flows := sequence[*rawFlow]{width: l.workers, take: func(raw *rawFlow) error {
		l.takeFlow(raw, into)
		return nil
	}}
	released := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	for i, child := range n.Content {
		if raw, ok := l.entryOfFlow(child, into); ok {
			_ = flows.add(l.prepareFlow(raw)) // taking one over never fails
		}
		if n.Anchor == "" {
			n.Content[i] = released
		}
	}
	_ = flows.finish()
}

// readFlow decodes one entry and takes it over.
func readFlow(l *loader, n *yaml.Node, into *collected) {
	into.hasFlows = true
	if raw, ok := l.entryOfFlow(n, into); ok {
		l.takeFlow(raw, into)
	}
}

// entryOfFlow decodes and checks one entry.
func (l *loader) entryOfFlow(n *yaml.Node, into *collected) (*rawFlow, bool) {
	raw, target := &rawFlow{}, dealias(n)
	if !l.decodeFlow(n, raw) {
		return nil, false
	}
	if !l.checkFlow(raw, hasKey(target, "template"), hasKey(target, "file")) {
		into.lostFlow = true
		return nil, false
	}
	return raw, true
}

// takeFlow keeps the flow of an entry, or notes that it is lost.
func (l *loader) takeFlow(raw *rawFlow, into *collected) {
	if !l.keepFlow(raw) {
		into.lostFlow = true
	}
}

// decodeFlow reads one entry as it stands.
func (l *loader) decodeFlow(n *yaml.Node, raw *rawFlow) bool {
	raw.at, raw.origin = l.position(n), origin{l.file, l.folder}
	target := dealias(n)
	if target.Kind != yaml.MappingNode {
		l.wrongType(target, "a flow", "a mapping", `write it as { template: "…" } or { file: "…" }`)
		return false
	}
	if l.flow == nil {
		l.flow = flowBlock()
	}
	l.flow.read(l, target, raw, "a flow", "")
	raw.hasID = raw.hasID || hasKey(target, "id")
	return true
}

// checkFlow applies the rules that need the entry alone, and reports whether it
// names what it is made of.
func (l *loader) checkFlow(raw *rawFlow, hasTemplate, hasFile bool) bool {
	switch {
	case hasTemplate && hasFile:
		l.reportAt(raw.at, SeverityError, codeFlowSource, "a flow has both template and file", "keep one of the two")
		return false
	case !hasTemplate && !hasFile && !raw.absent:
		l.reportAt(raw.at, SeverityError, codeFlowSource, "a flow has neither template nor file", `add template: with a template's name, or file: with an exported flow`)
		return false
	case hasTemplate && !raw.template.given, hasFile && !raw.file.given, raw.hasID && !raw.id.given:
		return false // it could not be read
	}
	if raw.hasConfig && !hasTemplate && !raw.absent {
		l.reportAt(raw.configAt, SeverityError, codeFlowSource, "config holds the parameters of a template, and this flow has none", "use set: for values of a file")
	}
	if raw.only.given && raw.except.given {
		l.reportAt(raw.except.at, SeverityError, codeSelection, fmt.Sprintf("except stands beside only (%s)", raw.only.at), "keep one of the two")
	}
	if raw.name.given {
		l.checkFlowName(raw.name)
	}
	l.checkKey(raw.key)
	return true
}

func (l *loader) checkFlowName(name text) {
	switch {
	case strings.TrimSpace(name.value) == "":
		l.reportAt(name.at, SeverityError, codeName, "the name is empty", "write a name, or drop the key to keep the flow's own")
	case strings.ContainsFunc(name.value, unicode.IsControl):
		l.reportAt(name.at, SeverityError, codeName, "the name "+show(name.source)+" holds a control character", "")
	}
}

// keepFlow makes the document and stores the entry. What could not be made was
// reported; the entry is stored all the same where its id is known.
func (l *loader) keepFlow(raw *rawFlow) bool {
	one, id, known := l.makeFlow(raw)
	if !known {
		return false
	}
	raw.borrows = !raw.id.given
	raw.id, raw.id.given = id, true
	number := int32(len(l.all.flows)) //nolint:gosec // the documents' limit is far below
	l.all.flows, l.all.rawFlows = append(l.all.flows, one), append(l.all.rawFlows, raw)
	l.noteSelection(raw.only, raw.except)
	if first, twice := l.all.flowIDs[id.value]; twice {
		l.reportAt(id.at, SeverityError, codeTwice, fmt.Sprintf("the id %s already stands at %s", show(id.source), first.at), "keep one of the two entries, or give one of them another id")
	} else {
		l.all.flowIDs[id.value] = occurrence{number, id.at}
	}
	if !raw.key.given {
		return true
	}
	if first, twice := l.all.flowKeys[raw.key.value]; twice {
		l.reportAt(raw.key.at, SeverityError, codeTwice, fmt.Sprintf("the key %s already stands at %s", show(raw.key.source), first.at), "give each entry a key of its own")
	} else {
		l.all.flowKeys[raw.key.value] = occurrence{number, raw.key.at}
	}
	return true
}

// makeFlow is the entry with its document.
func (l *loader) makeFlow(raw *rawFlow) (one entry, id text, known bool) {
	base, ok := l.baseFlow(raw)
	id, known = l.flowID(raw, base, ok)
	if !known {
		return entry{}, text{}, false
	}
	desired := resource.Desired{Kind: resource.KindFlow, ID: id.value, Absent: raw.absent, Protect: raw.protect, Source: raw.at}
	switch {
	case raw.absent:
		for _, key := range raw.useless {
			l.reportAt(key.at, SeverityWarning, codeAbsent, key.name+" takes no effect on a flow with state: absent", "drop everything but id, key, template, file, state, only, except and protect")
		}
	case ok:
		desired.Flow = l.desiredFlow(raw, base, id)
	}
	one = entry{desired: desired, only: raw.only.values(), except: raw.except.values()}
	ownID := raw.id.at // zero where the entry has none
	if raw.borrows {
		ownID = resource.Position{}
	}
	one.parts = &entryParts{key: raw.key, id: ownID, state: raw.stateAt, protect: raw.protectAt, enabledFrom: raw.enabledAt, flow: raw}
	if raw.file.given && !raw.absent {
		one.file = filepath.Join(raw.origin.folder, filepath.FromSlash(raw.file.value))
	}
	return one, id, true
}

// baseFlow is the flow before values are set in it.
func (l *loader) baseFlow(raw *rawFlow) (flow.Document, bool) {
	prepared := raw.prepared
	raw.prepared = preparedFlow{}
	switch {
	case raw.template.given:
		template, found := l.findTemplateAt(raw.origin, raw.template)
		if !found || raw.absent {
			return flow.Document{}, false
		}
		return l.renderFlow(raw, template, prepared.rendered)
	case raw.file.given && !(raw.absent && raw.id.given):
		d, err := l.flowFile(raw.origin.folder, raw.file.value, prepared.file)
		if err != nil {
			l.reportAt(raw.file.at, SeverityError, codeFlowFile, "the flow's file "+show(raw.file.source)+": "+neutralise(err.Error()), hintOf(err))
			return flow.Document{}, false
		}
		export, losses := d.ToExport()
		if len(losses) > 0 && !raw.absent {
			l.reportAt(raw.file.at, SeverityNote, codeFlowLoss, fmt.Sprintf("the %s %s has parts without a place in a management export: %s", d.Shape(), show(raw.file.source), lossPaths(losses)), "")
		}
		return export, true
	default:
		return flow.Document{}, false
	}
}

// lossPaths names what is lost, shortened.
func lossPaths(losses []flow.Loss) string {
	const most = 8
	var paths []string
	for i, loss := range losses {
		if i == most {
			paths = append(paths, fmt.Sprintf("and %d more", len(losses)-most))
			break
		}
		paths = append(paths, loss.Path)
	}
	return neutralise(strings.Join(paths, ", "))
}

// renderFlow makes the flow of a template, unless that was done beforehand.
func (l *loader) renderFlow(raw *rawFlow, template flow.Template, done *renderedFlow) (flow.Document, bool) {
	if done == nil {
		parameters, readable := raw.parameters()
		if !readable {
			return flow.Document{}, false
		}
		done = renderedOf(template, parameters)
	}
	for _, e := range done.wrong {
		l.reportParameter(raw, e)
	}
	return done.document, len(done.wrong) == 0
}

// reportParameter places what a template says about a parameter.
func (l *loader) reportParameter(raw *rawFlow, e flow.ParameterError) {
	at, message, suggestion := raw.template.at, e.Error(), ""
	if raw.hasConfig {
		at = raw.configAt
	}
	for _, v := range raw.config {
		if v.name != e.Name {
			continue
		}
		at = v.at
		if e.Item >= 0 && e.Item < len(v.items) {
			at = v.items[e.Item]
		}
		if e.Value.IsAbsent() { // the name is wrong
			at = v.key
		}
		if v.plain && !e.Value.IsAbsent() {
			message += ", not " + showGiven(e.Value)
		}
		if e.Suggestion != "" && (v.plain || e.Value.IsAbsent()) {
			suggestion = resource.Meant(e.Suggestion)
		}
	}
	l.diagnostics = slices.DeleteFunc(l.diagnostics, func(d Diagnostic) bool { return d.Code == codeAmbiguous && d.Position == at }) // that is said with the error
	l.reportAt(at, SeverityError, codeFlowParameter, neutralise(message), suggestion)
}

// showGiven shows a value as it was written: text in quotes, anything else as it is.
func showGiven(value resource.Value) string {
	if text, isText := value.AsString(); isText {
		return show(text)
	}
	return strings.Trim(show(string(value)), `"`)
}

// flowID is the flow's id with the place that it comes from.
func (l *loader) flowID(raw *rawFlow, base flow.Document, made bool) (id text, known bool) {
	switch {
	case raw.id.given:
		id = raw.id
	case raw.template.given:
		id = raw.template
	case raw.file.given && !made:
		return text{}, false
	case raw.file.given:
		id = text{value: base.ID(), source: base.ID(), at: raw.file.at}
		if id.value == "" {
			l.reportAt(raw.file.at, SeverityError, codeID, "the file "+show(raw.file.source)+" does not say which flow it is", "add id: with the flow's id")
			return text{}, false
		}
	default:
		l.reportAt(raw.at, SeverityError, codeID, "a flow has no id", "add id: with the flow's id at Descope")
		return text{}, false
	}
	if !isFlowName(id.value) {
		l.reportAt(id.at, SeverityError, codeID, "the flow's id "+show(id.source)+" may hold letters, digits, - and _ only", "write the flow's id at Descope")
		return text{}, false
	}
	return id, true
}

// isFlowName holds for ids of flows and names of templates.
func isFlowName(s string) bool {
	other := func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}
	return s != "" && !strings.ContainsFunc(s, other)
}

// DesiredFlows lists the flows that belong to an environment, as [Config.Desired]
// does for tenants.
func (c *Config) DesiredFlows(environment string) []resource.Desired {
	return selected(c.flows, c.layersOf(environment).flows, environment)
}

// FlowFile is the absolute path of the file, or of the snapshot's folder, that a
// flow of an environment is made from; "" where there is none.
func (c *Config) FlowFile(environment, id string) string {
	for e := range effective(c.flows, c.layersOf(environment).flows, environment) {
		if e.desired.ID == id {
			return e.file
		}
	}
	return ""
}

// ManageFlows is the scope of flows in an environment.
func (c *Config) ManageFlows(environment string) resource.Manage {
	return c.manage(c.flows, c.hasFlows, c.flowScope, environment, func(of *layers) *layer { return &of.flows })
}

// FlowCount is how many flows the configuration names, over all environments.
func (c *Config) FlowCount() int {
	return c.count(c.flows, func(of *layers) *layer { return &of.flows })
}
