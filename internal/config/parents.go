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

// checkParents refuses loops and parents that are to be deleted, and warns of
// deep trees. Whether a parent that is not configured exists is for the plan.
func (l *loader) checkParents() {
	if len(l.all.parents) == 0 {
		return
	}
	h := l.hierarchy()
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
	l.checkLoops(h)
	for i := range l.all.parents {
		edge := &l.all.parents[i]
		if level := l.levelOf(h, edge.child); level > maxLevels {
			l.reportAt(edge.at, SeverityWarning, codeLevels, fmt.Sprintf("the tenant %s is on level %d; more than %d are hard to reason about", show(l.all.tenants[edge.child].desired.ID), level, maxLevels), "")
		}
	}
}

func (l *loader) hierarchy() *hierarchy {
	count := len(l.all.tenants)
	h := &hierarchy{edge: make([]int32, count), above: make([]int32, count), level: make([]int32, count)}
	for i := range count {
		h.edge[i], h.above[i] = -1, -1
	}
	for i, edge := range l.all.parents {
		h.edge[edge.child] = int32(i)
		if parent, found := l.all.ids.first[edge.parent]; found {
			h.above[edge.child] = parent.tenant
		}
	}
	return h
}

// checkLoops reports each loop once, at the entry that stands first, and cuts
// it there.
func (l *loader) checkLoops(h *hierarchy) {
	visit := make([]int32, len(h.above)) // number of the walk that came by
	for start := range h.above {
		walk := int32(start) + 1
		at := int32(start)
		for at >= 0 && visit[at] == 0 {
			visit[at] = walk
			at = h.above[at]
		}
		if at >= 0 && visit[at] == walk {
			l.reportLoop(h, at)
		}
	}
}

func (l *loader) reportLoop(h *hierarchy, member int32) {
	first, names := member, []string{}
	for at := h.above[member]; at != member; at = h.above[at] {
		first = min(first, at)
	}
	for at := first; ; at = h.above[at] {
		names = append(names, l.all.tenants[at].desired.ID)
		if h.above[at] == first {
			break
		}
	}
	names = append(names, names[0])
	if len(names) > 12 {
		names = append(append(names[:10:10], "…"), names[0])
	}
	edge := l.all.parents[h.edge[first]]
	l.reportAt(edge.at, SeverityError, codeParent, "parents form a loop: "+strings.Join(names, " -> "), "drop one of these parents")
	h.above[first], h.edge[first] = -1, -1
}

// levelOf counts levels from the top. A parent that is not configured counts
// as one level.
func (l *loader) levelOf(h *hierarchy, tenant int32) int32 {
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
