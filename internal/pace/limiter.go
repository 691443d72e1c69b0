package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limiter is the queue of one process in front of a store. It has no goroutines
// of its own: whoever waits for a slot waits on its own.
type Limiter struct {
	store Store

	mu     sync.Mutex
	queues map[queueName]*queue
}

// queueName tells apart what waits for different slots.
type queueName struct {
	key     string
	classes [classCount]bool
}

// NewLimiter returns a limiter in front of a store.
func NewLimiter(store Store) *Limiter {
	return &Limiter{store: store, queues: map[queueName]*queue{}}
}

// Budget is what the calls to one project may use under some rules. Budgets of
// one limiter share the slots of their host, and those of one project all.
type Budget struct {
	limiter *Limiter
	lanes   [classCount]*lane // nil where a class is off
	order   []*lane           // each once, in the order of classes
	keys    []string          // of the scopes that the lanes lie in
}

// lane is the way of one rule's calls.
type lane struct {
	store Store
	key   string
	rule  Rule
	queue *queue
}

// Budget gives access to a project's slots. The host counts without regard to
// case; a port is part of it. The rules must be well formed, as [ParseRules]
// makes them.
func (l *Limiter) Budget(host, project string, rules Rules) (*Budget, error) {
	budget := &Budget{limiter: l}
	for _, rule := range rules {
		if err := rule.check(); err != nil {
			return nil, err
		}
		key := scope(host, project, rule.Classes[0])
		one := &lane{store: l.store, key: key, rule: rule, queue: l.queue(key, rule)}
		for _, class := range rule.Classes {
			if budget.lanes[class] != nil {
				return nil, fmt.Errorf("rate limits: the class %s is under two of them", class)
			}
			budget.lanes[class] = one
		}
		if !slices.Contains(budget.keys, key) {
			budget.keys = append(budget.keys, key)
		}
	}
	for _, one := range budget.lanes {
		if one != nil && !slices.Contains(budget.order, one) {
			budget.order = append(budget.order, one)
		}
	}
	return budget, nil
}

func (r Rule) check() error {
	switch {
	case len(r.Classes) == 0:
		return errors.New("rate limits: a rule names no class")
	case slices.Max(r.Classes) >= classCount:
		return fmt.Errorf("rate limits: there is no %s", slices.Max(r.Classes))
	case slices.ContainsFunc(r.Classes, func(c Class) bool { return c.PerProject() != r.Classes[0].PerProject() }):
		return errors.New("rate limits: calls that count per project and others cannot share a rule")
	case r.Limit < 1 || r.Limit > maxLimit:
		return fmt.Errorf("rate limits: %d calls of class %s is not from 1 to %d", r.Limit, r.Classes[0], maxLimit)
	case r.Window <= 0 || r.Window > maxWindow:
		return fmt.Errorf("rate limits: the window %s of class %s is not above zero and up to %s", r.Window, r.Classes[0], maxWindow)
	}
	return nil
}

// scope is the key of the book that a class's calls are in.
func scope(host, project string, class Class) string {
	host = strings.ToLower(host)
	if class.PerProject() {
		return host + "/" + project
	}
	return host
}

func (l *Limiter) queue(key string, rule Rule) *queue {
	name := queueName{key: key}
	for _, class := range rule.Classes {
		name.classes[class] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queues[name] == nil {
		l.queues[name] = &queue{wake: make(chan struct{}, 1)}
	}
	return l.queues[name]
}

// wake lets whoever is next in any queue ask again at once.
func (l *Limiter) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, queue := range l.queues {
		queue.nudge()
	}
}

// Slot is the right to make one call. It ends with exactly one of Done, Refused
// and Cancel; a second one has no effect. The zero value is the slot of a class
// that is off, and does nothing.
type Slot struct {
	lane  *lane
	id    uint64
	class Class
}

// Acquire waits for a slot. Whoever comes first gets the first one, among all
// that share a rule in this process, whatever their weights. The weight is how
// many calls it counts as at the service, from 1 to the limit. When the context
// ends first, its error comes back and no slot is taken.
func (b *Budget) Acquire(ctx context.Context, class Class, weight int) (Slot, error) {
	if err := ctx.Err(); err != nil {
		return Slot{}, err
	}
	if class >= classCount || b.lanes[class] == nil {
		return Slot{class: class}, nil
	}
	lane := b.lanes[class]
	if weight < 1 || weight > lane.rule.Limit {
		return Slot{}, fmt.Errorf("rate limit: a call of weight %d never fits into %d calls of class %s", weight, lane.rule.Limit, class)
	}
	if err := lane.queue.enter(ctx); err != nil {
		return Slot{}, err
	}
	defer lane.queue.leave()
	for {
		grant, err := lane.store.Reserve(ctx, lane.key, class, lane.rule, weight)
		if err != nil {
			return Slot{}, fmt.Errorf("rate limit: %w", err)
		}
		if grant.Wait <= 0 {
			return Slot{lane, grant.ID, class}, nil
		}
		if err := lane.queue.sleep(ctx, grant.Wait); err != nil {
			return Slot{}, err
		}
	}
}

// Done says that the call has its answer, read to its end, or has failed without
// one. The slot comes back one window later.
func (s Slot) Done() {
	if s.lane != nil {
		// A store that fails here keeps the slot taken: slower, never faster.
		_ = s.lane.store.Complete(context.Background(), s.lane.key, s.id)
	}
}

// Cancel says that the call was not sent. The slot is free at once.
func (s Slot) Cancel() {
	if s.lane == nil {
		return
	}
	_ = s.lane.store.Cancel(context.Background(), s.lane.key, s.id) // see Done
	s.lane.queue.nudge()
}

// Refused says that the call was answered with 429. All calls under the same
// rule are held back for retryAfter (a minute where the service gave none, and
// ten at most) and go on at half of the limit. It reports whether this answer is
// what halved it: others under way together repeat what is known.
func (s Slot) Refused(retryAfter time.Duration, given bool) (halved bool) {
	if s.lane == nil {
		return false
	}
	halved, _ = s.lane.store.Refuse(context.Background(), s.lane.key, s.id, s.lane.rule, believed(retryAfter, given))
	return halved
}

// Usage is the state of the rule that a class is under; found is false where
// the class is off.
func (b *Budget) Usage(ctx context.Context, class Class) (usage Usage, found bool, err error) {
	if class >= classCount || b.lanes[class] == nil {
		return Usage{}, false, nil
	}
	lane := b.lanes[class]
	usage, err = lane.store.Usage(ctx, lane.key, lane.rule)
	return usage, true, err
}

// Usages are the states of all rules, in the order of their classes.
func (b *Budget) Usages(ctx context.Context) ([]Usage, error) {
	list := make([]Usage, len(b.order))
	for i, lane := range b.order {
		usage, err := lane.store.Usage(ctx, lane.key, lane.rule)
		if err != nil {
			return nil, err
		}
		list[i] = usage
	}
	return list, nil
}

// NextFree is [Usage.NextFree] of the class's rule; zero where it is off.
func (b *Budget) NextFree(ctx context.Context, class Class) (wait time.Duration, exact bool, err error) {
	usage, found, err := b.Usage(ctx, class)
	if err != nil || !found {
		return 0, err == nil, err
	}
	wait, exact = usage.NextFree()
	return wait, exact, nil
}

// Forget drops what refusals have taught about this host and project, for all
// processes that share the store.
func (b *Budget) Forget(ctx context.Context) error { return b.each(ctx, b.limiter.store.Forget) }

// Reset empties the books of this host and project; for tests.
func (b *Budget) Reset(ctx context.Context) error { return b.each(ctx, b.limiter.store.Reset) }

func (b *Budget) each(ctx context.Context, change func(context.Context, string) error) error {
	defer b.limiter.wake()
	for _, key := range b.keys {
		if err := change(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
