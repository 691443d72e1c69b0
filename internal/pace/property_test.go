package pace_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// traffic is calls that want to be made, in the order in which they arrive.
type traffic struct {
	limit  int
	window time.Duration
	calls  []wish
}

type wish struct {
	gap      time.Duration // after the arrival of the one before
	class    pace.Class
	weight   int
	latency  time.Duration
	counted  float64       // where between its start and its end the server counts it
	patience time.Duration // how long it waits for its slot; zero: as long as it takes
	client   int           // which of the limiters in front of the store it uses
}

const clients = 2

func drawTraffic(t *rapid.T) traffic {
	window := time.Duration(rapid.Int64Range(1, 10_000).Draw(t, "window ms")) * time.Millisecond
	limit := rapid.IntRange(1, 12).Draw(t, "limit")
	upTo := func(most time.Duration, name string) time.Duration {
		return time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, name))
	}
	calls := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wish {
		one := wish{
			class:   rapid.SampledFrom([]pace.Class{pace.ClassTenant, pace.ClassOther}).Draw(t, "class"),
			weight:  rapid.IntRange(1, min(3, limit)).Draw(t, "weight"),
			latency: upTo(3*window, "latency"),
			counted: rapid.Float64Range(0, 1).Draw(t, "counted"),
			client:  rapid.IntRange(0, clients-1).Draw(t, "client"),
		}
		if rapid.Bool().Draw(t, "later") {
			one.gap = upTo(window, "gap")
		}
		if rapid.IntRange(0, 9).Draw(t, "impatient") == 0 {
			one.patience = upTo(window, "patience")
		}
		return one
	}), 1, 60).Draw(t, "calls")
	return traffic{limit, window, calls}
}

// observed is one call as the server and its client saw it.
type observed struct {
	index, client int
	weight        int
	slot          uint64 // grows in the order in which slots were given
	reached       time.Time
}

// drive makes the calls in virtual time, all of one arrival order, and returns
// those that were made.
func drive(t *testing.T, work traffic, open func() pace.Store) []observed {
	t.Helper()
	budgets := make([]*pace.Budget, clients)
	for i := range budgets {
		var err error
		budgets[i], err = pace.NewLimiter(open()).Budget("host", "P", pace.Rules{rule(work.limit, work.window, pace.ClassTenant, pace.ClassOther)})
		must(t, err)
	}
	var mu sync.Mutex
	var made []observed
	var wait sync.WaitGroup
	for i, call := range work.calls {
		time.Sleep(call.gap)
		wait.Go(func() {
			ctx := t.Context()
			if call.patience > 0 {
				limited, cancel := context.WithTimeout(ctx, call.patience)
				defer cancel()
				ctx = limited
			}
			slot, err := budgets[call.client].Acquire(ctx, call.class, call.weight)
			if err != nil {
				return // it lost its patience
			}
			reached := time.Now().Add(time.Duration(call.counted * float64(call.latency)))
			mu.Lock()
			made = append(made, observed{i, call.client, call.weight, slot.Number(), reached})
			mu.Unlock()
			time.Sleep(call.latency)
			slot.Done()
		})
		synctest.Wait() // it has its place in the queue
	}
	wait.Wait()
	return made
}

// overLimit gives the first window in which the server counts too many.
func overLimit(work traffic, made []observed) string {
	for _, last := range made {
		sum := 0
		for _, one := range made {
			if age := last.reached.Sub(one.reached); age >= 0 && age < work.window {
				sum += one.weight
			}
		}
		if sum > work.limit {
			return fmt.Sprintf("%d calls in the window of %v up to %v; the limit is %d", sum, work.window, last.reached, work.limit)
		}
	}
	return ""
}

// outOfOrder gives a call that got its slot after one that came later to the same limiter.
func outOfOrder(made []observed) string {
	slices.SortFunc(made, func(a, b observed) int { return cmp.Compare(a.slot, b.slot) })
	latest := make([]int, clients)
	for _, one := range made {
		if one.index < latest[one.client] {
			return fmt.Sprintf("call %d was let through after call %d", one.index, latest[one.client])
		}
		latest[one.client] = one.index
	}
	return ""
}

// TestNoWindowAtTheServerHoldsMoreThanTheLimit is the guarantee, for any
// traffic of several clients: calls that arrive when they like, weigh what they
// like, last up to three windows, are counted by the server at any instant
// between their start and their end, and may give up while they wait.
func TestNoWindowAtTheServerHoldsMoreThanTheLimit(t *testing.T) {
	for name, open := range openers() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				work := drawTraffic(rt)
				problem := ""
				synctest.Test(t, func(t *testing.T) {
					made := drive(t, work, open(t))
					problem = overLimit(work, made) + outOfOrder(made)
					for i, call := range work.calls {
						if call.patience == 0 && !slices.ContainsFunc(made, func(o observed) bool { return o.index == i }) {
							problem += fmt.Sprintf(" call %d was never made", i)
						}
					}
				})
				if problem != "" {
					rt.Fatal(problem)
				}
			})
		})
	}
}

// stampedAtStart is a store with the mistake that the guarantee forbids: the slot
// comes back one window after the call started, and not after it ended.
type stampedAtStart struct{ pace.Store }

func (s stampedAtStart) Reserve(ctx context.Context, key string, class pace.Class, rule pace.Rule, weight int) (pace.Grant, error) {
	grant, err := s.Store.Reserve(ctx, key, class, rule, weight)
	if err == nil && grant.Wait == 0 {
		err = s.Complete(ctx, key, grant.ID)
	}
	return grant, err
}

// TestThePropertyFindsStampsAtTheStart is the test of the test above.
func TestThePropertyFindsStampsAtTheStart(t *testing.T) {
	const tries = 200
	for seed := range tries {
		work := rapid.Custom(drawTraffic).Example(seed)
		problem := ""
		synctest.Test(t, func(t *testing.T) {
			store := stampedAtStart{pace.NewMemoryStore(time.Now)}
			problem = overLimit(work, drive(t, work, func() pace.Store { return store }))
		})
		if problem != "" {
			t.Logf("found with example %d: %s", seed, problem)
			return
		}
	}
	t.Errorf("a limiter with the mistake passed %d examples", tries)
}

// TestThroughputIsThatOfTheModel: under endless demand each slot is a circle of
// one call and one window, and none of them ever stands still.
func TestThroughputIsThatOfTheModel(t *testing.T) {
	const windows = 50
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(1, 15).Draw(rt, "limit")
		window := time.Duration(rapid.Int64Range(1, 60_000).Draw(rt, "window ms")) * time.Millisecond
		slowest := time.Duration(rapid.Int64Range(0, int64(3*window)).Draw(rt, "slowest"))
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		calls, sum, duration := 0, time.Duration(0), windows*window
		synctest.Test(t, func(t *testing.T) {
			budget, err := pace.NewLimiter(pace.NewMemoryStore(time.Now)).Budget("host", "P", pace.Rules{rule(limit, window)})
			must(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), duration)
			defer cancel()
			var wait sync.WaitGroup
			for {
				slot, err := budget.Acquire(ctx, pace.ClassTenant, 1)
				if err != nil {
					break
				}
				latency := time.Duration(random.Int64N(int64(slowest) + 1))
				calls++
				sum += latency
				wait.Go(func() {
					time.Sleep(latency)
					slot.Done()
				})
			}
			wait.Wait()
		})
		mean := sum / time.Duration(calls)
		ideal := float64(limit) * duration.Seconds() / (window + mean).Seconds()
		if share := float64(calls) / ideal; share < 0.98 {
			rt.Fatalf("%d calls, %.3f of L/(W + mean latency)", calls, share)
		}
	})
}
