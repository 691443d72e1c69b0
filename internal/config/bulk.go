package config

import (
	"bytes"
	"errors"

	"go.yaml.in/yaml/v4"
)

const (
	// bulkFrom is the size of a document from which its list of tenants is
	// decoded in parts.
	bulkFrom = 96 << 10
	// bulkPart is the size that a part has at least.
	bulkPart = 32 << 10
)

// errWhole says that a document cannot be decoded in parts. The load starts
// again and takes documents as a whole.
var errWhole = errors.New("the document must be decoded as a whole")

// bulk is a large document with its block list of tenants cut out. The nodes
// of a list take some twenty times its text; decoded in parts they never stand
// in memory together.
//
// Cutting goes by lines: an item starts with "- " in the column of the first
// one. YAML lets nothing else stand there but the inside of quotes and
// brackets that were opened before, and then the part before does not parse.
// Aliases of other parts' anchors do not parse either. Whenever anything does
// not, the document is decoded as a whole ([errWhole]), which also gives the
// errors of the text their right places.
type bulk struct {
	frame []byte // the document with "tenants: []" and empty lines for the items
	line  int    // of "tenants:", from 1
	parts []bulkPiece
	taken bool // the parts were decoded
}

// bulkPiece is the text of some whole items.
type bulkPiece struct {
	text []byte
	line int // of its first line in the document, from 1
}

// cutBulk cuts a document with a block list under "tenants:" into parts of at
// least the given size.
func cutBulk(text []byte, partSize int) (*bulk, bool) {
	lines := lineReader{text: text}
	for lines.next() {
		if !isListKey(lines.current) {
			continue
		}
		b := &bulk{line: lines.number}
		b.frame = append(b.frame, text[:lines.start]...)
		b.frame = append(b.frame, "tenants: []\n"...)
		b.takeItems(&lines, partSize)
		b.frame = append(b.frame, text[lines.start:]...)
		return b, len(b.parts) > 1
	}
	return nil, false
}

// isListKey reports whether a line is "tenants:" with nothing but a comment.
func isListKey(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("tenants:"))
	trimmed := bytes.TrimSpace(rest)
	return found && (len(trimmed) == 0 || (trimmed[0] == '#' && rest[0] == ' '))
}

// takeItems moves the lines of the list into parts and stops at the first line
// after it.
func (b *bulk) takeItems(lines *lineReader, partSize int) {
	column := -1
	var part bulkPiece
	begin := 0
	finish := func() {
		if part.text = lines.text[begin:lines.start]; len(part.text) > 0 {
			b.parts = append(b.parts, part)
		}
		begin, part = lines.start, bulkPiece{line: lines.number}
	}
	for lines.next() {
		if column < 0 && part.line == 0 {
			begin, part.line = lines.start, lines.number
		}
		content := bytes.TrimLeft(lines.current, " ")
		indent := len(lines.current) - len(content)
		isItem := len(content) > 1 && content[0] == '-' && (content[1] == ' ' || content[1] == '\n' || content[1] == '\r')
		switch {
		case len(bytes.TrimSpace(content)) == 0, content[0] == '#', column >= 0 && indent > column:
		case isItem && (column < 0 || indent == column):
			column = indent
			if lines.start-begin >= partSize {
				finish()
			}
		default:
			finish()
			return
		}
		b.frame = append(b.frame, '\n')
	}
	finish()
}

// lineReader walks over the lines of a text.
type lineReader struct {
	text    []byte
	start   int // of the current line; the text's length at its end
	end     int
	number  int
	current []byte
}

func (r *lineReader) next() bool {
	r.start = r.end
	r.number++
	if r.start == len(r.text) {
		r.current = nil
		return false
	}
	r.end = len(r.text)
	if length := bytes.IndexByte(r.text[r.start:], '\n'); length >= 0 {
		r.end = r.start + length + 1
	}
	r.current = r.text[r.start:r.end]
	return true
}

// decodeBulk decodes the frame; its list of tenants leads to the parts.
func (l *loader) decodeBulk(b *bulk) error {
	roots, failure := parseYAML(b.frame)
	if failure != nil || len(roots) != 1 || len(roots[0].Content) != 1 {
		return errWhole
	}
	l.bulk = b
	defer func() { l.bulk = nil }()
	l.decode(roots[0].Content[0])
	if !b.taken || l.whole {
		return errWhole
	}
	return nil
}

// isBulkList recognises the list that stands for the parts.
func (l *loader) isBulkList(n *yaml.Node) bool {
	return l.bulk != nil && !l.bulk.taken && n.Line == l.bulk.line && n.Column == len("tenants: ")+1 && len(n.Content) == 0
}

// readParts decodes the list part by part.
func (l *loader) readParts(into *collected) {
	b := l.bulk
	b.taken = true
	first := l.line
	defer func() { l.line = first }()
	l.parts = true
	defer func() { l.parts = false }()
	sequence := sequence[parsed]{width: l.workers, take: func(part parsed) error { return l.takePart(part, first, into) }}
	defer sequence.abandon()
	for _, part := range b.parts {
		if sequence.add(func() parsed { return parsePart(part) }) != nil {
			return
		}
	}
	_ = sequence.finish() // its error is that the document must be decoded as a whole, which was noted
}

// parsePart reads the text of some items.
func parsePart(part bulkPiece) parsed {
	done := parsed{line: part.line}
	done.roots, done.failure = parseYAML(part.text)
	return done
}

// takePart decodes some items. The only error is [errWhole].
func (l *loader) takePart(part parsed, first int, into *collected) error {
	l.line = first + part.line - 1
	if part.failure != nil || len(part.roots) != 1 || len(part.roots[0].Content) != 1 || part.roots[0].Content[0].Kind != yaml.SequenceNode ||
		!l.surveyAt(part.roots[0].Content[0], 1) {
		l.whole = true
		return errWhole
	}
	list := part.roots[0].Content[0]
	if len(into.lists.tenants) > 0 && part.line == l.bulk.parts[0].line { // where the list begins in the file
		into.lists.tenants[len(into.lists.tenants)-1] = l.position(list)
	}
	readTenants(l, list, into)
	return nil
}
