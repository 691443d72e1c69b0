package config

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flows puts flow entries under a valid head, from line 3 on.
func flows(entries string) string { return "version: \"1.0\"\nflows:\n" + entries }

func flowCases() []diagnosticCase {
	return []diagnosticCase{
		{"neither", flows("  - { id: a }\n"), nil, []string{`descope.yaml:3:5: error CFG090: a flow has neither template nor file`}},
		{"both", flows("  - { template: magic-link, file: a.json }\n"), nil, []string{`descope.yaml:3:5: error CFG090: a flow has both template and file`}},
		{"config of a file", flows("  - { id: a, file: a.json, config: {} }\n"), nil, []string{
			`descope.yaml:3:20: error CFG091: the flow's file "a.json": no such file or directory`,
			`descope.yaml:3:36: error CFG090: config holds the parameters of a template, and this flow has none`,
		}},
		{"unknown template", flows("  - template: mfa-logn\n"), nil, []string{`descope.yaml:3:15: error CFG092: no template is called "mfa-logn"`}},
		{"template outside", flows("  - template: ../magic-link\n"), nil, []string{
			`descope.yaml:3:15: error CFG050: the flow's id "../magic-link" may hold letters, digits, - and _ only`,
			`descope.yaml:3:15: error CFG092: no template is called "../magic-link"`,
		}},
		{"parameters", flows("  - template: mfa-login\n    config:\n      method: [sms]\n      methods: [sms, fax]\n      remember_device: \"yes\"\n      remember_duration_days: 366\n"), nil, []string{
			`descope.yaml:5:7: error CFG093: the parameter "method" is no parameter of the template mfa-login; its parameters are methods, remember_device, remember_duration_days`,
			`descope.yaml:6:22: error CFG093: the parameter "methods" holds an item that is not allowed; it takes a list with at least 1 of sms, totp, email, passkey, not "fax"`,
			`descope.yaml:7:24: error CFG093: the parameter "remember_device" is of the wrong type; it takes true or false, not "yes"`,
			`descope.yaml:8:31: error CFG093: the parameter "remember_duration_days" is out of range; it takes a whole number from 1 to 365, not 366`,
		}},
		{"a variable is not shown", flows("  - template: mfa-login\n    config: { methods: [\"${V}\"] }\n"), variables{"V": "canary"}, []string{
			`descope.yaml:4:25: error CFG093: the parameter "methods" holds an item that is not allowed; it takes a list with at least 1 of sms, totp, email, passkey`,
		}},
		{"a variable breaks the flow", flows("  - template: magic-link\n    set: { \"task 0.next.rules[0].taskId\": \"${V}\" }\n"), variables{"V": "canary"}, []string{
			`descope.yaml:3:5: error CFG095: the flow "magic-link" (template "magic-link"): a value that is set in it makes it wrong (edge-to-nowhere)`,
			`descope.yaml:3:5: warning CFG095: the flow "magic-link" (template "magic-link"): a value that is set in it makes it wrong (unreachable-task)`,
		}},
		{"wrong paths", flows("  - template: magic-link\n    set:\n      \"task 'Magic Link Sen'.name\": a\n      \"title\": b\n      \"metadata.description\": c\n      \"screen 'Welcome Screen'.heading.props.text\": d\n"), nil, []string{
			`descope.yaml:5:7: error CFG094: cannot set "task 'Magic Link Sen'.name": the flow has no task "Magic Link Sen"`,
			`descope.yaml:6:7: error CFG094: cannot set "title": it begins with "title", which is no part of a flow`,
			`descope.yaml:8:7: error CFG094: cannot set "screen 'Welcome Screen'.heading.props.text": there is no field "text"`,
		}},
		{"a path with two targets", flows("  - template: mfa-login\n    config: { methods: [sms, email] }\n    set: { \"task 'Verify OTP'.name\": a }\n"), nil, []string{
			`descope.yaml:5:12: error CFG094: cannot set "task 'Verify OTP'.name": 3 tasks have the name "Verify OTP"`,
		}},
		{"id twice", flows("  - template: magic-link\n  - { template: mfa-login, id: magic-link }\n"), nil, []string{
			`descope.yaml:4:32: error CFG054: the id "magic-link" already stands at descope.yaml:3:15`,
		}},
		{"bad id and name", flows("  - { template: magic-link, id: \"a/b\", name: \"\" }\n"), nil, []string{
			`descope.yaml:3:33: error CFG050: the flow's id "a/b" may hold letters, digits, - and _ only`,
			`descope.yaml:3:46: error CFG052: the name is empty`,
		}},
		{"absent with more", flows("  - { template: magic-link, state: absent, name: x, config: {}, enabled: true }\n"), nil, []string{
			`descope.yaml:3:50: warning CFG081: name takes no effect on a flow with state: absent`,
			`descope.yaml:3:61: warning CFG081: config takes no effect on a flow with state: absent`,
			`descope.yaml:3:74: warning CFG081: enabled takes no effect on a flow with state: absent`,
		}},
		{"absent without id", flows("  - { state: absent }\n"), nil, []string{`descope.yaml:3:5: error CFG050: a flow has no id`}},
		{"selection", flows("  - { template: magic-link, only: [a], except: [b] }\n"), nil, []string{
			`descope.yaml:3:36: error CFG041: no environment is called "a"`,
			`descope.yaml:3:48: error CFG055: except stands beside only (descope.yaml:3:35)`,
			`descope.yaml:3:49: error CFG041: no environment is called "b"`,
		}},
		{"outside of the scope", flows("  - template: magic-link\n") + "manage: { flows: { exclude: [\"magic-*\"] } }\n", nil, []string{
			`descope.yaml:3:5: warning CFG056: the flow "magic-link" is outside of manage.flows, so its entry takes no effect`,
		}},
		{"scope over addresses", "version: \"1.0\"\nmanage: { flows: { include: [flow/x] } }\n", nil, []string{
			`descope.yaml:2:30: error CFG014: the pattern "flow/x" is over ids, not addresses`,
		}},
		{"references", flows("  - template: magic-link\n    references: { connectors: { Gateway: CI2, x: \"\" } }\n"), nil, []string{
			`descope.yaml:4:33: warning CFG096: the flow has no reference to "Gateway" under connectors`,
			`descope.yaml:4:50: error CFG014: the id of "x" is empty`,
		}},
		{"secret in a value", flows("  - template: magic-link\n    set: { metadata.description: \"${DESCOPE_MANAGEMENT_KEY}\" }\n    config: { redirect_url: K2canary-key }\n"), variables{"DESCOPE_MANAGEMENT_KEY": "K2canary-key"}, []string{
			`descope.yaml:3:5: error CFG032: the flow "magic-link" contains the value of a management key`,
			`descope.yaml:4:34: error CFG032: the variable DESCOPE_MANAGEMENT_KEY serves as a credential and may be used for a management_key or read_key only`,
			`descope.yaml:5:29: error CFG032: a value contains the value of a management key`,
		}},
		{"unset variable", flows("  - template: magic-link\n    set: { metadata.description: \"${GONE}\" }\n"), nil, []string{
			`descope.yaml:4:34: error CFG030: the variable GONE is not set`,
		}},
		{"paths that lead out", flows("  - file: /etc/passwd\n  - file: ../a.json\n  - file: a/../../b.json\n  - file: ~/a.json\n  - file: \"\"\n"), nil, []string{
			`descope.yaml:3:11: error CFG091: the flow's file "/etc/passwd": the path is absolute; it must begin at the folder of the configuration file`,
			`descope.yaml:4:11: error CFG091: the flow's file "../a.json": the path leads out of the folder of the configuration file`,
			`descope.yaml:5:11: error CFG091: the flow's file "a/../../b.json": the path leads out of the folder of the configuration file`,
			`descope.yaml:6:11: error CFG091: the flow's file "~/a.json": the path is absolute; it must begin at the folder of the configuration file`,
			`descope.yaml:7:11: error CFG091: the flow's file "": the path leads out of the folder of the configuration file`,
		}},
		{"types", "version: \"1.0\"\nflows: {}\nflow: x\n", nil, []string{
			`descope.yaml:2:8: error CFG012: flows must be a list, not a mapping`,
			`descope.yaml:3:7: error CFG012: a flow must be a mapping, not text`,
		}},
	}
}

func TestFlowDiagnostics(t *testing.T) { runDiagnosticCases(t, flowCases()) }

// exported is a template's flow as an export in a file.
func exported(t testing.TB, template string, parameters map[string]resource.Value) flow.Document {
	t.Helper()
	found, _ := flow.FindTemplate(template)
	d, wrong := flow.Render(found, parameters)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return d
}

// loadFolder writes the files and loads descope.yaml.
func loadFolder(t testing.TB, files map[string]string, env variables) (*Config, error) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		writeFile(t, folder, name, []byte(text))
	}
	return Load(context.Background(), Options{WorkDir: folder, Lookup: env.lookup})
}

func onlyFlow(t *testing.T, cfg *Config, err error) resource.Desired {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	desired := cfg.DesiredFlows("")
	if len(desired) != 1 {
		t.Fatalf("%d flows", len(desired))
	}
	return desired[0]
}

func TestFlowFromFile(t *testing.T) {
	base := exported(t, "magic-link", nil)
	connected, err := flow.Set(base, map[string]resource.Value{
		"references.connectors['SMS gateway']": `"CI2dev-000"`, "task 1.arguments.providerId": `"CI2dev-000"`, "metadata.disabled": "true",
	})
	if err != nil {
		t.Fatal(err)
	}
	file := string(connected.WithID("sign-in").Encode())
	cfg, err := loadFolder(t, map[string]string{
		"flows/anything.json": file,
		"descope.yaml": flows(`  - file: flows/anything.json
    name: "Sign in ${WHERE}"
    set: { "task 'Magic Link Sent'.name": "Sent" }
    references: { connectors: { "SMS gateway": CI2prd } }
    protect: true
`),
	}, variables{"WHERE": "here"})
	got := onlyFlow(t, cfg, err)
	want, err := flow.Set(connected.WithID("sign-in"), map[string]resource.Value{
		"references.connectors['SMS gateway']": `"CI2prd"`, "task 1.arguments.providerId": `"CI2prd"`,
		"task 'Magic Link Sent'.name": `"Sent"`, "metadata.name": `"Sign in here"`,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "sign-in" || got.Kind != resource.KindFlow || !got.Protect || got.Source != (resource.Position{File: "descope.yaml", Line: 3, Column: 5}) {
		t.Errorf("got %+v", got)
	}
	// The second half of the pair has the connector only where the file says so.
	if diff := cmp.Diff(&resource.DesiredFlow{
		Document: want.Value(),
		Given: []resource.DesiredField{
			given("file", "", `"flows/anything.json"`, 3, 11),
			given("name", "", `"Sign in here"`, 4, 11),
			given("references.connectors", "SMS gateway", `"CI2prd"`, 6, 48),
			given("set", "task 'Magic Link Sent'.name", `"Sent"`, 5, 43),
		},
		Set: []string{"metadata.name", "references.connectors['SMS gateway']", "task 'Magic Link Sent'.name", "task 1.arguments['providerId']"},
	}, got.Flow); diff != "" {
		t.Error(diff)
	}
	if cfg.FlowCount() != 1 || cfg.TenantCount() != 0 || !cfg.ManageFlows("").Configured || cfg.Manage("").Configured {
		t.Error("counts or scopes are wrong")
	}
}

func given(field, key, value string, line, column int) resource.DesiredField {
	return resource.DesiredField{
		Path: resource.Path{Field: field, Key: key}, Value: resource.Value(value),
		Source: resource.Position{File: "descope.yaml", Line: line, Column: column},
	}
}

func TestTheSwitchIsManagedWhereItIsNamed(t *testing.T) {
	for entry, want := range map[string]*resource.DesiredFlow{
		"{ template: magic-link }":                 {Document: resource.Absent},
		"{ template: magic-link, enabled: false }": {Document: "true", ManagesSwitch: true, Set: []string{"metadata.disabled"}},
		"{ template: magic-link, enabled: true }":  {Document: "false", ManagesSwitch: true, Set: []string{"metadata.disabled"}},
	} {
		got := load(t, flows("  - "+entry+"\n"), nil).DesiredFlows("")[0].Flow
		got.Document = got.Document.Get("metadata").Get("disabled")
		want.Template = "magic-link"
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(resource.DesiredFlow{}, "Given")); diff != "" {
			t.Errorf("%s: %s", entry, diff)
		}
	}
}

func TestFlowsInEnvironments(t *testing.T) {
	cfg := load(t, "version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\nmanage: { flows: { exclude: [x] }, orphans: ignore }\ntenant: { id: acme }\nflows:\n  - { template: magic-link, only: [dev] }\n  - { template: mfa-login, except: [dev] }\n  - { id: gone, state: absent }\n", nil)
	for environment, want := range map[string][]string{"dev": {"magic-link", "gone"}, "prod": {"mfa-login", "gone"}, "": {"mfa-login", "gone"}} {
		if diff := cmp.Diff(want, idsOf(cfg.DesiredFlows(environment))); diff != "" {
			t.Errorf("%q: %s", environment, diff)
		}
	}
	want := resource.Manage{Configured: true, Exclude: []resource.Glob{"x"}, Elsewhere: []string{"mfa-login"}, Orphans: resource.OrphansIgnore}
	if diff := cmp.Diff(want, cfg.ManageFlows("dev"), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if gone := cfg.DesiredFlows("dev")[1]; !gone.Absent || gone.Flow != nil {
		t.Errorf("got %+v", gone)
	}
	if diff := cmp.Diff([]string{"acme"}, idsOf(cfg.Desired("dev"))); diff != "" {
		t.Error(diff)
	}
}

func TestFlowFilesThatCannotBe(t *testing.T) {
	good := string(exported(t, "magic-link", nil).Encode())
	tests := []struct {
		name  string
		entry string
		files map[string]string
		want  []string
	}{
		{"no JSON", "{ file: a.json }", map[string]string{"a.json": "{\"contents\": {\"tasks\": {\"4\": {\"next\": tru}}}}"}, []string{`descope.yaml:3:13: error CFG091: the flow's file "a.json": contents.tasks.4.next: not a JSON value: unexpected character 't' at byte 39`}},
		{"no flow", "{ file: a.json }", map[string]string{"a.json": "{}"}, []string{`descope.yaml:3:13: error CFG091: the flow's file "a.json": this is no flow: a management export has the keys contents and metadata, a console export flow and screens`}},
		{"of another type", "{ file: a.json }", map[string]string{"a.json": `{"metadata":{},"contents":{"tasks":{"x":{"next":{"rules":[1]}}}}}`}, []string{`descope.yaml:3:13: error CFG091: the flow's file "a.json": contents.tasks.x.next.rules[0]: an object is expected here, not a number`}},
		{"empty folder", "{ id: a, file: snap }", map[string]string{"snap/README.md": ""}, []string{`descope.yaml:3:20: error CFG091: the flow's file "snap": metadata.json: the file is missing in the snapshot folder`}},
		{"no id", "{ file: a.json }", map[string]string{"a.json": strings.Replace(good, `"flowId": "magic-link",`, "", 1)}, []string{`descope.yaml:3:13: error CFG050: the file "a.json" does not say which flow it is`}},
		{"dangling", "{ file: a.json }", map[string]string{"a.json": `{"flowId":"f","metadata":{},"contents":{"startTask":"1","tasks":{"1":{"id":"1","name":"Go","action":"logged-in","type":"automated"},"2":{"id":"2","name":"Lost","action":"x","type":"automated","next":{"rules":[{"interactionId":"success","taskId":"9"}]}}}},"screens":[]}`}, []string{
			`descope.yaml:3:5: warning CFG095: the flow "f" ("a.json"): no path leads to task 'Lost' (unreachable-task)`,
			`descope.yaml:3:5: error CFG095: the flow "f" ("a.json"): task 'Lost' leads over success to task "9", which is not in the flow (edge-to-nowhere)`,
		}},
		{"not absent without its file", "{ state: absent, file: a.json }", nil, []string{`descope.yaml:3:28: error CFG091: the flow's file "a.json": no such file or directory`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"descope.yaml": flows("  - " + tt.entry + "\n")}
			maps.Copy(files, tt.files)
			cfg, err := loadFolder(t, files, nil)
			wantLines(t, diagnosticsOf(t, cfg, err), tt.want)
		})
	}
}

func TestLinksAndPipesAreNotFollowed(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	good := exported(t, "magic-link", nil).Encode()
	writeFile(t, outside, "a.json", good)
	writeFile(t, folder, "flows/a.json", good)
	writeFile(t, folder, "descope.yaml", []byte(flows("  - { id: a, file: out.json }\n  - { id: b, file: up/a.json }\n  - { id: c, file: pipe }\n  - { id: d, file: in.json }\n  - { id: e, file: snap }\n")))
	writeFile(t, folder, "snap/metadata.json", []byte("{}"))
	for name, target := range map[string]string{"out.json": filepath.Join(outside, "a.json"), "up": outside, "in.json": "flows/a.json", "snap/contents.json": filepath.Join(outside, "a.json")} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Skip(err)
		}
	}
	if err := makePipe(filepath.Join(folder, "pipe")); err != nil {
		t.Skip(err)
	}
	cfg, err := Load(context.Background(), Options{WorkDir: folder})
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`descope.yaml:3:20: error CFG091: the flow's file "out.json": path escapes from parent`,
		`descope.yaml:4:20: error CFG091: the flow's file "up/a.json": path escapes from parent`,
		`descope.yaml:5:20: error CFG091: the flow's file "pipe": not a regular file but a pipe`,
		`descope.yaml:7:20: error CFG091: the flow's file "snap": contents.json: path escapes from parent`,
	})
}

func TestLargeFlowFilesAreRefused(t *testing.T) {
	cfg, err := loadFolder(t, map[string]string{
		"descope.yaml": flows("  - { id: a, file: a.json }\n  - { id: b, file: deep.json }\n"),
		"a.json":       strings.Repeat(" ", flow.MaxSize+1), "deep.json": strings.Repeat("[", 200) + strings.Repeat("]", 200),
	}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`descope.yaml:3:20: error CFG091: the flow's file "a.json": the file has more than 16 MiB`,
		`descope.yaml:4:20: error CFG091: the flow's file "deep.json": ` + strings.Repeat("[0]", 26) + "[0…: nested deeper than 100 levels",
	})
}

func TestOtherShapes(t *testing.T) {
	files := map[string]string{"descope.yaml": flows("  - { id: snap, file: snapshot }\n  - { file: console.json }\n")}
	for name, path := range map[string]string{"console.json": "sign-up-console.json", "snapshot/metadata.json": "snapshot/metadata.json", "snapshot/contents.json": "snapshot/contents.json"} {
		text, err := os.ReadFile(filepath.Join("../flow/testdata", path))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	screens, err := filepath.Glob("../flow/testdata/snapshot/screen-*.json")
	if err != nil || len(screens) == 0 {
		t.Fatal("no screens", err)
	}
	for _, path := range screens {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files["snapshot/"+filepath.Base(path)] = string(text)
	}
	cfg, err := loadFolder(t, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	desired := cfg.DesiredFlows("")
	if desired[0].ID != "snap" || desired[0].Flow.Document.Get("flowId") != `"snap"` || desired[1].ID == "" {
		t.Errorf("ids %q %q", desired[0].ID, desired[1].ID)
	}
	if !slices.ContainsFunc(cfg.Warnings(), func(d Diagnostic) bool { return d.Code == codeFlowLoss && d.Severity == SeverityNote }) {
		t.Error("what the console export loses is not said")
	}
}

func TestKeysInFlowFilesAreRefused(t *testing.T) {
	file := strings.Replace(string(exported(t, "magic-link", nil).Encode()), "Use another address", "K2canary-key", 1)
	cfg, err := loadFolder(t, map[string]string{"descope.yaml": flows("  - file: a.json\n"), "a.json": file}, variables{"DESCOPE_MANAGEMENT_KEY": "K2canary-key"})
	found := diagnosticsOf(t, cfg, err)
	wantLines(t, found, []string{`descope.yaml:3:5: error CFG032: the flow "magic-link" contains the value of a management key`})
}

const manifest = `version: "2"
title: Acme
parameters:
  greeting: { type: string, default: Hello, set: "screen 'Welcome Screen'.heading.props.children" }
  url:
    type: string
    set: ["task 1.arguments.uri", "metadata.description"]
`

// TestManyFlowsAreBounded names one template more often than the limit allows.
func TestManyFlowsAreBounded(t *testing.T) {
	text := flows("  - template: magic-link\n  - { template: magic-link, id: a }\n  - { template: magic-link, id: b }\n")
	l := newLoader(Options{})
	l.flowLimit = 5 * len(exported(t, "magic-link", nil).Value()) / 2
	_, err := l.load(context.Background(), texts{"descope.yaml": text}.sources())
	wantLines(t, diagnosticsOf(t, nil, err), []string{"descope.yaml:5:5: error CFG003: the flows of this configuration have more than 256 MiB together"})
}

// TestOrderOfFlowsDoesNotMatter spreads flows over files and documents.
func TestOrderOfFlowsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := []string{
			"{ template: magic-link }", "{ template: mfa-login, config: { methods: [totp, sms] } }", "{ id: gone, state: absent }",
			"{ template: social-login, id: social, name: Social, set: { metadata.description: x, \"task 0.name\": y } }",
		}
		reference, err := loadTexts(texts{"descope.yaml": flows("  - " + strings.Join(entries, "\n  - ") + "\n")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		entries[1] = "{ config: { methods: [sms, totp] }, template: mfa-login }"
		spread := texts{"a.yaml": "", "b.yaml": "version: \"1.0\"\n"}
		for _, entry := range rapid.Permutation(entries).Draw(t, "order") {
			name := rapid.SampledFrom([]string{"a.yaml", "b.yaml"}).Draw(t, "file")
			spread[name] += rapid.SampledFrom([]string{"---\nflow: " + entry + "\n", "---\nflows: [" + entry + "]\n"}).Draw(t, "style")
		}
		got, err := loadTexts(spread, nil)
		if err != nil {
			t.Fatalf("%v in %q", err, spread)
		}
		if diff := cmp.Diff(withoutPlaces(reference.DesiredFlows("")), withoutPlaces(got.DesiredFlows("")), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFlowFile(t *testing.T) {
	folder := t.TempDir()
	writeFile(t, folder, "flows/a.json", exported(t, "magic-link", nil).Encode())
	writeFile(t, folder, "descope.yaml", []byte("version: \"1.0\"\nenvironments: { dev: {}, prod: {} }\n"+
		"flows:\n  - { id: a, file: flows/a.json, only: [dev] }\n  - template: magic-link\n  - { id: gone, file: flows/a.json, state: absent }\n"))
	cfg, err := Load(context.Background(), Options{WorkDir: folder})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ environment, id, want string }{
		{"dev", "a", filepath.Join(folder, "flows", "a.json")},
		{"prod", "a", ""},
		{"dev", "magic-link", ""},
		{"dev", "gone", ""},
		{"dev", "other", ""},
	} {
		if got := cfg.FlowFile(tt.environment, tt.id); got != tt.want {
			t.Errorf("the file of %s in %s is %q, want %q", tt.id, tt.environment, got, tt.want)
		}
	}
}
