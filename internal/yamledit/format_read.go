package yamledit

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// trivia is what stands between two values: a comment, or empty lines where its text
// is empty.
type trivia struct {
	text   string
	column int  // of the comment
	same   bool // it begins on the line where the gap begins
}

// element is a value with the comments that belong to it.
type element struct {
	*node
	raw     string // the text of a scalar or alias; of block text the header
	body    []byte // of block text: its lines
	open    bool   // the text ends with it, without a line feed
	props   []string
	entries []*entry
	ordered []*entry // as they are written
	header  []trivia // above the first entry, parted from it
	tail    []trivia // behind the last entry
	after   string   // a comment on its last line; of a root only
	comment bool     // there is a comment inside of the brackets
	folded  bool     // in JSON: the brackets are on several lines
}

// entry is a member or an item with its comments.
type entry struct {
	head  []trivia // lines above
	key   *element // nil in a list
	value *element
	line  string   // a comment between the key and the value on the line of the key
	inner []trivia // comments on lines between them
	after string   // a comment behind the value
}

// place is where a value stands.
type place struct {
	limit  int // where the next thing in the text begins
	next   int // the column of that; -1 for the end of the document
	parent int // the column of the entries of what holds it; -1 for nothing
}

// read is a value as it was found.
type read struct {
	element *element
	line    []string
	inner   []trivia
	rest    []trivia // what stands behind it, up to the limit
}

// gap lists the comments and empty lines between two offsets.
func gap(text []byte, from, to int) []trivia {
	var found []trivia
	for at, first := from, from > lineStart(text, from); at < to; first = false {
		end := lineEnd(text, at)
		if hash := commentAt(text, at, min(end, to)); hash >= 0 {
			found = append(found, trivia{
				text: strings.TrimRight(string(text[hash:end]), " \t"), column: hash - lineStart(text, hash), same: first,
			})
		} else if !first && end < to && len(bytes.TrimSpace(text[at:end])) == 0 && (len(found) == 0 || found[len(found)-1].text != "") {
			found = append(found, trivia{})
		}
		at = end + 1
	}
	return found
}

// commentAt finds where a comment begins on a part of a line; -1 for nowhere.
func commentAt(text []byte, from, to int) int {
	for i := from; i < to; i++ {
		if text[i] == '#' && (i == 0 || bytes.IndexByte([]byte(" \t\n"), text[i-1]) >= 0) {
			return i
		}
	}
	return -1
}

// value reads the value whose text begins behind an offset.
func (f *formatter) value(after int, n *node, at place) read {
	e := &element{node: n}
	body := f.properties(e)
	v := read{element: e}
	if n.form == formBlock {
		body = n.children[0].lead
	}
	for _, t := range gap(f.text, after, body) {
		if t.same {
			v.line = append(v.line, t.text)
			continue
		}
		v.inner = append(v.inner, t)
	}
	if n.form == formBlock {
		v.rest = f.block(e, v.inner, at)
		v.inner = nil
		return v
	}
	switch n.form {
	case formFlow, formPair:
		f.brackets(e, body, &v)
	case formLiteral:
		f.literal(e, body, &v)
	default:
		e.raw = string(f.text[body:max(body, n.end)])
	}
	v.inner = withoutEdges(v.inner)
	end := n.end
	if n.form == formLiteral {
		end = max(end, lineEnd(f.text, body)) // without text the comment of the header is behind it
	}
	v.rest = gap(f.text, end, at.limit)
	return v
}

// properties reads tag and anchor, and returns where the value itself begins.
func (f *formatter) properties(e *element) int {
	at := e.start
	for (e.anchored || e.tagged) && at < len(f.text) && at < e.end && (f.text[at] == '&' || f.text[at] == '!') {
		end := at
		for end < len(f.text) && bytes.IndexByte([]byte(" \t\n"), f.text[end]) < 0 {
			end++
		}
		prop := string(f.text[at:end])
		if !isProperty(prop) && f.failure == nil {
			f.failure = refuse(e.node, ReasonUnsupported, "a tag or anchor without a blank behind it is not formatted")
		}
		e.props = append(e.props, prop)
		if end >= e.end {
			return e.end
		}
		at = min(skipBlank(f.text, end), e.end)
	}
	return at
}

// isProperty reports whether a word is a tag or an anchor and nothing else: what
// follows one without a blank is read in more ways than one.
func isProperty(word string) bool {
	marks := "_-./+@"
	if word[0] == '!' {
		marks += "!:~%#;?&=$*'()"
	}
	if strings.HasPrefix(word, "!<") && strings.HasSuffix(word, ">") {
		return true
	}
	other := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(marks, r)
	}
	return !strings.HasSuffix(word, ":") && !strings.ContainsFunc(word[1:], other)
}

// literal takes block text apart. A comment of its header is one of the entry's line.
func (f *formatter) literal(e *element, body int, v *read) {
	end := lineEnd(f.text, body)
	header := string(f.text[body:end])
	if at := strings.IndexAny(header, " \t"); at >= 0 {
		header = header[:at]
	}
	e.raw = header
	for _, t := range gap(f.text, body, end) {
		v.line = append(v.line, t.text)
	}
	if end < e.end {
		e.body = f.text[end+1 : e.end]
	}
	e.open = e.end == len(f.text)
}

// block reads the entries of a list or mapping by indentation. Pre is what stands
// above the first; what it returns stands behind the last and is not its own.
func (f *formatter) block(e *element, pre []trivia, at place) (rest []trivia) {
	column := f.column(e.children[0].lead)
	pre = withoutLeadingBlank(pre)
	split := headerEnd(pre)
	e.header, rest = pre[:split:split], pre[split:]
	for i, c := range e.children {
		inside := place{limit: at.limit, next: at.next, parent: column}
		if i+1 < len(e.children) {
			inside.limit = e.children[i+1].lead
			inside.next = f.column(inside.limit)
		}
		var made *entry
		made, rest = f.entry(c, rest, inside)
		if len(rest) > 0 && rest[0].same {
			made.after, rest = rest[0].text, rest[1:]
		}
		e.entries = append(e.entries, made)
	}
	own := 0
	for i, t := range rest {
		if t.text == "" {
			continue
		}
		if t.column < column || t.column <= at.next || t.column <= at.parent {
			break
		}
		own = i + 1
	}
	e.tail = rest[:own:own]
	return rest[own:]
}

// entry reads a member or an item. Head is what stands above it.
func (f *formatter) entry(c child, head []trivia, at place) (made *entry, rest []trivia) {
	made = &entry{head: head}
	if c.key != nil {
		made.key = &element{node: c.key}
		body := f.properties(made.key)
		made.key.raw = string(f.text[body:max(body, c.key.end)])
		made.lift(gap(f.text, c.key.end, c.value.after)) // before the colon
	}
	v := f.value(c.value.after, c.value, at)
	made.value, made.inner = v.element, v.inner
	for _, text := range v.line {
		if made.line != "" { // a line has one comment
			made.lift([]trivia{{text: made.line}})
		}
		made.line = text
	}
	if made.line != "" && made.value.isEmpty() && len(v.rest) > 0 && v.rest[0].same {
		made.lift([]trivia{{text: made.line}})
		made.line = ""
	}
	return made, v.rest
}

// lift puts comments above the entry.
func (m *entry) lift(list []trivia) {
	m.head = append(slices.Clip(m.head), list...)
}

// brackets reads what stands between brackets. A comment behind the opening one is one
// of the entry's line.
func (f *formatter) brackets(e *element, body int, v *read) {
	from := body
	if e.form == formFlow {
		from++
	}
	rest := f.opening(e, from)
	if len(rest) > 0 && rest[0].same {
		v.line, rest, e.comment = append(v.line, rest[0].text), rest[1:], true
	}
	for i, c := range e.children {
		limit := e.end
		if i+1 < len(e.children) {
			limit = e.children[i+1].lead
		} else if e.form == formFlow {
			limit = e.end - 1
		}
		var made *entry
		made, rest = f.entry(c, rest, place{limit: limit, next: -1, parent: -1})
		if len(rest) > 0 && rest[0].same && rest[0].text != "" {
			made.after, rest = rest[0].text, rest[1:]
		}
		e.comment = e.comment || made.commented()
		e.entries = append(e.entries, made)
	}
	e.tail = withoutEdges(rest)
	e.comment = e.comment || hasComment(e.tail)
}

// opening is what stands before the first value in brackets, or between empty ones.
func (f *formatter) opening(e *element, from int) []trivia {
	to := max(from, e.end-1)
	if len(e.children) > 0 {
		to = max(from, e.children[0].lead)
	}
	return gap(f.text, from, to)
}

// commented reports whether an entry has a comment anywhere.
func (m *entry) commented() bool {
	return m.line != "" || m.after != "" || hasComment(m.head) || hasComment(m.inner) || m.value.comment
}

func hasComment(list []trivia) bool {
	for _, t := range list {
		if t.text != "" {
			return true
		}
	}
	return false
}

// withoutEdges leaves out empty lines at the beginning and the end.
func withoutEdges(list []trivia) []trivia {
	list = withoutLeadingBlank(list)
	for len(list) > 0 && list[len(list)-1].text == "" {
		list = list[:len(list)-1]
	}
	return list
}

// withoutLeadingBlank leaves out empty lines at the beginning.
func withoutLeadingBlank(list []trivia) []trivia {
	for len(list) > 0 && list[0].text == "" {
		list = list[1:]
	}
	return list
}

// headerEnd finds where the comments of the first entry begin: those before an empty
// line, and the one that names the schema to an editor, stay above whatever entry is
// the first.
func headerEnd(pre []trivia) int {
	end := 0
	for i, t := range pre {
		if t.text == "" || strings.HasPrefix(strings.TrimLeft(t.text, "# \t"), "yaml-language-server:") {
			end = i + 1
		}
	}
	return end
}

func (f *formatter) column(at int) int { return at - lineStart(f.text, at) }

// collect hands out all lists of comments of an element.
func (e *element) collect(add func([]trivia)) {
	texts := func(list ...string) {
		for _, text := range list {
			add([]trivia{{text: text}})
		}
	}
	texts(e.after)
	add(e.header)
	add(e.tail)
	for _, m := range e.entries {
		add(m.head)
		add(m.inner)
		texts(m.line, m.after)
		m.value.collect(add)
	}
}

// same reports whether two elements say the same, in whatever order of keys.
func (e *element) same(other *element) bool {
	if strings.Join(e.props, " ") != strings.Join(other.props, " ") || (e.form == formAlias) != (other.form == formAlias) || e.isScalar() != other.isScalar() {
		return false
	}
	if e.form == formAlias || e.isScalar() {
		return e.value == other.value && (e.name == other.name || e.form != formAlias && e.value == "null")
	}
	if e.list != other.list || len(e.entries) != len(other.entries) {
		return false
	}
	taken := make([]bool, len(other.entries))
	for i, m := range e.entries {
		at := other.partner(m, i, taken)
		if at < 0 || !m.value.same(other.entries[at].value) {
			return false
		}
		taken[at] = true
	}
	return true
}

// partner finds the entry that has the place of an item, or the key of a member.
func (e *element) partner(m *entry, at int, taken []bool) int {
	if m.key == nil {
		return at
	}
	for i := range e.entries {
		at := (at + i) % len(e.entries)
		o := e.entries[at]
		if !taken[at] && o.key != nil && m.key.same(o.key) && m.key.isMerge() == o.key.isMerge() {
			return at
		}
	}
	return -1
}
