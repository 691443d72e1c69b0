package descope

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// effect is what reading back shows of a write.
type effect int

const (
	effectUnclear effect = iota // not as wanted, and nobody knows what it was before
	effectDone                  // as wanted
	effectNone                  // as before
	effectOther                 // neither
)

func (e effect) String() string { return [...]string{"unclear", "done", "none", "other"}[e] }

// finding is an effect, and for effectOther the words for it, without values.
type finding struct {
	effect effect
	detail string
}

// aim is one value that a write wants in the object that it writes.
type aim struct {
	name   string   // as plans show it
	at     []string // member names from the object's root
	wanted resource.Value
	shape  resource.Shape
}

func (a aim) holds(value resource.Value) bool { return a.shape.Equal(value, a.wanted) }

// valueOf is the member's value; null counts as absent, as on the wire.
func (a aim) valueOf(object resource.Value) resource.Value {
	for _, key := range a.at {
		object = object.Get(key)
	}
	if object == "null" {
		return resource.Absent
	}
	return object
}

// fieldAims are aims for whole members under their wire names, sorted by name.
func fieldAims(table []resource.Field, prefix string, set map[string]resource.Value) []aim {
	aims := make([]aim, 0, len(set))
	for wire, value := range set {
		next := aim{name: prefix + wire, at: []string{wire}, wanted: value}
		at := slices.IndexFunc(table, func(field resource.Field) bool { return field.Wire == wire })
		if at >= 0 {
			next.name, next.shape = prefix+table[at].Name, table[at].Shape
		}
		aims = append(aims, next)
	}
	return sorted(aims)
}

// attributeAims are aims for single custom attributes; an absent value wants
// the attribute gone.
func attributeAims(set map[string]resource.Value, remove []string) []aim {
	aims := make([]aim, 0, len(set)+len(remove))
	add := func(key string, value resource.Value) {
		name := resource.Path{Field: "custom_attributes", Key: key}.String()
		aims = append(aims, aim{name: name, at: []string{attributesField, key}, wanted: value})
	}
	for key, value := range set {
		add(key, value)
	}
	for _, key := range remove {
		if _, set := set[key]; !set {
			add(key, resource.Absent)
		}
	}
	return sorted(aims)
}

func editAims(edit resource.TenantEdit) []aim {
	return append(fieldAims(resource.WritableTenantFields(), "", edit.Set), attributeAims(edit.SetAttributes, edit.RemoveAttributes)...)
}

// createAims wants the attributes one by one, since the service may give a new
// tenant some of its own.
func createAims(fields map[string]resource.Value) []aim {
	attributes, split := fields[attributesField].AsObject()
	aims := fieldAims(resource.WritableTenantFields(), "", fields)
	if !split {
		return aims
	}
	aims = slices.DeleteFunc(aims, func(aim aim) bool { return aim.at[0] == attributesField })
	return append(aims, attributeAims(attributes, nil)...)
}

func sorted(aims []aim) []aim {
	slices.SortFunc(aims, func(a, b aim) int { return strings.Compare(a.name, b.name) })
	return aims
}

// missed are the names of the aims that the live object does not show.
func missed(aims []aim, live resource.Value) []string {
	var names []string
	for _, aim := range aims {
		if !aim.holds(aim.valueOf(live)) {
			names = append(names, aim.name)
		}
	}
	return names
}

// moved are the names of the aims whose live values are neither what was wanted
// nor what was read before.
func moved(aims []aim, live, before resource.Value) []string {
	var names []string
	for _, aim := range aims {
		now := aim.valueOf(live)
		if !aim.holds(now) && !aim.shape.Equal(now, aim.valueOf(before)) {
			names = append(names, aim.name)
		}
	}
	return names
}

// compared judges a live object by the read that the write was laid over.
func compared(aims []aim, live resource.Value, before object) (finding, error) {
	if len(missed(aims, live)) == 0 {
		return finding{effect: effectDone}, nil
	}
	was, err := resource.ParseValue(before.encode())
	if err != nil {
		return finding{}, err
	}
	if names := moved(aims, live, was); len(names) > 0 {
		return finding{effectOther, "neither as before nor as wanted: " + strings.Join(names, ", ")}, nil
	}
	return finding{effect: effectNone}, nil
}

// checked lets the caller say whether a live tenant is as it was before the write.
func checked(tenant resource.Tenant, check func(resource.Tenant) error) finding {
	if err := check(tenant); err != nil {
		return finding{effectOther, err.Error()}
	}
	return finding{effect: effectNone}
}

// live is a tenant as it is now; found is false when there is none.
func (c *caller) live(ctx context.Context, id string) (tenant resource.Tenant, object resource.Value, found bool, err error) {
	tenant, err = c.tenant(ctx, id)
	if IsNotFound(err) {
		return resource.Tenant{}, resource.Absent, false, nil
	}
	if err == nil {
		object, err = resource.ParseValue(tenant.Raw)
	}
	return tenant, object, err == nil, err
}

// lookAtCreated reads back a create; given is told the id that the service chose.
func (c *caller) lookAtCreated(ctx context.Context, id string, fields map[string]resource.Value, given func(string)) (finding, error) {
	if _, named := fields["name"].AsString(); id == "" && !named {
		return finding{}, nil
	}
	tenant, object, found, err := c.created(ctx, id, fields)
	switch {
	case err != nil:
		return finding{}, err
	case !found:
		return finding{effect: effectNone}, nil
	}
	if names := missed(createAims(fields), object); len(names) > 0 {
		return finding{effectOther, fmt.Sprintf("tenant %q exists with other values: %s", tenant.ID, strings.Join(names, ", "))}, nil
	}
	given(tenant.ID)
	return finding{effect: effectDone}, nil
}

// created finds the tenant of a create. Where the service gives the id, the
// name, which is unique in a project, tells it from the others.
func (c *caller) created(ctx context.Context, id string, fields map[string]resource.Value) (resource.Tenant, resource.Value, bool, error) {
	if id != "" {
		return c.live(ctx, id)
	}
	tenants, err := c.tenants(ctx)
	if err != nil {
		return resource.Tenant{}, resource.Absent, false, err
	}
	name, _ := fields["name"].AsString()
	at := slices.IndexFunc(tenants, func(tenant resource.Tenant) bool { return tenant.Name == name })
	if at < 0 {
		return resource.Tenant{}, resource.Absent, false, nil
	}
	object, err := resource.ParseValue(tenants[at].Raw)
	return tenants[at], object, err == nil, err
}

// lookAtEdited reads back an update. before is the read that it was laid over,
// nil where there was none: then the edit's check knows what was before.
func (c *caller) lookAtEdited(ctx context.Context, id string, edit resource.TenantEdit, before object) (finding, error) {
	tenant, live, found, err := c.live(ctx, id)
	switch {
	case err != nil:
		return finding{}, err
	case !found:
		return gone(id), nil
	case before != nil:
		return compared(editAims(edit), live, before)
	case len(missed(editAims(edit), live)) == 0:
		return finding{effect: effectDone}, nil
	case edit.Check == nil:
		return finding{}, nil
	}
	return checked(tenant, edit.Check), nil
}

func (c *caller) lookAtSettings(ctx context.Context, id string, edit resource.SettingsEdit, before object) (finding, error) {
	settings, err := c.settings(ctx, id)
	if IsNotFound(err) {
		return gone(id), nil
	}
	if err != nil {
		return finding{}, err
	}
	live, err := resource.ParseValue(settings)
	if err != nil {
		return finding{}, err
	}
	return compared(fieldAims(resource.TenantSettingsFields(), "settings.", edit.Set), live, before)
}

func (c *caller) lookAtRoles(
	ctx context.Context, id string, roles resource.Value, check func(resource.Tenant) error,
) (finding, error) {
	return c.lookAtEdited(ctx, id, resource.TenantEdit{Set: map[string]resource.Value{rolesField: roles}, Check: check}, nil)
}

func (c *caller) lookAtDeleted(ctx context.Context, id string, check func(resource.Tenant) error) (finding, error) {
	tenant, _, found, err := c.live(ctx, id)
	switch {
	case err != nil:
		return finding{}, err
	case !found:
		return finding{effect: effectDone}, nil
	case check == nil:
		return finding{effect: effectNone}, nil
	}
	return checked(tenant, check), nil
}

func gone(id string) finding { return finding{effectOther, fmt.Sprintf("tenant %q is gone", id)} }
