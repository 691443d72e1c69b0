package yamledit

import (
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Set puts a value at a path: in the place of the one that is there, or as a new key
// behind the last one of its mapping. Mappings that are missing on the way are made.
// A ${ in the value is written as $${, so that it stands for itself. Of a list only
// the items that differ are touched, of a mapping only the keys.
//
// A value that is the same in the digits that it is written with changes nothing.
// Errors are [*Error]; then nothing was changed.
func (f *File) Set(path Path, value resource.Value) (*File, error) {
	return f.checked(path, func() (*File, *node, error) {
		return f.set(path, contentOf(value))
	})
}

// Append adds an entry at the end of the list at a path, which is made when it is
// missing. Errors are [*Error].
func (f *File) Append(list Path, entry []Member) (*File, error) {
	added := content{mapping: true}
	for _, m := range entry {
		added.members = append(added.members, memberContent{key: m.Key, comment: m.Comment, content: contentOf(m.Value)})
	}
	return f.checked(list, func() (*File, *node, error) {
		at, err := f.walk(list)
		if err != nil {
			return nil, nil, err
		}
		if at.rest != nil || at.node.isNull() {
			return f.set(list, content{list: true, items: []content{added}})
		}
		if err := at.node.open(); err != nil {
			return nil, nil, err
		}
		if !at.node.isList() {
			return nil, nil, refuse(at.node, ReasonMissing, "there is no list")
		}
		changes, err := f.insertItem(at.node, added)
		if err != nil {
			return nil, nil, err
		}
		wanted := *at.node
		wanted.children = append(slices.Clip(wanted.children), child{value: added.node()})
		return f.edited(changes, &wanted)
	})
}

// Remove takes a key out of its mapping, together with the comment on its line. A
// mapping that has no other key becomes an empty one. Errors are [*Error].
func (f *File) Remove(path Path) (*File, error) {
	if len(path) < 2 || !path[len(path)-1].isKey {
		return nil, &Error{Reason: ReasonMissing, Line: 1, Column: 1, Message: "only a key can be removed"}
	}
	return f.checked(path.Parent(), func() (*File, *node, error) {
		at, err := f.walk(path)
		if err != nil {
			return nil, nil, err
		}
		if at.rest != nil {
			return nil, nil, refuse(at.node, ReasonMissing, "there is no key %s", quoted(path.Last()))
		}
		if err := at.node.check(); err != nil {
			return nil, nil, err
		}
		return f.without(path.Parent(), at.parent, at.index)
	})
}

// Editable says whether [File.Set] would put another value at a path: nil also where
// there is nothing yet, else an [*Error].
func (f *File) Editable(path Path) error {
	if err := f.checkWay(path); err != nil {
		return err
	}
	at, err := f.walk(path)
	if err != nil || at.rest != nil {
		return err
	}
	return at.node.check()
}

// without removes one child of the collection at a path.
func (f *File) without(path Path, n *node, index int) (*File, *node, error) {
	if len(n.children) == 1 {
		return f.replaced(path, content{list: n.list, mapping: !n.list})
	}
	changes, err := f.remove(n, index)
	if err != nil {
		return nil, nil, err
	}
	wanted := *n
	wanted.children = slices.Delete(slices.Clone(n.children), index, index+1)
	return f.edited(changes, &wanted)
}

// set is Set without the check of its result; it gives what is to stand at the path.
func (f *File) set(path Path, c content) (*File, *node, error) {
	at, err := f.walk(path)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case at.rest != nil:
		return f.add(at, c)
	case at.node.same(c.node()):
		return f, at.node, nil
	case at.node.isMapping() && c.mapping && len(at.node.children) > 0 && !c.isEmpty():
		return f.setMembers(path, at.node, c)
	case at.node.isList() && c.list && len(at.node.children) > 0 && !c.isEmpty():
		return f.setItems(path, at.node, c)
	default:
		return f.replaced(path, c)
	}
}

// add makes what is missing at the end of a path.
func (f *File) add(at way, c content) (*File, *node, error) {
	if slices.ContainsFunc(at.rest, func(step Step) bool { return !step.isKey }) {
		return nil, nil, refuse(at.node, ReasonMissing, "there is no list")
	}
	if at.node.isNull() {
		file, _, err := f.fillNull(at, c.wrap(at.rest))
		return file, c.node(), err
	}
	if !at.node.isMapping() {
		return nil, nil, refuse(at.node, ReasonMissing, "there is no mapping that could hold the key %s", quoted(at.rest[0].key))
	}
	if err := at.node.open(); err != nil {
		return nil, nil, err
	}
	changes, err := f.insertKey(at.node, memberContent{key: at.rest[0].key, content: c.wrap(at.rest[1:])})
	if err != nil {
		return nil, nil, err
	}
	return f.edited(changes, c.node())
}

// fillNull puts a value in the place of one that is null or not written at all.
func (f *File) fillNull(at way, c content) (*File, *node, error) {
	if err := at.node.check(); err != nil {
		return nil, nil, err
	}
	if at.parent == nil {
		return nil, nil, refuse(at.node, ReasonMissing, "the document is empty")
	}
	w := f.writerFor(at.parent)
	if at.parent.form != formBlock || at.node.start != at.node.end || w.fitsLine(c) {
		return f.edited(f.replace(at.node, at.parent, c), c.node())
	}
	indent := columnOf(f.text, at.parent.children[0].lead) + w.step
	if c.list {
		indent += w.dash - w.step
	}
	end := lineEnd(f.text, at.node.after)
	return f.edited([]splice{{end, end, w.newline + spaces(indent) + w.block(c, indent)}}, c.node())
}

// replaced puts something in the place of a whole value.
func (f *File) replaced(path Path, c content) (*File, *node, error) {
	at, err := f.walk(path)
	if err != nil {
		return nil, nil, err
	}
	if at.parent == nil {
		return nil, nil, refuse(at.node, ReasonUnsupported, "a whole document is not replaced")
	}
	if at.node.isNull() {
		return f.fillNull(at, c)
	}
	if err := at.node.check(); err != nil {
		return nil, nil, err
	}
	if at.node.form == formPair || at.parent.form == formPair || at.parent.children[at.index].bare {
		return nil, nil, refuse(at.node, ReasonUnsupported, "the mapping is written in a way that is not edited")
	}
	return f.edited(f.replace(at.node, at.parent, c), c.node())
}

// edited parses the changed text.
func (f *File) edited(changes []splice, wanted *node) (*File, *node, error) {
	file, err := Parse(spliced(f.text, changes...), f.syntax)
	if err != nil {
		return nil, nil, &Error{Reason: ReasonInternal, Line: 1, Column: 1, Message: "the edited text would not be valid: " + err.Error()}
	}
	return file, wanted, nil
}

// open refuses a collection that must not be changed at all, not even by adding to it.
func (n *node) open() error {
	switch {
	case n.form == formAlias:
		return refuse(n, ReasonAlias, "*%s stands for a value elsewhere", n.name)
	case n.anchored:
		return refuse(n, ReasonAnchor, "the value is an anchor (&), which other places may take over")
	case n.tagged:
		return refuse(n, ReasonTag, "the value has a tag (!)")
	}
	return nil
}
