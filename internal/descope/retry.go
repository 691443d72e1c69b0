package descope

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	defaultRetryAfter = 60 * time.Second // Descope blocks for a minute where it does not say (docs, rate limiting)
	maxRetryAfter     = 5 * time.Minute
)

// Defaults of [Backoff].
const (
	DefaultAttempts  = 5
	DefaultFirstWait = time.Second
	DefaultMostWait  = time.Minute
	DefaultBudget    = 10 * time.Minute
)

// Backoff says how often and how fast a call is repeated. The zero value holds
// the defaults. Before each repetition the client waits a random part of an
// interval that doubles each time, and at least as long as the service asks.
type Backoff struct {
	Attempts int           // in all, at least 1
	First    time.Duration // the first interval
	Most     time.Duration // the longest interval
	// Budget is how long after its beginning a call may still be repeated,
	// together with the reads that belong to it; waits for the gate do not count.
	// A wait that would end later is not begun.
	Budget time.Duration
	// Random gives the part of an interval, from 0 up to 1. It may be called by
	// several goroutines at once.
	Random func() float64
}

func (b Backoff) withDefaults() Backoff {
	if b.Attempts <= 0 {
		b.Attempts = DefaultAttempts
	}
	if b.First <= 0 {
		b.First = DefaultFirstWait
	}
	if b.Most <= 0 {
		b.Most = DefaultMostWait
	}
	if b.Budget <= 0 {
		b.Budget = DefaultBudget
	}
	if b.Random == nil {
		b.Random = rand.Float64
	}
	return b
}

// tries is how far a call has come.
type tries struct {
	backoff   Backoff
	intervals backoff.ExponentialBackOff
	budget    *budget
	number    int  // of the attempt, from 1
	doubted   bool // an attempt may have reached the service, and its answer was lost
}

type budgetKey struct{}

// budget is shared by a call and the reads that belong to it, which are made
// one after the other.
type budget struct{ end time.Time }

// begin starts a call's budget, or joins that of the call that it belongs to.
func (c *caller) begin(ctx context.Context) (context.Context, *tries) {
	t := &tries{backoff: c.opts.Backoff}
	t.intervals = backoff.ExponentialBackOff{InitialInterval: t.backoff.First, Multiplier: 2, MaxInterval: t.backoff.Most}
	shared, joined := ctx.Value(budgetKey{}).(*budget)
	if !joined {
		shared = &budget{end: c.opts.Now().Add(t.backoff.Budget)}
		ctx = context.WithValue(ctx, budgetKey{}, shared)
	}
	t.budget = shared
	return ctx, t
}

// next is how long to wait after a failed attempt, least or longer, and whether
// another one may follow. The intervals have no randomness of the library's
// own: it comes in through options.
func (t *tries) next(now time.Time, least time.Duration) (wait time.Duration, more bool) {
	wait = time.Duration(t.backoff.Random() * float64(t.intervals.NextBackOff()))
	wait = max(wait, least)
	if now.Add(wait).After(t.budget.end) {
		return 0, false
	}
	return wait, t.number < t.backoff.Attempts
}

// do makes the call and repeats it as the rules say; nothing else repeats
// anything. Errors are of type *Error, apart from those of the call's body.
func (c *caller) do(ctx context.Context, call call) error {
	ctx, tries := c.begin(ctx)
	for {
		tries.number++
		body, pass, err := c.ready(ctx, call)
		if err != nil {
			return c.notReady(call, tries, err)
		}
		failure := c.attempt(ctx, call, body, pass, tries.number)
		if failure == nil {
			return nil
		}
		if again, err := c.settle(ctx, call, tries, failure); !again {
			return err
		}
	}
}

// notReady is a call whose next attempt could not be prepared. A check that
// stops it does not undo that an earlier attempt was sent.
func (c *caller) notReady(call call, tries *tries, err error) error {
	if _, own := errors.AsType[*Error](err); own || !tries.doubted {
		return err
	}
	lost := &Error{Method: call.method, Path: call.path, write: true, sent: true}
	return c.conflict(lost, err.Error())
}

// settle decides what follows a failed attempt: another one, or the call's end
// with err, which is nil where reading back shows a success.
func (c *caller) settle(ctx context.Context, call call, tries *tries, failure *Error) (again bool, err error) {
	rule := find(c.rules, call.kind, failure, tries.number > 1)
	verdict := rule.verdict(call.kind)
	if verdict == final || ctx.Err() != nil {
		return false, failure
	}
	if verdict == confirm {
		return false, c.confirm(ctx, call, failure)
	}
	wait, more := tries.next(c.opts.Now(), failure.RetryAfter)
	if more || verdict == readBack {
		if err := c.wait(ctx, call, wait, rule.reason, failure); err != nil {
			return false, c.stoppedWaiting(ctx, failure, wait, err)
		}
	}
	if verdict == readBack {
		tries.doubted = true
		if end, err := c.resolve(ctx, call, failure); end {
			return false, err
		}
	}
	if !more {
		return false, c.spent(failure, tries)
	}
	return true, nil
}

// spent is a failure after which nothing is left to try.
func (c *caller) spent(failure *Error, tries *tries) error {
	if failure.settled {
		failure.Hint = fmt.Sprintf("it did not take effect in %s, as reading back shows: run the command again later", attempts(tries.number))
	}
	return failure
}

func (c *caller) wait(ctx context.Context, call call, wait time.Duration, reason string, failure *Error) error {
	switch {
	case IsRateLimited(failure) && c.opts.Gate == nil:
		c.opts.Notice("rate limited, waiting " + seconds(wait))
	case !IsRateLimited(failure) && wait >= time.Second: // shorter ones are over before they are read
		c.opts.Notice(reason + ", trying again in " + seconds(wait))
	}
	c.logWait(ctx, call, wait, reason)
	start := c.opts.Now()
	err := c.opts.Sleep(ctx, wait)
	countWait(ctx, c.opts.Now().Sub(start))
	return err
}

// resolve reads back a write whose answer was lost. end is true when that
// decides the call: err is nil when it took effect, a conflict when something
// else changed the object, the lost answer itself when nobody knows.
func (c *caller) resolve(ctx context.Context, call call, failure *Error) (end bool, err error) {
	found, err := c.look(ctx, call)
	switch {
	case err != nil, found.effect == effectUnclear:
		return true, failure
	case found.effect == effectDone:
		return true, nil
	case found.effect == effectOther:
		return true, c.conflict(failure, found.detail)
	}
	failure.settled = true
	return false, nil
}

// confirm lets a failure pass where the service is as the write wanted it.
func (c *caller) confirm(ctx context.Context, call call, failure *Error) error {
	found, err := c.look(ctx, call)
	switch {
	case err == nil && found.effect == effectDone:
		return nil
	case err != nil:
		failure.unsure = true
	}
	return failure
}

func (c *caller) look(ctx context.Context, call call) (finding, error) {
	found, err := call.readBack(ctx)
	attributes := []slog.Attr{slog.String("method", call.method), slog.String("path", call.path), slog.String("effect", found.effect.String())}
	if err != nil {
		attributes[2] = slog.String("effect", "unreadable")
	}
	c.opts.Logger.LogAttrs(ctx, slog.LevelDebug, "api read back", attributes...)
	return found, err
}

// conflict is a write whose answer was lost, and that cannot be repeated
// because something else changed its object.
func (c *caller) conflict(lost *Error, detail string) *Error {
	conflict := *lost
	conflict.Code, conflict.settled = CodeConflict, true
	conflict.Description = "the answer to the write was lost, and something else changed the tenant"
	conflict.Message = c.redact.text(detail, maxText)
	conflict.Hint = hintReplan
	return &conflict
}

// retryAfter reads the header: whole seconds or a date. A missing or unreadable
// one is not given and means a minute, and none means more than five.
func retryAfter(header string, now time.Time) (wait time.Duration, given bool) {
	header = strings.TrimSpace(header)
	if header != "" && strings.Trim(header, "0123456789") == "" {
		count, err := strconv.ParseInt(header, 10, 32)
		if err != nil { // more digits than any wait has
			return maxRetryAfter, true
		}
		return min(time.Duration(count)*time.Second, maxRetryAfter), true
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return defaultRetryAfter, false
	}
	return min(max(date.Sub(now), 0), maxRetryAfter), true
}

// seconds shows a wait in whole seconds, rounded up.
func seconds(duration time.Duration) string {
	return strconv.FormatInt(int64((duration+time.Second-1)/time.Second), 10) + " s"
}

func attempts(count int) string {
	if count == 1 {
		return "1 attempt"
	}
	return strconv.Itoa(count) + " attempts"
}

func sleep(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
