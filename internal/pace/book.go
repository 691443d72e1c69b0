package pace

import (
	"errors"
	"slices"
	"sort"
	"time"
)

const (
	// leastHorizon is how long calls are remembered at least: the longest window
	// of the profiles, so that a run finds what one under another profile did.
	leastHorizon = time.Minute
	maxWindow    = 24 * time.Hour
	// maxMarks bounds a class's memory; beyond it neighbours are told apart no more.
	maxMarks   = 1 << 13
	maxFlights = 1 << 12
)

var errCrowded = errors.New("more calls are in flight than a rate limit's record can hold")

// book is the log of one scope: which calls are in flight, when the others had
// been answered, and what refusals have taught. It is plain data without a clock:
// whoever keeps it gives the time, in nanoseconds that never go back. All runs of
// a scope write to the same book, and each reads it by its own rules.
type book struct {
	next    uint64        // the id of the next reservation
	horizon time.Duration // how long calls are kept: the longest window that anybody has asked for
	tracks  [classCount]track
	flights []flight // in no order
	lessons [classCount]lesson
}

// flight is a reservation whose call has not been answered yet.
type flight struct {
	id      uint64
	at      int64 // when it was reserved
	class   Class
	weight  int
	owner   process       // zero in memory, where there is only one
	timeout time.Duration // how long after it was reserved a process that died can at most have waited for the answer
}

// process tells a process of this machine from all others, before and after it.
type process struct {
	pid   uint32
	start uint64 // when it was started, in a unit of the system's; zero where that is unknown
}

// track is the calls of one class that were answered, oldest first.
type track struct {
	marks []mark
	head  int // marks before it are forgotten
}

// mark is one call that was answered, or several that are told apart no more.
type mark struct {
	at     int64
	weight int
	total  int // weight of the class up to and with this mark, from any starting point
}

func newBook(firstID uint64) *book { return &book{next: firstID, horizon: leastHorizon} }

// reset empties the book. Ids of before do not come again.
func (b *book) reset() {
	for i := range b.tracks {
		b.tracks[i] = track{marks: b.tracks[i].marks[:0]}
	}
	b.flights, b.horizon, b.lessons = b.flights[:0], leastHorizon, [classCount]lesson{}
}

// reserve takes a slot for a call that will be sent now, or says how long to wait
// before it is worth asking again. The weight is from 1 to the rule's limit.
func (b *book) reserve(now int64, class Class, rule Rule, weight int) (Grant, error) {
	b.forget(now, rule.Window)
	if blocked := b.blocked(rule, now); blocked > 0 {
		return Grant{Wait: blocked, Refused: true}, nil
	}
	if excess := b.excess(now, rule, weight); excess > 0 {
		return Grant{Wait: b.wait(now, rule, excess)}, nil
	}
	if len(b.flights) >= maxFlights {
		return Grant{}, errCrowded
	}
	for _, member := range rule.Classes {
		b.lessons[member].granted(now, rule.Window)
	}
	id := b.next
	b.next++
	b.flights = append(b.flights, flight{id: id, at: now, class: class, weight: weight})
	return Grant{ID: id}, nil
}

// excess is how much must come back before a call fits. A call that is heavier
// than what a lesson has left of the limit goes when nothing else counts.
func (b *book) excess(now int64, rule Rule, weight int) int {
	used := b.used(now, rule)
	return min(used+weight-b.limit(now, rule), used)
}

// used is the weight that counts against a rule: what is in flight, and what was
// answered less than a window ago.
func (b *book) used(now int64, rule Rule) int {
	sum := b.inFlight(rule)
	for _, class := range rule.Classes {
		sum += b.tracks[class].since(now - int64(rule.Window))
	}
	return sum
}

func (b *book) inFlight(rule Rule) int {
	sum := 0
	for i := range b.flights {
		if slices.Contains(rule.Classes, b.flights[i].class) {
			sum += b.flights[i].weight
		}
	}
	return sum
}

// wait is how long it takes at least until so much weight has come back. It is
// exact where answered calls bring it. A call in flight is answered now at the
// earliest and comes back a window later; asking again then gives an answer that
// is exact, so nobody has to be told when a call ends.
func (b *book) wait(now int64, rule Rule, excess int) time.Duration {
	next := b.counted(now, rule)
	for excess > 0 {
		oldest, found := next()
		if !found {
			return rule.Window
		}
		excess -= oldest.weight
		if excess <= 0 {
			return time.Duration(oldest.at + int64(rule.Window) - now)
		}
	}
	return 0
}

// counted walks the answered calls that count against a rule, oldest first.
func (b *book) counted(now int64, rule Rule) (next func() (mark, bool)) {
	var at [classCount]int
	for _, class := range rule.Classes {
		at[class] = b.tracks[class].firstAfter(now - int64(rule.Window))
	}
	return func() (mark, bool) {
		var oldest mark
		var of Class
		found := false
		for _, class := range rule.Classes {
			marks := b.tracks[class].marks
			if i := at[class]; i < len(marks) && (!found || marks[i].at < oldest.at) {
				oldest, of, found = marks[i], class, true
			}
		}
		if found {
			at[of]++
		}
		return oldest, found
	}
}

// complete says that the call of a reservation was answered. The second result
// is false where nothing is known of the reservation.
func (b *book) complete(now int64, id uint64) (flight, bool) {
	ended, found := b.remove(id)
	if found {
		b.tracks[ended.class].add(now, ended.weight)
	}
	return ended, found
}

// remove takes a reservation back as if it had never been made.
func (b *book) remove(id uint64) (flight, bool) {
	for i, one := range b.flights {
		if one.id == id {
			last := len(b.flights) - 1
			b.flights[i] = b.flights[last]
			b.flights = b.flights[:last]
			return one, true
		}
	}
	return flight{}, false
}

// forget drops what no window holds any more. The horizon grows with the longest
// window that is asked for, and shrinks once nothing is left to remember.
func (b *book) forget(now int64, window time.Duration) {
	b.horizon = max(b.horizon, window)
	empty := len(b.flights) == 0
	for i := range b.tracks {
		b.tracks[i].drop(now - int64(b.horizon))
		empty = empty && len(b.tracks[i].live()) == 0
	}
	if empty {
		b.horizon = max(leastHorizon, window)
	}
}

// usage is what a rule's part of the book holds.
func (b *book) usage(now int64, rule Rule) Usage {
	usage := Usage{
		Rule: rule, Limit: b.limit(now, rule), Percent: b.percent(now, rule), InFlight: b.inFlight(rule),
		Blocked: b.blocked(rule, now), LearnedFor: b.learnedFor(now, rule),
	}
	for next := b.counted(now, rule); ; {
		one, found := next()
		if !found {
			return usage
		}
		usage.Returns = append(usage.Returns, Return{time.Duration(one.at + int64(rule.Window) - now), one.weight})
	}
}

func (t *track) live() []mark { return t.marks[t.head:] }

// firstAfter is the index in marks of the first one after a moment.
func (t *track) firstAfter(moment int64) int {
	live := t.live()
	return t.head + sort.Search(len(live), func(i int) bool { return live[i].at > moment })
}

// since is the weight of all calls that were answered after a moment.
func (t *track) since(moment int64) int {
	first := t.firstAfter(moment)
	if first == len(t.marks) {
		return 0
	}
	return t.marks[len(t.marks)-1].total - t.marks[first].total + t.marks[first].weight
}

func (t *track) add(at int64, weight int) {
	total := weight
	if live := t.live(); len(live) > 0 {
		last := live[len(live)-1]
		at = max(at, last.at) // two readings of the clock may be equal, and never go back
		total += last.total
	}
	if len(t.live()) >= maxMarks {
		t.thin()
	}
	t.marks = append(t.marks, mark{at, weight, total})
}

// drop forgets the calls that were answered at a moment or before.
func (t *track) drop(moment int64) {
	t.head = t.firstAfter(moment)
	if t.head > len(t.marks)/2 {
		t.marks = t.marks[:copy(t.marks, t.live())]
		t.head = 0
	}
}

// thin joins neighbours in pairs: the earlier counts as long as the later, so
// that never less is counted than was sent.
func (t *track) thin() {
	live := t.live()
	joined := t.marks[:0]
	for i := 0; i < len(live); i += 2 {
		one := live[i]
		if i+1 < len(live) {
			one = mark{live[i+1].at, one.weight + live[i+1].weight, live[i+1].total}
		}
		joined = append(joined, one)
	}
	t.marks, t.head = joined, 0
}
