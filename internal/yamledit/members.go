package yamledit

import (
	"slices"
	"strings"
)

func spaces(count int) string { return strings.Repeat(" ", count) }

// setMembers makes a mapping what is wanted, key by key.
func (f *File) setMembers(path Path, n *node, c content) (*File, *node, error) {
	file := f
	wanted := make(map[string]*node, len(c.members))
	for _, m := range c.members {
		var err error
		if file, wanted[m.key], err = file.set(path.Key(m.key), m.content); err != nil {
			return nil, nil, err
		}
	}
	result := &node{form: formFlow}
	for _, old := range n.children {
		if old.key.isMerge() {
			return nil, nil, refuse(old.key, ReasonMerge, "the mapping takes keys over from elsewhere (<<)")
		}
		if value := wanted[old.key.name]; value != nil {
			result.children = append(result.children, child{key: old.key, value: value})
			delete(wanted, old.key.name)
			continue
		}
		if err := old.value.check(); err != nil {
			return nil, nil, err
		}
		at, err := file.walk(path.Key(old.key.name))
		if err != nil {
			return nil, nil, err
		}
		if file, _, err = file.without(path, at.parent, at.index); err != nil {
			return nil, nil, err
		}
	}
	for _, m := range c.members {
		if value := wanted[m.key]; value != nil {
			result.children = append(result.children, keyed(m.key, value))
		}
	}
	return file, result, nil
}

// setItems makes a list what is wanted: the items that stay, in their order, keep
// their text, and what is new comes behind them.
func (f *File) setItems(path Path, n *node, c content) (*File, *node, error) {
	kept := make([]bool, len(n.children))
	next := 0
	for i, old := range n.children {
		if next < len(c.items) && old.value.same(c.items[next].node()) {
			kept[i] = true
			next++
		}
	}
	if next == 0 {
		return f.replaced(path, c)
	}
	file := f
	for i, old := range slices.Backward(n.children) {
		if kept[i] {
			continue
		}
		if err := old.value.check(); err != nil {
			return nil, nil, err
		}
		at, err := file.walk(path)
		if err != nil {
			return nil, nil, err
		}
		if file, _, err = file.without(path, at.node, i); err != nil {
			return nil, nil, err
		}
	}
	file, err := file.insertItems(path, c.items[next:])
	return file, c.node(), err
}
