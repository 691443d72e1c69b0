package flow

import (
	"cmp"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Object is what an operation is about.
type Object string

// The objects, in the order in which a difference lists them.
const (
	ObjectMetadata  Object = "metadata"  // name, description, switches of the whole flow
	ObjectStart     Object = "start"     // the task with which the flow begins
	ObjectTask      Object = "task"      // a step
	ObjectCondition Object = "condition" // a branch of a condition task
	ObjectEdge      Object = "edge"      // from a task over an interaction to a task
	ObjectScreen    Object = "screen"    // a page
	ObjectText      Object = "text"      // a text on a screen
	ObjectInput     Object = "input"     // what a screen asks for
	ObjectButton    Object = "button"    // what people can do on a screen
	ObjectElement   Object = "element"   // any other part of a screen
	ObjectReference Object = "reference" // a connector or role of the project that the flow names
)

var objectOrder = []Object{
	ObjectMetadata, ObjectStart, ObjectTask, ObjectCondition, ObjectEdge, ObjectScreen,
	ObjectText, ObjectInput, ObjectButton, ObjectElement, ObjectReference,
}

// Action is what happened to an object.
type Action string

// The actions.
const (
	ActionAdded      Action = "added"
	ActionRemoved    Action = "removed"
	ActionChanged    Action = "changed"
	ActionRedirected Action = "redirected" // an edge leads to another task
	ActionMoved      Action = "moved"      // the same, in another order or place
)

// Operation is one step from one flow to another. Names are the new flow's, of
// what was removed the old one's.
type Operation struct {
	Object   Object        `json:"object"`
	Action   Action        `json:"action"`
	TaskID   string        `json:"task_id,omitempty"`
	Task     string        `json:"task,omitempty"` // for people, quoted, with the id where the name is not unique
	ScreenID string        `json:"screen_id,omitempty"`
	Screen   string        `json:"screen,omitempty"`  // the name of the task that shows it, likewise
	Subject  string        `json:"subject,omitempty"` // the interaction, branch, part, or key that it is about
	ID       string        `json:"id,omitempty"`      // of the subject
	From     string        `json:"from,omitempty"`    // edges: the task to which it led
	FromID   string        `json:"from_id,omitempty"` // likewise, in the old flow
	To       string        `json:"to,omitempty"`      // edges: the task to which it leads now
	ToID     string        `json:"to_id,omitempty"`   // likewise, in the new flow
	Fields   []FieldChange `json:"fields,omitempty"`  // what was changed, sorted by path
}

// FieldChange is one value of an object that differs.
type FieldChange struct {
	Path   string         `json:"path"`   // inside of the object, such as "arguments.url.value"
	Before resource.Value `json:"before"` // absent (null) where there was none
	After  resource.Value `json:"after"`  // absent (null) where there is none
}

// Difference is what leads from one flow to another.
type Difference struct {
	Operations []Operation `json:"operations"` // sorted; none where the flows mean the same

	before, after *graph
	matching      *matching
}

// IsEmpty reports whether the two flows mean the same.
func (d Difference) IsEmpty() bool { return len(d.Operations) == 0 }

// Fields shows each operation as a path in words, once for each value where it has
// some: "task 'Send code' changed: arguments.url.value".
func (d Difference) Fields() []FieldChange {
	fields := []FieldChange{}
	for _, operation := range d.Operations {
		whole := operation.Object == ObjectTask && operation.Action != ActionChanged
		if len(operation.Fields) == 0 || whole {
			fields = append(fields, FieldChange{Path: operation.String()})
			continue
		}
		for _, field := range operation.Fields {
			path := operation.String()
			if operation.Object != ObjectMetadata || field.Path != operation.Subject { // or else the words name it already
				path += ": " + field.Path
			}
			fields = append(fields, FieldChange{Path: path, Before: field.Before, After: field.After})
		}
	}
	return fields
}

func sortOperations(list []Operation) {
	slices.SortStableFunc(list, func(a, b Operation) int {
		return cmp.Or(
			cmp.Compare(slices.Index(objectOrder, a.Object), slices.Index(objectOrder, b.Object)),
			cmp.Compare(a.Task, b.Task), compareIDs(a.TaskID, b.TaskID),
			cmp.Compare(a.Screen, b.Screen), cmp.Compare(a.ScreenID, b.ScreenID),
			cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Action, b.Action),
			cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
		)
	})
}
