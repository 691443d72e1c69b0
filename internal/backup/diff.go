package backup

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Difference is what the tenants of two backups differ in, sorted by id.
type Difference struct {
	OnlyA   []Tenant
	OnlyB   []Tenant
	Changed []TenantDifference
}

// TenantDifference is one tenant that both backups have.
type TenantDifference struct {
	ID     string
	Name   string            // as the second backup has it
	Fields []FieldDifference // sorted by path
}

// FieldDifference is one value, under the name that plans have for it: "name",
// "custom_attributes.plan", "settings.session_token_expiration". What no plan has goes
// by its name on the wire: "authType", "sso.default.oidc.clientId", "roles.Auditor"; a
// list whose items have no names is one value, "sso".
type FieldDifference struct {
	Path   string
	Before resource.Value // in the first backup; absent where it has none
	After  resource.Value
}

// Diff compares the tenants of two backups. Sets have no order. What the service
// writes by itself (successors, createdTime, updatedTime) is passed over, so is
// what one of the two backups omits, and what only one of them has read: settings, SSO
// configurations, roles and password settings. A tenant whose id is omitted is
// not compared.
func Diff(a, b Backup) Difference {
	before, after := byID(a.Tenants), byID(b.Tenants)
	d := Difference{OnlyA: []Tenant{}, OnlyB: []Tenant{}, Changed: []TenantDifference{}}
	for id, old := range before {
		recent, both := after[id]
		if !both {
			d.OnlyA = append(d.OnlyA, *old)
			continue
		}
		if fields := diffTenant(old, recent); len(fields) > 0 {
			d.Changed = append(d.Changed, TenantDifference{ID: id, Name: recent.Name, Fields: fields})
		}
	}
	for id, recent := range after {
		if before[id] == nil {
			d.OnlyB = append(d.OnlyB, *recent)
		}
	}
	ids := func(a, b Tenant) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(d.OnlyA, ids)
	slices.SortFunc(d.OnlyB, ids)
	slices.SortFunc(d.Changed, func(a, b TenantDifference) int { return cmp.Compare(a.ID, b.ID) })
	return d
}

func byID(tenants []Tenant) map[string]*Tenant {
	found := make(map[string]*Tenant, len(tenants))
	for i := range tenants {
		if !slices.Contains(tenants[i].Omitted, "id") {
			found[tenants[i].ID] = &tenants[i]
		}
	}
	return found
}

// ownedByService are members that the service writes by itself.
var ownedByService = []string{"successors", "createdTime", "updatedTime"}

// comparison collects the differences of one tenant.
type comparison struct {
	omitted []string
	fields  []FieldDifference
}

func diffTenant(a, b *Tenant) []FieldDifference {
	c := &comparison{omitted: slices.Concat(a.Omitted, b.Omitted)}
	if a.Raw == nil || b.Raw == nil {
		c.members("", documented(a), documented(b), resource.TenantShape)
	} else if !bytes.Equal(a.Raw, b.Raw) {
		c.members("", object(a.Raw), object(b.Raw), resource.TenantShape)
	}
	if a.Settings != nil && b.Settings != nil {
		c.members("settings", object(a.Settings), object(b.Settings), settingShape)
	}
	if a.PasswordSettings != nil && b.PasswordSettings != nil {
		c.members("passwordSettings", object(a.PasswordSettings), object(b.PasswordSettings), wholeShape)
	}
	c.lists("sso", "ssoId", withoutEcho(a.SSO), withoutEcho(b.SSO))
	c.lists("roles", "name", a.Roles, b.Roles)
	for i := range c.fields {
		c.fields[i].Path = planned(c.fields[i].Path)
	}
	slices.SortFunc(c.fields, func(a, b FieldDifference) int { return cmp.Compare(a.Path, b.Path) })
	return c.fields
}

// planned is a path with the names that plans have.
func planned(path string) string {
	place, fields := "", resource.TenantFields()
	if rest, inside := strings.CutPrefix(path, "settings."); inside {
		place, path, fields = "settings.", rest, resource.TenantSettingsFields()
	}
	for i := range fields {
		rest, found := strings.CutPrefix(path, fields[i].Wire)
		if found && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return place + fields[i].Name + rest
		}
	}
	return place + path
}

// members compares two objects key by key; the maps of a tenant go one level deeper.
func (c *comparison) members(place string, a, b map[string]resource.Value, shapeOf func(key string) resource.Shape) {
	all := map[string]bool{}
	for _, side := range []map[string]resource.Value{a, b} {
		for key := range side {
			all[key] = true
		}
	}
	for key := range all {
		path := resource.Path{Field: key}.String()
		if place != "" {
			path = place + keyed(key)
		} else if slices.Contains(ownedByService, key) {
			continue
		}
		before, after, shape := a[key].NullAsAbsent(), b[key].NullAsAbsent(), shapeOf(key)
		if slices.Contains(c.omitted, path) || shape.Equal(before, after) {
			continue
		}
		left, isMap := keys(before)
		right, areMaps := keys(after)
		if shape == resource.ShapeMap && isMap && areMaps {
			c.members(path, left, right, wholeShape)
			continue
		}
		c.fields = append(c.fields, FieldDifference{Path: path, Before: before, After: after})
	}
}

// lists compares two lists without regard to their order: item by item, where
// each has a name under that key, else as a whole.
func (c *comparison) lists(place, key string, a, b []json.RawMessage) {
	omitted := slices.ContainsFunc(c.omitted, func(path string) bool {
		return path == place || strings.HasPrefix(path, place+"[")
	})
	if a == nil || b == nil || omitted {
		return
	}
	before, after := unordered(a), unordered(b)
	if before.Equal(after) {
		return
	}
	left, named := namedItems(a, key)
	right, bothNamed := namedItems(b, key)
	if !named || !bothNamed {
		c.fields = append(c.fields, FieldDifference{Path: place, Before: before, After: after})
		return
	}
	c.nested(place, left, right)
}

// nested compares two objects down to the values that are none.
func (c *comparison) nested(place string, a, b map[string]resource.Value) {
	for _, key := range slices.Sorted(maps.Keys(a)) {
		path := place + keyed(key)
		left, isObject := a[key].AsObject()
		right, areObjects := b[key].AsObject()
		switch {
		case isObject && areObjects:
			c.nested(path, left, right)
		case !a[key].NullAsAbsent().Equal(b[key].NullAsAbsent()):
			c.fields = append(c.fields, FieldDifference{Path: path, Before: a[key].NullAsAbsent(), After: b[key].NullAsAbsent()})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b)) {
		if _, both := a[key]; !both && b[key].NullAsAbsent() != resource.Absent {
			c.fields = append(c.fields, FieldDifference{Path: place + keyed(key), Before: resource.Absent, After: b[key]})
		}
	}
}

// namedItems are the items of a list by the text under a key; ok is false where
// one has none, or two have the same.
func namedItems(items []json.RawMessage, key string) (found map[string]resource.Value, ok bool) {
	found = make(map[string]resource.Value, len(items))
	for _, raw := range items {
		name, isText := object(raw)[key].AsString()
		if _, twice := found[name]; !isText || twice {
			return nil, false
		}
		found[name] = value(raw)
	}
	return found, true
}

// withoutEcho leaves out of SSO configurations the tenant itself, which the
// service repeats in each of them: its differences are told once.
func withoutEcho(configurations []json.RawMessage) []json.RawMessage {
	if configurations == nil {
		return nil
	}
	own := make([]json.RawMessage, len(configurations))
	for i, raw := range configurations {
		own[i] = raw
		if members, isObject := value(raw).AsObject(); isObject {
			delete(members, "tenant")
			own[i] = json.RawMessage(resource.ObjectValue(members))
		}
	}
	return own
}

// unordered is a list with its items in the order of their texts.
func unordered(items []json.RawMessage) resource.Value {
	texts := make([]string, len(items))
	for i, raw := range items {
		texts[i] = string(value(raw))
	}
	slices.Sort(texts)
	return resource.Value("[" + strings.Join(texts, ",") + "]")
}

// documented is what the documented keys say of a tenant, under the names of the wire.
func documented(t *Tenant) map[string]resource.Value {
	return map[string]resource.Value{
		"name":                    resource.StringValue(t.Name),
		"selfProvisioningDomains": resource.StringsValue(t.Domains),
		"customAttributes":        value(t.CustomAttributes),
	}
}

func object(raw json.RawMessage) map[string]resource.Value {
	members, _ := value(raw).AsObject()
	return members
}

// value is raw JSON in its canonical form. Where it is none, which no parsed
// backup and no entry of a live tenant holds, it is the text itself as a string.
func value(raw json.RawMessage) resource.Value {
	parsed, err := resource.ParseValue(raw)
	if err != nil && len(raw) > 0 {
		return resource.StringValue(string(raw))
	}
	return parsed
}

// keys are the members of a map; an absent one has none.
func keys(v resource.Value) (map[string]resource.Value, bool) {
	if v == resource.Absent {
		return map[string]resource.Value{}, true
	}
	return v.AsObject()
}

// settingShape says how a key of a tenant's settings is compared.
func settingShape(wire string) resource.Shape {
	for _, field := range resource.TenantSettingsFields() {
		if field.Wire == wire {
			return field.Shape
		}
	}
	if resource.TenantShape(wire) == resource.ShapeSet {
		return resource.ShapeSet
	}
	return resource.ShapeObject
}

func wholeShape(string) resource.Shape { return resource.ShapeObject }
