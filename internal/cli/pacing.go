package cli

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// budgetDir is the folder, inside the state folder of the user, where all
// processes of the user share their budget.
const budgetDir = "budget"

// openBudget puts the session under its rate limits: the flag's, else the
// variable's, else the configuration's, on top of the profile that the
// environment starts with.
func (s *session) openBudget(ctx context.Context) error {
	var err error
	if s.limits, err = s.rules(); err != nil {
		return err
	}
	s.waits.why = s.whyWaiting()
	limiter := s.app.limiter()
	if s.budget, err = limiter.Budget(s.host, s.target.ProjectID, s.limits); err != nil || !s.app.flags.forgetLimits {
		return err
	}
	all, err := pace.Profile("seed") // also what is off now may have been refused before
	if err != nil {
		return err
	}
	taught, err := limiter.Budget(s.host, s.target.ProjectID, all)
	if err != nil {
		return err
	}
	return taught.Forget(ctx)
}

// limiters is the one limiter of a process: all sessions that are open at the
// same time stand in its queues, whatever its store is.
type limiters struct {
	once sync.Once
	one  *pace.Limiter
}

// limiter is the limiter of this process.
func (a *App) limiter() *pace.Limiter {
	if a.limiters == nil {
		a.limiters = &limiters{}
	}
	a.limiters.once.Do(func() { a.limiters.one = pace.NewLimiter(a.openBudgetStore()) })
	return a.limiters.one
}

func (a *App) openBudgetStore() pace.Store {
	folder, err := a.stateDir("")
	store, notice := pace.NewMemoryStore(a.Now), "the rate limits are kept for this process alone: the home folder is unknown"
	if err == nil {
		store, notice = pace.OpenShared(filepath.Join(folder, budgetDir), pace.FileOptions{
			Now: a.Now, RequestTimeout: a.flags.timeout,
			Notice: func(message string) { a.warn("warning: %s", message) },
		})
	}
	if notice != "" {
		a.notice("%s", notice)
	}
	return store
}

// pool says, for --verbose, how many workers the limit of tenant calls would
// keep busy. The pool is as wide as it is told to be all the same, because the
// slots hold the rate.
func (s *session) pool() string {
	rule, limited := s.limits.For(pace.ClassTenant)
	if !limited {
		return fmt.Sprintf("No limit on tenant calls; %d workers.", s.workers())
	}
	needed := pace.OptimalWorkers(rule.Limit, rule.Window, plan.AssumedLatency, 1)
	return fmt.Sprintf("At most %d tenant calls in %s, which keep %s busy in the long run; %d may work at once.",
		rule.Limit, rule.Window, counted(needed, "worker"), s.workers())
}

// protectedProfile is the profile that protected environments start with.
const protectedProfile = "documented"

// rules makes the limits that this session keeps.
func (s *session) rules() (pace.Rules, error) {
	base := "seed"
	if s.target.Protected {
		base = protectedProfile
	}
	rules, err := pace.Profile(base)
	if err != nil {
		return nil, err
	}
	buffer := pace.DefaultBuffer
	given, source := s.settings.Performance.RateLimits, "performance.rate_limits"
	if s.settings.Performance.RateLimitBuffer > 0 {
		buffer = s.settings.Performance.RateLimitBuffer
	}
	if text, found := s.app.lookup("DESCOPE_MGMT_RATE_LIMITS"); found {
		given, source = []string{text}, "DESCOPE_MGMT_RATE_LIMITS"
	}
	if len(s.app.flags.rateLimits) > 0 {
		given, source = s.app.flags.rateLimits, "--rate-limits"
	}
	s.limitsFrom, s.buffer = base, buffer
	if len(given) > 0 {
		s.limitsFrom = source
		if rules, err = pace.ParseRules(rules, given); err != nil {
			return nil, usageError(fmt.Sprintf("%s: %v", source, err), "for example seed, documented, off, or tenant=200/60s")
		}
	}
	return rules.Usable(buffer), nil
}

// gate holds the client's calls back until the budget lets them go.
type gate struct {
	budget *pace.Budget
	waits  *waits
	told   func(message string)
	// refused is what refusals have said of classes that no limit covers: for
	// them the budget knows nothing, and all workers have to wait all the same.
	refused *refusals
	member  *member // nil where nobody else reads at the same time
}

// refusals are times before which the calls of a class are not made.
type refusals struct {
	now func() time.Time

	mu    sync.Mutex
	until map[pace.Class]time.Time
}

// add holds a class back, and reports whether it was free before.
func (r *refusals) add(class pace.Class, wait time.Duration) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	news = !r.until[class].After(now)
	if until := now.Add(wait); until.After(r.until[class]) {
		r.until[class] = until
	}
	return news
}

// wait waits until a class is free.
func (r *refusals) wait(ctx context.Context, class pace.Class) error {
	r.mu.Lock()
	left := r.until[class].Sub(r.now())
	r.mu.Unlock()
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// Enter takes the slot that came along for the call, or waits for one.
func (g gate) Enter(ctx context.Context, method, path string) (descope.Pass, error) {
	class := pace.ClassOf(method, path)
	slot, carried := pace.TakeSlot(ctx, class)
	if !carried {
		slot, carried = g.member.reserved(class)
	}
	if err := g.refused.wait(ctx, class); err != nil {
		if carried {
			slot.Cancel()
		}
		return nil, err
	}
	if !carried {
		var err error
		if slot, err = g.waits.acquire(ctx, g.budget, class, g.told); err != nil {
			return nil, err
		}
	}
	if err := g.member.enter(ctx); err != nil {
		slot.Cancel()
		return nil, err
	}
	return pass{slot: slot, class: class, gate: g, left: g.member.now()}, nil
}

// pass is the slot of one request.
type pass struct {
	slot  pace.Slot
	class pace.Class // also where no limit covers it and the slot is none
	gate  gate
	left  time.Time // when the call left; zero where nobody asks
}

// Done gives the slot back, or learns from a refusal.
func (p pass) Done(outcome descope.Outcome) {
	defer p.gate.member.leave(p.class, p.left, outcome)
	switch {
	case outcome.Unsent:
		p.slot.Cancel()
	case outcome.Status == http.StatusTooManyRequests:
		wait := outcome.RetryAfter.Round(time.Second)
		if p.slot.Refused(outcome.RetryAfter, outcome.RetryAfterGiven) {
			p.gate.told(fmt.Sprintf("rate limited (429) on %s calls: going on in %s with half the limit; --forget-limits forgets this", p.class, wait))
		} else if _, limited, _ := p.gate.budget.Usage(context.Background(), p.class); !limited && p.gate.refused.add(p.class, outcome.RetryAfter) {
			p.gate.told(fmt.Sprintf("rate limited (429) on %s calls, for which no limit is set: going on in %s", p.class, wait))
		}
	default:
		p.slot.Done()
	}
}

// admit takes the slot of a change's first call before the change is handed to
// a worker, so that no worker waits for one while others could go.
func (s *session) admit(ctx context.Context, change resource.Change) (func(context.Context) (context.Context, func()), error) {
	class := pace.ClassTenant
	if change.Kind == resource.KindFlow {
		class = pace.ClassOther
	}
	slot, err := s.waits.acquire(ctx, s.budget, class, func(message string) { s.app.notice("%s", message) })
	if err != nil {
		return nil, err
	}
	return func(calls context.Context) (context.Context, func()) { return pace.WithSlot(calls, slot) }, nil
}

// estimate foretells how long the calls of a plan take under the limits and
// with what counts against them now. The digest does not cover it.
func (s *session) estimate(ctx context.Context, made *resource.Plan, reads plan.Reads) {
	calls := plan.CountCalls(made, reads)
	loads := []pace.Load{
		{Class: pace.ClassTenant, Calls: calls.List},
		{Class: pace.ClassOther, Calls: min(calls.FlowLists, 1), Beside: true},
		{Class: pace.ClassOther, Calls: calls.Documents},
		{Class: pace.ClassOther, Calls: max(calls.FlowLists-1, 0)}, // of roles
		{Class: pace.ClassTenant, Calls: calls.Settings},
		{Class: pace.ClassUserUpdate, Calls: calls.Users},
		{Class: pace.ClassOther, Calls: calls.SSO + calls.Project},
		{Class: pace.ClassTenant, Calls: calls.Kept.Settings},
		{Class: pace.ClassOther, Calls: calls.Kept.Others},
	}
	for _, wave := range calls.Waves {
		loads = append(loads, pace.Load{Class: pace.ClassTenant, Calls: wave.Calls, Longest: wave.Longest})
	}
	loads = append(loads,
		pace.Load{Class: pace.ClassOther, Calls: calls.FlowWrites, Longest: min(calls.FlowWrites, 2)},
		pace.Load{Class: pace.ClassTenant, Calls: calls.Verify}, pace.Load{Class: pace.ClassOther, Calls: calls.FlowVerify})
	duration, err := s.budget.Estimate(ctx, loads, s.workers(), plan.AssumedLatency)
	if err == nil { // without the budget's state the plan's own model has to do
		made.DurationEstimateMS = duration.Milliseconds()
	}
}
