package yamledit

import "slices"

// checked makes an edit of what is at a path, and holds its result against what it
// should be: the wanted value there, and everything else as it was.
func (f *File) checked(path Path, edit func() (*File, *node, error)) (*File, error) {
	if err := f.checkWay(path); err != nil {
		return nil, err
	}
	file, wanted, err := edit()
	if err != nil {
		return nil, err
	}
	if len(file.roots) != len(f.roots) {
		return nil, f.broken()
	}
	for i, root := range f.roots {
		if i == path[0].index {
			root = root.with(path[1:], wanted)
		}
		if !root.same(file.roots[i]) {
			return nil, f.broken()
		}
	}
	return file, nil
}

func (f *File) broken() error {
	return &Error{Reason: ReasonInternal, Line: 1, Column: 1, Message: "the edit would change more than it should"}
}

// checkWay refuses a path that leads through something that stands in other places
// as well.
func (f *File) checkWay(path Path) error {
	for length := 1; length <= len(path); length++ {
		at, err := f.walk(path[:length])
		if err != nil {
			return err
		}
		if at.rest != nil {
			return nil
		}
		if err := at.node.open(); err != nil {
			return err
		}
	}
	return nil
}

// with is the node with another value at a path below it, which may be new.
func (n *node) with(path Path, value *node) *node {
	if len(path) == 0 {
		return value
	}
	changed := *n
	changed.children = slices.Clone(n.children)
	if n.isNull() {
		changed = node{form: formFlow}
	}
	step := path[0]
	if !step.isKey {
		changed.children[step.index].value = changed.children[step.index].value.with(path[1:], value)
		return &changed
	}
	for i, c := range changed.children {
		if c.key.isKey(step.key) {
			changed.children[i].value = c.value.with(path[1:], value)
			return &changed
		}
	}
	changed.children = append(changed.children, keyed(step.key, (&node{form: formFlow}).with(path[1:], value)))
	return &changed
}
