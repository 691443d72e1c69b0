package plan

import (
	"fmt"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The bounds of what this tool creates. Live objects that break them can be
// managed as they are.
const (
	minIDLength   = 3
	maxIDLength   = 50
	maxNameLength = 100
	maxLevels     = 3
)

// checkCreate holds a new object against the rules for ids and names.
func (p *planner) checkCreate(wanted *resource.Desired) {
	if !isCreatableID(wanted.ID) && !wanted.Restored {
		p.addProblem(wanted, ProblemInvalidID, wanted.Source,
			fmt.Sprintf("a tenant with the id %q cannot be created", wanted.ID),
			fmt.Sprintf("ids have %d to %d characters out of a-z, 0-9 and -", minIDLength, maxIDLength))
	}
	field, found := wanted.Field(resource.Path{Field: nameField})
	if !found {
		p.addProblem(wanted, ProblemMissingName, wanted.Source,
			fmt.Sprintf("tenant %q does not exist yet and cannot be created without a name", wanted.ID),
			fmt.Sprintf(`add name: with 1 to %d characters, or correct the id`, maxNameLength))
		return
	}
	name, isText := field.Value.AsString()
	if length := utf8.RuneCountInString(name); !isText || length < 1 || (length > maxNameLength && !wanted.Restored) {
		p.addProblem(wanted, ProblemInvalidName, orPosition(field.Source, wanted.Source),
			fmt.Sprintf("tenant %q cannot be created with a name of %d characters", wanted.ID, length),
			fmt.Sprintf("names have 1 to %d characters", maxNameLength))
	}
}

func isCreatableID(id string) bool {
	for i := range len(id) {
		if c := id[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(id) >= minIDLength && len(id) <= maxIDLength
}

// blockParent settles a wanted parent that is not the live one: moving a tenant
// is not possible, and a parent that nobody knows is a mistake.
func (p *planner) blockParent(change *resource.Change, wanted *resource.Desired, field *resource.DesiredField, before resource.Value) {
	parent, _ := field.Value.AsString()
	if parent != "" && !p.isKnown(parent) {
		p.addUnknownParent(wanted, parent)
		return
	}
	now, _ := before.AsString()
	block(change, BlockedParentDiffers, "%s has %s and cannot be moved to %s: a parent is set at creation only",
		change.Address, parentText(now), parentText(parent))
}

func parentText(id string) string {
	if id == "" {
		return "no parent"
	}
	return fmt.Sprintf("the parent %q", id)
}

// isKnown reports whether a tenant is live, or wanted to be.
func (p *planner) isKnown(id string) bool {
	wanted := p.desired[id]
	return p.live[id] != nil || (wanted != nil && !wanted.Absent)
}

func (p *planner) addUnknownParent(wanted *resource.Desired, parent string) {
	field, _ := wanted.Field(resource.Path{Field: parentField})
	suggestion := resource.DidYouMean(parent, p.knownIDs())
	message := fmt.Sprintf("the parent %q is neither configured nor live", parent)
	if gone := p.desired[parent]; gone != nil {
		message = fmt.Sprintf("the parent %q is declared absent and not live", parent)
		suggestion = ""
	}
	p.addProblem(wanted, ProblemUnknownParent, orPosition(field.Source, wanted.Source), message, suggestion)
}

func (p *planner) knownIDs() []string {
	ids := make([]string, 0, len(p.desired)+len(p.live))
	for i := range p.in.Desired {
		if !p.in.Desired[i].Absent {
			ids = append(ids, p.in.Desired[i].ID)
		}
	}
	for i := range p.in.Live {
		ids = append(ids, p.in.Live[i].ID)
	}
	return sortedIDs(ids)
}

func (p *planner) addProblem(wanted *resource.Desired, code string, position resource.Position, message, suggestion string) {
	p.problems = append(p.problems, Problem{
		Code: code, Position: position, Address: wanted.Address(), Message: message, Suggestion: suggestion,
	})
}

func orPosition(position, otherwise resource.Position) resource.Position {
	if position.IsZero() {
		return otherwise
	}
	return position
}
