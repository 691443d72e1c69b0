package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// TestLeaseIsRenewed for as long as it takes, and nobody else gets the lock
// meanwhile.
func TestLeaseIsRenewed(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir, here := t.TempDir(), self(t)
	synctest.Test(t, func(t *testing.T) {
		state := store.Open(dir).Project("h", "P")
		lock := take(t, state, request(elsewhere(1), "long"))
		for range 100 {
			time.Sleep(13 * time.Second)
			synctest.Wait()
			if err := lock.Check(); err != nil {
				t.Fatal(err)
			}
			refused(t, state, request(here, "other"), "long")
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
		select {
		case err := <-lock.Lost():
			t.Errorf("it was lost: %v", err)
		default:
		}
	})
}

func TestLosingTheLock(t *testing.T) {
	cases := []struct {
		name   string
		do     func(t *testing.T, state *store.ProjectState, path string)
		within time.Duration // how soon it is noticed
		want   string
	}{
		{"released by somebody", func(t *testing.T, state *store.ProjectState, _ string) {
			t.Helper()
			now, err := state.LockInfo(elsewhere(9), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if done, err := state.ReleaseLock(now, store.Holder{User: "bob", Process: elsewhere(9)}, time.Now()); !done || err != nil {
				t.Fatal(done, err)
			}
		}, 5 * time.Second, "it was released by bob on elsewhere"},
		{"taken by somebody", func(t *testing.T, state *store.ProjectState, _ string) {
			t.Helper()
			late := request(self(t), "late")
			late.Now = func() time.Time { return time.Now().Add(time.Hour) } // a clock that is wrong by an hour
			take(t, state, late)
		}, 5 * time.Second, "it was taken by alice on "},
		{"its file is gone", func(t *testing.T, _ *store.ProjectState, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, 5 * time.Second, "its file is gone"},
		{"its folder is gone", func(t *testing.T, _ *store.ProjectState, path string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		}, 5 * time.Second, "its file is gone"},
		{"its file was replaced", func(t *testing.T, _ *store.ProjectState, path string) {
			t.Helper()
			content, err := os.ReadFile(path)
			replaced := strings.Replace(string(content), `"run_id":"mine"`, `"run_id":"theirs"`, 1)
			if err := errors.Join(err, os.WriteFile(path, []byte(replaced), 0o600)); err != nil || replaced == string(content) {
				t.Fatal(err)
			}
		}, 5 * time.Second, "it was taken by alice"},
		{"its file was damaged", func(t *testing.T, _ *store.ProjectState, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 5 * time.Second, "the lock's record is damaged"},
		{"it cannot be read any longer", func(t *testing.T, _ *store.ProjectState, path string) {
			t.Helper()
			folder := filepath.Dir(path)
			if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}, 65 * time.Second, "it was not renewed in time: cannot read the folder of the lock"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				state := store.Open(dir).Project("h", "P")
				lock := take(t, state, request(elsewhere(1), "mine"))
				time.Sleep(31 * time.Second) // it was renewed once
				synctest.Wait()
				c.do(t, state, lockFile(t, state))
				began := time.Now()
				err := <-lock.Lost()
				if _, ok := errors.AsType[*store.LockLostError](err); !ok || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if took := time.Since(began); took > c.within {
					t.Errorf("it was noticed after %s", took)
				}
				if lock.Check() == nil {
					t.Error("it may still write")
				}
				if err := lock.Release(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestReleaseLeavesTheNextHolderAlone, also when the loss was not noticed yet.
func TestReleaseLeavesTheNextHolderAlone(t *testing.T) {
	dir := t.TempDir()
	state := store.Open(dir).Project("h", "P")
	lock := take(t, state, request(elsewhere(1), "mine"))
	late := request(self(t), "late")
	late.Now = func() time.Time { return time.Now().Add(time.Hour) }
	take(t, state, late)
	if _, lost := errors.AsType[*store.LockLostError](lock.Release()); !lost {
		t.Error("the loss was not told")
	}
	if got := info(t, state); got.State != store.LockHeld || got.Holder.RunID != "late" {
		t.Errorf("got %+v", got)
	}
}

// TestCheckKnowsTheClock: a process that was asleep for longer than its lease
// may not write, even before it has looked at its lock.
func TestCheckKnowsTheClock(t *testing.T) {
	var asleep atomic.Int64
	asked := request(elsewhere(1), "sleepy")
	asked.Now = func() time.Time { return time.Now().Add(time.Duration(asleep.Load())) }
	lock := take(t, store.Open(t.TempDir()).Project("h", "P"), asked)
	if err := lock.Check(); err != nil {
		t.Error(err)
	}
	asleep.Store(int64(61 * time.Second))
	err := lock.Check()
	lost, ok := errors.AsType[*store.LockLostError](err)
	if !ok || !strings.Contains(err.Error(), "its lease ended at") || lost.Fault().Code != "lock_lost" || lost.Fault().Hint == "" {
		t.Errorf("got %v", err)
	}
}

func TestDamagedLock(t *testing.T) {
	cases := []struct{ name, content, reason string }{
		{"empty", "", "damaged: unexpected end of JSON input"},
		{"no JSON", "x", "damaged: invalid character"},
		{"another type", `{"pid":"one"}`, "damaged: json: cannot unmarshal"},
		{"no version", `{}`, `has the format ""`},
		{"a later major version", `{"format_version":"2.0"}`, `has the format "2.0"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state := store.Open(t.TempDir()).Project("h", "P")
			abandon(t, state, elsewhere(1), time.Now())
			path := lockFile(t, state)
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := state.Lock(t.Context(), request(self(t), "next"))
			damage, ok := errors.AsType[*store.DamagedError](err)
			if !ok || damage.File != path || damage.Line != 1 || !strings.Contains(damage.Reason, c.reason) || damage.Hint == "" {
				t.Fatalf("got %v", err)
			}
			seen, err := state.LockInfo(self(t), time.Now())
			if err == nil || seen.Generation != 1 {
				t.Fatalf("got %+v, %v", seen, err)
			}
			if done, err := state.ReleaseLock(seen, store.Holder{Process: self(t)}, time.Now()); !done || err != nil {
				t.Fatal(done, err)
			}
			if again, err := state.ReleaseLock(seen, store.Holder{Process: self(t)}, time.Now()); again || err != nil {
				t.Errorf("it was released twice: %v, %v", again, err)
			}
			take(t, state, request(self(t), "next"))
		})
	}
}
