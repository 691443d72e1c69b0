package live

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// deepest is how far a shape goes into an answer: what lies deeper is the
// document of a flow, and says nothing about the service.
const deepest = 4

// shapeOf is JSON with a word in the place of each value.
func shapeOf(body []byte) json.RawMessage {
	value, err := parse(body)
	if err != nil {
		return json.RawMessage(`"no JSON"`)
	}
	text, err := encode(shape(value, 0))
	if err != nil {
		return json.RawMessage(`"no JSON"`)
	}
	return text
}

func shape(value any, depth int) any {
	switch value := value.(type) {
	case map[string]any:
		if depth == deepest {
			return "object"
		}
		members := map[string]any{}
		for key, member := range value {
			members[key] = shape(member, depth+1)
		}
		return members
	case []any:
		if depth == deepest {
			return "list"
		}
		var together any
		for _, item := range value {
			together = join(together, shape(item, depth+1))
		}
		if together == nil {
			return []any{}
		}
		return []any{together}
	case string:
		return "text"
	case bool:
		return "boolean"
	case nil:
		return "null"
	default:
		return "number"
	}
}

// join is the shape of two things that stand for the same: objects have the
// members of both, words stand side by side.
func join(a, b any) any {
	if a == nil {
		return b
	}
	x, isObject := a.(map[string]any)
	y, bothObjects := b.(map[string]any)
	if isObject && bothObjects {
		joined := maps.Clone(x)
		for key, member := range y {
			joined[key] = join(joined[key], member)
		}
		return joined
	}
	list, isList := a.([]any)
	other, bothLists := b.([]any)
	if isList && bothLists {
		switch {
		case len(list) == 0:
			return other
		case len(other) == 0:
			return list
		default:
			return []any{join(list[0], other[0])}
		}
	}
	first, second := word(a), word(b)
	all := append(strings.Split(first, "|"), strings.Split(second, "|")...)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 1 {
		return a
	}
	return strings.Join(all, "|")
}

func word(shape any) string {
	switch shape := shape.(type) {
	case string:
		return shape
	case map[string]any:
		return "object"
	default:
		return "list"
	}
}
