package apply

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// attempt is what a worker reports about one job.
type attempt struct {
	job      int
	done     int   // steps that were answered with success
	sent     bool  // a write may have reached the service
	err      error // why the step after these ended the change; nil when all were made
	caught   *Panic
	passed   bool  // the run ended before the change could start; no call was made
	halt     error // Options.Before did not let the change pass; no call was made
	cut      bool  // the run had ended the calls in flight
	requests int
	waited   time.Duration
	duration time.Duration
}

// pool runs jobs on a fixed number of goroutines, behind a door that admits them
// one by one. Whoever starts it hands jobs to tasks, receives one attempt for
// each from done, and calls close. No channel has a buffer: a worker takes no new
// job before its last report was taken from it.
type pool struct {
	tasks chan int
	done  chan attempt
	wait  sync.WaitGroup
}

// admitted is a job that has passed the door, with what its first call needs.
type admitted struct {
	job   int
	carry func(context.Context) (context.Context, func())
	err   error
}

// startPool starts the door and the workers; neither admit nor work may panic.
func startPool(workers int, admit func(job int) admitted, work func(admitted) attempt) *pool {
	p := &pool{tasks: make(chan int), done: make(chan attempt)}
	inside := make(chan admitted)
	p.wait.Go(func() {
		defer close(inside)
		for job := range p.tasks {
			inside <- admit(job)
		}
	})
	for range workers {
		p.wait.Go(func() {
			for job := range inside {
				p.done <- work(job)
			}
		})
	}
	return p
}

// admit waits, at the door, until a job may be handed to a worker.
func (r *runner) admit(ctx context.Context, index int) admitted {
	job := admitted{job: index, carry: func(calls context.Context) (context.Context, func()) { return calls, func() {} }}
	if r.opts.Admit == nil {
		return job
	}
	caught, err := protect(r.jobs[index].change.Address, func() error {
		carry, err := r.opts.Admit(ctx, r.jobs[index].change)
		if err == nil {
			job.carry = carry
		}
		return err
	})
	if caught != nil {
		err = errors.New("the program has a fault in its rate limiter")
	}
	job.err = err
	return job
}

// close ends the workers and waits for them. Reports that nobody took, because
// the owner panicked, are dropped.
func (p *pool) close() {
	close(p.tasks)
	go func() {
		p.wait.Wait()
		close(p.done)
	}()
	for range p.done {
		continue
	}
}

// attempt makes the calls of one job, on a worker's goroutine. It reads the job
// and changes nothing. The context is that of the calls and lasts through the
// grace: a change that was begun is not left half made without need.
func (r *runner) attempt(calls, door context.Context, entered admitted) attempt {
	report := attempt{job: entered.job}
	if report.passed = door.Err() != nil; entered.err != nil && !report.passed {
		report.halt = entered.err
	}
	calls, release := entered.carry(calls)
	defer release()
	if report.passed || report.halt != nil {
		return report
	}
	job := r.jobs[entered.job]
	var requests, waited atomic.Int64
	count := r.opts.CountAttempts
	if count != nil {
		calls = count(calls, &requests)
	}
	if before := r.opts.Before; before != nil {
		report.caught, report.halt = protect(job.change.Address, func() error { return before(job.change) })
		if report.halt != nil {
			return report
		}
	}
	if r.opts.CountWaits != nil {
		calls = r.opts.CountWaits(calls, &waited)
	}
	begin := r.opts.Now()
	for _, step := range job.steps {
		if count == nil {
			requests.Add(1)
		}
		report.caught, report.err = protect(job.change.Address, func() error { return step.Send(calls) })
		report.sent = report.sent || !unsent(report.err)
		if report.err != nil {
			break
		}
		report.done++
	}
	report.cut = calls.Err() != nil
	report.duration = r.opts.Now().Sub(begin)
	report.requests, report.waited = int(requests.Load()), time.Duration(waited.Load())
	return report
}

// protect turns a panic of f into an error, so that one fault of ours does not
// take the truth about all other changes with it. The error does not carry the
// panic's text, which may hold anything.
func protect(address resource.Address, f func() error) (caught *Panic, err error) {
	defer func() {
		if value := recover(); value != nil {
			caught = &Panic{Address: address, Value: value, Stack: debug.Stack()}
			err = &stepError{lost: true, fault: resource.Fault{
				Code:    CodeInternal,
				Message: "the program has a fault, and nobody knows how far the call had come",
				Hint:    hints(hintLook, "report it with the output of --log-level debug"),
			}}
		}
	}()
	return nil, f()
}
