package pace_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// BenchmarkHundredAcquisitions takes and returns a hundred slots that nobody
// else wants. The bound is 0.1 ms and no allocation.
func BenchmarkHundredAcquisitions(b *testing.B) {
	const calls = 100
	budget, err := pace.NewLimiter(pace.NewMemoryStore(time.Now)).Budget("host", "P", pace.Rules{rule(2*calls, time.Minute)})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	hundred := func() {
		for range calls {
			slot, err := budget.Acquire(ctx, pace.ClassTenant, 1)
			if err != nil {
				b.Fatal(err)
			}
			slot.Done()
		}
	}
	hundred() // the memory that the log grows to
	b.ReportAllocs()
	for b.Loop() {
		if err := budget.Reset(ctx); err != nil {
			b.Fatal(err)
		}
		hundred()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/100")
}

// TestAcquiringAllocatesNothing where nobody has to wait.
func TestAcquiringAllocatesNothing(t *testing.T) {
	budget := newBudget(t, pace.NewMemoryStore(time.Now), rule(1<<20, time.Nanosecond))
	allocations := testing.AllocsPerRun(1000, func() {
		slot, err := budget.Acquire(t.Context(), pace.ClassTenant, 1)
		if err != nil {
			t.Fatal(err)
		}
		slot.Done()
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

// BenchmarkSharedSlot is one slot through the file, taken and returned, beside a
// number of calls that still count.
func BenchmarkSharedSlot(b *testing.B) {
	for _, others := range []int{0, 160, 1000, 5000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			now := time.Now()
			store, notice := pace.OpenShared(b.TempDir(), pace.FileOptions{Now: func() time.Time { now = now.Add(time.Microsecond); return now }})
			if notice != "" {
				b.Fatal(notice)
			}
			slot := func() {
				grant, err := store.Reserve(b.Context(), key, pace.ClassTenant, rule(1<<20, time.Minute), 1)
				if err == nil {
					err = store.Complete(b.Context(), key, grant.ID)
				}
				if err != nil || grant.Wait != 0 {
					b.Fatal(grant, err)
				}
			}
			for range others {
				slot()
			}
			for b.Loop() {
				now = now.Add(time.Minute / time.Duration(others+1)) // one comes, one goes
				slot()
			}
		})
	}
}
