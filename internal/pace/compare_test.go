package pace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// TestSideBySide makes the same thousand calls, in virtual time, through our
// limiter and through the best known token bucket, set for the same limit: once
// with a burst of the whole limit, and once as smooth as it can be.
func TestSideBySide(t *testing.T) {
	const calls, limit, window, latency = 1000, 200, time.Minute, 500 * time.Millisecond
	perSecond := rate.Limit(float64(limit) / window.Seconds())
	bucket := func(burst int) func(t *testing.T) func(context.Context) (func(), error) {
		return func(*testing.T) func(context.Context) (func(), error) {
			limiter := rate.NewLimiter(perSecond, burst)
			return func(ctx context.Context) (func(), error) { return func() {}, limiter.Wait(ctx) }
		}
	}
	for _, one := range []struct {
		name string
		make func(t *testing.T) func(context.Context) (done func(), err error)
		most int // calls in any window
	}{
		{"pace", func(t *testing.T) func(context.Context) (func(), error) {
			t.Helper()
			budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(limit, window))
			return func(ctx context.Context) (func(), error) {
				slot, err := budget.Acquire(ctx, pace.ClassTenant, 1)
				return slot.Done, err
			}
		}, limit},
		{"x/time/rate, burst 200", bucket(limit), 2 * limit},
		{"x/time/rate, burst 1", bucket(1), limit + 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			enter := one.make(t)
			begin := time.Now()
			spans := make([]span, calls)
			atOnce(t, 10, calls, func(ctx context.Context, call int) error {
				done, err := enter(ctx)
				if err != nil {
					return err
				}
				defer done()
				left := time.Now().UnixNano()
				spans[call] = span{left, left + 1} // the server counts it as it comes
				return pause(ctx, latency)
			})
			took, most := time.Since(begin), mostInAnyWindow(spans, window)
			t.Logf("%-24s %d calls in %v; at most %d in any %v, the limit is %d", one.name, calls, took.Round(time.Millisecond), most, window, limit)
			if most > one.most || most < one.most-1 {
				t.Errorf("%s: %d calls in a window, want %d", one.name, most, one.most)
			}
			if ideal := calls * (window + latency) / limit; one.name == "pace" && took > ideal*105/100 {
				t.Errorf("took %v, calls x (W + latency) / L is %v", took, ideal)
			}
		})
	}
}
