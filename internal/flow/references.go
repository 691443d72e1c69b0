package flow

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ReferenceKind is what kind of thing of the project a flow needs.
type ReferenceKind string

// The kinds.
const (
	ReferenceConnector ReferenceKind = "connector"
	ReferenceRole      ReferenceKind = "role"
	ReferenceFlow      ReferenceKind = "flow" // a sub-flow, named by its id
)

// Reference is one thing of the project that a flow needs.
type Reference struct {
	Kind   ReferenceKind `json:"kind"`
	Name   string        `json:"name"`            // "" where only the id is known
	ID     string        `json:"id"`              // "" where only the name is known
	Listed bool          `json:"listed"`          // it stands under the flow's references
	Tasks  []string      `json:"tasks,omitempty"` // names of the tasks that use it, sorted
}

// Arguments that name a thing of the project, in lower case.
var (
	connectorArguments = []string{"connectorid", "connector", "providerid"}
	roleArguments      = []string{"roles", "rolenames", "rolename", "role", "roleids", "roleid"}
)

// References lists what a flow needs of its project, from its references and from
// its tasks, sorted by kind, name and id. That a thing is listed says nothing
// about whether the target has it.
func References(d Document) []Reference {
	g := newGraph(d)
	var list []Reference
	references := g.doc.root.Get("references")
	for _, group := range []struct {
		key  string
		kind ReferenceKind
	}{{"connectors", ReferenceConnector}, {"roles", ReferenceRole}} {
		ids, _ := references.Get(group.key).AsObject()
		for _, name := range sortedKeys(ids) {
			list = append(list, Reference{Kind: group.kind, Name: name, ID: text(ids[name]), Listed: true})
		}
		for _, name := range items(references.Get(group.key)) { // as snapshots have them
			list = append(list, Reference{Kind: group.kind, Name: text(name), Listed: true})
		}
	}
	if id := text(g.doc.root.Get("metadata").Get("translation").Get("connectorId")); id != "" {
		list = noteUse(list, ReferenceConnector, id, "")
	}
	for _, id := range g.taskIDs {
		list = g.taskReferences(list, g.tasks[id])
	}
	for i := range list {
		slices.Sort(list[i].Tasks)
	}
	slices.SortFunc(list, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// noteUse adds a task to the reference that has the name or id, or a new one.
func noteUse(list []Reference, kind ReferenceKind, id, task string) []Reference {
	at := slices.IndexFunc(list, func(r Reference) bool { return r.Kind == kind && (r.ID == id || r.Name == id) })
	if at < 0 {
		at = len(list)
		list = append(list, Reference{Kind: kind, ID: id})
		if kind == ReferenceRole { // tasks name roles, and everything else by id
			list[at] = Reference{Kind: kind, Name: id}
		}
	}
	if task != "" && !slices.Contains(list[at].Tasks, task) {
		list[at].Tasks = append(list[at].Tasks, task)
	}
	return list
}

func (g *graph) taskReferences(list []Reference, t *task) []Reference {
	name := g.taskName(t.id)
	arguments, _ := t.fields["arguments"].AsObject()
	for _, key := range sortedKeys(arguments) {
		argument := arguments[key]
		if text(argument.Get("type")) == "context" {
			continue // it is known only when the flow runs
		}
		kind := argumentKind(t, key)
		for _, id := range textsIn(argument.Get("value")) {
			if kind != "" {
				list = noteUse(list, kind, id, name)
			}
		}
	}
	connectors, _ := t.fields["componentsConnectors"].AsObject()
	for _, part := range sortedKeys(connectors) {
		for _, id := range textsIn(connectors[part]) {
			list = noteUse(list, ReferenceConnector, id, name)
		}
	}
	return list
}

// argumentKind is what an argument names, "" for nothing of the project.
func argumentKind(t *task, key string) ReferenceKind {
	key = strings.ToLower(key)
	switch {
	case t.kind == kindFlow && key == "flowid":
		return ReferenceFlow
	case slices.Contains(connectorArguments, key):
		return ReferenceConnector
	case slices.Contains(roleArguments, key):
		return ReferenceRole
	default:
		return ""
	}
}

// textsIn is a text, or the texts of a list, without empty ones.
func textsIn(v resource.Value) []string {
	list, ok := v.AsStrings()
	if !ok {
		list = []string{text(v)}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
