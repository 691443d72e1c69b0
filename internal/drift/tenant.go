package drift

import (
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// tenants compares all tenants that are wanted and selected, and lists the live
// ones that are not wanted.
func (d *detector) tenants() error {
	if !d.in.Manage.Configured {
		return nil
	}
	live := make(map[string]*resource.Tenant, len(d.in.Live))
	for i := range d.in.Live {
		tenant := &d.in.Live[i]
		if live[tenant.ID] != nil {
			return fmt.Errorf("drift: the list of live tenants names %q twice", tenant.ID)
		}
		live[tenant.ID] = tenant
	}
	named := make(map[string]bool, len(d.in.Desired))
	for i := range d.in.Desired {
		wanted := &d.in.Desired[i]
		if named[wanted.ID] {
			return fmt.Errorf("drift: %s is wanted twice", wanted.Address())
		}
		named[wanted.ID] = true
		if !d.selects(d.in.Manage, wanted.Address()) {
			continue
		}
		if err := d.tenant(wanted, live[wanted.ID]); err != nil {
			return fmt.Errorf("drift of %s: %w", wanted.Address(), err)
		}
	}
	for _, id := range d.in.Manage.Elsewhere {
		named[id] = true
	}
	for id := range live {
		d.orphan(d.in.Manage, resource.NewAddress(resource.KindTenant, id), named[id])
	}
	return nil
}

// orphan takes up an object that is live and nowhere in the configuration.
func (d *detector) orphan(manage resource.Manage, address resource.Address, named bool) {
	if named || manage.Orphans == resource.OrphansIgnore || !d.selects(manage, address) {
		return
	}
	one := newDifference(address, ChangeExtra, StateOrphan)
	one.Managed = false
	d.finish([]difference{one}, waysOut{})
}

func newDifference(address resource.Address, change Change, state State) difference {
	return difference{Finding: Finding{
		Address: address, Kind: address.Kind(), ID: address.ID(), Change: change, State: state, Managed: true,
	}}
}

// whole is the difference of an object that is missing or too much; ok is false
// where it is neither, or where it is as it is wanted.
func (d *detector) whole(wanted *resource.Desired, isLive bool) (one difference, ok bool) {
	record, recorded := d.in.Applied.Objects[wanted.Address()]
	recorded = recorded && d.in.Applied.Known
	switch {
	case wanted.Absent != isLive:
		return difference{}, false
	case wanted.Absent && recorded && record.Absent:
		one = newDifference(wanted.Address(), ChangeExtra, StateDrifted) // it came back
	case wanted.Absent && recorded:
		one = newDifference(wanted.Address(), ChangeExtra, StatePending)
	case wanted.Absent:
		one = newDifference(wanted.Address(), ChangeExtra, StateDiffers)
	case !d.in.Applied.Known:
		one = newDifference(wanted.Address(), ChangeMissing, StateDiffers)
	case recorded && !record.Absent:
		one = newDifference(wanted.Address(), ChangeMissing, StateDrifted) // it was deleted
	default:
		one = newDifference(wanted.Address(), ChangeMissing, StatePending)
	}
	one.Source = positionOf(wanted.Source)
	return one, true
}

func positionOf(candidates ...resource.Position) *resource.Position {
	for _, position := range candidates {
		if !position.IsZero() {
			return &position
		}
	}
	return nil
}

// tenant compares one wanted tenant with its live one, which may be nil.
func (d *detector) tenant(wanted *resource.Desired, live *resource.Tenant) error {
	ways := waysOut{protect: wanted.Protect}
	if one, ok := d.whole(wanted, live != nil); ok {
		d.finish([]difference{one}, ways)
		return nil
	}
	if live == nil {
		return nil // and declared absent
	}
	record := d.record(wanted.Address())
	if !record.known {
		d.unrecorded = append(d.unrecorded, wanted.Address())
	}
	var list []difference
	managed := map[resource.Path]bool{}
	for i := range wanted.Fields {
		field := &wanted.Fields[i]
		if managed[field.Path] {
			return fmt.Errorf("%s is wanted twice", field.Path)
		}
		managed[field.Path] = true
		value, err := live.Value(field.Path)
		if err != nil {
			return err
		}
		if one, differs := d.field(wanted, field, value, record.base(field.Path)); differs {
			list = append(list, one)
		}
	}
	watched, err := d.watched(live, record, managed)
	if err != nil {
		return err
	}
	d.finish(append(list, watched...), ways)
	return nil
}

// field compares one managed value.
func (d *detector) field(wanted *resource.Desired, field *resource.DesiredField, live resource.Value, base base) (difference, bool) {
	shape := resource.ShapeOf(field.Path)
	live = shape.Canonical(live)
	want := resource.Absent
	if !field.Remove {
		want = shape.Canonical(field.Value)
	}
	state := d.state(shape, base, live, want)
	if state == "" {
		return difference{}, false
	}
	one := newDifference(wanted.Address(), ChangeField, state)
	one.Path, one.at, one.before, one.after = field.Path.String(), field.Path, want, live
	one.Source = positionOf(field.Source, wanted.Source)
	d.setValues(&one, shape.Canonical(base.value), live, want, base.isHidden)
	return one, true
}

// state is where a difference comes from; empty where there is none.
func (d *detector) state(shape resource.Shape, base base, live, want resource.Value) State {
	known := d.knows(base)
	switch same := shape.Equal(live, want); {
	case same && known && !d.isBase(shape, base, want):
		return StateConverged
	case same:
		return ""
	case !known:
		return StateDiffers
	case d.isBase(shape, base, live):
		return StatePending
	case d.isBase(shape, base, want):
		return StateDrifted
	default:
		return StateConflict
	}
}

// knows reports whether values can be compared with the one that was applied.
func (d *detector) knows(base base) bool {
	return base.known && (!base.isHidden || d.in.HashOf != nil)
}

// isBase reports whether a value is the one that was applied.
func (d *detector) isBase(shape resource.Shape, base base, value resource.Value) bool {
	if base.isHidden {
		return !value.IsAbsent() && d.in.HashOf(base.address, base.path, value) == base.hash
	}
	return shape.Equal(base.value, value)
}

// setValues shows the values, unless one of them must not be shown.
func (d *detector) setValues(one *difference, applied, live, want resource.Value, hidden bool) {
	one.Sensitive = hidden || d.isSecret(applied, live, want) || d.in.SecretPaths.Has(one.Address, one.Path)
	one.LiveDigest = d.liveDigest(one, live)
	if !one.Sensitive {
		one.Applied, one.Live, one.Wanted = applied, live, want
	}
}

// watched finds the critical fields that the configuration leaves alone and that
// have changed since the last apply all the same.
func (d *detector) watched(live *resource.Tenant, record record, managed map[resource.Path]bool) ([]difference, error) {
	var list []difference
	if record.object.Absent {
		return nil, nil // it is another tenant of that id
	}
	for _, path := range d.watchedPaths {
		if path.Field == "settings" && !live.HasSettings() {
			continue
		}
		base := record.base(path)
		if managed[path] || !d.knows(base) {
			continue
		}
		value, err := live.Value(path)
		if err != nil {
			return nil, err
		}
		shape := resource.ShapeOf(path)
		value = shape.Canonical(value)
		if d.isBase(shape, base, value) {
			continue
		}
		one := newDifference(live.Address(), ChangeField, StateDrifted)
		one.Managed, one.Path, one.at, one.before, one.after = false, path.String(), path, base.value, value
		d.setValues(&one, shape.Canonical(base.value), value, resource.Absent, base.isHidden)
		if gradeOf(&one) != resource.SeverityCritical {
			continue
		}
		list = append(list, one)
		d.note(live.Address(), NoteUnmanaged, unmanagedText(path))
	}
	return list, nil
}

func unmanagedText(path resource.Path) string {
	if _, known := resource.FindField(resource.TenantFields(), path.Field); !known {
		return path.String() + " has changed outside of this tool and has no key in a configuration: put it right in the Descope console, or let it count as applied with drift adopt"
	}
	return path.String() + " has changed outside of this tool and the configuration leaves it alone: put it right in the Descope console, or name it in the configuration"
}

// watchedPaths are the paths of a tenant that are watched, those of its settings last.
func watchedPaths() []resource.Path {
	var paths []resource.Path
	for _, field := range resource.WritableTenantFields() {
		paths = append(paths, resource.Path{Field: field.Name})
	}
	for _, field := range resource.TenantSettingsFields() {
		paths = append(paths, resource.Path{Field: "settings", Key: field.Name})
	}
	return slices.DeleteFunc(paths, func(path resource.Path) bool { return !IsWatched(path) })
}

// base is the value that was applied last at one path.
type base struct {
	known    bool
	value    resource.Value // absent where there was none, and where it is hidden
	isHidden bool
	hash     string
	address  resource.Address // what the hash was made for
	path     string
}

// record is what is known of an object's last apply; the zero record knows nothing.
type record struct {
	known   bool
	address resource.Address
	object  Object
}

func (d *detector) record(address resource.Address) record {
	object, known := d.in.Applied.Objects[address]
	if !known || !d.in.Applied.Known {
		return record{}
	}
	return record{known: true, address: address, object: object}
}

// base is what the record says about one path. What a recorded object did not
// have was not set, and neither was anything of one that was not there; of
// settings that are not in the record nobody knows.
func (r record) base(path resource.Path) base {
	if !r.known {
		return base{}
	}
	name := path.String()
	if hash, hidden := r.object.Hidden[name]; hidden {
		return base{known: hash != "", isHidden: true, hash: hash, address: r.address, path: name}
	}
	value, there := r.object.Values[name]
	if !there && path.Field == "settings" && !r.object.Absent {
		return base{}
	}
	return base{known: true, value: value}
}
