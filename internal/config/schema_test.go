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

func TestSchemaAcceptsWhatLoads(t *testing.T) {
	schemas := compileSchemas(t)
	for name, text := range validTexts() {
		t.Run(name, func(t *testing.T) {
			load(t, text, nil)
			for validator, refusal := range refusals(t, schemas, documented{text: text}) {
				if refusal != nil {
					t.Errorf("%s says %v", validator, refusal)
				}
			}
		})
	}
}

func TestSchemaRefusesWhatDoesNotLoad(t *testing.T) {
	schemas := compileSchemas(t)
	for name, text := range invalidTexts() {
		t.Run(name, func(t *testing.T) {
			if _, err := loadTrusted(text, nil); err == nil {
				t.Error("the loader accepts it")
			}
			for validator, refusal := range refusals(t, schemas, documented{text: text}) {
				if refusal == nil {
					t.Errorf("%s accepts it", validator)
				}
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
		"drift: {}", "drift: { ignore: [], severity: [{ path: \"${N}\", severity: info }] }", "drift: { ignore: [{ address: \"tenant/${N}\", reason: \"${N}\", owner: o, until: \"${U}\" }] }",
		"drift: { ignore: [{ address: \"*\", reason: r, owner: o, until: \"2026-02-28\", only: [dev] }] }", "state: { applied_dir: \"${N}\" }", "auth: { read_key: \"${R_K}\" }",
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
	paths, err := filepath.Glob("../../examples/*/descope.yaml")
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
			cfg, err := Load(t.Context(), Options{WorkDir: folder, Paths: []string{filepath.Base(path)}, ToolVersion: "1.2.3"})
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
