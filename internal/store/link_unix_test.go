//go:build unix

package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// TestRecordsAreNoLinksAndNoPipes has somebody who may write to a shared folder
// put something else in the place of each record. Nobody may be led to another
// file, neither to read nor to write, and nobody may wait for ever.
func TestRecordsAreNoLinksAndNoPipes(t *testing.T) {
	run := store.JournalRun{RunID: "20260102T030405Z-0000000000000001", Planned: 1}
	records := []struct {
		name string
		file string // below the folder of the project
		use  map[string]func(*store.ProjectState) error
	}{
		{"ownership", "ownership.jsonl", map[string]func(*store.ProjectState) error{
			"read": func(p *store.ProjectState) error { _, err := p.Owned(); return err },
			"add":  func(p *store.ProjectState) error { return p.Own(testTime, "tenant/a") },
		}},
		{"open journal", "journals/" + run.RunID + ".open.jsonl", map[string]func(*store.ProjectState) error{
			"begin":  func(p *store.ProjectState) error { _, err := p.StartJournal(run, time.Now); return err },
			"read":   func(p *store.ProjectState) error { _, err := p.Journal(run.RunID); return err },
			"newest": func(p *store.ProjectState) error { _, err := p.NewestRun(); return err },
			"list":   func(p *store.ProjectState) error { _, err := p.OpenJournals(); return err },
		}},
		{"lock", "lock/1.json", map[string]func(*store.ProjectState) error{
			"look": func(p *store.ProjectState) error { _, err := p.LockInfo(store.Process{}, time.Now()); return err },
		}},
		{"a record of others", "lines.jsonl", map[string]func(*store.ProjectState) error{
			"add": func(p *store.ProjectState) error {
				return store.Open("").Elsewhere(p.Dir()).AppendLine("lines.jsonl", 1)
			},
			"read": func(p *store.ProjectState) error {
				return store.Open("").Elsewhere(p.Dir()).EachLine("lines.jsonl", func(int, []byte) error { return nil })
			},
		}},
	}
	for _, record := range records {
		for _, kind := range []string{"link", "pipe"} {
			for name, use := range record.use {
				t.Run(record.name+"/"+kind+"/"+name, func(t *testing.T) {
					project := store.OpenShared(t.TempDir()).Project("h", "P")
					path := filepath.Join(project.Dir(), filepath.FromSlash(record.file))
					elsewhere := filepath.Join(t.TempDir(), "private")
					if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(elsewhere, []byte("not yours\n"), 0o600); err != nil {
						t.Fatal(err)
					}
					var err error
					if kind == "link" {
						err = os.Symlink(elsewhere, path)
					} else {
						err = syscall.Mkfifo(path, 0o660)
					}
					if err != nil {
						t.Fatal(err)
					}
					if err := use(project); err == nil {
						t.Error("it was taken for a record")
					} else if strings.Contains(err.Error(), "not yours") {
						t.Errorf("what stands elsewhere is shown: %v", err)
					}
					text, err := os.ReadFile(elsewhere)
					if err != nil || string(text) != "not yours\n" {
						t.Errorf("the other file is %q now: %v", text, err)
					}
				})
			}
		}
	}
}

func TestSharedModesWhateverTheUmask(t *testing.T) {
	before := syscall.Umask(0o077)
	defer syscall.Umask(before)
	for _, test := range []struct {
		name         string
		open         func(string) *store.Store
		folder, file os.FileMode
	}{
		{"private", store.Open, os.ModeDir | 0o700, 0o600},
		{"shared", store.OpenShared, os.ModeDir | os.ModeSetgid | 0o770, 0o660},
	} {
		for _, umask := range []int{0, 0o022, 0o077} {
			syscall.Umask(umask)
			project := test.open(t.TempDir()).Project("h", "P")
			if err := project.Own(testTime, "tenant/a"); err != nil {
				t.Fatal(err)
			}
			for path, want := range map[string]os.FileMode{project.Dir(): test.folder, filepath.Join(project.Dir(), "ownership.jsonl"): test.file} {
				if info, err := os.Stat(path); err != nil || info.Mode() != want {
					t.Errorf("%s store, umask %03o: %s has the mode %v, not %v (%v)", test.name, umask, filepath.Base(path), info.Mode(), want, err)
				}
			}
		}
	}
}

// TestALockOfAnySizeIsReadWithinBounds: a lock's record is small, and nobody reads
// more of what stands in its place.
func TestALockOfAnySizeIsReadWithinBounds(t *testing.T) {
	project := store.Open(t.TempDir()).Project("h", "P")
	path := filepath.Join(project.Dir(), "lock", "1.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600), os.Truncate(path, 8<<20)); err != nil {
		t.Fatal(err)
	}
	_, err := project.LockInfo(store.Process{}, time.Now())
	if damage, ok := errors.AsType[*store.DamagedError](err); !ok || damage.File != path || !strings.Contains(damage.Reason, "longer than") {
		t.Errorf("got %v", err)
	}
}
