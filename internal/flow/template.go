package flow

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Template is a flow that is made from parameters. It is immutable and safe for
// concurrent use. Ours come from [Templates], a user's own from [NewTemplate].
type Template struct {
	Name        string      `json:"name"`
	Version     string      `json:"version"` // changes whenever the same parameters make another flow
	Title       string      `json:"title"`   // also the flow's name, where nothing else names it
	Description string      `json:"description,omitempty"`
	Parameters  []Parameter `json:"parameters"`       // in the order in which people meet them
	Custom      bool        `json:"custom,omitempty"` // a user's own

	build func(arguments) (Document, error)
}

// arguments are the checked values of all parameters that have one.
type arguments map[string]resource.Value

func (a arguments) flag(name string) bool { return a[name] == resource.BoolValue(true) }

func (a arguments) list(name string) []string {
	items, _ := a[name].AsStrings()
	return items
}

// Templates lists our own templates, sorted by name.
func Templates() []Template {
	templates := []Template{magicLinkTemplate(), mfaLoginTemplate(), signUpOrInTemplate(), socialLoginTemplate()}
	slices.SortFunc(templates, func(a, b Template) int { return cmp.Compare(a.Name, b.Name) })
	return templates
}

// FindTemplate is our own template of that name.
func FindTemplate(name string) (Template, bool) {
	for _, t := range Templates() {
		if t.Name == name {
			return t, true
		}
	}
	return Template{}, false
}

// Render makes the flow: a management export whose id is the template's name. The
// same template and parameters always give the same document, and the order of a
// list with allowed items has no meaning. What is wrong with the parameters is
// returned all at once, in the order of the parameters, unknown ones last; the
// document is not to be used then.
func Render(t Template, parameters map[string]resource.Value) (Document, []ParameterError) {
	given := arguments{}
	var wrong []ParameterError
	for _, p := range t.Parameters {
		value, found := parameters[p.Name]
		switch {
		case found && !value.IsAbsent():
			wrong = append(wrong, p.check(value)...)
			given[p.Name] = p.inOrder(value)
		case p.Default.IsAbsent():
			wrong = append(wrong, ParameterError{Name: p.Name, Item: -1, Problem: "must be given", Allowed: p.Allowed()})
		default:
			given[p.Name] = p.inOrder(p.Default)
		}
	}
	wrong = append(wrong, t.unknown(parameters)...)
	if len(wrong) > 0 {
		return Document{}, wrong
	}
	d, err := t.build(given)
	if err != nil { // a template's own fault, which NewTemplate looks for
		return Document{}, []ParameterError{{Item: -1, Problem: err.Error()}}
	}
	return d.WithID(t.Name), nil
}

// unknown are the parameters that the template does not have.
func (t Template) unknown(parameters map[string]resource.Value) []ParameterError {
	var names []string
	for _, p := range t.Parameters {
		names = append(names, p.Name)
	}
	var wrong []ParameterError
	for _, name := range sortedKeys(parameters) {
		if slices.Contains(names, name) || parameters[name].IsAbsent() {
			continue
		}
		allowed := "there are no parameters"
		if len(names) > 0 {
			allowed = "its parameters are " + listed(names)
		}
		wrong = append(wrong, ParameterError{
			Name: name, Item: -1, Problem: fmt.Sprintf("is no parameter of the template %s", t.Name),
			Allowed: allowed, Suggestion: resource.Closest(name, names),
		})
	}
	return wrong
}
