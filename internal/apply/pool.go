package apply

import (
	"context"
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
	cut      bool // the run had ended the calls in flight
	requests int
	duration time.Duration
}

// pool runs jobs on a fixed number of goroutines. Whoever starts it hands jobs
// to tasks, receives one attempt for each from done, and calls close. Neither
// channel has a buffer: a worker takes no new job before its last report was
// taken from it.
type pool struct {
	tasks chan int
	done  chan attempt
	wait  sync.WaitGroup
}

// startPool starts the workers; work must not panic.
func startPool(workers int, work func(job int) attempt) *pool {
	p := &pool{tasks: make(chan int), done: make(chan attempt)}
	for range workers {
		p.wait.Go(func() {
			for job := range p.tasks {
				p.done <- work(job)
			}
		})
	}
	return p
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
func (r *runner) attempt(calls context.Context, index int) attempt {
	report := attempt{job: index}
	job := r.jobs[index]
	var requests atomic.Int64
	count := r.opts.CountAttempts
	if count != nil {
		calls = count(calls, &requests)
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
	report.requests = int(requests.Load())
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
