package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// beginAt begins the journal of a run at a time.
func beginAt(t *testing.T, state *store.ProjectState, run store.JournalRun, at time.Time) *store.Journal {
	t.Helper()
	journal, err := state.StartJournal(run, func() time.Time { at = at.Add(time.Millisecond); return at })
	must(t, err)
	return journal
}

func TestNewestRun(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	newest := func() string {
		t.Helper()
		run, err := state.NewestRun()
		must(t, err)
		return run
	}
	if got := newest(); got != "" {
		t.Errorf("without a journal: %q", got)
	}
	at := time.Date(2026, 11, 25, 22, 0, 0, 0, time.UTC)
	must(t, beginAt(t, state, store.JournalRun{RunID: "20261125T220000Z-ffff"}, at).End())
	// The same second: the one that was begun later has the lower name.
	must(t, beginAt(t, state, store.JournalRun{RunID: "20261125T220000Z-0000"}, at.Add(500*time.Millisecond)).End())
	if got := newest(); got != "20261125T220000Z-0000" {
		t.Errorf("within one second: %q", got)
	}
	beginAt(t, state, store.JournalRun{RunID: "20261125T220001Z-1111"}, at.Add(time.Second)) // goes on
	if got := newest(); got != "20261125T220001Z-1111" {
		t.Errorf("with an open one: %q", got)
	}
	must(t, os.WriteFile(filepath.Join(state.Dir(), "journals", "20261125T220009Z-2222.open.jsonl"), []byte(`{"format_ver`), 0o600))
	if got := newest(); got != "20261125T220001Z-1111" {
		t.Errorf("with one that was killed at its beginning: %q", got)
	}
	must(t, os.WriteFile(filepath.Join(state.Dir(), "journals", "20261125T220009Z-3333.jsonl"), []byte("{}\n"), 0o600))
	if _, err := state.NewestRun(); !errors.As(err, new(*store.DamagedError)) {
		t.Errorf("with a damaged one: %v", err)
	}
}

func TestJournalOfARun(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	users := 3
	gone := resource.Change{Address: "tenant/old", Kind: resource.KindTenant, ID: "old", Action: resource.ActionDelete, Users: &users}
	journal := beginAt(t, state, store.JournalRun{RunID: "run-1", Backup: "/b/one.json"}, time.Unix(1000, 0))
	must(t, journal.Intent(creation("a")), journal.Intent(gone), journal.Outcome(outcome("a", resource.StatusSuccess)))
	must(t, journal.Outcome(outcome("old", resource.StatusSuccess)), journal.Seen("tenant/a", "sha256:1"))
	for _, ended := range []bool{false, true} {
		if ended {
			must(t, journal.End())
		}
		got, err := state.Journal("run-1")
		must(t, err)
		if got.Ended != ended || got.Run.Backup != "/b/one.json" || !got.Started.After(time.Unix(1000, 0)) || len(got.Begun) != 2 {
			t.Errorf("ended %v: %+v", ended, got)
		}
		if got.Begun[0].Seen != "sha256:1" || got.Begun[1].Seen != "" || got.Begun[1].Change.Users == nil || *got.Begun[1].Change.Users != 3 {
			t.Errorf("ended %v: %+v", ended, got.Begun)
		}
	}
	if _, err := state.Journal("run-2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an unknown run: %v", err)
	}
	path := filepath.Join(state.Dir(), "journals", "run-3.jsonl")
	must(t, os.WriteFile(path, []byte(`{"format_version":"1.0","type":"start","run_id":"run-3"}`+"\n"+`{"type":"seen","address":"tenant/x"}`+"\n"), 0o600))
	if _, err := state.Journal("run-3"); err == nil || !strings.Contains(err.Error(), "run-3.jsonl:2: ") {
		t.Errorf("an object that was never begun: %v", err)
	}
}

func TestBackupsInUse(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "odd[1]*")
	state := store.Open(folder)
	beginAt(t, state.Project("h1", "P1"), store.JournalRun{RunID: "run-1", Backup: "/b/one.json"}, time.Now())
	beginAt(t, state.Project("h2", "P2"), store.JournalRun{RunID: "run-1", Backup: "/b/two.json"}, time.Now())
	beginAt(t, state.Project("h2", "P2"), store.JournalRun{RunID: "run-2"}, time.Now())
	must(t, beginAt(t, state.Project("h2", "P2"), store.JournalRun{RunID: "run-3", Backup: "/b/three.json"}, time.Now()).End())
	got, err := state.BackupsInUse()
	if err != nil || len(got) != 2 || !got["/b/one.json"] || !got["/b/two.json"] {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := store.Open(t.TempDir()).BackupsInUse(); err != nil || len(got) != 0 {
		t.Errorf("an empty folder: %v, %v", got, err)
	}
}
