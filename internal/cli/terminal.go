package cli

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// Terminal says what the program may do with the streams that it was given. The zero
// value is the least that there can be: nobody to ask, no colour, nothing drawn over,
// ASCII, and lines without an end. It is decided once, from the streams and the
// environment; flags can only take away from it.
type Terminal struct {
	// Interactive reports whether a person sits at the standard input and reads Err.
	Interactive bool
	// OutColor and ErrColor report whether what is written there may have colour.
	OutColor, ErrColor bool
	// OutWidth and ErrWidth are how many columns a line has there; 0 where the stream
	// is no terminal and gets every line whole.
	OutWidth, ErrWidth int
	// Redraw reports whether a line on Err may be drawn over.
	Redraw bool
	// Unicode reports whether what we draw ourselves may leave ASCII. Data is shown as
	// it is either way.
	Unicode bool
}

// streams are the facts of the three standard streams.
type streams struct {
	in, out, err       bool // each is a terminal
	outWidth, errWidth int  // 0 where it is not known
}

// usualWidth is how wide a terminal is that does not say so, and what side by side
// has to fit in where there is no terminal.
const usualWidth = 80

// terminalOf decides from the streams and the environment.
func terminalOf(s streams, lookup func(string) string, goos string) Terminal {
	dumb := lookup("TERM") == "dumb" || lookup("TERM") == "" && goos != "windows"
	color := func(terminal bool) bool {
		if lookup("NO_COLOR") != "" {
			return false
		}
		return switchedOn(lookup("CLICOLOR_FORCE")) || terminal && !dumb
	}
	width := func(terminal bool, width int) int {
		if terminal && width <= 0 {
			return usualWidth
		}
		return width
	}
	return Terminal{
		Interactive: s.in && s.err,
		OutColor:    color(s.out), ErrColor: color(s.err),
		OutWidth: width(s.out, s.outWidth), ErrWidth: width(s.err, s.errWidth),
		Redraw:  s.err && !dumb && !switchedOn(lookup("ACCESSIBLE")),
		Unicode: utf8Locale(lookup, goos),
	}
}

// switchedOn reports whether a variable that is a switch says yes.
func switchedOn(value string) bool { return value != "" && value != "0" }

// The variables that name the locale.
const (
	wholeLocaleVariable   = "LC_ALL"
	lettersLocaleVariable = "LC_CTYPE"
	usualLocaleVariable   = "LANG"
)

// localeVariables are the variables of the locale in the order in which they count.
func localeVariables() []string {
	return []string{wholeLocaleVariable, lettersLocaleVariable, usualLocaleVariable}
}

// utf8Locale reports whether the locale is one of UTF-8. The first variable that is set
// decides, as in C programs; where none is, the locale is C. Windows has none of them,
// and its terminals know UTF-8.
func utf8Locale(lookup func(string) string, goos string) bool {
	for _, name := range localeVariables() {
		if value := lookup(name); value != "" {
			value = strings.ToLower(value)
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return goos == "windows"
}

// plain is the same without colour.
func (t Terminal) plain() Terminal {
	t.OutColor, t.ErrColor = false, false
	return t
}

// processTerminal is what the process's own streams and environment say.
func processTerminal() Terminal {
	var s streams
	s.in, _ = terminalWidth(os.Stdin)
	s.out, s.outWidth = terminalWidth(os.Stdout)
	s.err, s.errWidth = terminalWidth(os.Stderr)
	return terminalOf(s, os.Getenv, runtime.GOOS)
}

func terminalWidth(file *os.File) (terminal bool, width int) {
	descriptor := int(file.Fd())
	if !term.IsTerminal(descriptor) {
		return false, 0
	}
	width, _, err := term.GetSize(descriptor)
	if err != nil {
		width = 0 // it is not known
	}
	return true, width
}
