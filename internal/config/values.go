package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// text is one string value: after substitution, and as the file has it. Only
// the latter may be quoted in messages.
type text struct {
	value  string
	source string
	at     resource.Position
	given  bool // false when there is none, or it could not be read
	secret bool // it is marked as one; source does not show it then
}

// wrongType reports a value of another kind than the wanted one. Kinds that
// were refused before are not reported again.
func (l *loader) wrongType(n *yaml.Node, what, wanted, suggestion string) {
	found := kindOf(n)
	switch found {
	case kindBad:
		return
	case kindNull:
		l.errorAt(n, codeNull, what+" is null", "write a value, or drop the key or item")
	default:
		l.errorAt(n, codeType, fmt.Sprintf("%s must be %s, not %s", what, wanted, found.noun()), suggestion)
	}
}

// text reads a string and substitutes its variables.
func (l *loader) text(n *yaml.Node, what string) text {
	raw, ok := l.rawText(n, what)
	if !ok {
		return text{}
	}
	value, ok := l.substitute(n, raw)
	if isSecret(n) {
		return text{value: value, source: resource.Redacted, at: l.position(n), given: ok && l.keepSecret(n, value), secret: true}
	}
	return text{value: value, source: raw, at: l.position(n), given: ok}
}

// rawText reads a string as it stands.
func (l *loader) rawText(n *yaml.Node, what string) (raw string, ok bool) {
	if n.Kind != yaml.ScalarNode {
		l.wrongType(n, what, "text", "")
		return "", false
	}
	value := readScalar(n)
	if value.kind != kindText {
		l.wrongType(n, what, "text", "put it in quotes"+shownAfter(": ", n))
		return "", false
	}
	return value.text, l.admits(n)
}

// word reads a string that must be one of a list.
func (l *loader) word(n *yaml.Node, what string, allowed []string) (value string, ok bool) {
	read := l.text(n, what)
	if !read.given {
		return "", false
	}
	if !slices.Contains(allowed, read.value) {
		l.errorAt(n, codeValue, fmt.Sprintf("%s cannot be %s", what, show(read.source)), didYouMean(read.source, allowed, "allowed"))
		return "", false
	}
	return read.value, true
}

// flag reads true or false.
func (l *loader) flag(n *yaml.Node, what string) (value, ok bool) {
	if !l.admits(n) {
		return false, false
	}
	if n.Kind == yaml.ScalarNode {
		read := readScalar(n)
		if read.kind == kindBool {
			return read.text == "true", true
		}
		suggestion := "write true or false without quotes"
		if read.kind == kindText && strings.Contains(read.text, "${") {
			suggestion = "write true or false; the value of a variable is always text"
		}
		l.wrongType(n, what, "true or false", suggestion)
		return false, false
	}
	l.wrongType(n, what, "true or false", "")
	return false, false
}

// wholeNumber reads an integer between low and high.
func (l *loader) wholeNumber(n *yaml.Node, what string, low, high int64) (value int64, ok bool) {
	if !l.admits(n) {
		return 0, false
	}
	if n.Kind != yaml.ScalarNode || readScalar(n).kind != kindNumber {
		l.wrongType(n, what, "a whole number", "")
		return 0, false
	}
	number := readScalar(n).text
	value, err := strconv.ParseInt(number, 10, 64)
	if err != nil || value < low || value > high {
		l.errorAt(n, codeValue, fmt.Sprintf("%s must be a whole number from %d to %d%s", what, low, high, shownAfter(", not ", n)), "")
		return 0, false
	}
	return value, !isSecret(n) || l.keepSecret(n, number)
}

// texts reads a list of strings. The strings that could be read are returned;
// ok is false when there is no list at all.
func (l *loader) texts(n *yaml.Node, what string) (items []text, ok bool) {
	if n.Kind != yaml.SequenceNode {
		suggestion := ""
		if kindOf(n) == kindText {
			suggestion = "write it in brackets" + shownAfter(": [", n)
			if !isSecret(n) {
				suggestion += "]"
			}
		}
		l.wrongType(n, what, "a list", suggestion)
		return nil, false
	}
	items = make([]text, 0, len(n.Content))
	for _, child := range n.Content {
		if read := l.text(dealias(child), "an item of "+what); read.given {
			items = append(items, read)
		}
	}
	return items, true
}

// set turns strings into a sorted list without repetition, and warns of repetitions.
func (l *loader) set(items []text, what string) []string {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b text) int { return cmp.Compare(a.value, b.value) })
	values := make([]string, 0, len(sorted))
	for i, item := range sorted {
		if i > 0 && item.value == sorted[i-1].value {
			l.reportAt(item.at, SeverityWarning, codeRepeated, fmt.Sprintf("%s stands twice in %s", show(item.source), what), "drop one of the two")
			continue
		}
		values = append(values, item.value)
	}
	return values
}

// any reads any value but null, however nested, as exact JSON. Odd-looking
// scalars get a warning, because nothing else says which type is meant.
func (l *loader) any(n *yaml.Node, what string) (resource.Value, bool) {
	switch n.Kind {
	case yaml.SequenceNode:
		return l.list(n, what, l.any)
	case yaml.MappingNode:
		members, good := l.members(n, what)
		values := make(map[string]resource.Value, len(members))
		for _, m := range members {
			value, ok := l.any(m.value, show(m.name)+" in "+what)
			good = good && ok
			values[m.name] = value
		}
		return resource.ObjectValue(values), good
	default:
		return l.scalar(n, what)
	}
}

// list reads a list item by item; one bad item makes the whole unusable, and
// all bad items are reported.
func (l *loader) list(n *yaml.Node, what string, item func(*yaml.Node, string) (resource.Value, bool)) (resource.Value, bool) {
	out, good := []byte{'['}, true
	for i, child := range n.Content {
		value, ok := item(dealias(child), "an item of "+what)
		good = good && ok
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, value...)
	}
	if !good {
		return resource.Absent, false
	}
	return resource.Value(append(out, ']')), true
}

// scalar reads text, a number or a boolean as exact JSON.
func (l *loader) scalar(n *yaml.Node, what string) (resource.Value, bool) {
	read := readScalar(n)
	if read.odd != "" {
		l.warnAt(n, codeAmbiguous, n.Value+" "+read.odd, "")
	}
	switch read.kind {
	case kindText:
		value := l.text(n, what)
		return resource.StringValue(value.value), value.given
	case kindNumber, kindBool:
		if isSecret(n) {
			return resource.Value(read.text), l.admits(n) && l.keepSecret(n, read.text)
		}
		return resource.Value(read.text), true
	default:
		l.wrongType(n, what, "text, a number, or true or false", "")
		return resource.Absent, false
	}
}
