package cli

import (
	"errors"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// adoptEntry is the entry of an object that values are written into.
type adoptEntry struct {
	*adoption
	address resource.Address
	file    *fileEdit
	path    yamledit.Path
	place   config.Place
	overlay bool // it stands in an environment's overlay
}

// listNames are the keys of the lists of entries.
var listNames = map[resource.Kind]string{resource.KindTenant: "tenants", resource.KindFlow: "flows"}

// entry finds the entry of an object, and makes one in the environment's overlay
// where it has none.
func (d *adoption) entry(address resource.Address) (*adoptEntry, error) {
	place := d.placeOf(address)
	e := &adoptEntry{adoption: d, address: address, place: place, overlay: d.environment() != ""}
	at := place.Base
	if e.overlay {
		at = place.Overlay
	}
	var err error
	if !at.IsZero() {
		e.file, e.path, err = d.files.at(at)
		return e, err
	}
	file, list, err := d.listFor(address, place)
	if err != nil {
		return nil, err
	}
	e.file = file
	if made := d.made(file, list, address); made != nil {
		e.path = made
		return e, nil
	}
	var head []yamledit.Member
	if place.Key != "" {
		head = append(head, yamledit.Member{Key: "key", Value: resource.StringValue(place.Key)})
	}
	head = append(head, yamledit.Member{Key: "id", Value: resource.StringValue(address.ID())})
	return e, e.append(list, head)
}

// made is the entry of an object that this command has made already.
func (d *adoption) made(file *fileEdit, list yamledit.Path, address resource.Address) yamledit.Path {
	items, err := file.now.Get(list)
	if err != nil {
		return nil
	}
	for i := range itemsOf(items) {
		path := list.Item(i)
		if id, err := file.now.Get(path.Key("id")); err == nil && id == resource.StringValue(address.ID()) {
			return path
		}
	}
	return nil
}

// append adds an entry to a list, and is about that entry from then on.
func (e *adoptEntry) append(list yamledit.Path, members []yamledit.Member) error {
	edited, err := e.file.now.Append(list, members)
	if err != nil {
		return e.explain("", err, resource.Absent)
	}
	e.file.take(edited)
	e.path = list.Item(countItems(edited, list) - 1)
	return nil
}

func countItems(file *yamledit.File, list yamledit.Path) int {
	count := 0
	for {
		if _, _, there := file.Place(list.Item(count)); !there {
			return count
		}
		count++
	}
}

// listFor is the list that a new entry of an object goes into: the environment's
// overlay, or the top-level list, either of which need not be there yet.
func (d *adoption) listFor(address resource.Address, place config.Place) (*fileEdit, yamledit.Path, error) {
	name, top := listNames[address.Kind()], place.TenantsList
	if address.Kind() == resource.KindFlow {
		top = place.FlowsList
	}
	switch {
	case d.environment() != "" && !place.OverlayBlock.IsZero():
		file, path, err := d.files.at(place.OverlayBlock)
		return file, path.Key(name), err
	case d.environment() != "":
		file, path, err := d.files.at(place.Environment)
		return file, path.Key("overlay", name), err
	case !top.IsZero():
		file, path, err := d.files.at(top)
		return file, path, err
	default:
		file, err := d.files.configuration(d.sides[0].config.Files()[0])
		return file, yamledit.Document(0).Key(name), err
	}
}

// get is the value under keys of the entry; absent where there is none.
func (e *adoptEntry) get(keys ...string) resource.Value {
	value, err := e.file.now.Get(e.path.Key(keys...))
	if err != nil {
		return resource.Absent
	}
	return value
}

// has reports whether the entry has the key, with whatever value.
func (e *adoptEntry) has(keys ...string) bool {
	_, _, there := e.file.now.Place(e.path.Key(keys...))
	return there
}

// set writes a value under keys of the entry. What the text does not allow becomes
// an obstacle.
func (e *adoptEntry) set(path string, value resource.Value, keys ...string) error {
	edited, err := e.file.now.Set(e.path.Key(keys...), value)
	if err != nil {
		return e.explain(path, err, value)
	}
	e.file.take(edited)
	return nil
}

// remove takes a key out of the entry, if it is there.
func (e *adoptEntry) remove(path string, keys ...string) error {
	if !e.has(keys...) {
		return nil
	}
	edited, err := e.file.now.Remove(e.path.Key(keys...))
	if err != nil {
		return e.explain(path, err, resource.Absent)
	}
	e.file.take(edited)
	return nil
}

// explain makes an obstacle of an edit that was refused.
func (e *adoptEntry) explain(path string, err error, value resource.Value) error {
	refused, ok := errors.AsType[*yamledit.Error](err)
	if !ok {
		return err
	}
	at := resource.Position{File: e.file.name, Line: refused.Line, Column: refused.Column}
	if value.IsAbsent() || e.app.redact.holdsValue(value) {
		e.obstacle(e.address, path, "%s: %s", at, refused.Message)
		return nil
	}
	e.obstacle(e.address, path, "%s: %s; live is %s", at, refused.Message, value)
	return nil
}

// isFree reports whether a value that the code has may be written over. One that comes
// from a variable or an anchor may not, wherever it stands: whoever wrote it meant
// more than one place.
func (e *adoptEntry) isFree(path string, source *resource.Position, live resource.Value) (bool, error) {
	if source == nil || source.IsZero() {
		return true, nil
	}
	file, at, err := e.files.at(*source)
	if err != nil {
		return false, err
	}
	if err := file.first.Editable(at); err != nil {
		return false, (&adoptEntry{adoption: e.adoption, address: e.address, file: file}).explain(path, err, live)
	}
	return true, nil
}

// note takes an edit up for the report.
func (e *adoptEntry) note(edit adoptEdit, keys ...string) {
	edit.Address = e.address
	edit.file, edit.at = e.file, slices.Clone(e.path.Key(keys...))
	e.edits = append(e.edits, edit)
}
