package yamledit

import (
	"bytes"
	"slices"
	"strings"
)

// Width is how many characters a line of a formatted text may have before a list or
// mapping in brackets is written as lines of its own.
const Width = 120

// Ranks says in which order the keys of a mapping stand: the rank of each key that
// has one. The path leads to the mapping: keys, and "[]" for any item of a list.
type Ranks func(path []string) map[string]int

// Format writes a text in its canonical form and says the same: two blanks of
// indentation, keys in the order of their ranks (keys without one keep their place),
// brackets only where they stood and fit on a line, quotes only where they are
// needed, at most one empty line, line feeds, no byte order mark. Comments, tags,
// anchors, block text, document markers and the spelling of numbers stay. A text that
// is in its canonical form is not changed, nor a document that is no list or mapping.
//
// The result is parsed again and compared with the text before it is given out.
// Errors are [*Error]: a text that is not valid, or one that is written in a way that
// is not formatted, such as keys with "?".
func Format(text []byte, syntax Syntax, ranks Ranks) ([]byte, error) {
	f := &formatter{ranks: ranks}
	if syntax == JSON {
		return f.json(text)
	}
	if err := checkText(text); err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	var out []byte
	line := 0
	for _, piece := range pieces(text) {
		formatted, err := f.piece(piece)
		if err != nil {
			return nil, moved(err, line)
		}
		out = append(out, formatted...)
		line += bytes.Count(piece, []byte{'\n'})
	}
	return out, nil
}

// moved is the error of a piece, whose first line is the one after a line.
func moved(err error, line int) error {
	if refused, ok := err.(*Error); ok { //nolint:errorlint // this package's own errors are never wrapped
		at := *refused
		at.Line += line
		return &at
	}
	return err
}

// formatter formats one text.
type formatter struct {
	ranks   Ranks
	text    []byte // of the document, without a byte order mark
	failure error  // the first thing that cannot be formatted
}

// pieces cuts a whole text into documents, by the rules of [segments]. Nothing is
// left out: a piece may hold only comments and markers.
func pieces(text []byte) [][]byte {
	var found [][]byte
	start, begun := 0, false
	for at := 0; at < len(text); {
		next := nextLine(text, at)
		line := bytes.TrimPrefix(text[at:next], byteOrderMark)
		trimmed := bytes.TrimSpace(line)
		switch {
		case isMarker(line, "---"):
			if begun {
				found = append(found, text[start:at])
				start = at
			}
			begun = true
		case isMarker(line, "..."):
			found = append(found, text[start:next])
			start, begun = next, false
		case !begun && len(trimmed) > 0 && trimmed[0] != '#' && line[0] != '%':
			begun = true
		}
		at = next
	}
	if start < len(text) {
		found = append(found, text[start:])
	}
	return found
}

// document is one piece, taken apart.
type document struct {
	prologue []trivia // comments and directives before the marker
	marked   bool     // there is a "---"
	line     []string // comments behind it
	above    []trivia // comments on lines between it and a root that is no block
	root     *element // nil for none
	rest     []trivia // comments behind the root that are not its own
	ending   string   // the line "...", with its comment
}

// piece formats one document.
func (f *formatter) piece(text []byte) ([]byte, error) {
	before, err := f.read(text)
	if err != nil {
		return nil, err
	}
	if before.root != nil {
		if !before.root.isCollection() { // no configuration, so that nothing is known about it
			return f.text, nil
		}
		f.arrange(before.root, nil)
	}
	out := before.write()
	again := &formatter{ranks: f.ranks}
	after, err := again.read(out)
	if err != nil || !before.same(after) {
		return nil, &Error{Reason: ReasonInternal, Line: 1, Column: 1, Message: "the formatted text would say something else than it should"}
	}
	return out, nil
}

// read takes a document apart.
func (f *formatter) read(text []byte) (*document, error) {
	f.text = bytes.TrimPrefix(text, byteOrderMark)
	d := &document{}
	begin := d.readPrologue(f.text)
	end := len(f.text)
	if last := lineStart(f.text, len(bytes.TrimRight(f.text, "\n"))); isMarker(f.text[last:], "...") {
		d.ending, end = strings.TrimRight(string(f.text[last:]), " \t\n"), last
	}
	library, err := loadYAML(f.text, 0)
	if err != nil {
		return nil, err
	}
	if len(library) > 1 {
		return nil, &Error{Reason: ReasonUnsupported, Line: library[1].Line, Column: library[1].Column, Message: "a document begins without a line ---"}
	}
	if len(library) == 1 && len(library[0].Content) == 1 {
		r := &yamlReader{text: f.text, owner: -1, line: 1, column: 1}
		root, err := r.node(library[0].Content[0], begin, 0)
		if err != nil {
			return nil, err
		}
		if root.end > root.start {
			return d, f.readRoot(d, root, begin, end)
		}
	}
	for _, t := range gap(f.text, begin, end) {
		if t.same {
			d.line = append(d.line, t.text)
			continue
		}
		d.rest = append(d.rest, t)
	}
	return d, nil
}

// readRoot reads the content between two offsets.
func (f *formatter) readRoot(d *document, root *node, begin, end int) error {
	if err := f.checkKeys(root); err != nil {
		return err
	}
	v := f.value(begin, root, place{limit: end, next: -1, parent: -1})
	d.root, d.line, d.above, d.rest = v.element, v.line, v.inner, v.rest
	if len(d.rest) > 0 && d.rest[0].same {
		d.root.after, d.rest = d.rest[0].text, d.rest[1:]
	}
	return f.failure
}

// readPrologue reads what stands before the content, and returns where that begins:
// behind the marker, or at the beginning of the text.
func (d *document) readPrologue(text []byte) int {
	for at := 0; at < len(text); at = nextLine(text, at) {
		line := text[at:lineEnd(text, at)]
		trimmed := bytes.TrimSpace(line)
		switch {
		case isMarker(line, "---"):
			d.marked = true
			return at + len("---")
		case len(trimmed) == 0:
			d.prologue = append(d.prologue, trivia{})
		case trimmed[0] == '#' || line[0] == '%':
			d.prologue = append(d.prologue, trivia{text: string(trimmed)})
		default:
			d.prologue = nil
			return 0
		}
	}
	d.prologue = nil
	return 0
}

// checkKeys refuses keys that are written in a way that cannot be kept.
func (f *formatter) checkKeys(n *node) error {
	const longest = 1000 // YAML takes 1,024 before the colon
	for _, c := range n.children {
		if c.key != nil {
			lead := c.bare && c.lead < len(f.text) && f.text[c.lead] == '?' && c.lead != c.key.start
			if lead || !c.key.isScalar() && c.key.form != formAlias || c.key.form == formLiteral || c.key.end-c.key.start > longest {
				return refuse(c.key, ReasonUnsupported, "a key that is no short text on one line is not formatted")
			}
		}
		if err := f.checkKeys(c.value); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether two documents say the same and have the same comments.
func (d *document) same(other *document) bool {
	if d.marked != other.marked || d.ending != other.ending || (d.root == nil) != (other.root == nil) {
		return false
	}
	if d.root != nil && !d.root.same(other.root) {
		return false
	}
	return slices.Equal(d.comments(), other.comments())
}

// comments are the texts of all comments, sorted.
func (d *document) comments() []string {
	all := slices.Clone(d.line)
	add := func(list []trivia) {
		for _, t := range list {
			if t.text != "" {
				all = append(all, t.text)
			}
		}
	}
	add(d.prologue)
	add(d.above)
	add(d.rest)
	if d.root != nil {
		d.root.collect(add)
	}
	slices.Sort(all)
	return all
}
