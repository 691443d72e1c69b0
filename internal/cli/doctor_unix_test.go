//go:build unix

package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// TestDoctorWhereSomethingElseIsInPlaceOfARecord puts something else in the place of
// each file that a run leaves. Nobody waits for it, nobody reads it without end, and
// doctor's document names it.
func TestDoctorWhereSomethingElseIsInPlaceOfARecord(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	url := startTestEmulator(t, emulator.Options{})
	write(t, filepath.Join(folder, "descope.yaml"), "version: \"1.0\"\ntenants:\n  - { id: acme-corp, name: Acme }\nflows:\n  - { template: magic-link }\n", 0o600)
	run := func(args ...string) Status {
		return doctorApp(folder, io.Discard).Run(t.Context(), append(args, "--base-url", url))
	}
	if status := run("apply", "--yes"); status != StatusOK {
		t.Fatalf("apply: status %d", status)
	}
	if status := run("config", "fmt"); status != StatusOK { // it takes the lock for editing
		t.Fatalf("config fmt: status %d", status)
	}
	state := filepath.Join(folder, "home", ".descope-mgmt")
	for name, put := range instead() {
		for _, path := range recordsBelow(t, state) {
			check := checkOf(path)
			aside := filepath.Join(t.TempDir(), "aside")
			if err := errors.Join(os.Rename(path, aside), put(path, aside)); err != nil {
				t.Fatal(err)
			}
			document, status := examine(t, folder, "--base-url", url)
			got := verdictsOf(document)[check]
			if check != "" && !tolerated(name, path) && got.Verdict != doctor.Problem && got.Verdict != doctor.Warning {
				t.Errorf("%s in place of %s: %+v", name, path, got)
			}
			if (status == StatusOK) != (document.Summary.Problem == 0) {
				t.Errorf("%s in place of %s: status %d, %+v", name, path, status, document.Summary)
			}
			if name == "a pipe" || name == "a link to a device" {
				run("plan", "--prune")
				run("lock", "status")
				run("backup", "verify")
				run("drift")
			}
			if err := errors.Join(os.RemoveAll(path), os.Rename(aside, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	document, status := examine(t, folder, "--base-url", url)
	if status != StatusOK || document.Summary.Warning+document.Summary.Problem > 0 {
		t.Errorf("in the end: status %d, %+v", status, document)
	}
}

// instead are the ways to put something in the place of a file that was moved aside.
func instead() map[string]func(path, aside string) error {
	return map[string]func(path, aside string) error{
		"a pipe":             func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
		"a link to a device": func(path, _ string) error { return os.Symlink("/dev/zero", path) },
		"a folder":           func(path, _ string) error { return os.Mkdir(path, 0o700) },
		"nothing in it":      func(path, _ string) error { return os.WriteFile(path, nil, 0o600) },
		"garbage":            func(path, _ string) error { return os.WriteFile(path, []byte("garbage\n"), 0o600) },
		"a part of it": func(path, aside string) error {
			text, err := os.ReadFile(aside)
			return errors.Join(err, os.WriteFile(path, text[:max(0, len(text)-20)], 0o600))
		},
	}
}

// recordsBelow are the files of the state folder, sorted.
func recordsBelow(t *testing.T, state string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(state, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) < 12 {
		t.Fatalf("%v: the run has left %q", err, paths)
	}
	return paths
}

// checkOf is the check that looks at a file; empty for locks of a moment, and for what
// only one command reads.
func checkOf(path string) string {
	for part, id := range map[string]string{
		"/backups/": doctor.CheckBackups, "/budget/": doctor.CheckRateLimits, "/audit/": doctor.CheckAudit, "/journals/": doctor.CheckJournals,
		"/HOST/lock/": doctor.CheckLock, "/ownership.jsonl": doctor.CheckRecords, "/applied.jsonl": doctor.CheckRecords,
		"/applied/flows/": doctor.CheckRecords, "/history.jsonl": doctor.CheckRecords, "/applied.key": doctor.CheckRecords,
	} {
		part = strings.Replace(part, "HOST", scriptProject, 1)
		if strings.Contains(path, part) && !strings.HasSuffix(path, ".lock") {
			return id
		}
	}
	return ""
}

// tolerated is what is no damage: a last line that was not written to its end, a
// history without versions, a budget nobody has written to or whose newest entry was
// torn.
func tolerated(name, path string) bool {
	base := filepath.Base(path)
	switch name {
	case "a part of it":
		return base == "history.jsonl" || base == "ownership.jsonl" || strings.HasSuffix(base, ".budget")
	case "nothing in it":
		return base == "history.jsonl" || strings.HasSuffix(base, ".budget")
	}
	return false
}
