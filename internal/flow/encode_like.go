package flow

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// EncodeLike writes the management export in the layout of a text that has it in
// another version: what says the same stays byte for byte, keys keep their order, and
// what is new looks like what stands beside it. Text that is no JSON, or the export of
// another shape, gives [Document.Encode].
func (d Document) EncodeLike(old []byte) []byte {
	value := d.Value()
	if before, err := Parse(old); err != nil || before.shape != Management {
		return d.Encode()
	}
	start := len(old) - len(bytes.TrimLeft(old, " \t\r\n"))
	w := &layout{old: old, unit: "  "}
	root, end := w.read(start)
	if len(root.children) > 0 {
		if _, indent, several := lastLine(w.text(root.start+1, root.children[0].start)); several {
			w.unit = indent
		}
	}
	w.out.Write(old[:start])
	w.write(root, value)
	w.out.Write(old[end:])
	if written, err := resource.ParseValue(w.out.Bytes()); err != nil || written != value {
		return d.Encode()
	}
	return w.out.Bytes()
}

// layout writes values where others stood.
type layout struct {
	old  []byte
	unit string // of indentation
	out  bytes.Buffer
}

// span is a value in the old text, or a member with its key.
type span struct {
	start, end int
	key        string // of a member
	value      int    // where a member's value begins; start for anything else
	children   []span // of the value
}

func (w *layout) text(start, end int) string { return string(w.old[start:end]) }

// read finds the parts of the value at a place. The text is known to be JSON.
func (w *layout) read(at int) (span, int) {
	s := span{start: at, value: at}
	switch w.old[at] {
	case '"':
		s.end = w.stringEnd(at)
	case '{', '[':
		isObject := w.old[at] == '{'
		at = w.skip(at + 1)
		for w.old[at] != '}' && w.old[at] != ']' {
			if w.old[at] == ',' {
				at = w.skip(at + 1)
			}
			child := span{}
			if from := at; isObject {
				keyEnd := w.stringEnd(at)
				key, _ := resource.ParseValue(w.old[at:keyEnd])
				child, at = w.read(w.skip(w.skip(keyEnd) + 1))
				child.start, child.key = from, text(key)
			} else {
				child, at = w.read(at)
			}
			s.children = append(s.children, child)
			at = w.skip(at)
		}
		s.end = at + 1
	default:
		for s.end = at; s.end < len(w.old) && !strings.ContainsRune(" \t\r\n,]}", rune(w.old[s.end])); {
			s.end++
		}
	}
	return s, s.end
}

func (w *layout) skip(at int) int {
	for at < len(w.old) && strings.ContainsRune(" \t\r\n", rune(w.old[at])) {
		at++
	}
	return at
}

func (w *layout) stringEnd(at int) int {
	for at++; w.old[at] != '"'; at++ {
		if w.old[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// write puts a value in the place of an old one.
func (w *layout) write(before span, value resource.Value) {
	raw := w.old[before.value:before.end]
	was, err := resource.ParseValue(raw)
	switch {
	case err == nil && was == value:
		w.out.Write(raw)
	case len(before.children) > 0 && isObject(was) && isObject(value) && value != "{}":
		w.writeAll(before, w.members(before, value))
	case len(before.children) > 0 && isArray(was) && isArray(value) && value != "[]":
		w.writeAll(before, w.items(before, value))
	default:
		w.writeNew(value, w.indentAt(before.start))
	}
}

// placed is what stands in a container from now on.
type placed struct {
	before int // the old child in whose place it stands; -1 for a new one
	key    string
	value  resource.Value
}

// members are those of an object: the old ones in their order, and new ones behind
// them, or where they belong if the old ones are sorted.
func (*layout) members(before span, value resource.Value) []placed {
	members, _ := value.AsObject()
	var list []placed
	old := map[string]bool{}
	for i, child := range before.children {
		old[child.key] = true
		if v, there := members[child.key]; there {
			list = append(list, placed{i, child.key, v})
		}
	}
	byKey := func(a, b placed) int { return strings.Compare(a.key, b.key) }
	sorted := slices.IsSortedFunc(before.children, func(a, b span) int { return strings.Compare(a.key, b.key) })
	for _, key := range sortedKeys(members) {
		if !old[key] {
			list = append(list, placed{-1, key, members[key]})
		}
	}
	if sorted {
		slices.SortStableFunc(list, byKey)
	}
	return list
}

// items are those of an array: the same ones at both ends stay, and those between them
// stand in the place of the one of their name, or of their neighbour.
func (w *layout) items(before span, value resource.Value) []placed {
	fresh := items(value)
	old := make([]resource.Value, len(before.children))
	for i, child := range before.children {
		old[i], _ = resource.ParseValue(w.old[child.value:child.end])
	}
	list := make([]placed, len(fresh))
	for i := range list {
		list[i] = placed{-1, "", fresh[i]}
	}
	head := 0
	for head < min(len(old), len(fresh)) && old[head] == fresh[head] {
		list[head].before = head
		head++
	}
	tail := 0
	for tail < min(len(old), len(fresh))-head && old[len(old)-1-tail] == fresh[len(fresh)-1-tail] {
		list[len(fresh)-1-tail].before = len(old) - 1 - tail
		tail++
	}
	next := head
	for i := head; i < len(fresh)-tail; i++ {
		for j := next; j < len(old)-tail; j++ {
			name := itemName(old[j])
			if old[j] == fresh[i] || name != "" && name == itemName(fresh[i]) || len(old) == len(fresh) && j == i {
				list[i].before, next = j, j+1
				break
			}
		}
	}
	return list
}

// writeAll writes a container with its new content, in its old layout.
func (w *layout) writeAll(before span, list []placed) {
	children := before.children
	lead := w.text(before.value, children[0].start)
	between := "," + lead[1:]
	if len(children) > 1 {
		between = w.text(children[0].end, children[1].start)
	} else if _, _, several := lastLine(lead); !several {
		between = ", "
	}
	newline, indent, several := lastLine(lead)
	for i, one := range list {
		switch {
		case i == 0:
			w.out.WriteString(lead)
		case one.before > 0 && list[i-1].before == one.before-1:
			w.out.WriteString(w.text(children[one.before-1].end, children[one.before].start))
		default:
			w.out.WriteString(between)
		}
		if one.before >= 0 {
			child := children[one.before]
			w.out.WriteString(w.text(child.start, child.value))
			child.start = child.value
			w.write(child, one.value)
			continue
		}
		if w.old[before.value] == '{' {
			w.out.WriteString(string(resource.StringValue(one.key)) + w.colon(children[0]))
		}
		if !several {
			w.out.WriteString(string(one.value))
			continue
		}
		w.writeNew(one.value, newline+indent)
	}
	w.out.WriteString(w.text(children[len(children)-1].end, before.end))
}

// colon is what stands between the key of a member and its value.
func (w *layout) colon(member span) string {
	return w.text(w.stringEnd(member.start), member.value)
}

// writeNew lays a value out that nothing like it has stood for. The indent is that of
// the line that it begins on, with the end of the line before; empty where the text
// has one line only.
func (w *layout) writeNew(value resource.Value, indent string) {
	at := strings.LastIndexByte(indent, '\n')
	if at < 0 {
		w.out.WriteString(string(value))
		return
	}
	var text bytes.Buffer
	if json.Indent(&text, []byte(value), indent[at+1:], w.unit) != nil {
		return // what comes of it is read again, and found to be wrong
	}
	w.out.WriteString(strings.ReplaceAll(text.String(), "\n", indent[:at+1]))
}

// indentAt is the end of the line before a place, and the blanks that begin its line.
func (w *layout) indentAt(at int) string {
	begin := bytes.LastIndexByte(w.old[:at], '\n')
	if begin < 0 {
		return ""
	}
	end := begin + 1
	for end < at && (w.old[end] == ' ' || w.old[end] == '\t') {
		end++
	}
	if begin > 0 && w.old[begin-1] == '\r' {
		begin--
	}
	return string(w.old[begin:end])
}

// lastLine splits what stands before a child into the end of a line and the blanks
// behind it; several is false where there is no end of a line.
func lastLine(lead string) (newline, indent string, several bool) {
	at := strings.LastIndexByte(lead, '\n')
	switch {
	case at < 0:
		return "", "", false
	case at > 0 && lead[at-1] == '\r':
		return "\r\n", lead[at+1:], true
	default:
		return "\n", lead[at+1:], true
	}
}
