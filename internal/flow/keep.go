package flow

import (
	"slices"
	"strconv"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Keep is fresh with the values that stand at the given paths in kept: what an
// export writes over a file whose values are set per environment. A path that
// the fresh flow no longer has is left out of it and returned, sorted; a task or
// screen named by id is found in fresh by its structure, because its number may
// be another there.
func Keep(fresh, kept Document, paths []string) (result Document, missing []string, err error) {
	before, after := newGraph(kept), newGraph(fresh)
	m := match(before, after)
	root := after.doc.root
	sorted := slices.Clone(paths)
	slices.Sort(sorted)
	for _, text := range slices.Compact(sorted) {
		places, err := before.places(map[string]resource.Value{text: resource.Absent})
		if err != nil {
			return Document{}, nil, err
		}
		p := places[0]
		value := at(before.doc.root, p.keys)
		if !m.carry(&p) {
			missing = append(missing, text)
			continue
		}
		if value.IsAbsent() && p.isArgument() { // the argument goes, not just its value
			p.keys = p.keys[:len(p.keys)-1]
		}
		changed, err := p.put(root, 0, value)
		if err != nil {
			missing = append(missing, text)
			continue
		}
		root = changed
	}
	return Document{shape: Management, root: root}, missing, nil
}

// carry moves a place of the old flow to where the same thing stands in the new one.
func (m *matching) carry(p *place) bool {
	switch p.keys[0] {
	case "contents":
		t := m.taskOf(p.keys[2])
		if t == nil {
			return false
		}
		p.keys[2] = t.id
	case "screens":
		index, _ := strconv.Atoi(p.keys[1])
		s := m.screenOf(m.a.g.screens[index])
		if s == nil {
			return false
		}
		p.keys[1] = strconv.Itoa(slices.Index(m.b.g.screens, s))
	}
	return true
}

// at is the value at a place, absent where there is none.
func at(v resource.Value, keys []string) resource.Value {
	for _, key := range keys {
		if isArray(v) {
			list := items(v)
			index, err := strconv.Atoi(key)
			if err != nil || index < 0 || index >= len(list) {
				return resource.Absent
			}
			v = list[index]
			continue
		}
		v = v.Get(key)
	}
	return v
}

// ValuesAt gives what stands in the flow after at paths of the flow before; absent
// where there is nothing, and where the thing itself is gone.
func ValuesAt(before, after Document, paths []string) (map[string]resource.Value, error) {
	old, fresh := newGraph(before), newGraph(after)
	m := match(old, fresh)
	values := make(map[string]resource.Value, len(paths))
	for _, text := range paths {
		places, err := old.places(map[string]resource.Value{text: resource.Absent})
		if err != nil {
			return nil, err
		}
		values[text] = resource.Absent
		if m.carry(&places[0]) {
			values[text] = at(fresh.doc.root, places[0].keys)
		}
	}
	return values, nil
}

// DiffBeyond is [Diff] without what differs at the given paths, which are set
// apart from the file. The paths are those of the flow before; missing names
// the ones that the flow after no longer has, sorted.
func DiffBeyond(before, after Document, paths []string) (d Difference, missing []string, err error) {
	same, missing, err := Keep(after, before, paths)
	if err != nil {
		return Difference{}, nil, err
	}
	return Diff(before, same), missing, nil
}
