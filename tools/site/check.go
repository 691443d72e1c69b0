package main

import (
	"fmt"
	"html"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	linkAttribute = regexp.MustCompile(`\s(?:href|src)="([^"]*)"`)
	idAttribute   = regexp.MustCompile(`\sid="([^"]*)"`)
)

// Check follows every link of the site to its file and its anchor, and wants ids to be
// unique. Links to other hosts are not followed, but must be by https.
func Check(files map[string][]byte) []error {
	var broken []error
	ids := map[string]map[string]bool{}
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		if path.Ext(name) != ".html" {
			continue
		}
		ids[name] = map[string]bool{}
		for _, match := range idAttribute.FindAllSubmatch(files[name], -1) {
			id := html.UnescapeString(string(match[1]))
			if ids[name][id] {
				broken = append(broken, fmt.Errorf("%s: the id %q stands twice", name, id))
			}
			ids[name][id] = true
		}
	}
	for _, name := range names {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, match := range linkAttribute.FindAllSubmatch(files[name], -1) {
			address := html.UnescapeString(string(match[1]))
			if problem := follow(files, ids, name, address); problem != "" {
				broken = append(broken, fmt.Errorf("%s: the link %s %s", name, address, problem))
			}
		}
	}
	return broken
}

// follow says what is wrong with a link; empty for nothing.
func follow(files map[string][]byte, ids map[string]map[string]bool, from, address string) string {
	target, err := url.Parse(address)
	switch {
	case err != nil:
		return "is no address"
	case target.Scheme == "https" || target.Scheme == "mailto":
		return ""
	case target.Scheme == "http" && (target.Hostname() == "127.0.0.1" || target.Hostname() == "localhost"):
		return ""
	case target.Scheme != "" || target.Host != "" || strings.HasPrefix(target.Path, "/"):
		return "leads out of the site"
	}
	name := from
	if target.Path != "" {
		name = path.Join(path.Dir(from), target.Path)
	}
	if _, there := files[name]; !there {
		return "leads to nothing"
	}
	if target.Fragment != "" && !ids[name][target.Fragment] {
		return "names nothing in " + name
	}
	return ""
}
