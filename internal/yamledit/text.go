package yamledit

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

var byteOrderMark = []byte("\ufeff")

// checkText refuses YAML that the configuration refuses too. Some of it would also
// make line numbers ambiguous.
func checkText(text []byte) error {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		lone := r == '\r' && (i+1 == len(text) || text[i+1] != '\n')
		control := r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0
		if lone || control || r == utf8.RuneError && size == 1 || r == 0x2028 || r == 0x2029 || r == 0xfffe || r == 0xffff {
			return syntaxError(text, i, fmt.Sprintf("the character U+%04X is not allowed as it is", r))
		}
		i += size
	}
	return nil
}

// syntaxError is the error of a text that is not valid, at a byte of it.
func syntaxError(text []byte, at int, message string) *Error {
	line, column := locate(text, at)
	return &Error{Reason: ReasonSyntax, Line: line, Column: column, Message: message}
}

// locate turns a byte offset into line and column.
func locate(text []byte, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	line = 1 + bytes.Count(before, []byte{'\n'})
	lastLine := before[bytes.LastIndexByte(before, '\n')+1:]
	return line, 1 + utf8.RuneCount(bytes.TrimPrefix(lastLine, byteOrderMark))
}

// lineStart is where the line of an offset begins.
func lineStart(text []byte, at int) int { return bytes.LastIndexByte(text[:at], '\n') + 1 }

// lineEnd is where the line of an offset ends, before its break.
func lineEnd(text []byte, at int) int {
	next := bytes.IndexByte(text[at:], '\n')
	if next < 0 {
		return len(text)
	}
	end := at + next
	if end > at && text[end-1] == '\r' {
		end--
	}
	return end
}

// nextLine is where the line after the one of an offset begins.
func nextLine(text []byte, at int) int {
	next := bytes.IndexByte(text[at:], '\n')
	if next < 0 {
		return len(text)
	}
	return at + next + 1
}

// startsLine reports whether only white space stands before an offset on its line.
func startsLine(text []byte, at int) bool {
	for at > 0 && (text[at-1] == ' ' || text[at-1] == '\t') {
		at--
	}
	return at == 0 || text[at-1] == '\n'
}

// indentation is the number of bytes of white space that a line begins with.
func indentation(text []byte, at int) int {
	line := text[lineStart(text, at):at]
	return len(line) - len(bytes.TrimLeft(line, " \t"))
}

// columnOf is the number of characters before an offset on its line.
func columnOf(text []byte, at int) int {
	_, column := locate(text[lineStart(text, at):], at-lineStart(text, at))
	return column - 1
}

// leadingSpace is the white space that the line of an offset begins with.
func leadingSpace(text []byte, at int) string {
	from := lineStart(text, at)
	to := from
	for to < len(text) && (text[to] == ' ' || text[to] == '\t') {
		to++
	}
	return string(text[from:to])
}

// skipSpaces skips white space on the line.
func skipSpaces(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return at
}

// skipBlank skips white space, line breaks and comments.
func skipBlank(text []byte, at int) int {
	for at < len(text) {
		switch c := text[at]; {
		case c == ' ', c == '\t', c == '\r', c == '\n':
			at++
		case c == '#' && (at == 0 || text[at-1] == ' ' || text[at-1] == '\t' || text[at-1] == '\n'):
			at = lineEnd(text, at)
		default:
			return at
		}
	}
	return at
}

// splice is a change of the text: the bytes from start to end become others.
type splice struct {
	start, end int
	text       string
}

// spliced makes all changes, which are sorted and do not overlap.
func spliced(text []byte, changes ...splice) []byte {
	var out []byte
	at := 0
	for _, change := range changes {
		out = append(out, text[at:change.start]...)
		out = append(out, change.text...)
		at = change.end
	}
	return append(out, text[at:]...)
}
