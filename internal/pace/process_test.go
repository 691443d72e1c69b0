package pace_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
)

func roles() map[string]processtest.Role {
	return map[string]processtest.Role{"share": shareBudget, "hold": holdSlots}
}

func sharedBudget(dir string, limit int, window time.Duration) (*pace.Budget, error) {
	store, notice := pace.OpenShared(dir, pace.FileOptions{Now: time.Now, RequestTimeout: time.Hour})
	if notice != "" {
		return nil, errors.New(notice)
	}
	return pace.NewLimiter(store).Budget("host", "P", pace.Rules{rule(limit, window)})
}

func numbers(args []string) (dir string, calls, limit int, window, latency time.Duration, err error) {
	values := make([]int, 4)
	for i := range values {
		var one error
		values[i], one = strconv.Atoi(args[i+1])
		err = errors.Join(err, one)
	}
	return args[0], values[0], values[1], time.Duration(values[2]), time.Duration(values[3]), err
}

// shareBudget makes calls on ten goroutines, and says of each when it left and
// when it was answered. It is one of several processes.
func shareBudget(args []string) error {
	dir, calls, limit, window, latency, err := numbers(args)
	if err != nil {
		return err
	}
	budget, err := sharedBudget(dir, limit, window)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	tasks := make(chan int)
	for range 10 {
		wait.Go(func() {
			for task := range tasks {
				slot, failed := budget.Acquire(context.Background(), pace.ClassTenant, 1)
				if failed != nil {
					panic(failed)
				}
				mu.Lock()
				fmt.Println(task, time.Now().UnixNano(), "left")
				mu.Unlock()
				<-time.After(latency)
				mu.Lock()
				fmt.Println(task, time.Now().UnixNano(), "answered")
				mu.Unlock()
				slot.Done()
			}
		})
	}
	for task := range calls {
		tasks <- task
	}
	close(tasks)
	wait.Wait()
	return nil
}

// holdSlots takes slots and never gives them back.
func holdSlots(args []string) error {
	dir, calls, limit, window, _, err := numbers(args)
	if err != nil {
		return err
	}
	budget, err := sharedBudget(dir, limit, window)
	if err != nil {
		return err
	}
	for range calls {
		if _, err := budget.Acquire(context.Background(), pace.ClassTenant, 1); err != nil {
			return err
		}
	}
	fmt.Println("held")
	<-time.After(time.Hour) // it is killed before
	return nil
}

// startProcess runs the test binary in a role.
func startProcess(t *testing.T, role, dir string, values ...int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	args := []string{dir}
	for _, value := range values {
		args = append(args, strconv.Itoa(value))
	}
	return processtest.Start(t, role, args...)
}

// span is one call between leaving and being answered.
type span struct{ left, answered int64 }

func readSpans(t *testing.T, out *bufio.Scanner) []span {
	t.Helper()
	spans := map[int]*span{}
	var list []*span
	for out.Scan() {
		var task int
		var at int64
		var what string
		if _, err := fmt.Sscan(out.Text(), &task, &at, &what); err != nil {
			break // the process was killed in the middle of a line
		}
		if what == "left" {
			spans[task] = &span{at, at}
			list = append(list, spans[task])
		} else if one := spans[task]; one != nil { // nil where nobody has read that it left
			one.answered = at
		}
	}
	values := make([]span, len(list))
	for i, one := range list {
		values[i] = *one
	}
	return values
}

// mostInAnyWindow counts for each window the calls that the server can have
// counted in it, whenever between their two ends it did.
func mostInAnyWindow(spans []span, window time.Duration) int {
	most := 0
	for _, last := range spans {
		count := 0
		for _, one := range spans {
			if one.left <= last.left && one.answered > last.left-int64(window) {
				count++
			}
		}
		most = max(most, count)
	}
	return most
}

// TestProcessesShareOneBudget: two at full speed, and a third that is killed on
// the way, keep the limit together, and the two make all of their calls. How fast they
// are depends on the machine; what is left unused is looked at in virtual time.
func TestProcessesShareOneBudget(t *testing.T) {
	const processes, calls, limit = 2, 100, 25
	const window, latency = 300 * time.Millisecond, 5 * time.Millisecond
	dir := t.TempDir()
	var mu sync.Mutex
	var all []span
	var wait sync.WaitGroup
	for i := range processes + 1 {
		command, out := startProcess(t, "share", dir, calls, limit, int(window), int(latency))
		victim := i == processes
		wait.Go(func() {
			if victim {
				for range 4 {
					out.Scan()
				}
				if err := command.Process.Kill(); err != nil {
					t.Error(err)
				}
			}
			spans := readSpans(t, out)
			if err := command.Wait(); (err != nil) != victim {
				t.Errorf("victim %v: %v", victim, err)
			}
			if !victim && len(spans) != calls {
				t.Errorf("%d calls", len(spans))
			}
			mu.Lock()
			all = append(all, spans...)
			mu.Unlock()
		})
	}
	wait.Wait()
	most := mostInAnyWindow(all, window)
	t.Logf("%d calls, at most %d in a window of %v", len(all), most, window)
	if most > limit {
		t.Errorf("%d calls in one window, the limit is %d", most, limit)
	}
}

// TestKilledHolderFreesItsSlots: they come back one window after somebody sees
// that it is dead, and not before.
func TestKilledHolderFreesItsSlots(t *testing.T) {
	const slots, window = 5, 200 * time.Millisecond
	dir := t.TempDir()
	command, out := startProcess(t, "hold", dir, slots, slots, int(window), 0)
	if !out.Scan() || out.Text() != "held" {
		t.Fatal(out.Text())
	}
	budget, err := sharedBudget(dir, slots, window)
	must(t, err)
	short, cancel := context.WithTimeout(t.Context(), 2*window)
	defer cancel()
	if _, err := budget.Acquire(short, pace.ClassTenant, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slot of a living process: %v", err)
	}
	must(t, command.Process.Kill())
	_ = command.Wait() // it was killed
	begin := time.Now()
	for range slots {
		acquire(t, budget, pace.ClassTenant).Done()
	}
	if took := time.Since(begin); took < window {
		t.Errorf("the slots came back after %v already", took)
	}
}
