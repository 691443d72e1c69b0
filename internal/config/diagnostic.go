package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Severity says whether a diagnostic stops the command.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// Diagnostic is one remark on the configuration. Message and Suggestion never
// hold the value of a substituted variable.
type Diagnostic struct {
	Severity   Severity          `json:"severity"`
	Code       string            `json:"code"` // "CFG001"; see docs/configuration.md
	Position   resource.Position `json:"position"`
	Message    string            `json:"message"`
	Suggestion string            `json:"suggestion,omitempty"` // the next step; may be empty
	// SourceLine is the line of the file as it stands there; empty where it is
	// too long or may hold a secret.
	SourceLine string `json:"source_line,omitempty"`
}

// String is "file:line:column: message".
func (d Diagnostic) String() string {
	if d.Position.IsZero() {
		return d.Message
	}
	return d.Position.String() + ": " + d.Message
}

// Render is the diagnostic for people: position and message, the line of
// source with a caret under the column, and the suggestion. It is plain text
// of one or more lines without a final line break; what a terminal would
// interpret in the source is replaced.
func (d Diagnostic) Render() string {
	var out strings.Builder
	if !d.Position.IsZero() {
		out.WriteString(d.Position.String() + ": ")
	}
	if d.Severity != SeverityError {
		out.WriteString(string(d.Severity) + ": ")
	}
	out.WriteString(d.Message + " [" + d.Code + "]")
	if d.SourceLine != "" {
		number := strconv.Itoa(d.Position.Line)
		line, caret := excerpt(d.SourceLine, d.Position.Column)
		out.WriteString("\n  " + number + " | " + line)
		out.WriteString("\n  " + strings.Repeat(" ", len(number)) + " | " + strings.Repeat(" ", caret) + "^")
	}
	if d.Suggestion != "" {
		out.WriteString("\n  hint: " + d.Suggestion)
	}
	return out.String()
}

// excerptWidth is how many characters of a line are shown.
const excerptWidth = 120

// excerpt cuts a long line around the column and returns what to show and how
// many characters stand before the caret.
func excerpt(line string, column int) (shown string, caret int) {
	runes := []rune(strings.TrimRightFunc(line, unicode.IsSpace))
	caret = max(0, min(column-1, len(runes)))
	from := 0
	if len(runes) > excerptWidth {
		from = max(0, min(caret-excerptWidth/2, len(runes)-excerptWidth))
	}
	to := min(len(runes), from+excerptWidth)
	shown, caret = string(runes[from:to]), caret-from
	if from > 0 {
		shown, caret = "…"+shown, caret+1
	}
	if to < len(runes) {
		shown += "…"
	}
	return neutralise(shown), caret
}

// neutralise replaces, one for one, what a terminal or editor would interpret
// instead of show: control characters, marks that reorder text, and other
// invisible characters. A tab becomes one space, so that carets stay in place.
func neutralise(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == unicode.ReplacementChar, r == ' ', unicode.IsPrint(r):
			return r
		default:
			return unicode.ReplacementChar
		}
	}, s)
}

// maxShown is how many characters of a value a message quotes.
const maxShown = 60

// show quotes a value for a message, shortened, with everything that is not
// printable escaped.
func show(s string) string {
	if runes := []rune(s); len(runes) > maxShown {
		s = string(runes[:maxShown]) + "…"
	}
	return strconv.Quote(s)
}

// sortDiagnostics orders by file, line and column; what stands at one place is
// ordered by code and message, so that the order never depends on the reading.
func sortDiagnostics(items []Diagnostic) {
	slices.SortFunc(items, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Position.File, b.Position.File),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
