package flow

import (
	"maps"
	"slices"
	"strings"
)

// factorsBypassed: the fewest factors with which a login can succeed went down.
// The factors that are named stood on every path before (they dominated the end)
// and do not stand on the shortest path now. Where people had a choice of factors,
// so that no single one stood on every path, those are named around which a new
// edge leads. A factor that another one replaces is no bypass.
func factorsBypassed(d Difference) []Break {
	before, _ := d.before.fewestFactors("")
	after, path := d.after.fewestFactors("")
	if before <= after || after < 0 {
		return nil
	}
	named := slices.DeleteFunc(d.factorsOff(path), func(id string) bool {
		without, _ := d.before.fewestFactors(id)
		return without >= 0
	})
	if len(named) == 0 {
		named = d.factorsAround(path)
	}
	if len(named) == 0 {
		named = d.factorsOff(path)
	}
	var list []Break
	for _, id := range named {
		list = append(list, d.breakAt(RuleMFABypass, id,
			"task %s can be bypassed: a login needed at least %s and now %s", d.before.taskName(id), factors(before), factors(after)))
	}
	return list
}

// factorsOff are the old flow's factors that prove nothing on a path of the new one.
func (d Difference) factorsOff(path []string) []string {
	reached := d.before.reachable(d.before.start, "")
	return d.factorsThat(func(id string) bool {
		t := d.matching.taskOf(id)
		return reached[id] && (t == nil || !verifies(t) || !d.after.proves(path, t.id))
	})
}

// proves reports whether a path goes on from a task by edges only that prove something.
func (g *graph) proves(path []string, id string) bool {
	at := slices.Index(path, id)
	return at >= 0 && at+1 < len(path) && !slices.ContainsFunc(g.tasks[id].edges, func(e edge) bool {
		return e.target == path[at+1] && weight(g.tasks[id], e) == 0
	})
}

// factorsAround are the old flow's factors between two tasks of a path that no
// edge connected before.
func (d Difference) factorsAround(path []string) []string {
	for i := range len(path) - 1 {
		from, to := d.matching.taskBefore(path[i]), d.matching.taskBefore(path[i+1])
		if from == nil || to == nil || slices.ContainsFunc(from.edges, func(e edge) bool { return e.target == to.id }) {
			continue
		}
		ahead := map[string]bool{}
		for _, e := range from.edges {
			maps.Copy(ahead, d.before.reachable(e.target, from.id))
		}
		named := d.factorsThat(func(id string) bool {
			return ahead[id] && id != to.id && d.before.reachable(id, from.id)[to.id]
		})
		if len(named) > 0 {
			return named
		}
	}
	return nil
}

// factorsThat are the old flow's factors for which something holds, in order.
func (d Difference) factorsThat(holds func(id string) bool) []string {
	var list []string
	for _, id := range d.before.taskIDs {
		if verifies(d.before.tasks[id]) && holds(id) {
			list = append(list, id)
		}
	}
	return list
}

func factors(count int) string {
	switch count {
	case 0:
		return "none"
	case 1:
		return "1 factor"
	default:
		return digits(count) + " factors"
	}
}

// fewestFactors is the smallest number of verifying tasks on a path from the start
// to an end with a session, and such a path; -1 where there is none. A task named
// as avoid is as if it were not there. The two steps of one method count once,
// because only the second verifies, and a task has verified nothing when it is left
// otherwise than by its success.
func (g *graph) fewestFactors(avoid string) (count int, path []string) {
	if g.tasks[g.start] == nil || g.start == avoid {
		return -1, nil
	}
	cost, from, done := map[string]int{g.start: 0}, map[string]string{}, map[string]bool{}
	layers := [][]string{{g.start}} // by cost, as no step costs more than one
	for at := 0; at < len(layers); at++ {
		for len(layers[at]) > 0 {
			id := layers[at][0]
			layers[at] = layers[at][1:]
			if done[id] || cost[id] != at {
				continue
			}
			done[id] = true
			if g.tasks[id].action == actionLoggedIn {
				return at, pathTo(id, g.start, from)
			}
			for _, e := range g.tasks[id].edges {
				next := g.tasks[e.target]
				if next == nil || e.target == avoid {
					continue
				}
				total := at + weight(g.tasks[id], e)
				if known, seen := cost[e.target]; seen && known <= total {
					continue
				}
				cost[e.target], from[e.target] = total, id
				for len(layers) <= total {
					layers = append(layers, nil)
				}
				layers[total] = append(layers[total], e.target)
			}
		}
	}
	return -1, nil
}

// weight is what leaving a task by an edge proves. By which edges a sub-flow is
// left when it has failed is not known.
func weight(t *task, e edge) int {
	succeeds := e.interaction == "" || e.interaction == success || strings.HasSuffix(e.interaction, "."+success)
	if verifies(t) && (succeeds || t.kind == kindFlow) {
		return 1
	}
	return 0
}

func pathTo(id, start string, from map[string]string) []string {
	path := []string{id}
	for id != start {
		id = from[id]
		path = append(path, id)
	}
	slices.Reverse(path)
	return path
}
