package config

import (
	"cmp"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// origin is the file that names a template or a flow's file, which are found from
// its folder.
type origin struct{ file, folder string }

// findTemplateAt is the template of a name, as the file at the origin knows it.
func (l *loader) findTemplateAt(at origin, name text) (flow.Template, bool) {
	here := origin{l.file, l.folder}
	defer func() { l.file, l.folder = here.file, here.folder }()
	l.file, l.folder = at.file, at.folder
	return l.findTemplate(name)
}

// given lists what the entry itself says about the flow, sorted by path.
func (raw *rawFlow) given() []resource.DesiredField {
	var fields []resource.DesiredField
	add := func(field, key string, value resource.Value, at resource.Position, secret bool) {
		fields = append(fields, resource.DesiredField{Path: resource.Path{Field: field, Key: key}, Value: value, Source: at, Secret: secret})
	}
	for name, t := range map[string]text{"template": raw.template, "file": raw.file, "name": raw.name} {
		if t.given {
			add(name, "", resource.StringValue(t.value), t.at, t.secret)
		}
	}
	if raw.enabled != nil {
		add("enabled", "", resource.BoolValue(*raw.enabled), raw.enabledAt, false)
	}
	for name, values := range map[string][]flowValue{"config": raw.config, "set": raw.set} {
		for _, v := range values {
			if v.given {
				add(name, v.name, v.value, v.from, v.secret)
			}
		}
	}
	for _, r := range raw.references {
		add("references."+r.kind, r.name, resource.StringValue(r.id.value), r.id.at, false)
	}
	slices.SortFunc(fields, func(a, b resource.DesiredField) int { return cmp.Compare(a.Path.String(), b.Path.String()) })
	return fields
}

// manages reports whether an entry says something at a path, or under a field.
func (raw *rawFlow) manages() func(resource.Path) bool {
	named := paths{}
	for _, field := range raw.given() {
		named[field.Path], named[resource.Path{Field: field.Path.Field}] = true, true
	}
	named[resource.Path{Field: "references"}] = len(raw.references) > 0
	return func(path resource.Path) bool { return named[path] }
}

// nulled is the set of what an overlay's entry unmanages.
func (raw *rawFlow) nulled() paths {
	named := paths{}
	for _, n := range raw.nulls {
		named[n.path] = true
	}
	if named[resource.Path{Field: "references"}] {
		named[resource.Path{Field: "references.connectors"}], named[resource.Path{Field: "references.roles"}] = true, true
	}
	return named
}

// layFlow is the raw form of a base entry, whose id is known, with an overlay's entry
// laid over it. Neither of the two is changed. A template and a file replace each
// other; a file has no use for the parameters of a template.
func layFlow(base, over *rawFlow) *rawFlow {
	laid := *base
	laid.at, laid.useless, laid.findings, laid.known = over.at, over.useless, nil, base.findings
	laid.hasID = true
	if over.id.given && over.id.value != base.id.value {
		laid.id, laid.borrows = over.id, false
	}
	if over.hasState {
		laid.absent, laid.hasState, laid.stateAt = over.absent, true, over.stateAt
	}
	if over.hasProtect {
		laid.protect, laid.hasProtect, laid.protectAt = over.protect, true, over.protectAt
	}
	gone := over.nulled()
	if over.name.given || gone[resource.Path{Field: "name"}] {
		laid.name = over.name
	}
	if over.enabled != nil || gone[resource.Path{Field: "enabled"}] {
		laid.enabled, laid.enabledAt = over.enabled, over.enabledAt
	}
	below := *base
	if source, replaced := laid.laySource(over); replaced {
		below.config, below.set, below.references = movedTo(source, base.config), movedTo(source, base.set), slices.Clone(base.references)
		for i := range below.references {
			below.references[i].key = source
		}
		laid.configAt, laid.known = source, nil
	}
	if !laid.template.given || gone[resource.Path{Field: "config"}] {
		below.config, laid.hasConfig = nil, false
	}
	if over.hasConfig {
		laid.hasConfig, laid.configAt = true, over.configAt
	}
	laid.config = layValues("config", below.config, over.config, gone)
	laid.set = layValues("set", below.set, over.set, gone)
	laid.references = layReferencesOver(below.references, over.references, gone)
	laid.variables = base.variables || over.variables
	return &laid
}

// laySource takes the overlay's template or file, and returns its place.
func (raw *rawFlow) laySource(over *rawFlow) (at resource.Position, replaced bool) {
	switch {
	case over.template.given:
		raw.template, raw.file, raw.origin = over.template, text{}, over.origin
		return over.template.at, true
	case over.file.given:
		raw.template, raw.file, raw.origin = text{}, over.file, over.origin
		return over.file.at, true
	default:
		return resource.Position{}, false
	}
}

// movedTo lets messages about values show the template or file of the overlay, which
// they do not fit; where the values stand is kept.
func movedTo(at resource.Position, values []flowValue) []flowValue {
	moved := slices.Clone(values)
	for i := range moved {
		moved[i].at, moved[i].key, moved[i].items = at, at, nil
	}
	return moved
}

// layValues lays the members of config or set.
func layValues(field string, base, over []flowValue, gone paths) []flowValue {
	own := map[string]bool{}
	for _, v := range over {
		own[v.name] = true
	}
	var laid []flowValue
	for _, v := range base {
		if !own[v.name] && !gone.has(resource.Path{Field: field, Key: v.name}) {
			laid = append(laid, v)
		}
	}
	return append(laid, over...)
}

func layReferencesOver(base, over []flowReference, gone paths) []flowReference {
	own := paths{}
	path := func(r flowReference) resource.Path { return resource.Path{Field: "references." + r.kind, Key: r.name} }
	for _, r := range over {
		own[path(r)] = true
	}
	var laid []flowReference
	for _, r := range base {
		if !own[path(r)] && !gone.has(path(r)) {
			laid = append(laid, r)
		}
	}
	return append(laid, over...)
}
