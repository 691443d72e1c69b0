package store_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// journalForever is a run with several workers; each says what it has written
// down, after it was written down.
func journalForever(args []string) error {
	journal, err := store.Open(args[0]).Project("h", "P").StartJournal(store.JournalRun{RunID: args[1], User: "alice", Planned: 1_000_000}, time.Now)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := 0; err == nil; i++ {
				id := fmt.Sprintf("%d-%d", worker, i)
				if err := journal.Intent(creation(id)); err != nil {
					panic(err)
				}
				fmt.Println("intent " + id)
				if err := journal.Outcome(resource.Result{Address: resource.NewAddress(resource.KindTenant, id), Status: resource.StatusSuccess}); err != nil {
					panic(err)
				}
				fmt.Println("outcome " + id)
			}
		})
	}
	wait.Wait()
	return nil
}

// TestKilledRunLosesNothingItHadWritten: neither an intent nor an outcome, and
// its journal can be settled.
func TestKilledRunLosesNothingItHadWritten(t *testing.T) {
	dir := t.TempDir()
	state := store.Open(dir).Project("h", "P")
	intents, outcomes := 0, 0
	for round := range 8 {
		command, out := processtest.Start(t, "journal", dir, strconv.Itoa(round))
		said := map[string]bool{}
		for range 20*round + 1 {
			if out.Scan() {
				said[out.Text()] = true
			}
		}
		for _, line := range kill(t, command, out) {
			said[line] = true
		}
		open, err := state.OpenJournals()
		if err != nil || len(open) != 1 || open[0].Run.RunID != strconv.Itoa(round) || open[0].Ended {
			t.Fatalf("round %d: %v, %+v", round, err, open)
		}
		for _, begun := range open[0].Begun {
			id := begun.Change.ID
			if said["intent "+id] {
				intents++
			}
			if said["outcome "+id] {
				outcomes++
				if begun.Status != resource.StatusSuccess {
					t.Errorf("the outcome of %s is lost", id)
				}
			}
			delete(said, "intent "+id)
			delete(said, "outcome "+id)
		}
		if len(said) > 0 {
			t.Errorf("round %d: lost: %v", round, said)
		}
		if err := state.SettleJournal(open[0], "next", time.Now()); err != nil {
			t.Fatal(err)
		}
		if open, err := state.OpenJournals(); err != nil || len(open) != 0 {
			t.Errorf("after settling: %v, %+v", err, open)
		}
	}
	if intents < 100 || outcomes < 100 {
		t.Errorf("only %d intents and %d outcomes were looked at", intents, outcomes)
	}
}

// journalUnderLimit writes until the file may grow no more.
func journalUnderLimit(args []string) error {
	state := store.Open(args[0]).Project("h", "P")
	journal, err := state.StartJournal(store.JournalRun{RunID: "limited"}, time.Now)
	if err != nil {
		return err
	}
	if err := processtest.LimitFiles(4000); err != nil {
		return err
	}
	written := 0
	for ; err == nil; written++ {
		err = journal.Intent(creation(strconv.Itoa(written)))
	}
	if failure, ok := errors.AsType[*store.FileError](err); !ok || !errors.Is(err, syscall.EFBIG) || failure.Fault().Hint == "" {
		return fmt.Errorf("want EFBIG, got %w", err)
	}
	for _, again := range []error{
		journal.Intent(creation("later")), journal.Outcome(resource.Result{Address: "tenant/0", Status: resource.StatusSuccess}), journal.End(),
	} {
		if !errors.Is(again, syscall.EFBIG) {
			return fmt.Errorf("something was written after a failure: %w", again)
		}
	}
	fmt.Println(written - 1)
	return nil
}

// TestFullDiskEndsAJournal: nothing is written after the failure, what was
// written before is readable, and the torn rest does no harm.
func TestFullDiskEndsAJournal(t *testing.T) {
	dir := t.TempDir()
	command, out := processtest.Start(t, "journal-limit", dir)
	out.Scan()
	written, err := strconv.Atoi(out.Text())
	if err := errors.Join(err, command.Wait()); err != nil || written < 10 {
		t.Fatal(written, err)
	}
	state := store.Open(dir).Project("h", "P")
	open, err := state.OpenJournals()
	if err != nil || len(open) != 1 || len(open[0].Begun) != written {
		t.Fatalf("%v, %d journals, want %d intents", err, len(open), written)
	}
	if err := state.SettleJournal(open[0], "next", time.Now()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(journalFile(t, state))
	if err != nil || len(content) < 3900 {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}
