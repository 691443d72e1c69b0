package live_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

func TestCompare(t *testing.T) {
	finding := func(id string, status int, code, shape string) live.Finding {
		return live.Finding{ID: id, Question: "what is " + id, Request: "GET /" + id, Status: status, Code: code, Shape: json.RawMessage(shape)}
	}
	seen := func(f live.Finding, path, value string) live.Finding {
		f.Seen = map[string]json.RawMessage{path: json.RawMessage(value)}
		return f
	}
	absent := finding("absent", 500, "E010009", `"x"`)
	absent.NotEmulated = true
	failed := finding("failed", 0, "", ``)
	failed.Problem = "not prepared: refused"
	alike := finding("alike", 200, "", `{"b": "text", "a":"text"}`)
	otherwords := finding("alike", 200, "", `{"b":"text","a":"text"}`)
	otherwords.Description = "said in other words"
	first := live.Report{Host: live.EmulatorHost, Answers: []live.Finding{
		alike, finding("code", 500, "E1", `{}`), finding("shape", 200, "", `{"a":"text"}`),
		seen(finding("value", 200, "", `{}`), "a.b", `1`), absent, finding("failed", 200, "", `{}`), finding("only-here", 200, "", `{}`),
	}}
	second := live.Report{Host: "api.descope.com", Answers: []live.Finding{
		failed, otherwords, finding("code", 404, "E1", `{}`), finding("shape", 200, "", `{"a":"number"}`),
		seen(finding("value", 200, "", `{}`), "a.b", `2`), finding("absent", 404, "E7", `{}`),
	}}
	const want = `code: what is code (GET /code)
  emulator: status 500 E1
  api.descope.com: status 404 E1
shape: what is shape (GET /shape)
  emulator: shape {"a":"text"}
  api.descope.com: shape {"a":"number"}
value: what is value (GET /value)
  emulator: a.b is 1
  api.descope.com: a.b is 2
absent: what is absent (GET /absent)
  emulator: has no such endpoint
  api.descope.com: shape {}
  api.descope.com: status 404 E7
failed: what is failed (GET /failed)
  emulator: shape {}
  emulator: status 200
  api.descope.com: not prepared: refused
  api.descope.com: status 0
1 of 6 answers are alike; different: 3; not comparable: 2.
`
	if got := live.Compare(first, second); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestParseReport(t *testing.T) {
	text, err := live.Report{Host: "<h>", Answers: []live.Finding{{ID: "a", Shape: json.RawMessage(`{"a":["text"]}`)}}}.Encode()
	if err != nil || !strings.Contains(string(text), `"<h>"`) {
		t.Fatalf("%s %v", text, err)
	}
	if back, err := live.ParseReport(text); err != nil || back.Host != "<h>" || len(back.Answers) != 1 {
		t.Errorf("%+v %v", back, err)
	}
	for _, bad := range []string{``, `{`, `{}`, `{"format_version":"2.0"}`} {
		if _, err := live.ParseReport([]byte(bad)); err == nil {
			t.Errorf("%q is a report", bad)
		}
	}
}

// Answers of every form, and what a report says of them.
func TestFindings(t *testing.T) {
	const secret = "U2aaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, test := range []struct {
		name, body string // the body is JSON of the emulator's fault, that is a string where it is no JSON
		want       live.Finding
	}{
		{"an object", `{"a":"x","b":1,"c":true,"d":null,"e":[],"f":{}}`, live.Finding{Shape: json.RawMessage(`{"a":"text","b":"number","c":"boolean","d":"null","e":[],"f":{}}`)}},
		{"items that differ", `{"a":[{"x":1,"l":[]},{"y":"z","x":"1","l":[2]},{"x":null}]}`, live.Finding{Shape: json.RawMessage(`{"a":[{"l":["number"],"x":"null|number|text","y":"text"}]}`)}},
		{"items of several kinds", `{"a":[1,[2],{"b":3}]}`, live.Finding{Shape: json.RawMessage(`{"a":["list|number|object"]}`)}},
		{"what lies deep", `{"a":{"b":{"c":{"d":{"e":1},"f":[1]}}}}`, live.Finding{Shape: json.RawMessage(`{"a":{"b":{"c":{"d":"object","f":"list"}}}}`)}},
		{"a code", `{"errorCode":"E1","errorDescription":"` + secret + ` of ` + emulatedProject + `"}`, live.Finding{
			Code: "E1", Description: "{id} of {project}", Shape: json.RawMessage(`{"errorCode":"text","errorDescription":"text"}`),
		}},
		{"ids as keys", `{"` + secret + `":{"` + emulatedKey + `":1}}`, live.Finding{Shape: json.RawMessage(`{"{id}":{"{key}":"number"}}`)}},
		{"no JSON", `"<html>"`, live.Finding{Shape: json.RawMessage(`"no JSON"`)}},
		{"nothing", `""`, live.Finding{Shape: json.RawMessage(`"nothing"`)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := emulated(t, emulator.Options{})
			control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/license","count":1},"do":{"status":418,"body":`+test.body+`}}`)
			h := newHost(t.Context(), t, target)
			got, err := live.NewRecorder(h.api, h.run, h.cleaner).Ask(t.Context(), t, live.Probe{
				ID: "x", Question: "?", Ask: live.Request{Method: http.MethodGet, Path: "/v1/mgmt/license"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != 418 || got.Code != test.want.Code || got.Description != test.want.Description || string(got.Shape) != string(test.want.Shape) {
				t.Errorf("%+v (%s), want %+v (%s)", got, got.Shape, test.want, test.want.Shape)
			}
		})
	}
}

// A probe that cannot be prepared, or whose look is refused, says so and is no error.
func TestProbesThatFail(t *testing.T) {
	h := newHost(t.Context(), t, emulated(t, emulator.Options{}))
	recorder := live.NewRecorder(h.api, h.run, h.cleaner)
	missing := live.Request{Method: http.MethodGet, Path: "/v1/mgmt/tenant?id={run}-nobody"}
	all := live.Request{Method: http.MethodGet, Path: "/v1/mgmt/tenant/all"}
	for _, test := range []struct {
		name  string
		probe live.Probe
		want  string
	}{
		{"not prepared", live.Probe{Needs: []live.Request{missing}, Ask: all}, "not prepared: GET /v1/mgmt/tenant?id={run}-nobody: status 500"},
		{"the look is refused", live.Probe{Ask: all, Look: missing, See: []string{"name"}}, "the look at it was refused: status 500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := recorder.Ask(t.Context(), t, test.probe)
			if err != nil || !strings.Contains(got.Problem, test.want) {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	if err := live.CheckProbes([]live.Probe{{ID: "a", Question: "?", Makes: []live.Object{{Kind: live.KindTenant, ID: "acme"}}}, {ID: "a", Question: "?"}, {ID: "b"}}); err == nil {
		t.Error("probes without a name of their own, a question, or the run's name pass")
	}
}

// The page names each probe's group of files, the variables and what the runs
// make: it is what somebody reads before they give the suite a key.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "live-tests.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{live.VariableProject, live.VariableKey, live.VariableBaseURL, live.VariableConfirm, live.MarkerAttribute, "liveText", "liveNumber", "liveFlag", "liveList"} {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/live-tests.md does not name %s", name)
		}
	}
}
