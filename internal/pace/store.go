package pace

import (
	"context"
	"time"
)

// Store keeps the books of any number of scopes, each named by a key. All who
// share a store share its budgets. A store answers with durations and never with
// times, so that nobody but the store needs a clock, and takes whatever lock it
// needs inside of one call.
//
// A store is used by several goroutines at once. Errors are those of the store
// itself (or of ctx); waiting is not one.
type Store interface {
	// Reserve takes a slot for one call that is sent now, or says how long to wait
	// before asking again. It does not wait itself, and it is asked in the order
	// in which calls may go. Weight is from 1 to the rule's limit.
	Reserve(ctx context.Context, key string, class Class, rule Rule, weight int) (Grant, error)
	// Complete says that the call was answered, or that nobody waits for its answer
	// any more. Ids that are not known are ignored, and so is the second of two.
	Complete(ctx context.Context, key string, id uint64) error
	// Cancel says that the call was never sent. Ids that are not known are ignored.
	Cancel(ctx context.Context, key string, id uint64) error
	// Refuse completes a call that was answered with 429: the classes of its rule
	// stand still for the given time, and their limit halves. It reports whether it
	// did: of calls that were under way together only the first one halves it.
	Refuse(ctx context.Context, key string, id uint64, rule Rule, after time.Duration) (halved bool, err error)
	// Usage is the state of one rule.
	Usage(ctx context.Context, key string, rule Rule) (Usage, error)
	// Forget drops what refusals have taught.
	Forget(ctx context.Context, key string) error
	// Reset drops everything; for tests.
	Reset(ctx context.Context, key string) error
}

// Grant is the answer to a reservation: Wait is zero and the call may leave, or
// it may not, and ID has no meaning.
type Grant struct {
	ID   uint64
	Wait time.Duration // above zero: how long to wait, at least, before asking again
	// Refused is true when a refusal of the service is what holds the call back.
	Refused bool
}

// Usage is what counts against one rule at one moment.
type Usage struct {
	Rule     Rule          // as the caller gave it
	Limit    int           // what may be used of Rule.Limit now
	Percent  int           // the share that refusals have left of it, 100 when there were none
	InFlight int           // weight of the calls without an answer
	Returns  []Return      // the answered calls that still count, in the order in which their slots come free
	Blocked  time.Duration // a refusal holds all calls back for so long; zero: none does
	// LearnedFor is how long what refusals taught is still remembered.
	LearnedFor time.Duration
}

// Return is weight that comes free after a time.
type Return struct {
	After  time.Duration
	Weight int
}

// Current is the weight that counts now.
func (u Usage) Current() int {
	sum := u.InFlight
	for _, one := range u.Returns {
		sum += one.Weight
	}
	return sum
}

// NextFree is the time until a call of weight 1 can leave, zero when it can now.
// It is exact unless that slot is held by a call in flight: then exact is false,
// and the time is the earliest possible one.
func (u Usage) NextFree() (wait time.Duration, exact bool) {
	excess := u.Current() + 1 - u.Limit
	for _, one := range u.Returns {
		if excess <= 0 {
			break
		}
		wait = one.After
		excess -= one.Weight
	}
	if excess > 0 {
		return max(u.Rule.Window, u.Blocked), false
	}
	return max(wait, u.Blocked), true
}
