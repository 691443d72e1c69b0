package config

import (
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Effective is what the configuration says for one environment, or without one.
type Effective struct {
	Environment string // empty for none
	ProjectID   string // empty where it is not known
	Protected   bool
	// Settings are the top-level keys in the order of the reference. Written as a
	// document they are a configuration that says the same.
	Settings []Setting
}

// Setting is one key of the effective configuration, or one entry of a list. It
// is a value, a mapping, or a list of entries.
type Setting struct {
	Key     string         // empty for an entry of a list
	Value   resource.Value // absent for a mapping and for a list of entries
	Members []Setting      // of a mapping, in the order of the reference
	Entries []Setting      // of a list of entries; nil for everything else
	// Address is what an entry of tenants or flows is about; empty for other things.
	Address resource.Address
	// Reference says that the value is text with ${NAME} in it that stands for a
	// variable. In every other text ${ stands for itself.
	Reference bool
	// Secret says that the value is marked with !secret; Value is [resource.Redacted].
	Secret bool
	Origin Origin
}

// Origin is where a value comes from: a place in a file, or a DESCOPE_*
// variable that fills what the files leave out. Both are empty for what no place
// gives, such as the protection of an environment by its name.
type Origin struct {
	Position resource.Position
	Variable string
}

// String is "file:line:column", the variable's name, or nothing.
func (o Origin) String() string {
	if o.Position.IsZero() {
		return o.Variable
	}
	return o.Position.String()
}

// Effective is what holds in the environment that the selection names, by its
// field or by DESCOPE_ENVIRONMENT; without one it is what stands outside of
// environments, and these as they are. Of the selection only Environment and
// Lookup count. Keys are never in it: they are shown as the variables that hold
// them. A project id or base URL whose variable is not set is shown as it stands.
// The error is a [*SelectionError].
func (c *Config) Effective(sel Selection) (Effective, error) {
	if sel.Lookup == nil {
		sel.Lookup = func(string) (string, bool) { return "", false }
	}
	r := &resolver{cfg: c, sel: Selection{Environment: sel.Environment, Lookup: sel.Lookup, Reading: true}}
	if r.sel.Environment != "" || r.variable(environmentVariable) != "" {
		if err := r.selectEnvironment(); err != nil {
			return Effective{}, err
		}
	}
	effective := Effective{}
	effective.ProjectID = r.knownProject()
	top := &mapping{}
	top.text("version", supportedVersion, resource.Position{})
	if r.own == nil {
		top.mapping("auth", r.access())
		top.mapping("environments", c.shownEnvironments(sel.Lookup))
	} else {
		effective.Environment, effective.Protected = r.own.name, r.own.isProtected()
		if effective.ProjectID != "" {
			effective.Protected, _ = r.protection(effective.ProjectID)
		}
		own := &mapping{members: []Setting{{Key: r.own.name, Members: r.ownSettings(effective.Protected)}}}
		top.mapping("environments", own)
	}
	c.showBody(top, effective.Environment)
	effective.Settings = top.members
	return effective, nil
}

// mapping gathers the members of a mapping.
type mapping struct{ members []Setting }

func (m *mapping) add(key string, value resource.Value, at resource.Position) {
	m.members = append(m.members, Setting{Key: key, Value: value, Origin: Origin{Position: at}})
}

// value adds a value, or that it is secret.
func (m *mapping) value(key string, value resource.Value, secret bool, at resource.Position) {
	if secret {
		value = resource.StringValue(resource.Redacted)
	}
	m.add(key, value, at)
	m.members[len(m.members)-1].Secret = secret
}

func (m *mapping) text(key, value string, at resource.Position) {
	m.add(key, resource.StringValue(value), at)
}

// mapping adds a mapping that has members.
func (m *mapping) mapping(key string, inner *mapping) {
	if len(inner.members) > 0 {
		m.members = append(m.members, Setting{Key: key, Members: inner.members})
	}
}

// list adds a list of entries, also an empty one.
func (m *mapping) list(key string, entries []Setting) {
	m.members = append(m.members, Setting{Key: key, Entries: append([]Setting{}, entries...)})
}

// access is how commands sign in at the resolver's environment, or without one:
// own values, DESCOPE_* variables and auth, in this order.
func (r *resolver) access() *mapping {
	m := &mapping{}
	writing := &resolver{cfg: r.cfg, sel: Selection{Lookup: r.sel.Lookup}, own: r.own}
	base := candidate{auth: r.cfg.auth.baseURL, variable: baseURLVariable}
	if r.own != nil {
		base.own = r.own.baseURL
	}
	r.show(m, "project_id", r.projectCandidate(r.own))
	if a, _ := writing.holder(); a == nil || !r.showKeyPlace(m, a) {
		r.show(m, "management_key", writing.keyCandidate())
	}
	if read := r.readKey(); read.isSet() {
		m.reference("read_key", read)
	}
	r.show(m, "base_url", base)
	return m
}

// show adds what wins of a candidate's places.
func (r *resolver) show(m *mapping, key string, c candidate) {
	won := c.auth
	switch variable := r.variable(c.variable); {
	case c.own.isSet():
		won = c.own
	case variable != "":
		one := Setting{Key: key, Value: resource.StringValue(r.withoutKeys(variable)), Origin: Origin{Variable: c.variable}}
		if c.secret {
			one.Value, one.Reference = resource.StringValue("${"+c.variable+"}"), true
		}
		m.members = append(m.members, one)
		return
	case !won.isSet():
		return
	}
	r.showSetting(m, key, won, c.secret)
}

// showKeyPlace adds the file or the program that gives a block's key, and reports
// whether it has one of them.
func (r *resolver) showKeyPlace(m *mapping, a *access) bool {
	switch {
	case a.managementKey.isSet():
		return false
	case a.keyFile.isSet():
		if path, _ := a.keyFile.path(r.sel.Lookup, r.cfg.home); path != "" {
			m.text("management_key_file", r.withoutKeys(path), a.keyFile.at)
		} else {
			m.reference("management_key_file", a.keyFile.setting)
		}
	case a.keyCommand.isSet():
		m.add("management_key_command", resource.StringsValue(a.keyCommand.argv), a.keyCommand.at)
	default:
		return false
	}
	return true
}

// showSetting adds the value of a setting, or its template where the value is
// secret or not known.
func (r *resolver) showSetting(m *mapping, key string, s setting, secret bool) {
	value, missing := expand(s.template, r.sel.Lookup)
	if secret || len(missing) > 0 || value == "" {
		m.reference(key, s)
		return
	}
	m.text(key, r.withoutKeys(value), s.at)
}

// reference adds a setting as it stands in the file.
func (m *mapping) reference(key string, s setting) {
	m.text(key, templateText(s.template), s.at)
	m.members[len(m.members)-1].Reference = true
}

// withoutKeys is a value, unless it is a key that was given in the wrong place.
func (r *resolver) withoutKeys(value string) string {
	if r.isKey(value) {
		return resource.Redacted
	}
	return value
}

// templateText writes a template as it stands in a file.
func templateText(segments []segment) string {
	var out strings.Builder
	for _, part := range segments {
		switch {
		case part.name == "":
			out.WriteString(strings.ReplaceAll(part.literal, "${", "$${"))
		case part.hasFallback:
			out.WriteString("${" + part.name + ":-" + part.fallback + "}")
		default:
			out.WriteString("${" + part.name + "}")
		}
	}
	return out.String()
}

// ownSettings are the members of the resolver's environment with everything
// that it takes from elsewhere.
func (r *resolver) ownSettings(protected bool) []Setting {
	m, path := r.access(), "environments."+r.own.name
	switch {
	case r.own.protected != nil:
		m.add("protected", resource.BoolValue(*r.own.protected), r.cfg.given[path+".protected"])
	case protected:
		m.add("protected", resource.BoolValue(true), resource.Position{})
	}
	if r.own.order != nil {
		m.add("order", wholeValue(*r.own.order), r.cfg.given[path+".order"])
	}
	return m.members
}

// shownEnvironments are all environments as they stand in the files.
func (c *Config) shownEnvironments(lookup func(string) (string, bool)) *mapping {
	all := &mapping{}
	for _, env := range c.environments {
		m, path := &mapping{}, "environments."+env.name
		r := &resolver{cfg: c, sel: Selection{Lookup: lookup}, own: env}
		for _, one := range []struct {
			key    string
			value  setting
			secret bool
		}{
			{"project_id", env.projectID, false},
			{"management_key", env.managementKey, true},
			{"management_key_file", env.keyFile.setting, true},
			{"read_key", env.readKey, true},
			{"base_url", env.baseURL, false},
		} {
			switch {
			case one.key == "management_key_file":
				r.showKeyPlace(m, &env.access)
			case one.value.isSet():
				r.showSetting(m, one.key, one.value, one.secret)
			}
		}
		if env.protected != nil {
			m.add("protected", resource.BoolValue(*env.protected), c.given[path+".protected"])
		}
		if env.order != nil {
			m.add("order", wholeValue(*env.order), c.given[path+".order"])
		}
		m.mapping("performance", c.shownPerformance(env.performance, path+".performance", ""))
		all.members = append(all.members, Setting{Key: env.name, Members: m.members})
	}
	return all
}
