package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Value is one JSON value as canonical text: object keys sorted, no white
// space, no HTML escapes, and every number in the digits it was written with
// (64-bit integers and long floats survive). The empty Value means "absent",
// which is not the same as "null". Values are immutable and comparable; equal
// texts are equal values, and [Value.Equal] also knows that 1.0 is 1.
type Value string

// Absent is the value of a field that is not there.
const Absent Value = ""

// maxValueDepth bounds the nesting of one value, so that a hostile document
// cannot exhaust the stack.
const maxValueDepth = 100

// ParseValue reads exactly one JSON value and makes it canonical. The same key
// twice in an object, nesting deeper than 100 and trailing text are errors.
func ParseValue(raw []byte) (Value, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out bytes.Buffer
	out.Grow(len(raw))
	if err := writeNext(&out, decoder, 0); err != nil {
		return Absent, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Absent, errors.New("text after the end of the JSON value")
	}
	return Value(out.String()), nil
}

// StringValue is a JSON string.
func StringValue(s string) Value {
	var out bytes.Buffer
	writeString(&out, s)
	return Value(out.String())
}

// BoolValue is a JSON boolean.
func BoolValue(b bool) Value { return Value(strconv.FormatBool(b)) }

// StringsValue is a JSON array of strings in the given order.
func StringsValue(items []string) Value {
	var out bytes.Buffer
	out.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			out.WriteByte(',')
		}
		writeString(&out, item)
	}
	out.WriteByte(']')
	return Value(out.String())
}

// ObjectValue is a JSON object made of the given members; absent ones are left out.
func ObjectValue(members map[string]Value) Value {
	var out bytes.Buffer
	out.WriteByte('{')
	keys := make([]string, 0, len(members))
	for key, member := range members {
		if member != Absent {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			out.WriteByte(',')
		}
		writeString(&out, key)
		out.WriteByte(':')
		out.WriteString(string(members[key]))
	}
	out.WriteByte('}')
	return Value(out.String())
}

// IsAbsent reports whether there is no value.
func (v Value) IsAbsent() bool { return v == Absent }

// AsString returns the text of a JSON string; ok is false for anything else.
func (v Value) AsString() (text string, ok bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	if err := json.Unmarshal([]byte(v), &text); err != nil {
		return "", false
	}
	return text, true
}

// AsStrings returns the items of a JSON array of strings; ok is false for anything else.
func (v Value) AsStrings() (items []string, ok bool) {
	if len(v) < 2 || v[0] != '[' {
		return nil, false
	}
	if err := json.Unmarshal([]byte(v), &items); err != nil {
		return nil, false
	}
	return items, true
}

// AsObject returns the members of a JSON object, canonical themselves; ok is
// false for anything else.
func (v Value) AsObject() (members map[string]Value, ok bool) {
	if len(v) < 2 || v[0] != '{' {
		return nil, false
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(v), &raw); err != nil {
		return nil, false
	}
	members = make(map[string]Value, len(raw))
	for key, member := range raw {
		members[key] = Value(member)
	}
	return members, true
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

// hasNumber is a cheap test that lets values without any digit skip the exact
// comparison.
func (v Value) hasNumber() bool { return strings.ContainsAny(string(v), "0123456789") }

func sortedUnique(items []string) []string {
	sorted := slices.Clone(items)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

func writeNext(out *bytes.Buffer, decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return fmt.Errorf("not a JSON value: %w", err)
	}
	return writeToken(out, decoder, token, depth)
}

func writeToken(out *bytes.Buffer, decoder *json.Decoder, token json.Token, depth int) error {
	if depth > maxValueDepth {
		return fmt.Errorf("JSON nested deeper than %d levels", maxValueDepth)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return writeObject(out, decoder, depth)
		}
		return writeArray(out, decoder, depth)
	case string:
		writeString(out, token)
	case json.Number:
		out.WriteString(token.String())
	case bool:
		out.WriteString(strconv.FormatBool(token))
	case nil:
		out.WriteString("null")
	default:
		return fmt.Errorf("unexpected JSON token %v", token)
	}
	return nil
}

func writeArray(out *bytes.Buffer, decoder *json.Decoder, depth int) error {
	out.WriteByte('[')
	for first := true; decoder.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		if err := writeNext(out, decoder, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return closeDelim(decoder)
}

func writeObject(out *bytes.Buffer, decoder *json.Decoder, depth int) error {
	members := map[string]Value{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("not a JSON object: %w", err)
		}
		key, _ := token.(string)
		if _, twice := members[key]; twice {
			return fmt.Errorf("the key %q stands twice in one JSON object", key)
		}
		var member bytes.Buffer
		if err := writeNext(&member, decoder, depth+1); err != nil {
			return err
		}
		members[key] = Value(member.String())
	}
	out.WriteString(string(ObjectValue(members)))
	return closeDelim(decoder)
}

func closeDelim(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("the JSON value does not end: %w", err)
	}
	return nil
}

func writeString(out *bytes.Buffer, s string) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string in memory always encodes
	out.Truncate(out.Len() - 1)
}

// normaliseNumbers rewrites every number of a canonical value as an exact
// decimal, so that equal numbers have equal texts.
func normaliseNumbers(v Value) Value {
	var out bytes.Buffer
	text := string(v)
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := stringEnd(text, i)
			out.WriteString(text[i:end])
			i = end
		case c == '-' || (c >= '0' && c <= '9'):
			end := i + 1
			for end < len(text) && strings.IndexByte("0123456789.eE+-", text[end]) >= 0 {
				end++
			}
			out.WriteString(exactNumber(text[i:end]))
			i = end
		default:
			out.WriteByte(c)
			i++
		}
	}
	return Value(out.String())
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

// exactNumber gives one text per numeric value: sign, digits without zeros at
// either end, and the power of ten. It works on the text, so that an exponent
// of a billion costs nothing.
func exactNumber(number string) string {
	negative := strings.HasPrefix(number, "-")
	mantissa := strings.TrimPrefix(number, "-")
	exponent := new(big.Int)
	if at := strings.IndexAny(mantissa, "eE"); at >= 0 {
		exponent.SetString(strings.TrimPrefix(mantissa[at+1:], "+"), 10)
		mantissa = mantissa[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent.Sub(exponent, big.NewInt(int64(len(fraction))))
	digits := strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent.Add(exponent, big.NewInt(int64(len(digits)-len(trimmed))))
	if trimmed == "" {
		return "0"
	}
	sign := ""
	if negative {
		sign = "-"
	}
	return sign + trimmed + "e" + exponent.String()
}
