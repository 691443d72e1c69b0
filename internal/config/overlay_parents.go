package config

import (
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// renameParent lets a parent mean the entry that goes by another id here. What the
// base names is an id of the base; what the overlay names is one only where no
// tenant of the environment has it.
func (y *tenantLayer) renameParent(t *laidTenant) {
	parent := t.raw.parent
	id, renamed := y.renamed[parent.value]
	if !parent.given || !renamed || (t.over.parent.given && y.hasID(parent.value)) {
		return
	}
	t.raw.parent.value = id
	t.raw.fields = withParent(t.raw.fields, id)
}

func (y *tenantLayer) hasID(id string) bool {
	return slices.ContainsFunc(y.tenants, func(t *laidTenant) bool { return t.raw.id.value == id })
}

// withParent is the fields with another parent; the place stays.
func withParent(fields []resource.DesiredField, id string) []resource.DesiredField {
	changed := slices.Clone(fields)
	for i := range changed {
		if changed[i].Path.Field == fieldParent {
			changed[i].Value = resource.StringValue(id)
		}
	}
	return changed
}

// renameOtherParents does the same for entries that nothing lies over.
func (y *tenantLayer) renameOtherParents() {
	if len(y.renamed) == 0 {
		return
	}
	for _, edge := range y.all.parents {
		id, renamed := y.renamed[edge.parent]
		if !renamed || y.isLaid(edge.child) {
			continue
		}
		e := y.all.tenants[edge.child]
		e.desired.Fields = withParent(e.desired.Fields, id)
		y.env.tenants.laid[int(edge.child)] = laidEntry{entry: e}
	}
}

// entry is a tenant as it is in the environment; false for one that does not belong
// to it.
func (y *tenantLayer) entry(number int32) (entry, bool) {
	if e, laid := y.entries[number]; laid {
		return e, true
	}
	if int(number) >= len(y.all.tenants) || y.isLaid(number) {
		return entry{}, false
	}
	e := y.all.tenants[number]
	return e, e.selectedIn(y.env.name)
}

// edges are the parents in the environment.
func (y *tenantLayer) edges() []parentEdge {
	var edges []parentEdge
	for _, edge := range y.all.parents {
		if _, selected := y.entry(edge.child); !selected || y.isLaid(edge.child) {
			continue
		}
		if id, renamed := y.renamed[edge.parent]; renamed {
			edge.parent = id
		}
		edges = append(edges, edge)
	}
	for _, t := range y.tenants {
		if t.raw.parent.given && t.raw.parent.value != "" && !t.raw.absent {
			edges = append(edges, parentEdge{child: t.number, parent: t.raw.parent.value, at: t.raw.parent.at})
		}
	}
	return edges
}

// checkParents applies the rules of the base to the tree of the environment, and
// reports what was not so before.
func (y *tenantLayer) checkParents() {
	edges := y.edges()
	if len(edges) == 0 {
		return
	}
	byID := map[string]int32{}
	for _, t := range y.tenants {
		byID[t.raw.id.value] = t.number
	}
	h := newHierarchy(len(y.all.tenants)+len(y.env.tenants.added), edges, func(id string) (int32, bool) {
		if number, found := byID[id]; found {
			return number, true
		}
		below, found := y.all.ids.first[id]
		if _, selected := y.entry(below.tenant); !found || !selected || y.isLaid(below.tenant) {
			return 0, false
		}
		return below.tenant, true
	})
	laid := map[int32]*laidTenant{}
	for _, t := range y.tenants {
		laid[t.number] = t
	}
	for _, edge := range edges {
		y.checkAbove(edge, h.above[edge.child], laid)
	}
	for _, loop := range h.cutLoops() {
		y.checkLoop(loop, edges, laid)
	}
	y.checkLevels(h, edges)
}

// checkAbove refuses a parent that is declared absent, unless the base has that
// mistake already.
func (y *tenantLayer) checkAbove(edge parentEdge, number int32, laid map[int32]*laidTenant) {
	if number < 0 {
		return
	}
	above, found := y.entry(number)
	child, parent := laid[edge.child], laid[number]
	if !found || !above.desired.Absent || child == nil && parent == nil {
		return
	}
	inBase := int(number) < len(y.all.tenants) && y.all.tenants[number].desired.Absent
	if inBase && (child == nil || child.base != nil && !child.revived() && !child.over.parent.given) {
		return
	}
	at := edge.at
	switch {
	case child != nil && child.over.parent.given:
	case child != nil:
		at = child.over.at
	default:
		at = parent.over.at
	}
	where := above.desired.Source
	if parent != nil {
		where = parent.over.at
	}
	below, _ := y.entry(edge.child)
	y.reportAt(at, SeverityError, codeParent, fmt.Sprintf("the parent %s of the tenant %s is declared absent at %s", show(edge.parent), show(below.desired.ID), where), "keep the parent, or delete the tenant too")
}

// checkLoop reports a loop that the overlay closes, at the first parent that it
// changes.
func (y *tenantLayer) checkLoop(loop loop, edges []parentEdge, laid map[int32]*laidTenant) {
	for i, member := range loop.members {
		t := laid[member]
		if t == nil || t.base != nil && !t.over.parent.given && !t.revived() {
			continue
		}
		at := edges[loop.edges[i]].at
		if !t.over.parent.given {
			at = t.over.at
		}
		y.reportAt(at, SeverityError, codeParent, loopMessage(loop.members, func(number int32) string {
			e, _ := y.entry(number)
			return e.desired.ID
		}), "drop one of these parents")
		return
	}
}

// checkLevels warns of tenants that are deeper here than in the base.
func (y *tenantLayer) checkLevels(h *hierarchy, edges []parentEdge) {
	for _, edge := range edges {
		level := h.levelOf(edge.child)
		if level <= maxLevels || int(edge.child) < len(y.all.tenants) && y.all.levels != nil && y.all.levels.levelOf(edge.child) == level {
			continue
		}
		e, _ := y.entry(edge.child)
		y.reportAt(edge.at, SeverityWarning, codeLevels, fmt.Sprintf("the tenant %s is on level %d in the environment %s; more than %d are hard to reason about", show(e.desired.ID), level, y.env.name, maxLevels), "")
	}
}
