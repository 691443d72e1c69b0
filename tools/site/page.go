package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// page is a Markdown page that has been taken apart.
type page struct {
	name   string // path in the repository
	title  string
	source []byte
	tree   ast.Node
	linked []string // files of the repository that it leads to

	repository fs.FS
}

// heading is a part of a page.
type heading struct{ Text, ID string }

// markdown reads what GitHub reads, as far as the pages use it: tables, and headings with
// GitHub's anchors.
func markdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(nodes{}, 100))),
	)
}

// parse takes a page apart, and turns its links into those of the site.
func parse(repository fs.FS, name string, source []byte) (*page, error) {
	p := &page{name: name, source: source, repository: repository}
	context := parser.NewContext(parser.WithIDs(&anchors{used: map[string]bool{}}))
	p.tree = markdown().Parser().Parse(text.NewReader(source), parser.WithContext(context))
	err := ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 && p.title == "" {
				p.title = p.plain(n)
			}
		case *ast.Link:
			return ast.WalkContinue, p.follow(&n.Destination)
		case *ast.Image:
			return ast.WalkContinue, p.follow(&n.Destination)
		case *ast.HTMLBlock, *ast.RawHTML:
			if raw := p.raw(n); !strings.HasPrefix(strings.TrimSpace(raw), "<!--") {
				return ast.WalkStop, fmt.Errorf("%s: HTML in a page: %s", name, raw)
			}
		}
		return ast.WalkContinue, nil
	})
	if err == nil && p.title == "" {
		err = fmt.Errorf("%s: %w", name, errNoTitle)
	}
	return p, err
}

// follow notes where a link leads, and makes it one of the site.
func (p *page) follow(destination *[]byte) error {
	target, err := url.Parse(string(*destination))
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if target.Scheme != "" || target.Host != "" || target.Path == "" {
		return nil
	}
	name := path.Join(path.Dir(p.name), target.Path)
	if info, err := fs.Stat(p.repository, name); err == nil && info.IsDir() {
		name = path.Join(name, "README.md")
	}
	p.linked = append(p.linked, name)
	target.Path = relative(output(p.name), output(name))
	*destination = []byte(target.String())
	return nil
}

// plain is the text of a node without its marks.
func (p *page) plain(n ast.Node) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if leaf, isText := n.(*ast.Text); isText && entering {
			out.Write(leaf.Segment.Value(p.source))
			if leaf.SoftLineBreak() {
				out.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return out.String()
}

// raw is the source of HTML in a page.
func (p *page) raw(n ast.Node) string {
	segments := &text.Segments{}
	switch n := n.(type) {
	case *ast.HTMLBlock:
		segments = n.Lines()
	case *ast.RawHTML:
		segments = n.Segments
	}
	var out strings.Builder
	for i := range segments.Len() {
		one := segments.At(i)
		out.Write(one.Value(p.source))
	}
	return out.String()
}

// contents are the parts of the page, where there are several.
func (p *page) contents() []heading {
	var found []heading
	for n := p.tree.FirstChild(); n != nil; n = n.NextSibling() {
		if h, isHeading := n.(*ast.Heading); isHeading && h.Level == 2 {
			id, _ := h.AttributeString("id")
			if text, isBytes := id.([]byte); isBytes {
				found = append(found, heading{Text: p.plain(h), ID: string(text)})
			}
		}
	}
	if len(found) < 2 {
		return nil
	}
	return found
}

func (p *page) html() (string, error) {
	var out bytes.Buffer
	if err := markdown().Renderer().Render(&out, p.source, p.tree); err != nil {
		return "", err
	}
	return out.String(), nil
}

// anchors makes the ids of headings as GitHub does, so that links hold in both places.
type anchors struct{ used map[string]bool }

// Generate makes the id of a heading.
func (a *anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, withoutTargets(string(value)))
	id := slug
	for again := 1; a.used[id]; again++ {
		id = slug + "-" + strconv.Itoa(again)
	}
	a.used[id] = true
	return []byte(id)
}

// Put notes an id that is given by hand.
func (a *anchors) Put(value []byte) { a.used[string(value)] = true }

// withoutTargets leaves of each link in a heading its text.
func withoutTargets(heading string) string {
	for {
		before, rest, found := strings.Cut(heading, "](")
		if !found {
			return heading
		}
		_, after, _ := strings.Cut(rest, ")")
		heading = before + after
	}
}

// nodes renders what differs from the usual: headings have a link to themselves, tables can
// be scrolled, and no HTML of a page comes through.
type nodes struct{}

// RegisterFuncs is called by the renderer.
func (nodes) RegisterFuncs(to renderer.NodeRendererFuncRegisterer) {
	to.Register(ast.KindHTMLBlock, nothing)
	to.Register(ast.KindRawHTML, nothing)
	to.Register(ast.KindHeading, renderHeading)
	to.Register(extast.KindTable, renderTable)
}

func nothing(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
	return ast.WalkSkipChildren, nil
}

func renderHeading(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	h, _ := n.(*ast.Heading)
	value, _ := h.AttributeString("id")
	id, _ := value.([]byte)
	if entering {
		_, err := fmt.Fprintf(w, "<h%d id=%q>", h.Level, id)
		return ast.WalkContinue, err
	}
	_, err := fmt.Fprintf(w, " <a class=\"anchor\" href=\"#%s\" aria-label=\"Link to this part\">#</a></h%d>\n", id, h.Level)
	return ast.WalkContinue, err
}

func renderTable(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	mark := "</table></div>\n"
	if entering {
		mark = "<div class=\"wide\" tabindex=\"0\"><table>\n"
	}
	_, err := w.WriteString(mark)
	return ast.WalkContinue, err
}

// group is a part of the map.
type group struct {
	name    string
	entries []entry
}

type entry struct{ text, page string }

// readMap reads the map: under each heading of the second level the pages that the first
// column of a table leads to.
func readMap(p *page) []group {
	var groups []group
	start := group{entries: []entry{{text: p.title, page: p.name}}}
	groups = append(groups, start)
	_ = ast.Walk(p.tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Heading:
			if entering && n.Level == 2 {
				groups = append(groups, group{name: p.plain(n)})
			}
		case *extast.TableCell:
			if link, isLink := n.FirstChild().(*ast.Link); entering && isLink && n.PreviousSibling() == nil {
				to := path.Join(path.Dir(output(p.name)), string(link.Destination))
				last := &groups[len(groups)-1]
				for _, name := range p.linked {
					if output(name) == to {
						last.entries = append(last.entries, entry{text: p.plain(link), page: name})
						break
					}
				}
				return ast.WalkSkipChildren, nil
			}
		}
		return ast.WalkContinue, nil
	})
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.entries) == 0 })
}
