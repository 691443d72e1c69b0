package docstest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

func parse(t *testing.T, path, text string) docstest.Page {
	t.Helper()
	page, err := docstest.ParsePage(path, strings.ReplaceAll(text, "'''", "```"))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestParsePage(t *testing.T) {
	page := parse(t, "a.md", `# The first one
See [two](b.md#x "title") and ![a picture](c.png), but not `+"`[three](d.md)`"+`.

'''sh emulator needs=jq
# no heading, no [link](e.md)
echo one
'''

- in a list:

  ~~~~yaml config file=a.yaml
  a:
    b: ~~~
  ~~~~

## The first one
## `+"`plan --out`"+` & [more](f.md): it's_here

[note]: g.md
`)
	wantBlocks := []docstest.Block{
		{Line: 4, Language: "sh", Info: "emulator needs=jq", Text: "# no heading, no [link](e.md)\necho one\n"},
		{Line: 11, Language: "yaml", Info: "config file=a.yaml", Text: "a:\n  b: ~~~\n"}, // three marks do not close four
	}
	if diff := cmp.Diff(wantBlocks, page.Blocks); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	wantLinks := []docstest.Link{{2, "b.md#x"}, {2, "c.png"}, {17, "f.md"}, {19, "g.md"}}
	if diff := cmp.Diff(wantLinks, page.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	wantAnchors := []string{"plan---out--more-its_here", "the-first-one", "the-first-one-1"}
	if diff := cmp.Diff(wantAnchors, slices.Sorted(maps.Keys(page.Anchors))); diff != "" {
		t.Errorf("anchors (-want +got):\n%s", diff)
	}
	if _, err := docstest.ParsePage("a.md", "text\n```sh\necho\n"); err == nil || !strings.Contains(err.Error(), "a.md:2: the fence") {
		t.Errorf("an open fence gives %v", err)
	}
}

func TestCheckLinks(t *testing.T) {
	repository := fstest.MapFS{
		"README.md":            {Data: []byte("# Top\n[ok](docs/a.md) [ok](docs/a.md#part-one) [ok](#top) [ok](docs) [ok](https://example.com/x#y) [ok](mailto:a@example.com)\n[1](docs/b.md)\n[2](docs/a.md#part-two)\n[3](#bottom)\n[4](../up.md)\n[5](/docs/a.md)\n[6](go.mod#x)\n[7](%zz)\n")},
		"docs/a.md":            {Data: []byte("## Part one\n[ok](../README.md#top) [8](README.md)\n")},
		"go.mod":               {},
		"testdata/bad.md":      {Data: []byte("```\n")},
		".hidden/bad.md":       {Data: []byte("```\n")},
		"docs/testdata/bad.md": {Data: []byte("```\n")},
	}
	pages, err := docstest.ReadPages(repository)
	if err != nil {
		t.Fatal(err)
	}
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		broken = append(broken, docstest.CheckLinks(repository, pages, pages[name])...)
	}
	want := []string{
		"README.md:3: the link docs/b.md leads to nothing",
		"README.md:4: the link docs/a.md#part-two names no heading of docs/a.md",
		"README.md:5: the link #bottom names no heading of README.md",
		"README.md:6: the link ../up.md leads out of the repository",
		"README.md:7: the link /docs/a.md leads out of the repository",
		"README.md:8: the link go.mod#x names no heading of go.mod",
		"README.md:9: the link %zz is not an address",
		"docs/a.md:2: the link README.md leads to nothing",
	}
	if diff := cmp.Diff(want, broken); diff != "" {
		t.Errorf("broken links (-want +got):\n%s", diff)
	}
}

func TestScriptWords(t *testing.T) {
	cases := map[string]struct{ info, want string }{
		"no reason":            {"sh no-run", "no-run wants its reason"},
		"an empty reason":      {"sh no-run ()", "no-run wants its reason"},
		"an unknown word":      {"sh norun", `unknown word "norun" after sh`},
		"another shell":        {"bash", "the language bash is never checked"},
		"an unknown YAML word": {"yaml conf", `unknown words "conf" after yaml`},
		"a bad file word":      {"yaml config as=x", `unknown word "as=x"`},
		"a file outside":       {"yaml config file=../x", `unknown word "file=../x"`},
		"a file that quotes":   {"yaml config file=x;y", "unknown word"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			page := parse(t, "docs/a.md", "text\n'''"+test.info+"\necho\n'''\n")
			_, err := docstest.NewScript(page)
			if err == nil || !strings.HasPrefix(err.Error(), "docs/a.md:2: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want docs/a.md:2 and %q", err, test.want)
			}
		})
	}
	script, err := docstest.NewScript(parse(t, "a.md", "'''sh no-run (needs a real project)\nexit 1\n'''\n'''yaml\nfree: true\n'''\n'''text\nout\n'''\n"))
	if err != nil || script.Bash != "" || len(script.Configs) != 0 {
		t.Errorf("a page with nothing to run gives %+v, %v", script, err)
	}
}
