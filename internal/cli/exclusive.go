package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// proposal is a plan, and the way to make it anew from what is live then.
type proposal struct {
	result plan.Result
	again  func(context.Context) (plan.Result, error)
}

// propose makes a plan.
func propose(ctx context.Context, again func(context.Context) (plan.Result, error)) (proposal, error) {
	result, err := again(ctx)
	return proposal{result: result, again: again}, err
}

// lock makes this run the only one that writes to the project, and says whom it
// waits for and whom it follows.
func (s *session) lock(ctx context.Context, timeout time.Duration) (*store.Lock, error) {
	holder, err := s.app.holder(s.app.run())
	if err != nil {
		return nil, err
	}
	lock, err := s.state.Lock(ctx, store.LockRequest{
		Holder: holder, RunID: func() (string, error) { return s.nextRunID(ctx) }, Now: s.app.Now, Timeout: timeout, Jitter: s.app.chance,
		Waiting: func(other store.Holder) { s.app.notice("waiting up to %s for another run: %s", timeout, other) },
	})
	if err != nil {
		return nil, err
	}
	if dead, took := lock.TookOver(); took {
		s.app.notice("took over the lock of a run that ended without releasing it: %s", dead)
	}
	return lock, nil
}

// release gives the lock back. What was written stays as it is, so that a
// failure is a remark.
func (s *session) release(lock *store.Lock) {
	if err := lock.Release(); err != nil {
		s.app.notice("warning: the lock could not be released: %v", err)
	}
}

// confirm makes sure that what was approved is what runs: when another run was
// at work since the plan was made, or somebody was asked, who may have taken long
// over it while others worked in the console, the plan is made again and must be
// the same. Where nothing is left to do there is nothing to refuse.
func (s *session) confirm(ctx context.Context, lock *store.Lock, proposed proposal) (plan.Result, error) {
	who := "another run"
	switch {
	case !lock.Follows(s.known.lock):
		s.app.notice("another run was at work since the plan was made: planning again")
	case s.app.asked:
		who = "somebody"
	default:
		return proposed.result, nil
	}
	result, err := proposed.again(ctx)
	if err != nil {
		return plan.Result{}, err
	}
	if err := refusal(result.Refusals); err != nil {
		s.app.notice("%s has changed the project since the plan was made", who)
		return plan.Result{}, err
	}
	before, now := proposed.result.Plan, result.Plan
	if now.Summary.Writes() > 0 && (now.PlanDigest != before.PlanDigest || lostUsers(now) != lostUsers(before)) {
		return plan.Result{}, stalePlan(who + " has changed the project")
	}
	return result, nil
}

// stalePlan refuses what was approved for another state of the project.
func stalePlan(what string) error {
	return refusedError("stale_plan", "refused, nothing was sent: "+what+" since the plan was made", "look at a new plan, and approve that one")
}

// lostUsers is how many users the deletes of a plan take along: their number is
// approved, and no digest covers it.
func lostUsers(made *resource.Plan) int {
	users := 0
	for _, change := range made.Changes {
		if change.Cascade && change.Users != nil {
			users += *change.Users
		}
	}
	return users
}

// holder is this process as others see it in the lock.
func (a *App) holder(runID string) (store.Holder, error) {
	process, err := store.ThisProcess()
	if err != nil {
		return store.Holder{}, fmt.Errorf("find out which process this is: %w", err)
	}
	return store.Holder{User: a.actor(func() string { return "" }), Process: process, Command: a.command, RunID: runID}, nil
}

// machineName is this machine's name, where it has one.
func machineName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// userName is the user as the system knows it, by number where it knows no name.
func userName() string {
	if known, err := user.Current(); err == nil && known.Username != "" {
		return known.Username
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

// chance is a number from 0 up to 1.
func (a *App) chance() float64 {
	var random [1]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		return 0
	}
	return float64(random[0]) / 256
}

// journalled writes down a change that is about to be sent, if this run may
// still write.
func journalled(lock *store.Lock, journal *store.Journal) func(resource.Change) error {
	return func(change resource.Change) error {
		if err := cmp.Or(lock.Check(), journal.Check()); err != nil {
			return err
		}
		if err := journal.Intent(change); err != nil {
			return err
		}
		return lock.Check() // a disk that hangs may outlast the lease
	}
}
