package yamledit

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// json formats a text of one JSON value. Strings and numbers keep their spelling.
func (f *formatter) json(text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	root, err := f.readJSON(text)
	if err != nil {
		return nil, err
	}
	f.arrange(root, nil)
	var out []byte
	switch {
	case len(root.entries) > 0:
		out = spreadJSON(nil, root, "")
	default:
		out = append(out, root.lineJSON()...)
	}
	out = append(out, '\n')
	again, err := f.readJSON(out)
	if err != nil || !root.same(again) {
		return nil, &Error{Reason: ReasonInternal, Line: 1, Column: 1, Message: "the formatted text would say something else than it should"}
	}
	return out, nil
}

func (f *formatter) readJSON(text []byte) (*element, error) {
	roots, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	return jsonElement(text, roots[0]), nil
}

func jsonElement(text []byte, n *node) *element {
	e := &element{node: n}
	if n.isCollection() {
		e.folded = bytes.IndexByte(text[n.start:n.end], '\n') >= 0
	} else {
		e.raw = string(text[n.start:n.end])
	}
	for _, c := range n.children {
		made := &entry{value: jsonElement(text, c.value)}
		if c.key != nil {
			made.key = jsonElement(text, c.key)
		}
		e.entries = append(e.entries, made)
	}
	return e
}

// lineJSON writes a value on one line.
func (e *element) lineJSON() string {
	if !e.isCollection() {
		return e.raw
	}
	var parts []string
	for _, m := range e.ordered {
		part := m.value.lineJSON()
		if m.key != nil {
			part = m.key.raw + ": " + part
		}
		parts = append(parts, part)
	}
	switch {
	case e.list:
		return "[" + strings.Join(parts, ", ") + "]"
	case len(parts) == 0:
		return "{}"
	default:
		return "{ " + strings.Join(parts, ", ") + " }"
	}
}

// spreadJSON writes the entries of a list or object on lines of their own. One that
// stood on one line stays there while it fits.
func spreadJSON(out []byte, e *element, indent string) []byte {
	opening, closing := "{", "}"
	if e.list {
		opening, closing = "[", "]"
	}
	out = append(out, opening...)
	for i, m := range e.ordered {
		if i > 0 {
			out = append(out, ',')
		}
		head := indent + step
		if m.key != nil {
			head += m.key.raw + ": "
		}
		out = append(append(out, '\n'), head...)
		if line, ok := m.value.oneLineJSON(head); ok {
			out = append(out, line...)
			continue
		}
		out = spreadJSON(out, m.value, indent+step)
	}
	return append(append(append(out, '\n'), indent...), closing...)
}

// oneLineJSON is a value on one line behind a head, where it may stand so: in front of
// a comma.
func (e *element) oneLineJSON(head string) (line string, ok bool) {
	if len(e.entries) > 0 && e.folded {
		return "", false
	}
	line = e.lineJSON()
	return line, len(e.entries) == 0 || utf8.RuneCountInString(head)+utf8.RuneCountInString(line) < Width
}
