package pace_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

func TestEstimateTogether(t *testing.T) {
	const latency, window = 50 * time.Millisecond, time.Minute
	other := func(calls int) pace.Load { return pace.Load{Class: pace.ClassOther, Calls: calls} }
	list := pace.Load{Class: pace.ClassTenant, Calls: 1}
	lax := []pace.Usage{{Rule: rule(800, 10*time.Second, pace.ClassOther), Limit: 800}, {Rule: rule(160, window, pace.ClassTenant), Limit: 160}}
	strict := []pace.Usage{{Rule: rule(80, window, pace.ClassTenant, pace.ClassOther), Limit: 80}}
	reads := []pace.Load{list, other(1), other(50)}
	free := pace.Party{Loads: reads, Workers: 10}
	easy := pace.Party{Usages: lax, Loads: reads, Workers: 10}
	hard := pace.Party{Usages: strict, Loads: reads, Workers: 10}
	reserving := hard
	reserving.Reserved = map[pace.Class]int{pace.ClassTenant: 1, pace.ClassOther: 51}
	large := pace.Party{Usages: strict, Loads: []pace.Load{other(100)}, Workers: 10, Reserved: map[pace.Class]int{pace.ClassOther: 80}}
	after := easy
	after.After = []int{0}
	for _, test := range []struct {
		name    string
		parties []pace.Party
		workers int
		want    time.Duration
	}{
		{"nobody", nil, 10, 0},
		{"one alone", []pace.Party{free}, 10, 7 * latency},
		{"lists side by side", []pace.Party{{Loads: []pace.Load{list, {Class: pace.ClassOther, Calls: 1, Beside: true}, other(50)}, Workers: 10}}, 10, 6 * latency},
		{"five that share the workers", []pace.Party{free, free, free, free, free}, 10, 27 * latency},
		{"five with workers of their own", []pace.Party{free, free, free, free, free}, 50, 7 * latency},
		{"the strict one fits by itself", []pace.Party{hard}, 10, 7 * latency},
		{"the strict one comes too late", []pace.Party{easy, easy, hard}, 30, window + 7*latency},
		{"the strict one has taken its slots", []pace.Party{easy, easy, reserving}, 30, 7 * latency},
		{"what does not fit waits, and the others wait for it", []pace.Party{large, after}, 10, window + 10*latency},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := pace.EstimateTogether(test.parties, test.workers, latency); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if took := runTogether(t, test.parties, test.workers, latency); took.Round(latency) < test.want-latency || took > test.want+latency {
				t.Errorf("it took %v, want about %v", took, test.want)
			}
		})
	}
}

// runTogether does what was estimated, and says how long it took.
func runTogether(t *testing.T, parties []pace.Party, workers int, latency time.Duration) (took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		limiter := pace.NewLimiter(pace.NewMemoryStore(time.Now))
		pool := make(chan struct{}, workers)
		ended := make([]chan struct{}, len(parties))
		budgets := make([]*pace.Budget, len(parties))
		reserved := make([]map[pace.Class][]pace.Slot, len(parties))
		for i, party := range parties {
			var rules pace.Rules
			for _, usage := range party.Usages {
				rules = append(rules, usage.Rule)
			}
			var err error
			budgets[i], err = limiter.Budget("host", "project", rules)
			must(t, err)
			ended[i], reserved[i] = make(chan struct{}), map[pace.Class][]pace.Slot{}
			for class, count := range party.Reserved {
				for range count {
					slot, taken, err := budgets[i].TryAcquire(t.Context(), class)
					must(t, err)
					if !taken {
						t.Fatal("a slot that should be free is not")
					}
					reserved[i][class] = append(reserved[i][class], slot)
				}
			}
		}
		begin := time.Now()
		for i, party := range parties {
			go func() {
				defer close(ended[i])
				for _, other := range party.After {
					<-ended[other]
				}
				var beside sync.WaitGroup
				for n, load := range party.Loads {
					slots := make(chan pace.Slot, load.Calls)
					for _, slot := range reserved[i][load.Class][:min(load.Calls, len(reserved[i][load.Class]))] {
						slots <- slot
					}
					reserved[i][load.Class] = reserved[i][load.Class][len(slots):]
					beside.Go(func() {
						runCalls(t, budgets[i], load, party.Workers, slots, func() {
							pool <- struct{}{}
							time.Sleep(latency)
							<-pool
						})
					})
					if n+1 == len(party.Loads) || !party.Loads[n+1].Beside {
						beside.Wait()
					}
				}
			}()
		}
		for _, one := range ended {
			<-one
		}
		took = time.Since(begin)
	})
	return took
}

// runCalls makes the calls of a load, the first ones with the slots that were taken.
func runCalls(t *testing.T, budget *pace.Budget, load pace.Load, workers int, slots <-chan pace.Slot, call func()) {
	t.Helper()
	var all sync.WaitGroup
	free := make(chan struct{}, workers)
	for range load.Calls {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			var slot pace.Slot
			select {
			case slot = <-slots:
			default:
				var err error
				if slot, err = budget.Acquire(t.Context(), load.Class, 1); err != nil {
					t.Error(err)
				}
			}
			call()
			slot.Done()
		})
	}
	all.Wait()
}

func TestTryAcquireNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(2, time.Minute, pace.ClassTenant))
		take := func(class pace.Class) bool {
			_, taken, err := budget.TryAcquire(t.Context(), class)
			must(t, err)
			return taken
		}
		for range 2 {
			if !take(pace.ClassTenant) {
				t.Fatal("a free slot was not taken")
			}
		}
		begin := time.Now()
		if take(pace.ClassTenant) {
			t.Error("a third slot of two was taken")
		}
		if !take(pace.ClassOther) {
			t.Error("a class without a limit has no slot")
		}
		if waited := time.Since(begin); waited > 0 {
			t.Errorf("it waited %v", waited)
		}
	})
}
