package docstest_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// commitHook is one hook of .pre-commit-hooks.yaml, as far as the framework's users
// depend on it.
type commitHook struct {
	ID            string `yaml:"id"`
	Name          string `yaml:"name"`
	Description   string `yaml:"description"`
	Entry         string `yaml:"entry"`
	Language      string `yaml:"language"`
	PassFilenames *bool  `yaml:"pass_filenames"`
	RequireSerial bool   `yaml:"require_serial"`
	Files         string `yaml:"files"`
	Exclude       string `yaml:"exclude"`
}

func readHooks(t *testing.T) []commitHook {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithKnownFields())
	if err != nil {
		t.Fatal(err)
	}
	var hooks []commitHook
	if err := decoder.Load(&hooks); err != nil {
		t.Fatal(err)
	}
	if len(hooks) != 4 {
		t.Fatalf("%d hooks", len(hooks))
	}
	return hooks
}

// runHook runs a hook as the framework does: in the folder, with the files that match.
func runHook(t *testing.T, hook commitHook, folder string, files ...string) error {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(hook.Entry)
	if words[0] != program {
		t.Fatalf("%s runs %s", hook.ID, words[0])
	}
	if hook.PassFilenames == nil || *hook.PassFilenames {
		words = append(words, files...)
	}
	command := exec.CommandContext(t.Context(), self, words[1:]...)
	command.Args[0], command.Dir, command.Env = program, folder, []string{"HOME=" + t.TempDir()}
	out, err := command.CombinedOutput()
	t.Logf("%s: %s", hook.ID, out)
	return err
}

// TestHooksRun runs each hook on files that are right and on files that are not.
func TestHooksRun(t *testing.T) {
	const (
		canonical = "version: \"1.0\"\n\ntenants:\n  - { id: acme-corp }\n"
		untidy    = "tenants: [ {id: \"acme-corp\"} ]\nversion: '1.0'\n"
		wrong     = "version: \"1.0\"\ntenants:\n  - { idd: acme-corp }\n"
		broken    = "version: \"1.0\"\ntenants: [\n"
	)
	for _, hook := range readHooks(t) {
		formats := strings.Contains(hook.Entry, "config fmt")
		for _, test := range []struct {
			name, text     string
			fails, changes bool
		}{
			{"canonical", canonical, false, false},
			{"untidy", untidy, false, formats},
			{"wrong", wrong, !formats, formats},
			{"broken", broken, true, false},
		} {
			t.Run(hook.ID+" "+test.name, func(t *testing.T) {
				folder := t.TempDir()
				path := filepath.Join(folder, "descope.yaml")
				if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := runHook(t, hook, folder, "descope.yaml"); (err != nil) != test.fails {
					t.Errorf("the hook ends with %v", err)
				}
				after, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if (string(after) != test.text) != test.changes {
					t.Errorf("the file is now %q", after)
				}
			})
		}
	}
}

// TestHooksMatch looks at what starts each hook, and at the languages.
func TestHooksMatch(t *testing.T) {
	if _, err := os.Stat(filepath.Join(root, "cmd", program, "main.go")); err != nil {
		t.Error("go install ./... makes no program of that name: ", err)
	}
	for _, hook := range readHooks(t) {
		if hook.Name == "" || hook.Description == "" || hook.Language != "golang" && hook.Language != "system" || strings.HasSuffix(hook.ID, "-system") != (hook.Language == "system") {
			t.Errorf("the hook %+v", hook)
		}
		files, exclude := regexp.MustCompile(hook.Files), regexp.MustCompile(hook.Exclude)
		validates := strings.Contains(hook.Entry, "validate")
		for name, want := range map[string]bool{
			"descope.yaml": true, "a/descope.yml": true, "descope.json": true, ".descope/config.yaml": true, ".descope/tenants.json": true,
			"flows/sign-in.json": validates, ".descope/flows/sign-in.json": validates, "templates/own.yaml": validates,
			"descope.schema.json": false, ".descope/descope.schema.json": false, "package.json": false, "mydescope.yaml": false, "descope.yaml.txt": false,
		} {
			if got := files.MatchString(name) && !exclude.MatchString(name); got != want {
				t.Errorf("%s on %s: %t", hook.ID, name, got)
			}
		}
	}
}

// TestDocumentedHooksExist holds the page's configurations of the framework against
// the hooks.
func TestDocumentedHooksExist(t *testing.T) {
	repository, pages := readRepository(t)
	if _, err := fs.Stat(repository, "docs/pre-commit.md"); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, hook := range readHooks(t) {
		known = append(known, hook.ID)
	}
	found := 0
	for _, block := range pages["docs/pre-commit.md"].Blocks {
		if block.Language != "yaml" {
			continue
		}
		var document struct {
			Repos []struct {
				Hooks []commitHook `yaml:"hooks"`
			} `yaml:"repos"`
		}
		if err := yaml.Load([]byte(block.Text), &document); err != nil {
			t.Fatal(err)
		}
		for _, repo := range document.Repos {
			for _, hook := range repo.Hooks {
				found++
				if !slices.Contains(known, hook.ID) {
					t.Errorf("line %d: there is no hook %s", block.Line, hook.ID)
				}
			}
		}
	}
	if found < 4 {
		t.Errorf("only %d hooks are shown", found)
	}
}
