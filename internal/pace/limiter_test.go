package pace_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

func newBudget(t testing.TB, store pace.Store, rules ...pace.Rule) *pace.Budget {
	t.Helper()
	budget, err := pace.NewLimiter(store).Budget("host", "P", rules)
	must(t, err)
	return budget
}

func acquire(t testing.TB, budget *pace.Budget, class pace.Class) pace.Slot {
	t.Helper()
	slot, err := budget.Acquire(t.Context(), class, 1)
	must(t, err)
	return slot
}

// wantWait acquires and wants that to take exactly so long, apart from a lock
// that two stores on one file may want at the same moment.
func wantWait(t testing.TB, budget *pace.Budget, class pace.Class, want time.Duration) pace.Slot {
	t.Helper()
	begin := time.Now()
	slot := acquire(t, budget, class)
	if got := time.Since(begin); got < want || got > want+5*time.Millisecond {
		t.Errorf("%s waited %v, want %v", class, got, want)
	}
	return slot
}

func TestCancelledWaitersTakeNoSlot(t *testing.T) {
	eachStore(t, func(t bubble) {
		budget := newBudget(t, t.open(), rule(1, 10*time.Second))
		acquire(t, budget, pace.ClassTenant).Done()
		var wait sync.WaitGroup
		for i := range 20 { // one sleeps, the others stand in the queue
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7+1)*time.Second)
			wait.Go(func() {
				defer cancel()
				if _, err := budget.Acquire(ctx, pace.ClassTenant, 1); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
			})
		}
		wait.Wait()
		if got, _, err := budget.Usage(t.Context(), pace.ClassTenant); got.Current() != 1 || err != nil {
			t.Errorf("%d slots are taken, %v", got.Current(), err)
		}
		wantWait(t, budget, pace.ClassTenant, 3*time.Second).Done()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := budget.Acquire(ended, pace.ClassTenant, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestHeavyCallIsNotOvertaken(t *testing.T) {
	eachStore(t, func(t bubble) {
		budget := newBudget(t, t.open(), rule(3, 10*time.Second))
		for range 2 {
			acquire(t, budget, pace.ClassTenant).Done()
			time.Sleep(time.Second)
		}
		begin := time.Now()
		var wait sync.WaitGroup
		wait.Go(func() {
			slot, err := budget.Acquire(t.Context(), pace.ClassTenant, 3)
			if err != nil || time.Since(begin) != 9*time.Second {
				t.Errorf("the heavy one after %v, %v", time.Since(begin), err)
			}
			slot.Done()
		})
		synctest.Wait()
		wantWait(t, budget, pace.ClassTenant, 19*time.Second).Done() // there was room for it all the time
		wait.Wait()
	})
}

func TestCancelledSlotWakesTheNext(t *testing.T) {
	eachStore(t, func(t bubble) {
		budget := newBudget(t, t.open(), rule(1, time.Hour))
		taken := acquire(t, budget, pace.ClassTenant)
		var wait sync.WaitGroup
		wait.Go(func() { wantWait(t, budget, pace.ClassTenant, time.Second).Done() })
		time.Sleep(time.Second)
		taken.Cancel()
		taken.Done() // of the two only the first counts
		wait.Wait()
		wait.Go(func() { wantWait(t, budget, pace.ClassTenant, time.Minute).Done() })
		time.Sleep(time.Minute)
		must(t, budget.Reset(t.Context()))
		wait.Wait()
		if wait, exact, err := budget.NextFree(t.Context(), pace.ClassTenant); wait != time.Hour || !exact || err != nil {
			t.Errorf("next free in %v, %v, %v", wait, exact, err)
		}
	})
}

func TestRefusalHoldsEverybodyBack(t *testing.T) {
	eachStore(t, func(t bubble) {
		one := newBudget(t, t.open(), rule(4, 10*time.Second, pace.ClassTenant, pace.ClassOther), rule(9, time.Second, pace.ClassUser))
		other := newBudget(t, t.open(), rule(4, 10*time.Second, pace.ClassTenant, pace.ClassOther))
		slots := []pace.Slot{acquire(t, one, pace.ClassTenant), acquire(t, one, pace.ClassOther)}
		if !slots[0].Refused(0, false) || slots[1].Refused(time.Hour, true) { // a minute by default, and ten at most
			t.Error("the first refusal halves the limit, and only that")
		}
		var wait sync.WaitGroup
		wait.Go(func() { wantWait(t, other, pace.ClassOther, 10*time.Minute).Done() })
		wait.Go(func() { wantWait(t, one, pace.ClassTenant, 10*time.Minute).Done() })
		wait.Go(func() { wantWait(t, one, pace.ClassUser, 0).Done() })
		synctest.Wait()
		learned, err := learnedOf(t.Context(), one)
		must(t, err)
		if len(learned) != 1 || learned[0].Rule.Classes[1] != pace.ClassOther || learned[0].Percent != 50 || learned[0].Limit != 2 {
			t.Errorf("learned %+v", learned)
		}
		if next, exact := learned[0].NextFree(); next > 10*time.Minute || next < 10*time.Minute-time.Second || !exact { // a lock that was taken costs a moment
			t.Errorf("next free in %v, %v", next, exact)
		}
		wait.Wait()
		wait.Go(func() { wantWait(t, one, pace.ClassTenant, time.Second) })
		time.Sleep(time.Second)
		must(t, one.Forget(t.Context()))
		wait.Wait()
		if learned, err := learnedOf(t.Context(), other); len(learned) != 0 || err != nil {
			t.Errorf("still learned %+v, %v", learned, err)
		}
	})
}

// TestForeignClient eats 40 % of a limit that we believe is ours: calls are
// refused, the pace falls, and everything gets through.
func TestForeignClient(t *testing.T) {
	const limit, window, calls = 50, 3 * time.Second, 1000
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var admitted []time.Time
		var blockedUntil time.Time
		serve := func() (retryAfter time.Duration) { // as the emulator does
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			if now.Before(blockedUntil) {
				return blockedUntil.Sub(now)
			}
			for len(admitted) > 0 && now.Sub(admitted[0]) >= window {
				admitted = admitted[1:]
			}
			if len(admitted) >= limit {
				blockedUntil = now.Add(window)
				return window
			}
			admitted = append(admitted, now)
			return 0
		}
		stop := make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			for ticker := time.Tick(window * 10 / (4 * limit)); ; {
				select {
				case <-ticker:
					serve()
				case <-stop:
					return
				}
			}
		})
		budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(limit*8/10, window))
		refused, begin := 0, time.Now()
		for range calls {
			for {
				slot := acquire(t, budget, pace.ClassTenant)
				if after := serve(); after > 0 {
					refused++
					slot.Refused(after.Truncate(time.Second)+time.Second, true)
					continue
				}
				slot.Done()
				break
			}
		}
		close(stop)
		wait.Wait()
		took := time.Since(begin)
		t.Logf("%d calls in %v, %d refused; alone they take %v", calls, took, refused, calls*window/(limit*8/10))
		if refused == 0 || refused > calls/20 || took > 4*calls*window/limit {
			t.Errorf("%d refused, %v", refused, took)
		}
	})
}

func TestScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := pace.Rules{rule(1, time.Minute), rule(1, time.Minute, pace.ClassUser)}
		limiter := pace.NewLimiter(pace.NewMemoryStore(time.Now))
		budget := func(host, project string) *pace.Budget {
			made, err := limiter.Budget(host, project, rules)
			must(t, err)
			return made
		}
		acquire(t, budget("api.descope.com", "P1"), pace.ClassTenant).Done()
		acquire(t, budget("api.descope.com", "P1"), pace.ClassUser).Done()
		wantWait(t, budget("api.descope.com", "P2"), pace.ClassUser, 0).Done()
		wantWait(t, budget("localhost:8787", "P1"), pace.ClassTenant, 0).Done()
		wantWait(t, budget("API.descope.com", "P2"), pace.ClassTenant, time.Minute).Done()
	})
}

// TestOrderHoldsAcrossProjects: the queue belongs to the host's slots.
func TestOrderHoldsAcrossProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := pace.NewLimiter(pace.NewMemoryStore(time.Now))
		var mu sync.Mutex
		var order []int
		var wait sync.WaitGroup
		for i := range 9 {
			budget, err := limiter.Budget("host", string(rune('A'+i%3)), pace.Rules{rule(1, time.Second)})
			must(t, err)
			wait.Go(func() {
				slot := acquire(t, budget, pace.ClassTenant)
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				slot.Done()
			})
			synctest.Wait()
		}
		wait.Wait()
		for i, got := range order {
			if got != i {
				t.Fatalf("order %v", order)
			}
		}
	})
}

// learnedOf are the rules of which refusals have taken something.
func learnedOf(ctx context.Context, budget *pace.Budget) ([]pace.Usage, error) {
	list, err := budget.Usages(ctx)
	return slices.DeleteFunc(list, func(u pace.Usage) bool { return u.LearnedFor <= 0 }), err
}

func TestClassThatIsOff(t *testing.T) {
	budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(1, time.Minute))
	for range 1000 {
		slot := acquire(t, budget, pace.ClassUser)
		if slot.Refused(time.Hour, true) {
			t.Fatal("a class without a limit learns")
		}
		slot.Done()
		slot.Cancel()
	}
	_, found, err := budget.Usage(t.Context(), pace.ClassUser)
	wait, exact, err2 := budget.NextFree(t.Context(), pace.ClassUser)
	if found || err != nil || wait != 0 || !exact || err2 != nil {
		t.Errorf("got %v, %v, %v, %v, %v", found, err, wait, exact, err2)
	}
}

func TestRulesThatCannotHold(t *testing.T) {
	limiter := pace.NewLimiter(pace.NewMemoryStore(time.Now))
	for name, test := range map[string]struct {
		rules pace.Rules
		want  string
	}{
		"no class":     {pace.Rules{{Limit: 1, Window: time.Second}}, "names no class"},
		"a class":      {pace.Rules{rule(1, time.Second, pace.Class(7))}, "there is no class(7)"},
		"scopes":       {pace.Rules{rule(1, time.Second, pace.ClassTenant, pace.ClassUser)}, "cannot share a rule"},
		"no calls":     {pace.Rules{rule(0, time.Second)}, "0 calls of class tenant"},
		"no window":    {pace.Rules{rule(1, 0)}, "the window 0s"},
		"a day":        {pace.Rules{rule(1, 25*time.Hour)}, "the window 25h0m0s"},
		"twice":        {pace.Rules{rule(1, time.Second), rule(2, time.Second)}, "tenant is under two of them"},
		"twice inside": {pace.Rules{rule(1, time.Second, pace.ClassUser, pace.ClassUser)}, "user is under two of them"},
	} {
		if _, err := limiter.Budget("host", "P", test.rules); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
	}
	budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(3, time.Second))
	for _, weight := range []int{-1, 0, 4} {
		if _, err := budget.Acquire(t.Context(), pace.ClassTenant, weight); err == nil || !strings.Contains(err.Error(), "never fits") {
			t.Errorf("weight %d: %v", weight, err)
		}
	}
}

// brokenStore is a store whose place cannot be reached.
type brokenStore struct{ pace.Store }

var errBroken = errors.New("broken")

func (brokenStore) Reserve(context.Context, string, pace.Class, pace.Rule, int) (pace.Grant, error) {
	return pace.Grant{}, errBroken
}

func (brokenStore) Usage(context.Context, string, pace.Rule) (pace.Usage, error) {
	return pace.Usage{}, errBroken
}
func (brokenStore) Forget(context.Context, string) error { return errBroken }

func TestStoreThatFails(t *testing.T) {
	budget := newBudget(t, brokenStore{pace.NewMemoryStore(time.Now)}, rule(3, time.Second))
	_, err := budget.Acquire(t.Context(), pace.ClassTenant, 1)
	_, err2 := budget.Usages(t.Context())
	_, _, err3 := budget.NextFree(t.Context(), pace.ClassTenant)
	_, err4 := budget.Estimate(t.Context(), nil, 1, 0)
	for _, err := range []error{err, err2, err3, err4, budget.Forget(t.Context())} {
		if !errors.Is(err, errBroken) {
			t.Errorf("error %v", err)
		}
	}
}

func TestSlotTravelsOnce(t *testing.T) {
	budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(2, time.Minute))
	current := func(want int) {
		t.Helper()
		if got, _, err := budget.Usage(t.Context(), pace.ClassTenant); got.Current() != want || err != nil {
			t.Errorf("%d slots are taken, %v, want %d", got.Current(), err, want)
		}
	}
	ctx, release := pace.WithSlot(t.Context(), acquire(t, budget, pace.ClassTenant))
	if _, found := pace.TakeSlot(ctx, pace.ClassOther); found {
		t.Error("a call of another class took the slot")
	}
	slot, found := pace.TakeSlot(ctx, pace.ClassTenant)
	if _, again := pace.TakeSlot(ctx, pace.ClassTenant); !found || again {
		t.Errorf("taken %v, again %v", found, again)
	}
	release()
	current(1)
	slot.Done()
	ctx, release = pace.WithSlot(t.Context(), acquire(t, budget, pace.ClassTenant))
	current(2)
	release()
	release()
	current(1)
	if _, found := pace.TakeSlot(ctx, pace.ClassTenant); found {
		t.Error("a released slot was taken")
	}
	if _, found := pace.TakeSlot(t.Context(), pace.ClassTenant); found {
		t.Error("a slot from nowhere")
	}
}
