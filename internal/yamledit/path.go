package yamledit

import (
	"slices"
	"strconv"
	"strings"
)

// Path names one value of a file: first the document (0 for the only one), then
// keys of mappings and places in lists. Paths stay good over all edits but the
// removal of an earlier item of a list.
type Path []Step

// Step is one step of a path: a key of a mapping, or a place in a list.
type Step struct {
	key   string
	index int
	isKey bool
}

// Document is the path of a whole document, counted from 0.
func Document(index int) Path { return Path{{index: index}} }

// Key goes on to the value under each of the keys, one inside of the other.
func (p Path) Key(names ...string) Path {
	longer := slices.Clip(p)
	for _, name := range names {
		longer = append(longer, Step{key: name, isKey: true})
	}
	return longer
}

// Item goes on to one item of a list, counted from 0.
func (p Path) Item(index int) Path { return append(slices.Clip(p), Step{index: index}) }

// Parent is the path without its last step.
func (p Path) Parent() Path { return p[:max(0, len(p)-1)] }

// Last is the key of the last step; empty where that is none.
func (p Path) Last() string {
	if len(p) == 0 {
		return ""
	}
	return p[len(p)-1].key
}

// String is the path as people read it: tenants[2].name.
func (p Path) String() string {
	var out strings.Builder
	for i, step := range p {
		switch {
		case i == 0:
		case !step.isKey:
			out.WriteString("[" + strconv.Itoa(step.index) + "]")
		case isPlainText(step.key, true):
			if out.Len() > 0 {
				out.WriteByte('.')
			}
			out.WriteString(step.key)
		default:
			out.WriteString("[" + strconv.Quote(step.key) + "]")
		}
	}
	return out.String()
}
