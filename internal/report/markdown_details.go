package report

import (
	"fmt"
	"strings"
)

// details say what differs, object by object.
func (p *markdownPage) details(room int) string {
	const title = "\n### Differences\n"
	details := p.document.Details
	room -= len(title)
	most, lines := room/3, 0
	blocks, cut := make([]block, len(details)), make([]int, len(details))
	for i, detail := range details {
		blocks[i], cut[i] = p.block(detail, most)
		lines += blocks[i].lines
	}
	shown, missing, fields, allFields := make([]string, len(details)), 0, 0, 0
	for _, i := range rank(len(details), func(i int) Level { return details[i].Cell.Level }) {
		if blocks[i].isEmpty() {
			continue // the matrix has said it
		}
		text := blocks[i].text(lines >= foldedFrom)
		if len(text) > room {
			missing++
			continue
		}
		room -= len(text)
		shown[i] = text
		fields, allFields = fields+cut[i], allFields+len(details[i].Fields)
	}
	p.leftOut(missing, len(details), "difference")
	p.leftOut(fields, allFields, "field")
	if text := strings.Join(shown, ""); text != "" {
		return title + text
	}
	return ""
}

// block is what differs in one object.
type block struct {
	title string // in Markdown
	html  string // the same in HTML
	body  string
	lines int
}

func (b block) isEmpty() bool { return b.body == "" }

func (b block) text(folded bool) string {
	if folded {
		return "\n<details>\n<summary>" + b.html + "</summary>\n" + b.body + "\n</details>\n"
	}
	return "\n#### " + b.title + "\n" + b.body
}

// block writes one object; it gives the number of fields for which there was no room.
func (p *markdownPage) block(detail Detail, room int) (b block, cut int) {
	row := p.document.Rows[detail.Row]
	word := detail.Cell.String()
	b.title, b.html = p.code(row.Name, longestName)+": `"+word+"`", p.htmlCode(row.Name)+": <code>"+word+"</code>"
	if detail.Column != EveryColumn && len(p.document.Columns) > 1 {
		label := p.document.Columns[detail.Column].label()
		b.title += " in " + p.code(label, nameInHeadline)
		b.html += " in " + p.htmlCode(clip(label, nameInHeadline))
	}
	var body strings.Builder
	if source := detail.Source; source != nil && !source.IsZero() {
		body.WriteString("\n" + p.code(source.String(), longestName) + "\n")
	}
	diff, cut := p.diff(detail, room)
	body.WriteString(diff)
	items := make([]string, 0, len(detail.Notes)+len(detail.Ways))
	for _, note := range detail.Notes {
		items = append(items, p.note(note))
	}
	for _, way := range detail.Ways {
		items = append(items, way.Purpose+": "+p.code(way.Command, longestValue))
	}
	for i, item := range items {
		if i == 0 {
			body.WriteString("\n")
		}
		body.WriteString("* " + item + "\n")
	}
	b.body = body.String()
	b.lines = strings.Count(b.body, "\n")
	return b, cut
}

// diff is the fields as a fenced block.
func (p *markdownPage) diff(detail Detail, room int) (text string, cut int) {
	var lines []string
	for i, field := range detail.Fields {
		more := p.field(field)
		for _, line := range more {
			room -= len(line) + 1
		}
		if room < 0 {
			cut = len(detail.Fields) - i
			lines = append(lines, fmt.Sprintf("  (%d of %s not shown)", cut, counted(len(detail.Fields), "field")))
			break
		}
		lines = append(lines, more...)
	}
	if detail.Hidden > 0 {
		lines = append(lines, "  "+counted(detail.Hidden, "difference")+", left out (--values none)")
	}
	if len(lines) == 0 {
		return "", 0
	}
	text = strings.Join(lines, "\n") + "\n"
	marks := fence(text)
	return "\n" + marks + "diff\n" + text + marks + "\n", cut
}

// sensitiveRemark stands in place of values that must not be shown.
func sensitiveRemark(field Field) string {
	if field.Changed {
		return "(sensitive, changed)"
	}
	return "(sensitive)"
}

// field is one value: a line for each side, below a line of its own where the sides
// have labels.
func (p *markdownPage) field(field Field) []string {
	path := p.name(field.Path)
	if path == "" {
		path = "the object"
	}
	remark := ""
	if field.Sensitive {
		remark = " " + sensitiveRemark(field)
	}
	if word := field.Finding.Word; word != "" {
		sign := " "
		if field.Finding.Level >= LevelWarning {
			sign = "!"
		}
		lines := []string{sign + " " + path + ": " + word + remark}
		return append(lines, p.sides(field)...)
	}
	if len(field.Sides) > 0 && field.Sides[0].Label != "" {
		return append([]string{"  " + path}, p.sides(field)...)
	}
	lines := make([]string, 0, 2)
	for _, side := range field.Sides {
		lines = append(lines, side.Sign+" "+path+": "+p.line(string(side.Value), longestValue))
	}
	if len(lines) == 0 {
		return []string{"! " + path + remark}
	}
	return lines
}

func (p *markdownPage) sides(field Field) []string {
	lines := make([]string, 0, len(field.Sides))
	for _, side := range field.Sides {
		value := "(none)"
		if !side.Value.IsAbsent() {
			value = p.line(string(side.Value), longestValue)
		}
		lines = append(lines, fmt.Sprintf("%1s   %s: %s", side.Sign, p.line(side.Label, nameInHeadline), value))
	}
	return lines
}
