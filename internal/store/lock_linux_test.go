package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// lockInTurn takes the lock so many times, and makes sure each time that it is
// alone: it makes a file that must not be there, and removes it.
func lockInTurn(args []string) error {
	state := store.Open(args[0]).Project("h", "P")
	process, err := store.ThisProcess()
	if err != nil {
		return err
	}
	rounds, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	for i := range rounds {
		asked := request(process, strconv.Itoa(i))
		asked.Timeout = 60 * time.Second
		asked.Jitter = func() float64 { return 0 }
		lock, err := state.Lock(context.Background(), asked)
		if err != nil {
			return err
		}
		alone, err := os.OpenFile(filepath.Join(args[0], "alone"), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("two holders at once: %w", err)
		}
		if err := errors.Join(alone.Close(), os.Remove(alone.Name()), lock.Check(), lock.Release()); err != nil {
			return err
		}
		fmt.Println(i)
	}
	return nil
}

// lockForever takes the lock, says so, and keeps it.
func lockForever(args []string) error {
	process, err := store.ThisProcess()
	if err != nil {
		return err
	}
	asked := request(process, "killed")
	asked.Timeout = 60 * time.Second
	if _, err := store.Open(args[0]).Project("h", "P").Lock(context.Background(), asked); err != nil {
		return err
	}
	fmt.Println("held")
	select {}
}

// TestProcessesTakeTurns: never two at once, and nobody is left out.
func TestProcessesTakeTurns(t *testing.T) {
	const processes, rounds = 4, 3
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range processes {
		command, out := processtest.Start(t, "lock", dir, strconv.Itoa(rounds))
		wait.Go(func() {
			turns := 0
			for out.Scan() {
				turns++
			}
			if err := command.Wait(); err != nil || turns != rounds {
				t.Errorf("%d turns, %v", turns, err)
			}
		})
	}
	wait.Wait()
	state := store.Open(dir).Project("h", "P")
	if got := info(t, state); got.State != store.LockFree || got.Generation != processes*rounds {
		t.Errorf("got %+v", got)
	}
}

// TestKilledHolderIsFollowed, at once and by one, however often it happens.
func TestKilledHolderIsFollowed(t *testing.T) {
	dir := t.TempDir()
	state := store.Open(dir).Project("h", "P")
	for round := range 5 {
		command, out := processtest.Start(t, "hold", dir)
		if !out.Scan() || out.Text() != "held" {
			t.Fatalf("round %d: %q", round, out.Text())
		}
		if got := info(t, state); got.State != store.LockHeld || got.Holder.PID != command.Process.Pid {
			t.Errorf("got %+v", got)
		}
		refused(t, state, request(self(t), "early"), "killed")
		kill(t, command, out)
		if got := info(t, state); got.State != store.LockDead {
			t.Errorf("got %+v", got)
		}
	}
	lock := take(t, state, request(self(t), "next"))
	if dead, took := lock.TookOver(); !took || dead.RunID != "killed" {
		t.Errorf("took over %+v, %v", dead, took)
	}
}

// TestZombieIsDead: a killed process whose parent does not look after it, as in
// containers without an init, holds no lock.
func TestZombieIsDead(t *testing.T) {
	dir := t.TempDir()
	state := store.Open(dir).Project("h", "P")
	command, out := processtest.Start(t, "hold", dir)
	out.Scan()
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for out.Scan() { // until its end of the pipe is closed
		continue
	}
	stat := fmt.Sprintf("/proc/%d/stat", command.Process.Pid)
	for zombie := false; !zombie; {
		content, err := os.ReadFile(stat)
		if err != nil {
			t.Fatal(err)
		}
		zombie = len(content) > 0 && containsState(content, 'Z')
	}
	if got := info(t, state); got.State != store.LockDead {
		t.Errorf("got %+v", got)
	}
	_ = command.Wait()
}

func containsState(stat []byte, state byte) bool {
	for i := len(stat) - 1; i > 1; i-- {
		if stat[i-2] == ')' {
			return stat[i] == state
		}
	}
	return false
}
