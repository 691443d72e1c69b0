package restore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Done is one change of a run, as its journal tells it.
type Done struct {
	// Change has the address, the action, and the values before and after, those
	// of sensitive fields left out. That of a flow has its documents as far as they
	// are kept.
	Change resource.Change
	// Status is the outcome; empty and unknown mean that nobody knows it.
	Status resource.Status
	// Seen is the digest of the object, without settings, when the run had verified
	// its result; empty when it is not known.
	Seen string
}

// The codes of conflicts.
const (
	ConflictChanged   = "changed_since"   // live is neither what the run wrote nor what was before
	ConflictGone      = "gone_since"      // the object is not there any more
	ConflictBack      = "exists_again"    // somebody has made it again
	ConflictSensitive = "values_not_kept" // the journal leaves the values out
	ConflictNoBackup  = "no_backup"       // nobody knows how it was
	ConflictPartial   = "created_in_part" // its create failed in the middle
	ConflictKind      = "kind_not_undone" // this version cannot undo this kind
)

// Undoing is what takes a run back.
type Undoing struct {
	Desired   []resource.Desired
	Conflicts []resource.Note // what is left alone, and why
	Losses    []resource.Note // what does not come back
}

// Before is what is known of the time before a run.
type Before struct {
	Tenants map[string]Was // by id; only those that the run deleted are needed
	Lost    string         // why there are none, in words; empty when the run took no backup
}

// NeedSettings gives the ids of the tenants whose live settings must be read
// before [Undo]: those whose settings the run has written, or that it has deleted.
func NeedSettings(run []Done) map[string]bool {
	ids := map[string]bool{}
	for _, done := range run {
		writes := slices.ContainsFunc(done.Change.Fields, func(field resource.FieldChange) bool { return field.At.Field == settingsField })
		if writes || done.Change.Action == resource.ActionDelete {
			ids[done.Change.ID] = true
		}
	}
	return ids
}

// Undo wants everything that a run has changed to be as it was before, and
// nothing else: what it created goes, what it updated is put back, what it
// deleted is created again, each only where live still equals what the run
// wrote. flows are the live ones of those that the run is about,
// with their documents.
func Undo(run []Done, before Before, live []resource.Tenant, flows []resource.Flow) Undoing {
	u := &undoing{
		before: before, live: make(map[string]*resource.Tenant, len(live)), flows: make(map[string]*resource.Flow, len(flows)),
	}
	for i := range live {
		u.live[live[i].ID] = &live[i]
	}
	for i := range flows {
		u.flows[flows[i].ID] = &flows[i]
	}
	for _, done := range run {
		now := u.live[done.Change.ID]
		switch {
		case done.Change.Kind == resource.KindFlow:
			u.flow(done, u.flows[done.Change.ID])
		case done.Change.Kind != resource.KindTenant:
			u.conflict(done, ConflictKind, "objects of kind %s cannot be undone by this version", done.Change.Kind)
		case done.Status == resource.StatusSkipped:
		case done.Change.Action == resource.ActionCreate:
			u.created(done, now)
		case done.Change.Action == resource.ActionUpdate:
			u.updated(done, now)
		case done.Change.Action == resource.ActionDelete:
			u.deleted(done, now)
		}
	}
	return u.Undoing
}

type undoing struct {
	Undoing
	before Before
	live   map[string]*resource.Tenant
	flows  map[string]*resource.Flow
}

func (u *undoing) conflict(done Done, code, format string, arguments ...any) {
	u.Conflicts = append(u.Conflicts, resource.Note{Address: done.Change.Address, Code: code, Message: fmt.Sprintf(format, arguments...)})
}

// created takes a create back, unless somebody has changed the object since. A
// create whose outcome nobody knows, and that shows nothing, had no effect.
func (u *undoing) created(done Done, now *resource.Tenant) {
	switch {
	case now == nil:
		return // gone already, or never made
	case done.Status == resource.StatusFailed:
		u.conflict(done, ConflictPartial, "its create failed, perhaps after it was made: look at it, and delete it if it is the run's")
		return
	case done.Seen != "":
		if digest, err := now.WithoutSettings().Digest(); err != nil || digest != done.Seen {
			u.conflict(done, ConflictChanged, "somebody has changed it since the run created it; it is not deleted")
			return
		}
	}
	moved := u.moved(done, now, false)
	if len(moved) > 0 {
		u.conflict(done, ConflictChanged, "%s changed since the run created it; it is not deleted", strings.Join(moved, ", "))
		return
	}
	if done.Seen == "" && hasSensitive(done.Change) {
		u.conflict(done, ConflictSensitive, "whether it is still as the run created it cannot be told: the journal holds no secret values")
		return
	}
	u.Desired = append(u.Desired, resource.Desired{Kind: resource.KindTenant, ID: done.Change.ID, Absent: true})
}

// updated puts back the values that the run has changed, unless somebody has
// changed one of them since.
func (u *undoing) updated(done Done, now *resource.Tenant) {
	if now == nil {
		u.conflict(done, ConflictGone, "it was deleted since the run updated it")
		return
	}
	if moved := u.moved(done, now, true); len(moved) > 0 {
		u.conflict(done, ConflictChanged, "%s changed since the run updated it; it is left as it is", strings.Join(moved, ", "))
		return
	}
	if !slices.ContainsFunc(done.Change.Fields, func(field resource.FieldChange) bool { return !field.Sensitive }) {
		u.conflict(done, ConflictSensitive, "the run has updated secret values only, which the journal does not hold")
		return
	}
	wanted := resource.Desired{Kind: resource.KindTenant, ID: done.Change.ID, Restored: true}
	for _, field := range done.Change.Fields {
		if field.Sensitive {
			u.Losses = append(u.Losses, resource.Note{
				Address: done.Change.Address, Code: CodeSecret, Message: field.Path + " cannot come back: it is secret, so that the journal does not hold it",
			})
			continue
		}
		back := resource.DesiredField{Path: field.At, Value: field.Before}
		if field.Before.IsAbsent() {
			if field.At.Field == attributesField {
				back.Remove = true
			} else if back.Value = resource.ShapeOf(field.At).Zero(); back.Value.IsAbsent() {
				continue // nothing was there, and there is no way to write that
			}
		}
		wanted.Fields = append(wanted.Fields, back)
	}
	if len(wanted.Fields) > 0 {
		u.Desired = append(u.Desired, wanted)
	}
}

// deleted creates an object again from what the backup knows of it.
func (u *undoing) deleted(done Done, now *resource.Tenant) {
	if now != nil {
		was, known := u.before.Tenants[done.Change.ID]
		if done.Status == resource.StatusSuccess && !(known && isAsItWas(was, now)) {
			u.conflict(done, ConflictBack, "somebody has created it again since the run deleted it, or an undo was cut off; it is left as it is, and backup restore puts it back")
		}
		return // a delete without effect, or one that was taken back already
	}
	if done.Status == resource.StatusFailed {
		return // somebody else has deleted it
	}
	was, known := u.before.Tenants[done.Change.ID]
	if !known {
		u.conflict(done, ConflictNoBackup, "nobody knows how it was before it was deleted: %s", cmp.Or(u.before.Lost, "the run took no backup of it"))
		return
	}
	if was.Users == nil {
		was.Users = done.Change.Users
	}
	wanted, lost := Tenant(was, nil)
	u.Desired = append(u.Desired, wanted)
	u.Losses = append(u.Losses, lost...)
	if done.Change.Cascade {
		u.Losses = append(u.Losses, resource.Note{
			Address: done.Change.Address, Code: CodeMembers, Message: "users who belonged to it alone were deleted with it, and are not made again",
		})
	}
}

// isAsItWas reports whether each value that can be written is there as it was.
func isAsItWas(was Was, now *resource.Tenant) bool {
	wanted, _ := Tenant(was, now)
	return was.Tenant.Parent == now.Parent && !slices.ContainsFunc(wanted.Fields, func(field resource.DesiredField) bool {
		value, err := now.Value(field.Path)
		return err != nil || !resource.ShapeOf(field.Path).Equal(value, field.Value)
	})
}

// moved lists the values that are neither what the run wrote nor, where that
// counts as untouched, what was there before.
func (u *undoing) moved(done Done, now *resource.Tenant, orBefore bool) []string {
	var moved []string
	for _, field := range done.Change.Fields {
		shape := resource.ShapeOf(field.At)
		value, err := now.Value(field.At)
		if field.Sensitive || err == nil && (shape.Equal(value, field.After) || orBefore && shape.Equal(value, field.Before)) {
			continue
		}
		moved = append(moved, field.Path)
	}
	return moved
}

func hasSensitive(change resource.Change) bool {
	for _, field := range change.Fields {
		if field.Sensitive {
			return true
		}
	}
	return false
}
