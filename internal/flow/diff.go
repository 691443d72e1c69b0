package flow

import (
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Diff says what leads from one flow to another. The two are matched by their
// structure first, so that numbers of tasks and ids of screens make no
// difference; neither do positions, versions, empty values, the order of what has
// none, and the flow's own id. One object that was changed is one operation. Both
// documents may have any shape.
func Diff(before, after Document) Difference {
	return diffGraphs(newGraph(before), newGraph(after))
}

func diffGraphs(before, after *graph) Difference {
	c := &comparison{a: before, b: after, m: match(before, after), operations: []Operation{}}
	c.metadata()
	c.references()
	c.starts()
	c.tasks()
	c.screens()
	c.dropFollowing()
	sortOperations(c.operations)
	return Difference{Operations: c.operations, before: before, after: after, matching: c.m}
}

// comparison collects the operations between two matched flows.
type comparison struct {
	a, b       *graph
	m          *matching
	operations []Operation
	inputs     map[*screen]map[string]bool // by screen of the new flow: the inputs that came or went
}

func (c *comparison) add(o Operation) { c.operations = append(c.operations, o) }

// renamed is the name that a task of the old flow has in the new one.
func (c *comparison) renamed(id string) (string, bool) {
	if t := c.m.taskOf(id); t != nil {
		return t.id, true
	}
	return id, c.a.tasks[id] != nil
}

func (c *comparison) starts() {
	from, to := c.a.start, c.b.start
	if mapped, _ := c.renamed(from); mapped == to && (c.m.taskOf(from) != nil || c.b.tasks[to] == nil) {
		return
	}
	c.add(Operation{Object: ObjectStart, Action: ActionRedirected, From: c.a.taskName(from), FromID: from, To: c.b.taskName(to), ToID: to})
}

func (c *comparison) tasks() {
	for _, id := range c.a.taskIDs {
		before := c.a.tasks[id]
		after := c.m.taskOf(id)
		if after == nil {
			c.add(Operation{Object: ObjectTask, Action: ActionRemoved, TaskID: id, Task: c.a.taskName(id), Fields: summary(before, false)})
			continue
		}
		c.task(before, after)
		c.conditions(before, after)
		c.edges(before, after)
	}
	for _, id := range c.b.taskIDs {
		if c.m.taskBefore(id) == nil {
			c.add(Operation{Object: ObjectTask, Action: ActionAdded, TaskID: id, Task: c.b.taskName(id), Fields: summary(c.b.tasks[id], true)})
		}
	}
}

// summary is what a task that came or went does.
func summary(t *task, isAfter bool) []FieldChange {
	var list []FieldChange
	for _, field := range [][2]string{{"action", t.action}, {"type", t.kind}} {
		if field[1] == "" {
			continue
		}
		change := FieldChange{Path: field[0], Before: resource.StringValue(field[1])}
		if isAfter {
			change.Before, change.After = change.After, change.Before
		}
		list = append(list, change)
	}
	return list
}

// task compares what a task says, without its edges.
func (c *comparison) task(before, after *task) {
	var changes []FieldChange
	compareText := func(path, a, b string) {
		if a != b {
			changes = append(changes, FieldChange{path, textOrAbsent(a), textOrAbsent(b)})
		}
	}
	compareText("name", before.name, after.name)
	compareText("type", before.kind, after.kind)
	compareText("action", before.action, after.action)
	if sa, sb := c.a.screenOf(before), c.b.screenOf(after); sa != nil || sb != nil {
		if sa == nil || sb == nil || c.m.screenOf(sa) != sb {
			compareText("screen", c.a.screenTitle(before), c.b.screenTitle(after))
		}
	} else {
		compareText("screen", before.screenID, after.screenID)
	}
	for _, key := range unionKeys(before.fields, after.fields) {
		changes = append(changes, compareFields(segment(key, true),
			cleaned(renameRefs(before.fields[key], key, c.renamed), key),
			cleaned(renameRefs(after.fields[key], key, identity), key))...)
	}
	if len(changes) > 0 {
		c.add(Operation{Object: ObjectTask, Action: ActionChanged, TaskID: after.id, Task: c.b.taskName(after.id), Fields: changes})
	}
}

// identity renames nothing; it makes both sides go the same way.
func identity(id string) (string, bool) { return id, false }

// screenTitle says which screen a task shows: the id, because its name would be
// the task's own.
func (g *graph) screenTitle(t *task) string {
	if user := g.userOf[t.screenID]; user != nil && user != t {
		return t.screenID + " of " + g.taskName(user.id)
	}
	return t.screenID
}

func textOrAbsent(s string) resource.Value {
	if s == "" {
		return resource.Absent
	}
	return resource.StringValue(s)
}

func unionKeys(a, b map[string]resource.Value) []string {
	keys := append(sortedKeys(a), sortedKeys(b)...)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// compareFields goes down as long as both sides are objects, or arrays of one
// length whose order counts, and lists the values that differ.
func compareFields(path string, a, b resource.Value) []FieldChange {
	if a.Equal(b) || isZero(a) && isZero(b) && (a.IsAbsent() || b.IsAbsent()) {
		return nil
	}
	if isObject(a) && isObject(b) {
		membersA, _ := a.AsObject()
		membersB, _ := b.AsObject()
		var changes []FieldChange
		for _, key := range unionKeys(membersA, membersB) {
			changes = append(changes, compareFields(path+segment(key, path == ""), membersA[key], membersB[key])...)
		}
		return changes
	}
	if listA, listB := items(a), items(b); isArray(a) && isArray(b) && len(listA) == len(listB) {
		var changes []FieldChange
		for i := range listA {
			changes = append(changes, compareFields(path+"["+digits(i)+"]", listA[i], listB[i])...)
		}
		if len(changes) <= 1 {
			return changes
		}
	}
	if path == "" {
		path = "value"
	}
	return []FieldChange{{path, a, b}}
}
