package resource

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxValueDepth bounds the nesting of one value, so that a hostile document
// cannot exhaust the stack.
const maxValueDepth = 100

var errUnexpectedEnd = errors.New("not a JSON value: it ends too early")

// member is one key of a JSON object with its value.
type member struct {
	key   string
	value Value
}

// scanner reads JSON text and makes it canonical. Text that is canonical
// already, the usual case, is not copied: its values are parts of the text. It
// exists because plans of ten thousand tenants spend their time here;
// encoding/json is its model, and a fuzz test holds the two together.
type scanner struct {
	text    string
	pos     int
	edits   int      // places so far where the canonical text is another than the given one
	items   []Value  // a stack, shared by the arrays that are open
	members []member // a stack, shared by the objects that are open
}

// value reads the value that starts at pos.
func (s *scanner) value(depth int) (Value, error) {
	if depth > maxValueDepth {
		return Absent, fmt.Errorf("JSON nested deeper than %d levels", maxValueDepth)
	}
	if s.pos >= len(s.text) {
		return Absent, errUnexpectedEnd
	}
	switch c := s.text[s.pos]; c {
	case '"':
		return s.quoted()
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number()
	default:
		return Absent, s.unexpected()
	}
}

func (s *scanner) literal(word string) (Value, error) {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return Absent, s.unexpected()
	}
	s.pos += len(word)
	return Value(word), nil
}

// number keeps the digits as they stand.
func (s *scanner) number() (Value, error) {
	start := s.pos
	if s.text[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.text) && s.text[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return Absent, s.unexpected()
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return Absent, s.unexpected()
		}
	}
	if s.pos < len(s.text) && (s.text[s.pos] == 'e' || s.text[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		if !s.digits() {
			return Absent, s.unexpected()
		}
	}
	return Value(s.text[start:s.pos]), nil
}

// digits skips at least one digit.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// quoted reads a string.
func (s *scanner) quoted() (Value, error) {
	start, plain := s.pos, true
	for i := start + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			token := s.text[start:s.pos]
			if plain || isVerbatim(s.text[start+1:i]) {
				return Value(token), nil
			}
			return s.requoted(token)
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			s.pos = i
			return Absent, s.unexpected()
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	return Absent, errUnexpectedEnd
}

// requoted writes a string with the escapes that a canonical one has.
func (s *scanner) requoted(token string) (Value, error) {
	text, err := unquote(token)
	if err != nil {
		return Absent, err
	}
	canonical := StringValue(text)
	if string(canonical) != token {
		s.edits++
	}
	return canonical, nil
}

// unquote is a function of its own because its variable lives on the heap.
func unquote(token string) (string, error) {
	var text string
	if err := json.Unmarshal([]byte(token), &text); err != nil {
		return "", fmt.Errorf("not a JSON string: %w", err)
	}
	return text, nil
}

func (s *scanner) array(depth int) (Value, error) {
	start, edits, base := s.pos, s.edits, len(s.items)
	s.pos++
	closed, err := s.accept(']'), error(nil)
	for !closed {
		item, itemErr := s.value(depth + 1)
		if itemErr != nil {
			return Absent, itemErr
		}
		s.items = append(s.items, item)
		if closed, err = s.next(']'); err != nil {
			return Absent, err
		}
	}
	items := s.items[base:]
	s.items = s.items[:base]
	if s.edits == edits {
		return Value(s.text[start:s.pos]), nil
	}
	out := make([]byte, 0, s.pos-start)
	out = append(out, '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return Value(append(out, ']')), nil
}

func (s *scanner) object(depth int) (Value, error) {
	start, edits := s.pos, s.edits
	members, err := s.objectMembers(depth)
	if err != nil {
		return Absent, err
	}
	if s.edits == edits {
		return Value(s.text[start:s.pos]), nil
	}
	if err := sortMembers(members); err != nil {
		return Absent, err
	}
	return objectOf(members), nil
}

// objectMembers reads the object at pos. The members stand as in the text,
// and only until the next object is read; where they are not in order edits has grown.
func (s *scanner) objectMembers(depth int) ([]member, error) {
	base := len(s.members)
	s.pos++
	closed, err := s.accept('}'), error(nil)
	for !closed {
		key, keyErr := s.key()
		if keyErr != nil {
			return nil, keyErr
		}
		if len(s.members) > base && s.members[len(s.members)-1].key >= key {
			s.edits++
		}
		value, valueErr := s.value(depth + 1)
		if valueErr != nil {
			return nil, valueErr
		}
		s.members = append(s.members, member{key, value})
		if closed, err = s.next('}'); err != nil {
			return nil, err
		}
	}
	members := s.members[base:]
	s.members = s.members[:base]
	return members, nil
}

// key reads a key with its colon.
func (s *scanner) key() (string, error) {
	if s.pos >= len(s.text) {
		return "", errUnexpectedEnd
	}
	if s.text[s.pos] != '"' {
		return "", s.unexpected()
	}
	quoted, err := s.quoted()
	if err != nil {
		return "", err
	}
	if !s.accept(':') {
		return "", s.unexpected()
	}
	s.space()
	key, _ := quoted.AsString()
	return key, nil
}

// next steps over the comma before another part, or over the closing bracket.
func (s *scanner) next(closing byte) (closed bool, err error) {
	if s.accept(closing) {
		return true, nil
	}
	if !s.accept(',') {
		return false, s.unexpected()
	}
	s.space()
	return false, nil
}

// accept steps over white space and over the character, if it is there.
func (s *scanner) accept(c byte) bool {
	s.space()
	if s.pos >= len(s.text) || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
			s.edits++
		default:
			return
		}
	}
}

func (s *scanner) unexpected() error {
	if s.pos >= len(s.text) {
		return errUnexpectedEnd
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	return fmt.Errorf("not a JSON value: unexpected character %q at byte %d", r, s.pos+1)
}

// sortMembers puts members in order. The same key twice is an error.
func sortMembers(members []member) error {
	byKey := func(a, b member) int { return strings.Compare(a.key, b.key) }
	if !slices.IsSortedFunc(members, byKey) {
		slices.SortFunc(members, byKey)
	}
	for i := 1; i < len(members); i++ {
		if members[i].key == members[i-1].key {
			return fmt.Errorf("the key %q stands twice in one JSON object", members[i].key)
		}
	}
	return nil
}

// objectOf is the object of members that are in order already.
func objectOf(members []member) Value {
	size := len("{}")
	for _, member := range members {
		size += len(`"":,`) + len(member.key) + len(member.value)
	}
	var out strings.Builder
	out.Grow(size)
	out.WriteByte('{')
	for i, member := range members {
		if i > 0 {
			out.WriteByte(',')
		}
		if isVerbatim(member.key) {
			out.WriteByte('"')
			out.WriteString(member.key)
			out.WriteByte('"')
		} else {
			out.Write(appendQuoted(nil, member.key))
		}
		out.WriteByte(':')
		out.WriteString(string(member.value))
	}
	out.WriteByte('}')
	return Value(out.String())
}

// appendQuoted writes a JSON string the way encoding/json does without its
// escapes for HTML.
func appendQuoted(out []byte, s string) []byte {
	if isVerbatim(s) {
		out = append(out, '"')
		out = append(out, s...)
		return append(out, '"')
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	// Bytes that are no UTF-8 become U+FFFD here and not as an escape in Encode,
	// which would not be canonical.
	_ = encoder.Encode(string([]rune(s))) // a string in memory always encodes
	return append(out, strings.TrimSuffix(text.String(), "\n")...)
}

// isVerbatim reports whether a string needs no escapes between its quotes.
// encoding/json escapes the two line separators of Unicode always.
func isVerbatim(s string) bool {
	ascii := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || (utf8.ValidString(s) && !strings.ContainsAny(s, "\u2028\u2029"))
}
