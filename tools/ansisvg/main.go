// Command ansisvg draws what stands on a terminal as an SVG: the text with its
// escape sequences, as "tmux capture-pane -e -p" prints it, from the standard input
// to the standard output. It knows the attributes that descope-mgmt uses: bold and
// the sixteen colours.
package main

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// A cell of the terminal, in the units of the drawing.
const (
	cellWidth  = 8.4
	lineHeight = 18
	margin     = 12
)

// palette is the sixteen colours on the dark ground of the drawing.
var palette = [16]string{
	"#45475a", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#f5c2e7", "#94e2d5", "#cdd6f4",
	"#7f849c", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#f5c2e7", "#94e2d5", "#ffffff",
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: ansisvg COLUMNS TITLE")
		os.Exit(2)
	}
	columns, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = draw(os.Stdout, os.Stdin, columns, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ansisvg:", err)
		os.Exit(1)
	}
}

func draw(w io.Writer, r io.Reader, columns int, title string) error {
	var lines []string
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		return err
	}
	width := float64(columns)*cellWidth + 2*margin
	height := len(lines)*lineHeight + 2*margin
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(out, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"#1e1e2e\"/>\n", html.EscapeString(title))
	fmt.Fprintln(out, `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#cdd6f4" xml:space="preserve">`)
	look := look{}
	for i, line := range lines {
		look = drawLine(out, line, margin+i*lineHeight+13, look)
	}
	fmt.Fprintln(out, "</g>\n</svg>")
	return out.Flush()
}

// look is how text is drawn; the zero value is plain.
type look struct {
	bold  bool
	color string
}

// drawLine draws runs of letters of one look and one width, and the columns of a table
// apart, each at its place, so that no font can move what stands behind it.
func drawLine(out io.Writer, line string, y int, now look) look {
	column, start := 0, 0
	var run strings.Builder
	flush := func() {
		end := column
		text := strings.TrimRight(run.String(), " ")
		column -= run.Len() - len(text)
		if blanks := len(text) - len(strings.TrimLeft(text, " ")); blanks > 0 {
			text, start = text[blanks:], start+blanks
		}
		if text != "" {
			attributes := ""
			if now.bold {
				attributes += ` font-weight="bold"`
			}
			if now.color != "" {
				attributes += ` fill="` + now.color + `"`
			}
			fmt.Fprintf(out, `<text x="%.1f" y="%d" textLength="%.1f"%s>%s</text>`+"\n",
				margin+float64(start)*cellWidth, y, float64(column-start)*cellWidth, attributes, html.EscapeString(text))
		}
		run.Reset()
		column, start = end, end
	}
	wasWide := false
	for rest := line; rest != ""; {
		if codes, after, found := escape(rest); found {
			flush()
			now, rest = now.with(codes), after
			continue
		}
		letter := []rune(rest)[0]
		rest = rest[len(string(letter)):]
		cells := cellsOf(letter)
		if letter != ' ' && strings.HasSuffix(run.String(), "  ") { // the next column of a table
			flush()
		}
		if isWide := cells == 2; isWide != wasWide && cells > 0 {
			flush()
			wasWide = isWide
		}
		run.WriteRune(letter)
		column += cells
	}
	flush()
	return now
}

// escape takes an escape sequence from the start of a text.
func escape(text string) (codes []string, rest string, found bool) {
	body, found := strings.CutPrefix(text, "\x1b[")
	if !found {
		return nil, text, false
	}
	end := strings.IndexFunc(body, func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		return nil, "", true
	}
	if body[end] != 'm' {
		return nil, body[end+1:], true
	}
	return strings.Split(body[:end], ";"), body[end+1:], true
}

func (l look) with(codes []string) look {
	for _, code := range codes {
		number, _ := strconv.Atoi(code) // none is 0
		switch {
		case number == 0:
			l = look{}
		case number == 1:
			l.bold = true
		case number == 22:
			l.bold = false
		case number == 39:
			l.color = ""
		case number >= 30 && number <= 37:
			l.color = palette[number-30]
		case number >= 90 && number <= 97:
			l.color = palette[number-90+8]
		}
	}
	return l
}

// cellsOf is how many columns a letter takes: the wide ones of East Asia and emoji
// take two, marks none.
func cellsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}
