package yamledit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

func TestUnified(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"the same", "a\nb\n", "a\nb\n", ""},
		{"both empty", "", "", ""},
		{"one line", "a\n", "b\n", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n+b\n"},
		{"from nothing", "", "a\nb\n", "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"to nothing", "a\n", "", "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n"},
		{"no last line feed", "a\nb", "a\nb\n", "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		{
			"far apart: two hunks", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n2\n3\n4\n5\n6\n7\n8\nX\n",
			"--- f\n+++ f\n@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+X\n",
		},
		{
			"close together: one", "1\n2\n3\n4\n5\n6\n7\n", "1\n3\n4\n5\n6\n7\n8\n",
			"--- f\n+++ f\n@@ -1,7 +1,7 @@\n 1\n-2\n 3\n 4\n 5\n 6\n 7\n+8\n",
		},
		{
			"moved, between lines that stand twice", "x\na\nx\nb\nx\n", "x\nb\nx\na\nx\n",
			"--- f\n+++ f\n@@ -1,5 +1,5 @@\n x\n-a\n-x\n b\n+x\n+a\n x\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := yamledit.Unified("f", []byte(test.before), []byte(test.after)); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

// What is shown leads from the one text to the other, and says nothing where both are
// the same.
func TestUnifiedLeadsThere(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "d\n", "e\n", "\n", " f\n", "-\n", "+\n"}), 0, 24).Draw(t, "lines")
		return strings.Join(lines, "") + rapid.SampledFrom([]string{"", "end"}).Draw(t, "end")
	})
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		shown := yamledit.Unified("f", []byte(before), []byte(after))
		if (shown == "") != (before == after) {
			t.Fatalf("shown: %q", shown)
		}
		if got := patched(t, before, shown); got != after {
			t.Errorf("the difference leads to %q:\n%s", got, shown)
		}
	})
}

// patched applies a difference, and checks the numbers of its hunks.
func patched(t *rapid.T, before, difference string) string {
	old := slices.Collect(strings.Lines(before))
	var out []string
	passed, leftOld, leftNew, sign := 0, 0, 0, byte(0)
	for line := range strings.Lines(difference) {
		if line[0] != '\\' {
			sign = line[0]
		}
		switch {
		case leftOld+leftNew == 0 && (strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "+++ ")):
		case strings.HasPrefix(line, "@@ "):
			var from, to string
			if _, err := fmt.Sscanf(line, "@@ -%s +%s @@", &from, &to); err != nil || leftOld+leftNew != 0 {
				t.Fatalf("%q: %v; %d and %d lines are missing", line, err, leftOld, leftNew)
			}
			start, count := placed(from)
			for passed < start {
				out = append(out, old[passed])
				passed++
			}
			newStart, newCount := placed(to)
			if leftOld, leftNew = count, newCount; newStart != len(out) {
				t.Fatalf("%q, and %d lines stand before it", line, len(out))
			}
		case strings.HasPrefix(line, `\`):
			if sign == '+' {
				out[len(out)-1] = strings.TrimSuffix(out[len(out)-1], "\n")
			}
		case line[0] == '+':
			out, leftNew = append(out, line[1:]), leftNew-1
		default:
			if strings.TrimSuffix(old[passed], "\n") != strings.TrimSuffix(line[1:], "\n") {
				t.Fatalf("line %d is %q, not %q", passed+1, old[passed], line)
			}
			if leftOld--; line[0] == ' ' {
				out, leftNew = append(out, old[passed]), leftNew-1
			}
			passed++
		}
	}
	return strings.Join(append(out, old[passed:]...), "")
}

// placed reads a place: how many lines stand before it, and how many it has.
func placed(text string) (before, count int) {
	if n, _ := fmt.Sscanf(text, "%d,%d", &before, &count); n == 1 {
		count = 1
	}
	if count > 0 {
		before--
	}
	return before, count
}
