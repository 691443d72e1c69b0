package emulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func seedOf(t *testing.T, project string) *emulator.State {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"` + projectID + `",` + project + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return &seed
}

// What GET gives, PUT takes, and nothing differs afterwards.
func TestFlowStateRoundTrip(t *testing.T) {
	for _, behavior := range []emulator.ImportBehavior{emulator.ImportLive, emulator.ImportVerbatim} {
		h := start(t, emulator.Options{Now: fixedClock, ImportBehavior: behavior})
		h.importFlow(oddFlow)
		h.importFlow(oddFlow)
		importConsole(h, "console", oddConsole)
		h.ok("POST", "/v1/mgmt/theme/import", `{"theme":{"id":"TH1","cssTemplate":{"n":1.50}}}`)
		state, odd, console := h.controlOK("GET", "state", ""), h.exportFlow("odd"), exportConsole(h, "console")
		h.ok("POST", "/v1/mgmt/flow/delete", `{"ids":["odd","console"]}`)
		h.controlOK("PUT", "state", state)
		if got := h.controlOK("GET", "state", ""); withoutAudits(t, got) != withoutAudits(t, state) {
			t.Errorf("%s: state\n%s\n%s", behavior, got, state)
		}
		if h.exportFlow("odd") != odd || exportConsole(h, "console") != console {
			t.Errorf("%s: the flows differ", behavior)
		}
		h.controlOK("POST", "reset", "")
		if got := h.flows(""); got.Total != 4 {
			t.Errorf("%s: %d flows after a reset", behavior, got.Total)
		}
		assertMember(t, exportTheme(h, "v1"), "version", "1")
	}
}

func withoutAudits(t *testing.T, state string) string {
	t.Helper()
	value := decode[struct{ Projects []map[string]json.RawMessage }](t, state)
	for _, project := range value.Projects {
		delete(project, "audits")
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFlowSeed(t *testing.T) {
	demo := `{"flow":{"flowId":"demo","metadata":{"name":"Demo"},"contents":{"startTask":"1","tasks":{"1":{"id":"1","next":{"rules":[{"taskId":"gone"}]}}}}},"version":7}`
	h := start(t, emulator.Options{Now: fixedClock, Seed: seedOf(t, `"flows":[`+demo+`,{"flow":{"flowId":"sign-in","metadata":{"name":"Ours"}}}],"theme":{"theme":{"styles":{"light":{}}},"version":3}`)})
	if got := h.flows(""); got.Total != 5 {
		t.Errorf("%d flows", got.Total)
	}
	assertMember(t, h.listed("demo"), "version", "7")
	assertMember(t, h.listed("demo"), "modifiedTime", `"1700000000"`)
	assertMember(t, h.listed("sign-in"), "name", `"Ours"`)
	assertMember(t, exportTheme(h, "v1"), "version", "3")
	etag := string(h.listed("demo")["etag"])
	h.ok("POST", "/v1/mgmt/flow/delete", `{"ids":["demo"]}`)
	h.controlOK("POST", "reset", "")
	assertMember(t, h.listed("demo"), "etag", etag) // the same after every reset

	for _, flows := range []string{"[]", "null"} {
		h := start(t, emulator.Options{Seed: seedOf(t, `"flows":`+flows+`,"theme":null`)})
		if got := h.flows(""); got.Total != 4 {
			t.Errorf("%s: %d flows", flows, got.Total)
		}
	}
}

func TestFlowSeedRefusals(t *testing.T) {
	flow := `{"flow":{"flowId":"a"}}`
	for name, test := range map[string]struct{ project, want string }{
		"a flow alone":       {`"flows":[{"flowId":"a"}]`, `"flowId" is no member of a flow here`},
		"no flow":            {`"flows":[{}]`, `"flow" is missing`},
		"no id":              {`"flows":[{"flow":{}}]`, `"flowId" is missing`},
		"twice":              {`"flows":[` + flow + `,` + flow + `]`, `flows[1]: the flow "a" occurs twice`},
		"an id that is none": {`"flows":[{"flow":{"flowId":1}}]`, `"flowId" must be a string`},
		"tasks a list":       {`"flows":[{"flow":{"flowId":"a","contents":{"tasks":[]}}}]`, `"tasks" must be an object`},
		"version 0":          {`"flows":[{"flow":{"flowId":"a"},"version":0}]`, `out of range`},
		"console":            {`"flows":[{"flow":{"flowId":"a"},"console":{"more":1}}]`, `"console" has members other than`},
		"console screens":    {`"flows":[{"flow":{"flowId":"a"},"console":{"screens":{"s":1}}}]`, `"s" must be an object`},
		"theme":              {`"theme":{"styles":{}}`, `theme: "styles" is no member of a theme here`},
		"no theme in it":     {`"theme":{"version":1}`, `theme: "theme" is missing`},
		"styles a list":      {`"theme":{"theme":{"styles":[]}}`, `theme: "styles" must be an object`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"P1",` + test.project + `}]}`))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
