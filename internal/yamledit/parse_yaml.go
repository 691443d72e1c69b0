package yamledit

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxDepth bounds nesting.
const maxDepth = 100

// segment is the text of one document.
type segment struct{ start, end int }

// segments cuts a text into documents by the rules of the configuration: a line
// that starts with "---" or "..." parts documents wherever it stands. Those that
// hold nothing are left out.
func segments(text []byte) []segment {
	var found []segment
	start, begun := 0, false
	end := func(at int) {
		if begun {
			found = append(found, segment{start, at})
		}
		start, begun = at, false
	}
	for at := 0; at < len(text); {
		next := nextLine(text, at)
		line := bytes.TrimPrefix(text[at:next], byteOrderMark)
		trimmed := bytes.TrimSpace(line)
		switch {
		case isMarker(line, "---"):
			if begun {
				end(at)
			}
			begun = true
		case isMarker(line, "..."):
			end(next)
			start = next
		case !begun && len(trimmed) > 0 && trimmed[0] != '#' && line[0] != '%':
			begun = true
		}
		at = next
	}
	end(len(text))
	return found
}

func isMarker(line []byte, marker string) bool {
	if !bytes.HasPrefix(line, []byte(marker)) {
		return false
	}
	rest := line[len(marker):]
	return len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0
}

// yamlReader turns the library's nodes into ours.
type yamlReader struct {
	text  []byte // of the whole file
	first int    // line of the file that the document begins in, less one
	owner int    // indentation of what holds the node that is read next; -1 for nothing

	line, column, offset int // of the last place that was looked up, in the file
}

func parseYAML(text []byte) ([]*node, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	var roots []*node
	for _, s := range segments(text) {
		start := s.start
		if bytes.HasPrefix(text[start:], byteOrderMark) {
			start += len(byteOrderMark)
		}
		first, _ := locate(text, start)
		library, err := loadYAML(text[start:s.end], first-1)
		if err != nil {
			return nil, err
		}
		for _, document := range library {
			r := &yamlReader{text: text, first: first - 1, owner: -1, line: first, column: 1, offset: start}
			if len(document.Content) != 1 {
				continue
			}
			root, err := r.node(document.Content[0], start, 0)
			if err != nil {
				return nil, err
			}
			if !root.isNull() {
				roots = append(roots, root)
			}
		}
	}
	return roots, nil
}

// loadYAML parses one document. The version directive, of which the library knows
// 1.1 only, is made a comment.
func loadYAML(text []byte, before int) (nodes []*yaml.Node, failure error) {
	defer func() {
		// The library panics on states that it believes impossible.
		if recovered := recover(); recovered != nil {
			failure = &Error{Reason: ReasonSyntax, Line: before + 1, Column: 1, Message: "not valid YAML: the parser gave up"}
		}
	}()
	if at := bytes.Index(text, []byte("%YAML 1.")); at >= 0 && lineStart(text, at) == at {
		text = bytes.Clone(text)
		text[at] = '#'
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, &Error{Reason: ReasonSyntax, Line: before + 1, Column: 1, Message: "not valid YAML: " + err.Error()}
	}
	for {
		var node yaml.Node
		err := loader.Load(&node)
		if errors.Is(err, io.EOF) {
			return nodes, nil
		}
		if err != nil {
			place := &Error{Reason: ReasonSyntax, Line: before + 1, Column: 1, Message: "not valid YAML: " + err.Error()}
			if at, ok := errors.AsType[*yaml.LoadError](err); ok && at.Mark.Line > 0 {
				place.Line, place.Column, place.Message = before+at.Mark.Line, max(1, at.Mark.Column), "not valid YAML: "+at.Message
			}
			return nil, place
		}
		nodes = append(nodes, &node)
	}
}

// seek gives the offset of a line and column of the document.
func (r *yamlReader) seek(n *yaml.Node) (int, error) {
	line := r.first + n.Line
	if line < r.line || line == r.line && n.Column < r.column {
		r.column, r.offset = 1, lineStart(r.text, r.offset)
		for ; r.line > line; r.line-- {
			r.offset = lineStart(r.text, r.offset-1)
		}
	}
	for ; r.line < line; r.line++ {
		r.offset, r.column = nextLine(r.text, r.offset), 1
	}
	for ; r.column < n.Column && r.offset < len(r.text); r.column++ {
		_, size := utf8.DecodeRune(r.text[r.offset:])
		r.offset += size
	}
	if r.column != n.Column {
		return 0, r.lost(n)
	}
	return r.offset, nil
}

// lost is the error where the text is not what the library's node says.
func (r *yamlReader) lost(n *yaml.Node) error {
	return &Error{Reason: ReasonUnsupported, Line: r.first + n.Line, Column: n.Column, Message: "the text is written in a way that cannot be edited"}
}

// node converts a node whose text begins somewhere behind after.
func (r *yamlReader) node(n *yaml.Node, after, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, &Error{Reason: ReasonSyntax, Line: r.first + n.Line, Column: n.Column, Message: "nested deeper than 100 levels"}
	}
	owner := r.owner
	made := &node{
		after: after, line: r.first + n.Line, column: n.Column,
		anchored: n.Anchor != "", tagged: n.Style&yaml.TaggedStyle != 0 || n.Tag == "!",
	}
	bare := n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&quotedStyles == 0
	if bare && !made.anchored && !made.tagged {
		made.start, made.end, made.value = after, after, "null"
		return made, nil
	}
	start, err := r.seek(n)
	if err != nil {
		return nil, err
	}
	made.start = start
	body := start
	for made.anchored || made.tagged {
		if body >= len(r.text) || r.text[body] != '&' && r.text[body] != '!' {
			break
		}
		for body < len(r.text) && bytes.IndexByte([]byte(" \t\r\n"), r.text[body]) < 0 {
			body++
		}
		if bare {
			made.end = body
		}
		body = skipBlank(r.text, body)
	}
	switch {
	case bare:
		made.value = "null"
		return made, nil
	case n.Kind == yaml.MappingNode, n.Kind == yaml.SequenceNode:
		return made, r.collection(n, made, body, depth)
	default:
		return made, r.scalar(n, made, body, owner)
	}
}
