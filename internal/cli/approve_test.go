package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestAnInterruptedQuestionSaysThatNothingWasSent(t *testing.T) {
	url := startTestEmulator(t, emulator.Options{})
	app, _, _ := person(t, url, twoTenants)
	cmd := runBinary(t, app, "apply")
	terminal := startOnTerminal(t, cmd)
	waitFor(t, terminal, "Only yes is accepted [no]: ")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	waitFor(t, terminal, "error: interrupted before approval; nothing was sent")
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit status %d, want 130", got)
	}
	if made := requests(t, url)["/v1/mgmt/tenant/create"]; made > 0 {
		t.Errorf("%d creates", made)
	}
}

// TestAnExportAsksBeforeItLosesAnEdit: at a terminal somebody may say so.
func TestAnExportAsksBeforeItLosesAnEdit(t *testing.T) {
	for answer, want := range map[string]Status{"yes\n": StatusOK, "no\n": StatusRefused, "\n": StatusRefused} {
		app, _, errs := person(t, startTestEmulator(t, emulator.Options{}), "version: \"1.0\"\n")
		app.Environ = append(app.Environ, "PATH="+os.Getenv("PATH"), "HOME="+app.Home)
		run := func(name string, args ...string) {
			t.Helper()
			cmd := exec.CommandContext(context.Background(), name, args...)
			cmd.Dir = app.WorkDir
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, text)
			}
		}
		file := filepath.Join(app.WorkDir, "sign-in.json")
		if got := app.Run(t.Context(), []string{"flow", "export", "sign-in", "-o", "sign-in.json"}); got != StatusOK {
			t.Fatalf("status %d: %s", got, errs)
		}
		run("git", "init", "-q", ".")
		run("git", "add", ".")
		run("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "one")
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		edited := strings.Replace(string(before), `"name": "Sign In"`, `"name": "Edited"`, 1)
		if err := os.WriteFile(file, []byte(edited), 0o600); err != nil || edited == string(before) {
			t.Fatal(err)
		}
		again, _, errs := person(t, "", "")
		again.Environ, again.WorkDir, again.In = app.Environ, app.WorkDir, strings.NewReader(answer)
		if got := again.Run(t.Context(), []string{"flow", "export", "sign-in", "-o", "sign-in.json"}); got != want {
			t.Errorf("%q: status %d, want %d: %s", answer, got, want, errs)
		}
		if asked := strings.Contains(errs.String(), "changes that are not committed"); !asked {
			t.Errorf("%q: not asked: %s", answer, errs)
		}
		after, err := os.ReadFile(file)
		if lost := string(after) != edited; err != nil || lost != (want == StatusOK) {
			t.Errorf("%q: %v, lost: %t", answer, err, lost)
		}
	}
}
