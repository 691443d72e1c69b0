package yamledit

import (
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// form is how a node is written.
type form uint8

const (
	formPlain form = iota
	formDouble
	formSingle
	formLiteral // a block scalar, folded or not
	formBlock   // a list or mapping by indentation
	formFlow    // a list or mapping in brackets
	formPair    // a mapping of one key in a flow list, without brackets
	formAlias
)

// node is one value of the text with the bytes that it takes. It does not change.
type node struct {
	form  form
	list  bool // formBlock, formFlow: a list, and no mapping
	after int  // where the text after its ":" or "-" begins
	start int  // of its properties, or else of itself
	end   int

	line, column int

	// name is the text of a scalar as the file means it, and of an alias its name.
	name     string
	value    resource.Value // of a scalar; absent for what JSON cannot say
	anchored bool
	tagged   bool
	children []child // of lists and mappings
}

// child is one member of a mapping, or one item of a list.
type child struct {
	key   *node // nil in a list
	value *node
	lead  int // where its text begins: the key, the dash, or the value
	// bare says that the key has no value and no colon, or is written with "?".
	bare bool
}

func (n *node) isScalar() bool { return n.form <= formLiteral }
func (n *node) isCollection() bool {
	return n.form == formBlock || n.form == formFlow || n.form == formPair
}
func (n *node) isMapping() bool { return n.isCollection() && !n.list }
func (n *node) isList() bool    { return n.isCollection() && n.list }
func (n *node) isNull() bool    { return n.isScalar() && n.value == "null" }
func (n *node) isText() bool    { return n.isScalar() && strings.HasPrefix(string(n.value), `"`) }

// isKey reports whether a node, as a key, is the name.
func (n *node) isKey(name string) bool { return n.isScalar() && n.name == name }

// isMerge reports whether a node, as a key, merges a mapping.
func (n *node) isMerge() bool { return n.form == formPlain && n.name == "<<" && !n.tagged }

// find gives the only child under a key; -1 when there is none, and an error when
// there are several.
func (n *node) find(name string) (index int, err error) {
	index = -1
	for i, c := range n.children {
		if c.key == nil || !c.key.isKey(name) {
			continue
		}
		if index >= 0 {
			return -1, refuse(c.key, ReasonDuplicate, "the key %s stands twice, first in line %d", quoted(name), n.children[index].key.line)
		}
		index = i
	}
	return index, nil
}

// same reports whether two nodes say the same. An alias is the same as one of the
// same name: what it leads to is compared where it stands.
func (n *node) same(other *node) bool {
	if n.form == formAlias || other.form == formAlias {
		return n.form == other.form && n.name == other.name
	}
	if n.anchored != other.anchored || n.tagged != other.tagged || n.isScalar() != other.isScalar() {
		return false
	}
	if n.isScalar() {
		return n.value == other.value && (n.value != resource.Absent || n.name == other.name)
	}
	if n.list != other.list || len(n.children) != len(other.children) {
		return false
	}
	for i, c := range n.children {
		o := other.children[i]
		if (c.key == nil) != (o.key == nil) || !c.value.same(o.value) {
			return false
		}
		if c.key != nil && (!c.key.same(o.key) || c.key.name != o.key.name || c.key.isMerge() != o.key.isMerge()) {
			return false
		}
	}
	return true
}

// model is the node as a value, without looking at ${…}.
func (n *node) model() (resource.Value, error) {
	switch {
	case n.form == formAlias:
		return resource.Absent, refuse(n, ReasonAlias, "*%s stands for a value elsewhere", n.name)
	case n.isScalar():
		if n.value == resource.Absent {
			return resource.Absent, refuse(n, ReasonUnsupported, "%s has no value in JSON", quoted(n.name))
		}
		return n.value, nil
	case n.list:
		out := []byte{'['}
		for i, c := range n.children {
			value, err := c.value.model()
			if err != nil {
				return resource.Absent, err
			}
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, value...)
		}
		return resource.Value(append(out, ']')), nil
	default:
		return n.mappingModel()
	}
}

func (n *node) mappingModel() (resource.Value, error) {
	members := make(map[string]resource.Value, len(n.children))
	for _, c := range n.children {
		if c.key.isMerge() {
			return resource.Absent, refuse(c.key, ReasonMerge, "the mapping takes keys over from elsewhere (<<)")
		}
		if _, err := n.find(c.key.name); err != nil {
			return resource.Absent, err
		}
		value, err := c.value.model()
		if err != nil {
			return resource.Absent, err
		}
		members[c.key.name] = value
	}
	return resource.ObjectValue(members), nil
}

// check refuses a node that must not be written over.
func (n *node) check() error {
	if err := n.open(); err != nil {
		return err
	}
	if n.isText() && hasReference(n.name) {
		return refuse(n, ReasonReference, "the value comes from a variable (${…})")
	}
	for _, c := range n.children {
		if c.key != nil && c.key.isMerge() {
			return refuse(c.key, ReasonMerge, "the mapping takes keys over from elsewhere (<<)")
		}
		if c.key != nil && (!c.key.isScalar() || c.key.anchored || c.key.tagged) {
			return refuse(c.key, ReasonUnsupported, "the key is no plain text")
		}
		if err := c.value.check(); err != nil {
			return err
		}
	}
	return nil
}

// hasReference reports whether a text refers to a variable.
func hasReference(text string) bool {
	return strings.Contains(strings.ReplaceAll(text, "$${", ""), "${")
}
