package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of one JSON document.
const maxDepth = 100

// object is one JSON object. Its members are compact JSON in the spelling they
// came with: no number is ever parsed and printed again.
type object map[string]json.RawMessage

// parseObject reads exactly one JSON object. The same key twice, at any depth,
// is an error.
func parseObject(data []byte) (object, error) {
	compact, err := compactJSON(data)
	if err != nil {
		return nil, err
	}
	if compact[0] != '{' {
		return nil, errors.New("expected a JSON object")
	}
	members := object{}
	scan := scanner{data: compact}
	err = scan.object(0, func(key string, value []byte) { members[key] = value })
	return members, err
}

// parseValue reads exactly one JSON value of any kind, with the same checks.
func parseValue(data []byte) (json.RawMessage, error) {
	compact, err := compactJSON(data)
	if err != nil {
		return nil, err
	}
	scan := scanner{data: compact}
	return compact, scan.value(0)
}

func compactJSON(data []byte) ([]byte, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("not valid UTF-8")
	}
	var out bytes.Buffer
	out.Grow(len(data))
	if err := json.Compact(&out, data); err != nil {
		return nil, fmt.Errorf("not valid JSON: %w", err)
	}
	return out.Bytes(), nil
}

// isNull reports JSON null, which counts as absent in requests.
func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// sortedKeys are the object's keys in order.
func (o object) sortedKeys() []string { return slices.Sorted(maps.Keys(o)) }

// withoutNulls is the object without the members that are null; the same
// object when there are none.
func (o object) withoutNulls() object {
	for _, raw := range o {
		if isNull(raw) {
			kept := maps.Clone(o)
			maps.DeleteFunc(kept, func(_ string, raw json.RawMessage) bool { return isNull(raw) })
			return kept
		}
	}
	return o
}

// text, flag, whole and texts decode a member that has been checked before; an
// absent one gives the zero value.
func (o object) text(name string) (value string)    { return decoded[string](o[name]) }
func (o object) flag(name string) (value bool)      { return decoded[bool](o[name]) }
func (o object) whole(name string) (value int64)    { return decoded[int64](o[name]) }
func (o object) texts(name string) (value []string) { return decoded[[]string](o[name]) }

func decoded[T any](raw json.RawMessage) (value T) {
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, &value) // the field's check has accepted it
	}
	return value
}

// decodeField decodes a member whose inner shape has not been checked.
func decodeField[T any](from object, name string) (value T, err error) {
	if raw := from[name]; len(raw) > 0 && json.Unmarshal(raw, &value) != nil {
		return value, &fieldError{name, "is invalid"}
	}
	return value, nil
}

// encode writes the object with sorted keys.
func (o object) encode() json.RawMessage {
	out := []byte{'{'}
	for _, key := range o.sortedKeys() {
		out = appendMember(out, key, o[key])
	}
	return append(out, '}')
}

// appendMember writes one member, with a comma where one is needed.
func appendMember(out []byte, key string, value []byte) []byte {
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	out = appendText(out, key)
	out = append(out, ':')
	return append(out, value...)
}

// appendText writes a JSON string; almost every one is plain and goes the short way.
func appendText(out []byte, text string) []byte {
	plain := func(r rune) bool { return r >= ' ' && r <= '~' && r != '"' && r != '\\' }
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) >= 0 {
		return append(out, encoded(text)...)
	}
	out = append(out, '"')
	out = append(out, text...)
	return append(out, '"')
}

// encoded is the JSON of a plain value (strings, numbers, lists of strings),
// without HTML escapes.
func encoded(value any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return json.RawMessage("null") // plain values always encode
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// parsed are the members of a JSON object that has been checked before and is compact.
func parsed(raw json.RawMessage) object {
	members := object{}
	scan := scanner{data: raw, checked: true}
	_ = scan.object(0, func(key string, value []byte) { members[key] = value }) // it was checked
	return members
}

// elements are the items of such a list.
func elements(raw json.RawMessage) (items []json.RawMessage) {
	scan := scanner{data: raw, checked: true}
	_ = scan.array(0, func(value []byte) { items = append(items, value) })
	return items
}

// scanner walks over compact, valid JSON.
type scanner struct {
	data []byte
	pos  int
	// checked says that all of it was walked over before: then the inside of
	// members and items is only skipped.
	checked bool
}

func (s *scanner) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch first := s.data[s.pos]; {
	case s.checked && (first == '{' || first == '['):
		s.skipNested()
	case first == '{':
		return s.object(depth, func(string, []byte) {})
	case first == '[':
		return s.array(depth, func([]byte) {})
	case first == '"':
		s.skipString()
	default:
		for s.pos < len(s.data) && s.data[s.pos] != ',' && s.data[s.pos] != '}' && s.data[s.pos] != ']' {
			s.pos++
		}
	}
	return nil
}

func (s *scanner) object(depth int, member func(key string, value []byte)) error {
	seen := map[string]bool{}
	s.pos++ // {
	for s.data[s.pos] != '}' {
		key := s.key()
		if !s.checked {
			if seen[key] {
				return fmt.Errorf("key %q occurs twice", key)
			}
			seen[key] = true
		}
		s.pos++ // :
		start := s.pos
		if err := s.value(depth + 1); err != nil {
			return err
		}
		member(key, s.data[start:s.pos:s.pos])
		if s.data[s.pos] == ',' {
			s.pos++
		}
	}
	s.pos++ // }
	return nil
}

func (s *scanner) array(depth int, item func(value []byte)) error {
	s.pos++ // [
	for s.data[s.pos] != ']' {
		start := s.pos
		if err := s.value(depth + 1); err != nil {
			return err
		}
		item(s.data[start:s.pos:s.pos])
		if s.data[s.pos] == ',' {
			s.pos++
		}
	}
	s.pos++ // ]
	return nil
}

// skipNested goes behind an object or a list.
func (s *scanner) skipNested() {
	for open := 0; ; {
		switch s.data[s.pos] {
		case '"':
			s.skipString()
			continue
		case '{', '[':
			open++
		case '}', ']':
			open--
		}
		s.pos++
		if open == 0 {
			return
		}
	}
}

func (s *scanner) key() string {
	start := s.pos
	s.skipString()
	quoted := s.data[start:s.pos]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	return decoded[string](quoted)
}

func (s *scanner) skipString() {
	for s.pos++; s.data[s.pos] != '"'; s.pos++ {
		if s.data[s.pos] == '\\' {
			s.pos++
		}
	}
	s.pos++
}

// sameJSON compares two values by content: the order of members has no
// meaning, numbers are compared as written.
func sameJSON(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return reflect.DeepEqual(exact(a), exact(b))
}

func exact(raw json.RawMessage) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	_ = decoder.Decode(&value) // stored values are valid
	return value
}
