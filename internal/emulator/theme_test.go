package emulator_test

import (
	"encoding/json"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func exportTheme(h *harness, version string) map[string]json.RawMessage {
	h.t.Helper()
	return decode[struct{ Theme map[string]json.RawMessage }](h.t, h.ok("POST", "/"+version+"/mgmt/theme/export", "")).Theme
}

const oddTheme = `{"styles":{"light":{"n":9007199254740993,"x":null},"brand":{"f":0.12345678901234567}},"componentsVersion":"2.0.1","unheard":[1.10]}`

func TestNewProjectHasATheme(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true})
	theme := exportTheme(h, "v2")
	styles := decode[map[string]map[string]any](t, string(theme["styles"]))
	if len(styles["light"]) == 0 || len(styles["dark"]) == 0 || len(theme) != 3 {
		t.Errorf("theme %s", theme)
	}
	assertMember(t, theme, "references", "{}")
	console := exportTheme(h, "v1")
	for key, want := range map[string]string{"id": `"default"`, "version": "1", "codeMode": "false", "cssTemplate": string(theme["styles"]), "componentsVersion": string(theme["componentsVersion"])} {
		assertMember(t, console, key, want)
	}
}

func TestThemeVerbatim(t *testing.T) {
	h := start(t, emulator.Options{ImportBehavior: emulator.ImportVerbatim})
	h.ok("POST", "/v2/mgmt/theme/import", `{"theme":`+oddTheme+`}`)
	sameExactly(t, "v2", `{"theme":`+oddTheme+`}`, h.ok("POST", "/v2/mgmt/theme/export", ""))
	console := `{"theme":{"id":"TH1","version":2,"codeMode":true,"componentsVersion":"2.0.1","unheard":[1.10],"cssTemplate":{"light":{"n":9007199254740993,"x":null},"brand":{"f":0.12345678901234567}}}}`
	sent := `{"theme":{"id":"TH1","version":70,"codeMode":true,` + console[len(`{"theme":{"id":"TH1","version":2,"codeMode":true,`):]
	want := `{"theme":{"id":"TH1","version":3,"codeMode":true,` + console[len(`{"theme":{"id":"TH1","version":2,"codeMode":true,`):]
	sameExactly(t, "the answer of v1", want, h.ok("POST", "/v1/mgmt/theme/import", sent))
	sameExactly(t, "v1", want, h.ok("POST", "/v1/mgmt/theme/export", "{}"))
	sameExactly(t, "v2 of v1", `{"theme":`+oddTheme+`}`, h.ok("POST", "/v2/mgmt/theme/export", "{}"))
}

func TestThemeLive(t *testing.T) {
	h := start(t, emulator.Options{})
	h.ok("POST", "/v2/mgmt/theme/import", `{"theme":`+oddTheme+`}`)
	theme := exportTheme(h, "v2")
	for key, want := range map[string]string{
		"styles": `{"light":{"n":9007199254740993,"x":null},"brand":{"f":0.12345678901234567}}`, "componentsVersion": `"2.0.612"`, "references": "{}", "unheard": "[1.10]",
	} {
		assertMember(t, theme, key, want)
	}
	assertMember(t, exportTheme(h, "v1"), "version", "2")
	for name, body := range map[string]string{"nothing": "", "no theme": `{"theme":null}`, "a text": `{"theme":"dark"}`, "no styles": `{"theme":{}}`, "styles a list": `{"theme":{"styles":[]}}`} {
		t.Run(name, func(t *testing.T) {
			h := h.in(t)
			for _, version := range []string{"v1", "v2"} {
				h.refused("POST", "/"+version+"/mgmt/theme/import", body, 400, "E011003")
			}
		})
	}
	assertMember(t, exportTheme(h, "v1"), "version", "2")
}
