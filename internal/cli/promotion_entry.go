package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// entryIn is what an object is called in the configuration of one environment:
// its entry in the base and the one in the overlay, each where there is one.
type entryIn struct {
	place config.Place
	edits *fileEdits
}

func (p *promoter) entryIn(environment string, address resource.Address) entryIn {
	return entryIn{place: p.config.Place(environment, address), edits: p.edits}
}

// raw is what the entry at a place has under keys, as it is written; absent where it
// has nothing.
func (e entryIn) raw(at resource.Position, keys ...string) (resource.Value, error) {
	if at.IsZero() {
		return resource.Absent, nil
	}
	file, path, err := e.edits.at(at)
	if err != nil {
		return resource.Absent, err
	}
	value, err := file.now.Get(path.Key(keys...))
	if err != nil {
		return resource.Absent, e.edits.refused(at.File, err)
	}
	return value, nil
}

// isFromVariable reports whether a value that is written somewhere comes from a
// variable, so that it belongs to whoever sets that.
func isFromVariable(written resource.Value) bool {
	return strings.Contains(strings.ReplaceAll(string(written), "$${", ""), "${")
}

// belongsTo lets an object that only and except keep away from an environment belong
// to it, and says how; "" where nothing has to be done.
func (p *promoter) belongsTo(base resource.Position, environment string) (string, error) {
	entry := entryIn{place: config.Place{Base: base}, edits: p.edits}
	only, err := entry.raw(base, "only")
	if err != nil {
		return "", err
	}
	except, err := entry.raw(base, "except")
	if err != nil {
		return "", err
	}
	names, isOnly := only.AsStrings()
	excluded, isExcept := except.AsStrings()
	switch {
	case isOnly && !slices.Contains(names, environment):
		return "only: names " + environment, p.set(base, resource.StringsValue(append(names, environment)), "only")
	case isExcept && slices.Contains(excluded, environment):
		left := slices.DeleteFunc(excluded, func(name string) bool { return name == environment })
		if len(left) == 0 {
			return "except: goes", p.remove(base, "except")
		}
		return "except: no longer names " + environment, p.set(base, resource.StringsValue(left), "except")
	case !only.IsAbsent() && !isOnly || !except.IsAbsent() && !isExcept:
		return "", refusedError("not_editable", fmt.Sprintf("nothing was written: the only and except of %s are not simple lists", base), "write them by hand, and run the command again")
	}
	return "", nil
}

// set writes a value into the entry at a place.
func (p *promoter) set(at resource.Position, value resource.Value, keys ...string) error {
	file, path, err := p.edits.at(at)
	if err != nil {
		return err
	}
	changed, err := file.now.Set(path.Key(keys...), value)
	return p.edits.edit(file, changed, err)
}

// remove takes a key out of the entry at a place, if it is there.
func (p *promoter) remove(at resource.Position, keys ...string) error {
	file, path, err := p.edits.at(at)
	if err != nil {
		return err
	}
	if _, _, there := file.now.Place(path.Key(keys...)); !there {
		return nil
	}
	changed, err := file.now.Remove(path.Key(keys...))
	return p.edits.edit(file, changed, err)
}

// overlayFile is the configuration file in which the overlay's entry of an object
// stands, or will stand.
func overlayFile(place config.Place) resource.Position {
	for _, at := range []resource.Position{place.Overlay, place.OverlayBlock, place.Environment} {
		if !at.IsZero() {
			return at
		}
	}
	return resource.Position{}
}

// append adds an entry to the overlay of the target.
func (p *promoter) append(place config.Place, kind resource.Kind, entry []yamledit.Member) error {
	list := string(kind) + "s"
	keys := []string{list}
	at := place.OverlayBlock
	if at.IsZero() {
		at, keys = place.Environment, []string{"overlay", list}
	}
	file, path, err := p.edits.at(at)
	if err != nil {
		return err
	}
	changed, err := file.now.Append(path.Key(keys...), entry)
	return p.edits.edit(file, changed, err)
}

// called is how an entry of an overlay names the object that it lies over: by its
// key, else by its id in the base; one of the environment alone by both.
func called(pair promotionPair, place config.Place) []yamledit.Member {
	var members []yamledit.Member
	if pair.key != "" {
		members = append(members, yamledit.Member{Key: "key", Value: resource.StringValue(pair.key)})
	}
	if id := place.BaseID; pair.key == "" || id == "" {
		if id == "" {
			id = pair.address.ID()
		}
		members = append(members, yamledit.Member{Key: "id", Value: resource.StringValue(id)})
	}
	return members
}

// lay sets values in the overlay's entry of an object, which is made where there is
// none. Paths are keys, one inside of the other.
func (p *promoter) lay(pair promotionPair, place config.Place, values []laidValue) error {
	if place.Overlay.IsZero() {
		return p.append(place, pair.from.Kind, append(called(pair, place), nested(values)...))
	}
	for _, one := range values {
		var err error
		if one.value.IsAbsent() {
			err = p.remove(place.Overlay, one.keys...)
		} else {
			err = p.set(place.Overlay, one.value, one.keys...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// laidValue is one value of an overlay's entry; an absent one goes.
type laidValue struct {
	keys  []string
	value resource.Value
}

// nested makes the members of a new entry out of values below keys.
func nested(values []laidValue) []yamledit.Member {
	var members []yamledit.Member
	for _, one := range values {
		if one.value.IsAbsent() {
			continue
		}
		at := slices.IndexFunc(members, func(m yamledit.Member) bool { return m.Key == one.keys[0] })
		if at < 0 {
			members = append(members, yamledit.Member{Key: one.keys[0], Value: one.value})
			at = len(members) - 1
			if len(one.keys) > 1 {
				members[at].Value = resource.ObjectValue(nil)
			}
		}
		if len(one.keys) > 1 {
			inner, _ := members[at].Value.AsObject()
			inner[one.keys[1]] = one.value
			members[at].Value = resource.ObjectValue(inner)
		}
	}
	return members
}

// besides is the path of a new flow's file, as the configuration names it and on
// disk: beside the file of the overlay that names it.
func (p *promoter) besides(at resource.Position, id string) (named, path string, err error) {
	folder := filepath.Dir(p.app.absolute(at.File))
	named = "flows/" + p.options.to + "/" + id + ".json"
	path = filepath.Join(folder, filepath.FromSlash(named))
	if !isBelow(folder, path) {
		return "", "", refusedError("not_editable", fmt.Sprintf("refused, nothing was written: %s leads out of the folder of %s", named, at.File), "is flows a link? name another file in the overlay")
	}
	return named, path, nil
}
