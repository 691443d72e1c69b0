package docstest_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

var update = flag.Bool("update", false, "write what is generated in the documentation")

// TestMap: every page of the documentation is found from the map, and the map says how many
// there are. With -update a page that is missing gets a row, where a group names it.
func TestMap(t *testing.T) {
	_, pages := readRepository(t)
	path := filepath.Join(root, docstest.MapPage)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	current, left := docstest.UpdateMap(string(text), pages)
	for _, name := range left {
		t.Errorf("no group of %s names %s: add the row where it belongs\n%s", docstest.MapPage, name, docstest.MapRow(pages[name]))
	}
	if current == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(current), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s is not current: run make docs (-want +got)\n%s", docstest.MapPage, cmp.Diff(current, string(text)))
}

func TestUpdateMap(t *testing.T) {
	texts := map[string]string{
		"docs/README.md":          "# Map\n\n<!-- pages -->1<!-- end --> pages, and [how to](how-to/README.md).\n\n<!-- group: tutorials/ install.md -->\n| page | to |\n|---|---|\n| [A](tutorials/a.md) | see a |\n| [Gone](gone.md) | see nothing |\n\nMore.\n",
		"docs/tutorials/a.md":     "# A\n\nSee [c](../c.md).\n",
		"docs/tutorials/b.md":     "# The `b`\n\nWhat you\nget: [all](../c.md) of it. And more.\n",
		"docs/install.md":         "# Install\n",
		"docs/c.md":               "# C\n\nText.\n",
		"docs/how-to/README.md":   "# How to\n\n[one](one.md), [all](../../README.md)\n",
		"docs/how-to/one.md":      "# One\n",
		"README.md":               "# Project\n\n[c](docs/c.md)\n",
		"examples/basic/READE.md": "# Basic\n",
	}
	pages := map[string]docstest.Page{}
	for name, text := range texts {
		pages[name] = parse(t, name, text)
	}
	got, left := docstest.UpdateMap(texts["docs/README.md"], pages)
	want := strings.Replace(texts["docs/README.md"], "| [Gone](gone.md) | see nothing |\n", "", 1)
	want = strings.Replace(want, "see a |\n", "see a |\n| [Install](install.md) |  |\n| [The `b`](tutorials/b.md) | What you get |\n", 1)
	want = strings.Replace(want, "-->1<!--", "-->7<!--", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// A page that only another page links is not found from the map.
	if !slices.Equal(left, []string{"docs/c.md"}) {
		t.Errorf("left are %v", left)
	}
}

// TestMapRowsGoOn: the column is called "to", and each row goes on from there. A new
// row has the first words of its page, until somebody writes what it is for.
func TestMapRowsGoOn(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, docstest.MapPage))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 2 || !strings.HasPrefix(line, "| [") {
			continue
		}
		rows++
		if to := cells[1]; to == strings.ToUpper(to[:1])+to[1:] {
			t.Errorf("%s: %q does not go on from \"to\"", cells[0], to)
		}
	}
	if rows < 40 {
		t.Errorf("only %d rows were read", rows)
	}
}
