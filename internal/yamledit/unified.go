package yamledit

import (
	"fmt"
	"slices"
	"strings"
)

// contextLines is how many lines that are alike stand around those that differ.
const contextLines = 3

// Unified shows what leads from one text to another, in the unified format that patch
// reads; empty where they are the same. Name stands for both in its head. Lines are
// matched by those that stand once in each of the two, so that a long text takes
// little more than a short one; the result need not be the shortest.
func Unified(name string, before, after []byte) string {
	turn := turnLines(slices.Collect(strings.Lines(string(before))), slices.Collect(strings.Lines(string(after))))
	var out strings.Builder
	old, recent, at := 0, 0, 0 // lines of each text, and of the turn, that are passed
	for _, hunk := range hunks(turn) {
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- %s\n+++ %s\n", name, name)
		}
		old, recent, at = old+hunk[0]-at, recent+hunk[0]-at, hunk[1] // what lies between hunks is in both
		lines := turn[hunk[0]:hunk[1]]
		inOld, inRecent := len(lines), len(lines)
		for _, line := range lines {
			switch line.sign {
			case '+':
				inOld--
			case '-':
				inRecent--
			}
		}
		fmt.Fprintf(&out, "@@ -%s +%s @@\n", lineRange(old, inOld), lineRange(recent, inRecent))
		for _, line := range lines {
			out.WriteByte(line.sign)
			out.WriteString(line.text)
			if !strings.HasSuffix(line.text, "\n") {
				out.WriteString("\n\\ No newline at end of file\n")
			}
		}
		old, recent = old+inOld, recent+inRecent
	}
	return out.String()
}

// hunks are the parts of a turn that are shown: from a line up to another.
func hunks(turn []turnLine) [][2]int {
	var list [][2]int
	for i, line := range turn {
		if line.sign == ' ' {
			continue
		}
		from, to := max(i-contextLines, 0), min(i+contextLines+1, len(turn))
		if last := len(list) - 1; last >= 0 && from <= list[last][1] {
			list[last][1] = to
			continue
		}
		list = append(list, [2]int{from, to})
	}
	return list
}

// lineRange is a place in a text as the head of a hunk has it.
func lineRange(passed, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", passed)
	case 1:
		return fmt.Sprint(passed + 1)
	}
	return fmt.Sprintf("%d,%d", passed+1, count)
}

// turnLine is one line of a text that becomes another: ' ' in both, '-' in the old
// one only, '+' in the new one only.
type turnLine struct {
	sign byte
	text string
}

// turnLines is everything that leads from one text to another, line by line.
func turnLines(a, b []string) []turnLine {
	matched := make([]int, len(a)) // by the line of a, that of b; -1 for none
	for i := range matched {
		matched[i] = -1
	}
	matchLines(a, b, 0, 0, matched)
	turn := make([]turnLine, 0, max(len(a), len(b)))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && matched[i] < 0:
			turn = append(turn, turnLine{'-', a[i]})
			i++
		case i < len(a) && matched[i] == j:
			turn = append(turn, turnLine{' ', a[i]})
			i, j = i+1, j+1
		default:
			turn = append(turn, turnLine{'+', b[j]})
			j++
		}
	}
	return turn
}

// matchLines matches two parts of texts, which begin at the given lines: what they
// begin and end with alike, then what stands between lines that each has once.
func matchLines(a, b []string, fromA, fromB int, matched []int) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		matched[fromA] = fromB
		a, b, fromA, fromB = a[1:], b[1:], fromA+1, fromB+1
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		matched[fromA+len(a)-1] = fromB + len(b) - 1
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	anchors := anchorLines(a, b)
	if len(anchors) == 0 {
		return
	}
	doneA, doneB := 0, 0
	for _, anchor := range append(anchors, [2]int{len(a), len(b)}) {
		matchLines(a[doneA:anchor[0]], b[doneB:anchor[1]], fromA+doneA, fromB+doneB, matched)
		if anchor[0] < len(a) {
			matched[fromA+anchor[0]] = fromB + anchor[1]
		}
		doneA, doneB = anchor[0]+1, anchor[1]+1
	}
}

// anchorLines are pairs of lines that each text has exactly once: the longest run of
// them that has the same order in both.
func anchorLines(a, b []string) [][2]int {
	type places struct{ inA, inB, a, b int }
	all := make(map[string]places, len(a))
	for i, line := range a {
		p := all[line]
		p.inA, p.a = p.inA+1, i
		all[line] = p
	}
	for j, line := range b {
		if p, both := all[line]; both {
			p.inB, p.b = p.inB+1, j
			all[line] = p
		}
	}
	var pairs [][2]int
	for _, line := range a {
		if p := all[line]; p.inA == 1 && p.inB == 1 {
			pairs = append(pairs, [2]int{p.a, p.b})
		}
	}
	return longestRising(pairs)
}

// longestRising is the longest part of pairs, which rise by their first number, that
// rises by the second too.
func longestRising(pairs [][2]int) [][2]int {
	var ends []int // by length, the pair with which a rising part of it ends lowest
	before := make([]int, len(pairs))
	for i, pair := range pairs {
		at, _ := slices.BinarySearchFunc(ends, pair[1], func(end, wanted int) int { return pairs[end][1] - wanted })
		if before[i] = -1; at > 0 {
			before[i] = ends[at-1]
		}
		if at == len(ends) {
			ends = append(ends, i)
		}
		ends[at] = i
	}
	if len(ends) == 0 {
		return nil
	}
	longest := make([][2]int, len(ends))
	for i, at := ends[len(ends)-1], len(ends)-1; at >= 0; i, at = before[i], at-1 {
		longest[at] = pairs[i]
	}
	return longest
}
