package resource

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Value is one JSON value as canonical text: object keys sorted, no white
// space, no HTML escapes, and every number in the digits it was written with
// (64-bit integers and long floats survive). The empty Value means "absent",
// which is not the same as "null". Values are immutable and comparable; equal
// texts are equal values, and [Value.Equal] also knows that 1.0 is 1. Make them
// with [ParseValue] and its siblings: text that is not canonical has no members
// and no items.
type Value string

// Absent is the value of a field that is not there.
const Absent Value = ""

// ParseValue reads exactly one JSON value and makes it canonical. The same key
// twice in an object, nesting deeper than 100 and trailing text are errors.
func ParseValue(raw []byte) (Value, error) {
	s := scanner{text: string(raw)}
	s.space()
	value, err := s.value(0)
	if err != nil {
		return Absent, err
	}
	s.space()
	if s.pos < len(s.text) {
		return Absent, errors.New("text after the end of the JSON value")
	}
	return value, nil
}

// StringValue is a JSON string.
func StringValue(s string) Value {
	if isVerbatim(s) {
		return Value(`"` + s + `"`)
	}
	return Value(appendQuoted(nil, s))
}

// BoolValue is a JSON boolean.
func BoolValue(b bool) Value { return Value(strconv.FormatBool(b)) }

// StringsValue is a JSON array of strings in the given order.
func StringsValue(items []string) Value {
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendQuoted(out, item)
	}
	return Value(append(out, ']'))
}

// ObjectValue is a JSON object made of the given members; absent ones are left out.
func ObjectValue(members map[string]Value) Value {
	list := make([]member, 0, len(members))
	for key, value := range members {
		if value != Absent {
			list = append(list, member{key, value})
		}
	}
	_ = sortMembers(list) // the keys of a map are unique
	return objectOf(list)
}

// NullAsAbsent takes null for not set, as the API does.
func (v Value) NullAsAbsent() Value {
	if v == "null" {
		return Absent
	}
	return v
}

// IsAbsent reports whether there is no value.
func (v Value) IsAbsent() bool { return v == Absent }

// AsString returns the text of a JSON string; ok is false for anything else.
func (v Value) AsString() (text string, ok bool) {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", false
	}
	inner := string(v[1 : len(v)-1])
	if strings.IndexByte(inner, '\\') < 0 {
		return inner, strings.IndexByte(inner, '"') < 0
	}
	text, err := unquote(string(v))
	return text, err == nil
}

// AsStrings returns the items of a JSON array of strings; ok is false for anything else.
func (v Value) AsStrings() (items []string, ok bool) {
	if v == "[]" {
		return []string{}, true
	}
	for item := range v.parts('[', ']') {
		text, isString := item.AsString()
		if !isString {
			return nil, false
		}
		items = append(items, text)
	}
	return items, items != nil
}

// AsObject returns the members of a JSON object, canonical themselves; ok is
// false for anything else.
func (v Value) AsObject() (members map[string]Value, ok bool) {
	if v == "{}" {
		return map[string]Value{}, true
	}
	for part := range v.parts('{', '}') {
		key, value, isMember := part.asMember()
		if !isMember {
			return nil, false
		}
		if members == nil {
			members = map[string]Value{}
		}
		members[key] = value
	}
	return members, members != nil
}

// Member is one key of a JSON object with its value.
type Member struct {
	Key   string
	Value Value
}

// Members returns the members of a JSON object in the order of their keys, canonical
// themselves; nil for anything else.
func (v Value) Members() []Member {
	var list []Member
	for part := range v.parts('{', '}') {
		key, value, isMember := part.asMember()
		if !isMember {
			return nil
		}
		if list == nil {
			list = make([]Member, 0, 8)
		}
		list = append(list, Member{key, value})
	}
	return list
}

// Get returns the member of a JSON object under a key; absent when there is
// none, or when the value is no object. It is for single look-ups in small
// objects, where [Value.AsObject] would build a map for nothing.
func (v Value) Get(key string) Value {
	for part := range v.parts('{', '}') {
		if name, value, isMember := part.asMember(); isMember && name == key {
			return value
		}
	}
	return Absent
}

// Equal compares two values as JSON with exact decimal arithmetic: 1, 1.0 and
// 1e0 are equal, 9007199254740993 and 9007199254740992 are not. Absent equals
// only absent. The order of array items counts; for sets see [Value.EqualSet].
func (v Value) Equal(other Value) bool {
	if v == other {
		return true
	}
	if v == Absent || other == Absent || !v.hasNumber() || !other.hasNumber() {
		return false
	}
	return normaliseNumbers(v) == normaliseNumbers(other)
}

// EqualSet compares two arrays of strings without regard to order or
// repetition. Where one of the two is no array of strings it falls back to [Value.Equal].
func (v Value) EqualSet(other Value) bool {
	if v == other {
		return true
	}
	a, okA := v.AsStrings()
	b, okB := other.AsStrings()
	if !okA || !okB {
		return v.Equal(other)
	}
	return slices.Equal(sortedUnique(a), sortedUnique(b))
}

// MarshalJSON implements [json.Marshaler]; an absent value is written as null.
func (v Value) MarshalJSON() ([]byte, error) {
	if v == Absent {
		return []byte("null"), nil
	}
	return []byte(v), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. JSON null is read as absent,
// the counterpart of [Value.MarshalJSON].
func (v *Value) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*v = Absent
		return nil
	}
	parsed, err := ParseValue(raw)
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

func sortedUnique(items []string) []string {
	sorted := slices.Clone(items)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// parts walks what stands between the commas of a canonical array or object.
// Text that is neither ends the walk at an empty part or yields nothing.
func (v Value) parts(opening, closing byte) func(yield func(Value) bool) {
	return func(yield func(Value) bool) {
		last := len(v) - 1
		if last < 2 || v[0] != opening || v[last] != closing {
			return
		}
		for start := 1; start <= last; {
			end := partEnd(string(v[:last]), start)
			if !yield(v[start:end]) {
				return
			}
			start = end + 1
		}
	}
}

// partEnd is the index of the comma that ends the part at start, or the end of
// the text.
func partEnd(text string, start int) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// asMember splits "key":value.
func (v Value) asMember() (key string, value Value, ok bool) {
	if v == Absent || v[0] != '"' {
		return "", Absent, false
	}
	end := stringEnd(string(v), 0)
	if end+1 >= len(v) || v[end] != ':' {
		return "", Absent, false
	}
	key, ok = v[:end].AsString()
	return key, v[end+1:], ok
}

// stringEnd is the index after the closing quote of the JSON string at start.
func stringEnd(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
