package yamledit

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// outLine is one line of the formatted text, without its break.
type outLine struct {
	text string
	soft bool // an empty line between values, of which one is enough
	hard bool // the last line of block text that keeps the empty lines behind it
}

// step is what a level is indented by.
const step = "  "

// write writes a document.
func (d *document) write() []byte {
	var lines []outLine
	lines = appendTrivia(lines, "", d.prologue)
	comments := d.line
	if d.marked {
		first := comments[:min(1, len(comments))] // a line has one comment
		lines = append(lines, outLine{text: withComments("---", first...)})
		comments = comments[len(first):]
	}
	for _, comment := range comments {
		lines = append(lines, outLine{text: comment})
	}
	lines = appendTrivia(lines, "", d.above)
	if d.root != nil {
		lines = append(lines, d.root.rootLines()...)
	}
	lines = appendTrivia(lines, "", d.rest)
	if d.ending != "" {
		lines = append(trimSoft(lines), outLine{text: d.ending})
	}
	var out []byte
	previous := outLine{soft: true}
	for _, line := range trimSoft(lines) {
		if line.soft && (previous.soft || previous.hard) {
			continue
		}
		out = append(append(out, line.text...), '\n')
		previous = line
	}
	return out
}

func trimSoft(lines []outLine) []outLine {
	for len(lines) > 0 && lines[len(lines)-1].soft {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func appendTrivia(lines []outLine, indent string, list []trivia) []outLine {
	for _, t := range list {
		if t.text == "" {
			lines = append(lines, outLine{soft: true})
			continue
		}
		lines = append(lines, outLine{text: indent + t.text})
	}
	return lines
}

// withComments adds the comments of a line that there are.
func withComments(text string, comments ...string) string {
	for _, comment := range comments {
		if comment != "" {
			text += " " + comment
		}
	}
	return text
}

func (e *element) rootLines() []outLine {
	props := strings.Join(e.props, " ")
	if inline, fits := e.inline(); fits && (len(e.entries) == 0 || utf8.RuneCountInString(inline) <= Width) {
		line := outLine{text: withComments(strings.TrimSpace(props+" "+inline), e.after)}
		return appendTrivia([]outLine{line}, "", e.tail)
	}
	var lines []outLine
	if props != "" {
		lines = append(lines, outLine{text: props})
	}
	lines = append(lines, e.blockLines("", true)...)
	if e.after != "" {
		lines = append(lines, outLine{text: e.after})
	}
	return lines
}

// blockLines writes the entries of a list or mapping, each on lines of its own.
func (e *element) blockLines(indent string, top bool) []outLine {
	var lines []outLine
	lines = appendTrivia(lines, indent, e.header)
	wide := false // the entry before takes several lines
	for i, m := range e.ordered {
		head := m.head
		if i == 0 && len(lines) == 0 {
			head = withoutLeadingBlank(head)
		}
		own := m.entryLines(indent)
		if top && i > 0 && (wide || len(own) > 1) && !e.list {
			lines = append(lines, outLine{soft: true})
		}
		wide = len(own) > 1
		lines = append(appendTrivia(lines, indent, head), own...)
	}
	return appendTrivia(lines, indent, e.tail)
}

// entryLines writes one member or item.
func (m *entry) entryLines(indent string) []outLine {
	head := "-"
	if m.key != nil {
		head = m.key.keyText() + ":"
	}
	if len(m.value.props) > 0 {
		head += " " + strings.Join(m.value.props, " ")
	}
	e := m.value
	if e.isCollection() && !m.isOneLine(indent, head) {
		return m.nestedLines(indent+head, indent)
	}
	inner, line := m.inner, m.line
	if len(e.entries) == 0 && e.isCollection() { // brackets around nothing but comments
		inner = append(slices.Clip(inner), e.tail...)
	}
	above := appendTrivia(nil, indent, inner)
	switch {
	case e.form == formLiteral:
		return append(above, e.literalLines(indent, withComments(indent+head+" "+e.literalHeader(), line))...)
	case e.isEmpty():
		return append(above, outLine{text: withComments(indent+head, cmp.Or(line, m.after))})
	}
	var lines []outLine
	head = indent + head
	if line != "" || len(inner) > 0 {
		lines = append(lines, outLine{text: withComments(head, line)})
		lines = appendTrivia(lines, indent+step, inner)
		head = ""
	}
	lines = append(lines, e.valueLines(indent+step, head)...)
	last := &lines[len(lines)-1]
	last.text = withComments(last.text, m.after)
	return lines
}

// isEmpty reports whether there is no text of the value's own.
func (e *element) isEmpty() bool { return e.isScalar() && e.form != formLiteral && e.raw == "" }

// valueLines writes a value that is no block, behind its head or, where that is empty,
// at an indentation.
func (e *element) valueLines(indent, head string) []outLine {
	if head == "" {
		head = indent
	} else {
		head += " "
	}
	if e.isCollection() {
		inline, _ := e.inline()
		return []outLine{{text: head + inline}}
	}
	return e.scalarLines(indent, head)
}

// isOneLine reports whether a list or mapping is written in brackets on one line.
func (m *entry) isOneLine(indent, head string) bool {
	if len(m.value.entries) == 0 {
		return true
	}
	inline, fits := m.value.inline()
	return fits && utf8.RuneCountInString(indent)+utf8.RuneCountInString(head)+1+utf8.RuneCountInString(inline) <= Width
}

// nestedLines writes a member or item whose value takes lines of its own. The lines
// of an item begin behind its dash where nothing stands between them.
func (m *entry) nestedLines(head, indent string) (before []outLine) {
	item := m.key == nil
	line, above := m.line, m.inner
	var below []outLine
	switch {
	case m.after == "":
	case line == "" && !item:
		line = m.after
	case line == "":
		before = []outLine{{text: indent + m.after}}
	default: // a line has one comment
		below = []outLine{{text: indent + step + m.after}}
	}
	inner := appendTrivia(nil, indent+step, withoutLeadingBlank(above))
	inner = append(append(inner, m.value.blockLines(indent+step, false)...), below...)
	for len(inner) > 0 && inner[0].soft {
		inner = inner[1:]
	}
	if item && line == "" && len(m.value.props) == 0 && !strings.HasPrefix(strings.TrimLeft(inner[0].text, " "), "#") {
		inner[0].text = head + " " + strings.TrimPrefix(inner[0].text, indent+step)
		return append(before, inner...)
	}
	return append(append(before, outLine{text: withComments(head, line)}), inner...)
}

// arrange puts the entries of an element and of all below it into the order in which
// they are written.
func (f *formatter) arrange(e *element, path []string) {
	e.ordered = e.sorted(f.ranks, path)
	for _, m := range e.entries {
		step := "[]"
		if m.key != nil {
			step = m.key.name
		}
		f.arrange(m.value, append(slices.Clip(path), step))
	}
}

// sorted are the entries in their order: those whose keys have a rank by rank, and the
// others where they stand. Where an alias would come before its anchor, or a key stands
// twice, all stay where they are.
func (e *element) sorted(ranking Ranks, path []string) []*entry {
	if e.list || ranking == nil || len(e.entries) < 2 {
		return e.entries
	}
	ranks := ranking(path)
	var known []*entry
	names := map[string]bool{}
	for _, m := range e.entries {
		if names[m.key.name] {
			return e.entries
		}
		names[m.key.name] = true
		if _, ranked := ranks[m.key.name]; ranked && m.key.isScalar() {
			known = append(known, m)
		}
	}
	slices.SortStableFunc(known, func(a, b *entry) int { return ranks[a.key.name] - ranks[b.key.name] })
	made := slices.Clone(e.entries)
	next := 0
	for i, m := range made {
		if _, ranked := ranks[m.key.name]; ranked && m.key.isScalar() {
			made[i] = known[next]
			next++
		}
	}
	if !anchorsComeFirst(e.entries, made) {
		return e.entries
	}
	return made
}

// anchorsComeFirst reports whether every alias still means the same: the anchors and
// aliases of each name come in the same order.
func anchorsComeFirst(before, after []*entry) bool {
	if slices.Equal(before, after) {
		return true
	}
	return slices.Equal(anchorsOf(before), anchorsOf(after))
}

// anchorsOf lists anchors and aliases, those of one name in their order.
func anchorsOf(entries []*entry) []string {
	var all []string
	name := func(text string) string { return strings.TrimLeft(text, "&*") }
	for _, m := range entries {
		all = m.anchors(all)
	}
	slices.SortStableFunc(all, func(a, b string) int { return strings.Compare(name(a), name(b)) })
	return all
}

func (m *entry) anchors(all []string) []string {
	if m.key != nil {
		all = m.key.anchors(all)
	}
	return m.value.anchors(all)
}

func (e *element) anchors(all []string) []string {
	for _, prop := range e.props {
		if strings.HasPrefix(prop, "&") {
			all = append(all, prop)
		}
	}
	if e.form == formAlias {
		all = append(all, "*"+e.name)
	}
	for _, m := range e.entries {
		all = m.anchors(all)
	}
	return all
}
