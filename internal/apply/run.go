package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// runner is one run. Everything in it but the jobs' plan part and the options
// belongs to the goroutine that called [Run].
type runner struct {
	opts    Options
	jobs    []*job
	order   *schedule
	outcome Outcome

	shut       func()          // ends the wait of changes that are not admitted yet
	stopping   *resource.Fault // why no further change starts; nil while they do
	finished   int
	unrecorded []string // why Options.Record failed
}

// send makes every change that may be made, and returns when each has an
// outcome, provisional where an answer was lost.
func (r *runner) send(ctx context.Context) {
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	door, shut := context.WithCancel(ctx)
	r.shut = shut
	width := min(r.opts.Workers, len(r.jobs))
	workers := startPool(width,
		func(job int) admitted { return r.admit(door, job) },
		func(job admitted) attempt { return r.attempt(calls, door, job) })
	defer workers.close()
	defer shut()
	defer cut()

	cancelled := ctx.Done()
	var graceOver <-chan time.Time
	var abort <-chan struct{}
	for running := 0; ; {
		next, ready := r.order.next()
		if running == 0 && !ready {
			return
		}
		var tasks chan<- int // nil, which never takes anything, while nothing may start
		if ready && running < width && ctx.Err() == nil && r.stopping == nil {
			tasks = workers.tasks
		}
		select {
		case tasks <- next:
			r.order.take()
			running++
			r.emit(Event{Type: EventStarted, Result: resource.Result{Address: r.jobs[next].change.Address, Action: r.jobs[next].change.Action}})
		case report := <-workers.done:
			running--
			r.land(report)
		case <-cancelled:
			cancelled = nil
			grace := time.NewTimer(r.opts.Grace)
			defer grace.Stop()
			graceOver, abort = grace.C, r.opts.Abort
			r.stop(interruptedFault(), "")
		case err := <-r.opts.Stop:
			r.halt(err)
			cut()
		case <-graceOver:
			cut()
			graceOver = nil
		case <-abort:
			cut()
			abort = nil
		}
	}
}

// halt stops the run for an error from outside of the calls.
func (r *runner) halt(err error) {
	if r.outcome.Stopped != nil {
		return
	}
	r.outcome.Stopped = err
	cause := faultOf(err)
	r.warn(hints("the run was stopped: "+cause.Message, cause.Hint))
	r.stop(resource.Fault{
		Code: CodeStopped, Message: "not sent: the run was stopped before: " + cause.Message, Hint: hints(cause.Hint, hintAgain),
	}, cause.Message)
}

// stop lets nothing further start: what is ready is skipped, and what waits is
// skipped as soon as it is released. The first reason holds.
func (r *runner) stop(fault resource.Fault, reason string) {
	if r.stopping != nil {
		return
	}
	r.stopping = &fault
	r.shut()
	r.emit(Event{Type: EventStopping, Message: reason})
	for {
		job, ready := r.order.next()
		if !ready {
			return
		}
		r.order.take()
		r.skip(job, fault)
	}
}

// land gives a job that came back from a worker its outcome.
func (r *runner) land(report attempt) {
	job := r.jobs[report.job]
	r.outcome.Sent = r.outcome.Sent || report.sent
	job.done, job.attempts, job.duration = report.done, report.requests, report.duration.Milliseconds()
	job.waited = report.waited.Milliseconds()
	if report.caught != nil {
		r.outcome.Panics = append(r.outcome.Panics, *report.caught)
	}
	if report.passed {
		fault := interruptedFault()
		if r.stopping != nil {
			fault = *r.stopping
		}
		r.skip(report.job, fault)
		return
	}
	if report.halt != nil {
		r.halt(report.halt)
		r.skip(report.job, *r.stopping)
		return
	}
	switch {
	case report.err == nil:
		job.status = resource.StatusSuccess
	case ambiguous(report.err):
		job.cause = faultOf(report.err)
		job.unknown(report.cut)
	default:
		job.cause = faultOf(report.err)
		job.fail(resource.Fault{
			Code: job.cause.Code, Status: job.cause.Status,
			Message: located(job.steps, job.done, "failed", job.cause.Message),
		}, job.cause.Hint)
	}
	r.record(job)
	r.after(job)
	r.settle(report.job)
}

// after hands on the outcome of a change that was begun.
func (r *runner) after(job *job) {
	if r.opts.After == nil {
		return
	}
	if err := r.opts.After(job.result()); err != nil {
		r.halt(err)
	}
}

// unknown says that the answer to a job's last call was lost.
func (j *job) unknown(cut bool) {
	fault := j.cause
	verb := "unanswered"
	if cut {
		verb = "cut off by the interruption"
	}
	if len(j.steps) > 1 {
		fault.Message = located(j.steps, j.done, verb, fault.Message)
	} else {
		fault.Message = verb + ": " + fault.Message
	}
	if fault.Hint == "" {
		fault.Hint = hintLook
	}
	j.status, j.fault = resource.StatusUnknown, &fault
}

// fail makes a job a failure. Where some of its calls were made the hint also
// says that the rest is not lost.
func (j *job) fail(fault resource.Fault, hint string) {
	rest := ""
	switch {
	case j.done > 0:
		rest = hintComplete
	case hint == "":
		rest = hintAgain
	}
	fault.Hint = hints(hint, rest)
	j.status, j.fault = resource.StatusFailed, &fault
}

// record reports a change that took effect, at least in part, to the owner of
// the records: what this tool has created or updated is its own even when a
// later call of the same change failed.
func (r *runner) record(job *job) {
	if r.opts.Record == nil || job.recorded || (job.status != resource.StatusSuccess && job.done == 0) {
		return
	}
	job.recorded = true
	if err := r.opts.Record(job.change.Address, job.change.Action); err != nil {
		r.unrecorded = append(r.unrecorded, hints(faultOf(err).Message, faultOf(err).Hint))
	}
}

func (r *runner) skip(index int, fault resource.Fault) {
	r.jobs[index].status, r.jobs[index].fault = resource.StatusSkipped, &fault
	r.settle(index)
}

// settle passes a job's outcome on to those that wait for it: they become
// ready, or are skipped themselves, and so on. A worklist and no recursion,
// since a chain may be as long as the plan.
func (r *runner) settle(index int) {
	for work := []int{index}; len(work) > 0; work = work[1:] {
		r.finished++
		r.emit(Event{Type: EventFinished, Result: r.jobs[work[0]].result()})
		for _, released := range r.order.settle(work[0]) {
			fault := r.obstacle(released)
			if fault == nil {
				r.order.admit(released)
				continue
			}
			r.jobs[released].status, r.jobs[released].fault = resource.StatusSkipped, fault
			work = append(work, released)
		}
	}
}

// obstacle is why a job whose dependencies are all settled is not sent; nil
// when it may start. A failed dependency is named before a stop of the run.
func (r *runner) obstacle(index int) *resource.Fault {
	stopped := r.stopping
	for _, need := range r.order.needs[index] {
		job := r.jobs[need]
		switch {
		case job.status == resource.StatusSuccess, job.done > 0: // its first call is what others wait for
		case job.status == resource.StatusSkipped && (job.fault.Code == CodeInterrupted || job.fault.Code == CodeStopped):
			stopped = job.fault
		default:
			fault := dependencyFault(job)
			return &fault
		}
	}
	return stopped
}

func interruptedFault() resource.Fault {
	return resource.Fault{Code: CodeInterrupted, Message: "not sent: the run was interrupted before", Hint: hintAgain}
}

func dependencyFault(need *job) resource.Fault {
	outcome := map[resource.Status]string{
		resource.StatusFailed: "failed", resource.StatusSkipped: "was skipped", resource.StatusUnknown: "has no known outcome",
	}[need.status]
	return resource.Fault{
		Code:    CodeDependency,
		Message: fmt.Sprintf("not sent: it needs the %s of %s, which %s", need.change.Action, need.change.Address, outcome),
		Hint:    hintAgain,
	}
}

// close makes the outcome from what the jobs have become.
func (r *runner) close(plan *resource.Plan) Outcome {
	if n := len(r.unrecorded); n > 0 {
		r.warn(fmt.Sprintf("the record of what this tool owns is not up to date for %d of the changes; first: %s", n, r.unrecorded[0]))
	}
	r.outcome.Results = make([]resource.Result, len(r.jobs))
	for i, job := range r.jobs {
		r.outcome.Results[i] = job.result()
	}
	r.outcome.Summary = summarise(plan, r.outcome.Results)
	return r.outcome
}

func summarise(plan *resource.Plan, results []resource.Result) resource.ReportSummary {
	var summary resource.ReportSummary
	for _, change := range plan.Changes {
		switch change.Action {
		case resource.ActionCreate:
			summary.Create++
		case resource.ActionUpdate:
			summary.Update++
		case resource.ActionDelete:
			summary.Delete++
		case resource.ActionNoChange:
			summary.NoChange++
		}
	}
	for _, result := range results {
		switch result.Status {
		case resource.StatusSuccess:
			summary.Succeeded++
		case resource.StatusFailed:
			summary.Failed++
		case resource.StatusSkipped:
			summary.Skipped++
		case resource.StatusUnknown:
			summary.Unknown++
		}
	}
	return summary
}

func (r *runner) warn(message string) {
	r.outcome.Warnings = append(r.outcome.Warnings, message)
	r.emit(Event{Type: EventWarning, Message: message})
}

func (r *runner) emit(event Event) {
	if r.opts.Events == nil {
		return
	}
	event.Finished, event.Total = r.finished, len(r.jobs)
	r.opts.Events(event)
}
