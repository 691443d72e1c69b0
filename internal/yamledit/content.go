package yamledit

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Member is one key of a new entry of a list, in the order in which it is written.
type Member struct {
	Key   string
	Value resource.Value
	// Comment is what stands above the key, line by line and without "#"; empty for
	// none. In brackets and in JSON there is no room for it, and it is left out.
	Comment string
}

// content is something new in the text.
type content struct {
	value   resource.Value // of a scalar
	list    bool
	mapping bool
	items   []content
	members []memberContent
}

type memberContent struct {
	key     string
	comment string
	content content
}

// contentOf takes a value apart; the keys of mappings are sorted. A ${ becomes a
// literal one, but not in keys, where it never means anything else.
func contentOf(value resource.Value) content {
	if members, ok := value.AsObject(); ok {
		c := content{mapping: true}
		for _, key := range slices.Sorted(maps.Keys(members)) {
			c.members = append(c.members, memberContent{key: key, content: contentOf(members[key])})
		}
		return c
	}
	var items []json.RawMessage
	if strings.HasPrefix(string(value), "[") && json.Unmarshal([]byte(value), &items) == nil {
		c := content{list: true}
		for _, item := range items {
			c.items = append(c.items, contentOf(resource.Value(item)))
		}
		return c
	}
	return content{value: resource.Value(strings.ReplaceAll(string(value), "${", "$${"))}
}

// wrap puts content under keys, one inside of the other.
func (c content) wrap(keys Path) content {
	for _, step := range slices.Backward(keys) {
		c = content{mapping: true, members: []memberContent{{key: step.key, content: c}}}
	}
	return c
}

func (c content) isEmpty() bool { return len(c.items)+len(c.members) == 0 && (c.list || c.mapping) }

func (c content) isScalar() bool { return !c.list && !c.mapping }

// node is the content as a parsed text would have it.
func (c content) node() *node {
	if c.isScalar() {
		n := &node{value: c.value, form: formDouble, name: string(c.value)}
		if text, ok := c.value.AsString(); ok {
			n.name = text
		} else {
			n.form = formPlain
		}
		return n
	}
	n := &node{form: formFlow, list: c.list}
	for _, item := range c.items {
		n.children = append(n.children, child{value: item.node()})
	}
	for _, m := range c.members {
		n.children = append(n.children, keyed(m.key, m.content.node()))
	}
	return n
}

func keyed(name string, value *node) child {
	return child{key: &node{form: formDouble, name: name, value: resource.StringValue(name)}, value: value}
}

// widest is how long a value in brackets may be on one line where it could stand on
// several.
const widest = 80

// writer writes new content in the style of the text around it.
type writer struct {
	style
	text form // of scalars that are text
	key  form
}

// inline writes content on one line.
func (w writer) inline(c content) string {
	switch {
	case c.isScalar():
		return scalarText(c.value, w.text, w.json)
	case c.list:
		items := make([]string, len(c.items))
		for i, item := range c.items {
			items[i] = w.inline(item)
		}
		return "[" + strings.Join(items, w.comma) + "]"
	case len(c.members) == 0:
		return "{}"
	}
	members := make([]string, len(c.members))
	for i, m := range c.members {
		members[i] = w.keyed(m.key) + w.colon + w.inline(m.content)
	}
	if w.json {
		return "{" + strings.Join(members, w.comma) + "}"
	}
	return "{ " + strings.Join(members, w.comma) + " }"
}

func (w writer) keyed(name string) string { return keyText(name, w.key, w.json) }

// fitsLine reports whether content is written on the line of its key.
func (w writer) fitsLine(c content) bool {
	if c.isScalar() || c.isEmpty() {
		return true
	}
	flat := c.list && !slices.ContainsFunc(c.items, func(item content) bool { return !item.isScalar() })
	return flat && len(w.inline(c)) <= widest
}

// block writes a list or mapping that is not empty as lines without the first
// indentation and the last line break. What it holds is indented by indent columns.
func (w writer) block(c content, indent int) string {
	margin := w.newline + strings.Repeat(" ", indent)
	var out []string
	for _, item := range c.items {
		switch {
		case item.mapping && !item.isEmpty():
			out = append(out, "- "+w.block(item, indent+2))
		case w.fitsLine(item):
			out = append(out, "- "+w.inline(item))
		default:
			out = append(out, "- "+w.block(item, indent+2))
		}
	}
	for _, m := range c.members {
		for _, line := range commentLines(m.comment) {
			out = append(out, "# "+line)
		}
		out = append(out, w.member(m, indent))
	}
	return strings.Join(out, margin)
}

// commentLines are the lines of a comment; none for an empty one.
func commentLines(comment string) []string {
	if comment == "" {
		return nil
	}
	return strings.Split(comment, "\n")
}

// member writes a key with its value, which may go on over several lines.
func (w writer) member(m memberContent, indent int) string {
	switch {
	case w.fitsLine(m.content):
		return w.keyed(m.key) + ": " + w.inline(m.content)
	case m.content.list:
		return w.keyed(m.key) + ":" + w.newline + strings.Repeat(" ", indent+w.dash) + w.block(m.content, indent+w.dash)
	default:
		return w.keyed(m.key) + ":" + w.newline + strings.Repeat(" ", indent+w.step) + w.block(m.content, indent+w.step)
	}
}

// brackets writes content in brackets, JSON over several lines where the text does
// so; margin is the white space that the line begins with.
func (w writer) brackets(c content, margin string) string {
	if !w.pretty || w.fitsLine(c) {
		return w.inline(c)
	}
	inner := margin + strings.Repeat(" ", w.step)
	if strings.Contains(margin, "\t") {
		inner = margin + "\t"
	}
	var out []string
	for _, item := range c.items {
		out = append(out, inner+w.brackets(item, inner))
	}
	for _, m := range c.members {
		out = append(out, inner+w.keyed(m.key)+w.colon+w.brackets(m.content, inner))
	}
	opening, closing := "{", "}"
	if c.list {
		opening, closing = "[", "]"
	}
	return opening + w.newline + strings.Join(out, ","+w.newline) + w.newline + margin + closing
}
