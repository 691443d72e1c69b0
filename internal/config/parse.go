package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// parseError is a text that cannot be read, with its place inside of it. Line
// and column count from 1; the column counts characters.
type parseError struct {
	code         string
	line, column int
	message      string
	suggestion   string
}

// parseYAML reads the text of one document, which passed [checkText]. A text
// that turns out to hold several gives several nodes.
func parseYAML(text []byte) (nodes []*yaml.Node, failure *parseError) {
	// The library panics on states that it believes impossible; a hostile file
	// must not reach the user as a crash.
	defer func() {
		if recovered := recover(); recovered != nil {
			nodes = nil
			failure = &parseError{code: codeSyntax, line: 1, column: 1, message: "not valid YAML: the parser gave up"}
		}
	}()
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, &parseError{code: codeSyntax, line: 1, column: 1, message: "not valid YAML: " + err.Error()}
	}
	for {
		var node yaml.Node
		err := loader.Load(&node)
		if errors.Is(err, io.EOF) {
			return nodes, nil
		}
		if err != nil {
			return nil, yamlFailure(text, err)
		}
		nodes = append(nodes, &node)
	}
}

// yamlFailure words an error of the library.
func yamlFailure(text []byte, err error) *parseError {
	var loadError *yaml.LoadError
	if !errors.As(err, &loadError) {
		return &parseError{code: codeSyntax, line: 1, column: 1, message: "not valid YAML: " + err.Error()}
	}
	failure := &parseError{
		code: codeSyntax, line: loadError.Mark.Line, column: loadError.Mark.Column,
		message: "not valid YAML: " + loadError.Message,
	}
	context := loadError.ContextMark
	lastLine, lastColumn := locate(text, len(bytes.TrimRight(text, " \t\r\n")))
	switch {
	case failure.line == 0:
		failure.line, failure.column = locate(text, min(loadError.Mark.Index, len(text)))
	case failure.line > lastLine && context.Line > 0 && context.Line <= lastLine:
		// What is not closed is more useful than the end of the file.
		failure.line, failure.column = context.Line, context.Column
		failure.message += ", " + loadError.ContextMsg
	case failure.line > lastLine:
		failure.line, failure.column = lastLine, lastColumn
	case loadError.ContextMsg != "" && context.Line > 0 && context.Line != failure.line:
		failure.message += fmt.Sprintf(", %s that starts in column %d, %d lines above", loadError.ContextMsg, context.Column, failure.line-context.Line)
	}
	switch {
	case strings.Contains(loadError.Message, "exceeded max depth"):
		failure.code, failure.message = codeLimit, tooDeep
	case strings.Contains(loadError.Message, "tab character"):
		failure.suggestion = "use blanks in place of the tab"
	case strings.Contains(loadError.Message, "cannot start any token"):
		failure.suggestion = "indent with spaces, not tabs, and put values that start with @ or ` in quotes"
	case strings.Contains(loadError.Message, "mapping values are not allowed"):
		failure.suggestion = "check the indentation, and put values that hold a colon and a space in quotes"
	case strings.Contains(loadError.Message, "did not find expected key"), strings.Contains(loadError.Message, "block"):
		failure.suggestion = "check the indentation of this line and the lines above"
	case strings.Contains(loadError.Message, "unexpected end of stream"):
		failure.suggestion = "close the quote or bracket"
	}
	return failure
}

// checkText refuses what no text file of ours holds: NUL, invalid UTF-8, other
// control characters, two byte order marks, and the breaks that YAML 1.1 knew (a lone carriage
// return, U+0085, U+2028, U+2029), because readers disagree about them.
func checkText(text []byte) *parseError {
	if second := len(byteOrderMark); bytes.HasPrefix(text, byteOrderMark) && bytes.HasPrefix(text[second:], byteOrderMark) {
		return badCharacter(text, second, 0xfeff) // the library would lose a character behind it
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' && (c != '\r' || i+1 == len(text) || text[i+1] != '\n') || c == 0x7f {
				return badCharacter(text, i, rune(c))
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return badCharacter(text, i, utf8.RuneError)
		}
		if (r >= 0x80 && r < 0xa0) || r == 0x2028 || r == 0x2029 || r == 0xfffe || r == 0xffff {
			return badCharacter(text, i, r)
		}
		i += size
	}
	return nil
}

func badCharacter(text []byte, at int, r rune) *parseError {
	failure := &parseError{code: codeEncoding}
	failure.line, failure.column = locate(text, at)
	switch r {
	case 0:
		failure.message, failure.suggestion = "a NUL byte is not allowed", "save the file as text in UTF-8"
	case '\r':
		failure.message, failure.suggestion = "a carriage return without a line feed is not allowed", `save the file with "\n" line endings`
	case 0xfeff:
		failure.message, failure.suggestion = "a second byte order mark is not allowed", "save the file in UTF-8 without marks"
	case utf8.RuneError:
		failure.message, failure.suggestion = "not valid UTF-8", "save the file in UTF-8"
	default:
		failure.message = fmt.Sprintf("the character U+%04X is not allowed as it is", r)
		failure.suggestion = fmt.Sprintf(`write it as "\u%04x" between double quotes`, r)
	}
	return failure
}

// locate turns a byte offset into line and column.
func locate(text []byte, offset int) (line, column int) {
	before := text[:offset]
	line = 1 + bytes.Count(before, []byte{'\n'})
	lastLine := before[bytes.LastIndexByte(before, '\n')+1:]
	if line == 1 {
		lastLine = bytes.TrimPrefix(lastLine, byteOrderMark)
	}
	return line, 1 + utf8.RuneCount(lastLine)
}
