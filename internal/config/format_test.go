package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// walkSchema visits each mapping of the schema that has keys, with the path that
// leads to it.
func walkSchema(t *testing.T, definitions, s map[string]any, path []string, visit func(path, keys []string)) {
	t.Helper()
	if reference, ok := s["$ref"].(string); ok {
		if reference == "#/$defs/value" || reference == "#/$defs/scalar" {
			return
		}
		s = definitions[strings.TrimPrefix(reference, "#/$defs/")].(map[string]any)
	}
	if choices, ok := s["anyOf"].([]any); ok {
		for _, choice := range choices {
			walkSchema(t, definitions, choice.(map[string]any), path, visit)
		}
	}
	below := func(step string, inner any) {
		if inner, ok := inner.(map[string]any); ok {
			walkSchema(t, definitions, inner, append(slices.Clone(path), step), visit)
		}
	}
	below("[]", s["items"])
	below("*", s["additionalProperties"])
	if properties, ok := s["properties"].(map[string]any); ok {
		var keys []string
		for key, inner := range properties {
			keys = append(keys, key)
			below(key, inner)
		}
		visit(path, keys)
	}
}

// TestEveryKeyHasARank holds the order of keys against the schema.
func TestEveryKeyHasARank(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	ranks, places := KeyRanks(), 0
	walkSchema(t, document["$defs"].(map[string]any), document, nil, func(path, keys []string) {
		if len(path) > 0 && path[len(path)-1] == "rate_limits" {
			return // the classes have no order
		}
		places++
		found := ranks(path)
		for _, key := range keys {
			if _, ranked := found[key]; !ranked {
				t.Errorf("%s has no rank at %q", key, path)
			}
		}
	})
	if places < 20 {
		t.Errorf("only %d places were visited", places)
	}
	for _, path := range [][]string{{"tenants", "[]", "custom_attributes"}, {"nowhere"}, {"environments"}} {
		if got := ranks(path); got != nil {
			t.Errorf("%q has the order %v", path, got)
		}
	}
	if tenant := ranks([]string{"environments", "prod", "overlay", "tenants", "[]"}); tenant["id"] >= tenant["name"] || tenant["name"] >= tenant["only"] {
		t.Errorf("the keys of an overlay's tenant have the order %v", tenant)
	}
}

func TestCompareText(t *testing.T) {
	const text = "version: \"1.0\"\nenvironments: { dev: { project_id: P2dev, overlay: { tenants: [{ id: acme, name: D }] } } }\ntenants:\n  - { id: acme, name: A }\n"
	tests := []struct {
		name, before, after, want string
	}{
		{"the same", text, "# c\n" + strings.ReplaceAll(text, "{ id: acme, name: A }", "{ name: \"A\", id: acme }"), ""},
		{"another value", text, strings.ReplaceAll(text, "name: A", "name: B"), "says something else"},
		{"another value in an overlay", text, strings.ReplaceAll(text, "name: D", "name: E"), `the environment "dev" says something else`},
		{"another environment", text, strings.ReplaceAll(text, "dev:", "prod:"), "the environments are others"},
		{"an error", text, text + "x: 1\n", "only one of the two can be read"},
		{"an error that was there", text + "x: 1\n", "\n" + text + "x: 1\n", ""},
		{"another error", text + "x: 1\n", text + "y: 1\n", "there are other errors"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "descope.yaml")
			if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
				t.Fatal(err)
			}
			options := Options{WorkDir: folder, Lookup: variables{"DESCOPE_ENVIRONMENT": "none"}.lookup}
			wantError(t, CompareText(t.Context(), options, map[string][]byte{path: []byte(tt.after)}), tt.want)
			wantError(t, CompareDocument(t.Context(), options, false, []byte(tt.before), []byte(tt.after)), tt.want)
		})
	}
	missing := Options{WorkDir: t.TempDir()}
	if err := CompareText(t.Context(), missing, nil); err != nil {
		t.Errorf("nothing there differs: %v", err)
	}
	if _, err := Files(missing); err == nil {
		t.Error("files were found where there are none")
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b.yaml", "a.json", schemaFile, ".hidden.yaml", "note.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Files(Options{WorkDir: folder, Paths: []string{"."}})
	if err != nil || len(files) != 2 || files[0] != (File{Name: "a.json", Path: filepath.Join(folder, "a.json"), JSON: true}) || files[1].Name != "b.yaml" {
		t.Errorf("got %+v, %v", files, err)
	}
	if _, err := (File{Name: "x", Path: folder}).Open(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder gives %v", err)
	}
}
