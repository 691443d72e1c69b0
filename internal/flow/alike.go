package flow

import (
	"cmp"
	"slices"
)

// maxFan bounds the edges of one label among which an alike part is looked for.
const maxFan = 8

// minAlike is how alike two parts must be to be versions of one.
const minAlike = 0.3

// followAlike pairs what hangs on matched parts by the same edge and is a version
// of one thing, the most alike first.
func (m *matcher) followAlike() {
	for {
		var list []candidate
		for x, y := range m.ab {
			if y >= 0 {
				list = m.alikeLinks(list, m.a.vertices[x].out, m.b.vertices[y].out)
				list = m.alikeLinks(list, m.a.vertices[x].in, m.b.vertices[y].in)
			}
		}
		if !m.takeBest(list, 0) {
			return
		}
	}
}

func (m *matcher) alikeLinks(list []candidate, la, lb []link) []candidate {
	byLabel := map[uint64]*group{}
	for _, l := range la {
		if m.ab[l.to] < 0 {
			g := byLabel[l.label]
			if g == nil {
				g = &group{}
				byLabel[l.label] = g
			}
			g.a = append(g.a, l.to)
		}
	}
	if len(byLabel) == 0 {
		return list
	}
	for _, l := range lb {
		if g := byLabel[l.label]; g != nil && m.ba[l.to] < 0 {
			g.b = append(g.b, l.to)
		}
	}
	for _, l := range la {
		g := byLabel[l.label]
		if g == nil || m.ab[l.to] >= 0 || len(g.a) > maxFan || len(g.b) > maxFan {
			continue
		}
		for _, y := range g.b {
			if m.areVersions(l.to, y) {
				list = append(list, candidate{l.to, y, m.likeness(l.to, y) + float64(m.support(l.to, y))})
			}
		}
	}
	return list
}

// matchAlike pairs what is left, wherever it stands.
func (m *matcher) matchAlike() {
	var restA, restB []int
	for x, y := range m.ab {
		if y < 0 {
			restA = append(restA, x)
		}
	}
	for y, x := range m.ba {
		if x < 0 {
			restB = append(restB, y)
		}
	}
	if len(restA)*len(restB) > maxPairs {
		restA, restB = restA[:min(len(restA), maxSide)], restB[:min(len(restB), maxSide)]
	}
	var list []candidate
	for _, x := range restA {
		for _, y := range restB {
			if score := m.likeness(x, y); score >= 0.5 && m.areVersions(x, y) {
				list = append(list, candidate{x, y, score + float64(m.support(x, y))})
			}
		}
	}
	m.takeBest(list, 0)
}

// areVersions reports whether two parts can be the same thing before and after a
// change: what they do is the same, or their name.
func (m *matcher) areVersions(x, y int) bool {
	va, vb := &m.a.vertices[x], &m.b.vertices[y]
	if va.task == nil || vb.task == nil {
		return va.screen != nil && vb.screen != nil && m.likeness(x, y) >= minAlike
	}
	ta, tb := va.task, vb.task
	if ta.kind != tb.kind {
		return false
	}
	if ta.name == tb.name && ta.name != "" {
		return true
	}
	switch ta.kind {
	case kindScreen:
		sa, sb := m.a.g.screenOf(ta), m.b.g.screenOf(tb)
		if sa == nil || sb == nil {
			return sa == sb
		}
		sx, sy := m.a.ofScreen[sa], m.b.ofScreen[sb]
		return m.ab[sx] == sy || m.ab[sx] < 0 && m.ba[sy] < 0 && m.likeness(sx, sy) >= minAlike
	case kindAutomated:
		return ta.action == tb.action
	default:
		return jaccard(va.traits, vb.traits) >= minAlike
	}
}

// likeness is between 0, nothing in common, and 1.
func (m *matcher) likeness(x, y int) float64 {
	if score, known := m.alike[[2]int{x, y}]; known {
		return score
	}
	va, vb := &m.a.vertices[x], &m.b.vertices[y]
	score := 0.0
	switch {
	case va.task != nil && vb.task != nil:
		if va.task.kind == vb.task.kind {
			score = 0.4 * jaccard(va.traits, vb.traits)
			if va.task.action == vb.task.action {
				score += 0.3
			}
			if va.task.name == vb.task.name {
				score += 0.3
			}
		}
	case va.screen != nil && vb.screen != nil:
		score = jaccard(va.traits, vb.traits)
	}
	m.alike[[2]int{x, y}] = score
	return score
}

// jaccard is the share of what two sets have in common; two empty ones are equal.
func jaccard(a, b map[uint64]bool) float64 {
	common := 0
	for trait := range a {
		if b[trait] {
			common++
		}
	}
	if all := len(a) + len(b) - common; all > 0 {
		return float64(common) / float64(all)
	}
	return 1
}

// maxExchange bounds how many pairs are tried for an exchange of partners.
const maxExchange = 24

// maxRounds bounds how often that is done: an exchange can bring to light that the
// neighbours must follow.
const maxRounds = 4

// exchange lets two pairs of tasks swap partners where that leaves fewer
// differences: a change beside a task can make its twin look like it. In graphs
// that are full of twins it settles one change in eight.
func (m *matcher) exchange() {
	for range maxRounds {
		if !m.exchangeOnce() {
			return
		}
	}
}

// exchangeOnce tries what is in doubt now, and reports whether anything changed.
func (m *matcher) exchangeOnce() (changed bool) {
	var doubtful []candidate
	for x, y := range m.ab {
		if y > 0 && m.a.vertices[x].task != nil {
			if cost := m.cost(x, y); cost > 0 {
				doubtful = append(doubtful, candidate{x, y, float64(cost)})
			}
		}
	}
	slices.SortStableFunc(doubtful, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	for _, c := range doubtful[:min(len(doubtful), maxExchange)] {
		for other := range m.ab {
			changed = m.tryExchange(c.x, other) || changed
		}
	}
	return changed
}

// tryExchange swaps the partners of two tasks, and back again where that is not better.
func (m *matcher) tryExchange(x, x2 int) (better bool) {
	y, y2 := m.ab[x], m.ab[x2]
	if y2 < 0 || x2 == x || !m.mayExchange(x, x2) {
		return false
	}
	before := m.cost(x, y) + m.cost(x2, y2)
	m.pair(x, y2)
	m.pair(x2, y)
	if m.cost(x, y2)+m.cost(x2, y) < before {
		return true
	}
	m.pair(x, y)
	m.pair(x2, y2)
	return false
}

// mayExchange is true for tasks of one kind that do the same.
func (m *matcher) mayExchange(x, x2 int) bool {
	a, b := m.a.vertices[x].task, m.a.vertices[x2].task
	return a != nil && b != nil && a.kind == b.kind && a.action == b.action
}

// cost counts the differences that a pair makes: its content, and the edges on
// either side that the other lacks.
func (m *matcher) cost(x, y int) int {
	va, vb := &m.a.vertices[x], &m.b.vertices[y]
	cost := 0
	if va.content != vb.content {
		cost = 2
	}
	support := m.support(x, y)
	degree := func(v *vertex) int { return min(len(v.out), maxSupport) + min(len(v.in), maxSupport) }
	return cost + degree(va) + degree(vb) - 2*support
}
