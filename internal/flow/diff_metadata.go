package flow

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Parts of a document that the service changes by itself, or that are compared
// elsewhere.
var (
	ignoredMetadata = []string{"componentsVersion", "version", "etag", "modifiedTime"}
	comparedParts   = []string{"flowId", "metadata", "contents", "screens", "references"}
	comparedContent = []string{"startTask", "tasks"}
)

func (c *comparison) metadata() {
	a, _ := c.a.doc.root.Get("metadata").AsObject()
	b, _ := c.b.doc.root.Get("metadata").AsObject()
	for _, key := range unionKeys(a, b) {
		switch {
		case slices.Contains(ignoredMetadata, key) || isDigestOfService(key, a[key]) || isDigestOfService(key, b[key]):
		case key == "sharedInteractions" && haveIDs(items(a[key])) && haveIDs(items(b[key])):
			c.sharedInteractions(items(a[key]), items(b[key]))
		default:
			c.value(key, key, cleaned(a[key], key), cleaned(b[key], key))
		}
	}
	c.others("", c.a.doc.root, c.b.doc.root, comparedParts)
	c.others("contents.", c.a.doc.root.Get("contents"), c.b.doc.root.Get("contents"), comparedContent)
}

// isDigestOfService reports whether the value is one that the service computes.
// As a switch of the flow (device fingerprinting) the same key counts.
func isDigestOfService(key string, v resource.Value) bool {
	return key == "fingerprint" && isString(v) && !isZero(v)
}

// others compares the members that nobody knew when this was written.
func (c *comparison) others(prefix string, a, b resource.Value, compared []string) {
	membersA, _ := a.AsObject()
	membersB, _ := b.AsObject()
	for _, key := range unionKeys(membersA, membersB) {
		if !slices.Contains(compared, key) && !slices.Contains(ignoredMetadata, key) {
			c.value(prefix+key, key, cleaned(membersA[key], key), cleaned(membersB[key], key))
		}
	}
}

// value compares one key of the whole flow.
func (c *comparison) value(subject, key string, a, b resource.Value) {
	if changes := compareFields(segment(key, true), a, b); len(changes) > 0 {
		c.add(Operation{Object: ObjectMetadata, Action: ActionChanged, Subject: subject, Fields: changes})
	}
}

func valueAction(a, b resource.Value) Action {
	switch {
	case a.IsAbsent():
		return ActionAdded
	case b.IsAbsent():
		return ActionRemoved
	default:
		return ActionChanged
	}
}

// sharedInteractions are what other flows see of this one: exits such as
// "5.success", where 5 is a task of this flow.
func (c *comparison) sharedInteractions(a, b []resource.Value) {
	before := map[string]resource.Value{}
	for _, value := range a {
		before[c.sharedID(text(value.Get("id")))] = value
	}
	after := map[string]resource.Value{}
	for _, value := range b {
		after[text(value.Get("id"))] = value
	}
	for _, id := range unionKeys(before, after) {
		changes := compareFields("", withoutID(before[id]), withoutID(after[id]))
		x, y := before[id], after[id]
		if len(changes) == 0 && x.IsAbsent() == y.IsAbsent() {
			continue
		}
		o := Operation{Object: ObjectMetadata, Action: valueAction(x, y), Subject: "shared interaction " + id, ID: id, Fields: changes}
		g := c.b
		if y.IsAbsent() {
			g, o.ID = c.a, text(x.Get("id"))
		}
		if owner := leadingOwner(g, o.ID); owner != "" {
			o.TaskID, o.Task = owner, g.taskName(owner)
			o.Subject = "shared interaction" + strings.TrimPrefix(o.ID, owner)
		}
		c.add(o)
	}
}

// haveIDs reports whether each item is an object with an id of its own.
func haveIDs(list []resource.Value) bool {
	seen := map[string]bool{"": true}
	for _, item := range list {
		id := text(item.Get("id"))
		if seen[id] {
			return false
		}
		seen[id] = true
	}
	return true
}

func withoutID(v resource.Value) resource.Value {
	members, ok := v.AsObject()
	if !ok {
		return v
	}
	delete(members, "id")
	return cleaned(resource.ObjectValue(members), "")
}

// sharedID is an exit of the old flow in the numbers of the new one.
func (c *comparison) sharedID(id string) string {
	if owner := leadingOwner(c.a, id); owner != "" {
		name, _ := c.renamed(owner)
		if c.m.taskOf(owner) == nil {
			return "\x00" + id // nobody's in the new flow, though it may have that number
		}
		return name + id[len(owner):]
	}
	return id
}

// leadingOwner is the task to which a shared interaction belongs, or "".
func leadingOwner(g *graph, id string) string {
	owner, length := leadingTask(id, func(id string) (string, bool) { return id, g.tasks[id] != nil })
	if length == 0 || length == len(id) || id[length] != '.' {
		return ""
	}
	return owner
}

// references compares what the flow names of its project.
func (c *comparison) references() {
	a, _ := c.a.doc.root.Get("references").AsObject()
	b, _ := c.b.doc.root.Get("references").AsObject()
	for _, kind := range unionKeys(a, b) {
		if !isObject(a[kind]) && !isObject(b[kind]) {
			c.reference(kind, "", cleaned(a[kind], kind), cleaned(b[kind], kind))
			continue
		}
		namesA, _ := a[kind].AsObject()
		namesB, _ := b[kind].AsObject()
		for _, name := range unionKeys(namesA, namesB) {
			c.reference(kind, name, namesA[name], namesB[name])
		}
	}
}

func (c *comparison) reference(kind, name string, a, b resource.Value) {
	if a.Equal(b) || name == "" && isZero(a) && isZero(b) {
		return
	}
	path := kind
	if name != "" {
		path += segment(name, false)
	}
	c.add(Operation{Object: ObjectReference, Action: valueAction(a, b), Subject: path, ID: name, Fields: []FieldChange{{path, a, b}}})
}

// dropFollowing takes out what follows from another operation and is said there:
// the entry's edge beside the start, the exits of tasks that came or went, and
// the inputs that the service itself lists at a task.
func (c *comparison) dropFollowing() {
	came, start := map[string]bool{}, Operation{}
	for i := range c.operations {
		switch o := &c.operations[i]; {
		case o.Object == ObjectTask && o.Action != ActionChanged:
			came[string(o.Action)+o.TaskID] = true
		case o.Object == ObjectStart:
			start = *o
		}
	}
	kept := c.operations[:0]
	for _, o := range c.operations {
		isEntry := o.Object == ObjectEdge && c.b.tasks[o.TaskID] != nil && c.b.tasks[o.TaskID].kind == kindStart
		switch {
		case isEntry && start.Object != "" && o.From == start.From && o.To == start.To:
		case o.Object == ObjectMetadata && o.TaskID != "" && came[string(o.Action)+o.TaskID]:
		case o.Object == ObjectTask && o.Action == ActionChanged:
			if o.Fields = slices.DeleteFunc(o.Fields, func(f FieldChange) bool { return c.isDerived(o.TaskID, f) }); len(o.Fields) > 0 {
				kept = append(kept, o)
			}
		default:
			kept = append(kept, o)
		}
	}
	c.operations = kept
}

// isDerived reports whether a task's list of inputs differs only in inputs that
// its screen gained or lost.
func (c *comparison) isDerived(taskID string, f FieldChange) bool {
	key := f.Path
	if at := strings.IndexAny(key, ".["); at >= 0 {
		key = key[:at]
	}
	if key != "allInputKeys" && key != "inputsMetadata" && key != "inputKeys" {
		return false
	}
	t := c.b.tasks[taskID]
	before := c.m.taskBefore(taskID)
	if t == nil || before == nil {
		return false
	}
	inputs := c.inputs[c.b.screenOf(t)]
	a, b := cleaned(before.fields[key], key), cleaned(t.fields[key], key)
	for _, item := range append(without(items(a), items(b)), without(items(b), items(a))...) {
		name := text(item)
		if isObject(item) {
			name = text(item.Get("key"))
		}
		if !inputs[name] {
			return false
		}
	}
	return len(inputs) > 0
}
