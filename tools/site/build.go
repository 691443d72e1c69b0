package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	mapPage   = "docs/README.md"
	styleName = "style.css"
	siteTitle = "descope-mgmt"
)

var (
	//go:embed style.css
	style []byte
	//go:embed page.html
	layout string
)

// site is what is known of the pages while they are made.
type site struct {
	repository fs.FS
	pages      map[string]*page // by path in the repository
	others     map[string][]byte
	nav        []group
}

// Build makes the site of a repository: its files, by slash-separated path.
func Build(repository fs.FS) (map[string][]byte, error) {
	s := &site{repository: repository, pages: map[string]*page{}, others: map[string][]byte{}}
	if err := s.read(mapPage); err != nil {
		return nil, err
	}
	s.nav = readMap(s.pages[mapPage])
	shape, err := template.New("page").Parse(layout)
	if err != nil {
		return nil, fmt.Errorf("read the layout: %w", err)
	}
	files := map[string][]byte{styleName: style}
	maps.Copy(files, s.others)
	for _, name := range slices.Sorted(maps.Keys(s.pages)) {
		text, err := s.render(shape, s.pages[name])
		if err != nil {
			return nil, err
		}
		files[output(name)] = text
	}
	return files, nil
}

// read parses a page, and all that it leads to.
func (s *site) read(start string) error {
	open := []string{start}
	for len(open) > 0 {
		name := open[0]
		open = open[1:]
		if s.pages[name] != nil || s.others[name] != nil {
			continue
		}
		source, err := fs.ReadFile(s.repository, name)
		if err != nil {
			return fmt.Errorf("read what a page links to: %w", err)
		}
		if path.Ext(name) != ".md" {
			s.others[name] = source
			continue
		}
		one, err := parse(s.repository, name, source)
		if err != nil {
			return err
		}
		s.pages[name] = one
		open = append(open, one.linked...)
	}
	return nil
}

// output is where a page of the repository stands in the site.
func output(name string) string {
	if path.Ext(name) != ".md" {
		return name
	}
	if folder, base := path.Split(name); base == "README.md" {
		return folder + "index.html"
	}
	return strings.TrimSuffix(name, ".md") + ".html"
}

// relative is the address of one file of the site in another one.
func relative(from, to string) string {
	up := strings.Count(from, "/")
	for up > 0 {
		folder, rest, _ := strings.Cut(from, "/")
		if !strings.HasPrefix(to, folder+"/") {
			break
		}
		from, to, up = rest, strings.TrimPrefix(to, folder+"/"), up-1
	}
	return strings.Repeat("../", up) + to
}

// view is what the layout shows.
type view struct {
	Title, Site, Style, Map string
	Nav                     []shownGroup
	Contents                []heading
	Body                    template.HTML
	Before, After           *shownLink
}

type shownGroup struct {
	Name  string
	Links []shownLink
}

type shownLink struct {
	Text, Address string
	Here          bool
	Below         []shownLink
}

// render makes the HTML of a page.
func (s *site) render(shape *template.Template, p *page) ([]byte, error) {
	body, err := p.html()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	here := output(p.name)
	shown := view{
		Title: p.title, Site: siteTitle, Style: relative(here, styleName), Map: relative(here, output(mapPage)),
		Body:     template.HTML(body), //nolint:gosec // made by the renderer, which lets no HTML of a page through
		Contents: p.contents(),
	}
	shown.Nav, shown.Before, shown.After = s.navigation(p)
	var out bytes.Buffer
	if err := shape.Execute(&out, shown); err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return out.Bytes(), nil
}

// navigation is the map as it is shown beside a page, and the pages before and after it.
func (s *site) navigation(p *page) (groups []shownGroup, before, after *shownLink) {
	here := output(p.name)
	var all []shownLink
	at := -1
	for _, g := range s.nav {
		shown := shownGroup{Name: g.name}
		for _, entry := range g.entries {
			link := shownLink{Text: entry.text, Address: relative(here, output(entry.page)), Here: entry.page == p.name}
			all = append(all, link)
			if link.Here {
				at = len(all) - 1
			}
			if path.Base(entry.page) == "README.md" && entry.page != mapPage && path.Dir(entry.page) == path.Dir(p.name) && path.Dir(p.name) != "." {
				link.Below = s.below(entry.page, p)
			}
			shown.Links = append(shown.Links, link)
		}
		groups = append(groups, shown)
	}
	if at > 0 {
		before = &all[at-1]
	}
	if at >= 0 && at+1 < len(all) {
		after = &all[at+1]
	}
	return groups, before, after
}

// below are the pages in the folder of an index, for the navigation inside of it.
func (s *site) below(index string, p *page) []shownLink {
	var links []shownLink
	for _, name := range slices.Sorted(maps.Keys(s.pages)) {
		if name != index && path.Dir(name) == path.Dir(index) {
			links = append(links, shownLink{
				Text: strings.TrimPrefix(s.pages[name].title, siteTitle+" "), Address: relative(output(p.name), output(name)), Here: name == p.name,
			})
		}
	}
	return links
}

// errNoTitle is a page without a heading: it would have no name in the site.
var errNoTitle = errors.New("it has no heading of the first level")
