package pace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// each gives the numbers below a count, one after the other.
func each(count int) func() (int, bool) {
	next := 0
	return func() (int, bool) {
		next++
		return next - 1, next <= count
	}
}

func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestExecutorYieldsResultsAsTheyComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started, ended []int
		var under, most atomic.Int32
		begin := time.Now()
		for task, result := range pace.Run(t.Context(), pace.Executor[int, string]{
			Workers: 3, Next: each(6), Started: func(task int) { started = append(started, task) },
			Work: func(ctx context.Context, task int) (string, error) {
				defer under.Add(-1)
				if now := under.Add(1); now > most.Load() {
					most.Store(now)
				}
				if err := pause(ctx, time.Duration(6-task)*time.Second); err != nil {
					return "", err
				}
				if task == 4 {
					return "", errors.New("four")
				}
				return fmt.Sprint("done ", task), nil
			},
		}) {
			ended = append(ended, task)
			switch {
			case !result.Ran:
				t.Errorf("task %d did not run", task)
			case task == 4 && (result.Err == nil || result.Err.Error() != "four"), task != 4 && result.Value != fmt.Sprint("done ", task):
				t.Errorf("task %d: %+v", task, result)
			}
		}
		// 0 to 6 s, 1 to 5, 2 to 4, then 3 from 4 to 7, 4 from 5 to 7, 5 from 6 to 7
		if !slices.Equal(started, []int{0, 1, 2, 3, 4, 5}) || !slices.Equal(ended[:3], []int{2, 1, 0}) || len(ended) != 6 {
			t.Errorf("started %v, ended %v", started, ended)
		}
		if took := time.Since(begin); took != 7*time.Second || most.Load() != 3 {
			t.Errorf("took %v, %d at once", took, most.Load())
		}
	})
}

// TestExecutorAcquiresBeforeItStarts: one task at a time, in order, and only
// when there is a worker for it, so that no slot lies idle.
func TestExecutorAcquiresBeforeItStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(2, 10*time.Second))
		var acquiring atomic.Int32
		var left []time.Duration
		begin := time.Now()
		for range pace.Run(t.Context(), pace.Executor[int, time.Duration]{
			Workers: 10, Next: each(5), Started: func(int) { left = append(left, time.Since(begin)) },
			Acquire: func(ctx context.Context, _ int) (context.Context, func(), error) {
				if acquiring.Add(1) != 1 {
					t.Error("two acquire at once")
				}
				defer acquiring.Add(-1)
				slot, err := budget.Acquire(ctx, pace.ClassTenant, 1)
				if err != nil {
					return nil, nil, err
				}
				under, release := pace.WithSlot(ctx, slot)
				return under, release, nil
			},
			Work: func(ctx context.Context, task int) (time.Duration, error) {
				if task == 1 {
					return 0, nil // it makes no call, and its slot is free again
				}
				slot, found := pace.TakeSlot(ctx, pace.ClassTenant)
				if !found {
					t.Error("no slot came along")
				}
				err := pause(ctx, time.Second)
				slot.Done()
				return 0, err
			},
		}) {
			continue
		}
		if want := []time.Duration{0, 0, 0, 11 * time.Second, 11 * time.Second}; !slices.Equal(left, want) {
			t.Errorf("left at %v, want %v", left, want)
		}
	})
}

// TestExecutorReleasesTasksByResults: a task can wait for the result of another one.
func TestExecutorReleasesTasksByResults(t *testing.T) {
	ready, depth := []string{"a"}, 0
	for task, result := range pace.Run(t.Context(), pace.Executor[string, int]{
		Workers: 4,
		Next: func() (string, bool) {
			if len(ready) == 0 {
				return "", false
			}
			task := ready[0]
			ready = ready[1:]
			return task, true
		},
		Work: func(_ context.Context, task string) (int, error) { return len(task), nil },
	}) {
		if depth = max(depth, result.Value); result.Value < 4 {
			ready = append(ready, task+"l", task+"r")
		}
	}
	if depth != 4 {
		t.Errorf("depth %d", depth)
	}
}

func TestExecutorStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		calls := context.WithoutCancel(ctx) // what is under way goes on
		stopped := 0
		var ran, not []int
		for task, result := range pace.Run(ctx, pace.Executor[int, int]{
			Workers: 3, Next: each(100), Stopping: func() { stopped++ },
			Started: func(task int) {
				if stopped > 0 {
					t.Errorf("task %d started after the stop", task)
				}
			},
			Acquire: func(ctx context.Context, task int) (context.Context, func(), error) {
				if task == 2 {
					return nil, nil, pause(ctx, time.Hour)
				}
				return calls, func() {}, nil
			},
			Work: func(ctx context.Context, _ int) (int, error) { return 0, pause(ctx, 8*time.Second) },
		}) {
			if result.Ran {
				ran = append(ran, task)
				if result.Err != nil {
					t.Errorf("task %d: %v", task, result.Err)
				}
				continue
			}
			not = append(not, task)
			if !errors.Is(result.Err, context.DeadlineExceeded) {
				t.Errorf("task %d: %v", task, result.Err)
			}
		}
		slices.Sort(ran)
		if !slices.Equal(ran, []int{0, 1}) || !slices.Equal(not, []int{2}) || stopped != 1 {
			t.Errorf("ran %v, not %v, stopped %d", ran, not, stopped)
		}
	})
}

// TestExecutorGivesBackWhatItCannotUse: the slot arrives together with the end.
func TestExecutorGivesBackWhatItCannotUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		released := 0
		for task, result := range pace.Run(ctx, pace.Executor[int, int]{
			Workers: 1, Next: each(9),
			Acquire: func(context.Context, int) (context.Context, func(), error) {
				cancel()
				synctest.Wait() // Run has seen it
				return ctx, func() { released++ }, nil
			},
			Work: func(context.Context, int) (int, error) {
				t.Error("it worked")
				return 0, nil
			},
		}) {
			if task != 0 || result.Ran || !errors.Is(result.Err, context.Canceled) || released != 1 {
				t.Errorf("task %d: %+v, released %d", task, result, released)
			}
		}
	})
}

func TestExecutorUnderAnEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := 0
	for task := range pace.Run(ctx, pace.Executor[int, int]{Workers: 2, Next: each(9), Stopping: func() { stopped++ }}) {
		t.Errorf("task %d", task)
	}
	if stopped != 1 {
		t.Errorf("stopped %d times", stopped)
	}
}

func TestExecutorCatchesPanics(t *testing.T) {
	const secret = "K2canary"
	seen := 0
	for task, result := range pace.Run(t.Context(), pace.Executor[int, int]{
		Workers: 2, Next: each(4),
		Acquire: func(ctx context.Context, task int) (context.Context, func(), error) {
			if task == 3 {
				panic(secret)
			}
			return ctx, nil, nil
		},
		Work: func(_ context.Context, task int) (int, error) {
			if task == 1 {
				panic(secret)
			}
			return task, nil
		},
	}) {
		seen++
		var caught *pace.PanicError
		found := errors.As(result.Err, &caught)
		if found != (task == 1 || task == 3) || result.Ran == (task == 3) {
			t.Errorf("task %d: %+v", task, result)
		}
		if found && (caught.Value != secret || strings.Contains(caught.Error(), secret) || !strings.Contains(string(caught.Stack), "executor_test")) {
			t.Errorf("task %d: %v, value %v", task, caught, caught.Value)
		}
	}
	if seen != 4 {
		t.Errorf("%d results", seen)
	}
}

// TestExecutorThatIsLeft ends what listens to its context, and waits for it.
func TestExecutorThatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under atomic.Int32
		begin := time.Now()
		for task := range pace.Run(t.Context(), pace.Executor[int, int]{
			Workers: 5, Next: each(100),
			Work: func(ctx context.Context, task int) (int, error) {
				defer under.Add(-1)
				under.Add(1)
				return 0, pause(ctx, time.Duration(task+1)*time.Minute)
			},
		}) {
			if task == 0 {
				break
			}
		}
		if took := time.Since(begin); took != time.Minute || under.Load() != 0 {
			t.Errorf("took %v, %d still work", took, under.Load())
		}
	})
}
