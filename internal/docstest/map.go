package docstest

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	docsFolder = "docs/"
	// MapPage is the page from which every other page of the documentation is found.
	MapPage = docsFolder + "README.md"
)

var (
	mapCount = regexp.MustCompile(`<!-- pages -->[0-9]*<!-- end -->`)
	mapGroup = regexp.MustCompile(`(?m)^<!-- group: (.+) -->\n((?:\|.*\n)+)`)
	mapRow   = regexp.MustCompile(`(?m)^\| \[[^\]]+\]\(([^)#]+\.md)\) \|.*\n`)
	sentence = regexp.MustCompile(`^(.*?[.:;?!])(\s|$)`)
)

// CountPages counts the pages of the documentation.
func CountPages(pages map[string]Page) int { return len(documentation(pages)) }

func documentation(pages map[string]Page) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(pages)), func(name string) bool { return !strings.HasPrefix(name, docsFolder) })
}

// Unlisted are the pages of the documentation to which neither the map leads nor the
// README.md of a folder that the map leads to.
func Unlisted(pages map[string]Page) []string {
	reached := map[string]bool{MapPage: true}
	open := []string{MapPage}
	for len(open) > 0 {
		page := pages[open[0]]
		open = open[1:]
		for _, link := range page.Links {
			target, _, _ := strings.Cut(link.Target, "#")
			name := path.Join(path.Dir(page.Path), target)
			if _, isPage := pages[name]; !isPage || reached[name] {
				continue
			}
			reached[name] = true
			if path.Base(name) == "README.md" && strings.HasPrefix(name, docsFolder) {
				open = append(open, name)
			}
		}
	}
	return slices.DeleteFunc(documentation(pages), func(name string) bool { return reached[name] })
}

// UpdateMap sets the number of pages in the map's text, drops the rows of pages that are no
// more, and adds a row for each page that is not listed to the group that names it, or its
// folder. Those that no group names are left over.
func UpdateMap(text string, pages map[string]Page) (updated string, left []string) {
	text = mapRow.ReplaceAllStringFunc(text, func(row string) string {
		if _, there := pages[path.Join(docsFolder, mapRow.FindStringSubmatch(row)[1])]; !there {
			return ""
		}
		return row
	})
	for _, name := range Unlisted(pages) {
		within := strings.TrimPrefix(name, docsFolder)
		placed := false
		text = mapGroup.ReplaceAllStringFunc(text, func(group string) string {
			parts := mapGroup.FindStringSubmatch(group)
			names := slices.ContainsFunc(strings.Fields(parts[1]), func(word string) bool {
				return word == within || strings.HasSuffix(word, "/") && strings.HasPrefix(within, word)
			})
			if !names || placed {
				return group
			}
			placed = true
			return group + MapRow(pages[name])
		})
		if !placed {
			left = append(left, name)
		}
	}
	count := "<!-- pages -->" + strconv.Itoa(CountPages(pages)) + "<!-- end -->"
	return mapCount.ReplaceAllLiteralString(text, count), left
}

// MapRow is a row of the map for a page: its title, and the first sentence below it.
func MapRow(page Page) string {
	purpose := page.First
	if first := sentence.FindStringSubmatch(purpose); first != nil {
		purpose = strings.TrimRight(first[1], ".:;")
	}
	return fmt.Sprintf("| [%s](%s) | %s |\n", page.Title, strings.TrimPrefix(page.Path, docsFolder), purpose)
}
