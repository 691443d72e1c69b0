package cli

import (
	"fmt"
	"io"
	"strings"
)

// hanging is how far the later lines of a paragraph stand in, where each line that
// follows it is an entry of its own.
const hanging = 2

// writeProse writes a paragraph of ours. On a terminal its lines break at blanks, and
// go on below the lead; elsewhere it is one line.
func writeProse(w io.Writer, lead, text string) {
	writeWords(w, lead, displayWidth(lead), strings.Split(text, " "))
}

// writeHanging is [writeProse] for an entry of a list.
func writeHanging(w io.Writer, lead, text string) {
	writeWords(w, lead, displayWidth(lead)+hanging, strings.Split(text, " "))
}

// writeAdvice is [writeProse] for a text that may hold commands of this program: none of
// them is broken, for somebody may copy it.
func writeAdvice(w io.Writer, lead, text string) {
	writeWords(w, lead, displayWidth(lead), adviceWords(text))
}

// adviceWords takes a text apart at its blanks. A command is one word, up to what ends
// it in a sentence.
func adviceWords(text string) []string {
	var words []string
	command := false
	for word := range strings.SplitSeq(text, " ") {
		if command {
			words[len(words)-1] += " " + word
		} else {
			words = append(words, word)
		}
		command = (command || strings.HasSuffix(word, "descope-mgmt")) && !strings.ContainsAny(word[max(0, len(word)-1):], ";,:)")
	}
	return words
}

// writeWords writes words, the first of them behind the lead. On a terminal a line ends
// where the next word does not fit, and the one after it stands in.
func writeWords(w io.Writer, lead string, indent int, words []string) {
	text := strings.Join(words, " ")
	width, column := styleOf(w).width, displayWidth(lead)
	if width == 0 || column+displayWidth(text) <= width {
		fmt.Fprintln(w, styleOf(w).label(lead+text))
		return
	}
	line, begun := strings.TrimSuffix(styleOf(w).label(lead+"x"), "x"), column
	for i, word := range words {
		size := displayWidth(word)
		switch {
		case i == 0:
		case column+1+size > width && column > begun:
			fmt.Fprintln(w, line)
			line, column, begun = strings.Repeat(" ", indent), indent, indent
		default:
			line, column = line+" ", column+1
		}
		line, column = line+word, column+size
	}
	fmt.Fprintln(w, line)
}
