package docstest_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

const (
	root    = "../.."
	program = "descope-mgmt"
)

// TestMain lets this test binary stand for the program: the pages run it under
// the program's name. So the go command knows what the pages depend on, and
// nothing is built twice.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == program {
		os.Exit(cli.Main())
	}
	m.Run()
}

func readRepository(t *testing.T) (fs.FS, map[string]docstest.Page) {
	t.Helper()
	repository := os.DirFS(root)
	pages, err := docstest.ReadPages(repository)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md", "docs/architecture.md"} {
		if _, found := pages[name]; !found {
			t.Errorf("the page %s is missing", name)
		}
	}
	return repository, pages
}

func TestLinks(t *testing.T) {
	repository, pages := readRepository(t)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		for _, broken := range docstest.CheckLinks(repository, pages, pages[name]) {
			t.Error(broken)
		}
	}
}

// programRunner runs scripts with this test binary as the program.
func programRunner(t *testing.T) docstest.Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, program)); err != nil {
		t.Skipf("the pages cannot be run here: %v", err)
	}
	return docstest.Runner{Bin: bin, Path: os.Getenv("PATH")}
}

// TestPagesRun runs each page as a reader would who copies block after block
// into one terminal, in a folder that holds the repository's examples and its installer.
func TestPagesRun(t *testing.T) {
	t.Parallel()
	repository, pages := readRepository(t)
	runner := programRunner(t)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		script, err := docstest.NewScript(pages[name])
		if err != nil {
			t.Error(err)
			continue
		}
		if script.Bash == "" && len(script.Configs) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runPage(t, runner, repository, script)
		})
	}
}

func runPage(t *testing.T, runner docstest.Runner, repository fs.FS, script docstest.Script) {
	t.Helper()
	for _, config := range script.Configs {
		if err := runner.Validate(t.Context(), config, t.TempDir(), t.TempDir()); err != nil {
			t.Error(err)
		}
	}
	if script.Bash == "" {
		return
	}
	for _, tool := range append([]string{"bash"}, script.Needs...) {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the page needs %s", tool)
		}
	}
	folder := t.TempDir()
	examples, err := fs.Sub(repository, "examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(folder, "examples"), examples); err != nil {
		t.Fatal(err)
	}
	installer, err := fs.ReadFile(repository, "tools/install.sh")
	if err == nil {
		err = errors.Join(os.Mkdir(filepath.Join(folder, "tools"), 0o755), os.WriteFile(filepath.Join(folder, "tools", "install.sh"), installer, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Run(t.Context(), script, folder, t.TempDir()); err != nil {
		t.Error(err)
	}
}
