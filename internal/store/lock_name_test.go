package store_test

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// A run gets its name when nobody else is writing any more.
func TestRunIsNamedWhenTheLockIsFree(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	synctest.Test(t, func(t *testing.T) {
		records := 1
		name := func() (string, error) { return "run-" + strconv.Itoa(records), nil }
		first, err := state.Lock(t.Context(), store.LockRequest{Holder: request(self(t), "").Holder, Now: time.Now, RunID: name})
		must(t, err)
		if first.RunID() != "run-1" {
			t.Errorf("the first run is %q", first.RunID())
		}
		go func() {
			time.Sleep(10 * time.Second)
			records = 2
			must(t, first.Release())
		}()
		second, err := state.Lock(t.Context(), store.LockRequest{
			Holder: request(elsewhere(7), "").Holder, Now: time.Now, RunID: name, Timeout: time.Minute,
		})
		must(t, err)
		if second.RunID() != "run-2" {
			t.Errorf("the second run is %q", second.RunID())
		}
		must(t, second.Release())
	})
}

func TestRunThatCannotBeNamedTakesNoLock(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	failed := errors.New("no name")
	asked := request(self(t), "")
	asked.RunID = func() (string, error) { return "", failed }
	if _, err := state.Lock(t.Context(), asked); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if info, err := state.LockInfo(self(t), time.Now()); err != nil || info.State != store.LockFree {
		t.Errorf("the lock is %v, %v", info.State, err)
	}
}
