package resource

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ShellWord is a text as one word of a command line that people paste into a
// shell, quoted where it has to be. What a terminal would not show as it is
// (control characters, line ends, marks of direction, broken text) stands in $'…' as
// the octal numbers of its bytes, which bash, zsh and ksh read, so that the command
// names what it is about, whoever prints it. A shell cannot pass on the character
// NUL: see [HasShellWord].
func ShellWord(text string) string {
	switch {
	case strings.IndexFunc(text, isUnseen) >= 0:
		return escapedWord(text)
	case text != "" && strings.IndexFunc(text, isSpecial) < 0:
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// HasShellWord reports whether a text can be given to a command at all.
func HasShellWord(text string) bool { return !strings.ContainsRune(text, 0) }

// isSpecial reports whether a shell may do something with a character.
func isSpecial(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("/-_.@:+,=%", r)
}

// isUnseen reports whether a character is not shown as it is.
func isUnseen(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029'
}

func escapedWord(text string) string {
	var out strings.Builder
	out.WriteString("$'")
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case isUnseen(r):
			for _, part := range []byte(text[:size]) {
				fmt.Fprintf(&out, `\%03o`, part)
			}
		case r == '\'' || r == '\\':
			out.WriteString(`\` + string(r))
		default:
			out.WriteString(text[:size])
		}
		text = text[size:]
	}
	return out.String() + "'"
}
