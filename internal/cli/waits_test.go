package cli

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// fullBudget is a budget of ten tenant calls a minute, of which that many are made.
func fullBudget(t *testing.T, made int) *pace.Budget {
	t.Helper()
	rules, err := pace.ParseRules(nil, []string{"tenant=10/60s"})
	if err != nil {
		t.Fatal(err)
	}
	budget, err := pace.NewLimiter(pace.NewMemoryStore(time.Now)).Budget("host", "project", rules)
	if err != nil {
		t.Fatal(err)
	}
	for range made {
		slot, err := budget.Acquire(t.Context(), pace.ClassTenant, 1)
		if err != nil {
			t.Fatal(err)
		}
		slot.Done()
	}
	return budget
}

func TestLongWaitsAreToldOnce(t *testing.T) {
	for name, test := range map[string]struct {
		made  int
		after time.Duration
		calls int
		want  []string
	}{
		"no wait":       {0, 0, 1, nil},
		"a short wait":  {10, 58 * time.Second, 1, nil},
		"two long ones": {10, 0, 15, []string{"waiting 57s for the rate limit of tenant calls (seed)"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := fullBudget(t, test.made)
				time.Sleep(test.after)
				var mu sync.Mutex
				var told []string
				tell := func(message string) {
					mu.Lock()
					defer mu.Unlock()
					told = append(told, message)
				}
				w := &waits{why: " (seed)"}
				for range test.calls {
					slot, err := w.acquire(t.Context(), budget, pace.ClassTenant, tell)
					if err != nil {
						t.Fatal(err)
					}
					slot.Done()
				}
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if !slices.Equal(told, test.want) {
					t.Errorf("told: %q", told)
				}
			})
		})
	}
}

// TestEstimateKnowsWhatCountsAgainstTheLimits: a plan that has to wait for others says so.
func TestEstimateKnowsWhatCountsAgainstTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &session{app: &App{}, budget: fullBudget(t, 10)}
		s.app.flags.maxWorkers = 10
		made := &resource.Plan{Changes: []resource.Change{{Kind: resource.KindTenant, ID: "a", Address: "tenant/a", Action: resource.ActionCreate}}}
		s.estimate(t.Context(), made, plan.Reads{Tenants: true})
		if got := time.Duration(made.DurationEstimateMS) * time.Millisecond; got < time.Minute {
			t.Errorf("the estimate is %s", got)
		}
	})
}

// TestWaitsNameTheirCause: which limits hold a call back, and what to do about it.
func TestWaitsNameTheirCause(t *testing.T) {
	for name, test := range map[string]struct {
		from, host, protected, want string
	}{
		"the usual ones":           {"seed", "api.descope.com", "", " (seed)"},
		"a protected environment":  {"documented", "api.descope.com", "prod", " (documented, because prod is protected)"},
		"set by somebody":          {"performance.rate_limits", "api.descope.com", "prod", " (performance.rate_limits)"},
		"an emulator":              {"seed", "127.0.0.1:8787", "", " (seed; DESCOPE_MGMT_RATE_LIMITS=off for an emulator)"},
		"an emulator by its name":  {"documented", "localhost:8787", "live", " (documented, because live is protected; DESCOPE_MGMT_RATE_LIMITS=off for an emulator)"},
		"an emulator in version 6": {"seed", "[::1]:8787", "", " (seed; DESCOPE_MGMT_RATE_LIMITS=off for an emulator)"},
	} {
		s := &session{limitsFrom: test.from, host: test.host}
		s.target.ProtectedName = test.protected
		if got := s.whyWaiting(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
