package compare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	nameField     = "name"
	parentField   = "parent"
	settingsField = "settings"
)

// comparer compares one pair after the other.
type comparer struct {
	in    Input
	names names

	tenantPairs  int // tenants that both sides have
	withSettings int // those of them whose settings were read on both sides

	pairOf struct{ a, b resource.Address } // that is compared just now
}

// pair compares two objects; without a place they are the same.
func (c *comparer) pair(p pair) (Difference, error) {
	difference := Difference{Name: p.name, A: p.a.address, B: p.b.address, Kind: p.kind(), Fields: []Field{}}
	c.pairOf.a, c.pairOf.b = p.a.address, p.b.address
	var err error
	switch {
	case !p.b.isThere(): // its name says more than an id
		difference.Place = PlaceA
		difference.Fields = append(difference.Fields, c.field(nameField, resource.StringValue(p.a.title()), resource.Absent))
		return difference, nil
	case !p.a.isThere():
		difference.Place = PlaceB
		difference.Fields = append(difference.Fields, c.field(nameField, resource.Absent, resource.StringValue(p.b.title())))
		return difference, nil
	case p.a.tenant != nil:
		difference.Fields, err = c.tenants(p.a.tenant, p.b.tenant)
	default:
		difference.Fields, err = c.flows(p.a.flow, p.b.flow)
	}
	if len(difference.Fields) > 0 {
		difference.Place = PlaceBoth
	}
	return difference, err
}

func (p pair) kind() resource.Kind {
	if p.a.isThere() {
		return p.a.address.Kind()
	}
	return p.b.address.Kind()
}

// field is one value that differs, without its values where nobody may see them.
func (c *comparer) field(path string, a, b resource.Value) Field {
	hidden := c.in.SecretPaths.Has(c.pairOf.a, path) || c.in.SecretPaths.Has(c.pairOf.b, path)
	if hidden || c.in.Secret != nil && (c.in.Secret(a) || c.in.Secret(b)) {
		return Field{Path: path, Sensitive: true}
	}
	return Field{Path: path, A: a, B: b}
}

// tenants compares all that can be written, by the shapes of the table.
func (c *comparer) tenants(a, b *resource.Tenant) ([]Field, error) {
	c.tenantPairs++
	fields := []Field{}
	for _, entry := range resource.WritableTenantFields() {
		path := resource.Path{Field: entry.Name}
		if entry.Name == settingsField {
			continue
		}
		before, errA := a.Value(path)
		after, errB := b.Value(path)
		if err := cmp.Or(errA, errB); err != nil {
			return nil, err
		}
		switch {
		case before == after && entry.Name != parentField:
		case entry.Shape == resource.ShapeMap:
			fields = c.members(fields, entry.Name, before, after)
		case entry.Name == parentField && c.sameParent(before, after):
		case entry.Name == parentField || !entry.Shape.Equal(before, after):
			fields = append(fields, c.field(path.String(), entry.Shape.Canonical(before), entry.Shape.Canonical(after)))
		}
	}
	if a.HasSettings() && b.HasSettings() {
		c.withSettings++
		for _, entry := range resource.TenantSettingsFields() {
			before, after := a.SettingsMember(entry.Wire), b.SettingsMember(entry.Wire)
			if !entry.Shape.Equal(before, after) {
				path := resource.Path{Field: settingsField, Key: entry.Name}
				fields = append(fields, c.field(path.String(), entry.Shape.Canonical(before), entry.Shape.Canonical(after)))
			}
		}
	}
	slices.SortFunc(fields, func(x, y Field) int { return cmp.Compare(x.Path, y.Path) })
	return fields, nil
}

// members compares a map key by key.
func (c *comparer) members(fields []Field, name string, a, b resource.Value) []Field {
	before, isMapA := a.AsObject()
	after, isMapB := b.AsObject()
	if !isMapA && !a.IsAbsent() || !isMapB && !b.IsAbsent() {
		return append(fields, c.field(name, a, b)) // whatever it is, it has no keys
	}
	keys := map[string]bool{}
	for _, side := range []map[string]resource.Value{before, after} {
		for key := range side {
			keys[key] = true
		}
	}
	for key := range keys {
		if x, y := before[key].NullAsAbsent(), after[key].NullAsAbsent(); !x.Equal(y) {
			fields = append(fields, c.field(resource.Path{Field: name, Key: key}.String(), x, y))
		}
	}
	return fields
}

// sameParent reports whether two tenants stand below the same one, which may have
// an id of its own in each project.
func (c *comparer) sameParent(a, b resource.Value) bool {
	idA, _ := a.AsString()
	idB, _ := b.AsString()
	if idA == "" || idB == "" {
		return idA == idB
	}
	above := c.names.of(resource.NewAddress(resource.KindTenant, idA), c.names.a, c.names.b)
	return above == c.names.of(resource.NewAddress(resource.KindTenant, idB), c.names.b, c.names.a)
}

// flows compares two flows by their meaning; each operation from A to B is a field.
func (c *comparer) flows(a, b *resource.Flow) ([]Field, error) {
	var documents [2]flow.Document
	for i, one := range []struct {
		side Side
		flow *resource.Flow
	}{{c.in.A.Side, a}, {c.in.B.Side, b}} {
		if one.flow.Document.IsAbsent() {
			return nil, fmt.Errorf("%s of %s: its document was not read", one.flow.Address(), one.side.called())
		}
		parsed, err := flow.FromValue(one.flow.Document)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", one.flow.Address(), one.side.called(), err)
		}
		documents[i] = parsed
	}
	fields := []Field{}
	for _, field := range flow.Diff(documents[0], documents[1]).Fields() {
		fields = append(fields, c.field(field.Path, field.Before, field.After))
	}
	return fields, nil
}
