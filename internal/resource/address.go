package resource

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// Kind names one kind of object that the tool manages, in the singular, as it
// stands before the slash of an address.
type Kind string

// The kinds.
const (
	KindTenant Kind = "tenant" // a customer organisation inside a Descope project
	KindFlow   Kind = "flow"   // a login journey of a Descope project
)

// Address names one object inside a project as "kind/id", for example
// "tenant/acme-corp". Addresses sort as strings; all output is in that order.
type Address string

// NewAddress joins a kind and an object's id.
func NewAddress(kind Kind, id string) Address {
	return Address(string(kind) + "/" + id)
}

// Kind is the part before the first slash; empty when there is no slash.
func (a Address) Kind() Kind {
	kind, _, found := strings.Cut(string(a), "/")
	if !found {
		return ""
	}
	return Kind(kind)
}

// ID is the part after the first slash: the object's id as the API knows it.
func (a Address) ID() string {
	_, id, _ := strings.Cut(string(a), "/")
	return id
}

// Check refuses what is no address of an object, or what a line of a record could
// not give back as it was.
func (a Address) Check() error {
	if a.Kind() == "" || a.ID() == "" || !utf8.ValidString(string(a)) {
		return fmt.Errorf("%q is no address of an object", string(a))
	}
	return nil
}

// Glob is a pattern that matches the address and nothing else.
func (a Address) Glob() Glob {
	return Glob(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(string(a)))
}

// Glob is a pattern over addresses or ids in the syntax of [path.Match],
// except that a slash is a character like any other:
// "tenant/acme-*". The zero value matches nothing.
type Glob string

// CheckGlob reports whether the pattern is well formed.
func CheckGlob(pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return nil
}

// slashless makes a slash an ordinary character: ids may hold one, and "*"
// stands for all of it.
var slashless = strings.NewReplacer("/", "\x00")

// Match reports whether the whole of name fits the pattern. A malformed
// pattern matches nothing; refuse it beforehand with [CheckGlob].
func (g Glob) Match(name string) bool {
	matched, err := path.Match(slashless.Replace(string(g)), slashless.Replace(name))
	return err == nil && matched
}

// IsLiteral reports whether the pattern names one thing, and can match nothing else.
func (g Glob) IsLiteral() bool {
	for i := 0; i < len(g); i++ {
		switch g[i] {
		case '*', '?', '[':
			return false
		case '\\':
			i++ // the next character stands for itself
		}
	}
	return true
}

// MatchAny reports whether one of the patterns matches.
func MatchAny(globs []Glob, name string) bool {
	for _, glob := range globs {
		if glob.Match(name) {
			return true
		}
	}
	return false
}

// Position is a place in a configuration file. Line and Column count from 1;
// the column counts characters, not bytes. The zero value means "no place".
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// IsZero reports whether the position names no place.
func (p Position) IsZero() bool { return p == Position{} }

// String is "file:line:column", the form that editors jump to.
func (p Position) String() string {
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
