package descope

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// Gate decides when a request may leave. Each attempt enters it, those of
// repetitions and of reads that a write is laid over included. It is used by
// several goroutines at once.
type Gate interface {
	// Enter waits until the request may leave, or until ctx is done. Its error
	// means that the request is not sent.
	Enter(ctx context.Context, method, path string) (Pass, error)
}

// Pass is the permission for one request.
type Pass interface {
	// Done is called exactly once, when the answer was read or there will be none.
	Done(outcome Outcome)
}

// Outcome is what a gate learns about the request that it let through.
type Outcome struct {
	Status int // HTTP status; 0 when there was no answer, or nothing was sent
	// RetryAfter is how long the service wants to be left alone: what it says, or
	// a minute where a rate limit says nothing; never more than five minutes.
	RetryAfter      time.Duration
	RetryAfterGiven bool // the service said so itself
	// Unsent is true when nothing has left this machine, so that the service
	// cannot have counted the request.
	Unsent bool
}

const (
	// maxReadAge is how old a read may be when a write is laid over it.
	maxReadAge = 5 * time.Second
	// maxRereads bounds how often a read is made anew because the gate was slow.
	maxRereads = 2
)

// ready makes the request's body and waits for the gate's pass. What the gate
// made older than maxReadAge is read once more, on the pass that was for the
// write: both are of one class, and waiting for a second pass with one in hand
// could stand still for ever.
func (c *caller) ready(ctx context.Context, call call) ([]byte, Pass, error) {
	var lent *lentPass
	for rereads := 0; ; rereads++ {
		body, err := makeBody(ctx, call, lent)
		if err != nil {
			return nil, nil, err
		}
		if c.opts.Gate == nil {
			return body, openPass{}, nil
		}
		made := c.opts.Now()
		pass, err := c.enter(ctx, call)
		if err != nil {
			return nil, nil, c.noPass(ctx, call, err)
		}
		if !call.overRead || rereads == maxRereads || c.opts.Now().Sub(made) <= maxReadAge {
			return body, pass, nil
		}
		lent = &lentPass{pass: pass}
	}
}

// makeBody makes the request's body. The first read for it leaves on the lent
// pass, which comes back unused if there is none.
func makeBody(ctx context.Context, call call, lent *lentPass) ([]byte, error) {
	if call.body == nil {
		return nil, nil
	}
	if lent != nil {
		defer lent.giveBack()
		ctx = context.WithValue(ctx, lentKey{}, lent)
	}
	return call.body(ctx)
}

// enter takes the lent pass if there is one, else a new one.
func (c *caller) enter(ctx context.Context, call call) (Pass, error) {
	if lent, ok := ctx.Value(lentKey{}).(*lentPass); ok && lent.take() {
		return lent.pass, nil
	}
	start := c.opts.Now()
	pass, err := c.opts.Gate.Enter(ctx, call.method, call.path)
	waited := c.opts.Now().Sub(start)
	countWait(ctx, waited)
	if shared, ok := ctx.Value(budgetKey{}).(*budget); ok {
		shared.end = shared.end.Add(waited)
	}
	if waited >= time.Millisecond {
		c.logWait(ctx, call, waited, "pacing")
	}
	return pass, err
}

// noPass is a request that the gate did not let through.
func (c *caller) noPass(ctx context.Context, call call, err error) *Error {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return c.noAnswer(ctx, call, err, false)
	}
	failure := &Error{Method: call.method, Path: call.path, Code: CodePacing, write: call.kind.writes(), Err: c.cause(err)}
	failure.Description = "the call was not let through: " + failure.Err.Error()
	failure.Hint = "nothing was sent: run the command again"
	return failure
}

type lentKey struct{}

// lentPass is a pass that the next request under a context may use.
type lentPass struct {
	pass  Pass
	taken atomic.Bool
}

func (l *lentPass) take() bool { return l.taken.CompareAndSwap(false, true) }

// giveBack ends a pass that nobody took.
func (l *lentPass) giveBack() {
	if l.take() {
		l.pass.Done(Outcome{Unsent: true})
	}
}

// openPass is the pass where there is no gate.
type openPass struct{}

func (openPass) Done(Outcome) {}

type waitsKey struct{}

// CountWaits returns a context under which the nanoseconds that calls of this
// package wait, for the gate and between attempts, are added to the counter.
func CountWaits(ctx context.Context, counter *atomic.Int64) context.Context {
	return context.WithValue(ctx, waitsKey{}, counter)
}

func countWait(ctx context.Context, waited time.Duration) {
	if counter, ok := ctx.Value(waitsKey{}).(*atomic.Int64); ok {
		counter.Add(int64(waited))
	}
}

func (c *caller) logWait(ctx context.Context, call call, wait time.Duration, reason string) {
	c.opts.Logger.LogAttrs(ctx, slog.LevelDebug, "api wait", slog.String("method", call.method), slog.String("path", call.path),
		slog.Duration("wait", wait), slog.String("reason", reason))
}
