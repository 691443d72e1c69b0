package flow

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// isZero reports whether a value says no more than its absence: exports of one
// flow differ in whether they write such values.
func isZero(v resource.Value) bool {
	switch v {
	case resource.Absent, "null", `""`, "false", "[]", "{}":
		return true
	}
	return (v[0] == '-' || v[0] == '0') && v.Equal("0")
}

// unordered are the arrays whose order has no meaning. All others keep theirs:
// the children of a screen's node, the conditions of a task, and whatever
// nobody knew when this was written.
var unordered = map[string]bool{
	"allInputKeys": true, "inputKeys": true, "contextKeys": true, "inputsMetadata": true, // what a screen asks for
	"interactions": true, "sharedInteractions": true, "rules": true, "screens": true, // each has an id
	"atomicConditions": true,                                                                    // all of them must hold
	"oauth":            true, "omitted": true, "userAttributes": true, "tenantAttributes": true, // references
	"targetLanguages": true,
}

// cleaned is a value without what has no meaning: members that are zero, and the
// order of arrays that have none. key is the one under which it stands.
func cleaned(v resource.Value, key string) resource.Value {
	switch {
	case isObject(v):
		return cleanedObject(v, key)
	case isArray(v):
		list := items(v)
		for i, item := range list {
			list[i] = cleaned(item, key)
		}
		if unordered[key] {
			slices.Sort(list)
		}
		return arrayValue(list)
	default:
		return v
	}
}

func cleanedObject(v resource.Value, key string) resource.Value {
	members, _ := v.AsObject()
	for name, value := range members {
		if value = cleaned(value, name); isDropped(key, name, value) {
			delete(members, name)
			continue
		}
		members[name] = value
	}
	// An argument that is given in the flow, but is empty, is not given.
	if len(members) == 1 && members["type"] == `"inline"` {
		return "{}"
	}
	return resource.ObjectValue(members)
}

// isDropped reports whether a cleaned member of an object that stands under a key
// means nothing there.
func isDropped(key, name string, value resource.Value) bool {
	// A predicate compares with its value, so there 0 and false are not "none".
	isOperand := key == "predicate" && name == "value"
	return isZero(value) && (!isOperand || value.IsAbsent() || value == `""` || value == "null")
}

// hasText is a cheap test before a value is walked.
func hasText(v resource.Value, word string) bool { return strings.Contains(string(v), word) }
