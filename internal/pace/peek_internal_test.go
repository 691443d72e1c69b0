package pace

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// peek looks at the folder and wants it untouched.
func peek(t *testing.T, dir string, rules Rules, now time.Time) (Peeked, error) {
	t.Helper()
	before, _ := filepath.Glob(filepath.Join(dir, "*"))
	peeked, err := Peek(dir, host, "P", rules, now)
	after, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(after) != len(before) {
		t.Errorf("before it was %q, and then %q", before, after)
	}
	return peeked, err
}

// TestPeekSeesWhatABudgetSees: what counts, and what was learned, is read as a budget
// reads it, and nothing is made.
func TestPeekSeesWhatABudgetSees(t *testing.T) {
	t.Parallel()
	dir, now := filepath.Join(t.TempDir(), "budget"), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rules := Rules{tenants(10, time.Minute), {[]Class{ClassUser}, 5, time.Minute}}
	empty, err := peek(t, dir, rules, now)
	if err != nil || empty.Found || empty.Damaged || len(empty.Usages) != 2 || empty.Usages[0].Limit != 10 || empty.Usages[0].Current() != 0 {
		t.Errorf("nothing there: %+v, %v", empty, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
	store, notice := OpenShared(dir, FileOptions{Now: func() time.Time { return now }})
	if notice != "" {
		t.Skip(notice)
	}
	budget, err := NewLimiter(store).Budget(host, "P", rules)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		slot, err := budget.Acquire(context.Background(), ClassTenant, 1)
		if err != nil {
			t.Fatal(err)
		}
		slot.Done()
	}
	slot, err := budget.Acquire(context.Background(), ClassUser, 1)
	if err != nil {
		t.Fatal(err)
	}
	slot.Refused(20*time.Second, true)
	want, err := budget.Usages(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	peeked, err := peek(t, dir, rules, now)
	if err != nil || !peeked.Found || peeked.Damaged {
		t.Fatalf("%+v, %v", peeked, err)
	}
	for i, got := range peeked.Usages {
		if got.Current() != want[i].Current() || got.Limit != want[i].Limit || got.Blocked != want[i].Blocked || got.LearnedFor != want[i].LearnedFor {
			t.Errorf("peeked %+v, and the budget has %+v", got, want[i])
		}
	}
	if got := peeked.Usages[1]; got.Limit != 2 || got.Blocked != 20*time.Second || got.LearnedFor != LearnedFor {
		t.Errorf("what was learned: %+v", got)
	}
	if later, err := peek(t, dir, rules, now.Add(2*time.Hour)); err != nil || later.Usages[0].Current() != 0 || later.Usages[1].LearnedFor != 0 {
		t.Errorf("two hours later: %+v, %v", later, err)
	}
}

func TestPeekAtWhatIsNoBudget(t *testing.T) {
	t.Parallel()
	dir, rules := t.TempDir(), Rules{tenants(10, time.Minute)}
	path := filepath.Join(dir, fileName(scope(host, "P", ClassTenant)))
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if peeked, err := peek(t, dir, rules, time.Unix(0, 0)); err != nil || !peeked.Damaged || peeked.Found || len(peeked.Usages) != 1 {
		t.Errorf("damaged: %+v, %v", peeked, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if peeked, err := peek(t, dir, rules, time.Unix(0, 0)); err == nil {
		t.Errorf("a folder: %+v", peeked)
	}
	if _, err := peek(t, dir, Rules{{}}, time.Unix(0, 0)); err == nil {
		t.Error("a rule without classes is accepted")
	}
}
