package yamledit

import (
	"slices"
	"strings"
)

// writerFor takes the quotes of text over from the neighbours in a collection, the
// nearest first, or else from what stands around it.
func (f *File) writerFor(n *node) writer {
	w := writer{style: f.style}
	if text, found := lastText(n); found {
		w.text = text.form
	}
	for _, c := range slices.Backward(n.children) {
		if c.key != nil {
			w.key = c.key.form
			break
		}
		if c.value.isMapping() && len(c.value.children) > 0 {
			w.key = c.value.children[0].key.form
			break
		}
	}
	return w
}

// lastText is the last text whose quotes, or lack of them, somebody has chosen: one
// that could stand without.
func lastText(n *node) (*node, bool) {
	for _, c := range slices.Backward(n.children) {
		if c.value.isText() && c.value.form != formLiteral && isPlainText(c.value.name, false) {
			return c.value, true
		}
		if c.value.isCollection() {
			if text, found := lastText(c.value); found {
				return text, true
			}
		}
	}
	return nil, false
}

// insertKey gives the changes that add a key at the end of a mapping.
func (f *File) insertKey(n *node, m memberContent) ([]splice, error) {
	w := f.writerFor(n)
	switch n.form {
	case formFlow:
		return f.insertInBrackets(n, func(margin string) string {
			return w.keyed(m.key) + w.colon + w.brackets(m.content, margin)
		}), nil
	case formBlock:
		if slices.ContainsFunc(n.children, func(c child) bool { return c.bare }) {
			return nil, refuse(n, ReasonUnsupported, "the mapping has a key without a value, or one that is written with a question mark")
		}
		indent := columnOf(f.text, n.children[0].lead)
		at := lineEnd(f.text, n.end)
		margin := f.style.newline + strings.Repeat(" ", indent)
		return []splice{{at, at, margin + w.member(m, indent)}}, nil
	default:
		return nil, refuse(n, ReasonUnsupported, "the mapping has no brackets")
	}
}

// insertItem gives the changes that add an item at the end of a list.
func (f *File) insertItem(n *node, c content) ([]splice, error) {
	w := f.writerFor(n)
	if n.form == formFlow {
		return f.insertInBrackets(n, func(margin string) string { return w.brackets(c, margin) }), nil
	}
	last := n.children[len(n.children)-1]
	indent := columnOf(f.text, last.lead)
	margin := f.style.newline + strings.Repeat(" ", indent)
	at := lineEnd(f.text, n.end)
	gap := "" // items that are parted by an empty line stay so
	if count := len(n.children); count > 1 && hasBlankLine(f.text[n.children[count-2].value.end:last.lead]) {
		gap = f.style.newline
	}
	if last.value.form == formFlow && len(w.inline(c)) <= widest+40 {
		var comments strings.Builder
		for _, m := range c.members {
			for _, line := range commentLines(m.comment) {
				comments.WriteString(margin + "# " + line)
			}
		}
		return []splice{{at, at, gap + comments.String() + margin + "- " + w.inline(c)}}, nil
	}
	return []splice{{at, at, gap + margin + w.block(content{list: true, items: []content{c}}, indent)}}, nil
}

func hasBlankLine(text []byte) bool {
	lines := strings.Split(string(text), "\n")
	return len(lines) > 2 && slices.ContainsFunc(lines[1:len(lines)-1], func(line string) bool { return strings.TrimSpace(line) == "" })
}

// insertInBrackets adds something behind the last child of a collection in brackets.
func (f *File) insertInBrackets(n *node, write func(margin string) string) []splice {
	margin := leadingSpace(f.text, n.start)
	if len(n.children) == 0 {
		return f.fillBrackets(n, margin, write)
	}
	last := n.children[len(n.children)-1]
	at := last.value.end
	trailing := -1
	if comma := skipBlank(f.text, at); f.text[comma] == ',' {
		trailing = comma
	}
	if !startsLine(f.text, last.lead) {
		return []splice{{at, at, f.style.comma + write(margin)}}
	}
	margin = leadingSpace(f.text, last.lead)
	made := f.style.newline + margin + write(margin)
	behind := max(at, trailing+1)
	end := lineEnd(f.text, behind)
	if skipSpaces(f.text, behind) == n.end-1 { // the bracket is on the same line
		end = behind
	}
	switch {
	case trailing >= 0:
		return []splice{{end, end, made + ","}}
	case end == at:
		return []splice{{at, at, "," + made}}
	default:
		return []splice{{at, at, ","}, {end, end, made}}
	}
}

// fillBrackets puts the first child between brackets.
func (f *File) fillBrackets(n *node, margin string, write func(margin string) string) []splice {
	open, closing := n.end-1, n.end-1
	for open > n.start && strings.IndexByte("{[", f.text[open-1]) < 0 {
		open--
	}
	if strings.TrimSpace(string(f.text[open:closing])) != "" { // a comment
		return []splice{{closing, closing, write(margin)}}
	}
	switch {
	case f.style.pretty:
		inner := margin + strings.Repeat(" ", f.style.step)
		if strings.Contains(margin, "\t") {
			inner = margin + "\t"
		}
		return []splice{{open, closing, f.style.newline + inner + write(inner) + f.style.newline + margin}}
	case n.list || f.style.json:
		return []splice{{open, closing, write(margin)}}
	default:
		return []splice{{open, closing, " " + write(margin) + " "}}
	}
}
