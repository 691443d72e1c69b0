package docstest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

// stub stands for the program in the tests of the harness itself.
const stub = `#!/usr/bin/env bash
set -eu
case "$1" in
validate) grep -q '^version:' "$3" || { echo "no version"; exit 5; } ;;
emulator) echo '{"url":"http://127.0.0.1:1","projects":[{"id":"P1","management_key":"K1"}]}'; echo up > "$HOME/emulator"; trap 'rm -f "$HOME/emulator"; exit 130' INT; while :; do sleep 0.05; done ;;
mute) ;;
esac
`

func newRunner(t *testing.T, program string) docstest.Runner {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash to run the pages with")
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "descope-mgmt"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	return docstest.Runner{Bin: bin, Path: os.Getenv("PATH")}
}

func TestRun(t *testing.T) {
	t.Setenv("DESCOPE_MANAGEMENT_KEY", "must not come through")
	cases := map[string]struct{ page, want string }{
		"one shell and one folder": {"'''sh\nmkdir a && cd a\nX=1; touch here\n'''\ntext\n'''sh\n[ $X = 1 ] && [ -f here ]\n'''\n", ""},
		"the place of a failure":   {"'''sh\ntrue\n'''\n\n'''sh\necho before; false; echo after\n'''\n", "before\na.md:5: ended with status 1"},
		"a wish for an exit":       {"'''sh\nexit 3\n'''\n", "a.md:1: ended with status 3"},
		"a variable that is unset": {"'''sh\necho $nothing\n'''\n", "nothing: unbound variable"},
		"an empty home":            {"'''sh\n[ -z \"$(ls -A \"$HOME\")\" ]\n'''\n", ""},
		"no credentials":           {"'''sh\n[ -z \"${DESCOPE_MANAGEMENT_KEY:-}\" ]\n'''\n", ""},
		"no standard input":        {"'''sh\n! read -r line\n'''\n", ""},
		"an emulator":              {"'''sh\nwhile [ ! -f \"$HOME/emulator\" ]; do :; done\n'''\n'''sh emulator\n[ $DESCOPE_BASE_URL-$DESCOPE_PROJECT_ID-$DESCOPE_MANAGEMENT_KEY = http://127.0.0.1:1-P1-K1 ]\n'''\n", ""},
		"a saved configuration":    {"'''yaml config file=b/c.yaml\nversion: $X\n'''\n'''sh\n[ \"$(cat b/c.yaml)\" = 'version: $X' ]\n'''\n", ""},
		"what runs on is ended":    {"'''sh\nsleep 600 &\necho $! > ../pid\n'''\n", ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			script, err := docstest.NewScript(parse(t, "a.md", test.page))
			if err != nil {
				t.Fatal(err)
			}
			base, home := t.TempDir(), t.TempDir()
			folder := filepath.Join(base, "page")
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			err = newRunner(t, stub).Run(t.Context(), script, folder, home)
			if got := text(err); (test.want == "") != (err == nil) || !strings.Contains(got, test.want) {
				t.Errorf("the run gives %q, want %q", got, test.want)
			}
			if strings.Contains(text(err), "after") {
				t.Error("the block went on after a failure")
			}
			if _, err := os.Stat(filepath.Join(home, "emulator")); err == nil {
				t.Error("the emulator still runs")
			}
			if pid, err := os.ReadFile(filepath.Join(base, "pid")); err == nil {
				if exec.Command("kill", "-0", strings.TrimSpace(string(pid))).Run() == nil {
					t.Error("a background program still runs")
				}
			}
		})
	}
}

func TestRunWithoutAWorkingEmulator(t *testing.T) {
	script, err := docstest.NewScript(parse(t, "a.md", "'''sh emulator\ntrue\n'''\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{
		"says nothing":     "#!/usr/bin/env bash\necho broken >&2\n",
		"says no JSON":     "#!/usr/bin/env bash\necho hello\n",
		"names no project": "#!/usr/bin/env bash\necho '{}'\n",
	} {
		t.Run(name, func(t *testing.T) {
			err := newRunner(t, program).Run(t.Context(), script, t.TempDir(), t.TempDir())
			if !strings.Contains(text(err), "start the emulator") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	runner := newRunner(t, stub)
	page := parse(t, "a.md", "'''yaml config\nversion: 1\n'''\n'''yaml config\nother: 1\n'''\n")
	script, err := docstest.NewScript(page)
	if err != nil || len(script.Configs) != 2 {
		t.Fatalf("the page gives %+v, %v", script, err)
	}
	if err := runner.Validate(t.Context(), script.Configs[0], t.TempDir(), t.TempDir()); err != nil {
		t.Error(err)
	}
	err = runner.Validate(t.Context(), script.Configs[1], t.TempDir(), t.TempDir())
	if !strings.Contains(text(err), "the configuration at line 4") || !strings.Contains(text(err), "no version") {
		t.Errorf("a bad configuration gives %v", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
