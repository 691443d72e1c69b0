package flow_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// randomFlow is any graph at all: with edges to nowhere, tasks that are the same,
// screens that are missing, and values of the wrong type.
func randomFlow(random *rapid.T) tree {
	ids := []string{"0", "1", "2", "2.end", "3", "4", "x", "start"}
	id := rapid.SampledFrom(ids)
	odd := rapid.SampledFrom([]any{nil, true, 0, "", "a", []any{}, []any{"a", 1}, map[string]any{}, map[string]any{"type": "inline", "value": 0}, "tasks.2.end.y"})
	tasks := map[string]any{}
	for _, key := range rapid.SliceOfDistinct(id, rapid.ID[string]).Draw(random, "tasks") {
		task := map[string]any{
			"id": key, "name": rapid.SampledFrom([]any{"A", "B", "", nil, 7}).Draw(random, "name"),
			"type":       rapid.SampledFrom([]any{"automated", "screen", "condition", "flow", nil}).Draw(random, "type"),
			"action":     rapid.SampledFrom([]any{"logged-in", "verify-code-otp-sms", "risk", nil}).Draw(random, "action"),
			"arguments":  map[string]any{"finishStepId": map[string]any{"type": "inline", "value": id.Draw(random, "step")}, "x": odd.Draw(random, "argument")},
			"screenId":   rapid.SampledFrom([]any{"S1", "S2", "S3", nil}).Draw(random, "screen"),
			"conditions": odd.Draw(random, "conditions"), "unknown": odd.Draw(random, "unknown"),
		}
		var list []any
		for range rapid.IntRange(0, 4).Draw(random, "edges") {
			list = append(list, map[string]any{"interactionId": rapid.SampledFrom([]any{"success", "a", nil}).Draw(random, "interaction"), "taskId": id.Draw(random, "target")})
		}
		task["next"] = map[string]any{"rules": list, "more": odd.Draw(random, "more")}
		tasks[key] = task
	}
	var screens []any
	for range rapid.IntRange(0, 3).Draw(random, "screens") {
		node := map[string]any{"props": map[string]any{"children": odd.Draw(random, "children"), "name": odd.Draw(random, "input")}, "nodes": odd.Draw(random, "nodes"), "parent": odd.Draw(random, "parent")}
		screens = append(screens, map[string]any{
			"screenId": rapid.SampledFrom([]any{"S1", "S2", nil}).Draw(random, "id"),
			"contents": map[string]any{"ROOT": node, "a": odd.Draw(random, "part")}, "interactions": odd.Draw(random, "interactions"),
		})
	}
	return tree{
		"flowId": "f", "metadata": map[string]any{"disabled": odd.Draw(random, "disabled"), "sharedInteractions": []any{map[string]any{"id": "2.end.success"}, odd.Draw(random, "shared")}},
		"contents": map[string]any{"startTask": id.Draw(random, "start"), "tasks": tasks}, "screens": screens, "references": odd.Draw(random, "references"),
	}
}

func TestAnyTwoGraphs(t *testing.T) {
	rapid.Check(t, func(random *rapid.T) {
		a, b := randomFlow(random).document(random), randomFlow(random).document(random)
		everything(random, a, b)
		for _, d := range []flow.Document{a, b} {
			if same := flow.Diff(d, d); !same.IsEmpty() || len(flow.Breaking(same)) > 0 {
				random.Fatalf("a flow differs from itself:%s\n%s", allLines(same), d.Encode())
			}
		}
		forth, back := flow.Diff(a, b), flow.Diff(b, a)
		if forth.IsEmpty() != back.IsEmpty() {
			random.Fatalf("one direction has a difference, the other none:%s%s", allLines(forth), allLines(back))
		}
	})
}

// everything calls what there is; whatever comes in, it must not panic.
func everything(tb fataler, a, b flow.Document) {
	tb.Helper()
	d := flow.Diff(a, b)
	_, _, _ = d.Text(), d.Markdown(), d.Mermaid()
	_ = flow.Breaking(d)
	for _, document := range []flow.Document{a, b} {
		_, _ = flow.Check(document), flow.References(document)
		_ = document.Files()
	}
	if _, err := json.Marshal(d); err != nil {
		tb.Fatal(err)
	}
	paths := []string{"task 2.arguments.x", "metadata.name", "screen 'A'.ROOT.props", "references.roles.r"}
	for _, path := range paths {
		if set, err := flow.Set(a, map[string]resource.Value{path: `"v"`}); err == nil {
			_, _, _ = flow.DiffBeyond(set, b, []string{path})
		}
	}
}

// seeds adds small documents to a fuzz target; large ones make each round slow.
func seeds(f *testing.F) {
	f.Helper()
	const dsl = `{"startTask":"0","tasks":{"start":{"id":"start","next":{"rules":[{"taskId":"0"}]}},` +
		`"0":{"id":"0","name":"Ask","type":"screen","screenId":"S1","next":{"rules":[{"interactionId":"b","taskId":"2"}]},"allInputKeys":["email"]},` +
		`"2":{"id":"2","name":"Go","type":"automated","action":"sign-in-otp-sms","arguments":{"verifyStepId":{"type":"inline","value":"2.end"},"n":{"type":"inline","value":1.50}},"next":{"rules":[{"interactionId":"success","taskId":"2.end"}]}},` +
		`"2.end":{"id":"2.end","name":"Go","type":"automated","action":"verify-code-otp-sms","next":{"rules":[{"interactionId":"success","taskId":"3"}]}},` +
		`"3":{"id":"3","name":"If","type":"condition","conditions":[{"name":"Yes","interactionId":"c","atomicConditions":[{"operator":"is-true","target":{"type":"context","value":"tasks.2.x"}}]},{"interactionId":"ELSE"}],"next":{"rules":[{"interactionId":"c","taskId":"5"},{"interactionId":"ELSE","taskId":"9"}]}},` +
		`"5":{"id":"5","name":"End","type":"automated","action":"logged-in","next":{}}}}`
	const parts = `{"ROOT":{"nodes":["b","i"],"props":{}},"b":{"parent":"ROOT","custom":{"type":"button"},"props":{"children":"Go","id":"b"}},"i":{"parent":"ROOT","custom":{"type":"input"},"props":{"name":"email"}}}`
	for _, text := range []string{
		`{}`, `{"metadata":{},"contents":{}}`, `{"flow":{"dsl":{}},"screens":[]}`,
		`{"metadata":{},"contents":{"tasks":{"":{"next":{"rules":[{}]}}},"startTask":""}}`,
		`{"flowId":"f","metadata":{"name":"F","sharedInteractions":[{"id":"5.success"}]},"contents":` + dsl + `,"screens":[{"screenId":"S1","interactions":[{"id":"b","label":"Go"}],"contents":` + parts + `}],"references":{"roles":{"r":"1"}}}`,
		`{"flow":{"id":"f","dsl":` + dsl + `,"translate":true,"version":3},"screens":[{"id":"S1","htmlTemplate":` + parts + `,"componentsVersion":"2"}]}`,
	} {
		f.Add([]byte(text))
	}
}

func fuzzOne(t *testing.T, d flow.Document) {
	t.Helper()
	again, err := flow.Parse(d.Encode())
	if err != nil {
		t.Fatalf("what was written cannot be read: %v\n%s", err, d.Encode())
	}
	everything(t, d, again)
	if difference := flow.Diff(d, again); !difference.IsEmpty() {
		t.Fatalf("what was written differs from what was read:%s", allLines(difference))
	}
}

func FuzzParseManagement(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if d, err := flow.Parse(data); err == nil {
			fuzzOne(t, d)
		}
	})
}

func FuzzParseConsole(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		dsl := append(append([]byte(`{"screens":[],"flow":{"id":"f","dsl":`), data...), '}', '}')
		for _, text := range [][]byte{data, dsl} {
			if d, err := flow.Parse(text); err == nil {
				fuzzOne(t, d)
			}
		}
	})
}

func FuzzParseSnapshot(f *testing.F) {
	for i, name := range []string{"a", "../a", "choose"} {
		f.Add([]byte(`{"screens":["`+name+`"]}`), []byte(`{"tasks":{"0":{"screenId":"a"}}}`), "screen-"+name+".json", []byte(`{"contents":{"ROOT":{}},"n":`+strconv.Itoa(i)+`}`))
	}
	f.Fuzz(func(t *testing.T, metadata, contents []byte, name string, screen []byte) {
		d, err := flow.ParseSnapshot(map[string][]byte{"metadata.json": metadata, "contents.json": contents, name: screen})
		if err == nil {
			fuzzOne(t, d)
		}
	})
}
