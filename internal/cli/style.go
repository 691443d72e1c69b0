package cli

import (
	"bytes"
	"io"
	"strings"
)

// style is how text for people looks where it goes. Symbol and word carry the
// meaning; colour only repeats it. The zero value is plain text for a pipe.
type style struct {
	color   bool
	unicode bool
	width   int // columns of a line; 0 where lines have no end
}

// colors is all the colour there is: by plan symbol, and by the role of a text.
// The numbers are those of a terminal's "select graphic rendition".
var colors = map[string]string{
	"+": "32", "~": "33", "-": "31", "!": "35", "?": "36", "=": "90",

	roleBefore: "31", roleAfter: "32",
	roleHeader: "1", roleError: "1;31", roleWarning: "1;33", roleHint: "36", roleNote: "90",
}

// The roles of text that have a colour.
const (
	roleBefore  = "before" // a value that goes
	roleAfter   = "after"  // a value that comes
	roleHeader  = "header" // of a table
	roleError   = "error"
	roleWarning = "warning"
	roleHint    = "hint"
	roleNote    = "note"
)

// mark colours text that stands on one line by its plan symbol, or by its role.
func (s style) mark(what, text string) string {
	code := colors[what]
	if !s.color || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// labels are the words that begin a line, each with its role.
var labels = map[string]string{"error:": roleError, "warning:": roleWarning, "hint:": roleHint, "note:": roleNote}

// label colours the word that says what a line is, where it begins with one.
func (s style) label(line string) string {
	text := strings.TrimLeft(line, " ")
	word, rest, found := strings.Cut(text, " ")
	role := labels[word]
	if !found || role == "" {
		return line
	}
	return line[:len(line)-len(text)] + s.mark(role, word) + " " + rest
}

// turn is a value that becomes another.
func (s style) turn(before, after string) string {
	return s.mark(roleBefore, before) + " -> " + s.mark(roleAfter, after)
}

// ellipsis stands where text was cut.
func (s style) ellipsis() string {
	if s.unicode {
		return "…"
	}
	return "..."
}

// columns is how many columns text may use that comes side by side if it can.
func (s style) columns() int {
	if s.width == 0 {
		return usualWidth
	}
	return s.width
}

// page is text for people on its way to a stream, and how it looks there.
type page struct {
	bytes.Buffer
	look style
}

func (p *page) style() style { return p.look }

// styleOf is how text looks that is written there: plain, unless it goes to a page.
func styleOf(w io.Writer) style {
	if styled, ok := w.(interface{ style() style }); ok {
		return styled.style()
	}
	return style{}
}

// outStyle is how the data looks: in a file it is plain, and every line is whole.
func (a *App) outStyle() style {
	if a.flags.output != "" {
		return style{}
	}
	return style{color: a.Terminal.OutColor, unicode: a.Terminal.Unicode, width: a.Terminal.OutWidth}
}

// errStyle is how what is not data looks. With several environments the name of one
// stands in front of its lines.
func (a *App) errStyle() style {
	look := style{color: a.Terminal.ErrColor, unicode: a.Terminal.Unicode, width: a.Terminal.ErrWidth}
	if a.part != nil && look.width > 0 {
		look.width = max(look.width-displayWidth(a.part.lines.name), narrowest)
	}
	return look
}

// showErr writes text for people on the error stream, instead of the progress that may
// stand there.
func (a *App) showErr(human func(io.Writer)) {
	text := page{look: a.errStyle()}
	if a.drawn.Swap(false) {
		_, _ = text.WriteString(clearLine)
	}
	human(&text)
	_, _ = a.Err.Write(text.Bytes())
}
