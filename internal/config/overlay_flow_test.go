package config

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestFlowsAreLaidByPath(t *testing.T) {
	full := `{ template: mfa-login, id: login, name: A, enabled: true, config: { remember_device: true, remember_duration_days: 7 }, set: { metadata.description: x } }`
	runMergeCases(t, "flows", []mergeCase{
		{"nothing", "{ template: magic-link, name: A }", "{ id: magic-link }", []string{"magic-link @base:3:5", `  name="A" @base:3:35`, `  template="magic-link" @base:3:17`}},
		{"by the template's name", "{ template: magic-link }", "{ template: magic-link, name: B }", []string{
			"magic-link @base:3:5", `  name="B" @prod:5:43`, `  template="magic-link" @prod:5:25`,
		}},
		{"parameters, name and switch", full, "{ id: login, name: B, enabled: false, config: { remember_duration_days: 9 } }", []string{
			"login @base:3:5", "  config.remember_device=true @base:3:90", "  config.remember_duration_days=9 @prod:5:85", "  enabled=false @prod:5:44", `  name="B" @prod:5:32`,
			`  set["metadata.description"]="x" @base:3:154`, `  template="mfa-login" @base:3:17`,
		}},
		{"null for keys", full, "{ id: login, name: ~, enabled: ~, config: ~, set: ~ }", []string{"login @base:3:5", `  template="mfa-login" @base:3:17`}},
		{"null for inner keys", full, "{ id: login, config: { remember_device: ~ }, set: { metadata.description: ~ } }", []string{
			"login @base:3:5", "  config.remember_duration_days=7 @base:3:120", "  enabled=true @base:3:57", `  name="A" @base:3:45`, `  template="mfa-login" @base:3:17`,
		}},
		{"another template takes the parameters", full, "{ id: login, template: magic-link, config: ~ }", []string{
			"login @base:3:5", "  enabled=true @base:3:57", `  name="A" @base:3:45`, `  set["metadata.description"]="x" @base:3:154`, `  template="magic-link" @prod:5:36`,
		}},
		{"another id", "{ template: magic-link, key: k }", "{ key: k, id: login }", []string{"login @base:3:5", `  template="magic-link" @base:3:17`}},
		{"by key, with another template", "{ template: magic-link, key: k }", "{ key: k, template: social-login }", []string{"magic-link @base:3:5", `  template="social-login" @prod:5:33`}},
		{"absent and protected here", full, "{ id: login, state: absent, protect: true }", []string{"login absent protected @base:3:5"}},
		{"one of its own", "{ template: magic-link }", "{ id: own, template: magic-link }", []string{
			"magic-link @base:3:5", `  template="magic-link" @base:3:17`, "own @prod:5:13", `  template="magic-link" @prod:5:34`,
		}},
	})
}

// TestALaidFlowIsMadeAnew: the document is that of an entry which says the same
// without an overlay.
func TestALaidFlowIsMadeAnew(t *testing.T) {
	cfg := load(t, `version: "1.0"
environments: { prod: { overlay: { flows: [{ id: login, name: B, enabled: false, config: { methods: [totp] }, set: { "metadata.description": z } }] } } }
flows: [{ template: mfa-login, id: login, name: A, config: { methods: [sms], remember_device: false }, set: { "metadata.description": x } }]
`, nil)
	want := load(t, `version: "1.0"
flows: [{ template: mfa-login, id: login, name: B, enabled: false, config: { methods: [totp], remember_device: false }, set: { "metadata.description": z } }]
`, nil).DesiredFlows("")
	if diff := cmp.Diff(withoutPlaces(want), withoutPlaces(cfg.DesiredFlows("prod"))); diff != "" {
		t.Error(diff)
	}
}

func TestOverlayWithFiles(t *testing.T) {
	connected, err := flow.Set(exported(t, "magic-link", nil), map[string]resource.Value{
		"references.connectors['SMS gateway']": `"CI2dev-000"`, "references.connectors['Other']": `"CI2dev-111"`, "task 1.arguments.providerId": `"CI2dev-000"`,
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"base/flows/sign-in.json": string(connected.WithID("sign-in").Encode()),
		"prod/flows/sign-in.json": string(exported(t, "mfa-login", nil).WithID("sign-in").Encode()),
		"base/descope.yaml": `version: "1.0"
environments: { dev: { overlay: { flows: [{ id: sign-in, references: { connectors: { Other: CI2dev-222 } } }] } } }
flows:
  - file: flows/sign-in.json
    references: { connectors: { SMS gateway: CI2base } }
  - { template: mfa-login, config: { methods: [sms] } }
`,
		"prod/prod.yaml": `environments:
  prod:
    overlay:
      flows:
        - { file: flows/sign-in.json, references: ~ }
        - { id: mfa-login, file: flows/sign-in.json }
`,
	} {
		writeFile(t, folder, name, []byte(text))
	}
	cfg, err := Load(t.Context(), Options{WorkDir: folder, Paths: []string{"base/descope.yaml", "prod/prod.yaml"}})
	if err != nil {
		t.Fatal(diagnosticsOf(t, nil, err))
	}
	for environment, want := range map[string]string{"": "base", "dev": "base", "prod": "prod"} {
		if got := cfg.FlowFile(environment, "sign-in"); got != filepath.Join(folder, want, "flows/sign-in.json") {
			t.Errorf("%s: %s", environment, got)
		}
	}
	if got := cfg.FlowFile("prod", "mfa-login"); got != filepath.Join(folder, "prod/flows/sign-in.json") || cfg.FlowFile("dev", "mfa-login") != "" {
		t.Errorf("the file that replaces a template is %q", got)
	}
	if diff := cmp.Diff([]string{
		"sign-in @base/descope:4:5", `  file="flows/sign-in.json" @base/descope:4:11`,
		`  references.connectors.Other="CI2dev-222" @base/descope:2:93`, `  references.connectors["SMS gateway"]="CI2base" @base/descope:5:46`,
		"mfa-login @base/descope:6:5", `  config.methods=["sms"] @base/descope:6:47`, `  template="mfa-login" @base/descope:6:17`,
	}, placed(cfg.DesiredFlows("dev"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"sign-in @base/descope:4:5", `  file="flows/sign-in.json" @prod/prod:5:19`,
		"mfa-login @base/descope:6:5", `  file="flows/sign-in.json" @prod/prod:6:34`,
	}, placed(cfg.DesiredFlows("prod"))); diff != "" {
		t.Error(diff)
	}
	references := cfg.DesiredFlows("dev")[0].Flow.Document.Get("references").Get("connectors")
	if references.Get("Other") != `"CI2dev-222"` || references.Get("SMS gateway") != `"CI2base"` {
		t.Errorf("references %s", references)
	}
}

// TestOwnTemplatesOfAnOverlay: the folder "templates" is the one beside the file
// that names the template.
func TestOwnTemplatesOfAnOverlay(t *testing.T) {
	folder := t.TempDir()
	for _, side := range []string{"base", "prod"} {
		writeFile(t, folder, side+"/templates/acme/template.yaml", []byte(`version: "1.0"`+"\n"))
		writeFile(t, folder, side+"/templates/acme/flow.json", exported(t, "magic-link", nil).WithMetadata("description", resource.StringValue(side)).Encode())
	}
	writeFile(t, folder, "base/descope.yaml", []byte("version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: acme, enabled: true }] } } }\nflows: [{ template: acme }]\n"))
	writeFile(t, folder, "prod/prod.yaml", []byte("environments: { prod: { overlay: { flows: [{ template: acme }] } } }\n"))
	cfg, err := Load(t.Context(), Options{WorkDir: folder, Paths: []string{"base", "prod"}})
	if err != nil {
		t.Fatal(diagnosticsOf(t, nil, err))
	}
	for environment, want := range map[string]string{"": "base", "dev": "base", "prod": "prod"} {
		if got := cfg.DesiredFlows(environment)[0].Flow.Document.Get("metadata").Get("description"); got != resource.StringValue(want) {
			t.Errorf("%q is made from the template of %s", environment, got)
		}
	}
}
