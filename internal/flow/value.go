package flow

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// text is the text of a JSON string, and "" for anything else.
func text(v resource.Value) string {
	s, _ := v.AsString()
	return s
}

func isObject(v resource.Value) bool { return strings.HasPrefix(string(v), "{") }
func isArray(v resource.Value) bool  { return strings.HasPrefix(string(v), "[") }

// typeName is the JSON type of a value, for messages.
func typeName(v resource.Value) string {
	switch {
	case v.IsAbsent():
		return "nothing"
	case isObject(v):
		return "an object"
	case isArray(v):
		return "an array"
	case v[0] == '"':
		return "a string"
	case v == "true" || v == "false":
		return "a boolean"
	case v == "null":
		return "null"
	default:
		return "a number"
	}
}

// items are the items of a canonical JSON array; none for anything else.
func items(v resource.Value) []resource.Value {
	if !isArray(v) || len(v) < 3 {
		return nil
	}
	var list []resource.Value
	depth, start := 0, 1
	for i := 1; i < len(v)-1; i++ {
		switch v[i] {
		case '"':
			i = stringEnd(v, i)
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				list = append(list, v[start:i])
				start = i + 1
			}
		}
	}
	return append(list, v[start:len(v)-1])
}

// stringEnd is the index of the quote that closes the string at start.
func stringEnd(v resource.Value, start int) int {
	for i := start + 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(v)
}

// arrayValue is a JSON array of canonical items.
func arrayValue(list []resource.Value) resource.Value {
	size := len("[]")
	for _, item := range list {
		size += len(item) + len(",")
	}
	var out strings.Builder
	out.Grow(size)
	out.WriteByte('[')
	for i, item := range list {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(string(item))
	}
	out.WriteByte(']')
	return resource.Value(out.String())
}

// sortedKeys are the keys of an object in order.
func sortedKeys[V any](members map[string]V) []string {
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// withValue lays a value at a path of object keys over v; objects on the way are
// made where there are none, and an absent value removes the last key.
func withValue(v resource.Value, path []string, value resource.Value) resource.Value {
	if len(path) == 0 {
		return value
	}
	members, ok := v.AsObject()
	if !ok {
		members = map[string]resource.Value{}
	}
	members[path[0]] = withValue(members[path[0]], path[1:], value)
	return resource.ObjectValue(members)
}

// withItem is an array with one item replaced.
func withItem(v resource.Value, index int, item resource.Value) resource.Value {
	list := items(v)
	list[index] = item
	return arrayValue(list)
}
