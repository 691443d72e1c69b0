package emulator

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ImportBehavior says what an import does to a flow or a theme.
type ImportBehavior string

// The behaviours.
const (
	// ImportLive is what pairs of real exports show: the screens get new ids,
	// the version of the screen components moves, and exports come back with
	// everything filled in that was left out. It is the default.
	ImportLive ImportBehavior = "live"
	// ImportVerbatim gives back what was sent.
	ImportVerbatim ImportBehavior = "verbatim"
)

// liveComponentsVersion is the version of the screen components to which a
// live import moves what it takes in.
const liveComponentsVersion = "2.0.612"

// The exported form, table by table.
var (
	exportedFields = []field{
		{name: "flowId"},
		{name: "metadata", kind: kindMap},
		{name: "contents", kind: kindMap},
		{name: "screens", kind: kindObjects},
		{name: "references", kind: kindMap},
	}
	metadataFields = []field{
		{name: "name"},
		{name: "description"},
		{name: "componentsVersion"},
		{name: "disabled", kind: kindFlag},
		{name: "fingerprint", kind: kindFlag},
		{name: "widget", kind: kindFlag},
		{name: "translation", kind: kindMap},
		{name: "sharedInteractions", kind: kindObjects},
		{name: "management", kind: kindFlag},
		{name: "managementConfig", kind: kindMap},
	}
	translationFields = []field{
		{name: "enabled", kind: kindFlag},
		{name: "connectorId"},
		{name: "sourceLanguage"},
		{name: "targetLanguages", kind: kindTexts},
	}
	interactionFields = []field{{name: "id"}, {name: "type"}, {name: "label"}, {name: "icon"}, {name: "subType"}}
	contentsFields    = []field{{name: "startTask"}, {name: "tasks", kind: kindMap}}
	screenFields      = []field{{name: "screenId"}, {name: "interactions", kind: kindObjects}, {name: "contents", kind: kindMap}}
	taskFields        = []field{{name: "next", kind: kindMap}}
	// screenTaskFields are what exports of one flow by different tools have or have not.
	screenTaskFields = append([]field{
		{name: "dynamicSelects", kind: kindMap}, {name: "componentsConnectors", kind: kindMap}, {name: "clientScripts", kind: kindObjects},
	}, taskFields...)
)

// filled writes an object with every field of the table: those that are absent
// or null as their zero values. Everything else stays as it is.
func filled(fields []field, from object) json.RawMessage {
	for _, f := range fields {
		if isNull(from[f.name]) {
			from = maps.Clone(from)
			maps.DeleteFunc(from, func(key string, raw json.RawMessage) bool { return isNull(raw) && hasField(fields, key) })
			break
		}
	}
	return showObject(fields, from, nil)
}

// showExported is the answer of a v2 export.
func showExported(exported object, behavior ImportBehavior) []byte {
	if behavior == ImportLive {
		exported = normalFlow(exported)
	}
	return answerObject(answerMember{"flow", exported.encode()})
}

// normalFlow is a flow with what was left out filled in. The shape of the flow
// has been checked.
func normalFlow(exported object) object {
	parts := storedParts(exported) // nothing is stored without that check
	normal := maps.Clone(exported)
	normal["metadata"] = normalMetadata(parts.metadata)
	contents := maps.Clone(parts.contents)
	if contents == nil {
		contents = object{}
	}
	tasks := make(object, len(parts.tasks))
	for id, raw := range parts.tasks {
		task := parsed(raw)
		fields := taskFields
		if string(task["type"]) == `"`+taskScreen+`"` {
			fields = screenTaskFields
		}
		tasks[id] = filled(fields, task)
	}
	contents["tasks"] = tasks.encode()
	normal["contents"] = filled(contentsFields, contents)
	screens := make([][]byte, len(parts.screens))
	for i, screen := range parts.screens {
		screen = maps.Clone(screen)
		fillInteractions(screen, "interactions")
		screens[i] = filled(screenFields, screen)
	}
	normal["screens"] = list(screens)
	return parsed(filled(exportedFields, normal))
}

func normalMetadata(metadata object) json.RawMessage {
	normal := maps.Clone(metadata)
	if normal == nil {
		normal = object{}
	}
	translation, err := normal.objectMember("translation")
	if err == nil {
		normal["translation"] = filled(translationFields, translation)
	}
	fillInteractions(normal, "sharedInteractions")
	return filled(metadataFields, normal)
}

func fillInteractions(in object, name string) {
	interactions, err := in.objectsMember(name)
	if err != nil || interactions == nil {
		return
	}
	items := make([][]byte, len(interactions))
	for i, one := range interactions {
		items[i] = filled(interactionFields, one)
	}
	in[name] = list(items)
}

// liveImport gives all screens new ids, in the flow, in everything that refers
// to them and in the console parts; then it sorts the screens by them, and
// moves the version of the components.
func (s *Server) liveImport(exported object, parts flowParts, console *consoleParts) object {
	ids := make(map[string]string, len(parts.screens))
	for _, screen := range parts.screens {
		if old := screen.text("screenId"); ids[old] == "" {
			ids[old] = s.random.id("SC")
		}
	}
	changed := parsed(renameScreens(exported.encode(), ids))
	if screens, err := changed.objectsMember("screens"); err == nil && screens != nil {
		slices.SortStableFunc(screens, func(a, b object) int { return strings.Compare(a.text("screenId"), b.text("screenId")) })
		changed["screens"] = encodeObjects(screens)
	}
	metadata := maps.Clone(parts.metadata)
	if metadata == nil {
		metadata = object{}
	}
	metadata["componentsVersion"] = encoded(liveComponentsVersion)
	changed["metadata"] = renameScreens(metadata.encode(), ids)
	if console != nil {
		screens := make(map[string]object, len(console.screens))
		for old, screen := range console.screens {
			if _, found := screen["componentsVersion"]; found {
				screen["componentsVersion"] = encoded(liveComponentsVersion)
			}
			screens[ids[old]] = screen
		}
		console.screens = screens
	}
	return changed
}

// madeScreenID is an id as Descope makes it: no other text looks like that.
var madeScreenID = regexp.MustCompile(`^SC[0-9A-Za-z]{27}$`)

// renameScreens replaces screen ids in compact, valid JSON: the texts of all
// members called screenId, at any depth, and ids of Descope's own form wherever
// they stand alone. A caller's own id ("code") may be any other text as well.
func renameScreens(raw json.RawMessage, ids map[string]string) json.RawMessage {
	if len(ids) == 0 {
		return raw
	}
	out := make([]byte, 0, len(raw))
	scan := scanner{data: raw}
	refers := false // the value that comes next belongs to a member called screenId
	for scan.pos < len(raw) {
		if raw[scan.pos] != '"' {
			next := bytes.IndexByte(raw[scan.pos:], '"')
			if next < 0 {
				next = len(raw) - scan.pos
			}
			refers = refers && next == 1 && raw[scan.pos] == ':'
			out = append(out, raw[scan.pos:scan.pos+next]...)
			scan.pos += next
			continue
		}
		start := scan.pos
		text := scan.key()
		isKey := scan.pos < len(raw) && raw[scan.pos] == ':'
		renamed, known := ids[text]
		if !isKey && known && (refers || madeScreenID.MatchString(text)) {
			out = appendText(out, renamed)
		} else {
			out = append(out, raw[start:scan.pos]...)
		}
		refers = isKey && text == "screenId"
	}
	return out
}
