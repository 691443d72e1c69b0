package flow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Manifest describes a user's own template beside the flow that it fills.
type Manifest struct {
	Name        string // of letters, digits, - and _
	Version     string
	Title       string // "" for the flow's own name
	Description string
	Parameters  []ManifestParameter
}

// ManifestParameter is a parameter with the paths that it fills, in the form that
// [Set] takes.
type ManifestParameter struct {
	Parameter
	Set []string
}

var (
	templateName  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	parameterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
)

// NewTemplate makes a template of an exported flow. All that is wrong is returned at
// once: a parameter without a good name or type, a default or an example that the
// parameter itself would refuse, a path that leads to nothing or several things, two
// parameters that fill one value, and errors of the flow itself. The template is not
// to be used then.
func NewTemplate(m Manifest, d Document) (Template, []ParameterError) {
	base, _ := d.ToExport()
	t := Template{Name: m.Name, Version: m.Version, Title: m.Title, Description: m.Description, Custom: true}
	if t.Title == "" {
		t.Title = base.Name()
	}
	var wrong []ParameterError
	whole := func(problem string) { wrong = append(wrong, ParameterError{Item: -1, Problem: problem}) }
	if !templateName.MatchString(m.Name) {
		whole("the template's name may hold letters, digits, - and _ only")
	}
	for _, finding := range Check(base) {
		if finding.Severity == SeverityError {
			whole("the flow is not right: " + finding.Message)
		}
	}
	paths := map[string][]string{}
	for _, p := range m.Parameters {
		if _, twice := paths[p.Name]; twice {
			wrong = append(wrong, ParameterError{Name: p.Name, Item: -1, Problem: "stands twice"})
			continue
		}
		wrong = append(wrong, p.checkSchema(base)...)
		paths[p.Name] = slices.Clone(p.Set)
		t.Parameters = append(t.Parameters, p.Parameter)
	}
	t.build = func(a arguments) (Document, error) { return fill(base, paths, a) }
	if len(wrong) == 0 {
		if _, err := fill(base, paths, samples(t.Parameters)); err != nil {
			whole(err.Error())
		}
	}
	return t, wrong
}

// fill sets the values of the parameters; the paths of one must not meet those of another.
func fill(d Document, paths map[string][]string, a arguments) (Document, error) {
	values := map[string]resource.Value{}
	for _, name := range sortedKeys(a) {
		for _, path := range paths[name] {
			if _, twice := values[path]; twice {
				return Document{}, &SettingError{Path: path, Reason: "it is filled twice"}
			}
			values[path] = a[name]
		}
	}
	return Set(d, values)
}

// samples is a value for each parameter.
func samples(list []Parameter) arguments {
	a := arguments{}
	for _, p := range list {
		a[p.Name] = str("")
	}
	return a
}

// checkSchema judges one parameter of a manifest.
func (p ManifestParameter) checkSchema(d Document) []ParameterError {
	var found []ParameterError
	say := func(problem, allowed string) {
		found = append(found, ParameterError{Name: p.Name, Item: -1, Problem: problem, Allowed: allowed})
	}
	if !parameterName.MatchString(p.Name) {
		say("has a name that is not allowed", "a name begins with a letter and holds letters, digits and _")
	}
	if !slices.Contains(ParameterTypes(), string(p.Type)) {
		say("has no type that is known", "types are "+listed(ParameterTypes()))
		return found
	}
	if p.Type != ParameterInteger && (p.Minimum != nil || p.Maximum != nil) {
		say("has a range, which only an integer has", "")
	}
	if p.Minimum != nil && p.Maximum != nil && *p.Minimum > *p.Maximum {
		say("has a minimum above its maximum", "")
	}
	if len(p.Enum) > 0 && p.Type != ParameterString && p.Type != ParameterList {
		say("has an enum, which only a string and a list have", "")
	}
	if p.MinItems < 0 || p.MinItems > 0 && p.Type != ParameterList {
		say("has min_items, which only a list has", "")
	}
	for what, value := range map[string]resource.Value{"a default": p.Default, "an example": p.Example} {
		if !value.IsAbsent() && len(p.check(value)) > 0 {
			say("has "+what+" that it does not allow itself", p.Allowed())
		}
	}
	slices.SortFunc(found, func(a, b ParameterError) int { return strings.Compare(a.Problem, b.Problem) })
	return append(found, p.checkPaths(d)...)
}

func (p ManifestParameter) checkPaths(d Document) []ParameterError {
	if len(p.Set) == 0 {
		return []ParameterError{{Name: p.Name, Item: -1, Problem: "fills nothing", Allowed: "name the path of a value under set"}}
	}
	var found []ParameterError
	for _, path := range p.Set {
		if _, err := Set(d, map[string]resource.Value{path: str("")}); err != nil {
			found = append(found, ParameterError{Name: p.Name, Item: -1, Problem: fmt.Sprintf("fills nothing: %v", err)})
		}
	}
	return found
}
