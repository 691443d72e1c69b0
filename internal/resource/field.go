package resource

import (
	"strconv"
	"strings"
)

// Shape says how the values of a field are read, compared and written.
type Shape string

// The shapes that fields have.
const (
	ShapeString Shape = "string"  // one string
	ShapeBool   Shape = "boolean" // true or false
	ShapeInt    Shape = "integer" // a whole number, at least zero
	ShapeSet    Shape = "set"     // strings; order and repetition have no meaning
	ShapeMap    Shape = "map"     // an object that is managed key by key
	ShapeObject Shape = "object"  // an object that is managed as a whole
)

// Zero is the value that the API shows for a field of this shape that nobody
// has set. A live object that lacks the field is read as if it had this value.
// Maps and objects have none.
func (s Shape) Zero() Value {
	switch s {
	case ShapeString:
		return StringValue("")
	case ShapeBool:
		return BoolValue(false)
	case ShapeInt:
		return Value("0")
	case ShapeSet:
		return Value("[]")
	default:
		return Absent
	}
}

// Equal compares two values of this shape; an absent one counts as [Shape.Zero].
func (s Shape) Equal(a, b Value) bool {
	if a == Absent {
		a = s.Zero()
	}
	if b == Absent {
		b = s.Zero()
	}
	if s == ShapeSet {
		return a.EqualSet(b)
	}
	return a.Equal(b)
}

// Canonical writes a set sorted and without repetition, so that equal sets have
// equal texts. Values of other shapes stay as they are.
func (s Shape) Canonical(v Value) Value {
	if s != ShapeSet {
		return v
	}
	items, ok := v.AsStrings()
	if !ok || isStrictlySorted(items) {
		return v
	}
	return StringsValue(sortedUnique(items))
}

func isStrictlySorted(items []string) bool {
	for i := 1; i < len(items); i++ {
		if items[i-1] >= items[i] {
			return false
		}
	}
	return true
}

// Call names the API call that writes a field.
type Call string

// The calls that a tenant's fields are written with.
const (
	CallTenant       Call = "tenant"        // create, patch or update
	CallSettings     Call = "settings"      // tenant/settings, full replacement
	CallDefaultRoles Call = "default_roles" // tenant/updateDefaultRoles
)

// Field is one managed key of a kind: its name in configuration and plans, its
// name on the wire, and how it is compared, written and explained.
type Field struct {
	Name        string   // key in configuration, first part of a path in plans
	Wire        string   // key in the API's JSON
	Shape       Shape    //
	Call        Call     // the call that writes it
	CreateOnly  bool     // can be set at creation only; a difference later is blocked
	Enum        []string // allowed strings; nil when free
	Title       string   // for editors, a few words
	Description string   // for editors and the reference, whole sentences
	Example     string   // one value as YAML flow text
}

// Path names one managed value of an object: a field, or one key inside a map field.
type Path struct {
	Field string
	Key   string // only for map fields
}

// String is "field", "field.key", or `field["key"]` where the key is not a
// plain word, as plans show it.
func (p Path) String() string {
	if p.Key == "" {
		return p.Field
	}
	if IsPlainWord(p.Key) {
		return p.Field + "." + p.Key
	}
	return p.Field + "[" + strconv.Quote(p.Key) + "]"
}

// IsPlainWord reports whether a key needs no quotes in a path: it has only letters
// and digits of ASCII, underscores and hyphens, and is not empty.
func IsPlainWord(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// FindField returns the field of that configuration name.
func FindField(fields []Field, name string) (Field, bool) {
	for i := range fields {
		if fields[i].Name == name {
			return fields[i], true
		}
	}
	return Field{}, false
}
