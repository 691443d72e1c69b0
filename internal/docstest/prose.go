package docstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	longestLine    = 120 // characters of a line of prose
	fewestRepeated = 25  // words of a paragraph that may stand once only
)

// Paragraph is a paragraph of prose, a list item among them; tables and fenced blocks are none.
type Paragraph struct {
	Page, Text string
	Line       int // of its first line, from 1
}

// Paragraphs takes the prose of a page apart.
func Paragraphs(path, text string) []Paragraph {
	var found []Paragraph
	open := false
	fence := ""
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if fence != "" {
			if strings.HasPrefix(trimmed, fence) && strings.Trim(trimmed, fence[:1]) == "" {
				fence = ""
			}
			continue
		}
		if match := fenceLine.FindStringSubmatch(line); match != nil {
			fence, open = match[2], false
			continue
		}
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "|") || strings.HasPrefix(trimmed, "<!--") || headLine.MatchString(line):
			open = false
		case open && !listItem(trimmed):
			found[len(found)-1].Text += " " + trimmed
		default:
			found = append(found, Paragraph{Page: path, Text: trimmed, Line: i + 1})
			open = true
		}
	}
	return found
}

// listItem reports whether a line begins an item of a list.
func listItem(line string) bool {
	number := strings.TrimLeft(line, "0123456789")
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || len(number) < len(line) && strings.HasPrefix(number, ". ")
}

// Repeated returns a line for each paragraph of 25 words and more that stood before, on the
// same page or on another one.
func Repeated(paragraphs []Paragraph) []string {
	first := map[string]Paragraph{}
	var repeated []string
	for _, one := range paragraphs {
		words := strings.Fields(linkText.ReplaceAllString(one.Text, "$1"))
		if len(words) < fewestRepeated {
			continue
		}
		text := strings.Join(words, " ")
		if before, stood := first[text]; stood {
			repeated = append(repeated, fmt.Sprintf("%s:%d: the paragraph stands at %s:%d already: link it", one.Page, one.Line, before.Page, before.Line))
			continue
		}
		first[text] = one
	}
	slices.SortStableFunc(repeated, cmp.Compare[string])
	return repeated
}

// LongLines returns a line for each line of prose that is too long to read in a terminal.
// Tables and fenced blocks cannot be wrapped; a link without a blank in it neither.
func LongLines(path, text string) []string {
	prose := map[int]bool{}
	for _, one := range Paragraphs(path, text) {
		prose[one.Line] = true
	}
	var long []string
	inside := false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case prose[i+1]:
			inside = true
		case trimmed == "" || strings.HasPrefix(trimmed, "|") || strings.HasPrefix(trimmed, "<!--") || fenceLine.MatchString(line):
			inside = false
		}
		if length := utf8.RuneCountInString(line); inside && length > longestLine && strings.Contains(strings.TrimLeft(trimmed, "-*0123456789. "), " ") {
			long = append(long, fmt.Sprintf("%s:%d: %d characters, over %d", path, i+1, length, longestLine))
		}
	}
	return long
}
