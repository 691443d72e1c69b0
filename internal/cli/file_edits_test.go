package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// editsIn are edits of two configurations and two flows' files, of which one is new.
func editsIn(t *testing.T, folder string) *fileEdits {
	t.Helper()
	edits := &fileEdits{app: &App{WorkDir: folder}}
	write(t, filepath.Join(folder, "descope.yaml"), "tenants:\n  - { id: a } # ours\n", 0o640)
	write(t, filepath.Join(folder, "old.json"), "{}", 0o600)
	file, path, err := edits.at(resource.Position{File: "descope.yaml", Line: 2, Column: 5})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := file.now.Set(path.Key("name"), `"A"`)
	if err := edits.edit(file, changed, err); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"old.json": `{"new":1}`, filepath.Join("flows", "prod", "new.json"): "[]"} {
		if _, err := edits.put(filepath.Join(folder, name), []byte(text), newFileMode); err != nil {
			t.Fatal(err)
		}
	}
	return edits
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func expectFile(t *testing.T, path, want string, mode fs.FileMode) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || string(text) != want {
		t.Errorf("%s holds %q, %v", path, text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
	}
}

func TestFileEditsAreWrittenTogether(t *testing.T) {
	folder := t.TempDir()
	edits := editsIn(t, folder)
	expectFile(t, filepath.Join(folder, "old.json"), "{}", 0o600) // not before it is asked for
	checked := false
	if err := edits.write(func() error { checked = true; return nil }); err != nil || !checked {
		t.Fatalf("write: %v, checked %v", err, checked)
	}
	expectFile(t, filepath.Join(folder, "descope.yaml"), "tenants:\n  - { id: a, name: A } # ours\n", 0o640)
	expectFile(t, filepath.Join(folder, "old.json"), `{"new":1}`, 0o600)
	expectFile(t, filepath.Join(folder, "flows", "prod", "new.json"), "[]", newFileMode)
}

func TestFileEditsAreTakenBackTogether(t *testing.T) {
	refused := errors.New("not like this")
	cases := map[string]func(t *testing.T, folder string, edits *fileEdits) func() error{
		"the result is refused": func(*testing.T, string, *fileEdits) func() error { return func() error { return refused } },
		"a file cannot be written": func(t *testing.T, folder string, edits *fileEdits) func() error {
			t.Helper()
			write(t, filepath.Join(folder, "blocked"), "a file, no folder", 0o600)
			edits.files = append(edits.files, &fileEdit{path: filepath.Join(folder, "blocked", "x.json"), after: []byte("x"), mode: newFileMode})
			return func() error { return nil }
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			edits := editsIn(t, folder)
			if err := edits.write(prepare(t, folder, edits)); err == nil {
				t.Fatal("nothing is said")
			}
			expectFile(t, filepath.Join(folder, "descope.yaml"), "tenants:\n  - { id: a } # ours\n", 0o640)
			expectFile(t, filepath.Join(folder, "old.json"), "{}", 0o600)
			if _, err := os.Stat(filepath.Join(folder, "flows", "prod", "new.json")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the new file is there: %v", err)
			}
		})
	}
}

func TestFileEditsLeaveAloneWhatHasChangedMeanwhile(t *testing.T) {
	for _, name := range []string{"descope.yaml", "old.json", "flows/prod/new.json"} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			edits := editsIn(t, folder)
			path := filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, path, "somebody else's", 0o600)
			if err := edits.write(func() error { return nil }); StatusOf(err) != StatusRefused {
				t.Fatalf("written over: %v", err)
			}
			for other, text := range map[string]string{"descope.yaml": "tenants:\n  - { id: a } # ours\n", "old.json": "{}"} {
				want := text
				if other == name {
					want = "somebody else's"
				}
				if got, err := os.ReadFile(filepath.Join(folder, other)); err != nil || string(got) != want {
					t.Errorf("%s is %q, %v", other, got, err)
				}
			}
		})
	}
}

func TestFileEditsRefuse(t *testing.T) {
	folder := t.TempDir()
	edits := &fileEdits{app: &App{WorkDir: folder}}
	write(t, filepath.Join(folder, "descope.yaml"), "a: [\n", 0o600)
	if _, _, err := edits.at(resource.Position{File: "descope.yaml", Line: 1, Column: 1}); StatusOf(err) != StatusRefused {
		t.Errorf("what is no YAML: %v", err)
	}
	if _, err := edits.open(folder); StatusOf(err) != StatusRefused {
		t.Errorf("a folder: %v", err)
	}
	write(t, filepath.Join(folder, "good.yaml"), "a: 1\n", 0o600)
	if _, _, err := edits.at(resource.Position{File: "good.yaml", Line: 7, Column: 1}); StatusOf(err) != StatusRefused {
		t.Errorf("a place that is not there: %v", err)
	}
}

func TestIsBelow(t *testing.T) {
	folder := t.TempDir()
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(folder, "out")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"flows/prod/x.json": true, "out/x.json": false, "out/deep/x.json": false, "../x.json": false} {
		if got := isBelow(folder, filepath.Join(folder, path)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestLiterally(t *testing.T) {
	for _, text := range []string{"tenant/acme", "tenant/a*b", "tenant/[x]", `tenant/a\b`, "flow/?"} {
		pattern := literally(text)
		if resource.CheckGlob(pattern) != nil || !resource.Glob(pattern).Match(text) || resource.Glob(pattern).Match(text+"x") {
			t.Errorf("%q matches by %q", text, pattern)
		}
	}
	if resource.Glob(literally("tenant/a*")).Match("tenant/ab") {
		t.Error("a star is a star no more")
	}
}

func TestPredecessors(t *testing.T) {
	place := func(name string, order int) config.Environment { return config.Environment{Name: name, Order: &order} }
	ordered := []config.Environment{place("test", 1), place("devtest", 1), place("dev", 2), place("staging", 3), place("canary", 3), {Name: "prod"}, {Name: "demo"}}
	for name, want := range map[string][]string{
		"test": nil, "devtest": nil, "dev": {"test", "devtest"}, "staging": {"dev"}, "canary": {"dev"}, "prod": {"staging", "canary"}, "demo": {"prod"},
	} {
		if got := predecessors(ordered, name); !slices.Equal(got, want) {
			t.Errorf("before %s: %q", name, got)
		}
	}
}
