package yamledit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ambiguousWords are read as something else than text by one YAML or the other.
var ambiguousWords = map[string]bool{
	"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true,
	"true": true, "false": true, "null": true,
}

// quoted is a text in a message.
func quoted(text string) string { return strconv.Quote(text) }

// isPlainText reports whether text may stand without quotes in YAML 1.1 and 1.2
// alike, in brackets too. It is stricter than either: what begins with a letter and
// holds nothing that could ever be an indicator. A key may not hold spaces.
func isPlainText(text string, key bool) bool {
	if text == "" || ambiguousWords[strings.ToLower(text)] {
		return false
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r), r == '_':
		case i == 0:
			return false
		case unicode.IsDigit(r), unicode.IsMark(r), strings.ContainsRune("-./@+", r):
		case !key && strings.ContainsRune(" ()&'", r):
		default:
			return false
		}
	}
	return !strings.HasSuffix(text, " ")
}

// isVisible reports whether a character may stand in a text as it is.
func isVisible(r rune) bool { return unicode.IsPrint(r) && r != unicode.ReplacementChar }

// scalarText writes a scalar. Text is written in the wanted form where it can be.
func scalarText(value resource.Value, wanted form, json bool) string {
	text, isText := value.AsString()
	switch {
	case !isText:
		return string(value) // numbers keep their digits
	case json:
		return doubleQuoted(text, true)
	case wanted == formSingle && strings.IndexFunc(text, func(r rune) bool { return !isVisible(r) }) < 0:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case (wanted == formPlain || wanted == formLiteral) && isPlainText(text, false):
		return text
	default:
		return doubleQuoted(text, false)
	}
}

// keyText writes a key.
func keyText(name string, wanted form, json bool) string {
	switch {
	case json:
		return doubleQuoted(name, true)
	case wanted == formSingle && strings.IndexFunc(name, func(r rune) bool { return !isVisible(r) }) < 0:
		return "'" + strings.ReplaceAll(name, "'", "''") + "'"
	case wanted != formDouble && isPlainText(name, true):
		return name
	default:
		return doubleQuoted(name, false)
	}
}

// doubleQuoted writes text between double quotes; what a terminal or an editor
// would not show as it is is escaped.
func doubleQuoted(text string, json bool) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"', r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case isVisible(r):
			out.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&out, `\u%04x`, r)
		case json:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\U%08x`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
