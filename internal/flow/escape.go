package flow

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Names come from people and from consoles. In every rendering they stay names:
// they cannot end a line, move a cursor, open a tag, or draw an arrow.

// maxShown is the most characters of one value that a rendering shows.
const maxShown = 160

// visible writes what cannot be seen, line ends and direction marks included, as
// an escape.
func visible(s string) string {
	if strings.IndexFunc(s, isHidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r > 0xffff && isHidden(r):
			fmt.Fprintf(&out, `\U%08x`, r)
		case isHidden(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func isHidden(r rune) bool { return !unicode.IsPrint(r) }

// shown is a value on one line, not too long.
func shown(v resource.Value) string {
	if v.IsAbsent() {
		return "none"
	}
	text := visible(string(v))
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	runes := []rune(text)
	return fmt.Sprintf("%s… (%d characters)", string(runes[:maxShown]), len(runes))
}

// markdownText is a text in which Markdown sees no markup, no mention and no link.
func markdownText(s string) string {
	var out strings.Builder
	last := ' '
	for _, r := range visible(s) {
		isWeb := r == '.' && (last == 'w' || last == 'W') // www. makes a link
		if isWeb || strings.ContainsRune("\\`*_{}[]<>#|!~&@:+=$\"", r) {
			fmt.Fprintf(&out, "&#%d;", r)
		} else {
			out.WriteRune(r)
		}
		last = r
	}
	return out.String()
}

// markdownCode is a text as a code span; its fence is longer than any inside.
func markdownCode(s string) string {
	s = visible(s)
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	if s == "" {
		return "(empty)" // a code span cannot be
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// mermaidText is a text that a quoted label can hold: whatever is neither letter
// nor digit is written as Mermaid's entity.
func mermaidText(s string) string {
	var out strings.Builder
	for _, r := range visible(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "#%d;", r)
	}
	return out.String()
}
