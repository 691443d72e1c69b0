package flow

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// taskName is how people know a task: 'Verify OTP', with its id where several
// have that name, or the id alone where it has none.
func (g *graph) taskName(id string) string {
	t := g.tasks[id]
	switch {
	case t == nil || t.name == "":
		return id
	case g.sameName[t.name] > 1:
		return "'" + t.name + "' (" + id + ")"
	default:
		return "'" + t.name + "'"
	}
}

// screenName is how people know a screen: by the task that shows it, because
// screens have no names of their own.
func (g *graph) screenName(id string) string {
	if user := g.userOf[id]; user != nil {
		return g.taskName(user.id)
	}
	return id
}

// interactionName is what people read on the screen or in the condition: the
// label, the branch's name, or the id.
func (g *graph) interactionName(t *task, id string) string {
	for _, c := range t.conditions {
		if c.id == id && c.name != "" {
			return "'" + c.name + "'"
		}
	}
	if s := g.screenOf(t); s != nil {
		return s.interactionName(id)
	}
	return id
}

func (s *screen) interactionName(id string) string {
	if label := s.labels[id]; label != "" {
		return "'" + label + "'"
	}
	return id
}

// nodeClass is what a part of a screen is for people.
func (s *screen) nodeClass(id string) Object {
	node := s.nodes[id]
	props, custom := node.Get("props"), text(node.Get("custom").Get("type"))
	switch {
	case custom == "button" || s.hasInteraction(id) || s.hasInteraction(text(props.Get("id"))):
		return ObjectButton
	case custom == "input" || text(props.Get("name")) != "" && custom == "":
		return ObjectInput
	case !props.Get("children").IsAbsent() && isString(props.Get("children")):
		return ObjectText
	default:
		return ObjectElement
	}
}

// nodeName is the text that people see of a part of a screen, or else its kind and id.
func (s *screen) nodeName(id string) string {
	node := s.nodes[id]
	props := node.Get("props")
	candidates := []resource.Value{props.Get("children"), props.Get("name"), props.Get("label"), node.Get("displayName")}
	if s.nodeClass(id) == ObjectInput {
		candidates = []resource.Value{props.Get("name"), props.Get("label"), node.Get("displayName")}
	}
	for i, candidate := range candidates {
		if name := text(candidate); name != "" {
			if i == len(candidates)-1 {
				return "'" + name + "' (" + id + ")"
			}
			return "'" + name + "'"
		}
	}
	return id
}

func (s *screen) hasInteraction(id string) bool {
	_, known := s.labels[id]
	return known && id != ""
}

func isString(v resource.Value) bool { return len(v) > 0 && v[0] == '"' }
