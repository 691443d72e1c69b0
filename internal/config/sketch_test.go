package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func sketchOf(t testing.TB, name string, text []byte, query config.SketchQuery, variables map[string]string) config.Sketch {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) (string, bool) { value, set := variables[name]; return value, set }
	return config.ReadSketch(t.Context(), config.Options{Paths: []string{name}, WorkDir: folder, Lookup: lookup}, query)
}

func TestSketchOfObjects(t *testing.T) {
	tenants := config.SketchQuery{Kind: resource.KindTenant, Most: 3}
	flows := config.SketchQuery{Kind: resource.KindFlow, Most: 3}
	for _, row := range []struct {
		name, file, text string
		query            config.SketchQuery
		want             []config.SketchedObject
	}{
		{"one tenant", "a.yaml", "tenants:\n  - id: a\n    name: A\n", tenants, []config.SketchedObject{{"a", "A"}}},
		{"block list", "a.yaml", "tenants:\n- id: a\n  name: A\n# x\n- name: B\n  id: 'b'\n- { name: \"C\", \"id\": \"c\" }\n", tenants, []config.SketchedObject{{"a", "A"}, {"b", "B"}, {"c", "C"}}},
		{"flow list", "a.yaml", "tenants: [ { id: a }, { id: b, name: B } ]\n", tenants, []config.SketchedObject{{"a", ""}, {"b", "B"}}},
		{"more than fit", "a.yaml", "tenants:\n- id: a\n  name: A\n- id: b\n- id: c\n- id: d\n", tenants, []config.SketchedObject{{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}}},
		{"a broken entry", "a.yaml", "tenants:\n- id: a\n- id: \"b\n- id: c\n", tenants, []config.SketchedObject{{"a", ""}, {"c", ""}}},
		{"a stream", "a.yaml", "version: \"1.0\"\n---\n# one\ntenant: { id: a, name: A }\n--- # two\ntenant:\n  id: b\n", tenants, []config.SketchedObject{{"a", "A"}, {"b", ""}}},
		{"JSON", "a.json", `{"tenants": [{"id": "a", "name": "A"}], "flows": [{"id": "x"}]}`, tenants, []config.SketchedObject{{"a", "A"}}},
		{"flows in JSON", "a.json", `{"tenants": [{"id": "a", "name": "A"}], "flows": [{"id": "x"}]}`, flows, []config.SketchedObject{{"x", ""}}},
		{"flows", "a.yaml", "flows:\n- template: mfa\n  name: M\n- { id: x, template: mfa }\n- { file: y.json }\n", flows, []config.SketchedObject{{"mfa", "M"}, {"x", ""}}},
		{"a secret id and name", "a.yaml", "tenants:\n- id: !secret a\n- id: b\n  name: !secret B\n", tenants, []config.SketchedObject{{"b", ""}}},
		{"variables", "a.yaml", "tenants:\n- id: \"${A}\"\n- id: b\n  name: \"${B}\"\n", tenants, []config.SketchedObject{{"b", ""}}},
		{"overlays", "a.yaml", "tenants:\n- id: a\n- id: b\nenvironments:\n  dev: { overlay: { tenants: [ { id: c } ] } }\n", tenants, []config.SketchedObject{{"a", ""}, {"b", ""}, {"c", ""}}},
		{"nothing asked", "a.yaml", "tenants:\n- id: a\n- id: b\n", config.SketchQuery{}, nil},
		{"broken", "a.yaml", "tenants: [", tenants, nil},
		{"binary", "a.yaml", "\x00\xff", tenants, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := sketchOf(t, row.file, []byte(row.text), row.query, nil).Objects
			byID := map[string]string{}
			for _, one := range got {
				byID[one.ID] = one.Name
			}
			want := map[string]string{}
			for _, one := range row.want {
				want[one.ID] = one.Name
			}
			if !reflect.DeepEqual(byID, want) || len(got) != len(row.want) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestSketchOfSettings(t *testing.T) {
	text := "auth: { project_id: \"${P}\" }\nstate: { dir: ~/state, applied_dir: applied }\nbackup: { dir: \"${UNSET}\" }\n" +
		"environments:\n  prod: { project_id: \"${P}-prod\", base_url: \"https://api.descope.com\" }\n  dev: {}\n  \"not one\": {}\n"
	got := sketchOf(t, "a.yaml", []byte(text), config.SketchQuery{}, map[string]string{"P": "P2"})
	if got.ProjectID != "P2" || got.StateDir != "~/state" || !strings.HasSuffix(got.AppliedDir, "/applied") || !filepath.IsAbs(got.AppliedDir) || got.BackupDir != "" {
		t.Errorf("%+v", got)
	}
	want := []config.SketchedEnvironment{{"prod", "P2-prod", "https://api.descope.com"}, {Name: "dev"}}
	if !reflect.DeepEqual(got.Environments, want) {
		t.Errorf("%+v", got.Environments)
	}
}

// FuzzSketch wants that no text makes a sketch fail, and that it names only what was
// asked for.
func FuzzSketch(f *testing.F) {
	f.Add([]byte("tenants:\n- id: a\n- &x {id: b}\n- *x\nenvironments: { dev: { overlay: { tenants: [*x] } } }\n"), "a")
	f.Add([]byte("a: &a [*a]\ntenants: *a\n"), "")
	f.Add([]byte("---\ntenant: {id: \"x\\ny\"}\n---\ntenant:\n"), "x")
	f.Fuzz(func(t *testing.T, text []byte, prefix string) {
		for _, name := range []string{"a.yaml", "a.json"} {
			got := sketchOf(t, name, bytes.Clone(text), config.SketchQuery{Kind: resource.KindTenant, Prefix: prefix, Most: 3}, nil)
			for _, one := range got.Objects {
				if !strings.HasPrefix(one.ID, prefix) || one.ID == "" {
					t.Fatalf("%q does not begin with %q", one.ID, prefix)
				}
			}
		}
	})
}
