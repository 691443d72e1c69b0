package pace

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"sync"
)

// Executor says how tasks are run; see [Run].
type Executor[T, R any] struct {
	// Workers is how many tasks are under way at once, at least 1.
	Workers int
	// Next gives the task that can start now, and false where none can. It is asked
	// again after each result, so that results can release tasks; the run ends when
	// it gives none and none is under way.
	Next func() (T, bool)
	// Acquire gets whatever a task needs before it starts, such as a slot. It is
	// called for one task at a time, in the order of Next, and only when a worker is
	// free to take the task. It returns the context that the task runs under, and
	// what gives back all that the task has not used; that is called in any case,
	// once the task has ended. Where it is nil, a task runs under the context of Run.
	Acquire func(ctx context.Context, task T) (under context.Context, release func(), err error)
	// Work does a task. It is required.
	Work func(ctx context.Context, task T) (R, error)
	// Started is called when a task has all it needs and starts. It may be nil.
	Started func(task T)
	// Stopping is called once, when the context ends before the run does. From then
	// on nothing starts; what is under way goes on under its own context. It may be nil.
	Stopping func()
}

// Result is what became of one task.
type Result[R any] struct {
	Value R
	Err   error // of Acquire or Work; a *[PanicError] where that panicked
	// Ran is false where the task never started: its Acquire failed, or the
	// context ended before.
	Ran bool
}

// PanicError is a panic of a task. Its text does not carry the value, which may
// be anything.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("the program has a fault: panic (%T)", e.Value)
}

// Run runs tasks and yields each with its result as it completes. Next, Started,
// Stopping and the loop over the results share one goroutine, that of the caller,
// so that they need no locks. Each task that Next gave is yielded exactly once
// unless the loop is left early.
//
// When ctx ends, no further task starts: Next is not asked again, and a task that
// was about to start is yielded with Ran false. Run is over when the last of its
// goroutines has ended. Leaving the loop early ends the context that Acquire gets
// and waits for what is under way.
func Run[T, R any](ctx context.Context, e Executor[T, R]) iter.Seq2[T, Result[R]] {
	return func(yield func(T, Result[R]) bool) {
		inner, cancel := context.WithCancel(ctx)
		r := &run[T, R]{
			Executor: e, ready: make(chan T), stopped: make(chan struct{}),
			done: make(chan outcome[T, R], max(e.Workers, 1)),
		}
		defer r.wait.Wait()
		defer cancel()
		r.loop(ctx, inner, yield)
	}
}

type outcome[T, R any] struct {
	task   T
	result Result[R]
}

type run[T, R any] struct {
	Executor[T, R]
	ready   chan T             // a task that has all it needs
	stopped chan struct{}      // closed: nothing may start
	done    chan outcome[T, R] // holds one of each worker, so that none waits for a loop that was left
	wait    sync.WaitGroup
}

func (r *run[T, R]) loop(ctx, inner context.Context, yield func(T, Result[R]) bool) {
	stop := sync.OnceFunc(func() { close(r.stopped) })
	defer stop()
	cancelled, ready := ctx.Done(), r.ready
	running, acquiring := 0, false
	for {
		if cancelled != nil && ctx.Err() != nil {
			cancelled, ready = nil, nil
			stop()
			if r.Stopping != nil {
				r.Stopping()
			}
		}
		if !acquiring && running < max(r.Workers, 1) && ctx.Err() == nil {
			if task, found := r.Next(); found {
				acquiring = true
				running++
				r.wait.Go(func() { r.run(inner, task) })
			}
		}
		if running == 0 {
			return
		}
		select {
		case task := <-ready:
			acquiring = false
			if r.Started != nil {
				r.Started(task)
			}
		case ended := <-r.done:
			running--
			acquiring = acquiring && ended.result.Ran // only one that is acquiring ends without having run
			if !yield(ended.task, ended.result) {
				return
			}
		case <-cancelled:
		}
	}
}

// run takes one task through its life.
func (r *run[T, R]) run(ctx context.Context, task T) {
	result := Result[R]{}
	defer func() {
		if value := recover(); value != nil {
			result.Err = &PanicError{value, debug.Stack()}
		}
		r.done <- outcome[T, R]{task, result}
	}()
	under := ctx
	if r.Acquire != nil {
		acquired, release, err := r.Acquire(ctx, task)
		if release != nil {
			defer release()
		}
		if err != nil {
			result.Err = err
			return
		}
		under = acquired
	}
	select {
	case r.ready <- task:
		result.Ran = true
	case <-r.stopped:
		result.Err = context.Canceled
		return
	}
	result.Value, result.Err = r.Work(under, task)
}
