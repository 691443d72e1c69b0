package cli

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// gathering brings together those who read at the same time, one for each
// environment. They begin when it is known of all what they will read. All calls to
// a host count against the limits of each of them, so that those with the strictest
// limits take their slots before the others fill the window; who cannot take all
// that it needs goes first, and the others wait for it.
type gathering struct {
	app      *App // it says how long the reads take
	started  time.Time
	decoding turns // of what takes the processors for long

	mu      sync.Mutex
	open    int              // members that have neither come nor gone
	members []*member        // those that have come
	crews   map[string]*crew // by host
	ready   chan struct{}    // closed once all have come or gone
	begun   time.Time        // when that was
	told    bool
	listing int             // lists of flows that were not answered so far
	lists   []time.Duration // how long the first calls of each have taken
	samples []time.Duration // how long those after them have
}

// member is one of a gathering. Of nil, nothing is shared and nothing is told.
type member struct {
	gathering *gathering
	index     int // its place in the order of the environments
	session   *session
	loads     []pace.Load
	crew      *crew
	usages    []pace.Usage  // of its budget, before anybody called
	before    []*member     // those that it waits for
	ended     chan struct{} // closed when it has gone

	// What follows is under the gathering's lock.
	came, gone bool
	listing    bool                       // its list of flows was not answered so far
	slots      map[pace.Class][]pace.Slot // taken beforehand, and not used so far
	taken      map[pace.Class]int         // how many were taken
	answered   int                        // calls
}

// newGathering expects that many, for a command that was started at a time.
func newGathering(a *App, count int, started time.Time) (*gathering, []*member) {
	g := &gathering{app: a, started: started, decoding: newTurns(), open: count, crews: map[string]*crew{}, ready: make(chan struct{})}
	members := make([]*member, count)
	for i := range members {
		members[i] = &member{gathering: g, index: i, ended: make(chan struct{}), slots: map[pace.Class][]pace.Slot{}, taken: map[pace.Class]int{}}
	}
	return g, members
}

// begin says what this session is about to read, and waits until it may. Only the
// first time counts: a plan may be made twice.
func (s *session) begin(ctx context.Context, loads []pace.Load) error {
	m := s.app.member
	if m == nil || !m.come(ctx, s, loads) {
		return nil
	}
	waits := []<-chan struct{}{m.gathering.ready}
	for i := 0; i < len(waits); i++ {
		select {
		case <-waits[i]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if i == 0 { // now it is known whom it waits for
			for _, other := range m.before {
				waits = append(waits, other.ended)
			}
		}
	}
	return nil
}

func (m *member) come(ctx context.Context, s *session, loads []pace.Load) (first bool) {
	g := m.gathering
	g.mu.Lock()
	defer g.mu.Unlock()
	if m.came {
		return false
	}
	m.came, m.session, m.loads = true, s, loads
	g.members = append(g.members, m)
	g.arrived(ctx)
	return true
}

// end says that a member makes no more calls, whether it has made any or not.
func (m *member) end(ctx context.Context) {
	g := m.gathering
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, slots := range m.slots {
		for _, slot := range slots {
			slot.Cancel()
		}
	}
	clear(m.slots)
	m.listed()
	if m.gone = true; !m.came {
		g.arrived(ctx)
	}
	g.tellIfKnown()
	close(m.ended)
}

// arrived counts one more that has come or gone, and lets all begin with the last.
func (g *gathering) arrived(ctx context.Context) {
	if g.open--; g.open > 0 {
		return
	}
	slices.SortFunc(g.members, func(a, b *member) int { return cmp.Compare(a.index, b.index) })
	for _, together := range g.byHost() {
		g.admit(ctx, together)
	}
	g.awaitLists()
	if g.begun = g.app.Now(); len(g.members) > 0 && g.heldBack() {
		g.tell(assumedLatency)
	}
	close(g.ready)
}

// byHost groups the members by the host that they call, the strictest limits first.
func (g *gathering) byHost() [][]*member {
	groups := map[string][]*member{}
	var hosts []string
	for _, m := range g.members {
		if groups[m.session.host] == nil {
			hosts = append(hosts, m.session.host)
		}
		groups[m.session.host] = append(groups[m.session.host], m)
	}
	var list [][]*member
	for _, host := range hosts {
		slices.SortStableFunc(groups[host], func(a, b *member) int { return cmp.Compare(a.rate(), b.rate()) })
		list = append(list, groups[host])
	}
	return list
}

// rate is how many calls a second a member's limits allow, by the strictest of those
// that count for the whole host.
func (m *member) rate() float64 {
	const free = 1e9
	rate := float64(free)
	for _, rule := range m.session.limits {
		if !rule.Classes[0].PerProject() {
			rate = min(rate, float64(rule.Limit)/rule.Window.Seconds())
		}
	}
	return rate
}

// admit takes slots for all but those with the laxest limits. Whose slots could not
// all be taken is waited for.
func (g *gathering) admit(ctx context.Context, together []*member) {
	for _, m := range together {
		m.usages, _ = m.session.budget.Usages(ctx) // without them the estimate knows no limit
	}
	laxest := together[len(together)-1].rate()
	var unsure []*member
	for _, m := range together {
		m.before = slices.DeleteFunc(slices.Clone(unsure), func(other *member) bool { return other.rate() == m.rate() })
		if m.rate() < laxest && (len(m.before) > 0 || !m.reserve(ctx)) {
			unsure = append(unsure, m)
		}
	}
}

// reserve takes a slot for each call, as far as they are free. It reports whether
// they all were.
func (m *member) reserve(ctx context.Context) (complete bool) {
	for _, load := range m.loads {
		for range load.Calls {
			slot, taken, err := m.session.budget.TryAcquire(ctx, load.Class)
			if err != nil || !taken {
				return false
			}
			m.slots[load.Class] = append(m.slots[load.Class], slot)
			m.taken[load.Class]++
		}
	}
	return true
}

// connect counts the workers of a session among those that may call its host.
func (m *member) connect(s *session) {
	if m == nil {
		return
	}
	g := m.gathering
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.crews[s.host] == nil {
		g.crews[s.host] = &crew{}
	}
	m.crew = g.crews[s.host]
	m.crew.widen(s.workers())
}

// reserved gives a slot that was taken beforehand.
func (m *member) reserved(class pace.Class) (pace.Slot, bool) {
	if m == nil {
		return pace.Slot{}, false
	}
	m.gathering.mu.Lock()
	defer m.gathering.mu.Unlock()
	slots := m.slots[class]
	if len(slots) == 0 {
		return pace.Slot{}, false
	}
	m.slots[class] = slots[1:]
	return slots[0], true
}

// enter waits for a worker of the host.
func (m *member) enter(ctx context.Context) error {
	if m == nil {
		return nil
	}
	return m.crew.enter(ctx, m.index)
}

// now is the time where somebody asks how long calls take.
func (m *member) now() time.Time {
	if m == nil {
		return time.Time{}
	}
	return m.gathering.app.Now()
}

// leave gives the worker back, and learns how long the call took.
func (m *member) leave(class pace.Class, left time.Time, outcome descope.Outcome) {
	if m == nil {
		return
	}
	m.crew.leave()
	g := m.gathering
	g.mu.Lock()
	defer g.mu.Unlock()
	if class == pace.ClassOther {
		m.listed()
	}
	if m.answered++; outcome.Status >= 200 && outcome.Status < 300 && !g.told {
		into := &g.samples
		if m.answered <= listCalls {
			into = &g.lists
		}
		*into = append(*into, g.app.Now().Sub(left))
	}
	g.tellIfKnown()
}

// crew are the workers that all who call one host have together. Who comes first in
// the order of the environments gets them first: so one is compared while the next is
// read, and the first results are there early.
type crew struct {
	mu      sync.Mutex
	size    int
	busy    int
	waiting []waiting // in the order of the environments, then in that of asking
}

// waiting is one that asks for a worker.
type waiting struct {
	index int
	turn  chan struct{} // closed when a worker comes
}

// widen makes the crew at least so large.
func (c *crew) widen(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size = max(c.size, size)
}

// enter waits for a worker for the environment at this place in the order.
func (c *crew) enter(ctx context.Context, index int) error {
	c.mu.Lock()
	if c.busy < c.size {
		c.busy++
		c.mu.Unlock()
		return nil
	}
	one := waiting{index: index, turn: make(chan struct{})}
	at, _ := slices.BinarySearchFunc(c.waiting, index+1, func(other waiting, next int) int { return cmp.Compare(other.index, next) })
	c.waiting = slices.Insert(c.waiting, at, one)
	c.mu.Unlock()
	select {
	case <-one.turn:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	at = slices.Index(c.waiting, one)
	if at >= 0 {
		c.waiting = slices.Delete(c.waiting, at, at+1)
	}
	c.mu.Unlock()
	if at < 0 {
		c.leave() // the worker has come at the same moment
	}
	return context.Cause(ctx)
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy--
		return
	}
	close(c.waiting[0].turn)
	c.waiting = slices.Delete(c.waiting, 0, 1)
}
