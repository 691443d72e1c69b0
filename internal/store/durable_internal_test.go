package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestIntentsShareSyncs: an intent returns when a sync that began after its line
// was written is over, and those that arrive meanwhile share the next one.
func TestIntentsShareSyncs(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		journal, err := Open(dir).Project("h", "P").StartJournal(JournalRun{RunID: "r"}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		syncs := 0
		journal.flush = func() error {
			syncs++
			time.Sleep(time.Second) // virtual
			return nil
		}
		began := time.Now()
		var ended []time.Duration
		done := make(chan time.Duration)
		for i := range 10 {
			go func() {
				if err := journal.Intent(resource.Change{Address: resource.NewAddress("tenant", strconv.Itoa(i))}); err != nil {
					t.Error(err)
				}
				done <- time.Since(began)
			}()
		}
		for range 10 {
			ended = append(ended, <-done)
		}
		// Whoever was first syncs for itself and for those that had written by then;
		// all others wait for the second sync.
		if slices.Min(ended) < time.Second || slices.Max(ended) > 2*time.Second || syncs > 2 {
			t.Errorf("%d syncs, ended after %v", syncs, ended)
		}
		before := syncs
		if err := journal.Outcome(resource.Result{Address: "tenant/0", Status: resource.StatusSuccess}); err != nil || syncs != before {
			t.Errorf("an outcome was waited for: %v", err)
		}
		if err := journal.End(); err != nil || syncs != before+1 {
			t.Errorf("the end was not waited for: %v", err)
		}
	})
}

// TestFailedSyncEndsAJournal: nobody may rely on a disk that has lost something.
func TestFailedSyncEndsAJournal(t *testing.T) {
	journal, err := Open(t.TempDir()).Project("h", "P").StartJournal(JournalRun{RunID: "r"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is broken")
	journal.flush = func() error { return broken }
	if err := journal.Intent(resource.Change{Address: "tenant/a"}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	journal.flush = func() error { return nil }
	for _, err := range []error{
		journal.Intent(resource.Change{Address: "tenant/b"}),
		journal.Outcome(resource.Result{Address: "tenant/a", Status: resource.StatusSuccess}), journal.End(),
	} {
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

// TestSlowTakerFindsItsNumberTaken: one that had looked long ago, and whose
// number was given and removed meanwhile, does not get the lock.
func TestSlowTakerFindsItsNumberTaken(t *testing.T) {
	state := Open(t.TempDir()).Project("h", "P")
	record := lockRecord{FormatVersion: lockFormat, Holder: Holder{RunID: "present"}}
	for generation := 1; generation <= 3; generation++ {
		if taken, err := state.takeLock(generation, record); !taken || err != nil {
			t.Fatal(taken, err)
		}
	}
	for generation := 1; generation <= 3; generation++ {
		if taken, err := state.takeLock(generation, lockRecord{FormatVersion: lockFormat}); taken || err != nil {
			t.Errorf("number %d: %v, %v", generation, taken, err)
		}
	}
	entries, err := os.ReadDir(state.lockDir())
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(state.lockPath(3)) {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	if generation, found, err := state.readLock(); generation != 3 || found.RunID != "present" || err != nil {
		t.Errorf("got %d, %+v, %v", generation, found, err)
	}
}
