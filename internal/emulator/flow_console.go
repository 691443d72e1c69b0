package emulator

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
)

// consoleParts is what the console's form of a flow has and the exported form
// has not, so that a v1 import comes back whole. Nothing of it is shared with
// the exported form.
type consoleParts struct {
	flow    object            // members of the flow
	screens map[string]object // by screen id: members of the screen
}

var consolePartsFields = []field{{name: "flow", kind: kindAny}, {name: "screens", kind: kindAny}}

// newConsoleParts reads the member "console" of a stored flow.
func newConsoleParts(row object) (*consoleParts, error) {
	console, err := row.objectMember("console")
	if console == nil || err != nil {
		return nil, err
	}
	if _, unknown, err := split(consolePartsFields, console); err != nil || len(unknown) > 0 {
		return nil, errors.Join(err, errors.New(`"console" has members other than flow and screens`))
	}
	parts := &consoleParts{screens: map[string]object{}}
	if parts.flow, err = console.objectMember("flow"); err != nil {
		return nil, err
	}
	screens, err := console.objectMember("screens")
	if err != nil {
		return nil, err
	}
	for _, id := range screens.sortedKeys() {
		if parts.screens[id], err = screens.objectMember(id); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func (p *consoleParts) encode() json.RawMessage {
	screens := object{}
	for id, screen := range p.screens {
		screens[id] = screen.encode()
	}
	return object{"flow": p.flow.encode(), "screens": screens.encode()}.encode()
}

// consoleFlowFields is the v1 flow, as lists and exports answer it.
var consoleFlowFields = []field{
	{name: "id"},
	{name: "version", kind: kindWhole},
	{name: "name"},
	{name: "description"},
	{name: "dsl", kind: kindMap},
	{name: "modifiedTime"}, // an int64, so a string
	{name: "etag"},
	{name: "disabled", kind: kindFlag},
	{name: "translate", kind: kindFlag},
	{name: "translateConnectorID"},
	{name: "translateSourceLang"},
	{name: "translateTargetLangs", kind: kindTexts},
	{name: "fingerprint", kind: kindFlag},
	{name: "widget", kind: kindFlag},
	{name: "sharedInteractions", kind: kindObjects},
	{name: "management", kind: kindFlag},
	{name: "managementConfig", kind: kindMap},
	{name: "referencesGlobalStrings", kind: kindFlag},
}

// consoleScreenFields is the v1 screen.
var consoleScreenFields = []field{
	{name: "id"},
	{name: "version", kind: kindWhole},
	{name: "flowId"},
	{name: "inputs", kind: kindObjects},
	{name: "interactions", kind: kindObjects},
	{name: "htmlTemplate", kind: kindMap},
	{name: "componentsVersion"},
}

// translations leads from the members of a v1 flow to those of the exported
// metadata's translation.
var translations = [...]struct{ console, exported string }{
	{"translate", "enabled"},
	{"translateConnectorID", "connectorId"},
	{"translateSourceLang", "sourceLanguage"},
	{"translateTargetLangs", "targetLanguages"},
}

// ownedByService are the members of a v1 flow that an import does not set.
var ownedByService = []string{"id", "version", "modifiedTime", "etag"}

// consoleScreenParts are the members of a v1 screen that the exported form has not.
var consoleScreenParts = []string{"version", "flowId", "inputs", "componentsVersion"}

// fromConsole converts a flow of the v1 form as the official converter does:
// what it would drop is in the console parts. Members that nobody knows are
// metadata in the one form and stand beside the name in the other.
func fromConsole(id string, given object, screens []object, withScreens bool) (exported object, parts *consoleParts) {
	parts = &consoleParts{flow: object{}, screens: map[string]object{}}
	metadata, translation, translated := object{}, object{}, false
	exported = object{"flowId": encoded(id)}
	for key, raw := range given {
		at := slices.IndexFunc(translations[:], func(t struct{ console, exported string }) bool { return t.console == key })
		switch {
		case slices.Contains(ownedByService, key):
		case key == "dsl":
			exported["contents"] = raw
		case at >= 0:
			translation[translations[at].exported] = raw
			translated = translated || !isZero(raw)
			parts.flow[key] = raw
		default:
			metadata[key] = raw
		}
	}
	if translated {
		metadata["translation"], parts.flow = translation.encode(), object{}
	}
	converted := make([]object, len(screens))
	for i, screen := range screens {
		own, kept := object{}, object{}
		for key, raw := range screen {
			switch {
			case key == "id":
				own["screenId"] = raw
			case key == "htmlTemplate":
				own["contents"] = raw
			case slices.Contains(consoleScreenParts, key):
				kept[key] = raw
			case key == "screenId" || key == "contents": // what the exported form calls otherwise
			default:
				own[key] = raw
			}
		}
		if version := kept["componentsVersion"]; len(version) > 0 && !isZero(version) {
			metadata["componentsVersion"] = version // that of the last screen, as in the converter
		}
		converted[i] = own
		parts.screens[own.text("screenId")] = kept
	}
	exported["metadata"] = metadata.encode()
	if withScreens {
		exported["screens"] = encodeObjects(converted)
	}
	return exported, parts
}

// isZero reports a value that stands for "not set".
func isZero(raw json.RawMessage) bool {
	return slices.Contains([]string{"null", "false", "0", `""`, "[]", "{}"}, string(raw))
}

// consoleFlow is the flow in the v1 form, without its dsl.
func (f *flow) consoleFlow(metadata object) object {
	shown := maps.Clone(metadata)
	if shown == nil {
		shown = object{}
	}
	delete(shown, "componentsVersion") // the screens have it
	delete(shown, "dsl")
	if raw, found := shown["translation"]; found && !isNull(raw) {
		translation := parsed(raw)
		for _, t := range translations {
			if value, found := translation[t.exported]; found {
				shown[t.console] = value
			}
		}
		delete(shown, "translation")
	}
	if f.console != nil {
		maps.Copy(shown, f.console.flow)
	}
	shown["id"], shown["version"], shown["etag"] = encoded(f.id), encoded(f.version), encoded(f.etag)
	shown["modifiedTime"] = encoded(strconv.FormatInt(f.modified, 10))
	return shown
}

// showListed is the flow as a list has it.
func (f *flow) showListed() []byte {
	metadata, _ := f.exported.objectMember("metadata") // an object, as it was checked
	return filled(consoleFlowFields, f.consoleFlow(metadata))
}

// showConsole is the answer of a v1 export.
func (f *flow) showConsole(behavior ImportBehavior) []byte {
	source := f.exported
	if behavior == ImportLive {
		source = normalFlow(source)
	}
	parts := storedParts(source)
	shown := f.consoleFlow(parts.metadata)
	if contents, found := source["contents"]; found {
		shown["dsl"] = contents
	}
	screens := make([][]byte, len(parts.screens))
	for i, screen := range parts.screens {
		converted := f.consoleScreen(screen, parts.metadata)
		screens[i] = converted.encode()
		if behavior == ImportLive {
			screens[i] = filled(consoleScreenFields, converted)
		}
	}
	encodedFlow := shown.encode()
	if behavior == ImportLive {
		encodedFlow = filled(consoleFlowFields, shown)
	}
	return answerObject(answerMember{"flow", encodedFlow}, answerMember{"screens", list(screens)})
}

// consoleScreen is one screen in the v1 form. One that came through v2 gets
// what the console would have made.
func (f *flow) consoleScreen(screen, metadata object) object {
	shown := maps.Clone(screen)
	delete(shown, "screenId")
	delete(shown, "contents")
	shown["id"] = screen["screenId"]
	if contents, found := screen["contents"]; found {
		shown["htmlTemplate"] = contents
	}
	if f.console != nil {
		if kept, found := f.console.screens[screen.text("screenId")]; found {
			maps.Copy(shown, kept)
			if _, found := kept["flowId"]; found {
				shown["flowId"] = encoded(f.id)
			}
			return shown
		}
	}
	shown["flowId"], shown["version"], shown["inputs"] = encoded(f.id), encoded(f.version), json.RawMessage("[]")
	if version, found := metadata["componentsVersion"]; found {
		shown["componentsVersion"] = version
	}
	return shown
}
