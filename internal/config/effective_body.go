package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func wholeValue(n int) resource.Value { return resource.Value(strconv.Itoa(n)) }

// showBody adds what is managed in an environment, and how carefully.
func (c *Config) showBody(top *mapping, environment string) {
	top.mapping("manage", c.shownManage())
	if c.hasTenants {
		top.list("tenants", c.shownTenants(environment))
	}
	if c.hasFlows {
		top.list("flows", c.shownFlows(environment))
	}
	top.mapping("guard", c.shownGuard())
	top.mapping("drift", c.shownDrift(environment))
	own := "environments." + environment + ".performance"
	top.mapping("performance", c.shownPerformance(c.Performance(environment), "performance", own))
	top.mapping("state", c.shownState())
	top.mapping("backup", c.shownBackup())
}

func (c *Config) shownManage() *mapping {
	m := &mapping{}
	for _, scope := range []struct {
		kind  string
		globs globs
	}{{"tenants", c.tenantScope}, {"flows", c.flowScope}} {
		inner, path := &mapping{}, "manage."+scope.kind
		c.addGlobs(inner, "include", path, scope.globs.include)
		c.addGlobs(inner, "exclude", path, scope.globs.exclude)
		m.mapping(scope.kind, inner)
	}
	if at, given := c.given["manage.orphans"]; given {
		m.text("orphans", string(c.orphans), at)
	}
	return m
}

func (c *Config) addGlobs(m *mapping, key, path string, patterns []resource.Glob) {
	at, given := c.given[path+"."+key]
	if !given {
		return
	}
	texts := make([]string, len(patterns))
	for i, pattern := range patterns {
		texts[i] = string(pattern)
	}
	m.add(key, resource.StringsValue(texts), at)
}

func (c *Config) shownGuard() *mapping {
	m := &mapping{}
	if at, given := c.given["guard.delete_threshold"]; given {
		m.text("delete_threshold", strconv.Itoa(c.guard.DeletePercent)+"%", at)
	}
	if at, given := c.given["guard.update_threshold"]; given {
		m.text("update_threshold", strconv.Itoa(c.guard.UpdatePercent)+"%", at)
	}
	return m
}

func (c *Config) shownDrift(environment string) *mapping {
	rules, m := c.Drift(environment), &mapping{}
	var ignore, severity []Setting
	for _, one := range rules.Ignore {
		ignore = append(ignore, textEntry(one.Source, [][2]string{
			{"address", string(one.Address)}, {"path", string(one.Path)}, {"until", one.Until}, {"reason", one.Reason}, {"owner", one.Owner},
		}))
	}
	for _, one := range rules.Severity {
		severity = append(severity, textEntry(one.Source, [][2]string{
			{"address", string(one.Address)}, {"path", string(one.Path)}, {"severity", string(one.Severity)},
		}))
	}
	if len(ignore) > 0 {
		m.list("ignore", ignore)
	}
	if len(severity) > 0 {
		m.list("severity", severity)
	}
	return m
}

// textEntry is an entry of texts; empty ones were not given.
func textEntry(at resource.Position, texts [][2]string) Setting {
	m := &mapping{}
	for _, text := range texts {
		if text[1] != "" {
			m.text(text[0], text[1], at)
		}
	}
	return Setting{Members: m.members, Origin: Origin{Position: at}}
}

// shownPerformance shows what is given under a path, or under another path that
// wins.
func (c *Config) shownPerformance(p Performance, path, over string) *mapping {
	m := &mapping{}
	given := func(key string) (resource.Position, bool) {
		if at, found := c.given[over+"."+key]; found {
			return at, true
		}
		at, found := c.given[path+"."+key]
		return at, found
	}
	if at, found := given("max_workers"); found {
		m.add("max_workers", wholeValue(p.MaxWorkers), at)
	}
	if at, found := given("rate_limit_buffer"); found {
		m.add("rate_limit_buffer", resource.Value(strconv.FormatFloat(p.RateLimitBuffer, 'f', -1, 64)), at)
	}
	if at, found := given("rate_limits"); found {
		m.add("rate_limits", rateLimitsValue(p.RateLimits), at)
	}
	return m
}

// rateLimitsValue is a profile's name, or a mapping of single classes.
func rateLimitsValue(limits []string) resource.Value {
	classes := make(map[string]resource.Value, len(limits))
	for _, limit := range limits {
		class, rate, isClass := strings.Cut(limit, "=")
		if !isClass {
			return resource.StringValue(limit)
		}
		classes[class] = resource.StringValue(rate)
	}
	return resource.ObjectValue(classes)
}

func (c *Config) shownState() *mapping {
	state, m := c.settings.State, &mapping{}
	if at, given := c.given["state.dir"]; given {
		m.text("dir", state.Dir, at)
	}
	if at, given := c.given["state.mode"]; given {
		mode := stateModeUser
		if state.Group {
			mode = stateModeGroup
		}
		m.text("mode", mode, at)
	}
	if at, given := c.given["state.applied_dir"]; given {
		m.text("applied_dir", state.AppliedDir, at)
	}
	return m
}

func (c *Config) shownBackup() *mapping {
	b, m := c.settings.Backup, &mapping{}
	if !b.Source.Dir.IsZero() {
		m.text("dir", b.Dir, b.Source.Dir)
	}
	if !b.Source.RetentionDays.IsZero() {
		m.add("retention_days", wholeValue(b.RetentionDays), b.Source.RetentionDays)
	}
	if !b.Source.After.IsZero() {
		commands := make([]string, 0, len(b.After))
		for _, command := range b.After {
			commands = append(commands, string(resource.StringsValue(command)))
		}
		m.add("after", resource.Value("["+strings.Join(commands, ",")+"]"), b.Source.After)
	}
	if !b.Source.AfterRequired.IsZero() {
		m.add("after_required", resource.BoolValue(b.AfterRequired), b.Source.AfterRequired)
	}
	return m
}

// entryParts are what an entry says beside its fields. Only showing it asks.
type entryParts struct {
	key                             text
	id, state, protect, enabledFrom resource.Position // where they stand; the id only where it is not the base's
	flow                            *rawFlow
}

// partsOf keeps nothing for an entry that says nothing of the kind: there may be
// very many.
func partsOf(parts entryParts) *entryParts {
	if parts == (entryParts{}) {
		return nil
	}
	return &parts
}

// identity are the members that every entry begins with.
func (e entry) identity(parts entryParts) *mapping {
	m := &mapping{}
	m.text("id", e.desired.ID, e.orElse(parts.id))
	if parts.key.given {
		m.text("key", parts.key.value, parts.key.at)
	}
	return m
}

// orElse is the place, or that of the whole entry where it is not known.
func (e entry) orElse(at resource.Position) resource.Position {
	return cmp.Or(at, e.desired.Source)
}

func (c *Config) shownTenants(environment string) []Setting {
	var shown []Setting
	for e := range effective(c.tenants, c.layersOf(environment).tenants, environment) {
		parts := entryParts{}
		if e.parts != nil {
			parts = *e.parts
		}
		m := e.identity(parts)
		if e.desired.Absent {
			m.text("state", "absent", e.orElse(parts.state))
		}
		showTenantFields(m, e.desired)
		if e.desired.Protect {
			m.add("protect", resource.BoolValue(true), e.orElse(parts.protect))
		}
		shown = append(shown, Setting{Address: e.desired.Address(), Members: m.members, Origin: Origin{Position: e.desired.Source}})
	}
	return shown
}

func showTenantFields(m *mapping, desired resource.Desired) {
	var removed []string
	var removedAt resource.Position
	for _, field := range resource.TenantFields() {
		inner := &mapping{}
		for _, value := range desired.Fields {
			switch {
			case value.Path.Field != field.Name:
			case value.Remove:
				removed, removedAt = append(removed, value.Path.Key), cmp.Or(removedAt, value.Source)
			case value.Path.Key == "":
				m.value(field.Name, value.Value, value.Secret, value.Source)
			default:
				inner.value(value.Path.Key, value.Value, value.Secret, value.Source)
			}
		}
		if field.Name == fieldSettings {
			slices.SortStableFunc(inner.members, func(a, b Setting) int { return cmp.Compare(settingPlace(a.Key), settingPlace(b.Key)) })
		}
		m.mapping(field.Name, inner)
	}
	if len(removed) > 0 {
		m.add("remove_attributes", resource.StringsValue(removed), removedAt)
	}
}

// settingPlace is the place of a key in the reference of settings.
func settingPlace(name string) int {
	return slices.IndexFunc(resource.TenantSettingsFields(), func(field resource.Field) bool { return field.Name == name })
}
