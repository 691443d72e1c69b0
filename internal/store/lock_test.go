package store_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// elsewhere is a process of a host that is not this one.
func elsewhere(pid int) store.Process { return store.Process{Host: "elsewhere", PID: pid, Start: "1"} }

func self(t testing.TB) store.Process {
	t.Helper()
	process, err := store.ThisProcess()
	if err != nil {
		t.Fatal(err)
	}
	if process.PID != os.Getpid() || process.Host == "" {
		t.Fatalf("this process is %+v", process)
	}
	return process
}

func request(process store.Process, run string) store.LockRequest {
	return store.LockRequest{
		Holder: store.Holder{User: "alice", Process: process, Command: "descope-mgmt apply", RunID: run}, Now: time.Now,
	}
}

// take wants the lock, which is released when the test ends.
func take(t *testing.T, state *store.ProjectState, request store.LockRequest) *store.Lock {
	t.Helper()
	lock, err := state.Lock(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Release() })
	return lock
}

// refused wants the lock to be held by that run.
func refused(t *testing.T, state *store.ProjectState, request store.LockRequest, holder string) {
	t.Helper()
	_, err := state.Lock(t.Context(), request)
	if locked, ok := errors.AsType[*store.LockedError](err); !ok || locked.Holder.RunID != holder {
		t.Fatalf("got %v, want the lock held by %s", err, holder)
	}
}

func info(t *testing.T, state *store.ProjectState) store.LockInfo {
	t.Helper()
	info, err := state.LockInfo(self(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func lockFile(t *testing.T, state *store.ProjectState) string {
	t.Helper()
	list := names(t, filepath.Join(state.Dir(), "lock"))
	if len(list) != 1 {
		t.Fatalf("the lock's folder holds %v", list)
	}
	return filepath.Join(state.Dir(), "lock", list[0])
}

func TestOneHolderAtATime(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	if got := info(t, state); got.State != store.LockFree || got.Generation != 0 {
		t.Errorf("an untouched lock is %+v", got)
	}
	lock := take(t, state, request(self(t), "first"))
	refused(t, state, request(elsewhere(1), "second"), "first")
	locked := &store.LockedError{Holder: info(t, state).Holder}
	for _, part := range []string{"another run is writing to this project: alice on ", "descope-mgmt apply", "since 20"} {
		if !strings.Contains(locked.Error(), part) {
			t.Errorf("%q is missing in %q", part, locked)
		}
	}
	if fault := locked.Fault(); fault.Code != "locked" || !strings.Contains(fault.Hint, "lock status") || !strings.Contains(fault.Hint, "lock release") {
		t.Errorf("the fault is %+v", fault)
	}
	if got := info(t, state); got.State != store.LockHeld || got.Generation != 1 || got.Holder.RunID != "first" {
		t.Errorf("got %+v", got)
	}
	if err := lock.Check(); err != nil {
		t.Error(err)
	}
	if err := errors.Join(lock.Release(), lock.Release()); err != nil {
		t.Error(err)
	}
	if got := info(t, state); got.State != store.LockFree || got.Generation != 1 {
		t.Errorf("got %+v", got)
	}
	if _, took := take(t, state, request(elsewhere(2), "second")).TookOver(); took {
		t.Error("a released lock was taken over")
	}
	if path := lockFile(t, state); filepath.Base(path) != "2.json" {
		t.Errorf("the file is %s", path)
	}
	other := store.Open(filepath.Dir(filepath.Dir(filepath.Dir(state.Dir())))).Project("h", "Q")
	take(t, other, request(self(t), "another project"))
}

// TestFollows: what was read before the lock was taken still holds exactly when
// nobody was at work since.
func TestFollows(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	untouched := info(t, state)
	first := take(t, state, request(self(t), "first"))
	during := info(t, state)
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	free := info(t, state)
	second := take(t, state, request(self(t), "second"))
	cases := []struct {
		name string
		lock *store.Lock
		look store.LockInfo
		want bool
	}{
		{"the first after nobody", first, untouched, true},
		{"somebody came in between", second, untouched, false},
		{"somebody was at work", second, during, false},
		{"after the other's end", second, free, true},
	}
	for _, c := range cases {
		if got := c.lock.Follows(c.look); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestDeadHolders(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	sleeper := exec.CommandContext(context.WithoutCancel(t.Context()), "sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	here := self(t)
	gone, reused, unborn, other := here, here, here, here
	gone.PID = ended.Process.Pid
	reused.Start = "1"
	unborn.PID = 0
	other.Machine = "another boot"
	unknown := here
	unknown.Start = ""
	unknown.PID = sleeper.Process.Pid
	const lease, skew = 60 * time.Second, 30 * time.Second
	cases := []struct {
		name    string
		process store.Process
		age     time.Duration // of the last renewal
		want    store.LockState
	}{
		{"this process", here, 0, store.LockHeld},
		{"this process, long not renewed", here, 10 * time.Hour, store.LockHeld},
		{"its process is gone", gone, 0, store.LockDead},
		{"its number belongs to another process", reused, 0, store.LockDead},
		{"another host, within its lease", elsewhere(1), lease - time.Second, store.LockHeld},
		{"another host, its clock may differ", elsewhere(1), lease + skew - time.Second, store.LockHeld},
		{"another host, its lease is over", elsewhere(1), lease + skew + time.Second, store.LockDead},
		{"the same host name, another machine or boot", other, 0, store.LockHeld},
		{"the same host name, another machine or boot, its lease is over", other, 2 * lease, store.LockDead},
		{"no process number, its lease is over", unborn, 2 * lease, store.LockDead},
		{"its start is not known, within its lease", unknown, 0, store.LockHeld},
		{"its start is not known, its lease is over", unknown, 2 * lease, store.LockDead},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			state := store.Open(t.TempDir()).Project("h", "P")
			abandon(t, state, c.process, time.Now().Add(-c.age))
			if got := info(t, state); got.State != c.want {
				t.Fatalf("got %s, want %s", got.State, c.want)
			}
			if c.want == store.LockHeld {
				refused(t, state, request(here, "next"), "abandoned")
				return
			}
			dead, took := take(t, state, request(here, "next")).TookOver()
			if !took || dead.RunID != "abandoned" {
				t.Errorf("took over %+v, %v", dead, took)
			}
		})
	}
}

// abandon leaves a lock behind as a killed process does.
func abandon(t testing.TB, state *store.ProjectState, process store.Process, at time.Time) {
	t.Helper()
	asked := request(process, "abandoned")
	asked.Now = func() time.Time { return at }
	lock, err := state.Lock(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(state.Dir(), "lock", "1.json")
	content, err := os.ReadFile(path)
	if err := errors.Join(err, lock.Release(), os.WriteFile(path, content, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestOneTakerWins, however many find the same dead lock at the same moment.
func TestOneTakerWins(t *testing.T) {
	const takers, rounds = 8, 40
	here := self(t)
	for range rounds {
		state := store.Open(t.TempDir()).Project("h", "P")
		abandon(t, state, elsewhere(1), time.Now().Add(-time.Hour))
		var wins atomic.Int32
		var wait sync.WaitGroup
		locks := make([]*store.Lock, takers)
		for i := range takers {
			wait.Go(func() {
				lock, err := state.Lock(t.Context(), request(here, string(rune('a'+i))))
				if _, locked := errors.AsType[*store.LockedError](err); err != nil && !locked {
					t.Error(err)
				}
				if locks[i] = lock; lock != nil {
					wins.Add(1)
				}
			})
		}
		wait.Wait()
		if wins.Load() != 1 {
			t.Fatalf("%d takers won", wins.Load())
		}
		for _, lock := range locks {
			if lock != nil {
				if err := errors.Join(lock.Check(), lock.Release()); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestWaitingForAHolder(t *testing.T) {
	cases := []struct {
		name     string
		timeout  time.Duration
		release  time.Duration // when the holder is done
		cancel   time.Duration // when the waiting run is interrupted; 0: never
		want     string
		atMost   time.Duration
		notBelow time.Duration
	}{
		{name: "not at all", release: time.Second, want: "locked"},
		{name: "long enough", timeout: time.Minute, release: 10 * time.Second, want: "taken", notBelow: 10 * time.Second, atMost: 11 * time.Second},
		{name: "not long enough", timeout: 5 * time.Second, release: time.Minute, want: "locked", notBelow: 5 * time.Second, atMost: 5 * time.Second},
		{name: "interrupted", timeout: time.Hour, release: time.Hour, cancel: 3 * time.Second, want: "interrupted", notBelow: 3 * time.Second, atMost: 3 * time.Second},
		{name: "released at the last moment", timeout: 10 * time.Second, release: 10*time.Second - 1, want: "taken", notBelow: 9 * time.Second, atMost: 10 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, here := t.TempDir(), self(t)
			synctest.Test(t, func(t *testing.T) {
				state := store.Open(dir).Project("h", "P")
				holder := take(t, state, request(here, "first"))
				time.AfterFunc(c.release, func() { _ = holder.Release() })
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if c.cancel > 0 {
					time.AfterFunc(c.cancel, func() { cancel(errors.New("interrupted")) })
				}
				var told []string
				asked := request(here, "second")
				asked.Timeout, asked.Jitter = c.timeout, func() float64 { return 0.9 }
				asked.Waiting = func(other store.Holder) { told = append(told, other.RunID) }
				began := time.Now()
				lock, err := state.Lock(ctx, asked)
				got := "taken"
				if _, locked := errors.AsType[*store.LockedError](err); locked {
					got = "locked"
				} else if err != nil {
					got = err.Error()
				}
				if took := time.Since(began); got != c.want || took < c.notBelow || took > c.atMost {
					t.Errorf("%s after %s", got, took)
				}
				if lock != nil {
					if err := lock.Release(); err != nil {
						t.Error(err)
					}
				}
				if want := c.timeout > 0; (len(told) == 1) != want || len(told) > 1 {
					t.Errorf("told %v", told)
				}
				_ = holder.Release()
			})
		})
	}
}

// TestForeignFilesBesideTheLock are not taken for locks.
func TestForeignFilesBesideTheLock(t *testing.T) {
	state := store.Open(t.TempDir()).Project("h", "P")
	abandon(t, state, elsewhere(1), time.Now().Add(-time.Hour))
	folder := filepath.Join(state.Dir(), "lock")
	foreign := []string{".descope-mgmt-1.tmp", "00009.json", "7", "8.json.bak", "x.json", "-3.json"}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	take(t, state, request(self(t), "next"))
	want := append(slices.Clone(foreign), "2.json")
	slices.Sort(want)
	if got := names(t, folder); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLockOnAnUnusableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(file).Project("h", "P").Lock(t.Context(), request(self(t), "next"))
	if failure, ok := errors.AsType[*store.FileError](err); !ok || !strings.Contains(failure.Fault().Hint, "--home") {
		t.Errorf("got %v", err)
	}
}
