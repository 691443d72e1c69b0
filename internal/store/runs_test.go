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

// TestOrderDoesNotNeedTheClock: a clock that was set back, or that was years ahead
// for a while, neither hides the newest run nor loses its journal.
func TestOrderDoesNotNeedTheClock(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	run := func(at time.Time) string {
		t.Helper()
		id := at.UTC().Format("20060102T150405Z") + "-0000"
		must(t, beginAt(t, state, store.JournalRun{RunID: id}, at).End())
		if newest, err := state.NewestRun(); err != nil || newest != id {
			t.Fatalf("the newest is %q, %v, want %s", newest, err, id)
		}
		if _, err := state.Journal(id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	ahead := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 60 {
		run(ahead.Add(time.Duration(i) * time.Minute))
	}
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	var back []string
	for i := range 40 {
		back = append(back, run(now.Add(-time.Duration(i)*time.Hour)))
	}
	for _, id := range back {
		if _, err := state.Journal(id); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, filepath.Join(state.Dir(), "journals")); len(got) != 50 || !strings.HasPrefix(got[49], "20310101T0059") {
		t.Errorf("%d journals: %v", len(got), got)
	}
}

// TestJournalsOfOlderVersions say no order: they come before all others, by time.
func TestJournalsOfOlderVersions(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	folder := filepath.Join(state.Dir(), "journals")
	must(t, os.MkdirAll(folder, 0o700))
	for _, id := range []string{"20310101T000000Z-1", "20260101T000000Z-2"} {
		at, _, _ := strings.Cut(id, "-")
		moment, err := time.Parse("20060102T150405Z", at)
		must(t, err)
		text := `{"format_version":"1.0","type":"start","at":"` + moment.Format(time.RFC3339) + `","run_id":"` + id + "\"}\n" +
			`{"type":"end","at":"2026-01-01T00:00:00Z"}` + "\n"
		must(t, os.WriteFile(filepath.Join(folder, id+".jsonl"), []byte(text), 0o600))
		if _, err := state.Journal(id); err != nil {
			t.Error(err)
		}
	}
	if newest, err := state.NewestRun(); err != nil || newest != "20310101T000000Z-1" {
		t.Errorf("%q, %v", newest, err)
	}
	must(t, beginAt(t, state, store.JournalRun{RunID: "20260201T000000Z-3"}, time.Unix(1, 0)).End())
	if newest, err := state.NewestRun(); err != nil || newest != "20260201T000000Z-3" {
		t.Errorf("%q, %v", newest, err)
	}
}

// TestACutJournalOfAFinishedRun is damaged, wherever it was cut, and so is one with
// a byte that is not as it was written.
func TestACutJournalOfAFinishedRun(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	journal := beginAt(t, state, store.JournalRun{RunID: "20261125T220000Z-0", Planned: 3}, time.Unix(1000, 0))
	for _, id := range []string{"a", "b", "c"} {
		must(t, journal.Intent(creation(id)))
		must(t, journal.Outcome(resource.Result{Address: resource.NewAddress(resource.KindTenant, id), Status: resource.StatusSuccess}))
	}
	must(t, journal.End())
	path := journalFile(t, state)
	content, err := os.ReadFile(path)
	must(t, err)
	damaged := func(what string, text []byte) {
		t.Helper()
		must(t, os.WriteFile(path, text, 0o600))
		_, err := state.Journal("20261125T220000Z-0")
		if damage, ok := errors.AsType[*store.DamagedError](err); !ok || damage.File != path || damage.Line == 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
	for size := range len(content) {
		damaged("cut", content[:size])
		if size == 0 {
			if _, err := state.NewestRun(); !errors.As(err, new(*store.DamagedError)) {
				t.Errorf("the newest, emptied: %v", err)
			}
		}
	}
	lines := strings.SplitAfter(string(content), "\n")
	for i := 1; i < len(lines)-2; i++ {
		damaged("without a line", []byte(strings.Join(lines[:i], "")+strings.Join(lines[i+1:], "")))
	}
	damaged("another value", []byte(strings.Replace(string(content), `"after":"b"`, `"after":"x"`, 1)))
	must(t, os.WriteFile(path, content, 0o600))
	if got, err := state.Journal("20261125T220000Z-0"); err != nil || len(got.Begun) != 3 {
		t.Errorf("as it was: %+v, %v", got, err)
	}
}

// A run that was killed while it began its journal has none to take back.
func TestJournalOfARunKilledAtItsBeginning(t *testing.T) {
	for _, rest := range []string{"", `{"format_version":"1.0","ty`} {
		state := store.Open(t.TempDir()).Project("h", "P")
		beginAt(t, state, store.JournalRun{RunID: "killed"}, time.Unix(1000, 0))
		must(t, os.WriteFile(journalFile(t, state), []byte(rest), 0o600))
		open, err := state.OpenJournals()
		must(t, err)
		must(t, state.SettleJournal(open[0], "next", time.Unix(2000, 0)))
		if journal, err := state.Journal("killed"); err != nil || len(journal.Begun) != 0 {
			t.Errorf("%q: %+v, %v", rest, journal, err)
		}
		if newest, err := state.NewestRun(); newest != "" || err != nil {
			t.Errorf("%q: the newest is %q, %v", rest, newest, err)
		}
	}
}
