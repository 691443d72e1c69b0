package descope

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const flowDocument = `{"flowId":"sign-in","metadata":{"name":"Sign in","disabled":true},"contents":{"x":0.1234567890123456789},"screens":[]}`

func TestFlows(t *testing.T) {
	server := serve(t, answer(200, `{"flows":[{"id":"b","name":"B","disabled":true,"new":1},{"id":"a"}],"total":2}`), answer(200, `{"flows":[{"name":"x"}]}`))
	reader := connect(t, server.url).Reader()
	flows, err := reader.Flows(t.Context())
	if err != nil || len(flows) != 2 || flows[0].ID != "b" || !flows[0].Disabled || flows[1].Disabled || !strings.Contains(string(flows[0].Raw), `"new":1`) {
		t.Errorf("flows %+v, %v", flows, err)
	}
	if _, err := reader.Flows(t.Context()); err == nil || !strings.Contains(err.Error(), `"id" is missing`) {
		t.Errorf("a flow without an id: %v", err)
	}
	server.expect(t, "POST /v1/mgmt/flow/list", "POST /v1/mgmt/flow/list")
}

func TestFlow(t *testing.T) {
	server := serve(t, answer(200, `{"flow":`+flowDocument+`}`), answer(500, envelope("E103003", "Failed getting flow", "")),
		answer(200, `{"flow":{"flowId":"other"}}`), answer(200, `{}`))
	reader := connect(t, server.url).Reader()
	flow, err := reader.Flow(t.Context(), "sign-in")
	if err != nil || flow.Name != "Sign in" || !flow.Disabled || flow.Document.Get("contents").Get("x") != "0.1234567890123456789" {
		t.Errorf("flow %+v, %v", flow, err)
	}
	if _, err := reader.Flow(t.Context(), "sign-in"); !IsNotFound(err) {
		t.Errorf("a flow that does not exist: %v", err)
	}
	for _, want := range []string{`it is the export of "other"`, `no "flow"`} {
		if _, err := reader.Flow(t.Context(), "sign-in"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	seen := server.expect(t, "POST /v2/mgmt/flow/export", "POST /v2/mgmt/flow/export", "POST /v2/mgmt/flow/export", "POST /v2/mgmt/flow/export")
	if seen[0].body != `{"flowId":"sign-in"}` {
		t.Errorf("body %s", seen[0].body)
	}
}

func mustValue(t *testing.T, text string) resource.Value {
	t.Helper()
	value, err := resource.ParseValue([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestImportFlow(t *testing.T) {
	wanted := mustValue(t, flowDocument)
	moved := errors.New("it has moved")
	same := func(live resource.Flow) bool { return live.Document == wanted }
	export, gone := answer(200, `{"flow":`+flowDocument+`}`), answer(500, envelope("E103003", "Failed getting flow", ""))
	old := answer(200, `{"flow":{"flowId":"sign-in","metadata":{"name":"Old"}}}`)
	unchanged := func(live *resource.Flow) error {
		if live == nil || live.Name == "Old" {
			return nil
		}
		return moved
	}
	for _, test := range []struct {
		name    string
		answers []http.HandlerFunc
		calls   string
		want    error // nil: success
		code    string
	}{
		{name: "replaces", answers: []http.HandlerFunc{old, answer(200, `{}`)}, calls: "export import"},
		{name: "creates", answers: []http.HandlerFunc{gone, answer(200, ``)}, calls: "export import"},
		{name: "the flow has changed", answers: []http.HandlerFunc{export}, calls: "export", want: moved},
		{name: "a lost answer that took effect", answers: []http.HandlerFunc{old, hangUp, export}, calls: "export import export"},
		{name: "a lost answer without effect", answers: []http.HandlerFunc{old, hangUp, old, old, answer(200, `{}`)}, calls: "export import export export import"},
		{
			name: "a lost answer, and somebody else's flow", calls: "export import export", code: CodeConflict,
			answers: []http.HandlerFunc{old, hangUp, answer(200, `{"flow":{"flowId":"sign-in","metadata":{"name":"Other"}}}`)},
		},
		{name: "refused", answers: []http.HandlerFunc{old, answer(400, envelope("E011003", "Request is invalid", ""))}, calls: "export import", code: "E011003"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, test.answers...)
			err := persistent(t, server.url).Writer().ImportFlow(t.Context(), "sign-in", resource.FlowImport{
				Document: wanted, Changelog: "run 1", Check: unchanged, Same: same,
			})
			switch {
			case test.code != "":
				if failureOf(t, err).Code != test.code {
					t.Errorf("error %v, want %s", err, test.code)
				}
			case !errors.Is(err, test.want):
				t.Errorf("error %v, want %v", err, test.want)
			}
			var calls []string
			for call := range strings.FieldsSeq(test.calls) {
				calls = append(calls, "POST /v2/mgmt/flow/"+call)
			}
			for _, seen := range server.expect(t, calls...) {
				if strings.HasSuffix(seen.path, "import") && !strings.Contains(seen.body, `"changelog":"run 1","flow":{"contents":{"x":0.1234567890123456789}`) {
					t.Errorf("body %s", seen.body)
				}
			}
		})
	}
	if err := connect(t, serve(t).url).Writer().ImportFlow(t.Context(), "other", resource.FlowImport{Document: wanted}); err == nil {
		t.Error("a document of another flow was sent")
	}
}

func TestDeleteFlow(t *testing.T) {
	export, gone := answer(200, `{"flow":`+flowDocument+`}`), answer(500, envelope("E103003", "Failed getting flow", ""))
	server := serve(t, answer(200, `{}`), hangUp, gone, hangUp, export, answer(200, `{}`), hangUp, export)
	writer := persistent(t, server.url).Writer()
	for range 3 {
		if err := writer.DeleteFlow(t.Context(), "sign-in", func(resource.Flow) error { return nil }); err != nil {
			t.Error(err)
		}
	}
	err := writer.DeleteFlow(t.Context(), "sign-in", func(resource.Flow) error { return errors.New("it was replaced") })
	if failureOf(t, err).Code != CodeConflict || !strings.Contains(err.Error(), "it was replaced") {
		t.Errorf("error %v", err)
	}
	if err := writer.DeleteFlow(t.Context(), "", nil); err == nil {
		t.Error("an empty id was sent")
	}
	seen := server.expect(t, "POST /v1/mgmt/flow/delete", "POST /v1/mgmt/flow/delete", "POST /v2/mgmt/flow/export", "POST /v1/mgmt/flow/delete",
		"POST /v2/mgmt/flow/export", "POST /v1/mgmt/flow/delete", "POST /v1/mgmt/flow/delete", "POST /v2/mgmt/flow/export")
	if seen[0].body != `{"ids":["sign-in"]}` {
		t.Errorf("body %s", seen[0].body)
	}
}
