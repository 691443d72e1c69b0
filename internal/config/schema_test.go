package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaID, document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// instance turns YAML into what the schema's library checks, the way editors
// do. Only documents with JSON's types can be turned.
func instance(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Load([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func TestSchemaIsTheSameEveryTime(t *testing.T) {
	first, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	second, err := Schema()
	if err != nil || !bytes.Equal(first, second) {
		t.Error("two schemas differ")
	}
}

// validTexts are configurations that schema and loader both accept.
func validTexts() map[string]string {
	return map[string]string{
		"smallest":   `version: "1.0"`,
		"everything": everything,
		"template":   tenants("  - { id: acme, state: \"${S:-absent}\", role_inheritance: \"${R:-none}\" }\n"),
		"profile":    "version: \"1.0\"\nperformance: { rate_limits: \"off\", rate_limit_buffer: 1 }\n",
		"absent":     tenants("  - { id: acme, key: a, state: absent, protect: false }\n"),
		"pair":       tenants("  - { id: acme, domains: [a.com], self_provisioning: true }\n  - { id: two, self_provisioning: false }\n"),
		"one":        "$schema: ./descope.schema.json\nversion: \"1.0\"\ntenant: { id: acme }\n",
		"flows":      flowsEverything,
		"overlay":    overlayEverything,
		"wire":       tenants("  - { id: acme, settings: { JITDisabled: true, refreshTokenExpiration: 1, refreshTokenExpirationUnit: days } }\n"),
	}
}

const everything = `version: "1.0"
requires: ">=1.0"
variables: [SOME_KEY]
auth: { project_id: P2auth, management_key: "${DESCOPE_MANAGEMENT_KEY}", base_url: "https://api.descope.com" }
environments:
  dev: { project_id: "P2dev", management_key: "${DEV_CREDENTIAL}", base_url: "http://localhost:1", protected: false }
manage: { tenants: { include: ["*"], exclude: ["sandbox-*"] }, orphans: report }
guard: { delete_threshold: "10%", update_threshold: 50 }
performance: { max_workers: 10, rate_limit_buffer: 0.8, rate_limits: { tenant: 200/60s, user: "off" } }
state: { dir: /mnt/team/descope-mgmt, mode: group }
backup: { dir: ~/backups, retention_days: 1, after_required: false }
tenants:
  - id: acme-corp
    key: acme
    name: Acme
    state: present
    self_provisioning_domains: [acme.com]
    custom_attributes: { plan: gold, seats: 5, ratio: 0.5, on: true, list: [a, 1, false] }
    remove_attributes: [old]
    disabled: false
    enforce_sso: false
    parent: group
    role_inheritance: userOnly
    default_roles: [Viewer]
    settings: { enabled: true, session_token_expiration: 10, session_token_expiration_unit: minutes, sso_setup_suite_settings: { enabled: true, disabledFeatures: { saml: [1] } } }
    protect: true
    only: [dev]
  - { id: other, except: [dev] }
`

const flowsEverything = `version: "1.0"
environments: { dev: {} }
manage: { flows: { include: ["*"], exclude: ["legacy-*"] } }
flows:
  - template: mfa-login
    id: login
    state: present
    name: "Login of ${N:-Acme}"
    enabled: false
    config: { methods: [sms, "${M:-totp}"], remember_device: true, remember_duration_days: 7 }
    set: { "metadata.description": "x", "task 'Sign In / OTP / SMS'.arguments.extra": { a: [1, true] } }
    references: { connectors: { "SMS gateway": CI2 }, roles: { Viewer: "${R:-ROL2}" } }
    protect: true
    only: [dev]
  - { id: gone, state: absent, except: [dev] }
flow: { template: social-login }
`

const overlayEverything = `version: "1.0"
tenants:
  - { id: acme, key: acme, name: A, custom_attributes: { a: 1, b: 2 }, remove_attributes: [c], settings: { enabled: true, inactivity_time: 1 }, parent: group, default_roles: [r], disabled: true, enforce_sso: true, role_inheritance: none }
  - { id: beta, domains: [b.com], self_provisioning: true }
flows:
  - { template: mfa-login, key: login, name: A, enabled: true, config: { remember_device: true, remember_duration_days: 7 }, set: { metadata.description: x } }
  - { template: magic-link, references: { roles: { Viewer: R }, connectors: { c: C } } }
environments:
  prod:
    overlay:
      tenants:
        - { key: acme, id: T2prd, name: ~, custom_attributes: { a: ~, d: [x] }, remove_attributes: ~, settings: { enabled: ~, inactivityTime: 2 }, parent: ~, default_roles: ~, disabled: ~, enforce_sso: ~, role_inheritance: ~, state: present, protect: true }
        - { id: beta, domains: ~, self_provisioning: ~, self_provisioning_domains: [c.com] }
        - { id: own, key: own, name: "${N:-Own}" }
      flows:
        - { key: login, id: login, name: ~, enabled: ~, config: { remember_device: ~ }, set: ~, state: present, protect: false }
        - { id: magic-link, references: { roles: ~, connectors: { c: ~ } } }
        - { template: social-login, config: { providers: [apple] } }
  dev: { overlay: { tenants: [{ id: acme, custom_attributes: ~, settings: ~ }], flows: [{ key: login, template: social-login, config: ~, references: { roles: { a: b } } }] } }
`

func TestSchemaAcceptsWhatLoads(t *testing.T) {
	compiled := compileSchema(t)
	for name, text := range validTexts() {
		t.Run(name, func(t *testing.T) {
			load(t, text, nil)
			if err := compiled.Validate(instance(t, text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSchemaRefusesWhatDoesNotLoad(t *testing.T) {
	compiled := compileSchema(t)
	invalid := map[string]string{
		"version":             "version: \"2.0\"\n",
		"version number":      "version: 1.0\n",
		"unknown key":         "version: \"1.0\"\nfoo: 1\n",
		"later key":           "version: \"1.0\"\ndrift: {}\n",
		"flow of nothing":     "version: \"1.0\"\nflows: [{}]\n",
		"flow of two things":  "version: \"1.0\"\nflows: [{ template: magic-link, file: a.json }]\n",
		"flow key":            "version: \"1.0\"\nflows: [{ template: magic-link, settings: {} }]\n",
		"flow config":         "version: \"1.0\"\nflows: [{ file: a.json, config: {} }]\n",
		"flow set":            "version: \"1.0\"\nflows: [{ template: magic-link, set: [] }]\n",
		"flow null":           "version: \"1.0\"\nflows: [{ template: magic-link, set: { metadata.description: ~ } }]\n",
		"flow reference":      "version: \"1.0\"\nflows: [{ template: magic-link, references: { connectors: { a: 1 } } }]\n",
		"flow reference kind": "version: \"1.0\"\nflows: [{ template: magic-link, references: { groups: {} } }]\n",
		"flow enabled":        "version: \"1.0\"\nflows: [{ template: magic-link, enabled: \"yes\" }]\n",
		"flow only":           "version: \"1.0\"\nflows: [{ template: magic-link, only: [a], except: [b] }]\n",
		"flow alone":          "version: \"1.0\"\nflow: [{ template: magic-link }]\n",
		"flow absent":         "version: \"1.0\"\nflows: [{ state: absent }]\n",
		"scope of flows":      "version: \"1.0\"\nmanage: { flows: { only: [] } }\n",
		"unknown tenant key":  tenants("  - { id: acme, nmae: x }\n"),
		"no id":               tenants("  - { name: x }\n"),
		"empty id":            tenants("  - { id: \"\" }\n"),
		"null":                tenants("  - { id: acme, name: ~ }\n"),
		"name number":         tenants("  - { id: acme, name: 1 }\n"),
		"bool text":           tenants("  - { id: acme, disabled: \"yes\" }\n"),
		"state":               tenants("  - { id: acme, state: gone }\n"),
		"role inheritance":    tenants("  - { id: acme, role_inheritance: all }\n"),
		"attribute mapping":   tenants("  - { id: acme, custom_attributes: { a: { b: 1 } } }\n"),
		"attribute null":      tenants("  - { id: acme, custom_attributes: { a: ~ } }\n"),
		"nested list":         tenants("  - { id: acme, custom_attributes: { a: [[1]] } }\n"),
		"setting unknown":     tenants("  - { id: acme, settings: { foo: 1 } }\n"),
		"setting negative":    tenants("  - { id: acme, settings: { inactivity_time: -1 } }\n"),
		"setting fraction":    tenants("  - { id: acme, settings: { inactivity_time: 1.5 } }\n"),
		"setting unit":        tenants("  - { id: acme, settings: { inactivity_time_unit: years } }\n"),
		"nested null":         tenants("  - { id: acme, settings: { sso_setup_suite_settings: { a: ~ } } }\n"),
		"domains pair":        tenants("  - { id: acme, domains: [a.com], self_provisioning_domains: [a.com] }\n"),
		"pair without domain": tenants("  - { id: acme, domains: [], self_provisioning: true }\n"),
		"only and except":     tenants("  - { id: acme, only: [a], except: [b] }\n"),
		"empty only":          tenants("  - { id: acme, only: [] }\n"),
		"list of domains":     tenants("  - { id: acme, self_provisioning_domains: a.com }\n"),
		"literal key":         "version: \"1.0\"\nauth: { management_key: K2abc }\n",
		"key with default":    "version: \"1.0\"\nauth: { management_key: \"${A:-b}\" }\n",
		"environment key":     "version: \"1.0\"\nenvironments: { dev: { tenants: [] } }\n",
		"environment name":    "version: \"1.0\"\nenvironments: { \"a b\": {} }\n",
		"orphans":             "version: \"1.0\"\nmanage: { orphans: delete }\n",
		"guard":               "version: \"1.0\"\nguard: { delete_threshold: 101 }\n",
		"guard text":          "version: \"1.0\"\nguard: { delete_threshold: \"101%\" }\n",
		"workers":             "version: \"1.0\"\nperformance: { max_workers: 0 }\n",
		"buffer":              "version: \"1.0\"\nperformance: { rate_limit_buffer: 1.1 }\n",
		"rate class":          "version: \"1.0\"\nperformance: { rate_limits: { users: \"off\" } }\n",
		"rate":                "version: \"1.0\"\nperformance: { rate_limits: { user: \"5\" } }\n",
		"rate profile":        "version: \"1.0\"\nperformance: { rate_limits: \"fast\" }\n",
		"backup":              "version: \"1.0\"\nbackup: []\n",
		"backup key":          "version: \"1.0\"\nbackup: { folder: /x }\n",
		"backup empty dir":    "version: \"1.0\"\nbackup: { dir: \"\" }\n",
		"backup other home":   "version: \"1.0\"\nbackup: { dir: ~anna/backups }\n",
		"backup days":         "version: \"1.0\"\nbackup: { retention_days: 0 }\n",
		"backup days text":    "version: \"1.0\"\nbackup: { retention_days: \"30\" }\n",
		"backup no program":   "version: \"1.0\"\nbackup: { after: [[]] }\n",
		"backup shell":        "version: \"1.0\"\nbackup: { after: [\"cp {file} /x\"] }\n",
		"backup empty text":   "version: \"1.0\"\nbackup: { after: [[cp, \"\"]] }\n",
		"backup required":     "version: \"1.0\"\nbackup: { after_required: \"yes\" }\n",
		"overlay":             "version: \"1.0\"\nenvironments: { dev: { overlay: [] } }\n",
		"overlay key":         "version: \"1.0\"\nenvironments: { dev: { overlay: { tenant: { id: acme } } } }\n",
		"overlay of nothing":  "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [{ name: A }] } } }\n",
		"overlay selection":   "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [{ id: acme, only: [dev] }] } } }\n",
		"overlay null":        "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [{ id: acme, protect: ~ }] } } }\n",
		"overlay nested null": tenants("  - { id: acme }\n") + "environments: { dev: { overlay: { tenants: [{ id: acme, settings: { sso_setup_suite_settings: { a: ~ } } }] } } }\n",
		"overlay flow":        "version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: a, template: magic-link, file: a.json }] } } }\n",
		"overlay flow null":   "version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: a, template: ~ }] } } }\n",
		"overlay flow name":   "version: \"1.0\"\nenvironments: { dev: { overlay: { flows: [{ id: a, template: magic-link, enabled: \"yes\" }] } } }\n",
		"tenants mapping":     "version: \"1.0\"\ntenants: { id: acme }\n",
		"a list":              "[]",
	}
	for name, text := range invalid {
		t.Run(name, func(t *testing.T) {
			if _, err := loadTrusted(text, nil); err == nil {
				t.Error("the loader accepts it")
			}
			if compiled.Validate(instance(t, text)) == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

// TestSchemaNeverRefusesWhatLoads puts configurations together from good and
// bad parts.
func TestSchemaNeverRefusesWhatLoads(t *testing.T) {
	compiled := compileSchema(t)
	entries := []string{
		"name: A", "name: \"\"", "name: \"${N}\"", "key: k", "key: \"\"", "state: absent", "state: \"${S}\"", "protect: true", "only: [dev]", "except: [dev]", "only: []",
		"self_provisioning_domains: [a.com]", "self_provisioning_domains: []", "domains: [a.com]", "domains: []", "self_provisioning: true", "self_provisioning: false",
		"custom_attributes: { a: 1, b: \"${N}\", c: [1.5, x] }", "custom_attributes: {}", "custom_attributes: { \"\": 1 }", "remove_attributes: [x]", "remove_attributes: [\"\"]",
		"parent: \"\"", "parent: group", "role_inheritance: \"\"", "role_inheritance: \"${R}\"", "default_roles: []", "default_roles: [\"${N}\"]", "enforce_sso: true",
		"settings: {}", "settings: { inactivity_time: 0, inactivity_time_unit: \"${U}\" }", "settings: { inactivity_time: 2147483648 }", "settings: { sso_setup_suite_settings: {} }",
	}
	heads := []string{
		"requires: \">=1\"", "requires: \"\"", "variables: []", "variables: [A]", "auth: {}", "auth: { project_id: \"${P}\" }", "manage: {}", "manage: { tenants: {}, orphans: \"${O}\" }",
		"guard: { delete_threshold: \"007%\" }", "guard: { delete_threshold: \"${G}\", update_threshold: 0 }", "guard: { delete_threshold: \"1000%\" }",
		"performance: { max_workers: 1, rate_limits: { user: 007/.5s, other: \"${L}\" } }", "performance: { rate_limits: {} }", "performance: { rate_limits: \"${F}\", rate_limit_buffer: 1 }",
		"tenant: { id: other }", "$schema: \"\"", "manage: { flows: { exclude: [a] } }",
		"flow: { template: magic-link }", "flow: { template: magic-link, id: \"${N}\", name: \"${N}\", enabled: false, set: { metadata.description: \"${N}\" } }", "flow: { id: a, state: absent }",
		"flow: { id: a, state: \"${S}\" }", "flow: { template: mfa-login, config: { methods: [sms, \"${N}\"] } }", "flow: { template: social-login, config: { providers: [apple] }, references: { roles: {}, connectors: { c: \"${N}\" } } }",
		"flow: { file: a.json, state: absent, id: b, config: {} }", "flow: { template: mfa-login, only: [dev], protect: true, set: {} }",
		"backup: {}", "backup: { dir: \"${D}\", retention_days: 36500 }", "backup: { dir: backups, after_required: true }", "backup: { dir: \"~\" }", "backup: { after: [[cp, \"{file}\"], [\"${N}\"]], retention_days: 36500 }",
	}
	env := variables{"N": "x", "S": "present", "R": "none", "U": "days", "P": "P1", "O": "ignore", "G": "5%", "L": "off", "F": "seed", "D": "/x"}
	layered := []string{
		"{ id: acme }", "{ id: acme, name: ~ }", "{ id: acme, custom_attributes: { a: ~, z: \"${N}\" }, settings: ~ }", "{ id: acme, settings: { inactivity_time: ~ } }", "{ id: acme, domains: ~, self_provisioning_domains: [z.com] }",
		"{ id: acme, state: \"${S}\", protect: false }", "{ id: own, name: O }", "{ key: k, id: T2 }", "{ id: acme, self_provisioning: true }", "{ id: acme, only: [dev] }", "{ id: own, name: ~ }", "{ name: x }",
	}
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		head := rapid.SliceOfNDistinct(rapid.SampledFrom(heads), 0, 4, rapid.ID).Draw(t, "head")
		entry := rapid.SliceOfNDistinct(rapid.SampledFrom(entries), 0, 5, rapid.ID).Draw(t, "entry")
		over := rapid.SliceOfNDistinct(rapid.SampledFrom(layered), 0, 2, rapid.ID).Draw(t, "overlay")
		text := "version: \"1.0\"\nenvironments: { dev: { overlay: { tenants: [" + strings.Join(over, ", ") + "] } } }\n" + strings.Join(append(head, ""), "\n") + "tenants: [{ " + strings.Join(append([]string{"id: acme"}, entry...), ", ") + " }]\n"
		if _, err := loadTrusted(text, env); err != nil {
			return
		}
		accepted++
		var value any
		if err := yaml.Load([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(decoded); err != nil {
			t.Errorf("%v for\n%s", err, text)
		}
	})
	if accepted == 0 {
		t.Error("nothing was accepted")
	}
}

func TestExamples(t *testing.T) {
	compiled := compileSchema(t)
	paths, err := filepath.Glob("../../examples/*/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			folder, err := filepath.Abs(filepath.Dir(path)) // the files that it names are beside it
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := Load(t.Context(), Options{WorkDir: folder, Paths: []string{filepath.Base(path)}})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range cfg.Warnings() {
				if d.Severity != SeverityNote {
					t.Error(d)
				}
			}
			if err := compiled.Validate(instance(t, string(text))); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFieldExamplesLoad loads each key's example from the tables.
func TestFieldExamplesLoad(t *testing.T) {
	for _, k := range tenantBlock().keys {
		var text string
		switch k.name {
		case "id":
			text = "  - id: " + k.example + "\n"
		case "only", "except":
			continue // needs environments
		case "domains", "self_provisioning":
			text = "  - { id: acme, domains: [\"acme.com\"], self_provisioning: true }\n"
		default:
			text = "  - id: acme\n    " + k.name + ": " + k.example + "\n"
		}
		load(t, tenants(text), nil)
	}
	for _, k := range settingsBlock().keys {
		load(t, tenants("  - id: acme\n    settings: { "+k.name+": "+k.example+" }\n"), nil)
	}
	for _, k := range topBlock().keys {
		if !k.unsupported && k.name != "version" {
			load(t, "version: \"1.0\"\n"+k.name+": "+k.example+"\n", variables{})
		}
		if !k.unsupported && strings.TrimSpace(k.example) == "" {
			t.Errorf("%s has no example", k.name)
		}
	}
}
