package flow

import (
	"cmp"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The kinds of tasks, as the documents name them. The entry has no type there.
const (
	kindStart     = "start"
	kindAutomated = "automated"
	kindScreen    = "screen"
	kindCondition = "condition"
	kindFlow      = "flow"
)

// actionLoggedIn ends a flow with a session.
const actionLoggedIn = "logged-in"

// graph is a flow as what it is: tasks with edges between them, and the screens
// that they show.
type graph struct {
	doc        Document // a management export
	flowID     string
	start      string // the id of the task with which the flow begins
	tasks      map[string]*task
	taskIDs    []string // in order
	screens    []*screen
	byScreenID map[string]*screen // the first screen of each id
	userOf     map[string]*task   // the first task that shows the screen of this id
	sameName   map[string]int     // how many tasks have this name
}

// task is one step.
type task struct {
	id, name, kind, action string
	screenID               string
	fields                 map[string]resource.Value // without id, name, next, view, screenId, type and action
	edges                  []edge                    // sorted
	conditions             []condition
}

// edge leads from a task over one of its interactions to another task.
type edge struct{ interaction, target string }

// condition is one branch of a condition task, in the order in which they are tried.
type condition struct {
	id, name string
	atoms    resource.Value // cleaned
	rest     resource.Value // cleaned, what nobody knew
}

// screen is one page.
type screen struct {
	id           string
	interactions []interaction
	labels       map[string]string         // of the interactions, by id
	nodes        map[string]resource.Value // by id, as they stand
	listed       map[string]bool           // the parts that another one lists
	rest         resource.Value            // cleaned: what else the screen has
	contents     resource.Value
}

// interaction is something that people can do on a screen.
type interaction struct {
	id, label string
	fields    resource.Value // cleaned, without the id
}

// newGraph reads a document of any shape. It takes what is there and leaves
// judgement to the checks.
func newGraph(d Document) *graph {
	export, _ := d.ToExport()
	g := &graph{
		doc: export, flowID: export.ID(), tasks: map[string]*task{},
		byScreenID: map[string]*screen{}, userOf: map[string]*task{}, sameName: map[string]int{},
	}
	contents := export.root.Get("contents")
	g.start = text(contents.Get("startTask"))
	members, _ := contents.Get("tasks").AsObject()
	g.taskIDs = sortedKeys(members)
	slices.SortStableFunc(g.taskIDs, compareIDs)
	for _, id := range g.taskIDs {
		t := newTask(id, members[id])
		g.tasks[id] = t
		g.sameName[t.name]++
		if t.screenID != "" && g.userOf[t.screenID] == nil {
			g.userOf[t.screenID] = t
		}
	}
	for _, value := range items(export.root.Get("screens")) {
		s := newScreen(value)
		g.screens = append(g.screens, s)
		if g.byScreenID[s.id] == nil {
			g.byScreenID[s.id] = s
		}
	}
	return g
}

// compareIDs puts task 9 before task 10, and 9.end between them.
func compareIDs(a, b string) int {
	x, y := leadingDigits(a), leadingDigits(b)
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(a, b))
}

// leadingDigits is empty, and so first in order, for an id that is no number.
func leadingDigits(s string) string {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	return s[:end]
}

func newTask(id string, value resource.Value) *task {
	fields, _ := value.AsObject()
	t := &task{
		id: id, name: text(fields["name"]), kind: text(fields["type"]),
		action: text(fields["action"]), screenID: text(fields["screenId"]),
	}
	for _, rule := range items(fields["next"].Get("rules")) {
		t.edges = append(t.edges, edge{text(rule.Get("interactionId")), text(rule.Get("taskId"))})
	}
	slices.SortFunc(t.edges, compareEdges)
	if list := items(fields["conditions"]); areObjects(list) {
		for _, value := range list {
			t.conditions = append(t.conditions, newCondition(value))
		}
		if isArray(fields["conditions"]) {
			delete(fields, "conditions")
		}
	}
	if t.kind == "" { // exports leave it out where the rest says it
		switch {
		case t.screenID != "":
			t.kind = kindScreen
		case len(t.conditions) > 0:
			t.kind = kindCondition
		case t.action != "":
			t.kind = kindAutomated
		case id == kindStart:
			t.kind = kindStart
		}
	}
	t.fields = fields
	t.restOfNext()
	delete(t.fields, "view")
	for _, known := range []string{"id", "name", "type", "action", "screenId"} {
		if isString(fields[known]) {
			delete(t.fields, known)
		}
	}
	return t
}

// areObjects reports whether there is nothing else in a list.
func areObjects(list []resource.Value) bool {
	return !slices.ContainsFunc(list, func(v resource.Value) bool { return !isObject(v) })
}

// restOfNext leaves in the fields what next has beside its edges, and what the
// edges have beside interaction and target, by interaction.
func (t *task) restOfNext() {
	next := t.fields["next"]
	if !isObject(next) {
		return
	}
	extra := map[string][]resource.Value{}
	for _, rule := range items(next.Get("rules")) {
		members, _ := rule.AsObject()
		interaction := text(members["interactionId"])
		delete(members, "interactionId")
		delete(members, "taskId")
		if rest := cleaned(resource.ObjectValue(members), ""); rest != "{}" {
			extra[interaction] = append(extra[interaction], rest)
		}
	}
	rules := resource.Absent
	if len(extra) > 0 {
		lists := map[string]resource.Value{}
		for interaction, list := range extra {
			slices.Sort(list)
			lists[interaction] = arrayValue(list)
		}
		rules = resource.ObjectValue(lists)
	}
	if next = withValue(next, []string{"rules"}, rules); next == "{}" {
		delete(t.fields, "next")
		return
	}
	t.fields["next"] = next
}

func newCondition(value resource.Value) condition {
	members, _ := value.AsObject()
	c := condition{
		id: text(members["interactionId"]), name: text(members["name"]),
		atoms: cleaned(members["atomicConditions"], "atomicConditions"),
	}
	if isZero(c.atoms) {
		c.atoms = resource.Absent
	}
	for _, known := range []string{"interactionId", "name", "atomicConditions"} {
		delete(members, known)
	}
	c.rest = cleaned(resource.ObjectValue(members), "conditions")
	return c
}

func newScreen(value resource.Value) *screen {
	members, _ := value.AsObject()
	s := &screen{id: text(members["screenId"]), contents: members["contents"], labels: map[string]string{}}
	s.nodes, _ = members["contents"].AsObject()
	s.listed = s.listedNodes()
	if list := items(members["interactions"]); areObjects(list) {
		for _, entry := range list {
			fields, _ := entry.AsObject()
			i := interaction{id: text(fields["id"]), label: text(fields["label"])}
			delete(fields, "id")
			i.fields = cleaned(resource.ObjectValue(fields), "")
			s.interactions = append(s.interactions, i)
			if s.labels[i.id] == "" {
				s.labels[i.id] = i.label
			}
		}
		delete(members, "interactions")
	}
	for _, known := range []string{"screenId", "contents", "componentsVersion"} {
		delete(members, known)
	}
	s.rest = cleaned(resource.ObjectValue(members), "")
	return s
}

func compareEdges(a, b edge) int {
	return cmp.Or(cmp.Compare(a.interaction, b.interaction), cmp.Compare(a.target, b.target))
}

// screenOf is the screen that a task shows, or nil.
func (g *graph) screenOf(t *task) *screen {
	if t == nil || t.screenID == "" {
		return nil
	}
	return g.byScreenID[t.screenID]
}
