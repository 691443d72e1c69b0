package main

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const repository = "../.."

func small() fstest.MapFS {
	files := map[string]string{
		"README.md":                 "# Project\n\nSee [the map](docs/README.md#more--less), [basic](examples/basic) and the [licence](LICENSE).\n",
		"LICENSE":                   "Yours.\n",
		"docs/README.md":            "# Map\n\n## Reference\n\n| page | to |\n|---|---|\n| [Commands](commands/README.md) | look up |\n| [A & B](a.md) | see |\n\n## More & less\n\n[Out](https://example.com), [up](../README.md), [schema](schemas/a.json)\n",
		"docs/a.md":                 "# A `x` page\n\n<!-- a remark -->\n## One\n## One\n[two](#one-1) <https://example.org>\n\n```sh\necho \"<b>\"\n```\n",
		"docs/commands/README.md":   "# Commands\n\n[plan](plan.md#plan), [map](../README.md)\n",
		"docs/commands/plan.md":     "# plan\n\n[a](../a.md#one)\n",
		"docs/schemas/a.json":       "{}\n",
		"docs/unlisted.md":          "# Unlisted\n",
		"examples/basic/README.md":  "# Basic\n",
		"examples/basic/config.yml": "a: 1\n",
	}
	repository := fstest.MapFS{}
	for name, content := range files {
		repository[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return repository
}

func TestBuild(t *testing.T) {
	files, err := Build(small())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"LICENSE", "docs/a.html", "docs/commands/index.html", "docs/commands/plan.html", "docs/index.html", "docs/schemas/a.json",
		"examples/basic/index.html", "index.html", "style.css",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("the site has %v", got)
	}
	if broken := Check(files); len(broken) > 0 {
		t.Error(errors.Join(broken...))
	}
	for name, texts := range map[string][]string{
		"docs/a.html": {
			"<title>A x page – descope-mgmt</title>", `<a href="#one-1">two</a>`, `<h2 id="one-1">`, `href="../style.css"`,
			`<a href="a.html" aria-current="page">A &amp; B</a>`, `<a rel="prev" href="commands/index.html">`, `echo &quot;&lt;b&gt;&quot;`,
			`content="default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"`,
		},
		"docs/commands/plan.html": {`<a href="plan.html" aria-current="page">plan</a>`, `<a href="../a.html#one">a</a>`},
		"docs/index.html":         {`<a href="../index.html">up</a>`, `<a href="schemas/a.json">schema</a>`, `<h2>Reference</h2>`},
		"index.html":              {`href="docs/index.html#more--less"`, `href="examples/basic/index.html"`, `href="style.css"`},
	} {
		for _, text := range texts {
			if !strings.Contains(string(files[name]), text) {
				t.Errorf("%s lacks %s in\n%s", name, text, files[name])
			}
		}
	}
	if strings.Contains(string(files["docs/a.html"]), "remark") {
		t.Error("a comment came through")
	}
}

func TestBuildRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"HTML":       "# A\n\n<script>alert(1)</script>\n",
		"HTML in it": "# A\n\nText <b>bold</b>.\n",
		"no title":   "Text.\n",
		"no file":    "# A\n\n[b](b.md)\n",
		"outside":    "# A\n\n[b](../../b.md)\n",
	} {
		t.Run(name, func(t *testing.T) {
			repository := small()
			repository["docs/a.md"] = &fstest.MapFile{Data: []byte(text)}
			if _, err := Build(repository); err == nil {
				t.Error("it is accepted")
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct{ page, want string }{
		"good":       {`<p id="a"><a href="#a"></a><a href="b.html#b"></a><a href="https://example.com/x"></a>`, ""},
		"no page":    {`<a href="c.html">`, "leads to nothing"},
		"no anchor":  {`<a href="b.html#c">`, "names nothing"},
		"no id":      {`<a href="#c">`, "names nothing"},
		"twice":      {`<p id="a"><p id="a">`, "stands twice"},
		"plain http": {`<a href="http://example.com">`, "out of the site"},
		"a script":   {`<a href="javascript:alert(1)">`, "out of the site"},
		"absolute":   {`<img src="/b.html">`, "out of the site"},
	} {
		t.Run(name, func(t *testing.T) {
			err := errors.Join(Check(map[string][]byte{"a.html": []byte(test.page), "b.html": []byte(`<p id="b">`)})...)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestRepository makes the site of the repository twice, and wants the same bytes, links that
// hold, and every page that the documentation has.
func TestRepository(t *testing.T) {
	first, err := Build(os.DirFS(repository))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Build(os.DirFS(repository))
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("two builds differ")
	}
	if broken := Check(first); len(broken) > 0 {
		t.Error(errors.Join(broken...))
	}
	err = filepath.WalkDir(filepath.Join(repository, "docs"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		name, err := filepath.Rel(repository, path)
		if _, made := first[output(filepath.ToSlash(name))]; !made {
			t.Errorf("%s is not in the site", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRun writes over an old site, and over nothing else.
func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "site")
	for range 2 {
		if pages, err := run(repository, out); err != nil || pages < 50 {
			t.Fatalf("%d pages, %v", pages, err)
		}
		if err := os.WriteFile(filepath.Join(out, "old.html"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(out, styleName)); err != nil {
		t.Fatal(err)
	}
	if _, err := run(repository, out); err == nil {
		t.Error("a folder that is no site was replaced")
	}
}
