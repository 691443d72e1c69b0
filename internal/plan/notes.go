package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// addNotes remarks on what may surprise and stops nothing.
func (p *planner) addNotes() {
	p.noteUndefinedAttributes()
	p.noteDeepNesting()
	p.noteDisableFirst()
	slices.SortFunc(p.notes, func(a, b resource.Note) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
}

// noteUndefinedAttributes names each attribute key that would be written and
// that no live tenant carries: Descope wants attributes of tenants defined in
// the console first (its Python SDK says so), and has no call to list them.
func (p *planner) noteUndefinedAttributes() {
	firstUser := map[string]resource.Address{}
	for i := range p.changes {
		for _, field := range p.changes[i].Fields {
			fresh := field.Before == resource.Absent && field.After != resource.Absent
			if _, known := firstUser[field.At.Key]; field.At.Field == attributesField && fresh && !known {
				firstUser[field.At.Key] = p.changes[i].Address
			}
		}
	}
	if len(firstUser) == 0 {
		return
	}
	for i := range p.in.Live {
		keys, err := p.in.Live[i].Keys(attributesField)
		if err != nil {
			continue // cannot be: the field is in the table
		}
		for _, key := range keys {
			delete(firstUser, key)
		}
	}
	for key, address := range firstUser {
		p.notes = append(p.notes, resource.Note{
			Address: address, Code: NoteAttributeUndefined,
			Message: fmt.Sprintf("the custom attribute %q is on no live tenant: Descope wants it defined in the console first", key),
		})
	}
}

// noteDeepNesting remarks on new objects far below the top. Live ones are as
// they are: their parent cannot change.
func (p *planner) noteDeepNesting() {
	for i := range p.changes {
		change := &p.changes[i]
		if change.Kind != resource.KindTenant || change.Action != resource.ActionCreate {
			continue
		}
		if p.isDeep(change.ID) {
			p.notes = append(p.notes, resource.Note{
				Address: change.Address, Code: NoteDeepNesting,
				Message: fmt.Sprintf("%s would be created more than %d levels deep, which is hard to work with", change.Address, maxLevels),
			})
		}
	}
}

// isDeep reports whether there are too many levels above an object and with it.
func (p *planner) isDeep(id string) bool {
	for level := 1; id != ""; level++ {
		if level > maxLevels {
			return true
		}
		id = parentOf(p.desired[id], p.live[id])
	}
	return false
}

// noteDisableFirst remarks, once, that there is a way back from disabling and
// none from deleting.
func (p *planner) noteDisableFirst() {
	for i := range p.changes {
		change := &p.changes[i]
		live := p.live[change.ID]
		if change.Kind != resource.KindTenant || change.Action != resource.ActionDelete || live == nil {
			continue
		}
		if disabled, _ := live.Value(resource.Path{Field: disabledField}); disabled == resource.BoolValue(true) {
			continue
		}
		p.notes = append(p.notes, resource.Note{
			Code:    NoteDisableFirst,
			Message: "a delete cannot be taken back in full; disabled: true shuts a tenant just as well, can be undone, and shows whether anybody misses it",
		})
		return
	}
}
