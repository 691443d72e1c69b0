package apply

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Options are the circumstances of a run.
type Options struct {
	// Workers is the number of changes that may be in flight at once, at least 1.
	Workers int
	// Grace is how long calls in flight may go on after the run's context is
	// cancelled. Zero ends them at once.
	Grace time.Duration
	// Abort, when it is closed after the cancellation, ends the grace at once (a
	// second ^C). It may be nil.
	Abort <-chan struct{}
	// Now is the clock behind the durations. It is required, and called from
	// several goroutines.
	Now func() time.Time
	// CountAttempts returns a context under which every request that is sent
	// adds one to n. Where it is nil, calls are counted instead of requests.
	CountAttempts func(ctx context.Context, n *atomic.Int64) context.Context
	// CountWaits returns a context under which the nanoseconds that calls wait, for
	// the rate limiter and between attempts, are added to n. Where it is nil, no
	// waits are reported.
	CountWaits func(ctx context.Context, n *atomic.Int64) context.Context
	// Admit waits until a change may be handed to a worker, so that no worker waits
	// for the rate limits while another change could go; changes are admitted one
	// after the other. What it returns gives the calls' context what their first
	// call needs, and is released when the change is over. The error of a context
	// that is done leaves the change unsent; any other stops the run. It may be nil.
	Admit func(ctx context.Context, change resource.Change) (carry func(calls context.Context) (carrying context.Context, release func()), err error)
	// Events is told what happens, in order, by the goroutine that called [Run].
	// It may be nil; while it works, nothing new is started.
	Events func(Event)
	// Record is called, by the goroutine that called [Run], for each change that
	// took effect, in whole or in its first calls. Its error becomes a warning of
	// the outcome and never fails the change. It may be nil.
	Record func(address resource.Address, action resource.Action) error
	// Before is called for each change directly before its first call, by the
	// goroutine that makes the call, so that several may wait at once. Its error
	// leaves the change unsent and stops the run: nothing further starts, and
	// calls in flight end as they would. It may be nil.
	Before func(change resource.Change) error
	// After is called, by the goroutine that called [Run], for each change that
	// Before has let pass, when it has its outcome, and again when the
	// verification gives it another. Its error stops the run as that of Before
	// does. It may be nil.
	After func(result resource.Result) error
	// Stop ends the run when it gives an error: nothing further starts, and calls
	// in flight are cut off. Unlike a cancelled context it does not keep the
	// verification from being made. It may be nil.
	Stop <-chan error
}

// Outcome is what a run did.
type Outcome struct {
	// Results holds one result for each change that writes, in the plan's order.
	Results []resource.Result
	// Summary counts the plan and the results; see [resource.ReportSummary].
	Summary resource.ReportSummary
	// Sent is true once at least one write may have reached the service. A change
	// that was refused by its own check beforehand does not count.
	Sent bool
	// Verified is true when the live state was read after the last write and the
	// results agree with it.
	Verified bool
	// Interrupted is true when the context was cancelled before the run was
	// complete, its verification included.
	Interrupted bool
	// Stopped is the first error of Options.Before, After and Stop: the reason why
	// nothing further was sent. It also stands in the warnings.
	Stopped error
	// Warnings are sentences about the run as a whole, in order.
	Warnings []string
	// Panics are faults of this program that were caught on the way. The run went
	// on; the command ends with status 70 all the same.
	Panics []Panic
}

// Panic is a caught panic. Value and Stack may hold anything: show them only
// where somebody asked for debugging output.
type Panic struct {
	Address resource.Address // empty when it happened outside of a change
	Value   any
	Stack   []byte
}

// Run applies a plan. The error is nil as soon as the plan was accepted, however
// many of its changes fail: those are in the outcome. A plan that has a blocked
// change, a circle, a change of an unknown kind, or a change that cannot be
// expressed in calls is refused as a whole: the error says why, and nothing was
// sent.
//
// A change is sent when all changes in its After have succeeded; where one of
// them failed, was skipped or has an unknown outcome it is skipped. A parent's
// lost answer is resolved by the verification at the end and not before its
// children, so these are left to the next run.
//
// When ctx is cancelled no further change starts, calls in flight get
// Options.Grace, and there is no verification: the user wants out, and the
// outcome says unknown where nobody looked. Run returns when its last goroutine
// has ended, so calls must obey their context.
func Run(ctx context.Context, plan *resource.Plan, kinds []Kind, opts Options) (Outcome, error) {
	if opts.Workers < 1 {
		return Outcome{}, errors.New("apply: at least one worker is needed")
	}
	if opts.Now == nil {
		return Outcome{}, errors.New("apply: a clock is needed")
	}
	jobs, err := prepare(plan, kinds)
	if err != nil {
		return Outcome{}, err
	}
	order, err := newSchedule(plan, jobs, kinds)
	if err != nil {
		return Outcome{}, err
	}
	run := &runner{opts: opts, jobs: jobs, order: order}
	run.send(ctx)
	run.outcome.Interrupted = ctx.Err() != nil
	if run.outcome.Sent && !run.outcome.Interrupted {
		run.verify(ctx, kinds)
		run.outcome.Interrupted = ctx.Err() != nil && !run.outcome.Verified
	}
	return run.close(plan), nil
}
