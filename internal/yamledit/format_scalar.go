package yamledit

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// keyText writes a key on one line.
func (e *element) keyText() string {
	text := e.inlineText()
	if e.form == formAlias {
		text += " " // or the colon would be part of its name
	}
	return strings.Join(append(slices.Clip(e.props), text), " ")
}

// inlineText writes a scalar or an alias on one line.
func (e *element) inlineText() string {
	raw := e.raw
	text, isText := e.value.AsString()
	folded := strings.Contains(raw, "\n")
	switch {
	case e.form == formAlias, e.isEmpty():
		return raw
	case len(e.props) > 0 && e.tagged && !folded:
		return raw // what a tag makes of it may depend on the quotes
	case !isText: // a number, a boolean, null, or what JSON cannot say
		return raw
	case isUnambiguous(text) && !(e.tagged && e.form != formPlain):
		return text
	case e.form != formPlain && !folded:
		return raw
	case e.isMerge():
		return raw
	default:
		return doubleQuoted(text, false)
	}
}

// inline writes a list or mapping in brackets on one line; not where it is a block,
// or has comments.
func (e *element) inline() (text string, ok bool) {
	if !e.isCollection() || e.form == formBlock || e.comment && len(e.entries) > 0 {
		return "", false
	}
	parts := make([]string, 0, len(e.entries))
	for _, m := range e.ordered {
		var words []string
		if m.key != nil {
			words = append(words, m.key.keyText()+":")
		}
		words = append(words, m.value.props...)
		switch {
		case m.value.isCollection():
			inner, ok := m.value.inline()
			if !ok {
				return "", false
			}
			words = append(words, inner)
		case m.value.isEmpty():
			words = append(words, "null")
		default:
			words = append(words, m.value.inlineText())
		}
		parts = append(parts, strings.Join(words, " "))
	}
	switch {
	case e.list:
		return "[" + strings.Join(parts, ", ") + "]", true
	case len(parts) == 0:
		return "{}", true
	default:
		return "{ " + strings.Join(parts, ", ") + " }", true
	}
}

// scalarLines writes a scalar or an alias behind its head. Text that stands on several lines
// stays on them, the later ones with an indentation.
func (e *element) scalarLines(indent, head string) []outLine {
	if e.form == formLiteral {
		return e.literalLines("", head+e.literalHeader())
	}
	if !strings.Contains(e.raw, "\n") {
		return []outLine{{text: head + e.inlineText()}}
	}
	var lines []outLine
	for i, line := range strings.Split(e.raw, "\n") {
		if trimmed := strings.TrimRight(line, " \t"); !strings.HasSuffix(trimmed, `\`) {
			line = trimmed
		}
		if i == 0 {
			lines = append(lines, outLine{text: head + line})
			continue
		}
		if line = strings.TrimLeft(line, " \t"); line != "" {
			line = indent + line
		}
		lines = append(lines, outLine{text: line})
	}
	return lines
}

// literalHeader is the header of block text for an indentation of two blanks. Where
// the text ended before its last line feed, which is there now, it is stripped.
func (e *element) literalHeader() string {
	header := e.raw
	if at := strings.IndexAny(header, "123456789"); at >= 0 {
		header = header[:at] + "2" + header[at+1:]
	}
	if e.open && e.body != nil && !strings.HasSuffix(e.name, "\n") && !strings.Contains(header, "-") {
		header = strings.ReplaceAll(header, "+", "") + "-"
	}
	return header
}

// literalLines writes block text below its header.
func (e *element) literalLines(indent, header string) []outLine {
	keeps := strings.Contains(e.raw, "+")
	lines := []outLine{{text: header, hard: keeps}}
	if e.body == nil {
		return lines
	}
	old := e.literalIndent()
	for line := range bytes.SplitSeq(e.body, []byte{'\n'}) {
		text := ""
		if len(line) > old {
			text = indent + step + string(line[old:])
		}
		lines = append(lines, outLine{text: text})
	}
	lines[len(lines)-1].hard = keeps
	return lines
}

// literalIndent is the indentation of the text as it was found: what the lines have
// more than their text begins with.
func (e *element) literalIndent() int {
	found, blank := leadingBlanks(string(e.body))
	meant, meantBlank := leadingBlanks(e.name)
	if found < 0 || meant < 0 {
		return blank - meantBlank
	}
	return found - meant
}

// leadingBlanks is how many blanks the first line begins with that holds anything
// else, -1 for no such line, and the most that a line of nothing else has.
func leadingBlanks(text string) (first, most int) {
	for line := range strings.SplitSeq(text, "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if indent < len(line) {
			return indent, most
		}
		most = max(most, indent)
	}
	return -1, most
}

// isUnambiguous reports whether text may stand without quotes, in brackets too, and is
// text to readers of YAML 1.1 and 1.2 alike.
func isUnambiguous(text string) bool {
	if text == "" || ambiguousWords[strings.ToLower(text)] || text == "=" || text == "~" || text == "<<" {
		return false
	}
	first := text[0]
	if strings.IndexByte("-?:,[]{}#&*!|>'\"%@`= \t", first) >= 0 || strings.HasPrefix(text, "...") || isNumberLike(text) {
		return false
	}
	for i, r := range text {
		switch {
		case strings.ContainsRune(",[]{}", r), !isVisible(r), unicode.IsSpace(r) && r != ' ':
			return false
		case r == ':' && (i+1 == len(text) || text[i+1] == ' '), r == '#' && text[i-1] == ' ':
			return false
		}
	}
	return text[len(text)-1] != ' ' && resource.StringValue(text) == plainValue(text)
}

// isNumberLike reports whether some reader of YAML might take text for a number or a
// time: it is stricter than any of them.
func isNumberLike(text string) bool {
	if strings.IndexByte("+-.0123456789", text[0]) < 0 {
		return false
	}
	return strings.Trim(text, "0123456789abcdefABCDEFxXoOiInNtTzZ_.:+- ") == ""
}
