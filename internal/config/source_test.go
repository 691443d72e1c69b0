package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const one = "version: \"1.0\"\ntenants: [{ id: one }]\n"

// files writes files into a folder and returns it.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range contents {
		writeFile(t, folder, name, []byte(content))
	}
	return folder
}

func TestDiscovery(t *testing.T) {
	home := files(t, map[string]string{".descope/config.yaml": one})
	tests := []struct {
		name  string
		files map[string]string
		opts  Options
		want  []string // files read
		miss  *NotFoundError
	}{
		{"first place", map[string]string{"descope.yaml": one, ".descope/config.yaml": "nonsense: 1"}, Options{}, []string{"descope.yaml"}, nil},
		{"second place", map[string]string{".descope/config.yaml": one}, Options{Reading: true, Home: home}, []string{".descope/config.yaml"}, nil},
		{"home serves readers", nil, Options{Reading: true, Home: home}, []string{filepath.Join(home, ".descope/config.yaml")}, nil},
		{"home does not serve writers", nil, Options{Home: home}, nil, &NotFoundError{
			Searched: []string{"./descope.yaml", "./.descope/config.yaml"}, HomeOnly: "~/.descope/config.yaml",
		}},
		{"home by name", nil, Options{Home: home, Paths: []string{"~/.descope/config.yaml"}}, []string{filepath.Join(home, ".descope/config.yaml")}, nil},
		{"nothing for readers", nil, Options{Reading: true, Home: "/nowhere"}, nil, &NotFoundError{
			Searched: []string{"./descope.yaml", "./.descope/config.yaml", "~/.descope/config.yaml"},
		}},
		{"nothing without home", nil, Options{Reading: true}, nil, &NotFoundError{Searched: []string{"./descope.yaml", "./.descope/config.yaml"}}},
		{"a file for a folder", map[string]string{".descope": "x"}, Options{}, nil, &NotFoundError{Searched: []string{"./descope.yaml", "./.descope/config.yaml"}}},
		{"named file that is missing", map[string]string{"descope.yaml": one}, Options{Paths: []string{"other.yaml"}}, nil, &NotFoundError{Searched: []string{"other.yaml"}, Missing: true}},
		{"folder", map[string]string{
			"c/b.yml": "tenants: [{ id: two }]", "c/a.yaml": one, "c/c.JSON": `{"tenants": [{"id": "three"}]}`,
			"c/descope.schema.json": "x", "c/.hidden.yaml": "x", "c/README.md": "x", "c/d/e.yaml": "x",
		}, Options{Paths: []string{"c"}}, []string{"c/a.yaml", "c/b.yml", "c/c.JSON"}, nil},
		{"folder without files", map[string]string{"c/README.md": ""}, Options{Paths: []string{"c"}}, nil, &NotFoundError{Searched: []string{"c/*.yaml", "c/*.yml", "c/*.json"}}},
		{"pattern", map[string]string{
			"c/b.yml": "tenants: [{ id: two }]", "c/a.yaml": one, "c/c.JSON": `{"tenants": [{"id": "three"}]}`, "c/a.txt": "x",
			"c/descope.schema.json": "x", "c/.hidden.yaml": "x", "c/d.yaml/e.yaml": "x", "d/a.yaml": "x",
		}, Options{Paths: []string{"c/*"}}, []string{"c/a.yaml", "c/b.yml", "c/c.JSON"}, nil},
		{"pattern over folders", map[string]string{"a/x.yaml": one, "b/x.yaml": "tenants: []", "b/y.yaml": "x: 1", "c": "x"}, Options{Paths: []string{"?/[x].yaml"}}, []string{"a/x.yaml", "b/x.yaml"}, nil},
		{"pattern over folders at any depth", map[string]string{
			"c/a.yaml": one, "c/d/e/f.yaml": "tenants: []", "c/d/g.json": "{}", "c/.git/h.yaml": "x: 1", "c/d/README.md": "x",
		}, Options{Paths: []string{"c/**"}}, []string{"c/a.yaml", "c/d/e/f.yaml", "c/d/g.json"}, nil},
		{"pattern behind folders at any depth", map[string]string{"c/a.yaml": one, "c/d/e/a.yaml": "tenants: []", "c/d/b.yaml": "x: 1"}, Options{Paths: []string{"**/a.yaml"}}, []string{"c/a.yaml", "c/d/e/a.yaml"}, nil},
		{"pattern with a dot", map[string]string{".c/a.yaml": one}, Options{Paths: []string{".*/*.yaml"}}, []string{".c/a.yaml"}, nil},
		{"a name that looks like a pattern", map[string]string{"a[b].yaml": one, "ab.yaml": "x: 1"}, Options{Paths: []string{"a[b].yaml"}}, []string{"a[b].yaml"}, nil},
		{"a folder that looks like a pattern", map[string]string{"a[b]/x.yaml": one, "ab/x.yaml": "x: 1"}, Options{Paths: []string{"a[b]/*.yaml"}}, []string{"a[b]/x.yaml"}, nil},
		{"pattern without a match", map[string]string{"c/a.txt": one}, Options{Paths: []string{"c/*", "no/*.yaml"}}, nil, &NotFoundError{Searched: []string{"c/*"}, Pattern: true}},
		{"named twice is read once", map[string]string{"c/a.yaml": one}, Options{Paths: []string{"c/a.yaml", "c", "./c/../c/a.yaml"}}, []string{"c/a.yaml"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.WorkDir = files(t, tt.files)
			cfg, err := Load(context.Background(), tt.opts)
			var missing *NotFoundError
			if errors.As(err, &missing) != (tt.miss != nil) {
				t.Fatalf("error %v, want %v", err, tt.miss)
			}
			if tt.miss != nil {
				if diff := cmp.Diff(tt.miss, missing); diff != "" {
					t.Error(diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, cfg.Files()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNotFoundErrorNamesThePlaces(t *testing.T) {
	err := &NotFoundError{Searched: []string{"./a", "./b"}, HomeOnly: "~/c"}
	want := "no configuration found; searched: ./a, ./b; ~/c serves reading commands only, unless it is named with -c"
	if err.Error() != want {
		t.Errorf("got %q", err.Error())
	}
}

func TestWhereAConfigurationIsInstead(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		below string // where the folder is
		paths []string
		hint  string
	}{
		"nowhere":             {nil, "", nil, ""},
		"a file is missing":   {nil, "", []string{"nope.yaml"}, "check the path, which -c or DESCOPE_MGMT_CONFIG names"},
		"another ending":      {map[string]string{"here/descope.yml": one}, "", nil, "there is descope.yml: rename it to descope.yaml, or name it with -c"},
		"JSON in its folder":  {map[string]string{"here/.descope/config.json": "{}"}, "", nil, "there is .descope/config.json: rename it to .descope/config.yaml, or name it with -c"},
		"in the folder above": {map[string]string{"descope.yaml": one}, "", nil, "there is ../descope.yaml: run it in that folder, or name it with -c ../descope.yaml"},
		"the user's own":      {map[string]string{"home/.descope/config.yaml": one}, "home", nil, ""},
		"a folder above":      {map[string]string{"descope.yaml/x": ""}, "", nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := files(t, tt.files)
			here := filepath.Join(root, tt.below, "here")
			if err := os.MkdirAll(here, 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := Load(t.Context(), Options{WorkDir: here, Paths: tt.paths, Home: filepath.Join(root, "home")})
			var missing *NotFoundError
			if !errors.As(err, &missing) || missing.Hint() != tt.hint {
				t.Errorf("%v, want the hint %q", err, tt.hint)
			}
		})
	}
}

func TestPatternsThatAreWrong(t *testing.T) {
	err := &NotFoundError{Searched: []string{"c/*.yaml"}, Pattern: true}
	if got, want := err.Error(), "no configuration file (.yaml, .yml, .json) matches c/*.yaml"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, bad := Load(context.Background(), Options{WorkDir: t.TempDir(), Paths: []string{"c/[a"}})
	if got, want := errorText(bad), "the pattern c/[a is not well formed; close the bracket, or escape it with a backslash"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPatternsEnd walks over folders that lead to themselves.
func TestPatternsEnd(t *testing.T) {
	work := files(t, map[string]string{"c/a.yaml": one, "c/d/b.yaml": "tenants: []"})
	for link, target := range map[string]string{"c/loop": "loop", "c/up": "..", "c/d/same": "../d", "c/d/gone": "nothing"} {
		if err := os.Symlink(target, filepath.Join(work, link)); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{"c/**"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c/a.yaml", "c/d/b.yaml"}, cfg.Files()); diff != "" {
		t.Error(diff)
	}
}

func TestPositionsNameFilesAsTheUserWould(t *testing.T) {
	work := files(t, map[string]string{"conf/a.yaml": "x: 1\n"})
	outside := files(t, map[string]string{"b.yaml": "x: 1\n"})
	_, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{filepath.Join(work, "conf", "a.yaml"), filepath.Join(outside, "b.yaml")}})
	wantLines(t, diagnosticsOf(t, nil, err), []string{
		filepath.Join(outside, "b.yaml") + `:1:1: error CFG010: unknown key "x" in the configuration`,
		`conf/a.yaml:1:1: error CFG010: unknown key "x" in the configuration`,
		`conf/a.yaml:1:1: error CFG020: the version is missing`,
	})
}

func TestFileNamesCannotSpeakToTheTerminal(t *testing.T) {
	work := files(t, map[string]string{"c/a\x1b[31m.yaml": "x: 1\n"})
	_, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{"c"}})
	for _, d := range diagnosticsOf(t, nil, err) {
		if strings.Contains(d.Render(), "\x1b") {
			t.Errorf("%q", d.Render())
		}
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	work := files(t, map[string]string{"real.yaml": one, "folder.yaml/x": ""})
	if err := makePipe(filepath.Join(work, "pipe.yaml")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"link.yaml": "real.yaml", "device.yaml": "/dev/null", "pipelink.yaml": "pipe.yaml", "dangling.yaml": "nothing",
	} {
		if err := os.Symlink(target, filepath.Join(work, link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]string{
		"link.yaml":     "",
		"pipe.yaml":     "configuration pipe.yaml: not a regular file but a pipe",
		"pipelink.yaml": "configuration pipelink.yaml: not a regular file but a pipe",
		"device.yaml":   "configuration device.yaml: not a regular file but a device",
		"dangling.yaml": "no configuration found: there is no file or folder dangling.yaml",
	}
	for name, want := range tests {
		_, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{name}})
		if got := errorText(err); got != want {
			t.Errorf("%s: error %q, want %q", name, got, want)
		}
	}
	_, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{"."}})
	if err == nil || !strings.Contains(err.Error(), "configuration ") {
		t.Errorf("a folder with a pipe: %v", err)
	}
	if err := os.Mkdir(filepath.Join(work, "descope.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = Load(context.Background(), Options{WorkDir: work})
	if got := errorText(err); got != "configuration descope.yaml: not a regular file but a folder" {
		t.Errorf("a folder in the usual place: %q", got)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestUnreadableFiles(t *testing.T) {
	work := files(t, map[string]string{"descope.yaml": one, "c/a.yaml": one})
	if err := os.Symlink("loop", filepath.Join(work, "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{"loop"}}); err == nil || !strings.Contains(err.Error(), "configuration loop:") {
		t.Errorf("a loop of links: %v", err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	for _, name := range []string{"descope.yaml", "c"} {
		if err := os.Chmod(filepath.Join(work, name), 0); err != nil {
			t.Fatal(err)
		}
		_, err := Load(context.Background(), Options{WorkDir: work, Paths: []string{name}})
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	work := files(t, map[string]string{"descope.yaml": one})
	if _, err := Load(ctx, Options{WorkDir: work}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFilesMerge(t *testing.T) {
	cfg, err := loadTexts(texts{
		"a.yaml": "version: \"1.0\"\nenvironments:\n  dev: { project_id: P2dev }\nmanage: { orphans: ignore }\nvariables: [A_KEY]\ntenants: [{ id: one }]\n",
		"b.yaml": "version: \"1.0\"\nenvironments:\n  dev: { base_url: \"http://localhost:1\" }\n  prod: { project_id: P2prd }\nmanage: { tenants: { include: [\"*\"] } }\n---\nmanage: { tenants: { exclude: [x] } }\nvariables: [B_KEY]\ntenant: { id: two, name: \"${A_KEY:-a}${B_KEY:-b}\" }\n---\ntenant: { id: three }\ntenants: [{ id: four }]\n",
		"c.json": `{"guard": {"delete_threshold": 5}}`,
		"d.yaml": "guard: { update_threshold: 6 }\n",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two", "three", "four"}, idsOf(cfg.Desired(""))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a.yaml", "b.yaml", "c.json", "d.yaml"}, cfg.Files()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"dev", "prod"}, cfg.Environments()); diff != "" {
		t.Error(diff)
	}
	if got := cfg.Manage(""); got.Orphans != "ignore" || len(got.Include) != 1 || len(got.Exclude) != 1 {
		t.Errorf("manage %+v", got)
	}
	if got := cfg.Guard(); got != (Guard{5, 6}) {
		t.Errorf("guard %+v", got)
	}
	if got := cfg.Desired("")[2].Source.String(); got != "b.yaml:11:9" {
		t.Errorf("three stands at %s", got)
	}
}

func TestSettingsGivenTwice(t *testing.T) {
	cfg, err := loadTexts(texts{
		"a.yaml": "version: \"1.0\"\nrequires: \">=1\"\nauth: { project_id: P1 }\nenvironments: { dev: { protected: true } }\nmanage: { orphans: report, tenants: { include: [o*] } }\nguard: { delete_threshold: 1 }\nperformance: { max_workers: 1 }\ntenants: [{ id: one }]\n",
		"b.yaml": "version: \"1.1\"\nrequires: \">=1\"\nauth: { project_id: P1 }\nenvironments: { dev: { protected: true } }\nmanage: { orphans: report, tenants: { include: [o*] } }\nguard: { delete_threshold: 1 }\nperformance: { max_workers: 1 }\ntenants: [{ id: one }]\n",
	}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`b.yaml:1:10: error CFG020: version "1.1" is not supported; this version of the tool reads "1.0"`,
		`b.yaml:2:11: error CFG016: requires is already set at a.yaml:2:11`,
		`b.yaml:3:9: error CFG016: auth.project_id is already set at a.yaml:3:9`,
		`b.yaml:4:24: error CFG016: environments.dev.protected is already set at a.yaml:4:24`,
		`b.yaml:5:11: error CFG016: manage.orphans is already set at a.yaml:5:11`,
		`b.yaml:5:39: error CFG016: manage.tenants.include is already set at a.yaml:5:39`,
		`b.yaml:6:10: error CFG016: guard.delete_threshold is already set at a.yaml:6:10`,
		`b.yaml:7:16: error CFG016: performance.max_workers is already set at a.yaml:7:16`,
		`b.yaml:8:17: error CFG054: the id "one" already stands at a.yaml:8:17`,
	})
}

func TestWhatIsMissingMayStandInTheUnreadableDocument(t *testing.T) {
	cfg, err := loadTexts(texts{
		"a.yaml": "version: \"1.0\"\nenvironments: [\n",
		"b.yaml": "tenants: [{ id: one, only: [dev] }]\n",
	}, nil)
	wantLines(t, diagnosticsOf(t, cfg, err), []string{
		`a.yaml:2:16: error CFG001: not valid YAML: did not find expected node content`,
	})
}
