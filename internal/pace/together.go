package pace

import (
	"context"
	"slices"
	"time"
)

// TryAcquire takes a slot for one call if one is free now and nobody waits for it;
// it never waits. Of a class that is off there is always one.
func (b *Budget) TryAcquire(ctx context.Context, class Class) (slot Slot, taken bool, err error) {
	if class >= classCount || b.lanes[class] == nil {
		return Slot{class: class}, true, nil
	}
	lane := b.lanes[class]
	if !lane.queue.tryEnter() {
		return Slot{}, false, nil
	}
	defer lane.queue.leave()
	grant, err := lane.store.Reserve(ctx, lane.key, class, lane.rule, 1)
	if err != nil || grant.Wait > 0 {
		return Slot{}, false, err
	}
	return Slot{lane, grant.ID, class}, true, nil
}

// tryEnter takes the turn if nobody has it.
func (q *queue) tryEnter() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy {
		return false
	}
	q.busy = true
	return true
}

// Party is one of several that call the same host at the same time, each under
// rules of its own: every call counts against the rules of all.
type Party struct {
	Project string  // tells apart the limits that count per project
	Usages  []Usage // of its budget, before anybody has called
	Loads   []Load  // one after the other
	Workers int     // at most so many of its calls are in flight
	// Reserved is how many slots of each class it has taken beforehand, after the
	// usages were read.
	Reserved map[Class]int
	After    []int // the parties, by their index, that have to end before it begins
}

// EstimateTogether is [Estimate] for several at once, of whose calls at most
// workers are in flight together.
func EstimateTogether(parties []Party, workers int, latency time.Duration) time.Duration {
	model := newModel(parties, workers, latency)
	for model.step() {
	}
	end := time.Duration(0)
	for i := range model.parties {
		end = max(end, model.parties[i].end)
	}
	return end
}

// never is a time that does not come while things are as they are.
const never = time.Duration(1<<63 - 1)

// model is what several do, call by call.
type model struct {
	latency time.Duration
	parties []modelParty
	lanes   []*modelLane
	pool    []time.Duration // when each worker of all is free
	turn    int             // the call that was sent last
}

type modelParty struct {
	Party
	load  int             // the load that it is at
	made  int             // how many of its calls have left
	start time.Duration   // of the load
	end   time.Duration   // of the last call so far
	busy  []time.Duration // when each of its workers is free
	next  int             // the worker of its next call
	last  int             // its turn
}

// modelLane is a rule in the future; those who have the same one share it.
type modelLane struct {
	rule    Rule
	project string // empty where the rule counts per host
	limit   int
	from    time.Duration   // nothing leaves before
	slots   []time.Duration // when the slots that are in use come free, in order
	held    int             // slots that were taken for calls that have not left
}

func newModel(parties []Party, workers int, latency time.Duration) *model {
	m := &model{latency: latency, pool: make([]time.Duration, max(workers, 1))}
	for _, party := range parties {
		m.parties = append(m.parties, modelParty{Party: party, busy: make([]time.Duration, max(party.Workers, 1))})
		for _, usage := range party.Usages {
			if m.lane(party, usage.Rule) == nil {
				m.lanes = append(m.lanes, newModelLane(party, usage, latency))
			}
		}
	}
	for _, party := range parties {
		for class, count := range party.Reserved {
			m.eachLane(party, class, func(lane *modelLane) { lane.held += count })
		}
	}
	return m
}

func newModelLane(party Party, usage Usage, latency time.Duration) *modelLane {
	lane := &modelLane{rule: usage.Rule, project: projectOf(party, usage.Rule), limit: max(usage.Limit, 1), from: usage.Blocked}
	for _, one := range usage.Returns {
		lane.slots = slices.AppendSeq(lane.slots, repeat(one.After, one.Weight))
	}
	lane.slots = slices.AppendSeq(lane.slots, repeat(latency+usage.Rule.Window, usage.InFlight))
	return lane
}

func repeat(value time.Duration, times int) func(yield func(time.Duration) bool) {
	return func(yield func(time.Duration) bool) {
		for range times {
			if !yield(value) {
				return
			}
		}
	}
}

func projectOf(party Party, rule Rule) string {
	if rule.Classes[0].PerProject() {
		return party.Project
	}
	return ""
}

// lane is the one of a party's rule; nil where there is none yet.
func (m *model) lane(party Party, rule Rule) *modelLane {
	for _, lane := range m.lanes {
		same := lane.rule.Limit == rule.Limit && lane.rule.Window == rule.Window && slices.Equal(lane.rule.Classes, rule.Classes)
		if same && lane.project == projectOf(party, rule) {
			return lane
		}
	}
	return nil
}

// own is the lane that a party's calls of a class wait in; nil where they do not wait.
func (m *model) own(party Party, class Class) *modelLane {
	for _, usage := range party.Usages {
		if slices.Contains(usage.Rule.Classes, class) {
			return m.lane(party, usage.Rule)
		}
	}
	return nil
}

// eachLane visits all lanes that a party's call counts in.
func (m *model) eachLane(party Party, class Class, visit func(*modelLane)) {
	for _, lane := range m.lanes {
		if slices.Contains(lane.rule.Classes, class) && lane.project == projectOf(party, lane.rule) {
			visit(lane)
		}
	}
}

// step lets the call leave that can leave first; among several it is that of the
// party whose last one is the longest ago. It reports whether there was one.
func (m *model) step() bool {
	first, leave := -1, never
	for i := range m.parties {
		m.advance(&m.parties[i])
		at := m.earliest(&m.parties[i])
		if at < leave || (at == leave && at < never && m.parties[i].last < m.parties[first].last) {
			first, leave = i, at
		}
	}
	if first < 0 {
		return false
	}
	m.send(&m.parties[first], leave)
	return true
}

// advance goes on to the next load that has calls.
func (m *model) advance(p *modelParty) {
	for p.load < len(p.Loads) && p.made >= p.Loads[p.load].Calls {
		p.end = max(p.end, p.start+time.Duration(p.Loads[p.load].Longest)*m.latency)
		p.load, p.made = p.load+1, 0
		if !m.isDone(p) && !p.Loads[p.load].Beside {
			p.start = p.end
		}
	}
}

func (m *model) isDone(p *modelParty) bool { return p.load >= len(p.Loads) }

// earliest is when a party's next call can leave.
func (m *model) earliest(p *modelParty) time.Duration {
	if m.isDone(p) {
		return never
	}
	at := max(p.start, p.busy[p.next], slices.Min(m.pool))
	for _, other := range p.After {
		if !m.isDone(&m.parties[other]) {
			return never
		}
		at = max(at, m.parties[other].end)
	}
	class := p.Loads[p.load].Class
	if lane := m.own(p.Party, class); lane != nil {
		at = max(at, lane.from)
		if p.Reserved[class] <= m.used(p, class) {
			at = lane.free(at)
		}
	}
	return at
}

// used is how many calls of a class a party has sent.
func (m *model) used(p *modelParty, class Class) int {
	used := 0
	for i, load := range p.Loads[:min(p.load+1, len(p.Loads))] {
		switch {
		case load.Class != class:
		case i == p.load:
			used += p.made
		default:
			used += load.Calls
		}
	}
	return used
}

// free is the moment from a given one on at which a slot is free.
func (l *modelLane) free(at time.Duration) time.Duration {
	over := len(l.slots) - (l.limit - l.held)
	switch {
	case over < 0:
		return at
	case over >= len(l.slots):
		return never
	}
	return max(at, l.slots[over])
}

// send lets a party's next call leave.
func (m *model) send(p *modelParty, leave time.Duration) {
	class := p.Loads[p.load].Class
	reserved := p.Reserved[class] > m.used(p, class)
	m.eachLane(p.Party, class, func(lane *modelLane) {
		if reserved {
			lane.held--
		}
		back := leave + m.latency + lane.rule.Window
		at, _ := slices.BinarySearch(lane.slots, back)
		lane.slots = slices.Insert(lane.slots, at, back)
	})
	m.pool[slices.Index(m.pool, slices.Min(m.pool))] = leave + m.latency
	p.busy[p.next] = leave + m.latency
	p.next = (p.next + 1) % len(p.busy)
	p.made++
	p.end = max(p.end, leave+m.latency)
	m.turn++
	p.last = m.turn
}
