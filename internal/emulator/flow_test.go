package emulator_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// oddScreen is an id of Descope's own form; the other screen of the odd flow
// is called like one of its inputs.
const oddScreen = "SC2OddScreen00000000000000001"

// oddFlow has what a converter or a decoder of another make would lose:
// members that nobody knows, nulls, long numbers, screens that nobody shows,
// and a reference to a screen in an unusual place.
const oddFlow = `{
	"flowId": "odd", "future": {"n": 12345678901234567890, "nothing": null},
	"metadata": {
		"name": "Odd ü <b>", "disabled": true, "fingerprint": null, "componentsVersion": "2.0.1", "sharedInteractions": [{"id": "3.success", "type": "success", "x": 1}],
		"translation": {"enabled": true, "targetLanguages": ["de"]}, "management": true, "managementConfig": {"triggers": {"enabled": false}}, "unheard": [1.10, null]
	},
	"contents": {
		"startTask": "0", "kept": -0.12345678901234567, "screenId": "code",
		"tasks": {
			"start": {"id": "start", "name": "start", "next": {"rules": [{"taskId": "0"}]}, "view": {"x": -3.5e2, "y": 0}},
			"0": {"id": "0", "name": "First", "type": "screen", "screenId": "` + oddScreen + `", "next": {"rules": [{"interactionId": "a", "taskId": "1"}]}, "dynamicSelects": null, "allInputKeys": ["code"]},
			"1": {"id": "1", "name": "Second", "type": "screen", "screenId": "code", "arguments": {"form": {"type": "inline", "value": ["` + oddScreen + `", "code", 9007199254740993]}}, "next": {"rules": [{"interactionId": "b", "taskId": "1.end"}]}},
			"1.end": {"id": "1.end", "name": "End", "type": "automated", "action": "logged-in"}
		}
	},
	"screens": [
		{"screenId": "code", "interactions": [{"id": "b", "label": "code"}], "contents": {"ROOT": {"nodes": ["code"], "props": {"name": "code"}}}, "extra": null},
		{"screenId": "unused"},
		{"screenId": "` + oddScreen + `", "contents": {"ROOT": {"custom": {"screenId": "code", "code": "code"}}}}
	],
	"references": {"connectors": {"Mail": "CI2x"}, "unheard": {}}
}`

func (h *harness) importFlow(flow string) {
	h.t.Helper()
	h.ok("POST", "/v2/mgmt/flow/import", `{"flow":`+flow+`}`)
}

// exportFlow is the raw flow of a v2 export.
func (h *harness) exportFlow(id string) string {
	h.t.Helper()
	return string(decode[struct{ Flow json.RawMessage }](h.t, h.ok("POST", "/v2/mgmt/flow/export", `{"flowId":"`+id+`"}`)).Flow)
}

// exactly decodes JSON without touching a number.
func exactly(t testing.TB, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return value
}

func sameExactly(t testing.TB, what, want, got string) {
	t.Helper()
	if difference := cmp.Diff(exactly(t, want), exactly(t, got)); difference != "" {
		t.Errorf("%s (-want +got):\n%s", what, difference)
	}
}

type listedFlows struct {
	Flows []map[string]json.RawMessage
	Total int
}

func (h *harness) flows(body string) listedFlows {
	h.t.Helper()
	return decode[listedFlows](h.t, h.ok("POST", "/v1/mgmt/flow/list", body))
}

func (h *harness) listed(id string) map[string]json.RawMessage {
	h.t.Helper()
	return h.flows(`{"ids":["` + id + `"]}`).Flows[0]
}

func TestNewProjectHasFlows(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	for _, body := range []string{"", "{}", `{"ids":[]}`, `{"ids":null}`} {
		list := h.flows(body)
		var ids []string
		for _, one := range list.Flows {
			ids = append(ids, string(one["id"]))
		}
		if want := []string{`"sign-in"`, `"sign-up"`, `"sign-up-or-in"`, `"step-up"`}; list.Total != 4 || !slices.Equal(ids, want) {
			t.Errorf("%s: %d flows: %s", body, list.Total, ids)
		}
	}
	one := h.listed("step-up")
	for key, want := range map[string]string{
		"version": "1", "name": `"Step Up"`, "dsl": "{}", "modifiedTime": `"1700000000"`, "disabled": "false", "translate": "false", "translateConnectorID": `""`,
		"translateTargetLangs": "[]", "widget": "false", "management": "false", "managementConfig": "{}", "sharedInteractions": `[{"id":"4.success","type":"success"}]`,
	} {
		assertMember(t, one, key, want)
	}
	if len(one["etag"]) != 27+2 {
		t.Errorf("etag %s", one["etag"])
	}
	h.refused("POST", "/v1/mgmt/flow/list", `{"ids":["nothing"]}`, 500, "E103009")
	if got := h.flows(`{"ids":["nothing","sign-in"]}`); got.Total != 1 {
		t.Errorf("%d flows", got.Total)
	}
	if got := h.ok("POST", "/v1/mgmt/flow/template/list", "{}"); got != `{"templates":[],"total":0}` {
		t.Errorf("templates %s", got)
	}
}

// The flows of a new project are real ones: the service itself would take them.
func TestBuiltInFlowsImport(t *testing.T) {
	h := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	kinds := map[string]bool{}
	for _, id := range []string{"sign-in", "sign-up", "sign-up-or-in", "step-up"} {
		flow := h.exportFlow(id)
		h.importFlow(flow)
		sameExactly(t, id, flow, h.exportFlow(id))
		read := decode[struct {
			Contents struct {
				Tasks map[string]struct {
					ID, Type, Action string
					Arguments        map[string]any
				}
			}
			Screens []struct{ Interactions []struct{ ID string } }
		}](t, flow)
		for key, task := range read.Contents.Tasks {
			kinds[task.Type] = true
			if key != task.ID || task.Type == "automated" && task.Action == "" {
				t.Errorf("%s: task %s %+v", id, key, task)
			}
		}
		for _, screen := range read.Screens {
			if len(screen.Interactions) == 0 {
				t.Errorf("%s: a screen without interactions", id)
			}
		}
	}
	if !kinds["screen"] || !kinds["automated"] || !kinds["condition"] {
		t.Errorf("types of tasks: %v", kinds)
	}
}

func TestVerbatimImport(t *testing.T) {
	h := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	h.importFlow(oddFlow)
	exported := h.exportFlow("odd")
	sameExactly(t, "first", oddFlow, exported)
	h.importFlow(exported)
	sameExactly(t, "second", oddFlow, h.exportFlow("odd"))
	if got := string(h.listed("odd")["version"]); got != "2" {
		t.Errorf("version %s", got)
	}
}

// Every import is another version, even of the same flow within one second.
func TestImportCountsVersions(t *testing.T) {
	for _, behavior := range []emulator.ImportBehavior{emulator.ImportLive, emulator.ImportVerbatim} {
		h := start(t, emulator.Options{Now: fixedClock, ImportBehavior: behavior})
		seen := map[string]bool{}
		for version := 1; version <= 3; version++ {
			h.importFlow(oddFlow)
			one := h.listed("odd")
			assertMember(t, one, "version", fmt.Sprint(version))
			assertMember(t, one, "modifiedTime", fmt.Sprintf(`"%d"`, 1_700_000_000+version-1))
			if etag := string(one["etag"]); seen[etag] || len(etag) != 29 {
				t.Errorf("%s: etag %s", behavior, etag)
			} else {
				seen[etag] = true
			}
		}
	}
}

func TestLiveImport(t *testing.T) {
	h := start(t, emulator.Options{})
	h.importFlow(oddFlow)
	first := h.exportFlow("odd")
	sameButIdentity(t, oddFlow, first)
	h.importFlow(first)
	second := h.exportFlow("odd")
	sameButIdentity(t, first, second)
	if first == second {
		t.Error("the screens kept their ids")
	}
	if h.exportFlow("odd") != second {
		t.Error("an export changed the flow")
	}
	for _, want := range []string{`"references":{"connectors":{"Mail":"CI2x"},"unheard":{}}`, `"name":"code"`, `"nodes":["code"]`, `"allInputKeys":["code"]`, `"code":"code"`, `"label":"code"`, `"dynamicSelects":{}`, `"interactions":[]`, `"componentsVersion":"2.0.612"`} {
		if !strings.Contains(second, want) {
			t.Errorf("no %s in %s", want, second)
		}
	}
	metadata := decode[struct{ Metadata map[string]json.RawMessage }](t, h.exportFlow("sign-in")).Metadata
	for key, want := range map[string]string{
		"disabled": "false", "fingerprint": "false", "widget": "false", "management": "false", "managementConfig": "{}",
		"translation":        `{"enabled":false,"connectorId":"","sourceLanguage":"","targetLanguages":[]}`,
		"sharedInteractions": `[{"id":"10.success","type":"success","label":"","icon":"","subType":""}]`,
	} {
		assertMember(t, metadata, key, want)
	}
	if !strings.Contains(h.exportFlow("sign-in"), `"references":{}`) {
		t.Error("no empty references")
	}
}

func TestFlowImportRefusals(t *testing.T) {
	task := `{"id":"0","type":"automated","action":"logged-in","next":{}}`
	with := func(contents, more string) string {
		return `{"flowId":"new","metadata":{"name":"New"},"contents":` + contents + more + `}`
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, `"%d":%s,`, i, task)
	}
	ok := with(`{"startTask":"0","tasks":{`+many.String()+`"start":{}}}`, "")
	one := `{"startTask":"0","tasks":{"0":` + task + `}}`
	for name, flow := range map[string]string{
		"no flow":              `null`,
		"a list":               `[]`,
		"no id":                `{"metadata":{},"contents":` + one + `}`,
		"an id with a slash":   strings.Replace(with(one, ""), `"new"`, `"../new"`, 1),
		"no metadata":          `{"flowId":"new","contents":` + one + `}`,
		"metadata null":        `{"flowId":"new","metadata":null,"contents":` + one + `}`,
		"no contents":          `{"flowId":"new","metadata":{}}`,
		"no start":             with(`{"tasks":{"0":`+task+`}}`, ""),
		"no such start":        with(`{"startTask":"1","tasks":{"0":`+task+`}}`, ""),
		"no tasks":             with(`{"startTask":"1"}`, ""),
		"a task that is none":  with(`{"startTask":"0","tasks":{"0":1}}`, ""),
		"201 tasks":            strings.Replace(ok, `"start":{}`, `"200":{}`, 1),
		"an edge to nowhere":   with(`{"startTask":"0","tasks":{"0":{"next":{"rules":[{"interactionId":"success","taskId":"1"}]}}}}`, ""),
		"a screen that is not": with(`{"startTask":"0","tasks":{"0":{"type":"screen","screenId":"s"}}}`, `,"screens":[]`),
		"a screen twice":       with(one, `,"screens":[{"screenId":"s"},{"screenId":"s"}]`),
		"a screen without id":  with(one, `,"screens":[{}]`),
		"screens no list":      with(one, `,"screens":{}`),
		"a disabled text":      strings.Replace(with(one, ""), `"name":"New"`, `"disabled":"yes"`, 1),
		"references a list":    with(one, `,"references":[]`),
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, emulator.Options{}).in(t)
			h.refused("POST", "/v2/mgmt/flow/import", `{"flow":`+flow+`}`, 400, "E011003")
			if got := h.flows(""); got.Total != 4 {
				t.Errorf("%d flows", got.Total)
			}
		})
	}
	h := start(t, emulator.Options{})
	h.importFlow(ok) // 200 and the start are not too many
	h.refused("POST", "/v2/mgmt/flow/import", "", 400, "E011003")
	h.refused("POST", "/v1/mgmt/flow/import", `{"flowId":"x"}`, 400, "E011003")
	h.refused("POST", "/v1/mgmt/flow/import", `{"flow":{"dsl":`+one+`},"screens":[]}`, 400, "E011003")
	for _, version := range []string{"v1", "v2"} {
		h.refused("POST", "/"+version+"/mgmt/flow/export", `{"flowId":"nothing"}`, 500, "E103003")
		h.refused("POST", "/"+version+"/mgmt/flow/export", `{}`, 400, "E011003")
	}
}

func TestDeleteFlows(t *testing.T) {
	h := start(t, emulator.Options{})
	h.importFlow(oddFlow)
	h.refused("POST", "/v1/mgmt/flow/delete", `{"ids":["odd","step-up"]}`, 400, "E011003")
	h.refused("POST", "/v1/mgmt/flow/delete", `{"ids":["odd","nothing"]}`, 500, "E103009")
	h.refused("POST", "/v1/mgmt/flow/delete", `{"ids":[]}`, 400, "E011003")
	if got := h.flows(""); got.Total != 5 {
		t.Errorf("a refused delete left %d flows", got.Total)
	}
	h.ok("POST", "/v1/mgmt/flow/delete", `{"ids":["odd"]}`)
	h.refused("POST", "/v2/mgmt/flow/export", `{"flowId":"odd"}`, 500, "E103003")
	if got := h.as(otherID, otherKey).flows(""); got.Total != 4 {
		t.Errorf("the other project has %d flows", got.Total)
	}
}

func TestChangelogIsAudited(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	long := strings.Repeat("ü", 600) // 1,200 bytes
	h.ok("POST", "/v2/mgmt/flow/import", `{"flow":`+oddFlow+`,"skipRender":true,"changelog":"run 7 of 0123abc"}`)
	h.ok("POST", "/v2/mgmt/flow/import", `{"flow":`+oddFlow+`,"changelog":"`+long+`"}`)
	h.importFlow(oddFlow)
	var got []string
	for _, one := range decode[struct {
		Audits []struct {
			Action string
			Data   map[string]string
		}
	}](t, h.ok("POST", "/v1/mgmt/audit/search", `{"oldestFirst":true}`)).Audits {
		if one.Action == "POST /v2/mgmt/flow/import" {
			got = append(got, one.Data["changelog"])
		}
	}
	if want := []string{"run 7 of 0123abc", long[:1024], ""}; !slices.Equal(got, want) {
		t.Errorf("changelogs %q", got)
	}
}

func TestFlowCallsAreOther(t *testing.T) {
	limits, err := emulator.ParseLimits([]string{"other=3/1m"})
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, emulator.Options{Limits: limits, Now: func() time.Time { return fixedClock() }})
	h.flows("")
	h.exportFlow("sign-in")
	h.ok("POST", "/v2/mgmt/theme/export", "")
	h.refused("POST", "/v1/mgmt/flow/list", "", 429, "E130429")
}
