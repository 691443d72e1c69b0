package yamledit

// remove gives the changes that take the child at an index out of a collection that
// has others.
func (f *File) remove(n *node, index int) ([]splice, error) {
	if n.children[index].bare {
		return nil, refuse(n, ReasonUnsupported, "the key has no value, or is written with a question mark")
	}
	switch n.form {
	case formBlock:
		return f.removeLines(n, index), nil
	case formFlow:
		return f.removeFromBrackets(n, index), nil
	default:
		return nil, refuse(n, ReasonUnsupported, "the mapping has no brackets")
	}
}

// removeLines removes a child of a block, with its comment on the same line.
func (f *File) removeLines(n *node, index int) []splice {
	c := n.children[index]
	end := nextLine(f.text, lineEnd(f.text, c.value.end))
	if startsLine(f.text, c.lead) {
		return f.wholeLines(lineStart(f.text, c.lead), end)
	}
	// It stands behind a dash, where the next one moves up.
	return []splice{{c.lead, skipSpaces(f.text, skipBreaks(f.text, end)), ""}}
}

// wholeLines removes lines; the last ones of a text without a line break at its end
// take the one before with them.
func (f *File) wholeLines(start, end int) []splice {
	if end == len(f.text) && start > 0 && f.text[end-1] != '\n' {
		start--
		if start > 0 && f.text[start-1] == '\r' {
			start--
		}
	}
	return []splice{{start, end, ""}}
}

func skipBreaks(text []byte, at int) int {
	for at < len(text) {
		next := skipSpaces(text, at)
		if next >= len(text) || text[next] != '\n' && text[next] != '\r' {
			return at
		}
		at = nextLine(text, at)
	}
	return at
}

// removeFromBrackets removes a child that stands in brackets, and one comma.
func (f *File) removeFromBrackets(n *node, index int) []splice {
	c := n.children[index]
	last := index == len(n.children)-1
	behind := c.value.end
	comma := skipBlank(f.text, behind)
	hasComma := f.text[comma] == ','
	if hasComma {
		behind = comma + 1
	}
	rest := skipSpaces(f.text, behind)
	alone := startsLine(f.text, c.lead) && (rest == lineEnd(f.text, rest) || f.text[rest] == '#')
	switch {
	case alone && last && !hasComma && index > 0:
		before := n.children[index-1].value.end
		comma := skipBlank(f.text, before)
		return append([]splice{{before, comma + 1, string(f.text[before:comma])}}, f.wholeLines(lineStart(f.text, c.lead), nextLine(f.text, rest))...)
	case alone:
		return f.wholeLines(lineStart(f.text, c.lead), nextLine(f.text, rest))
	case last && index > 0:
		return []splice{{n.children[index-1].value.end, c.value.end, ""}}
	default:
		return []splice{{c.lead, n.children[index+1].lead, ""}}
	}
}

// replace gives the changes that put something else in the place of a value.
func (f *File) replace(n *node, holder *node, c content) []splice {
	w := f.writerFor(holder)
	if text, found := lastText(n); found {
		w.text = text.form
	}
	if n.isText() && n.form != formLiteral {
		w.text = n.form
	}
	switch {
	case n.start == n.end:
		return []splice{{n.after, n.after, " " + w.inline(c)}}
	case n.form == formLiteral:
		header := n.start
		for header < len(f.text) && f.text[header] > ' ' {
			header++
		}
		first := splice{n.start, header, w.inline(c)}
		if stop := lineEnd(f.text, header); stop < n.end {
			return []splice{first, {stop, n.end, ""}}
		}
		return []splice{first}
	case n.form == formBlock && (c.isEmpty() || n.list != c.list || n.list == c.mapping):
		if lineStart(f.text, n.start) <= n.after {
			return []splice{{n.after, lineEnd(f.text, n.end), " " + w.inline(c)}}
		}
		return []splice{{n.after, n.after, " " + w.inline(c)}, {lineEnd(f.text, n.after), lineEnd(f.text, n.end), ""}}
	case n.form == formBlock:
		return []splice{{n.start, lineEnd(f.text, n.end), w.block(c, columnOf(f.text, n.start))}}
	default:
		return []splice{{n.start, n.end, w.brackets(c, leadingSpace(f.text, n.start))}}
	}
}
