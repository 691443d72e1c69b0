package docstest_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

const examplesFolder = "examples"

// examples are the folders below examples; TestPagesRun runs their README.md.
func examples(t *testing.T) (repository fs.FS, names []string) {
	t.Helper()
	repository = os.DirFS(root)
	entries, err := fs.ReadDir(repository, examplesFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	for _, wanted := range []string{"basic", "ci-github", "cron", "five-environments", "flows", "nfs-team", "streamed"} {
		if !slices.Contains(names, wanted) {
			t.Errorf("the example %s is missing", wanted)
		}
	}
	return repository, names
}

// TestExamplesAreWhole: each example has a page that runs and names each of its files, and a
// configuration, which is right and in canonical form.
func TestExamplesAreWhole(t *testing.T) {
	repository, names := examples(t)
	_, pages := readRepository(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			folder := path.Join(examplesFolder, name)
			page, found := pages[path.Join(folder, "README.md")]
			if !found {
				t.Fatal("it has no README.md")
			}
			text, err := fs.ReadFile(repository, page.Path)
			if err != nil {
				t.Fatal(err)
			}
			runs := slices.ContainsFunc(page.Blocks, func(block docstest.Block) bool {
				return block.Language == "sh" && !strings.HasPrefix(block.Info, "no-run")
			})
			if !runs {
				t.Error("its page runs nothing")
			}
			for _, file := range filesBelow(t, repository, folder) {
				if base := path.Base(file); base != "README.md" && !strings.Contains(string(text), base) && base != "descope.yaml" {
					t.Errorf("its page does not name %s", base)
				}
			}
			if name == "streamed" {
				return // its program writes the configuration
			}
			file := filepath.Join(root, folder, "descope.yaml")
			for _, command := range [][]string{{"validate", "-c", file}, {"config", "fmt", "--check", file}} {
				if out, err := runProgram(t, command...); err != nil {
					t.Errorf("%v: %v\n%s", command, err, out)
				}
			}
		})
	}
}

func filesBelow(t *testing.T, repository fs.FS, folder string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(repository, folder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// runProgram runs the program with nothing but a home of its own.
func runProgram(t *testing.T, arguments ...string) (output []byte, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, arguments...)
	command.Args[0], command.Env = program, []string{"HOME=" + t.TempDir()}
	return command.CombinedOutput()
}

// sourced is the first comment of a script that others read, and that has no rights to be run.
var sourced = regexp.MustCompile(`^# .*read by them`)

// TestExampleScripts holds the scripts to the rules for scripts: they end at the first mistake,
// can be run as they are, and bash and shellcheck find nothing in them.
func TestExampleScripts(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	repository, names := examples(t)
	count := 0
	for _, name := range names {
		for _, file := range filesBelow(t, repository, path.Join(examplesFolder, name)) {
			if path.Ext(file) != ".sh" {
				continue
			}
			count++
			t.Run(file, func(t *testing.T) { checkScript(t, repository, file) })
		}
	}
	if count < 9 {
		t.Errorf("only %d scripts", count)
	}
}

func checkScript(t *testing.T, repository fs.FS, file string) {
	t.Helper()
	text, err := fs.ReadFile(repository, file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := fs.Stat(repository, file)
	if err != nil {
		t.Fatal(err)
	}
	if !sourced.Match(text) {
		if !bytes.HasPrefix(text, []byte("#!/usr/bin/env bash\n# ")) || !bytes.Contains(text, []byte("\nset -euo pipefail\n")) {
			t.Error("it does not begin with #!/usr/bin/env bash, what it is for, and set -euo pipefail")
		}
		if info.Mode()&0o111 == 0 {
			t.Error("it cannot be run: chmod +x")
		}
	}
	for _, checker := range [][]string{{"bash", "-n"}, {"shellcheck", "-x", "-P", "SCRIPTDIR"}} {
		if _, err := exec.LookPath(checker[0]); err != nil {
			t.Logf("there is no %s", checker[0])
			continue
		}
		command := exec.CommandContext(t.Context(), checker[0], append(checker[1:], filepath.Join(root, file))...)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", checker[0], err, out)
		}
	}
}

// TestImportGoesOn runs examples/streamed/import.sh with a program that ends with one status
// after the other.
func TestImportGoesOn(t *testing.T) {
	cases := []struct {
		name, statuses string
		status, runs   int
	}{
		{"at once", "0", 0, 1},
		{"after a limit, a part and a lock", "7 3 8 0", 0, 4},
		{"a guard", "1 6 0", 6, 2},
		{"a wrong key", "4 0", 4, 1},
		{"too often", "1 1 1 1 1 0", 1, 4},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			runner := newRunner(t, "#!/usr/bin/env bash\nset -eu\necho \"$@\" >>calls\nread -r status rest <statuses\necho \"$rest\" >statuses\nexit \"$status\"\n")
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "statuses"), []byte(test.statuses+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			script, err := filepath.Abs(filepath.Join(root, examplesFolder, "streamed", "import.sh"))
			if err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), "bash", script, "-c", "a b.yaml")
			command.Dir, command.Env = folder, []string{"PATH=" + runner.Bin + string(os.PathListSeparator) + runner.Path, "ATTEMPTS=4", "PAUSE=0"}
			out, _ := command.CombinedOutput() // the status says it
			calls, err := os.ReadFile(filepath.Join(folder, "calls"))
			if err != nil {
				t.Fatal(err)
			}
			if got := command.ProcessState.ExitCode(); got != test.status || strings.Count(string(calls), "\n") != test.runs {
				t.Errorf("status %d after\n%s\n%s", got, calls, out)
			}
			if !strings.HasPrefix(string(calls), "tenant sync --yes ") || !strings.Contains(string(calls), "-c a b.yaml") {
				t.Errorf("the calls are %s", calls)
			}
		})
	}
}
