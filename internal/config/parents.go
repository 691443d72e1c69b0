package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// maxLevels is how many levels of tenants are thought sensible.
const maxLevels = 3

// parentEdge is one "parent" in the configuration.
type parentEdge struct {
	child  int32
	parent string
	at     resource.Position
}

// hierarchy is what the configuration says about parents, by tenant number.
type hierarchy struct {
	edge  []int32 // number of the tenant's edge; -1 for none
	above []int32 // the configured parent; -1 for none
	level []int32 // from 1; 0 when not known yet
}

func newHierarchy(count int, edges []parentEdge, find func(id string) (int32, bool)) *hierarchy {
	h := &hierarchy{edge: make([]int32, count), above: make([]int32, count), level: make([]int32, count)}
	for i := range count {
		h.edge[i], h.above[i] = -1, -1
	}
	for i, edge := range edges {
		h.edge[edge.child] = int32(i)
		if parent, found := find(edge.parent); found {
			h.above[edge.child] = parent
		}
	}
	return h
}

// checkParents refuses loops and parents that are to be deleted, and warns of
// deep trees. Whether a parent that is not configured exists is for the plan.
func (l *loader) checkParents() {
	if len(l.all.parents) == 0 {
		return
	}
	h := newHierarchy(len(l.all.tenants), l.all.parents, func(id string) (int32, bool) {
		parent, found := l.all.ids.first[id]
		return parent.tenant, found
	})
	l.all.levels = h
	for i := range l.all.parents {
		edge := &l.all.parents[i]
		above := h.above[edge.child]
		if above < 0 {
			continue
		}
		child, parent := l.all.tenants[edge.child], l.all.tenants[above]
		if parent.desired.Absent && overlap(child, parent) {
			l.reportAt(edge.at, SeverityError, codeParent, fmt.Sprintf("the parent %s is declared absent at %s", show(edge.parent), parent.desired.Source), "keep the parent, or delete this tenant too")
		}
	}
	for _, loop := range h.cutLoops() {
		l.reportAt(l.all.parents[loop.edges[0]].at, SeverityError, codeParent, loopMessage(loop.members, func(number int32) string {
			return l.all.tenants[number].desired.ID
		}), "drop one of these parents")
	}
	for i := range l.all.parents {
		edge := &l.all.parents[i]
		if level := h.levelOf(edge.child); level > maxLevels {
			l.reportAt(edge.at, SeverityWarning, codeLevels, fmt.Sprintf("the tenant %s is on level %d; more than %d are hard to reason about", show(l.all.tenants[edge.child].desired.ID), level, maxLevels), "")
		}
	}
}

// loop is tenants that are above themselves: each one's parent follows it. It begins
// with the one that stands first.
type loop struct{ members, edges []int32 }

// cutLoops returns each loop once, and cuts it at its first member.
func (h *hierarchy) cutLoops() []loop {
	var loops []loop
	visit := make([]int32, len(h.above)) // number of the walk that came by
	for start := range h.above {
		walk := int32(start) + 1
		at := int32(start)
		for at >= 0 && visit[at] == 0 {
			visit[at] = walk
			at = h.above[at]
		}
		if at >= 0 && visit[at] == walk {
			loops = append(loops, h.cutLoop(at))
		}
	}
	return loops
}

func (h *hierarchy) cutLoop(member int32) loop {
	first := member
	for at := h.above[member]; at != member; at = h.above[at] {
		first = min(first, at)
	}
	var found loop
	for at := first; ; at = h.above[at] {
		found.members, found.edges = append(found.members, at), append(found.edges, h.edge[at])
		if h.above[at] == first {
			break
		}
	}
	h.above[first], h.edge[first] = -1, -1
	return found
}

// loopMessage names the members, shortened.
func loopMessage(members []int32, id func(int32) string) string {
	var names []string
	for _, member := range members {
		names = append(names, id(member))
	}
	names = append(names, names[0])
	if len(names) > 12 {
		names = append(append(names[:10:10], "…"), names[0])
	}
	return "parents form a loop: " + strings.Join(names, " -> ")
}

// levelOf counts levels from the top. A parent that is not configured counts
// as one level.
func (h *hierarchy) levelOf(tenant int32) int32 {
	var path []int32
	at := tenant
	for at >= 0 && h.level[at] == 0 {
		path = append(path, at)
		at = h.above[at]
	}
	base := int32(0)
	if at >= 0 {
		base = h.level[at]
	} else if h.edge[path[len(path)-1]] >= 0 {
		base = 1
	}
	for _, passed := range slices.Backward(path) {
		base++
		h.level[passed] = base
	}
	return h.level[tenant]
}
