package pace_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// opener gives stores that share one budget. It is called inside of a bubble.
type opener func(t *testing.T) func() pace.Store

func openers() map[string]opener {
	return map[string]opener{
		"memory": func(*testing.T) func() pace.Store {
			store := pace.NewMemoryStore(time.Now)
			return func() pace.Store { return store }
		},
		"file": func(t *testing.T) func() pace.Store {
			t.Helper()
			dir := t.TempDir()
			return func() pace.Store {
				store, notice := pace.OpenShared(dir, pace.FileOptions{Now: time.Now, Notice: func(message string) { t.Error(message) }})
				if notice != "" {
					t.Fatal(notice)
				}
				return store
			}
		},
	}
}

// bubble is a test in virtual time, and what opens the store that it is about.
type bubble struct {
	*testing.T
	open func() pace.Store
}

// eachStore runs a test in virtual time over every store.
func eachStore(t *testing.T, test func(t bubble)) {
	t.Helper()
	for name, open := range openers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(bubble{t, open(t)}) })
		})
	}
}

const key = "host"

func rule(limit int, window time.Duration, classes ...pace.Class) pace.Rule {
	if len(classes) == 0 {
		classes = []pace.Class{pace.ClassTenant}
	}
	return pace.Rule{Classes: classes, Limit: limit, Window: window}
}

// reserve wants a grant, or exactly that wait.
func reserve(t testing.TB, store pace.Store, class pace.Class, rule pace.Rule, weight int, wait time.Duration) uint64 {
	t.Helper()
	grant, err := store.Reserve(t.Context(), key, class, rule, weight)
	if err != nil || grant.Wait != wait {
		t.Fatalf("got %+v, %v, want a wait of %v", grant, err, wait)
	}
	return grant.ID
}

// atOnce makes calls on a number of workers, each of which takes the next one as
// soon as it is free. The first error is the test's.
func atOnce(t testing.TB, workers, calls int, call func(ctx context.Context, number int) error) {
	t.Helper()
	var next atomic.Int64
	tasks, ctx := errgroup.WithContext(t.Context())
	for range workers {
		tasks.Go(func() error {
			for number := int(next.Add(1)) - 1; number < calls; number = int(next.Add(1)) - 1 {
				if err := call(ctx, number); err != nil {
					return err
				}
			}
			return nil
		})
	}
	must(t, tasks.Wait())
}

func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func usage(t testing.TB, store pace.Store, rule pace.Rule) pace.Usage {
	t.Helper()
	found, err := store.Usage(t.Context(), key, rule)
	must(t, err)
	return found
}

func TestStoreGivesASlotBackOneWindowAfterItsCallEnded(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(2, 10*time.Second)
		first := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		time.Sleep(time.Second)
		second := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		time.Sleep(time.Second)
		reserve(t, store, pace.ClassTenant, limit, 1, 10*time.Second) // both are in flight: a window at least
		must(t, store.Complete(t.Context(), key, second))             // at 2 s
		must(t, store.Complete(t.Context(), key, second))             // the second of two has no effect
		must(t, store.Complete(t.Context(), key, 12345))
		time.Sleep(3 * time.Second)
		reserve(t, store, pace.ClassTenant, limit, 1, 7*time.Second)
		must(t, store.Complete(t.Context(), key, first)) // at 5 s
		reserve(t, store, pace.ClassTenant, limit, 1, 7*time.Second)
		reserve(t, store, pace.ClassTenant, limit, 2, 10*time.Second)
		time.Sleep(7*time.Second - 1)
		reserve(t, store, pace.ClassTenant, limit, 1, 1)
		time.Sleep(time.Nanosecond)
		reserve(t, store, pace.ClassTenant, limit, 1, 0)
		reserve(t, store, pace.ClassTenant, limit, 1, 3*time.Second)
	})
}

func TestStoreCancelFreesTheSlotAtOnce(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(1, time.Second)
		id := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		must(t, store.Cancel(t.Context(), key, id))
		must(t, store.Cancel(t.Context(), key, id))
		must(t, store.Complete(t.Context(), key, id))
		id = reserve(t, store, pace.ClassTenant, limit, 1, 0)
		must(t, store.Complete(t.Context(), key, id))
		must(t, store.Cancel(t.Context(), key, id))
		reserve(t, store, pace.ClassTenant, limit, 1, time.Second)
	})
}

func TestStoreMeasuresOneLogByEachRule(t *testing.T) {
	eachStore(t, func(t bubble) {
		loose, strict := t.open(), t.open() // two runs, under two profiles
		seed := rule(5, time.Second)
		other := rule(3, time.Second, pace.ClassOther)
		documented := rule(4, time.Minute, pace.ClassTenant, pace.ClassOther)
		for range 3 {
			must(t, loose.Complete(t.Context(), key, reserve(t, loose, pace.ClassTenant, seed, 1, 0)))
		}
		time.Sleep(2 * time.Second) // gone for the one, and not for the other
		reserve(t, strict, pace.ClassOther, documented, 1, 0)
		reserve(t, strict, pace.ClassOther, documented, 1, 58*time.Second)
		reserve(t, loose, pace.ClassOther, other, 2, 0)
		reserve(t, loose, pace.ClassOther, other, 1, time.Second) // three in flight, one of them another's
		reserve(t, loose, pace.ClassTenant, seed, 5, 0)           // other classes do not count
		if got := usage(t, strict, documented); got.InFlight != 8 || len(got.Returns) != 3 || got.Current() != 11 {
			t.Errorf("usage %+v", got)
		}
		if got := usage(t, loose, seed); got.InFlight != 5 || len(got.Returns) != 0 {
			t.Errorf("usage %+v", got)
		}
		grant, err := loose.Reserve(t.Context(), "another host", pace.ClassTenant, rule(1, time.Second), 1)
		if err != nil || grant.Wait != 0 {
			t.Errorf("another key: %+v, %v", grant, err)
		}
	})
}

func TestStoreRemembersTheLongestWindow(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, short, long := t.open(), rule(2, time.Second), rule(1, time.Hour)
		must(t, store.Complete(t.Context(), key, reserve(t, store, pace.ClassTenant, long, 1, 0)))
		for range 70 {
			time.Sleep(30 * time.Second)
			must(t, store.Complete(t.Context(), key, reserve(t, store, pace.ClassTenant, short, 1, 0)))
		}
		if got := usage(t, store, long); len(got.Returns) != 71 || got.Returns[0].After != 25*time.Minute {
			t.Errorf("%d calls, the first for %v", len(got.Returns), got.Returns[0].After)
		}
	})
}

func TestStoreUsageIsExact(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(5, 10*time.Second)
		check := func(current int, next time.Duration, exact bool) {
			t.Helper()
			got := usage(t, store, limit)
			wait, known := got.NextFree()
			if got.Current() != current || wait != next || known != exact || got.Limit != 5 || got.Percent != 100 {
				t.Errorf("got %d, %v, %v, want %d, %v, %v: %+v", got.Current(), wait, known, current, next, exact, got)
			}
		}
		check(0, 0, true)
		heavy := reserve(t, store, pace.ClassTenant, limit, 3, 0)
		time.Sleep(time.Second)
		light := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		check(4, 0, true)
		one := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		check(5, 10*time.Second, false)
		must(t, store.Complete(t.Context(), key, light)) // at 1 s
		check(5, 10*time.Second, true)
		time.Sleep(2 * time.Second)
		must(t, store.Complete(t.Context(), key, heavy)) // at 3 s
		check(5, 8*time.Second, true)
		must(t, store.Complete(t.Context(), key, one))
		time.Sleep(8 * time.Second)
		check(4, 0, true)
		time.Sleep(2 * time.Second)
		check(0, 0, true)
	})
}

func TestStoreLearnsFromRefusals(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(20, 10*time.Second)
		refuse := func(id uint64, after time.Duration, want bool) {
			t.Helper()
			halved, err := store.Refuse(t.Context(), key, id, limit, after)
			if err != nil || halved != want {
				t.Errorf("halved %v, %v, want %v", halved, err, want)
			}
		}
		check := func(percent, most int, blocked time.Duration) {
			t.Helper()
			if got := usage(t, store, limit); got.Percent != percent || got.Limit != most || got.Blocked != blocked {
				t.Errorf("got %d %%, %d, %v, want %d %%, %d, %v", got.Percent, got.Limit, got.Blocked, percent, most, blocked)
			}
		}
		var together []uint64
		for range 5 {
			together = append(together, reserve(t, store, pace.ClassTenant, limit, 1, 0))
		}
		time.Sleep(time.Second)
		refuse(together[0], 5*time.Second, true)
		refuse(together[0], time.Hour, false) // the second of two
		time.Sleep(time.Second)
		refuse(together[1], 30*time.Second, false) // under way together with the first
		refuse(together[2], time.Second, false)    // a shorter time shortens nothing
		check(50, 10, 30*time.Second)
		grant, err := store.Reserve(t.Context(), key, pace.ClassTenant, limit, 1)
		if err != nil || !grant.Refused || grant.Wait != 30*time.Second {
			t.Errorf("while blocked: %+v, %v", grant, err)
		}
		time.Sleep(30 * time.Second)
		check(50, 10, 0)
		refuse(together[3], 0, false) // even now
		heavy := reserve(t, store, pace.ClassTenant, limit, 5, 0)
		check(50, 10, 0)
		refuse(heavy, time.Second, true)
		check(25, 5, time.Second)
		time.Sleep(time.Second)
		refuse(reserve(t, store, pace.ClassTenant, rule(400, time.Second), 1, 0), 0, true)
		check(25, 5, 0) // the floor
		if got := usage(t, store, limit).LearnedFor; got != time.Hour {
			t.Errorf("remembered for %v", got)
		}
	})
}

func TestStoreGivesBackATenthForEachCleanWindow(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(100, 10*time.Second)
		_, err := store.Refuse(t.Context(), key, reserve(t, store, pace.ClassTenant, limit, 1, 0), limit, time.Minute)
		must(t, err)
		time.Sleep(20 * time.Minute) // without calls nothing is proved
		for want := 50; want <= 100; want += 10 {
			must(t, store.Complete(t.Context(), key, reserve(t, store, pace.ClassTenant, limit, 1, 0)))
			if got := usage(t, store, limit); got.Percent != want || got.Limit != want || (got.LearnedFor == 0) != (want == 100) {
				t.Fatalf("got %+v, want %d %%", got, want)
			}
			time.Sleep(4 * time.Second)
			must(t, store.Complete(t.Context(), key, reserve(t, store, pace.ClassTenant, limit, 1, 0))) // not a window yet
			time.Sleep(6 * time.Second)
		}
		_, err = store.Refuse(t.Context(), key, reserve(t, store, pace.ClassTenant, limit, 1, 0), limit, time.Second)
		must(t, err)
		time.Sleep(time.Hour - 1)
		if got := usage(t, store, limit); got.Percent != 50 || got.LearnedFor != 1 {
			t.Errorf("within the hour: %+v", got)
		}
		time.Sleep(time.Nanosecond)
		if got := usage(t, store, limit); got.Percent != 100 || got.LearnedFor != 0 {
			t.Errorf("after the hour: %+v", got)
		}
	})
}

func TestStoreSharesLessons(t *testing.T) {
	eachStore(t, func(t bubble) {
		one, other := t.open(), t.open()
		together := rule(10, time.Second, pace.ClassTenant, pace.ClassOther)
		_, err := one.Refuse(t.Context(), key, reserve(t, one, pace.ClassTenant, together, 1, 0), together, time.Minute)
		must(t, err)
		alone := rule(10, time.Second, pace.ClassOther)
		if got := usage(t, other, alone); got.Limit != 5 || got.Blocked != time.Minute {
			t.Errorf("the other run sees %+v", got)
		}
		must(t, other.Forget(t.Context(), key))
		if got := usage(t, one, together); got.Limit != 10 || got.Blocked != 0 || got.LearnedFor != 0 || got.Current() != 1 {
			t.Errorf("after it was forgotten: %+v", got)
		}
	})
}

func TestStoreReset(t *testing.T) {
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(1, time.Hour)
		before := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		must(t, store.Reset(t.Context(), key))
		after := reserve(t, store, pace.ClassTenant, limit, 1, 0)
		must(t, store.Complete(t.Context(), key, before)) // an id of before is not one of now
		must(t, store.Cancel(t.Context(), key, before))
		if got := usage(t, store, limit); before == after || got.InFlight != 1 || len(got.Returns) != 0 {
			t.Errorf("ids %d, %d; %+v", before, after, got)
		}
	})
}

func TestStoreBoundsItsMemory(t *testing.T) {
	const calls, window = 20_000, time.Minute
	eachStore(t, func(t bubble) {
		store, limit := t.open(), rule(calls, window)
		begin := time.Now()
		for sent := 0; sent < calls; sent += 10 {
			id := reserve(t, store, pace.ClassTenant, limit, 10, 0)
			must(t, store.Complete(t.Context(), key, id))
			time.Sleep(time.Millisecond)
		}
		for range 9000 { // more marks than are told apart
			must(t, store.Complete(t.Context(), key, reserve(t, store, pace.ClassOther, rule(calls, window, pace.ClassOther), 1, 0)))
		}
		if got := usage(t, store, rule(calls, window, pace.ClassOther)); got.Current() != 9000 || len(got.Returns) > 8192 {
			t.Errorf("%d in %d marks", got.Current(), len(got.Returns))
		}
		if got := usage(t, store, limit); got.Current() != calls {
			t.Errorf("%d of %d calls count", got.Current(), calls)
		}
		time.Sleep(time.Until(begin.Add(window)))
		reserve(t, store, pace.ClassTenant, limit, 10, 0)
	})
}

func TestMemoryStoreRefusesAnEndlessNumberOfFlights(t *testing.T) {
	store, limit := pace.NewMemoryStore(time.Now), rule(5000, time.Minute)
	for range 4096 {
		reserve(t, store, pace.ClassTenant, limit, 1, 0)
	}
	if _, err := store.Reserve(t.Context(), key, pace.ClassTenant, limit, 1); err == nil {
		t.Error("no error")
	}
}

func TestFileStoreObeysItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openers()["file"](t)()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := store.Reserve(ctx, key, pace.ClassTenant, rule(1, time.Second), 1); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		reserve(t, store, pace.ClassTenant, rule(1, time.Second), 1, 0)
	})
}
