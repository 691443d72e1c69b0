package docstest_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

// TestProse: no paragraph stands twice, and lines fit a terminal.
func TestProse(t *testing.T) {
	repository, pages := readRepository(t)
	var all []docstest.Paragraph
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		text, err := fs.ReadFile(repository, name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, docstest.Paragraphs(name, string(text))...)
		if !strings.HasPrefix(name, "docs/") {
			continue
		}
		for _, long := range docstest.LongLines(name, string(text)) {
			t.Error(long)
		}
	}
	for _, repeated := range docstest.Repeated(all) {
		t.Error(repeated)
	}
	if len(all) < 500 {
		t.Errorf("only %d paragraphs were found", len(all))
	}
}

func TestParagraphs(t *testing.T) {
	text := "# Head\n\nOne\ntwo.\n\n| a | b |\n\n```text\nno prose\n```\n- item\n  goes on\n- next\n1. first\n\n<!-- remark -->\nLast.\n"
	want := []docstest.Paragraph{
		{"a.md", "One two.", 3}, {"a.md", "- item goes on", 11}, {"a.md", "- next", 13}, {"a.md", "1. first", 14}, {"a.md", "Last.", 17},
	}
	if diff := cmp.Diff(want, docstest.Paragraphs("a.md", text)); diff != "" {
		t.Error(diff)
	}
}

func TestRepeated(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("word ", 24))
	cases := map[string]struct {
		a, b string
		want int
	}{
		"repeated":         {long + " end.", long + "\nend.", 1},
		"another link":     {long + " [end](a.md).", long + " [end](../b.md).", 1},
		"short":            {long, long, 0},
		"another word":     {long + " end.", long + " fin.", 0},
		"in a block":       {long + " end.", "```text\n" + long + " end.\n```", 0},
		"on the same page": {long + " end.\n\n" + long + " end.", "", 1},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			all := append(docstest.Paragraphs("a.md", test.a), docstest.Paragraphs("b.md", test.b)...)
			if got := docstest.Repeated(all); len(got) != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("word ", 24) + "x"
	cases := map[string]struct {
		text string
		want int
	}{
		"120":           {long[:120], 0},
		"121":           {long, 1},
		"the second":    {"short\n" + long, 1},
		"an item":       {"- " + long, 1},
		"a table":       {"| " + long + " |", 0},
		"a block":       {"```text\n" + long + "\n```", 0},
		"one long word": {"- " + strings.Repeat("x", 130), 0},
		"no ASCII":      {strings.Repeat("é", 59) + " " + strings.Repeat("é", 60), 0},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if got := docstest.LongLines("a.md", test.text); len(got) != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
