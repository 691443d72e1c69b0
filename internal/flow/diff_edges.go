package flow

import (
	"slices"
	"strconv"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func digits(i int) string { return strconv.Itoa(i) }

// edges compares where a task leads. Interactions have the ids that screens and
// conditions give them; those of parts that were matched under another id are
// mapped first.
func (c *comparison) edges(before, after *task) {
	same := c.interactions(before, after)
	targetsA, targetsB := map[string][]string{}, map[string][]string{}
	for _, e := range before.edges {
		id := e.interaction
		if other, ok := same[id]; ok {
			id = other
		}
		targetsA[id] = append(targetsA[id], e.target)
	}
	for _, e := range after.edges {
		targetsB[e.interaction] = append(targetsB[e.interaction], e.target)
	}
	ids := append(sortedKeys(targetsA), sortedKeys(targetsB)...)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		c.targets(before, after, id, targetsA[id], targetsB[id])
	}
}

// targets compares where one interaction leads; it may lead to several tasks at once.
func (c *comparison) targets(before, after *task, id string, a, b []string) {
	gone, come := c.unmatchedTargets(a, b)
	for i := range max(len(gone), len(come)) {
		o := Operation{Object: ObjectEdge, Action: ActionRedirected, TaskID: after.id, Task: c.b.taskName(after.id), ID: id}
		o.Subject = c.b.interactionName(after, id)
		if i >= len(come) {
			o.Action = ActionRemoved
			if o.Subject == id {
				o.Subject = c.a.interactionName(before, id)
			}
		}
		if i < len(gone) {
			o.From, o.FromID = c.a.taskName(gone[i]), gone[i]
		} else {
			o.Action = ActionAdded
		}
		if i < len(come) {
			o.To, o.ToID = c.b.taskName(come[i]), come[i]
		}
		c.add(o)
	}
}

// unmatchedTargets takes away what leads to the same task on both sides.
func (c *comparison) unmatchedTargets(a, b []string) (gone, come []string) {
	waiting := map[string]int{}
	for _, target := range b {
		waiting[target]++
	}
	for _, target := range a {
		same := ""
		if counterpart := c.m.taskOf(target); counterpart != nil {
			same = counterpart.id
		} else if c.a.tasks[target] == nil && c.b.tasks[target] == nil {
			same = target // an edge to nowhere leads there on both sides
		} else {
			gone = append(gone, target)
			continue
		}
		if waiting[same] == 0 {
			gone = append(gone, target)
			continue
		}
		waiting[same]--
	}
	for _, target := range b {
		if waiting[target] > 0 {
			waiting[target]--
			come = append(come, target)
		}
	}
	return gone, come
}

// interactions maps the ids of the old task's interactions to the new one's
// where they differ.
func (c *comparison) interactions(before, after *task) map[string]string {
	same := map[string]string{}
	for i, j := range pairConditions(before.conditions, after.conditions) {
		if j >= 0 {
			same[before.conditions[i].id] = after.conditions[j].id
		}
	}
	sa, sb := c.a.screenOf(before), c.b.screenOf(after)
	if sa == nil || sb == nil || c.m.screenOf(sa) != sb {
		return same
	}
	for a, b := range pairNodes(sa, sb) {
		if sa.hasInteraction(a) && sb.hasInteraction(b) {
			same[a] = b
		}
	}
	return same
}

// pairConditions gives for each branch the index of its counterpart, or -1: by
// id, else by what it says, else by name.
func pairConditions(a, b []condition) []int {
	pairs, taken := make([]int, len(a)), make([]bool, len(b))
	for i := range pairs {
		pairs[i] = -1
	}
	for _, same := range []func(x, y condition) bool{
		func(x, y condition) bool { return x.id == y.id },
		func(x, y condition) bool { return x.name == y.name && x.atoms.Equal(y.atoms) },
		func(x, y condition) bool { return x.name == y.name && x.name != "" },
	} {
		for i := range a {
			if pairs[i] >= 0 {
				continue
			}
			for j := range b {
				if !taken[j] && same(a[i], b[j]) {
					pairs[i], taken[j] = j, true
					break
				}
			}
		}
	}
	return pairs
}

// conditions compares the branches of a task.
func (c *comparison) conditions(before, after *task) {
	pairs := pairConditions(before.conditions, after.conditions)
	operation := func(action Action, x condition) Operation {
		name := x.id
		if x.name != "" {
			name = "'" + x.name + "'"
		}
		return Operation{Object: ObjectCondition, Action: action, TaskID: after.id, Task: c.b.taskName(after.id), Subject: name, ID: x.id}
	}
	kept := make([]bool, len(after.conditions))
	last, moved := -1, false
	for i, x := range before.conditions {
		j := pairs[i]
		if j < 0 {
			o := operation(ActionRemoved, x)
			o.Fields = compareFields("when", c.when(x), resource.Absent)
			c.add(o)
			continue
		}
		kept[j] = true
		moved = moved || j < last
		last = j
		y := after.conditions[j]
		changes := compareFields("name", textOrAbsent(x.name), textOrAbsent(y.name))
		if when := c.when(x); !when.Equal(y.atoms) {
			changes = append(changes, c.atoms(when, y.atoms)...)
		}
		changes = append(changes, compareFields("", x.rest, y.rest)...)
		if len(changes) > 0 {
			o := operation(ActionChanged, y)
			o.Fields = changes
			c.add(o)
		}
	}
	for j, y := range after.conditions {
		if !kept[j] {
			o := operation(ActionAdded, y)
			o.Fields = compareFields("when", resource.Absent, y.atoms)
			c.add(o)
		}
	}
	if moved {
		c.add(Operation{
			Object: ObjectCondition, Action: ActionMoved, TaskID: after.id, Task: c.b.taskName(after.id), Subject: "the order of the branches",
			Fields: []FieldChange{{"order", branchOrder(before.conditions), branchOrder(after.conditions)}},
		})
	}
}

// when is the old flow's condition in the numbers of the new one.
func (c *comparison) when(x condition) resource.Value {
	return cleaned(renameRefs(x.atoms, "atomicConditions", c.renamed), "atomicConditions")
}

// atoms lists what differs between two conditions. Their order has no meaning, so
// the parts that both have are taken away first.
func (c *comparison) atoms(a, b resource.Value) []FieldChange {
	gone, come := without(items(a), items(b)), without(items(b), items(a))
	if len(gone) == 1 && len(come) == 1 {
		return compareFields("when", gone[0], come[0])
	}
	return []FieldChange{{"when", arrayOrAbsent(gone), arrayOrAbsent(come)}}
}

func without(list, other []resource.Value) []resource.Value {
	rest := slices.Clone(other)
	var out []resource.Value
	for _, item := range list {
		if at := slices.IndexFunc(rest, item.Equal); at >= 0 {
			rest = slices.Delete(rest, at, at+1)
			continue
		}
		out = append(out, item)
	}
	return out
}

func arrayOrAbsent(list []resource.Value) resource.Value {
	if len(list) == 0 {
		return resource.Absent
	}
	return arrayValue(list)
}

func branchOrder(list []condition) resource.Value {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.name
		if x.name == "" {
			names[i] = x.id
		}
	}
	return resource.StringsValue(names)
}
