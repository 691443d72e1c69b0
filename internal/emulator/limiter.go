package emulator

import (
	"slices"
	"sync"
	"time"
)

// limiter counts calls in sliding windows and blocks for one window from the
// first call over a limit. Without a limit it only measures.
type limiter struct {
	mu     sync.Mutex
	limits Limits
	now    func() time.Time
	start  time.Time
	meters []*meter
	counts map[Class]*classCount
}

// meter counts the calls of a few classes that share a limit.
type meter struct {
	rule    limitRule
	limited bool // false: measured only, in the window of the seed profile
	windows map[string]*window
	most    int // calls seen in any one window of any one client or project
}

// window is what a meter has seen of one client or project; times are since
// the limiter's start.
type window struct {
	seen         []time.Duration // every call
	admitted     []time.Duration // those that were not refused
	blockedUntil time.Duration   // zero: not blocked
}

type classCount struct{ calls, limited int }

// classStats is one class as the control API lists it.
type classStats struct {
	Class       Class   `json:"class"`
	Calls       int     `json:"calls"`
	Limited     int     `json:"limited"`
	MaxInWindow int     `json:"max_in_window"`
	Limit       int     `json:"limit"`
	WindowMS    int64   `json:"window_ms"`
	SharedWith  []Class `json:"shared_with,omitempty"`
}

func newLimiter(limits Limits, now func() time.Time) *limiter {
	l := &limiter{limits: limits, now: now, start: now()}
	l.clear()
	return l
}

// clear forgets all counts, windows and blocks.
func (l *limiter) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meters, l.counts = nil, map[Class]*classCount{}
	for _, rule := range l.limits.rules {
		l.meters = append(l.meters, &meter{rule: rule, limited: true, windows: map[string]*window{}})
	}
	for _, class := range classes() {
		l.counts[class] = &classCount{}
		if l.limits.rule(class) == nil {
			rule := *seedLimits().rule(class)
			l.meters = append(l.meters, &meter{rule: rule, windows: map[string]*window{}})
		}
	}
}

// admit counts one call. The answer is zero when it may pass, else how long
// the block still lasts. The clock is read under the lock, so that no call is
// older than one counted before it.
func (l *limiter) admit(class Class, address, project string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := address
	if class.perProject() {
		key = project
	}
	count := l.counts[class]
	count.calls++
	blocked := l.meter(class).admit(key, l.now().Sub(l.start))
	if blocked > 0 {
		count.limited++
	}
	return blocked
}

func (l *limiter) meter(class Class) *meter {
	at := slices.IndexFunc(l.meters, func(m *meter) bool { return slices.Contains(m.rule.classes, class) })
	return l.meters[at]
}

func (m *meter) admit(key string, at time.Duration) time.Duration {
	w := m.windows[key]
	if w == nil {
		w = &window{}
		m.windows[key] = w
	}
	w.seen = append(after(w.seen, at-m.rule.window), at)
	m.most = max(m.most, len(w.seen))
	if !m.limited {
		return 0
	}
	if at < w.blockedUntil {
		return w.blockedUntil - at
	}
	w.admitted = after(w.admitted, at-m.rule.window)
	if len(w.admitted) >= m.rule.calls {
		w.blockedUntil = at + m.rule.window
		return m.rule.window
	}
	w.admitted = append(w.admitted, at)
	return 0
}

// after drops the times up to and including a point.
func after(times []time.Duration, point time.Duration) []time.Duration {
	gone, _ := slices.BinarySearch(times, point+1)
	if gone == len(times) {
		return times[:0]
	}
	return times[gone:]
}

// stats lists all classes. Classes that share a limit share the largest number
// of calls in a window as well.
func (l *limiter) stats() []classStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []classStats
	for _, class := range classes() {
		m, count := l.meter(class), l.counts[class]
		one := classStats{
			Class: class, Calls: count.calls, Limited: count.limited, MaxInWindow: m.most, WindowMS: m.rule.window.Milliseconds(),
			SharedWith: slices.DeleteFunc(slices.Clone(m.rule.classes), func(other Class) bool { return other == class }),
		}
		if m.limited {
			one.Limit = m.rule.calls
		}
		list = append(list, one)
	}
	return list
}
