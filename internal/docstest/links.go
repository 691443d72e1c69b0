package docstest

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
)

// ReadPages parses all Markdown pages of a repository, without test data and
// hidden folders.
func ReadPages(repository fs.FS) (map[string]Page, error) {
	pages := map[string]Page{}
	err := fs.WalkDir(repository, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")) {
			return fs.SkipDir
		}
		if entry.IsDir() || path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(repository, name)
		if err != nil {
			return err
		}
		pages[name], err = ParsePage(name, string(text))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the pages: %w", err)
	}
	return pages, nil
}

// CheckLinks returns one line for each link of the page that leads nowhere in
// the repository. Links to other hosts are not followed.
func CheckLinks(repository fs.FS, pages map[string]Page, page Page) []string {
	var broken []string
	for _, link := range page.Links {
		target, err := url.Parse(link.Target)
		if err == nil && (target.Scheme != "" || target.Host != "") {
			continue
		}
		problem := ""
		if err != nil {
			problem = "is not an address"
		} else {
			problem = followLink(repository, pages, page, target)
		}
		if problem != "" {
			broken = append(broken, fmt.Sprintf("%s:%d: the link %s %s", page.Path, link.Line, link.Target, problem))
		}
	}
	return broken
}

func followLink(repository fs.FS, pages map[string]Page, page Page, target *url.URL) (problem string) {
	name := page.Path
	if target.Path != "" {
		name = path.Join(path.Dir(page.Path), target.Path)
	}
	if path.IsAbs(target.Path) || !fs.ValidPath(name) {
		return "leads out of the repository"
	}
	if _, err := fs.Stat(repository, name); err != nil {
		return "leads to nothing"
	}
	if target.Fragment == "" {
		return ""
	}
	linked, known := pages[name]
	if !known || !linked.Anchors[target.Fragment] {
		return "names no heading of " + name
	}
	return ""
}
