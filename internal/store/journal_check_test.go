package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// TestCheckFinished: the journal of the run that was begun last is read as an undo
// reads it, and of the others the beginning.
func TestCheckFinished(t *testing.T) {
	const older, newer = "20260102T030405Z-0000000000000001", "20260102T030505Z-0000000000000002"
	for name, c := range map[string]struct {
		run    string // whose journal is damaged
		damage func(path string) error
		newest string // why the newest one cannot be read
		others int    // damaged ones, the newest among them where its beginning is
	}{
		"nothing":           {older, func(string) error { return nil }, "", 0},
		"the older empty":   {older, func(path string) error { return os.Truncate(path, 0) }, "", 1},
		"the older garbage": {older, func(path string) error { return os.WriteFile(path, []byte("x\n"), 0o600) }, "", 1},
		"the older a folder": {older, func(path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, "", 1},
		"the newest empty": {newer, func(path string) error { return os.Truncate(path, 0) }, "does not say which run", 1},
		"the newest cut off": {newer, func(path string) error {
			info, err := os.Stat(path)
			return errors.Join(err, os.Truncate(path, info.Size()-20))
		}, "its end is missing", 0},
		"the newest a folder": {newer, func(path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, "is a directory", 1},
	} {
		t.Run(name, func(t *testing.T) {
			project := store.Open(t.TempDir()).Project("h", "P")
			if found, err := project.CheckFinished(); err != nil || found.Kept != 0 || found.Newest != nil {
				t.Fatalf("before the first run: %+v, %v", found, err)
			}
			for _, run := range []string{older, newer} {
				journal := begin(t, project, run)
				if err := errors.Join(journal.Intent(resource.Change{Address: "tenant/a", Action: resource.ActionCreate}),
					journal.Outcome(resource.Result{Address: "tenant/a", Status: resource.StatusSuccess}), journal.End()); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.damage(filepath.Join(project.Dir(), "journals", c.run+".jsonl")); err != nil {
				t.Fatal(err)
			}
			found, err := project.CheckFinished()
			if err != nil || found.Kept != 2 || len(found.Damaged) != c.others {
				t.Errorf("got %+v, %v", found, err)
			}
			if (found.Newest == nil) != (c.newest == "") || found.Newest != nil && !strings.Contains(found.Newest.Error(), c.newest) {
				t.Errorf("the newest: %v, want %q", found.Newest, c.newest)
			}
		})
	}
}

// TestEmptied tells a record of ownership that lost its lines from one that never
// had any.
func TestEmptied(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    bool
	}{
		"no line":            {"", true},
		"a line without end": {"garbage", true},
		"a torn line":        {"x#torn\n", true},
		"a line":             {`{"format_version":"1.0","op":"own","at":"2026-01-02T03:04:05Z","addresses":["tenant/a"]}` + "\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			project := store.Open(t.TempDir()).Project("h", "P")
			if emptied, err := project.OwnershipEmptied(); emptied || err != nil {
				t.Errorf("where there is none: %v, %v", emptied, err)
			}
			path := filepath.Join(project.Dir(), "ownership.jsonl")
			if err := errors.Join(os.MkdirAll(project.Dir(), 0o700), os.WriteFile(path, []byte(c.content), 0o600)); err != nil {
				t.Fatal(err)
			}
			if emptied, err := project.OwnershipEmptied(); emptied != c.want || err != nil {
				t.Errorf("got %v, %v", emptied, err)
			}
		})
	}
}
