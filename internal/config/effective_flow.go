package config

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

// shownFlows are the entries of flows as they are configured: what a flow is
// made from and what is laid over it, not the document that comes of it.
func (c *Config) shownFlows(environment string) []Setting {
	var shown []Setting
	for e := range effective(c.flows, c.layersOf(environment).flows, environment) {
		parts := entryParts{}
		if e.parts != nil {
			parts = *e.parts
		}
		m := &mapping{}
		if raw := parts.flow; raw != nil {
			raw.showSource(m)
		}
		m.members = append(m.members, e.identity(parts).members...)
		if e.desired.Absent {
			m.text("state", "absent", e.orElse(parts.state))
		} else if raw := parts.flow; raw != nil {
			raw.showValues(m, e.orElse(parts.enabledFrom))
		}
		if e.desired.Protect {
			m.add("protect", resource.BoolValue(true), e.orElse(parts.protect))
		}
		shown = append(shown, Setting{Address: e.desired.Address(), Members: m.members, Origin: Origin{Position: e.desired.Source}})
	}
	return shown
}

func (raw *rawFlow) showSource(m *mapping) {
	if raw.template.given {
		m.text("template", raw.template.value, raw.template.at)
	}
	if raw.file.given {
		m.text("file", raw.file.value, raw.file.at)
	}
}

// showValues adds what is laid over the template or file.
func (raw *rawFlow) showValues(m *mapping, enabledFrom resource.Position) {
	if raw.name.given {
		m.value("name", resource.StringValue(raw.name.value), raw.name.secret, raw.name.at)
	}
	if raw.enabled != nil {
		m.add("enabled", resource.BoolValue(*raw.enabled), enabledFrom)
	}
	m.mapping("config", flowValues(raw.config))
	m.mapping("set", flowValues(raw.set))
	references := &mapping{}
	for _, kind := range []string{"connectors", "roles"} {
		inner := &mapping{}
		for _, one := range raw.references {
			if one.kind == kind {
				inner.text(one.name, one.id.value, one.id.at)
			}
		}
		references.mapping(kind, inner)
	}
	m.mapping("references", references)
}

func flowValues(values []flowValue) *mapping {
	m := &mapping{}
	for _, v := range values {
		m.value(v.name, v.value, v.secret, v.from)
	}
	return m
}
