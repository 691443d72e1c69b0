package flow

import (
	"cmp"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Matching finds which task and which screen of one flow is which of the other.
// It knows no numbers: first come parts that are the same with their
// surroundings, the widest first; then what hangs on matched parts by the same
// edge; then what is alike. Each step is polynomial, and no decision is ever
// taken back but for the exchange of two partners at the end.

// Bounds for documents far over [MaxTasks]: beyond them parts stay unmatched, and
// are told as removed and added.
const (
	maxSide  = 512
	maxPairs = maxSide * maxSide
)

// radius is how far a part's surroundings are looked at.
const radius = 8

// matching is the result: who is whose counterpart.
type matching struct {
	a, b   *network
	ab, ba []int // counterparts by vertex, -1 for none
}

// matcher is a matching in the making.
type matcher struct {
	*matching
	colA, colB [][]uint64
	alike      map[[2]int]float64
}

func match(before, after *graph) *matching {
	memo := map[resource.Value]content{}
	a, b := newNetwork(before, memo), newNetwork(after, memo)
	m := &matcher{
		matching: &matching{a: a, b: b, ab: make([]int, len(a.vertices)), ba: make([]int, len(b.vertices))},
		colA:     a.colours(radius), colB: b.colours(radius), alike: map[[2]int]float64{},
	}
	for i := range m.ab {
		m.ab[i] = -1
	}
	for i := range m.ba {
		m.ba[i] = -1
	}
	m.pair(0, 0)
	for r := radius; r >= 0; r-- {
		m.matchUnique(r)
		m.followAll(r)
	}
	for r := radius; r >= 0; r-- {
		m.matchTies(r, r == 0)
	}
	m.followAlike()
	m.matchTies(0, false)
	m.followAlike()
	m.matchAlike()
	m.exchange()
	return m.matching
}

func (m *matcher) pair(x, y int) { m.ab[x], m.ba[y] = y, x }

// taskOf is the counterpart of a task of the old flow, or nil.
func (m *matching) taskOf(id string) *task {
	if x, ok := m.a.ofTask[id]; ok && m.ab[x] >= 0 {
		return m.b.vertices[m.ab[x]].task
	}
	return nil
}

// taskBefore is the counterpart of a task of the new flow, or nil.
func (m *matching) taskBefore(id string) *task {
	if y, ok := m.b.ofTask[id]; ok && m.ba[y] >= 0 {
		return m.a.vertices[m.ba[y]].task
	}
	return nil
}

// screenOf is the counterpart of a screen of the old flow, or nil.
func (m *matching) screenOf(s *screen) *screen {
	if x, ok := m.a.ofScreen[s]; ok && m.ab[x] >= 0 {
		return m.b.vertices[m.ab[x]].screen
	}
	return nil
}

// group is the vertices of both sides that have one colour and no counterpart.
type group struct{ a, b []int }

// groups are in the order of the old flow's vertices.
func (m *matcher) groups(r int) []group {
	at := map[uint64]int{}
	var list []group
	for x, y := range m.ab {
		if y >= 0 {
			continue
		}
		i, known := at[m.colA[r][x]]
		if !known {
			i = len(list)
			at[m.colA[r][x]] = i
			list = append(list, group{})
		}
		list[i].a = append(list[i].a, x)
	}
	for y, x := range m.ba {
		if x >= 0 {
			continue
		}
		if i, known := at[m.colB[r][y]]; known {
			list[i].b = append(list[i].b, y)
		}
	}
	return list
}

// matchUnique pairs what is the only one of its colour on both sides.
func (m *matcher) matchUnique(r int) {
	for _, g := range m.groups(r) {
		if len(g.a) == 1 && len(g.b) == 1 {
			m.pair(g.a[0], g.b[0])
		}
	}
}

// followAll walks from every pair to those that hang on it.
func (m *matcher) followAll(r int) {
	var queue []int
	for x, y := range m.ab {
		if y >= 0 {
			queue = append(queue, x)
		}
	}
	m.follow(queue, r)
}

// follow pairs, from matched parts on, what hangs on both by the same edge, has
// the same colour, and is the only such.
func (m *matcher) follow(queue []int, r int) {
	for ; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		va, vb := &m.a.vertices[x], &m.b.vertices[m.ab[x]]
		queue = m.followLinks(queue, va.out, vb.out, r)
		queue = m.followLinks(queue, va.in, vb.in, r)
	}
}

func (m *matcher) followLinks(queue []int, la, lb []link, r int) []int {
	type key struct{ label, colour uint64 }
	open := map[key]*group{}
	for _, l := range la {
		if m.ab[l.to] < 0 {
			k := key{l.label, m.colA[r][l.to]}
			if open[k] == nil {
				open[k] = &group{}
			}
			if !slices.Contains(open[k].a, l.to) && len(open[k].a) < 2 {
				open[k].a = append(open[k].a, l.to)
			}
		}
	}
	if len(open) == 0 {
		return queue
	}
	for _, l := range lb {
		if m.ba[l.to] < 0 {
			if g := open[key{l.label, m.colB[r][l.to]}]; g != nil && !slices.Contains(g.b, l.to) && len(g.b) < 2 {
				g.b = append(g.b, l.to)
			}
		}
	}
	for _, l := range la { // not over the map, whose order is chance
		g := open[key{l.label, m.colA[r][l.to]}]
		if g != nil && len(g.a) == 1 && len(g.b) == 1 && m.ab[g.a[0]] < 0 && m.ba[g.b[0]] < 0 {
			m.pair(g.a[0], g.b[0])
			queue = append(queue, g.a[0])
		}
	}
	return queue
}

// matchTies pairs what has the same colour as others too. The surroundings
// decide; where they do not, either choice is as good.
func (m *matcher) matchTies(r int, onlySupported bool) {
	for _, g := range m.groups(r) {
		if len(g.b) == 0 {
			continue
		}
		if len(g.a)*len(g.b) > maxPairs {
			g.a, g.b = g.a[:min(len(g.a), maxSide)], g.b[:min(len(g.b), maxSide)]
		}
		var list []candidate
		for _, x := range g.a {
			for _, y := range g.b {
				if support := m.support(x, y); support > 0 || !onlySupported {
					list = append(list, candidate{x, y, float64(support)})
				}
			}
		}
		m.takeBest(list, r)
	}
}

// candidate is a possible pair.
type candidate struct {
	x, y  int
	score float64
}

// takeBest pairs the best candidates first and follows each new pair.
func (m *matcher) takeBest(list []candidate, r int) (taken bool) {
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	for _, c := range list {
		if m.ab[c.x] < 0 && m.ba[c.y] < 0 {
			m.pair(c.x, c.y)
			m.follow([]int{c.x}, r)
			taken = true
		}
	}
	return taken
}

// maxSupport bounds how many edges of one part are counted.
const maxSupport = 32

// support is the number of edges of x whose other end is matched to that of an
// edge of y under the same label.
func (m *matcher) support(x, y int) int {
	return m.common(m.a.vertices[x].out, m.b.vertices[y].out) + m.common(m.a.vertices[x].in, m.b.vertices[y].in)
}

func (m *matcher) common(la, lb []link) int {
	count := 0
	for _, l := range la[:min(len(la), maxSupport)] {
		if y := m.ab[l.to]; y >= 0 && slices.Contains(lb[:min(len(lb), 2*maxSupport)], link{l.label, y}) {
			count++
		}
	}
	return count
}
