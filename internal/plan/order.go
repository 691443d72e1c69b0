package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The order of a plan is data: each change lists, in After, the changes that
// must have succeeded before it is sent. Everything else may run side by side.
//
//	create parent ──▶ create child          a child names its parent
//	delete child  ──▶ delete parent         a parent cannot go before its children
//	x gives up    ──▶ y takes               a name or a domain belongs to one tenant;
//	                                        x is deleted, renamed, or drops the domain
//
// What no order can make succeed is blocked, and so is all that waits for it.

// orderByParents settles creates below parents, and deletes of parents.
func (p *planner) orderByParents() {
	children := p.liveChildren()
	for i := range p.changes {
		change := &p.changes[i]
		switch change.Action {
		case resource.ActionCreate:
			p.orderCreate(change)
		case resource.ActionDelete:
			p.orderDelete(change, children[change.ID])
		}
	}
}

// liveChildren maps the objects that the plan deletes to their live children.
func (p *planner) liveChildren() map[string][]string {
	children := map[string][]string{}
	for i := range p.in.Live {
		child := &p.in.Live[i]
		if parent := p.changeFor(child.Parent); parent != nil && parent.Action == resource.ActionDelete {
			children[parent.ID] = append(children[parent.ID], child.ID)
		}
	}
	return children
}

func (p *planner) orderCreate(change *resource.Change) {
	wanted := p.desired[change.ID]
	parent, _ := wantedParent(wanted)
	if parent == "" {
		return
	}
	planned := p.changeFor(parent)
	switch {
	case !p.isKnown(parent):
		p.addUnknownParent(wanted, parent)
	case planned != nil && planned.Action == resource.ActionCreate:
		waitFor(change, planned.Address)
	case planned != nil && planned.Action == resource.ActionDelete:
		block(change, BlockedParentMissing, "%s needs the parent %q, which this plan deletes", change.Address, parent)
	case p.live[parent] == nil:
		block(change, BlockedParentMissing, "%s needs the parent %q, which does not exist yet and is left out of this plan", change.Address, parent)
	}
}

func (p *planner) orderDelete(change *resource.Change, children []string) {
	staying := []string{}
	for _, child := range children {
		if planned := p.changeFor(child); planned != nil && planned.Action == resource.ActionDelete {
			waitFor(change, planned.Address)
		} else {
			staying = append(staying, child)
		}
	}
	if len(staying) > 0 {
		block(change, BlockedHasChildren, "%s cannot be deleted before its children: %s", change.Address, quotedList(sortedIDs(staying)))
	}
}

// settleOrder blocks what can never run, and makes After final.
func (p *planner) settleOrder() {
	for i := range p.changes {
		slices.Sort(p.changes[i].After)
	}
	for _, cycle := range p.cycles() {
		slices.Sort(cycle)
		for _, address := range cycle {
			block(p.changeFor(address.ID()), BlockedCycle, "no order lets these changes succeed, each waits for another one: %s; make them in two steps",
				listed(cycle, ", "))
		}
	}
	settled := make([]bool, len(p.changes))
	for i := range p.changes {
		p.passBlockOn(i, settled)
	}
}

// passBlockOn blocks a change that waits for a blocked one. With that, dropping
// exactly the blocked changes leaves a plan without any.
func (p *planner) passBlockOn(i int, settled []bool) {
	if settled[i] {
		return
	}
	settled[i] = true // also ends the walk inside a cycle, all of which is blocked already
	change := &p.changes[i]
	for _, address := range change.After {
		before := p.byID[address.ID()]
		p.passBlockOn(before, settled)
		if p.changes[before].Blocked == nil {
			continue
		}
		if change.Action == resource.ActionDelete {
			block(change, BlockedHasChildren, "%s cannot be deleted before its child %q, whose delete is blocked", change.Address, address.ID())
		}
		block(change, BlockedDependency, "%s waits for %s, which is blocked", change.Address, address)
	}
}

// cycles gives the groups of changes that wait for each other in a circle
// (Tarjan's strongly connected components).
func (p *planner) cycles() [][]resource.Address {
	search := cycleSearch{planner: p, seen: make([]int, len(p.changes)), low: make([]int, len(p.changes)), onStack: make([]bool, len(p.changes))}
	for i := range p.changes {
		if search.seen[i] == 0 && len(p.changes[i].After) > 0 {
			search.visit(i)
		}
	}
	return search.found
}

type cycleSearch struct {
	planner *planner
	count   int
	seen    []int // the order of the first visit, from 1; 0 is not visited
	low     []int // the earliest visit that can be reached
	stack   []int
	onStack []bool
	found   [][]resource.Address
}

func (s *cycleSearch) visit(i int) {
	s.count++
	s.seen[i], s.low[i] = s.count, s.count
	s.stack = append(s.stack, i)
	s.onStack[i] = true
	change := &s.planner.changes[i]
	for _, address := range change.After {
		next := s.planner.byID[address.ID()]
		if s.seen[next] == 0 {
			s.visit(next)
			s.low[i] = min(s.low[i], s.low[next])
		} else if s.onStack[next] {
			s.low[i] = min(s.low[i], s.seen[next])
		}
	}
	if s.low[i] != s.seen[i] {
		return
	}
	at := slices.Index(s.stack, i)
	group := []resource.Address{}
	for _, member := range s.stack[at:] {
		s.onStack[member] = false
		group = append(group, s.planner.changes[member].Address)
	}
	s.stack = s.stack[:at]
	if len(group) > 1 || slices.Contains(change.After, change.Address) {
		s.found = append(s.found, group)
	}
}

// maxListed bounds how many names stand in one message.
const maxListed = 10

// listed joins names for a message.
func listed[T ~string](names []T, separator string) string {
	texts := make([]string, 0, min(len(names), maxListed))
	for _, name := range names[:min(len(names), maxListed)] {
		texts = append(texts, string(name))
	}
	text := strings.Join(texts, separator)
	if more := len(names) - len(texts); more > 0 {
		text += fmt.Sprintf("%sand %d more", separator, more)
	}
	return text
}

func quotedList(ids []string) string {
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = fmt.Sprintf("%q", id)
	}
	return listed(quoted, ", ")
}

// sortedIDs sorts in place and drops repetitions.
func sortedIDs(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}
