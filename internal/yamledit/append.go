package yamledit

import "strings"

// AppendAll is [File.Append] for many entries at once. An empty list in brackets is
// written as lines where it can be.
func (f *File) AppendAll(list Path, entries [][]Member) (*File, error) {
	if len(entries) == 0 {
		return f, nil
	}
	added := make([]content, len(entries))
	for i, entry := range entries {
		added[i].mapping = true
		for _, m := range entry {
			added[i].members = append(added[i].members, memberContent{key: m.Key, comment: m.Comment, content: contentOf(m.Value)})
		}
	}
	return f.checked(list, func() (*File, *node, error) {
		at, err := f.walk(list)
		if err != nil {
			return nil, nil, err
		}
		if at.rest != nil || at.node.isNull() {
			return f.set(list, content{list: true, items: added})
		}
		if err := at.node.open(); err != nil {
			return nil, nil, err
		}
		if !at.node.isList() {
			return nil, nil, refuse(at.node, ReasonMissing, "there is no list")
		}
		return f.appendItems(list, at, added)
	})
}

// appendItems adds items to a list that is there.
func (f *File) appendItems(list Path, at way, added []content) (*File, *node, error) {
	wanted := *at.node
	wanted.children = append([]child(nil), at.node.children...)
	for _, item := range added {
		wanted.children = append(wanted.children, child{value: item.node()})
	}
	if len(at.node.children) == 0 && at.parent != nil && at.parent.form == formBlock && !at.parent.children[at.index].bare {
		text := f.writerFor(at.parent).underKey(f.text, at.parent, content{list: true, items: added})
		end := lineEnd(f.text, at.node.end) // a comment stays beside the key
		return f.edited([]splice{{at.node.after, at.node.end, ""}, {end, end, text}}, &wanted)
	}
	if at.node.form == formBlock && at.node.children[len(at.node.children)-1].value.form != formFlow {
		return f.edited(f.insertLines(at.node, added), &wanted)
	}
	file, err := f.insertItems(list, added)
	return file, &wanted, err
}

// insertItems puts items behind those of a list, one after the other.
func (f *File) insertItems(list Path, added []content) (*File, error) {
	for _, item := range added {
		at, err := f.walk(list)
		if err != nil {
			return nil, err
		}
		changes, err := f.insertItem(at.node, item)
		if err != nil {
			return nil, err
		}
		if f, _, err = f.edited(changes, nil); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// underKey writes a list that is not empty as lines below its key in a mapping.
func (w writer) underKey(text []byte, holder *node, c content) string {
	indent := columnOf(text, holder.children[0].lead) + w.dash
	return w.newline + strings.Repeat(" ", indent) + w.block(c, indent)
}

// insertLines adds items at the end of a list of lines.
func (f *File) insertLines(n *node, added []content) []splice {
	w := f.writerFor(n)
	last := n.children[len(n.children)-1]
	indent := columnOf(f.text, last.lead)
	margin := f.style.newline + strings.Repeat(" ", indent)
	if count := len(n.children); count > 1 && hasBlankLine(f.text[n.children[count-2].value.end:last.lead]) {
		margin = f.style.newline + margin // items that are parted by an empty line stay so
	}
	var out strings.Builder
	for _, item := range added {
		out.WriteString(margin + w.block(content{list: true, items: []content{item}}, indent))
	}
	at := lineEnd(f.text, n.end)
	return []splice{{at, at, out.String()}}
}
