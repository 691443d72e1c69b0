package flow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ParameterType is the type of a template's parameter.
type ParameterType string

// The types.
const (
	ParameterBoolean ParameterType = "boolean"
	ParameterInteger ParameterType = "integer" // of 64 bits
	ParameterString  ParameterType = "string"
	ParameterList    ParameterType = "list" // of strings, each once
)

// ParameterTypes lists the types, for messages and schemas.
func ParameterTypes() []string {
	return []string{string(ParameterBoolean), string(ParameterInteger), string(ParameterString), string(ParameterList)}
}

// Parameter is one value that a template leaves open.
type Parameter struct {
	Name        string         `json:"name"`
	Type        ParameterType  `json:"type"`
	Description string         `json:"description,omitempty"`
	Default     resource.Value `json:"default,omitempty"` // absent: the parameter must be given
	Example     resource.Value `json:"example,omitempty"`
	Minimum     *int64         `json:"minimum,omitempty"` // of an integer
	Maximum     *int64         `json:"maximum,omitempty"`
	Enum        []string       `json:"enum,omitempty"`      // of a string, or of each item of a list
	MinItems    int            `json:"min_items,omitempty"` // of a list
}

// ParameterError is a parameter that a template cannot take. Its texts do not
// quote the value, which may come from a variable.
type ParameterError struct {
	Name       string         // of the parameter; "" for the template as a whole
	Item       int            // of a list, from 0; -1 for the parameter as a whole
	Value      resource.Value // that is wrong, or absent
	Problem    string         // what is wrong, such as "is out of range"
	Allowed    string         // what is allowed, or ""
	Suggestion string         // the name or word that was most likely meant, or ""
}

// Error is one sentence without the value.
func (e ParameterError) Error() string {
	sentence := e.Problem
	if e.Name != "" {
		sentence = fmt.Sprintf("the parameter %q %s", e.Name, e.Problem)
	}
	if e.Allowed != "" {
		sentence += "; " + e.Allowed
	}
	return sentence
}

// Fault is the error as documents show it.
func (e ParameterError) Fault() resource.Fault {
	fault := resource.Fault{Code: "flow-parameter", Message: e.Error()}
	if e.Suggestion != "" {
		fault.Hint = resource.Meant(e.Suggestion)
	}
	return fault
}

// Allowed says in words which values the parameter takes.
func (p Parameter) Allowed() string {
	switch p.Type {
	case ParameterBoolean:
		return "it takes true or false"
	case ParameterInteger:
		return "it takes a whole number" + p.span()
	case ParameterList:
		amount := "any of"
		if p.MinItems > 0 {
			amount = "at least " + strconv.Itoa(p.MinItems) + " of"
		}
		if len(p.Enum) == 0 {
			return "it takes a list of text, " + amount + " them"
		}
		return "it takes a list with " + amount + " " + listed(p.Enum)
	default:
		if len(p.Enum) > 0 {
			return "it takes one of " + listed(p.Enum)
		}
		return "it takes text"
	}
}

func (p Parameter) span() string {
	switch {
	case p.Minimum != nil && p.Maximum != nil:
		return fmt.Sprintf(" from %d to %d", *p.Minimum, *p.Maximum)
	case p.Minimum != nil:
		return fmt.Sprintf(" of at least %d", *p.Minimum)
	case p.Maximum != nil:
		return fmt.Sprintf(" of at most %d", *p.Maximum)
	default:
		return ""
	}
}

func (p Parameter) wrong(item int, value resource.Value, problem string) ParameterError {
	return ParameterError{Name: p.Name, Item: item, Value: value, Problem: problem, Allowed: p.Allowed()}
}

// check compares a value with the parameter's schema.
func (p Parameter) check(value resource.Value) []ParameterError {
	switch p.Type {
	case ParameterBoolean:
		if value != "true" && value != "false" {
			return []ParameterError{p.wrong(-1, value, "is of the wrong type")}
		}
	case ParameterInteger:
		number, err := strconv.ParseInt(string(value), 10, 64)
		switch {
		case err != nil && !isInteger(value):
			return []ParameterError{p.wrong(-1, value, "is of the wrong type")}
		case err != nil || p.Minimum != nil && number < *p.Minimum || p.Maximum != nil && number > *p.Maximum:
			return []ParameterError{p.wrong(-1, value, "is out of range")}
		}
	case ParameterList:
		return p.checkList(value)
	default:
		if !isString(value) {
			return []ParameterError{p.wrong(-1, value, "is of the wrong type")}
		}
		return p.checkWord(-1, value, "is not allowed")
	}
	return nil
}

// isInteger also holds for whole numbers of any length.
func isInteger(v resource.Value) bool {
	digits := strings.TrimPrefix(string(v), "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

func (p Parameter) checkWord(item int, value resource.Value, problem string) []ParameterError {
	if len(p.Enum) == 0 || slices.Contains(p.Enum, text(value)) {
		return nil
	}
	e := p.wrong(item, value, problem)
	e.Suggestion = resource.Closest(text(value), p.Enum)
	return []ParameterError{e}
}

func (p Parameter) checkList(value resource.Value) []ParameterError {
	if !isArray(value) {
		return []ParameterError{p.wrong(-1, value, "is of the wrong type")}
	}
	list := items(value)
	seen := map[resource.Value]bool{}
	var wrong []ParameterError
	for i, item := range list {
		switch {
		case !isString(item):
			wrong = append(wrong, p.wrong(i, item, "holds an item of the wrong type"))
		case seen[item]:
			wrong = append(wrong, p.wrong(i, item, "holds an item twice"))
		default:
			wrong = append(wrong, p.checkWord(i, item, "holds an item that is not allowed")...)
		}
		seen[item] = true
	}
	if len(list) < p.MinItems {
		wrong = append(wrong, p.wrong(-1, value, "holds too few items"))
	}
	return wrong
}

// inOrder puts a list into the order of the items that are allowed, because it
// stands for a set.
func (p Parameter) inOrder(value resource.Value) resource.Value {
	if p.Type != ParameterList || len(p.Enum) == 0 {
		return value
	}
	list := items(value)
	slices.SortStableFunc(list, func(a, b resource.Value) int {
		return slices.Index(p.Enum, text(a)) - slices.Index(p.Enum, text(b))
	})
	return arrayValue(list)
}

func listed(words []string) string { return strings.Join(words, ", ") }
