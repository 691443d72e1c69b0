package yamledit_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// writer writes random documents in any of YAML's styles. Each key and each item has
// a name of its own, which its comments repeat, so that a comment that was moved to
// another owner is found.
type writer struct {
	t      *rapid.T
	out    strings.Builder
	names  int
	anchor []string
}

func (w *writer) chance(label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(w.t, label) < percent
}

func (w *writer) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.t, label)
}

func (w *writer) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%03d", prefix, w.names)
}

// head writes lines above an entry: empty ones, and comments that name it.
func (w *writer) head(indent int, name string) {
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(w.t, "heads") {
		if w.chance("blank", 40) {
			w.out.WriteString(w.pick("empty", "\n", "  \n", "\n\n"))
		}
		fmt.Fprintf(&w.out, "%s# head %s %d\n", strings.Repeat(" ", indent), name, w.names)
		w.names++
	}
	if w.chance("blank", 20) {
		w.out.WriteString("\n")
	}
}

// end ends a line, with a comment that names what is on it or not.
func (w *writer) end(name string) {
	if name != "" && w.chance("line", 25) {
		fmt.Fprintf(&w.out, "%s# line %s", w.pick("gap", " ", "  ", "\t"), name)
	}
	w.out.WriteString(w.pick("break", "\n", "\n", " \n"))
}

// scalar is the text of a value that holds a name. In brackets it stands on one line.
func (w *writer) scalar(name string, brackets bool) string {
	forms := []string{
		name, `"` + name + `"`, `'` + name + `'`, `"` + name + `\té"`, `'` + name + ` ''x'': y'`, "yes " + name, "!!str " + name, "!secret " + name,
		"12:30-" + name, `"` + name + `: #x"`, "'" + name + " # no comment'", name + "#none", "http://" + name, `"12.` + strings.TrimLeft(name, "vk") + `"`, name + ": x",
	}
	if !brackets {
		forms = append(forms, name+" , [x] {y}", "-"+name, "a ? b "+name)
	}
	form := rapid.SampledFrom(forms).Draw(w.t, "scalar")
	if strings.HasSuffix(form, ": x") && !strings.HasPrefix(form, `"`) && !strings.HasPrefix(form, "'") {
		return `"` + form + `"`
	}
	return form
}

// properties are an anchor, a tag, or nothing.
func (w *writer) properties() string {
	if !w.chance("properties", 8) {
		return ""
	}
	if w.chance("tag", 50) {
		return " !tag"
	}
	w.anchor = append(w.anchor, w.name("a"))
	return " &" + w.anchor[len(w.anchor)-1]
}

// members writes a mapping by indentation.
func (w *writer) members(indent, depth int, first string) {
	for i := range rapid.IntRange(1, 3).Draw(w.t, "members") {
		name := w.name("k")
		if i > 0 || first == "" {
			w.head(indent, name)
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		key := w.pick("key", name, name, `"`+name+`"`, "'"+name+"'", `"on `+name+`: "`, name+" with blanks")
		w.out.WriteString(key + ":")
		w.value(indent, depth, name, false)
	}
	w.tail(indent)
}

// items writes a list by indentation.
func (w *writer) items(indent, depth int, first string) {
	for i := range rapid.IntRange(1, 3).Draw(w.t, "items") {
		name := w.name("v")
		if i > 0 || first == "" {
			w.head(indent, name)
			w.out.WriteString(strings.Repeat(" ", indent))
		}
		w.out.WriteString("-")
		w.value(indent, depth, name, true)
	}
	w.tail(indent)
}

// tail writes comments behind the last entry.
func (w *writer) tail(indent int) {
	if w.chance("tail", 10) {
		fmt.Fprintf(&w.out, "%s# tail %d\n", strings.Repeat(" ", indent), w.names)
		w.names++
	}
}

// value writes a value behind its key or dash, and ends the line.
func (w *writer) value(indent, depth int, name string, item bool) {
	kind := rapid.SampledFrom([]string{"scalar", "scalar", "scalar", "brackets", "block", "list", "literal", "folded", "null", "alias", "number"}).Draw(w.t, "kind")
	inner := indent + rapid.IntRange(1, 4).Draw(w.t, "indent")
	switch {
	case kind == "alias" && len(w.anchor) > 0:
		w.out.WriteString(" *" + rapid.SampledFrom(w.anchor).Draw(w.t, "anchor"))
		w.end("")
	case kind == "brackets" && depth > 0:
		w.out.WriteString(w.properties() + " ")
		w.brackets(inner, depth-1)
		w.end("")
	case kind == "block" && depth > 0, kind == "list" && depth > 0:
		w.nested(indent, inner, depth-1, kind == "list", item)
	case kind == "literal":
		w.literal(inner, name)
	case kind == "folded":
		w.out.WriteString(" " + w.pick("folded", `"`+name+"\n"+strings.Repeat(" ", inner)+`x y"`, name+" a\n"+strings.Repeat(" ", inner)+"b\n\n"+strings.Repeat(" ", inner+1)+"c", "'"+name+"\n\n"+strings.Repeat(" ", inner)+"x'"))
		w.end("")
	case kind == "null":
		w.out.WriteString(w.properties())
		w.end("")
	case kind == "number":
		w.out.WriteString(" " + w.pick("number", "0777", "true", "~", "1.50", "-0", ".5", "0x1F"))
		w.end("")
	default:
		w.out.WriteString(w.properties())
		text := w.scalar(name, false)
		if strings.HasPrefix(text, "!") && strings.Contains(w.out.String()[strings.LastIndexByte(w.out.String(), '\n')+1:], "!") {
			text = name
		}
		w.out.WriteString(" " + text)
		w.end(name)
	}
}

// nested writes a block, behind the dash or below the line.
func (w *writer) nested(indent, inner, depth int, list, item bool) {
	properties := w.properties()
	write := w.members
	if list {
		write = w.items
	}
	if item && properties == "" && w.chance("compact", 60) {
		w.out.WriteString(strings.Repeat(" ", inner-indent-1+boolInt(inner-indent-1 == 0)))
		write(max(inner, indent+2), depth, "compact")
		return
	}
	w.out.WriteString(properties)
	w.end("")
	if list && !item && w.chance("outdent", 40) {
		inner = indent
	}
	write(inner, depth, "")
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// literal writes block text.
func (w *writer) literal(inner int, name string) {
	w.out.WriteString(" " + w.pick("block", "|", "|-", "|+", ">", ">-", ">+"))
	w.end("")
	blanks := strings.Repeat(" ", inner)
	fmt.Fprintf(&w.out, "%s%s\n", blanks, name)
	for range rapid.IntRange(0, 2).Draw(w.t, "lines") {
		w.out.WriteString(w.pick("text", "\n", blanks+"# no comment\n", blanks+"  more\n", blanks+"- x: y\n", blanks+"  \n"))
	}
}

// brackets writes a list or mapping in brackets, over several lines or not.
func (w *writer) brackets(indent, depth int) {
	list := w.chance("list", 50)
	folded := w.chance("lines", 30)
	opening, closing := "{", "}"
	if list {
		opening, closing = "[", "]"
	}
	w.out.WriteString(opening)
	newline := func() {
		if folded {
			w.end("")
			if w.chance("flow head", 15) {
				fmt.Fprintf(&w.out, "%s# inside %d\n", strings.Repeat(" ", indent), w.names)
				w.names++
			}
			w.out.WriteString(strings.Repeat(" ", indent))
		}
	}
	count := rapid.IntRange(0, 3).Draw(w.t, "count")
	for i := range count {
		newline()
		name := w.name("v")
		if !list {
			w.out.WriteString(w.pick("key", name+": ", `"`+name+`": `, "'"+name+"' : "))
		}
		if depth > 0 && w.chance("deeper", 30) {
			w.brackets(indent+1, depth-1)
		} else {
			w.out.WriteString(w.scalar(name, true))
			if w.chance("wide", 5) {
				w.out.WriteString(strings.Repeat("x", 60))
			}
		}
		if i+1 < count || w.chance("comma", 20) {
			w.out.WriteString(w.pick("comma", ",", ", ", " , "))
		}
	}
	newline()
	w.out.WriteString(closing)
}

// document writes one document.
func (w *writer) document() {
	if w.chance("header", 30) {
		w.out.WriteString("# header " + w.name("h") + "\n\n")
	}
	if w.chance("sequence", 20) {
		w.items(0, 3, "")
	} else {
		w.members(0, 3, "")
	}
}

var ownComment = regexp.MustCompile(`# (?:head|line|tail|inside|header) [a-z0-9]+(?: [0-9]+)?`)

// reversed gives every other key a rank, against the order of the text.
func reversed([]string) map[string]int {
	ranks := map[string]int{}
	for i := 0; i < 1000; i += 2 {
		ranks[fmt.Sprintf("k%03d", i)] = 1000 - i
	}
	return ranks
}

// TestFormattingSaysTheSame formats random documents.
func TestFormattingSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t}
		w.document()
		text := w.out.String()
		if w.chance("carriage return", 10) {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		var want any
		if err := yaml.Load([]byte(text), &want); err != nil {
			t.Skip(err)
		}
		formatted, err := yamledit.Format([]byte(text), yamledit.YAML, reversed)
		if err != nil {
			t.Fatalf("%v for\n%s", err, text)
		}
		var got any
		if err := yaml.Load(formatted, &got); err != nil {
			t.Fatalf("%v of\n%s\nfor\n%s", err, formatted, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("says something else:\n%s\nfor\n%s", formatted, text)
		}
		again, err := yamledit.Format(formatted, yamledit.YAML, reversed)
		if err != nil || string(again) != string(formatted) {
			t.Errorf("%v, a second time it is\n%s\nafter\n%s\nfor\n%s", err, again, formatted, text)
		}
		checkComments(t, text, string(formatted))
	})
}

// checkComments wants each comment once, and with its owner.
func checkComments(t *rapid.T, text, formatted string) {
	before, after := ownComment.FindAllString(text, -1), ownComment.FindAllString(formatted, -1)
	slices.Sort(before)
	slices.Sort(after)
	if !slices.Equal(before, after) {
		t.Errorf("comments were %q and are %q:\n%s\nfor\n%s", before, after, formatted, text)
	}
	lines := strings.Split(formatted, "\n")
	for i, line := range lines {
		own, comment, found := strings.Cut(line, "# line ")
		if found && !strings.Contains(own, strings.TrimLeft(strings.TrimSpace(comment), "vk")) && strings.TrimSpace(own) != "" {
			t.Errorf("the comment of %s is at %q:\n%s\nfor\n%s", comment, own, formatted, text)
		}
		_, owner, found := strings.Cut(line, "# head ")
		if !found || !strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		owner, _, _ = strings.Cut(owner, " ")
		next := i + 1
		for next < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[next]), "#") {
			next++
		}
		// Above the first key, what an empty line parts from it belongs to the mapping.
		if strings.HasPrefix(owner, "k") && lines[next] != "" && next < len(lines) && !strings.Contains(lines[next], owner) {
			t.Errorf("the comment of %s is above %q:\n%s\nfor\n%s", owner, lines[next], formatted, text)
		}
	}
}
