package config

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplatesOfTheUser(t *testing.T) {
	files := map[string]string{
		"templates/acme/template.yaml": manifest, "templates/acme/flow.json": string(exported(t, "magic-link", nil).Encode()),
		"descope.yaml": flows("  - { template: acme, config: { url: \"https://${HOST}\" } }\n"),
	}
	cfg, err := loadFolder(t, files, variables{"HOST": "acme.example"})
	got := onlyFlow(t, cfg, err)
	if got.ID != "acme" || got.Flow.Template != "acme" || got.Flow.Document.Get("metadata").Get("description") != `"https://acme.example"` {
		t.Errorf("got %+v", got.Flow)
	}
	tests := []struct {
		name string
		with map[string]string
		want []string
	}{
		{"a parameter is missing", map[string]string{"descope.yaml": flows("  - template: acme\n")}, []string{`descope.yaml:3:15: error CFG093: the parameter "url" must be given; it takes text`}},
		{"close", map[string]string{"descope.yaml": flows("  - template: acmee\n")}, []string{`descope.yaml:3:15: error CFG092: no template is called "acmee"`}},
		{"broken manifest", map[string]string{"templates/acme/template.yaml": "parameters: [\n"}, []string{`templates/acme/template.yaml:1:14: error CFG001: not valid YAML: did not find expected node content`}},
		{"unknown key", map[string]string{"templates/acme/template.yaml": "parameters:\n  a: { typ: string }\n"}, []string{`templates/acme/template.yaml:2:8: error CFG010: unknown key "typ" in the parameter "a"`}},
		{"wrong path", map[string]string{"templates/acme/template.yaml": "parameters:\n  url: { type: string, set: \"task 'x'.name\" }\n"}, []string{`templates/acme/template.yaml:2:3: error CFG092: the parameter "url" fills nothing: cannot set "task 'x'.name": the flow has no task "x"`}},
		{"no flow", map[string]string{"templates/acme/flow.json": "[]"}, []string{`templates/acme/template.yaml:1:1: error CFG091: the template's flow "flow.json": this is no flow: a management export has the keys contents and metadata, a console export flow and screens`}},
		{"a flow elsewhere", map[string]string{"templates/acme/template.yaml": "flow: ../../flow.json\n"}, []string{`templates/acme/template.yaml:1:7: error CFG091: the template's flow "../../flow.json": the path leads out of the folder of the configuration file`}},
		{"one of ours", map[string]string{"templates/magic-link/template.yaml": manifest, "templates/magic-link/flow.json": "{}", "descope.yaml": flows("  - template: magic-link\n")}, []string{
			`descope.yaml:3:15: error CFG092: the template "magic-link" is one of the tool's own, and also a folder under templates`,
			`templates/magic-link/template.yaml:1:1: error CFG091: the template's flow "flow.json": this is no flow: a management export has the keys contents and metadata, a console export flow and screens`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all := maps.Clone(files)
			maps.Copy(all, tt.with)
			cfg, err := loadFolder(t, all, variables{"HOST": "x"})
			wantLines(t, diagnosticsOf(t, cfg, err), tt.want)
		})
	}
}

func TestFlowTemplates(t *testing.T) {
	folder := t.TempDir()
	list := func() ([]string, []Diagnostic) {
		templates, found, err := FlowTemplates(context.Background(), Options{WorkDir: folder})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, template := range templates {
			names = append(names, template.Name)
		}
		return names, found
	}
	ours := []string{"magic-link", "mfa-login", "sign-up-or-in", "social-login"}
	if names, _ := list(); !slices.Equal(names, ours) {
		t.Errorf("got %v", names)
	}
	writeFile(t, folder, "descope.yaml", []byte("version: \"1.0\"\n"))
	writeFile(t, folder, "templates/acme/template.yaml", []byte(manifest))
	writeFile(t, folder, "templates/acme/flow.json", exported(t, "magic-link", nil).Encode())
	writeFile(t, folder, "templates/broken/template.json", []byte(`{"parameters": 1}`))
	writeFile(t, folder, "templates/mfa-login/template.yaml", []byte("version: \"1\"\n"))
	writeFile(t, folder, "templates/other/values.yaml", nil)
	names, found := list()
	if diff := cmp.Diff(append([]string{"acme"}, ours...), names); diff != "" {
		t.Error(diff)
	}
	wantLines(t, found, []string{
		`templates/broken/template.json:1:16: error CFG012: parameters must be a mapping, not a number`,
		`templates/mfa-login:1:1: error CFG092: there is another template called "mfa-login"`,
		`templates/mfa-login/template.yaml:1:1: error CFG091: the template's flow "flow.json": no such file or directory`,
	})
}

// FuzzManifest reads any text as a template's manifest.
func FuzzManifest(f *testing.F) {
	f.Add(manifest)
	f.Add("parameters: { a: { type: list, min_items: 1, enum: [x], default: [x], set: [] } }")
	d := exported(f, "magic-link", nil)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		l := newLoader(Options{})
		l.file, l.folder, l.budget = "template.yaml", "/conf", maxExpansion
		l.flowFiles["/conf\x00"+templateFlow] = readFile{document: d}
		_, usable := l.decodeManifest("acme", []byte(text), false)
		l.settle(nil)
		if !usable && !l.hasErrorsSince(0) {
			t.Errorf("%q is no template, and nothing says why", text)
		}
		for _, diagnostic := range l.diagnostics {
			if diagnostic.Code == "" || diagnostic.Position.Line < 1 || strings.ContainsAny(strings.ReplaceAll(diagnostic.Render(), "\n", ""), "\x00\x1b\r") {
				t.Errorf("cannot be shown: %q", diagnostic.Render())
			}
		}
	})
}
