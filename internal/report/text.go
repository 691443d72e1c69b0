package report

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest foreign texts that are shown whole, in characters.
const (
	longestName  = 200
	longestValue = 2000
)

// writer turns foreign text into text that is harmless where it is written.
type writer struct {
	// clean takes secrets out of text before anything is escaped in it.
	clean func(string) string
}

// line is a text on one line, not too long: what a terminal would obey, and what the
// runner of a workflow would take for a command, becomes visible escapes.
func (w writer) line(text string, longest int) string {
	if w.clean != nil {
		text = w.clean(text)
	}
	return visible(clip(text, longest))
}

// name is a short text on one line.
func (w writer) name(text string) string { return w.line(text, longestName) }

// code is a text as a code span, also inside of a table: nothing in it is markup, a
// mention, a reference or a link. Backticks and bars become visible escapes, because
// renderers do not agree on them in tables.
func (w writer) code(text string, longest int) string {
	text = spanEscapes.Replace(w.line(text, longest))
	if strings.TrimSpace(text) == "" {
		text = fmt.Sprintf("%q", text)
	}
	return "`" + text + "`"
}

var spanEscapes = strings.NewReplacer("`", `\x60`, "|", `\x7c`)

// htmlCode is a text as an HTML code element, for where Markdown is not read.
func (w writer) htmlCode(text string) string {
	return "<code>" + html.EscapeString(w.name(text)) + "</code>"
}

// clip shortens a text and says by how much.
func clip(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	count := 0
	for at := range text {
		if count == longest {
			return fmt.Sprintf("%s… (%d more characters)", text[:at], utf8.RuneCountInString(text[at:]))
		}
		count++
	}
	return text
}

// visible makes a text harmless on a terminal and in the log of a workflow.
// Control characters, line breaks, direction marks and what is no UTF-8 become escapes.
// So does what the runner takes for a command: a colon at the beginning, and that of its older
// commands ("##[error]"), for which it looks anywhere in a line (actions/runner,
// ActionCommand.cs, TryParseV2 and TryParse), as Azure Pipelines does for "##vso[".
func visible(text string) string {
	if strings.IndexFunc(text, hidden) >= 0 {
		var out strings.Builder
		for _, r := range text {
			switch {
			case r == '\n':
				out.WriteString(`\n`)
			case r == '\t':
				out.WriteString(`\t`)
			case r > 0xffff && hidden(r):
				fmt.Fprintf(&out, `\U%08x`, r)
			case hidden(r):
				fmt.Fprintf(&out, `\u%04x`, r)
			default:
				out.WriteRune(r)
			}
		}
		text = out.String()
	}
	if rest := strings.TrimLeft(text, " "); strings.HasPrefix(rest, ":") {
		text = text[:len(text)-len(rest)] + `\x3a` + rest[1:]
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "##[", `#\x23[`), "##vso[", `#\x23vso[`)
}

func hidden(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// fence is a line of backticks that no line of the text can close.
func fence(text string) string {
	longest, run := 2, 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return strings.Repeat("`", longest+1)
}

// counted is a number with its noun: "1 object", "2 objects".
func counted(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
