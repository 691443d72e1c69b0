package emulator

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// kind says which JSON a field takes and what stands for "not set".
type kind int

const (
	kindText    kind = iota // a string
	kindFlag                // true or false
	kindWhole               // an int32, sent as a number or in a string, answered as a number
	kindLong                // an int64, sent as a number or in a string
	kindTexts               // a list of strings
	kindMap                 // an object with any members
	kindObjects             // a list of objects
	kindAny                 // any JSON value
)

// field is one key of a request or of an object.
type field struct {
	name    string
	kind    kind
	unset   string   // JSON shown where nobody has set a value; empty means the kind's zero value
	allowed []string // the values that a text may have; nil means any
}

// zero is the JSON that stands for "not set".
func (f field) zero() json.RawMessage {
	if f.unset != "" {
		return json.RawMessage(f.unset)
	}
	switch f.kind {
	case kindText:
		return json.RawMessage(`""`)
	case kindFlag:
		return json.RawMessage(`false`)
	case kindWhole, kindLong:
		return json.RawMessage(`0`)
	case kindTexts, kindObjects:
		return json.RawMessage(`[]`)
	default:
		return json.RawMessage(`{}`)
	}
}

// check accepts a value that is not null and returns it as it is stored: the
// same bytes, but for whole numbers, which become plain digits.
func (f field) check(raw json.RawMessage) (json.RawMessage, error) {
	switch f.kind {
	case kindText:
		if raw[0] != '"' {
			return nil, &fieldError{f.name, "must be a string"}
		}
		if value := decoded[string](raw); f.allowed != nil && !slices.Contains(f.allowed, value) {
			return nil, &fieldError{f.name, "must be one of " + quotedList(f.allowed)}
		}
	case kindFlag:
		if raw[0] != 't' && raw[0] != 'f' {
			return nil, &fieldError{f.name, "must be true or false"}
		}
	case kindWhole:
		return f.wholeNumber(raw, math.MinInt32, math.MaxInt32)
	case kindLong:
		return f.wholeNumber(raw, math.MinInt64, math.MaxInt64)
	case kindTexts:
		if !isListOf(raw, '"') {
			return nil, &fieldError{f.name, "must be a list of strings"}
		}
	case kindMap:
		return f.checkMap(raw)
	case kindObjects:
		if !isListOf(raw, '{') {
			return nil, &fieldError{f.name, "must be a list of objects"}
		}
	case kindAny:
	}
	return raw, nil
}

// checkMap drops members that are null, since null means absent.
func (f field) checkMap(raw json.RawMessage) (json.RawMessage, error) {
	if raw[0] != '{' {
		return nil, &fieldError{f.name, "must be an object"}
	}
	members := parsed(raw)
	if kept := members.withoutNulls(); len(kept) < len(members) {
		return kept.encode(), nil
	}
	return raw, nil
}

// wholeNumber accepts 5, 5.0, 5e0 and "5", as protobuf's JSON does.
func (f field) wholeNumber(raw json.RawMessage, least, most int64) (json.RawMessage, error) {
	text := string(raw)
	if raw[0] == '"' {
		text = decoded[string](raw)
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		float, floatErr := strconv.ParseFloat(text, 64)
		const exact = 1 << 53 // beyond it a float no longer names one integer
		if floatErr != nil || strings.ContainsAny(text, "xXpP_nN") || float != math.Trunc(float) || math.Abs(float) > exact {
			return nil, &fieldError{f.name, "must be a whole number"}
		}
		value = int64(float)
	}
	if value < least || value > most {
		return nil, &fieldError{f.name, "is out of range"}
	}
	return strconv.AppendInt(nil, value, 10), nil
}

// fieldError is a value that a field does not take.
type fieldError struct{ field, problem string }

func (e *fieldError) Error() string { return strconv.Quote(e.field) + " " + e.problem }

// message is the text as Descope words it.
func (e *fieldError) message() string { return "The " + e.field + " field " + e.problem }

func isListOf(raw json.RawMessage, first byte) bool {
	if raw[0] != '[' {
		return false
	}
	for _, item := range elements(raw) {
		if item[0] != first {
			return false
		}
	}
	return true
}

func quotedList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = strconv.Quote(item)
	}
	return strings.Join(quoted, ", ")
}

// split checks an object against a table: known holds the checked members
// without nulls, unknown those that the table does not name, nulls included.
func split(fields []field, from object) (known, unknown object, err error) {
	known, unknown = object{}, object{}
	for _, key := range from.sortedKeys() {
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		switch {
		case at < 0:
			unknown[key] = from[key]
		case isNull(from[key]):
		default:
			if known[key], err = fields[at].check(from[key]); err != nil {
				return nil, nil, err
			}
		}
	}
	return known, unknown, nil
}

func hasField(fields []field, name string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.name == name })
}
