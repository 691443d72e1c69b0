package cli

import (
	"fmt"
	"io"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// comparisonView writes a comparison for people: a symbol and a word for each
// object, the values of both sides below it, and one sentence with the counts.
type comparisonView struct {
	quiet     bool
	headlines [2]string
}

func (v comparisonView) write(w io.Writer, found compare.Comparison) {
	fmt.Fprintf(w, "A  %s\nB  %s\n\n", v.headlines[0], v.headlines[1])
	for _, one := range found.Differences {
		v.difference(w, one)
	}
	if !v.quiet {
		for _, note := range found.Notes {
			writeNote(w, printableLine(note.Message))
		}
	}
	if len(found.Differences) > 0 || len(found.Notes) > 0 && !v.quiet {
		fmt.Fprintln(w)
	}
	writeProse(w, "", printableLine(comparisonSentence(found)))
}

var placeWords = map[compare.Place][3]string{ // symbol, colour's symbol, words
	compare.PlaceA:    {"<", "-", "A only"},
	compare.PlaceB:    {">", "+", "B only"},
	compare.PlaceBoth: {"~", "~", "differs"},
}

func (v comparisonView) difference(w io.Writer, one compare.Difference) {
	words := placeWords[one.Place]
	line := fmt.Sprintf("%s %s %s", words[0], words[2], one.Name)
	switch {
	case one.Place == compare.PlaceBoth && one.A != one.B:
		line += fmt.Sprintf("  (%s | %s)", one.A, one.B)
	case one.Place != compare.PlaceBoth && one.Name != string(one.A+one.B):
		line += fmt.Sprintf("  (%s)", one.A+one.B)
	}
	fmt.Fprintln(w, styleOf(w).mark(words[1], printableLine(line)))
	rows := make([][3]string, len(one.Fields))
	for i, field := range one.Fields {
		rows[i] = [3]string{printableLine(field.Path), sideText(field.A, field.Sensitive), sideText(field.B, field.Sensitive)}
	}
	switch one.Place {
	case compare.PlaceA:
		writeColumn(w, rows, 1)
	case compare.PlaceB:
		writeColumn(w, rows, 2)
	default:
		writeSides(w, rows, one.Fields)
	}
}

// writeColumn writes what the one side has that has the object.
func writeColumn(w io.Writer, rows [][3]string, column int) {
	for _, row := range rows {
		fmt.Fprintf(w, "    %s  %s\n", row[0], row[column])
	}
}

// nothing stands where a side has no value.
const nothing = "(not set)"

func sideText(value resource.Value, sensitive bool) string {
	if sensitive {
		return "(sensitive)"
	}
	return orWord(value, nothing, false)
}

// writeSides writes the values of both sides beside each other, below each other
// where the screen is too narrow for one of them, and only the path of what has none.
func writeSides(w io.Writer, rows [][3]string, fields []compare.Field) {
	var widths [3]int
	screenWidth := styleOf(w).columns()
	for i, row := range rows {
		if hasValues(fields[i]) && rowWidth(row) <= screenWidth {
			for column := range row {
				widths[column] = max(widths[column], displayWidth(row[column]))
			}
		}
	}
	for i, row := range rows {
		aligned := rowWidth([3]string{pad(row[0], widths[0]), pad(row[1], widths[1]), row[2]}) <= screenWidth
		switch {
		case !hasValues(fields[i]):
			fmt.Fprintf(w, "    %s\n", row[0])
		case aligned && rowWidth(row) <= screenWidth:
			fmt.Fprintf(w, "    %s  %s | %s\n", pad(row[0], widths[0]), pad(row[1], widths[1]), row[2])
		case rowWidth(row) <= screenWidth:
			fmt.Fprintf(w, "    %s  %s | %s\n", row[0], row[1], row[2])
		default:
			fmt.Fprintf(w, "    %s\n      A  %s\n      B  %s\n", row[0], row[1], row[2])
		}
	}
}

func hasValues(field compare.Field) bool {
	return field.Sensitive || !field.A.IsAbsent() || !field.B.IsAbsent()
}

func rowWidth(row [3]string) int {
	return 4 + displayWidth(row[0]) + 2 + displayWidth(row[1]) + 3 + displayWidth(row[2])
}

// comparisonSentence is the last line: the counts, or that nothing differs.
func comparisonSentence(found compare.Comparison) string {
	summary := found.Summary
	if summary.Differences() == 0 {
		return fmt.Sprintf("No differences. %s and %s have the same %s.", found.A.Environment, found.B.Environment, counted(summary.Same, "object"))
	}
	return fmt.Sprintf("%s: %d A only (%s), %d B only (%s), %d differ; %d the same.",
		counted(summary.Differences(), "difference"), summary.OnlyInA, found.A.Environment, summary.OnlyInB, found.B.Environment, summary.Differ, summary.Same)
}
