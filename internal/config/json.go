package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// jsonReader turns one JSON text into the same nodes that the YAML library
// makes, so that everything after it is the same. JSON is not given to the
// YAML library, which refuses "\ud83d\ude00" and knows no strictness.
type jsonReader struct {
	text         []byte
	decoder      *json.Decoder
	offset       int // of the last place that line and column were counted for
	line, column int
}

// parseJSON reads a text that is exactly one JSON value.
func parseJSON(text []byte) (*yaml.Node, *parseError) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, checkText(text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	r := &jsonReader{text: text, decoder: decoder, line: 1, column: 1}
	root, failure := r.next(0)
	if failure != nil {
		return nil, failure
	}
	r.skipSpace()
	if r.offset < len(text) {
		return nil, r.failure("text after the end of the JSON value")
	}
	return root, nil
}

// next reads one value and everything in it.
func (r *jsonReader) next(depth int) (*yaml.Node, *parseError) {
	r.skipSpace()
	start := r.offset
	node := &yaml.Node{Line: r.line, Column: r.column}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.syntaxError(err)
	}
	r.advance(int(r.decoder.InputOffset()))
	switch token := token.(type) {
	case json.Delim:
		if depth >= maxDepth {
			return nil, &parseError{code: codeLimit, line: node.Line, column: node.Column, message: tooDeep}
		}
		node.Kind, node.Tag, node.Style = yaml.MappingNode, "!!map", yaml.FlowStyle
		if token == '[' {
			node.Kind, node.Tag = yaml.SequenceNode, "!!seq"
		}
		return node, r.children(node, depth)
	case string:
		if strings.ContainsRune(token, utf8.RuneError) && losesText(r.text[start:r.offset]) {
			return nil, &parseError{code: codeSyntax, line: node.Line, column: node.Column, message: `not valid JSON: half of a surrogate pair ("\ud800" to "\udfff")`}
		}
		node.Kind, node.Tag, node.Value, node.Style = yaml.ScalarNode, "!!str", token, yaml.DoubleQuotedStyle
	case json.Number:
		node.Kind, node.Value = yaml.ScalarNode, token.String()
	case bool, nil:
		node.Kind, node.Value = yaml.ScalarNode, string(r.text[start:r.offset])
	}
	return node, nil
}

// children reads the content of a list or object, up to its end. Keys stay in
// their order, and keys that stand twice stay both.
func (r *jsonReader) children(node *yaml.Node, depth int) *parseError {
	for r.decoder.More() {
		child, failure := r.next(depth + 1)
		if failure != nil {
			return failure
		}
		node.Content = append(node.Content, child)
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.syntaxError(err)
	}
	r.advance(int(r.decoder.InputOffset()))
	return nil
}

// losesText reports whether a JSON string that decodes to U+FFFD does not hold
// that character itself: then the decoder put it in place of something.
func losesText(literal []byte) bool {
	return !bytes.ContainsRune(literal, utf8.RuneError) && !bytes.Contains(bytes.ToLower(literal), []byte(`\ufffd`))
}

// skipSpace moves to the beginning of the next token.
func (r *jsonReader) skipSpace() {
	at := r.offset
	for at < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	r.advance(at)
}

// advance counts lines and columns up to an offset.
func (r *jsonReader) advance(to int) {
	passed := r.text[r.offset:to]
	if lines := bytes.Count(passed, []byte{'\n'}); lines > 0 {
		r.line += lines
		r.column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	r.column += utf8.RuneCount(passed)
	r.offset = to
}

func (r *jsonReader) failure(message string) *parseError {
	return &parseError{code: codeSyntax, line: r.line, column: r.column, message: "not valid JSON: " + message}
}

// syntaxError words an error of the decoder, at the offset that it names.
func (r *jsonReader) syntaxError(err error) *parseError {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.advance(len(r.text))
		return r.failure("the text ends too early")
	case errors.As(err, &syntax):
		r.advance(max(r.offset, min(int(syntax.Offset)-1, len(r.text))))
		return r.failure(syntax.Error())
	default:
		return r.failure(err.Error())
	}
}
