package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// displayWidth is how many columns of a terminal a text takes: wide letters and emoji
// take two, marks that sit on another letter none.
func displayWidth(text string) int { return displaywidth.String(text) }

const (
	columnGap = 2
	// narrowest is how far a column of free text is narrowed.
	narrowest = 12
)

// writeTable prints columns aligned by the width that the text takes on a terminal.
// Where they do not fit on one, the columns of free text, given by their numbers, are
// cut, the widest first; ids, addresses, times and paths never are: what still does not
// fit goes on in a second line, of all rows or, where few last values are long, of
// those. A pipe and a file get every value whole.
func writeTable(w io.Writer, header []string, rows [][]string, free ...int) {
	look := styleOf(w)
	widths := make([]int, len(header))
	for n, line := range append([][]string{header}, rows...) {
		for i := range line {
			line[i] = printableLine(line[i])
			if n > 0 && i == 0 {
				line[i] = harmlessStart(line[i])
			}
			widths[i] = max(widths[i], displayWidth(line[i]))
		}
	}
	wanted := slices.Clone(widths)
	if look.width > 0 {
		narrow(widths, look.width, free)
	}
	begins, aside := foldColumns(widths, look.width), map[int]bool{}
	widen(widths, wanted, begins, look.width, free)
	last := len(header) - 1
	if begins[last] {
		room := look.width - lineEnd(widths, begins, last-1) - columnGap
		aside = longLast(rows, last, room)
		begins[last] = 2*len(aside) > len(rows) || displayWidth(header[last]) > room
	}
	writeRow(w, header, widths, begins, func(text string) string { return look.mark(roleHeader, text) })
	for n, row := range rows {
		own := begins
		if aside[n] && !begins[last] {
			own = maps.Clone(begins)
			own[last] = true
		}
		writeRow(w, row, widths, own, func(text string) string { return text })
	}
}

// longLast is the numbers of the rows whose last value takes more than so many columns.
func longLast(rows [][]string, last, room int) map[int]bool {
	long := map[int]bool{}
	for n, row := range rows {
		if displayWidth(row[last]) > room {
			long[n] = true
		}
	}
	return long
}

// lineEnd is the column at which a line ends that goes up to a cell.
func lineEnd(widths []int, begins map[int]bool, last int) int {
	end := 0
	for i := range last + 1 {
		switch {
		case begins[i]:
			end = foldIndent
		case i > 0:
			end += columnGap
		}
		end += widths[i]
	}
	return end
}

// narrow makes columns of free text narrower, one column of the widest at a time, until
// all fit or none has anything left to give.
func narrow(widths []int, width int, free []int) {
	for _, i := range free {
		widths[i] = min(widths[i], max(width, narrowest))
	}
	for total(widths) > width {
		widest := -1
		for _, i := range free {
			if widths[i] > narrowest && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// widen gives columns of free text back what their line has room for, once columns have
// gone on to a second one.
func widen(widths, wanted []int, begins map[int]bool, width int, free []int) {
	for _, i := range free {
		end := i // of the line
		for end+1 < len(widths) && !begins[end+1] {
			end++
		}
		if room := width - lineEnd(widths, begins, end); room > 0 {
			widths[i] = min(wanted[i], widths[i]+room)
		}
	}
}

func total(widths []int) int {
	sum := columnGap * (len(widths) - 1)
	for _, one := range widths {
		sum += one
	}
	return sum
}

// foldIndent is how far the later lines of a row stand in.
const foldIndent = 4

// foldColumns says at which columns a new line begins: none where all fit.
func foldColumns(widths []int, width int) map[int]bool {
	begins := map[int]bool{}
	if width == 0 {
		return begins
	}
	for i := 1; i < len(widths); i++ {
		begins[i] = lineEnd(widths, begins, i) > width
	}
	return begins
}

func writeRow(w io.Writer, row []string, widths []int, begins map[int]bool, mark func(string) string) {
	tail := styleOf(w).ellipsis()
	var line strings.Builder
	flush := func() {
		if text := strings.TrimRight(line.String(), " "); text != "" {
			fmt.Fprintln(w, mark(text))
		}
		line.Reset()
	}
	for i, cell := range row {
		if begins[i] {
			flush()
			line.WriteString(strings.Repeat(" ", foldIndent))
		}
		cell = cut(cell, widths[i], tail)
		if width := styleOf(w).width; begins[i] && i == len(row)-1 && foldIndent+displayWidth(cell) > width {
			writeProse(w, line.String(), cell)
			return
		}
		line.WriteString(cell + strings.Repeat(" ", widths[i]-displayWidth(cell)+columnGap))
	}
	flush()
}

// cut shortens a text to a width in columns; a letter is never cut in two.
func cut(text string, width int, tail string) string {
	if displayWidth(text) <= width {
		return text
	}
	return displaywidth.TruncateString(text, width, tail)
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-displayWidth(text)))
}
