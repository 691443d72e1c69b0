package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// Values says what a report shows of values.
type Values string

// The choices. The zero value is ValuesAll.
const (
	ValuesAll  Values = "all"
	ValuesNone Values = "none" // see [Document.WithoutValues]
)

// Sizes of a Markdown report, in bytes, which are never fewer than characters.
const (
	// CommentLimit is what fits into one comment on GitHub (65,536 characters), with
	// room for a line or two of somebody else's.
	CommentLimit = 60_000
	// SummaryLimit is what fits into a job summary on GitHub (1 MiB), likewise.
	SummaryLimit = 1_000_000
	// LeastLimit is what a report needs to say what it leaves out.
	LeastLimit = 6_000
)

// Options are what renderers may do.
type Options struct {
	Values Values
	// Limit is how long a Markdown report may be, in bytes. Zero is [CommentLimit]; less than
	// [LeastLimit] counts as that.
	Limit int
	// Clean takes secrets out of foreign text before anything is escaped in it; nil for
	// none.
	Clean func(string) string
	// File gives the name of a configuration file as annotations need it: relative to
	// the repository's root; nil leaves names as they are.
	File func(string) string
}

// foldedFrom is the number of lines of differences from which each object's are folded.
const foldedFrom = 30

// nameInHeadline bounds names that stand where nothing can be left out.
const nameInHeadline = 60

// Markdown writes a document as GitHub renders it: a headline, a sentence, a matrix of
// objects and environments, remarks, and what differs. Foreign text is harmless in it:
// it stands in code spans and blocks only. A document that is too long loses whole rows
// and objects, the least grave first, and says exactly how many.
func Markdown(w io.Writer, document Document, options Options) error {
	if options.Values == ValuesNone {
		document = document.WithoutValues()
	}
	page := markdownPage{
		writer: writer{clean: options.Clean}, document: document, limit: max(cmp.Or(options.Limit, CommentLimit), LeastLimit),
	}
	_, err := io.WriteString(w, page.text())
	return err
}

// markdownPage puts one report together.
type markdownPage struct {
	writer
	document Document
	limit    int
	missing  []string // what was left out, one phrase each
}

func (p *markdownPage) text() string {
	head := p.head()
	room := p.limit - len(head) - len(p.cutShort(true))
	environments := p.environments(room / 4)
	room -= len(environments)
	matrix := p.matrix(room / 2)
	room -= len(matrix)
	remarks := p.remarks(room / 3)
	details := p.details(room - len(remarks))
	return head + p.cutShort(false) + environments + matrix + remarks + details
}

// head is the headline and the sentence.
func (p *markdownPage) head() string {
	text := "## " + p.document.Title
	where := counted(len(p.document.Columns), "environment")
	switch columns := p.document.Columns; {
	case p.document.Kind == KindComparison && len(columns) == 2:
		where = p.place(columns[0]) + " and " + p.place(columns[1])
	case len(columns) == 1:
		where = p.place(columns[0])
	}
	if where != "" {
		text += ": " + where
	}
	text += "\n\n" + p.document.Summary + "\n"
	if p.document.NoValues {
		text += "\nValues and messages are left out (`--values none`).\n"
	}
	return text
}

// place names an environment and its project; empty where neither is known.
func (p *markdownPage) place(column Column) string {
	var parts []string
	if column.Name != "" {
		parts = append(parts, "environment "+p.code(column.Name, nameInHeadline))
	}
	if column.ProjectID != "" {
		parts = append(parts, "project "+p.code(column.ProjectID, nameInHeadline))
	}
	text := strings.Join(parts, ", ")
	if column.Protected {
		text += " (protected)"
	}
	return text
}

// cutShort says what was left out; in reserve, how long that can get.
func (p *markdownPage) cutShort(reserve bool) string {
	const sentence = "\n**This report is cut short: %s.** It may be %d bytes long; `--format json` has all of it.\n"
	missing := p.missing
	if reserve {
		const most = "1234567 of 1234567 environments are not listed"
		missing = []string{most, most, most, most, most}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf(sentence, strings.Join(missing, "; "), p.limit)
}

// leftOut keeps a phrase where something is missing.
func (p *markdownPage) leftOut(count, of int, what string) {
	if count > 0 {
		verb := "are"
		if count == 1 {
			verb = "is"
		}
		p.missing = append(p.missing, fmt.Sprintf("%d of %s %s not shown", count, counted(of, what), verb))
	}
}

// environments lists them, where there are several, or one could not be read.
func (p *markdownPage) environments(room int) string {
	var out strings.Builder
	missing := 0
	several := len(p.document.Columns) > 1
	for _, column := range p.document.Columns {
		if !several && column.Error == nil {
			continue
		}
		line := "* " + cmp.Or(p.place(column), "the project")
		if fault := column.Error; fault != nil {
			line += ": **" + column.failure() + "**"
			if fault.Message != "" {
				line += ": " + p.code(fault.Message, longestValue/4)
			}
			line += " (" + p.code(cmp.Or(fault.Code, "error"), nameInHeadline) + ")"
			if fault.Hint != "" {
				line += ", hint: " + p.code(fault.Hint, longestName)
			}
		} else if p.document.Kind == KindPlan {
			line += fmt.Sprintf(": %d unchanged", column.Unchanged)
		}
		if out.Len()+len(line)+2 > room {
			missing++
			continue
		}
		out.WriteString("\n" + line)
	}
	p.leftOut(missing, len(p.document.Columns), "environment")
	if out.Len() == 0 {
		return ""
	}
	return out.String() + "\n"
}

// matrix is the table of objects and environments.
func (p *markdownPage) matrix(room int) string {
	rows := p.document.Rows
	if len(rows) == 0 {
		return ""
	}
	header, rule := "\n| resource |", "\n|---|"
	for _, column := range p.document.Columns {
		header += " " + p.code(column.label(), nameInHeadline) + " |"
		rule += "---|"
	}
	room -= len(header) + len(rule) + 1
	shown, missing := make([]string, len(rows)), 0
	for _, i := range rank(len(rows), func(i int) Level { return rows[i].Level }) {
		cells := []string{p.code(rows[i].Name, longestName)}
		for _, cell := range rows[i].Cells {
			cells = append(cells, strings.TrimSpace(cell.String()))
		}
		line := "\n| " + strings.Join(cells, " | ") + " |"
		if len(line) > room {
			missing++
			continue
		}
		room -= len(line)
		shown[i] = line
	}
	p.leftOut(missing, len(rows), "resource")
	if missing == len(rows) {
		return ""
	}
	return header + rule + strings.Join(shown, "") + "\n"
}

// namesInRemark is how many objects a remark names.
const namesInRemark = 5

// remarks are a list, the gravest first where there is no room for all.
func (p *markdownPage) remarks(room int) string {
	remarks := p.document.Remarks
	shown, missing := make([]string, len(remarks)), 0
	const title = "\n### Remarks\n"
	room -= len(title) + 1
	for _, i := range rank(len(remarks), func(i int) Level { return remarks[i].Level }) {
		line := "\n* " + p.remark(remarks[i])
		if len(line) > room {
			missing++
			continue
		}
		room -= len(line)
		shown[i] = line
	}
	p.leftOut(missing, len(remarks), "remark")
	if missing == len(remarks) {
		return ""
	}
	return title + strings.Join(shown, "") + "\n"
}

func (p *markdownPage) remark(remark Remark) string {
	var about []string
	if len(p.document.Columns) > 1 && remark.Column != EveryColumn {
		about = append(about, p.code(p.document.Columns[remark.Column].label(), nameInHeadline))
	}
	for i, address := range remark.Addresses {
		if i == namesInRemark {
			about = append(about, fmt.Sprintf("and %d more", len(remark.Addresses)-i))
			break
		}
		about = append(about, p.code(address, longestName))
	}
	if remark.Source != nil && !remark.Source.IsZero() {
		about = append(about, p.code(remark.Source.String(), longestName))
	}
	text := p.note(remark.Note)
	if len(about) > 0 {
		text = strings.Join(about, ", ") + ": " + text
	}
	if remark.Level == LevelError {
		text = "**!** " + text
	}
	return text
}

// note is a message and its code, or the code alone where there is no message.
func (p *markdownPage) note(note Note) string {
	code := p.code(note.Code, nameInHeadline)
	if note.Message == "" {
		return code
	}
	return p.code(note.Message, longestValue/4) + " (" + code + ")"
}
