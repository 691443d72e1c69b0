package yamledit

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// jsonReader reads a text that is known to be valid JSON.
type jsonReader struct {
	text         []byte
	at           int
	line, column int
	counted      int // up to where line and column are counted
}

func parseJSON(text []byte) ([]*node, error) {
	body := bytes.TrimPrefix(text, byteOrderMark)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return nil, syntaxError(text, i, "not valid UTF-8")
		}
		i += size
	}
	var anything json.RawMessage
	if err := json.Unmarshal(body, &anything); err != nil {
		at := len(body)
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset < int64(len(body)) {
			at = max(0, min(int(syntax.Offset)-1, len(body)))
		}
		return nil, syntaxError(text, len(text)-len(body)+at, "not valid JSON: "+err.Error())
	}
	offset := len(text) - len(body)
	r := &jsonReader{text: text, at: offset, line: 1, column: 1, counted: offset}
	root, err := r.value(offset, 0)
	if err != nil {
		return nil, err
	}
	return []*node{root}, nil
}

func (r *jsonReader) skip() {
	for r.at < len(r.text) && bytes.IndexByte([]byte(" \t\r\n"), r.text[r.at]) >= 0 {
		r.at++
	}
}

// place counts lines and columns up to where the reader is.
func (r *jsonReader) place(n *node) {
	passed := r.text[r.counted:r.at]
	if lines := bytes.Count(passed, []byte{'\n'}); lines > 0 {
		r.line += lines
		r.column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	r.column += utf8.RuneCount(passed)
	r.counted = r.at
	n.line, n.column = r.line, r.column
}

// value reads the value behind after.
func (r *jsonReader) value(after, depth int) (*node, error) {
	r.skip()
	n := &node{after: after, start: r.at}
	r.place(n)
	if depth > maxDepth {
		return nil, &Error{Reason: ReasonSyntax, Line: n.line, Column: n.column, Message: "nested deeper than 100 levels"}
	}
	switch r.text[r.at] {
	case '{', '[':
		n.form, n.list = formFlow, r.text[r.at] == '['
		if err := r.children(n, depth); err != nil {
			return nil, err
		}
	case '"':
		n.form = formDouble
		r.at, _ = doubleEnd(r.text, r.at)
		if err := json.Unmarshal(r.text[n.start:r.at], &n.name); err != nil {
			return nil, syntaxError(r.text, n.start, "not valid JSON: "+err.Error())
		}
		n.value = resource.StringValue(n.name)
	default:
		for r.at < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,]}"), r.text[r.at]) < 0 {
			r.at++
		}
		n.name = string(r.text[n.start:r.at])
		n.value = resource.Value(n.name)
	}
	n.end = r.at
	return n, nil
}

// children reads what stands in brackets, and the closing one.
func (r *jsonReader) children(n *node, depth int) error {
	r.at++
	for r.skip(); r.text[r.at] != ']' && r.text[r.at] != '}'; r.skip() {
		if r.text[r.at] == ',' {
			r.at++
			r.skip()
		}
		c := child{lead: r.at}
		after := r.at
		if !n.list {
			key, err := r.value(r.at, depth+1)
			if err != nil {
				return err
			}
			r.skip()
			r.at++ // the colon
			c.key, after = key, r.at
		}
		value, err := r.value(after, depth+1)
		if err != nil {
			return err
		}
		c.value = value
		n.children = append(n.children, c)
	}
	r.at++
	return nil
}
