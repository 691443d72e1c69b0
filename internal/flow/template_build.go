package flow

import (
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Our templates are put together from steps. A step has a key of its own, by which
// edges and arguments name it; the numbers that an export has are given in the
// order of the steps.

// endKey is the step with which each of our flows ends.
const endKey = "end"

// componentsVersion is a version of the screens' components that our screens
// were modelled on. The service replaces it with its own.
const componentsVersion = "2.0.547"

// success is the interaction that an action is left by.
const success = "success"

// step is one task of a template.
type step struct {
	key, name  string
	kind       string
	action     string
	arguments  map[string]resource.Value
	refs       map[string]string // arguments that name a step, by its key
	conditions []branch
	page       *page
	edges      []edge // to the keys of steps
}

// branch is one way out of a condition; without a test it is the last one.
type branch struct {
	name, id string
	tests    []test
	to       string
}

// test is one comparison with what the flow knows when it runs.
type test struct{ operator, target string }

const (
	isTrue   = "is-true"
	notEmpty = "not-empty"
)

// builder collects the steps of one flow.
type builder struct {
	template Template
	steps    []step
}

// screen shows a page; the edges are by the page's interactions.
func (b *builder) screen(key, name string, p page, edges ...edge) {
	b.steps = append(b.steps, step{key: key, name: name, kind: kindScreen, page: &p, edges: edges})
}

// action does something and goes on to each of the steps.
func (b *builder) action(key, name, action string, arguments map[string]resource.Value, to ...string) {
	s := step{key: key, name: name, kind: kindAutomated, action: action, arguments: arguments}
	for _, target := range to {
		s.edges = append(s.edges, edge{success, target})
	}
	b.steps = append(b.steps, s)
}

// pair is an action in two halves: the first starts something, the second goes on
// when it has come back. ref is the argument by which the halves know each other.
func (b *builder) pair(key, name, start, finish, ref string, arguments map[string]resource.Value, to string, meanwhile ...string) {
	second := key + ".end"
	first := step{key: key, name: name, kind: kindAutomated, action: start, arguments: arguments, refs: map[string]string{ref: second}}
	for _, target := range append(meanwhile, second) {
		first.edges = append(first.edges, edge{success, target})
	}
	last := first
	last.key, last.action, last.edges = second, finish, []edge{{success, to}}
	b.steps = append(b.steps, first, last)
}

// condition goes on by the first branch whose tests all hold.
func (b *builder) condition(key, name string, branches ...branch) {
	s := step{key: key, name: name, kind: kindCondition, conditions: branches}
	for _, br := range branches {
		s.edges = append(s.edges, edge{br.id, br.to})
	}
	b.steps = append(b.steps, s)
}

// when is a branch with tests, otherwise the one without.
func when(name, to string, tests ...test) branch {
	return branch{name: name, id: strings.ReplaceAll(strings.ToLower(name), " ", "-"), tests: tests, to: to}
}

func otherwise(name, to string) branch { return branch{name: name, id: "ELSE", to: to} }

// document is the export. The first step is the one that the flow begins with.
func (b *builder) document(t Template) Document {
	b.template = t
	b.action(endKey, "End", actionLoggedIn, nil)
	ids := b.numbers()
	tasks, screens := map[string]resource.Value{}, []resource.Value{}
	for i, s := range b.steps {
		tasks[ids[s.key]] = b.task(s, i, ids)
		if s.page != nil {
			screens = append(screens, s.page.export(b.screenID(s.key)))
		}
	}
	first := ids[b.steps[0].key]
	tasks[kindStart] = object{
		"id": str(kindStart), "name": str(kindStart), "view": place2D(-1),
		"next": object{"rules": array(object{"interactionId": str(""), "taskId": str(first)}.value())}.value(),
	}.value()
	root := object{
		"flowId": str(b.template.Name),
		"metadata": object{
			"name": str(b.template.Title), "description": str(b.template.Description), "componentsVersion": str(componentsVersion),
			"sharedInteractions": array(object{"id": str(ids[endKey] + "." + success), "type": str(success)}.value()),
		}.value(),
		"contents": object{"startTask": str(first), "tasks": resource.ObjectValue(tasks)}.value(),
		"screens":  array(sortedScreens(screens)...), "references": "{}",
	}
	return Document{shape: Management, root: root.value()}
}

// numbers gives each step the id of its task; the halves of a pair share theirs.
func (b *builder) numbers() map[string]string {
	ids := map[string]string{}
	next := 0
	for _, s := range b.steps {
		if first, isSecond := strings.CutSuffix(s.key, ".end"); isSecond {
			ids[s.key] = ids[first] + ".end"
			continue
		}
		ids[s.key] = strconv.Itoa(next)
		next++
	}
	return ids
}

func (b *builder) task(s step, index int, ids map[string]string) resource.Value {
	out := object{"id": str(ids[s.key]), "name": str(s.name), "type": str(s.kind), "view": place2D(index), "next": "{}"}
	if len(s.edges) > 0 {
		var rules []resource.Value
		for _, e := range s.edges {
			rules = append(rules, object{"interactionId": str(e.interaction), "taskId": str(ids[e.target])}.value())
		}
		out["next"] = object{"rules": array(rules...)}.value()
	}
	switch {
	case s.page != nil:
		out["screenId"] = str(b.screenID(s.key))
		s.page.describe(out)
	case s.action != "":
		out["action"] = str(s.action)
		if len(s.arguments)+len(s.refs) > 0 {
			out["arguments"] = s.inline(ids)
		}
	default:
		var list []resource.Value
		for _, c := range s.conditions {
			list = append(list, c.export())
		}
		out["conditions"] = array(list...)
	}
	return out.value()
}

// inline writes the arguments as values that stand in the flow.
func (s step) inline(ids map[string]string) resource.Value {
	out := object{}
	for name, value := range s.arguments {
		out[name] = object{"type": str("inline"), "value": value}.value()
	}
	for name, key := range s.refs {
		out[name] = object{"type": str("inline"), "value": str(ids[key])}.value()
	}
	return out.value()
}

func (c branch) export() resource.Value {
	out := object{"name": str(c.name), "interactionId": str(c.id)}
	var tests []resource.Value
	for _, t := range c.tests {
		tests = append(tests, object{
			"operator":  str(t.operator),
			"target":    object{"type": str("context"), "value": str(t.target)}.value(),
			"predicate": object{"type": str("inline"), "value": str("")}.value(),
		}.value())
	}
	if tests != nil {
		out["atomicConditions"] = array(tests...)
	}
	return out.value()
}

// place2D puts the steps into rows of six, for the console's drawing.
func place2D(index int) resource.Value {
	const columns, width, height = 6, 420, 360
	if index < 0 {
		return object{"x": number(-width), "y": number(0)}.value()
	}
	return object{"x": number(index % columns * width), "y": number(index / columns * height)}.value()
}

// object is a JSON object while it is put together.
type object map[string]resource.Value

func (o object) value() resource.Value { return resource.ObjectValue(o) }

func str(s string) resource.Value                 { return resource.StringValue(s) }
func number(n int) resource.Value                 { return resource.Value(strconv.Itoa(n)) }
func array(list ...resource.Value) resource.Value { return arrayValue(list) }
