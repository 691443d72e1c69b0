package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const hiddenValue = "s3cr3t/canary-VALUE"

func TestMarkedValues(t *testing.T) {
	cfg := load(t, `version: "1.0"
environments:
  dev:
    overlay:
      tenants: [{ id: acme, custom_attributes: { overlaid: !secret "${OVER_TOKEN}" } }]
tenants:
  - id: acme
    name: !secret "Acme the hidden"
    custom_attributes:
      token: !secret "${APP_SECRET}"
      block: !secret |
        line one
        line two
      number: !secret 12345678901234567890
      list: [!secret "in a list", plain]
      quoted: !secret 'it''s quoted'
      plain: "${REGION}"
    settings: { sso_setup_suite_settings: { note: !secret "in a setting" } }
flows:
  - { template: mfa-login, name: !secret "Hidden login", set: { metadata.description: !secret "a description" } }
`, variables{"APP_SECRET": hiddenValue, "OVER_TOKEN": "over " + hiddenValue, "REGION": "eu"})
	var values []string
	for _, one := range cfg.Secrets() {
		values = append(values, one.Reveal())
	}
	want := []string{"12345678901234567890", "Acme the hidden", "Hidden login", "a description", "in a list", "in a setting", "it's quoted", "line one\nline two\n", "over " + hiddenValue, hiddenValue}
	slices.Sort(want)
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
	places := cfg.SecretPaths()
	for path, secret := range map[string]bool{
		"name": true, "custom_attributes.token": true, "custom_attributes.block": true, "custom_attributes.number": true,
		"custom_attributes.list": true, "custom_attributes.quoted": true, "custom_attributes.plain": false,
		"custom_attributes.overlaid": true, "settings.sso_setup_suite_settings": true, "settings.enabled": false,
	} {
		if got := places.Has("tenant/acme", path); got != secret {
			t.Errorf("%s: %t", path, got)
		}
	}
	for path, secret := range map[string]bool{"metadata.description": true, "metadata.name": true, "metadata.disabled": false} {
		if got := places.Has("flow/mfa-login", path); got != secret {
			t.Errorf("%s: %t", path, got)
		}
	}
	if token, _ := cfg.Desired("")[0].Field(resource.Path{Field: fieldAttributes, Key: "token"}); token.Value != resource.StringValue(hiddenValue) || !token.Secret {
		t.Errorf("got %+v", token)
	}
	if number, _ := cfg.Desired("")[0].Field(resource.Path{Field: fieldAttributes, Key: "number"}); number.Value != "12345678901234567890" {
		t.Errorf("got %+v", number)
	}
	for _, environment := range []string{"", "dev"} {
		shown, err := cfg.Effective(Selection{Environment: environment})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(shownLines(shown.Settings, ""), "\n")
		for _, value := range append(want, hiddenValue, "plain\"]") {
			if strings.Contains(text, value) {
				t.Errorf("%q is shown: %s", value, text)
			}
		}
		if !strings.Contains(text, `tenant/acme.custom_attributes.token = "[redacted]"`) {
			t.Error(text)
		}
	}
}

func TestWhereNoValueCanBeSecret(t *testing.T) {
	const refused = "error CFG004: the tag !secret may not stand here"
	runDiagnosticCases(t, []diagnosticCase{
		{"id", tenants("  - { id: !secret acme-corp-x }\n"), nil, []string{"descope.yaml:3:11: " + refused}},
		{"domain", tenants("  - { id: acme, self_provisioning_domains: [!secret hidden.example] }\n"), nil, []string{"descope.yaml:3:45: " + refused}},
		{"parent", tenants("  - { id: acme, parent: !secret above-it }\n"), nil, []string{"descope.yaml:3:25: " + refused}},
		{"key of a mapping", tenants("  - { id: acme, custom_attributes: { !secret hidden-key: 1 } }\n"), nil, []string{"descope.yaml:3:38: " + refused}},
		{"project id", "version: \"1.0\"\nauth: { project_id: !secret P2hidden }\n", nil, []string{"descope.yaml:2:21: " + refused}},
		{"management key", "version: \"1.0\"\nauth: { management_key: !secret \"${K}\" }\n", nil, []string{"descope.yaml:2:25: " + refused}},
		{"switch", tenants("  - { id: acme, disabled: !secret true }\n"), nil, []string{"descope.yaml:3:27: error CFG004: the tag !secret marks one text or number"}},
		{"list", tenants("  - { id: acme, custom_attributes: { a: !secret [one-two-three] } }\n"), nil, []string{"descope.yaml:3:41: error CFG004: the tag !secret marks one text or number"}},
		{"nothing", tenants("  - { id: acme, custom_attributes: { a: !secret } }\n"), nil, []string{
			"descope.yaml:3:41: error CFG004: the tag !secret marks one text or number",
		}},
		{"the same value by an alias", tenants("  - { id: acme, custom_attributes: { a: &a !secret hidden-key }, parent: *a }\n"), nil, []string{"descope.yaml:3:41: " + refused}},
		{"limits", "version: \"1.0\"\nperformance: { rate_limit_buffer: !secret 0.5 }\n", nil, []string{"descope.yaml:2:35: " + refused}},
		{"reference", "version: \"1.0\"\nflows: [{ template: mfa-login, references: { connectors: { a: !secret CI2hidden } } }]\n", nil, []string{"descope.yaml:2:63: " + refused}},
	})
}

func TestVariablesOfSecrets(t *testing.T) { runDiagnosticCases(t, secretCases()) }

func secretCases() []diagnosticCase {
	return []diagnosticCase{
		{"its name may say it", tenants("  - { id: acme, custom_attributes: { a: !secret \"${APP_SECRET}\" } }\n"), variables{"APP_SECRET": hiddenValue}, nil},
		{"without the mark it may not", tenants("  - { id: acme, custom_attributes: { a: \"${APP_SECRET}\" } }\n"), variables{"APP_SECRET": hiddenValue}, []string{
			"descope.yaml:3:41: error CFG032: the name of the variable APP_SECRET says that it holds a secret",
		}},
		{"a management key stays one", tenants("  - { id: acme, custom_attributes: { a: !secret \"${DESCOPE_MANAGEMENT_KEY}\" } }\n"), variables{"DESCOPE_MANAGEMENT_KEY": canary}, []string{
			"descope.yaml:3:41: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only",
		}},
		{"its value too", tenants("  - { id: acme, custom_attributes: { a: !secret \"x" + canary + "\" } }\n"), variables{"DESCOPE_MANAGEMENT_KEY": canary}, []string{
			"descope.yaml:3:41: error CFG032: custom_attributes contains the value of a management key",
		}},
		{"not set", tenants("  - { id: acme, custom_attributes: { a: !secret \"${APP_SECRET}\" } }\n"), nil, []string{
			"descope.yaml:3:41: error CFG030: the variable APP_SECRET is not set",
		}},
		{"short in an attribute", tenants("  - { id: acme, custom_attributes: { a: !secret \"short\" } }\n"), nil, []string{
			"descope.yaml:3:41: warning CFG035: a secret of fewer than 8 characters cannot be told from other text, so that only this key is hidden",
		}},
		{"short in a name", tenants("  - { id: acme, name: !secret \"short\" }\n"), nil, []string{
			"descope.yaml:3:23: error CFG035: a secret of fewer than 8 characters cannot be told from other text, so that it cannot be kept out of what is shown",
		}},
		{"short in a flow", "version: \"1.0\"\nflows: [{ template: mfa-login, set: { metadata.description: !secret \"short\" } }]\n", nil, []string{
			"descope.yaml:2:61: error CFG035: a secret of fewer than 8 characters cannot be told from other text, so that it cannot be kept out of what is shown",
		}},
		{"empty", tenants("  - { id: acme, custom_attributes: { a: !secret \"\" } }\n"), nil, nil},
	}
}

// TestNoDiagnosticShowsASecret makes mistakes around and in hiddenValue values.
func TestNoDiagnosticShowsASecret(t *testing.T) {
	env := variables{"APP_SECRET": canary}
	for name, text := range map[string]string{
		"where none may stand":      tenants("  - { id: !secret " + canary + ", parent: !secret " + canary + " }\n"),
		"wrong type":                tenants("  - { id: acme, settings: { inactivity_time: !secret " + canary + ", enabled: !secret " + canary + " } }\n"),
		"out of range":              tenants("  - { id: acme, settings: { inactivity_time: !secret 99999999999999 } }\n"),
		"number for a name":         tenants("  - { id: acme, name: !secret 99999999999999 }\n"),
		"a word":                    tenants("  - { id: acme, settings: { refresh_token_expiration_unit: !secret " + canary + " } }\n"),
		"a mistake on its line":     tenants("  - { id: acme, custom_attributes: { a: !secret " + canary + " }, foo: 1 }\n"),
		"a mistake on a later line": tenants("  - id: acme\n    custom_attributes:\n      a: !secret |\n        one two\n        " + canary + "\n      \"\": 1\n"),
		"before the value":          tenants("  - id: acme\n    custom_attributes: { a: !secret\n      \"" + canary + "\", b: null }\n"),
		"a list":                    tenants("  - { id: acme, custom_attributes: { a: !secret [" + canary + "] } }\n"),
		"not YAML":                  tenants("  - id: acme\n    custom_attributes:\n      a: !secret \"" + canary + "\" x\n"),
		"name twice":                tenants("  - { id: acme, name: !secret " + canary + " }\n  - { id: other, name: !secret " + canary + " }\n"),
		"name with a control":       tenants("  - { id: acme, name: !secret \"" + canary + "\\n\" }\n"),
		"a path of set":             "version: \"1.0\"\nflows: [{ template: mfa-login, set: { nowhere.at.all: !secret " + canary + " } }]\n",
		"a parameter":               "version: \"1.0\"\nflows: [{ template: mfa-login, config: { methods: !secret " + canary + ", nowhere: !secret " + canary + " } }]\n",
		"a variable":                tenants("  - { id: acme, name: !secret \"${APP_SECRET}\\n\", foo: \"${APP_SECRET}\" }\n"),
		"a bad template":            tenants("  - { id: acme, custom_attributes: { a: !secret \"${" + canary + " }\" } }\n"),
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := loadTexts(texts{"descope.yaml": text}, env)
			diagnostics := diagnosticsOf(t, cfg, err)
			if len(diagnostics) == 0 {
				t.Fatal("nothing is said")
			}
			for _, d := range diagnostics {
				for _, secret := range []string{canary, "99999999999999"} {
					if said := fmt.Sprintf("%+v %s", d, d.Render()); strings.Contains(said, secret) {
						t.Errorf("shown: %s", said)
					}
				}
			}
		})
	}
}

// TestAMarkChangesNoMeaning: with and without it the same is wanted.
func TestAMarkChangesNoMeaning(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.OneOf(rapid.StringMatching(`[ -~]{8,30}`), rapid.StringMatching(`[1-9][0-9]{8,30}`)).Draw(rt, "value")
		text := string(resource.StringValue(strings.ReplaceAll(value, "${", "$ {")))
		if rapid.Bool().Draw(rt, "plain") && !strings.ContainsAny(value, " !\"#%&'*,-:>?@[\\]`{|}~$.+=<") && value[0] > '9' {
			text = value
		}
		load := func(mark string) []resource.Desired {
			cfg, err := loadTexts(texts{"descope.yaml": tenants("  - { id: acme, custom_attributes: { a: " + mark + text + " } }\n")}, nil)
			if err != nil {
				rt.Fatalf("%s: %v", text, err)
			}
			return cfg.Desired("")
		}
		want, got := load(""), load("!secret ")
		if !got[0].Fields[0].Secret {
			rt.Fatal("it is not secret")
		}
		if got[0].Fields[0].Value != want[0].Fields[0].Value {
			rt.Fatalf("%s: %s, want %s", text, got[0].Fields[0].Value, want[0].Fields[0].Value)
		}
	})
}
