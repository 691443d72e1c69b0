package pace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

func TestEstimate(t *testing.T) {
	const latency, window = 500 * time.Millisecond, time.Minute
	limit := rule(160, window)
	fresh := pace.Usage{Rule: limit, Limit: 160}
	create := func(calls int) pace.Load { return pace.Load{Class: pace.ClassTenant, Calls: calls} }
	one := create(1)
	for _, test := range []struct {
		name    string
		loads   []pace.Load
		usage   pace.Usage
		workers int
		want    time.Duration
	}{
		{"nothing", nil, fresh, 10, 0},
		{"list, a hundred creates, verification", []pace.Load{one, create(100), one}, fresh, 10, 6 * time.Second},
		{"one worker", []pace.Load{create(4)}, fresh, 1, 2 * time.Second},
		{"no worker is one", []pace.Load{create(4)}, fresh, 0, 2 * time.Second},
		{"a chain", []pace.Load{{Class: pace.ClassTenant, Calls: 10, Longest: 7}}, fresh, 10, 3500 * time.Millisecond},
		{"the first that waits for the first", []pace.Load{create(161)}, fresh, 10, window + 2*latency},
		{"two windows and a bit", []pace.Load{create(321)}, fresh, 10, 2*window + 3*latency},
		{"a class without a limit", []pace.Load{{Class: pace.ClassUser, Calls: 1000}}, fresh, 10, 50 * time.Second},
		{"a slot comes free", []pace.Load{one}, pace.Usage{Rule: rule(2, window), Limit: 2, InFlight: 1, Returns: []pace.Return{{After: 7 * time.Second, Weight: 1}}}, 10, 7500 * time.Millisecond},
		{"all are in flight", []pace.Load{one}, pace.Usage{Rule: rule(2, window), Limit: 2, InFlight: 2}, 10, window + 2*latency},
		{"over the limit", []pace.Load{one}, pace.Usage{Rule: rule(2, window), Limit: 1, Returns: []pace.Return{{After: time.Second, Weight: 2}, {After: 3 * time.Second, Weight: 1}}}, 10, 3500 * time.Millisecond},
		{"held back", []pace.Load{one}, pace.Usage{Rule: limit, Limit: 80, Blocked: 12 * time.Second}, 10, 12500 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := pace.Estimate(test.loads, []pace.Usage{test.usage}, test.workers, latency); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestEstimateIsWhatHappens runs what was estimated, from any state.
func TestEstimateIsWhatHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		window := time.Duration(rapid.IntRange(1, 60).Draw(rt, "window s")) * time.Second
		latency := time.Duration(rapid.IntRange(0, 5000).Draw(rt, "latency ms")) * time.Millisecond
		workers := rapid.IntRange(1, 12).Draw(rt, "workers")
		rules := pace.Rules{
			rule(rapid.IntRange(1, 20).Draw(rt, "limit"), window, pace.ClassTenant, pace.ClassOther),
			rule(rapid.IntRange(1, 20).Draw(rt, "user limit"), window/2, pace.ClassUser),
		}
		classes := rapid.SampledFrom([]pace.Class{pace.ClassTenant, pace.ClassOther, pace.ClassUser, pace.ClassUserCreate})
		loads := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pace.Load {
			return pace.Load{Class: classes.Draw(t, "class"), Calls: rapid.IntRange(0, 60).Draw(t, "calls")}
		}), 0, 4).Draw(rt, "loads")
		before := rapid.SliceOfN(rapid.IntRange(0, 9000), 0, 20).Draw(rt, "gaps between calls before, in ms")
		var estimated, took time.Duration
		synctest.Test(t, func(t *testing.T) {
			budget := newBudget(t, pace.NewMemoryStore(time.Now), rules...)
			for i, gap := range before {
				acquire(t, budget, classes.Example(i)).Done()
				time.Sleep(time.Duration(gap) * time.Millisecond)
			}
			var err error
			estimated, err = budget.Estimate(t.Context(), loads, workers, latency)
			must(t, err)
			begin := time.Now()
			for _, load := range loads {
				runLoad(t, budget, load, workers, latency)
			}
			took = time.Since(begin)
		})
		if took != estimated {
			rt.Fatalf("estimated %v, took %v", estimated, took)
		}
	})
}

func runLoad(t *testing.T, budget *pace.Budget, load pace.Load, workers int, latency time.Duration) {
	t.Helper()
	atOnce(t, workers, load.Calls, func(ctx context.Context, _ int) error {
		slot, err := budget.Acquire(ctx, load.Class, 1)
		if err != nil {
			return err
		}
		defer slot.Done()
		return pause(ctx, latency)
	})
}
