package flow

import (
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// rootNode is the part of a screen that holds all others.
const rootNode = "ROOT"

func (c *comparison) screens() {
	c.inputs = map[*screen]map[string]bool{}
	for _, s := range c.a.screens {
		other := c.m.screenOf(s)
		if other == nil {
			c.add(c.a.screenOperation(ObjectScreen, ActionRemoved, s))
			continue
		}
		c.screen(s, other)
	}
	matched := map[*screen]bool{}
	for _, s := range c.a.screens {
		matched[c.m.screenOf(s)] = true
	}
	for _, s := range c.b.screens {
		if !matched[s] {
			c.add(c.b.screenOperation(ObjectScreen, ActionAdded, s))
		}
	}
}

func (g *graph) screenOperation(object Object, action Action, s *screen) Operation {
	o := Operation{Object: object, Action: action, ScreenID: s.id, Screen: g.screenName(s.id)}
	if user := g.userOf[s.id]; user != nil {
		o.TaskID, o.Task = user.id, g.taskName(user.id)
	}
	return o
}

func (c *comparison) screen(a, b *screen) {
	nodes := pairNodes(a, b)
	buttons := c.buttons(a, b, nodes)
	if !a.contents.Equal(b.contents) {
		c.nodes(a, b, nodes, buttons)
	}
	for _, id := range sortedKeys(buttons) { // whose parts did not change themselves
		o := buttons[id]
		c.add(o)
	}
	changes := compareFields("", a.rest, b.rest)
	if !isObject(a.contents) || !isObject(b.contents) {
		changes = append(changes, compareFields("contents", a.contents, b.contents)...)
	}
	if len(changes) > 0 {
		o := c.b.screenOperation(ObjectScreen, ActionChanged, b)
		o.Fields = changes
		c.add(o)
	}
}

// pairNodes gives the counterpart of each part of a screen: by id where it is of
// the same type, else by what it says.
func pairNodes(a, b *screen) map[string]string {
	pairs := map[string]string{}
	var rest []string
	for _, id := range sortedKeys(a.nodes) {
		if other, ok := b.nodes[id]; ok && other.Get("type").Equal(a.nodes[id].Get("type")) {
			pairs[id] = id
			continue
		}
		rest = append(rest, id)
	}
	free := map[resource.Value][]string{}
	for _, id := range sortedKeys(b.nodes) {
		if pairs[id] != id {
			said := saidByNode(b.nodes[id])
			free[said] = append(free[said], id)
		}
	}
	for _, id := range rest {
		said := saidByNode(a.nodes[id])
		if list := free[said]; len(list) > 0 {
			pairs[id], free[said] = list[0], list[1:]
		}
	}
	return pairs
}

// saidByNode is a part of a screen without what depends on ids.
func saidByNode(node resource.Value) resource.Value {
	members, ok := node.AsObject()
	if !ok {
		return node
	}
	for _, key := range []string{"nodes", "linkedNodes", "parent"} {
		delete(members, key)
	}
	if props, ok := members["props"].AsObject(); ok {
		delete(props, "id")
		members["props"] = resource.ObjectValue(props)
	}
	return cleaned(resource.ObjectValue(members), "")
}

// buttons compares the interactions of a screen. The result is keyed by the new
// interaction's id, or by "-" and the old one's where it is gone, so that a part of the
// screen which changed for the same reason can take it in.
func (c *comparison) buttons(a, b *screen, nodes map[string]string) map[string]Operation {
	found := map[string]Operation{}
	kept, places := make([]bool, len(b.interactions)), map[string][]int{}
	for i, after := range b.interactions {
		places[after.id] = append(places[after.id], i)
	}
	for _, before := range a.interactions {
		id := before.id
		if other, ok := nodes[id]; ok {
			id = other
		}
		if len(places[id]) == 0 {
			o := c.a.screenOperation(ObjectButton, ActionRemoved, a)
			o.Subject, o.ID = a.interactionName(before.id), before.id
			found["-"+before.id] = o
			continue
		}
		at := places[id][0]
		places[id] = places[id][1:]
		kept[at] = true
		if changes := compareFields("interaction", before.fields, b.interactions[at].fields); len(changes) > 0 {
			o := c.b.screenOperation(ObjectButton, ActionChanged, b)
			o.Subject, o.ID, o.Fields = b.interactionName(id), id, changes
			found[id] = o
		}
	}
	for i, after := range b.interactions {
		if !kept[i] {
			o := c.b.screenOperation(ObjectButton, ActionAdded, b)
			o.Subject, o.ID = b.interactionName(after.id), after.id
			found[after.id] = o
		}
	}
	return found
}

// nodes compares the parts of a screen.
func (c *comparison) nodes(a, b *screen, pairs map[string]string, buttons map[string]Operation) {
	kept := map[string]bool{}
	for _, id := range sortedKeys(a.nodes) {
		other, ok := pairs[id]
		if !ok {
			o := c.a.screenOperation(a.nodeClass(id), ActionRemoved, a)
			o.Subject, o.ID = a.nodeName(id), id
			delete(buttons, "-"+id)
			c.noteInput(b, a.nodes[id])
			c.add(o)
			continue
		}
		kept[other] = true
		c.node(a, b, id, other, pairs, buttons)
	}
	for _, id := range sortedKeys(b.nodes) {
		if kept[id] {
			continue
		}
		o := c.b.screenOperation(b.nodeClass(id), ActionAdded, b)
		o.Subject, o.ID = b.nodeName(id), id
		delete(buttons, id)
		c.noteInput(b, b.nodes[id])
		c.add(o)
	}
}

// noteInput remembers that a screen gained or lost an input.
func (c *comparison) noteInput(s *screen, node resource.Value) {
	name := text(node.Get("props").Get("name"))
	if name == "" {
		return
	}
	if c.inputs[s] == nil {
		c.inputs[s] = map[string]bool{}
	}
	c.inputs[s][name] = true
}

// node compares one part of a screen.
func (c *comparison) node(a, b *screen, idA, idB string, pairs map[string]string, buttons map[string]Operation) {
	changes := compareFields("", c.said(a.nodes[idA]), cleaned(renameRefs(b.nodes[idB], "", identity), ""))
	changes = slices.DeleteFunc(changes, func(f FieldChange) bool {
		return f.Path == "parent" || f.Path == "nodes" || hasPathPrefix(f.Path, "nodes") || f.Path == "props.id" && idA != idB
	})
	parentA, parentB := text(a.nodes[idA].Get("parent")), text(b.nodes[idB].Get("parent"))
	if pairs[parentA] != parentB && !(parentA == "" && parentB == "") {
		if _, stillThere := pairs[parentA]; stillThere && hasCounterpart(pairs, parentB) {
			changes = append(changes, FieldChange{"parent", textOrAbsent(parentA), textOrAbsent(parentB)})
		}
	}
	if before, after := c.children(a, b, idA, idB, pairs); !slices.Equal(before, after) {
		changes = append(changes, FieldChange{"nodes", resource.StringsValue(before), resource.StringsValue(after)})
	}
	if before, after := a.listed[idA], b.listed[idB]; before != after {
		changes = append(changes, FieldChange{"listed", resource.BoolValue(before), resource.BoolValue(after)})
	}
	class := b.nodeClass(idB)
	if len(changes) == 0 {
		return
	}
	o := c.b.screenOperation(class, ActionChanged, b)
	o.Subject, o.ID, o.Fields = b.nodeName(idB), idB, changes
	if button, ok := buttons[idB]; ok {
		o.Object, o.Fields = ObjectButton, append(o.Fields, button.Fields...)
		delete(buttons, idB)
	}
	if len(changes) == 1 && (changes[0].Path == "parent" || changes[0].Path == "nodes") {
		o.Action = ActionMoved
	}
	if before, after := text(a.nodes[idA].Get("props").Get("name")), text(b.nodes[idB].Get("props").Get("name")); before != after {
		c.noteInput(b, a.nodes[idA])
		c.noteInput(b, b.nodes[idB])
	}
	c.add(o)
}

// said is a part of the old screen in the numbers of the new flow.
func (c *comparison) said(node resource.Value) resource.Value {
	return cleaned(renameRefs(node, "", c.renamed), "")
}

func hasCounterpart(pairs map[string]string, id string) bool {
	for _, other := range pairs {
		if other == id {
			return true
		}
	}
	return false
}

// children are the parts that stand inside of one part on both sides, in the
// order of each and under the new names; what came, went or moved here is an
// operation of its own.
func (c *comparison) children(a, b *screen, idA, idB string, pairs map[string]string) (before, after []string) {
	listA, listB := items(a.nodes[idA].Get("nodes")), items(b.nodes[idB].Get("nodes"))
	inB := map[string]bool{}
	for _, id := range listB {
		inB[text(id)] = true
	}
	common := map[string]bool{}
	for _, id := range listA {
		if other, ok := pairs[text(id)]; ok && inB[other] {
			common[other] = true
			before = append(before, other)
		}
	}
	for _, id := range listB {
		if common[text(id)] {
			after = append(after, text(id))
		}
	}
	return before, after
}

func hasPathPrefix(path, prefix string) bool {
	return len(path) > len(prefix) && path[:len(prefix)] == prefix && (path[len(prefix)] == '.' || path[len(prefix)] == '[')
}
