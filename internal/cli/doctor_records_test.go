package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// usedPlace is a folder in which the program has worked: with a configuration, a
// backup, a budget that was counted in, and a file of variables.
func usedPlace(t *testing.T) (folder, url string) {
	t.Helper()
	folder, url = t.TempDir(), startTestEmulator(t, emulator.Options{})
	for name, text := range map[string]string{
		"descope.yaml": "version: \"1.0\"\ntenants:\n  - { id: acme-corp, name: Acme }\n", ".env": "DESCOPE_LATER=x\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	app := doctorApp(folder, &out)
	app.Err = &out
	if status := app.Run(t.Context(), []string{"backup", "create", "--base-url", url}); status != StatusOK {
		t.Fatalf("status %d: %s", status, out.String())
	}
	return folder, url
}

// eachFile calls back with the one kind of files of the state.
func eachFile(t *testing.T, folder, pattern string, do func(path string) error) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "home", ".descope-mgmt", pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	for _, path := range found {
		if err := do(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDoctorAndTheRecords: what is wrong with what is kept on disk is said with what
// to do about it, and the other verdicts stay as they are.
func TestDoctorAndTheRecords(t *testing.T) {
	t.Parallel()
	damage := func(path string) error { return os.WriteFile(path, []byte("{\"x\": "), 0o600) }
	for name, c := range map[string]struct {
		prepare func(t *testing.T, folder string)
		id      string
		verdict doctor.Verdict
		says    string
		remedy  string
	}{
		"all is well": {func(*testing.T, string) {}, doctor.CheckBackups, doctor.OK, "1 backup in ", ""},
		"a backup that cannot be read": {func(t *testing.T, folder string) {
			t.Helper()
			eachFile(t, folder, "backups/*", damage)
		}, doctor.CheckBackups, doctor.Warning, "cannot be read", "backup verify"},
		"backups that others can read": {func(t *testing.T, folder string) {
			t.Helper()
			eachFile(t, folder, "backups", func(path string) error { return os.Chmod(path, 0o755) })
		}, doctor.CheckBackups, doctor.Warning, "others can use", "chmod go-rwx"},
		"a budget that is damaged": {func(t *testing.T, folder string) {
			t.Helper()
			eachFile(t, folder, budgetDir+"/*", damage)
		}, doctor.CheckRateLimits, doctor.Warning, "the record of recent calls is damaged", ""},
		"variables that others can read": {func(t *testing.T, folder string) {
			t.Helper()
			if err := os.Chmod(filepath.Join(folder, ".env"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, doctor.CheckEnvFile, doctor.Warning, "others can use", "chmod 600"},
		"variables that are in git": {func(t *testing.T, folder string) {
			t.Helper()
			for _, line := range []string{"init -q", "add .env"} {
				command := exec.CommandContext(t.Context(), "git", strings.Fields(line)...)
				command.Dir = folder
				if out, err := command.CombinedOutput(); err != nil {
					t.Skipf("git %s: %v\n%s", line, err, out)
				}
			}
		}, doctor.CheckEnvFile, doctor.Warning, "is in git", "git rm --cached .env"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, url := usedPlace(t)
			before, _ := examine(t, folder, "--base-url", url)
			c.prepare(t, folder)
			document, _ := examine(t, folder, "--base-url", url)
			was, is := verdictsOf(before), verdictsOf(document)
			if got := is[c.id]; got.Verdict != c.verdict || !strings.Contains(got.Summary+strings.Join(got.Detail, "\n"), c.says) || !strings.Contains(got.Remedy, c.remedy) {
				t.Errorf("%+v", got)
			}
			for id, check := range is {
				if id != c.id && id != doctor.CheckGit && check.Verdict != was[id].Verdict {
					t.Errorf("%s is %s now: %+v", id, check.Verdict, check)
				}
			}
		})
	}
}

// TestDoctorWithoutAProject: the host that a flag, a variable or nobody names is asked
// whether it is there, and what needs a project says so.
func TestDoctorWithoutAProject(t *testing.T) {
	t.Parallel()
	url := startTestEmulator(t, emulator.Options{})
	for name, c := range map[string]struct {
		args    string
		environ []string
	}{"a variable": {"", []string{"DESCOPE_BASE_URL=" + url}}, "a flag": {"--base-url " + url, nil}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			app := doctorApp(t.TempDir(), &out)
			app.Environ = append(c.environ, "PATH="+os.Getenv("PATH"), "LANG=C.UTF-8")
			status := app.Run(t.Context(), append([]string{"doctor", "--format", "json"}, strings.Fields(c.args)...))
			var document doctor.Result
			if err := json.Unmarshal(out.Bytes(), &document); err != nil || status != StatusAuth {
				t.Fatalf("status %d, %v: %s", status, err, out.String())
			}
			is := verdictsOf(document)
			if is[doctor.CheckCredentials].Verdict != doctor.Problem || is[doctor.CheckReachability].Verdict != doctor.OK {
				t.Errorf("%+v\n%+v", is[doctor.CheckCredentials], is[doctor.CheckReachability])
			}
			for _, id := range []string{doctor.CheckRateLimits, doctor.CheckAccess} {
				if is[id].Verdict != doctor.Skipped {
					t.Errorf("%+v", is[id])
				}
			}
		})
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for passed, want := range map[time.Duration]string{
		-time.Second: "dated in the future", 59 * time.Second: "less than a minute old", time.Minute: "1 minute old", 119 * time.Minute: "119 minutes old",
		2 * time.Hour: "2 hours old", 47 * time.Hour: "47 hours old", 48 * time.Hour: "2 days old",
	} {
		if got := age(passed); got != want {
			t.Errorf("%v: %q, want %q", passed, got, want)
		}
	}
}
