package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// A program that hangs is ended when its time is over, with all that it has
// started; the run goes on, unless the program has to succeed.
func TestAHookThatHangs(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		want     Status
		made     bool
	}{
		"a warning":          {"", StatusOK, true},
		"it has to succeed":  {", after_required: true", StatusIntegrity, false},
		"it need not, by no": {", after_required: false", StatusOK, true},
	} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			app, out, errs := person(t, url, twoTenants)
			app.Environ = append(app.Environ, "PATH="+os.Getenv("PATH"))
			app.HookLimit = 200 * time.Millisecond
			writeUserSettings(t, app, "backup: { after: [ [sh, -c, 'echo begun; sleep 3600 & sleep 3600'] ]"+c.settings+" }\n")
			if got := app.Run(t.Context(), []string{"apply", "--yes"}); got != c.want {
				t.Errorf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			for _, text := range []string{"warning: after the backup: ", "was stopped after 200ms", "it printed: begun"} {
				if !strings.Contains(errs.String(), text) {
					t.Errorf("%q is missing in\n%s", text, errs)
				}
			}
			if made := !strings.Contains(liveOf(t, url), `"tenants":[]`); made != c.made {
				t.Errorf("made: %v", made)
			}
			log := readAll(t, filepath.Join(app.Home, ".descope-mgmt", "audit"))
			if !strings.Contains(log, `sh: exit status`) || !strings.Contains(log, "its time was over") {
				t.Errorf("the audit log says nothing of it:\n%s", log)
			}
		})
	}
}

func writeUserSettings(t *testing.T, app *App, text string) {
	t.Helper()
	folder := filepath.Join(app.Home, ".descope-mgmt")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// liveOf is the list of tenants as the API answers it.
func liveOf(t *testing.T, url string) string {
	t.Helper()
	text, err := fetch(t.Context(), "GET", url, "/v1/mgmt/tenant/all", "")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readAll is what all files below a folder hold.
func readAll(t *testing.T, folder string) string {
	t.Helper()
	var text strings.Builder
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		text.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// A run that is interrupted while such a program runs sends nothing, and leaves a
// record of the program.
func TestAnInterruptedHookIsRecorded(t *testing.T) {
	url := startTestEmulator(t, emulator.Options{})
	app, out, errs := person(t, url, twoTenants)
	app.Environ = append(app.Environ, "PATH="+os.Getenv("PATH"))
	begun := filepath.Join(t.TempDir(), "begun")
	writeUserSettings(t, app, "backup: { after: [ [sh, -c, 'touch \"$0\"; exec sleep 3600', "+begun+"] ] }\n")
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	ended := make(chan Status, 1)
	go func() { ended <- app.Run(ctx, []string{"apply", "--yes"}) }()
	for _, err := os.Stat(begun); err != nil; _, err = os.Stat(begun) {
		if len(ended) > 0 {
			t.Fatalf("it did not run: status %d\n%s%s", <-ended, out, errs)
		}
	}
	interrupt(&signalError{os.Interrupt})
	if got := <-ended; got != StatusInterrupted {
		t.Errorf("status %d\n%s%s", got, out, errs)
	}
	log := readAll(t, filepath.Join(app.Home, ".descope-mgmt", "audit"))
	if !strings.Contains(log, `"event":"hook"`) || !strings.Contains(log, "sh: exit status") || strings.Contains(log, "run_start") {
		t.Errorf("the audit log says:\n%s", log)
	}
	if !strings.Contains(liveOf(t, url), `"tenants":[]`) {
		t.Error("something was made")
	}
}
