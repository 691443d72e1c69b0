package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func creation(id string) resource.Change {
	path := resource.Path{Field: "name"}
	return resource.Change{
		Address: resource.NewAddress(resource.KindTenant, id), Kind: resource.KindTenant, ID: id, Action: resource.ActionCreate,
		Fields: []resource.FieldChange{{Path: path.String(), At: path, After: resource.StringValue(id)}},
	}
}

func outcome(id string, status resource.Status) resource.Result {
	return resource.Result{Address: resource.NewAddress(resource.KindTenant, id), Status: status}
}

func begin(t testing.TB, state *store.ProjectState, run string) *store.Journal {
	t.Helper()
	journal, err := state.StartJournal(store.JournalRun{
		RunID: run, User: "alice", Host: "h1", PID: 7, Command: "descope-mgmt apply", PlanDigest: "sha256:1", Planned: 3,
	}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return journal
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func openJournals(t testing.TB, state *store.ProjectState) []store.RunJournal {
	t.Helper()
	open, err := state.OpenJournals()
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// journalFile is the one journal there is.
func journalFile(t testing.TB, state *store.ProjectState) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(state.Dir(), "journals", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return files[0]
}

func TestJournalGivesBackWhatWasWritten(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	if open := openJournals(t, state); len(open) != 0 {
		t.Errorf("got %+v", open)
	}
	journal := begin(t, state, "run-1")
	at := resource.Path{Field: "custom_attributes", Key: "a.b \"<é>"}
	hidden := resource.Path{Field: "custom_attributes", Key: "token"}
	update := resource.Change{
		Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Action: resource.ActionUpdate,
		Fields: []resource.FieldChange{
			{Path: at.String(), At: at, Before: "9007199254740993", After: resource.Absent},
			{Path: hidden.String(), At: hidden, Before: `"canary-1"`, After: `"canary-2"`, Sensitive: true},
		},
	}
	remove := resource.Change{Address: "tenant/old", Kind: resource.KindTenant, ID: "old", Action: resource.ActionDelete, Cascade: true}
	must(t, journal.Intent(update), journal.Intent(creation("new")), journal.Outcome(outcome("new", resource.StatusUnknown)),
		journal.Intent(remove), journal.Outcome(outcome("new", resource.StatusSuccess)),
		journal.Outcome(resource.Result{Address: "tenant/old", Status: resource.StatusFailed, Error: &resource.Fault{Code: "E1", Message: "text"}}))

	update.Fields[1].Before, update.Fields[1].After = "", ""
	want := []store.BegunChange{
		{Change: update}, {Change: creation("new"), Status: resource.StatusSuccess}, {Change: remove, Status: resource.StatusFailed},
	}
	open := openJournals(t, state)
	if len(open) != 1 || open[0].Ended {
		t.Fatalf("got %+v", open)
	}
	if diff := cmp.Diff(want, open[0].Begun); diff != "" {
		t.Error(diff)
	}
	run := store.JournalRun{RunID: "run-1", User: "alice", Host: "h1", PID: 7, Command: "descope-mgmt apply", PlanDigest: "sha256:1", Planned: 3}
	if diff := cmp.Diff(run, open[0].Run); diff != "" {
		t.Error(diff)
	}
	for i, unknown := range []bool{true, false, false} {
		if open[0].Begun[i].Open() != unknown {
			t.Errorf("%d is open: %v", i, !unknown)
		}
	}
	content, err := os.ReadFile(journalFile(t, state))
	must(t, err)
	if strings.Contains(string(content), "canary") {
		t.Errorf("a sensitive value stands in the journal:\n%s", content)
	}
}

func TestJournalsThatNeedALook(t *testing.T) {
	cases := []struct {
		name string
		do   func(journal *store.Journal) error
		open bool
	}{
		{"goes on, or was killed", func(*store.Journal) error { return nil }, true},
		{"ended before the first change", (*store.Journal).End, false},
		{"ended", func(j *store.Journal) error {
			return errors.Join(j.Intent(creation("a")), j.Outcome(outcome("a", resource.StatusFailed)), j.End())
		}, false},
		{"ended without one outcome", func(j *store.Journal) error {
			return errors.Join(j.Intent(creation("a")), j.End())
		}, true},
		{"ended with an unknown outcome", func(j *store.Journal) error {
			return errors.Join(j.Intent(creation("a")), j.Outcome(outcome("a", resource.StatusUnknown)), j.End())
		}, true},
		{"an unknown outcome became known", func(j *store.Journal) error {
			return errors.Join(j.Intent(creation("a")), j.Outcome(outcome("a", resource.StatusUnknown)), j.Outcome(outcome("a", resource.StatusSuccess)), j.End())
		}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state := store.Open(t.TempDir()).Project("h", "P")
			must(t, c.do(begin(t, state, "run-1")))
			open := openJournals(t, state)
			if (len(open) == 1) != c.open {
				t.Fatalf("got %+v", open)
			}
			if !c.open {
				return
			}
			must(t, state.SettleJournal(open[0], "run-2", time.Now()), state.SettleJournal(open[0], "run-3", time.Now()))
			if open := openJournals(t, state); len(open) != 0 {
				t.Errorf("after settling: %+v", open)
			}
			content, err := os.ReadFile(journalFile(t, state))
			must(t, err)
			if strings.Count(string(content), `"type":"recovered"`) != 1 || !strings.Contains(string(content), `"by":"run-2"`) {
				t.Errorf("got\n%s", content)
			}
		})
	}
}

// TestSettledButNotRenamed: a run that was killed between the two steps.
func TestSettledButNotRenamed(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	must(t, begin(t, state, "run-1").Intent(creation("a")))
	path := journalFile(t, state)
	open := openJournals(t, state)
	must(t, state.SettleJournal(open[0], "run-2", time.Now()), os.Rename(journalFile(t, state), path))
	if open := openJournals(t, state); len(open) != 0 {
		t.Errorf("got %+v", open)
	}
}

func TestOldJournalsArePruned(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	begin(t, state, "00-killed")
	for i := range 55 {
		must(t, begin(t, state, fmt.Sprintf("%02d", i)).End())
	}
	list := names(t, filepath.Join(state.Dir(), "journals"))
	if len(list) != 51 || list[0] != "00-killed.open.jsonl" || list[1] != "05.jsonl" || list[50] != "54.jsonl" {
		t.Errorf("%d journals: %v", len(list), list)
	}
}

func TestJournalsOfOneRunAreNotMixed(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	begin(t, state, "run-1")
	if _, err := state.StartJournal(store.JournalRun{RunID: "run-1"}, time.Now); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	journal := begin(t, state, "../../escape")
	must(t, journal.End())
	if list := names(t, filepath.Join(state.Dir(), "journals")); len(list) != 2 || list[0] != "%2E.%2F..%2Fescape.jsonl" {
		t.Errorf("got %v", list)
	}
	if journal.Intent(creation("late")) == nil {
		t.Error("a closed journal took an intent")
	}
}

const (
	startLine   = `{"format_version":"1.0","type":"start","at":"2026-01-02T03:04:05Z","run_id":"r","planned":2}` + "\n"
	intentLine  = `{"type":"intent","at":"2026-01-02T03:04:05Z","address":"tenant/a","action":"create"}` + "\n"
	outcomeLine = `{"type":"outcome","at":"2026-01-02T03:04:05Z","address":"tenant/a","status":"success"}` + "\n"
	endLine     = `{"type":"end","at":"2026-01-02T03:04:05Z"}` + "\n"
)

func TestReadingTornAndDamagedJournals(t *testing.T) {
	cases := []struct {
		name, content string
		line          int    // of the damage; 0: none
		want          string // what is damaged, or "changes begun, outcomes, ended"
	}{
		{"nothing was written", "", 0, "0 0 false"},
		{"the first line is torn", startLine[:20], 0, "0 0 false"},
		{"only the first line", startLine, 0, "0 0 false"},
		{"the second line is torn", startLine + intentLine[:30], 0, "0 0 false"},
		{"an intent", startLine + intentLine, 0, "1 0 false"},
		{"its outcome is torn", startLine + intentLine + outcomeLine[:30], 0, "1 0 false"},
		{"torn to zeros", startLine + intentLine + "\x00\x00\x00", 0, "1 0 false"},
		{"an outcome", startLine + intentLine + outcomeLine, 0, "1 1 false"},
		{"ended", startLine + intentLine + outcomeLine + endLine, 0, "1 1 true"},
		{"a torn line that was marked", startLine + intentLine[:9] + "#torn\n" + intentLine, 0, "1 0 false"},
		{"a later minor version", strings.Replace(startLine, `"1.0"`, `"1.9","new":{"a":1}`, 1) + intentLine, 0, "1 0 false"},
		{"a later major version", strings.Replace(startLine, "1.0", "2.0", 1), 1, `has the format "2.0"`},
		{"no version", strings.Replace(startLine, "1.0", "", 1), 1, `has the format ""`},
		{"no JSON", startLine + "x\n" + intentLine, 2, "damaged: invalid character"},
		{"a blank line", startLine + "\n", 2, "damaged: unexpected end"},
		{"damage in a last line that was written to its end", startLine + intentLine + "{\n", 3, "damaged"},
		{"settled without a start, and torn", `{"type":"recov`, 0, "0 0 false"},
		{"an unknown type", startLine + `{"type":"odd"}` + "\n", 2, `unknown type "odd"`},
		{"no start", intentLine, 1, "its first line"},
		{"two starts", startLine + startLine, 2, "its first line"},
		{"a start that names no run", `{"format_version":"1.0","type":"start"}` + "\n", 1, "which run it is"},
		{"begun twice", startLine + intentLine + intentLine, 3, "tenant/a is begun twice"},
		{"an outcome of nothing", startLine + outcomeLine, 2, "never begun"},
		{"an address that is none", startLine + strings.Replace(intentLine, "tenant/a", "tenant", 1), 2, `"tenant" is no address`},
		{"an action that does not exist", startLine + strings.Replace(intentLine, "create", "no_change", 1), 2, `unknown action "no_change"`},
		{"an outcome that does not exist", startLine + intentLine + strings.Replace(outcomeLine, "success", "fine", 1), 3, `unknown outcome "fine"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state := store.Open(t.TempDir()).Project("h", "P")
			begin(t, state, "r")
			path := journalFile(t, state)
			must(t, os.WriteFile(path, []byte(c.content), 0o600))
			open, err := state.OpenJournals()
			if c.line > 0 {
				damage, ok := errors.AsType[*store.DamagedError](err)
				if !ok || damage.File != path || damage.Line != c.line || !strings.Contains(damage.Reason, c.want) || damage.Fault().Hint == "" {
					t.Errorf("got %v, want line %d and %q", err, c.line, c.want)
				}
				return
			}
			if err != nil || len(open) != 1 || open[0].Run.RunID != "r" {
				t.Fatalf("got %+v, %v", open, err)
			}
			outcomes := 0
			for _, begun := range open[0].Begun {
				if begun.Status != "" {
					outcomes++
				}
			}
			if got := fmt.Sprint(len(open[0].Begun), outcomes, open[0].Ended); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			must(t, state.SettleJournal(open[0], "next", time.Now()))
			if open := openJournals(t, state); len(open) != 0 {
				t.Errorf("after settling: %+v", open)
			}
		})
	}
}

// TestAnyPrefixOfAJournalIsReadable: wherever a run is killed, what it had
// written is there, and the journal can be settled, also by a run that is killed
// while it does so.
func TestAnyPrefixOfAJournalIsReadable(t *testing.T) {
	base, runs := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		state := store.Open(filepath.Join(base, strconv.Itoa(runs))).Project("h", "P")
		journal := begin(t, state, "r")
		path := journalFile(t, state)
		want := 0
		sizes := []int64{size(t, path)}
		for i := range rapid.IntRange(0, 6).Draw(rt, "changes") {
			id := strconv.Itoa(i)
			must(t, journal.Intent(creation(id)))
			sizes = append(sizes, size(t, path))
			if rapid.Bool().Draw(rt, "outcome") {
				must(t, journal.Outcome(outcome(id, resource.StatusSuccess)))
			}
		}
		keep := int64(rapid.IntRange(0, int(size(t, path))).Draw(rt, "keep"))
		for _, whole := range sizes[1:] {
			if whole <= keep {
				want++
			}
		}
		must(t, os.Truncate(path, keep))
		open := openJournals(t, state)
		if len(open) != 1 || len(open[0].Begun) != want {
			rt.Fatalf("%d intents, want %d", len(open[0].Begun), want)
		}
		must(t, state.SettleJournal(open[0], "s", time.Now()))
		finished := journalFile(t, state)
		must(t, os.Rename(finished, path))
		must(t, os.Truncate(path, int64(rapid.IntRange(int(keep), int(size(t, path))).Draw(rt, "kept of the settling"))))
		open, err := state.OpenJournals()
		if err != nil {
			rt.Fatal(err)
		}
		if len(open) == 1 {
			must(t, state.SettleJournal(open[0], "s", time.Now()))
		}
		if open := openJournals(t, state); len(open) != 0 {
			rt.Fatalf("after settling: %+v", open)
		}
	})
}

func size(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// FuzzOpenJournals: whatever stands in the file, reading it ends with a journal
// or with a line.
func FuzzOpenJournals(f *testing.F) {
	for _, seed := range []string{"", startLine + intentLine + outcomeLine + endLine, startLine + "x#torn\n" + intentLine, "x\n", "\n\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		state := store.Open(t.TempDir()).Project("h", "P")
		begin(t, state, "r")
		must(t, os.WriteFile(journalFile(t, state), []byte(content), 0o600))
		open, err := state.OpenJournals()
		if err != nil {
			if damage, ok := errors.AsType[*store.DamagedError](err); !ok || damage.Line < 1 || damage.Line > strings.Count(content, "\n")+1 {
				t.Fatalf("got %v", err)
			}
			return
		}
		for _, journal := range open {
			must(t, state.SettleJournal(journal, "s", time.Now()))
		}
		if open := openJournals(t, state); len(open) != 0 {
			t.Fatalf("after settling: %+v", open)
		}
	})
}

// BenchmarkIntent measures durable intents, written by ten workers at once as in
// a run, and by one.
func BenchmarkIntent(b *testing.B) {
	for _, workers := range []int{1, 10} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			journal := begin(b, store.Open(b.TempDir()).Project("h", "P"), "r")
			todo := make(chan int)
			var wait sync.WaitGroup
			for range workers {
				wait.Go(func() {
					for i := range todo {
						if err := journal.Intent(creation(strconv.Itoa(i))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := 0; b.Loop(); i++ {
				todo <- i
			}
			close(todo)
			wait.Wait()
			must(b, journal.End())
		})
	}
}

// TestEmptyJournalIsSettled: its run was killed between making the file and
// writing to it, and the run that settled it before it could rename it.
func TestEmptyJournalIsSettled(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	begin(t, state, "r")
	path := journalFile(t, state)
	must(t, os.Truncate(path, 0), state.SettleJournal(openJournals(t, state)[0], "s", time.Now()))
	must(t, os.Rename(journalFile(t, state), path))
	if open := openJournals(t, state); len(open) != 0 {
		t.Errorf("got %+v", open)
	}
}
