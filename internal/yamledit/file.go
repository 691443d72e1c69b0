package yamledit

import (
	"bytes"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Syntax is the language of a text.
type Syntax uint8

// The languages.
const (
	YAML Syntax = iota
	JSON
)

// File is a text that has been parsed. It does not change: an edit gives a new one.
// It may be used by several goroutines.
type File struct {
	text   []byte
	syntax Syntax
	roots  []*node // of the documents
	style  style
}

// Parse reads a text of one or more YAML documents, or of one JSON value. Errors
// are [*Error]: a text that is not valid, or one that the configuration would not
// take (in YAML control characters, and line breaks that YAML 1.2 does not know).
func Parse(text []byte, syntax Syntax) (*File, error) {
	f := &File{text: text, syntax: syntax}
	var err error
	if syntax == JSON {
		f.roots, err = parseJSON(text)
	} else {
		f.roots, err = parseYAML(text)
	}
	if err != nil {
		return nil, err
	}
	f.style = f.detectStyle()
	return f, nil
}

// Text is the text; it must not be changed.
func (f *File) Text() []byte { return f.text }

// Find gives the path of the value that stands at a position as the configuration
// gives it. A mapping in block style stands where its first key does.
func (f *File) Find(line, column int) (Path, bool) {
	for i, root := range f.roots {
		if path, found := findAt(root, line, column, Document(i)); found {
			return path, true
		}
	}
	return nil, false
}

func findAt(n *node, line, column int, path Path) (Path, bool) {
	if n.line == line && n.column == column && n.start < n.end {
		return path, true
	}
	for i, c := range n.children {
		next := path.Item(i)
		if c.key != nil {
			next = path.Key(c.key.name)
		}
		if found, ok := findAt(c.value, line, column, next); ok {
			return found, true
		}
	}
	return nil, false
}

// Get gives the value at a path as the text has it, with ${…} as it is; absent where
// there is none. Errors are [*Error]: an alias or a merged mapping on the way or in
// the value, a key that stands twice.
func (f *File) Get(path Path) (resource.Value, error) {
	way, err := f.walk(path)
	if err != nil || way.rest != nil {
		return resource.Absent, err
	}
	return way.node.model()
}

// Place gives the line and column of what is at a path: of the key, or of an item.
func (f *File) Place(path Path) (line, column int, ok bool) {
	way, err := f.walk(path)
	if err != nil || way.rest != nil {
		return 0, 0, false
	}
	at := way.node
	if way.parent != nil {
		if key := way.parent.children[way.index].key; key != nil {
			at = key
		}
	}
	return at.line, at.column, true
}

// way is how far a path leads.
type way struct {
	node   *node // the last one that is there
	parent *node // that holds it; nil for a document
	index  int   // in the parent
	rest   Path  // what is missing; nil for nothing
}

// walk follows a path as far as there is something.
func (f *File) walk(path Path) (way, error) {
	if len(path) == 0 || path[0].isKey || path[0].index < 0 || path[0].index >= len(f.roots) {
		return way{}, &Error{Reason: ReasonMissing, Line: 1, Column: 1, Message: "there is no such document"}
	}
	at := way{node: f.roots[path[0].index]}
	for i, step := range path[1:] {
		if at.node.isNull() {
			at.rest = path[1+i:]
			return at, nil
		}
		next, err := at.node.step(step)
		if err != nil {
			return way{}, err
		}
		if next < 0 {
			at.rest = path[1+i:]
			return at, nil
		}
		at = way{node: at.node.children[next].value, parent: at.node, index: next}
	}
	return at, nil
}

// step gives the child that a step leads to; -1 when there is none.
func (n *node) step(step Step) (int, error) {
	switch {
	case n.form == formAlias:
		return -1, refuse(n, ReasonAlias, "*%s stands for a value elsewhere", n.name)
	case step.isKey && !n.isMapping():
		return -1, refuse(n, ReasonMissing, "there is no mapping that could hold the key %s", quoted(step.key))
	case !step.isKey && !n.isList():
		return -1, refuse(n, ReasonMissing, "there is no list")
	case !step.isKey:
		if step.index < 0 || step.index >= len(n.children) {
			return -1, refuse(n, ReasonMissing, "the list has no item %d", step.index)
		}
		return step.index, nil
	}
	index, err := n.find(step.key)
	if err == nil && index < 0 {
		for _, c := range n.children {
			if c.key.isMerge() {
				return -1, refuse(c.key, ReasonMerge, "the key %s may come from the mapping that is merged here (<<)", quoted(step.key))
			}
		}
	}
	return index, err
}

// style is how a text is written, for what is new in it.
type style struct {
	json    bool
	step    int    // columns that a mapping is indented inside of another one
	dash    int    // columns that a list is indented below its key
	pretty  bool   // JSON over several lines
	newline string // "\n" or "\r\n"
	colon   string // after a key in brackets
	comma   string // between two values in brackets
}

func (f *File) detectStyle() style {
	s := style{json: f.syntax == JSON, newline: "\n", colon: ": ", comma: ", "}
	if at := bytes.IndexByte(f.text, '\n'); at > 0 && f.text[at-1] == '\r' {
		s.newline = "\r\n"
	}
	s.dash = -1
	for _, root := range f.roots {
		s.look(f.text, root)
	}
	if s.step <= 0 {
		s.step = 2
	}
	if s.dash < 0 {
		s.dash = s.step
	}
	if s.json && len(f.roots) > 0 && !bytes.ContainsAny(f.text[f.roots[0].start:f.roots[0].end], "\n") {
		s.compact(f.roots[0])
	}
	return s
}

// look takes the first of each kind of indentation over.
func (s *style) look(text []byte, n *node) {
	for _, c := range n.children {
		v := c.value
		owned := n.isMapping() && v.isCollection()
		switch {
		case owned && n.form == formBlock && v.form == formBlock && v.list && s.dash < 0:
			s.dash = v.column - c.key.column
		case owned && n.form == formBlock && v.form == formBlock && !v.list && s.step == 0:
			s.step = v.column - c.key.column
		case s.json && s.step == 0 && startsLine(text, c.lead):
			s.pretty = true
			s.step = indentation(text, c.lead) - indentation(text, n.start)
		}
		s.look(text, v)
	}
}

// compact finds out whether a one-line JSON text has spaces.
func (s *style) compact(root *node) {
	if len(root.children) == 0 {
		return
	}
	first := root.children[0]
	if first.key != nil && first.value.start == first.value.after {
		s.colon = ":"
	}
	if len(root.children) > 1 && root.children[1].lead == first.value.end+1 || len(root.children) == 1 && s.colon == ":" {
		s.comma = ","
	}
}
