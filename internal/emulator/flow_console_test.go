package emulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// consoleShape is the body of a v1 import and the answer of a v1 export.
type consoleShape struct {
	Flow    map[string]json.RawMessage   `json:"flow"`
	Screens []map[string]json.RawMessage `json:"screens"`
}

const oddConsole = `{
	"flow": {
		"id": "other", "version": 15, "name": "Odd", "modifiedTime": 1725220394, "widget": false, "disabled": null, "unheard": {"n": 12345678901234567890, "x": null},
		"translate": false, "translateTargetLangs": [], "dsl": {"startTask": "0", "tasks": {"0": {"id": "0", "type": "screen", "screenId": "s", "next": {}, "kept": null}}}
	},
	"screens": [
		{"id": "s", "version": 14, "flowId": "other", "inputs": [{"name": "email", "n": 1.50}], "interactions": [{"id": "b"}], "htmlTemplate": {"ROOT": {"x": 0.12345678901234567}}, "componentsVersion": "2.0.322", "more": null},
		{"id": "t", "htmlTemplate": {}, "componentsVersion": ""}
	]
}`

func importConsole(h *harness, id, console string) consoleShape {
	h.t.Helper()
	return decode[consoleShape](h.t, h.ok("POST", "/v1/mgmt/flow/import", `{"flowId":"`+id+`",`+strings.TrimPrefix(strings.TrimSpace(console), "{")))
}

func exportConsole(h *harness, id string) string {
	h.t.Helper()
	return h.ok("POST", "/v1/mgmt/flow/export", `{"flowId":"`+id+`"}`)
}

// sameConsole compares two flows of the v1 form without what each import changes.
func sameConsole(t *testing.T, what, want, got string) {
	t.Helper()
	texts := make([]string, 2)
	for i, text := range []string{want, got} {
		value := exactly(t, text).(map[string]any)
		for _, key := range []string{"id", "version", "etag", "modifiedTime"} {
			delete(value["flow"].(map[string]any), key)
		}
		for _, screen := range value["screens"].([]any) {
			delete(screen.(map[string]any), "flowId")
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(encoded)
	}
	sameExactly(t, what, texts[0], texts[1])
}

func TestConsoleImportVerbatim(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, ImportBehavior: emulator.ImportVerbatim, RejectUnknownFields: true})
	answer := importConsole(h, "odd", oddConsole)
	for key, want := range map[string]string{"id": `"odd"`, "version": "1", "modifiedTime": `"1700000000"`} {
		assertMember(t, answer.Flow, key, want)
	}
	assertMember(t, answer.Screens[0], "flowId", `"odd"`)
	exported := exportConsole(h, "odd")
	sameConsole(t, "v1", oddConsole, exported)
	assertMember(t, importConsole(h, "odd", exported).Flow, "version", "2")
	sameConsole(t, "v1 again", oddConsole, exportConsole(h, "odd"))

	// The same flow in the form of the v2 export, as the official converter makes it.
	sameExactly(t, "v2", `{
		"flowId": "odd",
		"metadata": {"name": "Odd", "widget": false, "disabled": null, "unheard": {"n": 12345678901234567890, "x": null}, "componentsVersion": "2.0.322"},
		"contents": {"startTask": "0", "tasks": {"0": {"id": "0", "type": "screen", "screenId": "s", "next": {}, "kept": null}}},
		"screens": [
			{"screenId": "s", "interactions": [{"id": "b"}], "contents": {"ROOT": {"x": 0.12345678901234567}}, "more": null},
			{"screenId": "t", "contents": {}}
		]
	}`, h.exportFlow("odd"))
}

func TestConsoleTranslation(t *testing.T) {
	h := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	console := strings.Replace(oddConsole, `"translate": false`, `"translate": true, "translateSourceLang": ""`, 1)
	importConsole(h, "odd", console)
	sameConsole(t, "v1", console, exportConsole(h, "odd"))
	metadata := decode[struct{ Metadata map[string]json.RawMessage }](t, h.exportFlow("odd")).Metadata
	assertMember(t, metadata, "translation", `{"enabled":true,"sourceLanguage":"","targetLanguages":[]}`)
}

// A flow that came through v2 has what the console's form demands, and back.
func TestConsoleExportOfExported(t *testing.T) {
	h := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	h.importFlow(oddFlow)
	console := exportConsole(h, "odd")
	shape := decode[consoleShape](t, console)
	for key, want := range map[string]string{
		"translate": "true", "translateTargetLangs": `["de"]`, "disabled": "true", "fingerprint": "null", "unheard": "[1.10,null]", "management": "true",
		"componentsVersion": "", "translation": "", "version": "1",
	} {
		assertMember(t, shape.Flow, key, want)
	}
	for key, want := range map[string]string{"id": `"code"`, "version": "1", "flowId": `"odd"`, "inputs": "[]", "componentsVersion": `"2.0.1"`, "extra": "null", "screenId": "", "contents": ""} {
		assertMember(t, shape.Screens[0], key, want)
	}
	importConsole(h, "odd", console)
	want, got := exactly(t, oddFlow).(map[string]any), exactly(t, h.exportFlow("odd")).(map[string]any)
	delete(want, "references") // v1 has no place for them
	delete(want, "future")
	for _, problem := range append(filledIn("", want, got), filledIn("", got, want)...) {
		t.Error(problem)
	}
}

func TestConsoleImportLive(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	before := h.exportFlow("sign-in")
	answer := importConsole(h, "sign-in", exportConsole(h, "sign-in"))
	assertMember(t, answer.Flow, "version", "2")
	sameButIdentity(t, before, h.exportFlow("sign-in"))

	answer = importConsole(h, "odd", oddConsole)
	for key, want := range map[string]string{"disabled": "false", "fingerprint": "false", "translateConnectorID": `""`, "referencesGlobalStrings": "false", "description": `""`} {
		assertMember(t, answer.Flow, key, want)
	}
	ids, followed := map[string]bool{}, 0
	for _, screen := range answer.Screens {
		id := decode[string](t, string(screen["id"]))
		if !screenID.MatchString(id) || ids[id] {
			t.Errorf("the screen id %q", id)
		}
		ids[id] = true
		assertMember(t, screen, "componentsVersion", `"2.0.612"`)
		if string(screen["version"]) == "14" {
			followed++
			assertMember(t, screen, "inputs", `[{"name":"email","n":1.50}]`) // they follow their screen
			assertMember(t, screen, "interactions", `[{"id":"b","type":"","label":"","icon":"","subType":""}]`)
			if !strings.Contains(string(answer.Flow["dsl"]), `"screenId":"`+id+`"`) {
				t.Errorf("no task shows %s: %s", id, answer.Flow["dsl"])
			}
		}
	}
	if len(ids) != 2 || followed != 1 {
		t.Errorf("screens %v, %d of them have their inputs", ids, followed)
	}
}
