package docstest

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Page is what a Markdown page holds that can be checked.
type Page struct {
	Path    string // slash-separated, below the repository's root
	Title   string // the first heading
	First   string // the first paragraph of prose, in one line, without links
	Blocks  []Block
	Links   []Link
	Anchors map[string]bool // as GitHub makes them from headings
}

// Block is one fenced block.
type Block struct {
	Line     int // of the opening fence, from 1
	Language string
	Info     string // what follows the language
	Text     string
}

// Link is the target of one link.
type Link struct {
	Line   int
	Target string
}

var (
	fenceLine  = regexp.MustCompile("^(\\s*)(`{3,}|~{3,})\\s*([^\\s`]*)\\s*(.*?)\\s*$")
	headLine   = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	proseLine  = regexp.MustCompile("^[\\pL*`\\[(]")
	codeSpan   = regexp.MustCompile("`[^`]*`")
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	linkNote   = regexp.MustCompile(`^\s*\[[^\]]+\]:\s+(\S+)`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// ParsePage takes a page apart. A fence that nobody closes is an error.
func ParsePage(path, text string) (Page, error) {
	page := Page{Path: path, Anchors: map[string]bool{}}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if fence := fenceLine.FindStringSubmatch(line); fence != nil {
			block, end, err := readBlock(lines, i, fence)
			if err != nil {
				return Page{}, fmt.Errorf("%s:%d: %w", path, i+1, err)
			}
			page.Blocks = append(page.Blocks, block)
			i = end
			continue
		}
		if heading := headLine.FindStringSubmatch(line); heading != nil {
			page.addAnchor(heading[1])
			page.Title = cmp.Or(page.Title, heading[1])
		} else if page.Title != "" && page.First == "" {
			page.First = paragraph(lines[i:])
		}
		prose := codeSpan.ReplaceAllString(line, "")
		for _, pattern := range []*regexp.Regexp{linkTarget, linkNote} {
			for _, match := range pattern.FindAllStringSubmatch(prose, -1) {
				page.Links = append(page.Links, Link{Line: i + 1, Target: match[1]})
			}
		}
	}
	return page, nil
}

// paragraph is the paragraph of prose that begins at the first of the lines; empty where
// something else begins there.
func paragraph(lines []string) string {
	if !proseLine.MatchString(lines[0]) {
		return ""
	}
	var words []string
	for _, line := range lines {
		if strings.TrimSpace(line) == "" || fenceLine.MatchString(line) || headLine.MatchString(line) {
			break
		}
		words = append(words, strings.Fields(line)...)
	}
	return linkText.ReplaceAllString(strings.Join(words, " "), "$1")
}

// readBlock reads the block whose opening fence is at lines[start], and
// returns the index of its closing fence.
func readBlock(lines []string, start int, fence []string) (block Block, end int, err error) {
	indent, marks := fence[1], fence[2]
	block = Block{Line: start + 1, Language: fence[3], Info: fence[4]}
	for i := start + 1; i < len(lines); i++ {
		closing := strings.TrimSpace(lines[i])
		if strings.HasPrefix(closing, marks) && strings.Trim(closing, marks[:1]) == "" {
			return block, i, nil
		}
		block.Text += strings.TrimPrefix(lines[i], indent) + "\n"
	}
	return Block{}, 0, fmt.Errorf("the fence %s is never closed", marks)
}

// addAnchor adds a heading's anchor; the same heading again gets -1, -2, ...
func (p *Page) addAnchor(heading string) {
	heading = linkText.ReplaceAllString(heading, "$1")
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, heading)
	anchor := slug
	for again := 1; p.Anchors[anchor]; again++ {
		anchor = slug + "-" + strconv.Itoa(again)
	}
	p.Anchors[anchor] = true
}
