package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// roleFields is the role object in the order in which it is answered.
var roleFields = []field{
	{name: "id"},
	{name: "name"},
	{name: "description"},
	{name: "permissionNames", kind: kindTexts},
	{name: "createdTime", kind: kindWhole},
	{name: "tenantId"},
	{name: "default", kind: kindFlag},
	{name: "private", kind: kindFlag},
}

// builtInRole is what every new project has, with all system permissions.
const builtInRole = "Tenant Admin"

// role is one stored role. Like a tenant it is never changed, only replaced.
type role struct {
	roleKey
	id     string
	fields object // as stored, with fields that nobody knows
}

// roleKey is what is unique: a role of a tenant may be named like one of the project.
type roleKey struct {
	tenant string // empty at the project's level
	name   string
}

// newRole checks a stored role.
func newRole(from object) (*role, error) {
	known, unknown, err := split(roleFields, from)
	if err != nil {
		return nil, err
	}
	maps.Copy(known, unknown)
	result := &role{roleKey{known.text("tenantId"), known.text("name")}, known.text("id"), known}
	switch {
	case result.id == "":
		return nil, errors.New(`"id" is missing or empty`)
	case result.name == "":
		return nil, errors.New(`"name" is missing or empty`)
	}
	return result, nil
}

func (r *role) show() []byte { return showObject(roleFields, r.fields, nil) }

func (r *role) permits(permission string) bool {
	return slices.Contains(r.fields.texts("permissionNames"), permission)
}

// without is the role without one permission.
func (r *role) without(permission string) *role {
	kept := slices.DeleteFunc(r.fields.texts("permissionNames"), func(name string) bool { return name == permission })
	changed := *r
	changed.fields = maps.Clone(r.fields)
	changed.fields["permissionNames"] = encoded(kept)
	return &changed
}

// addRoles lays the roles of a state into a content: those of a new project
// where the state leaves them out. Tenants and permissions are there before.
func (b builder) addRoles(into *content, state ProjectState) error {
	items := state.Roles
	if items == nil {
		var granted []string
		for _, name := range systemPermissions() {
			if _, found := into.permissionNames[name]; found {
				granted = append(granted, name)
			}
		}
		items = []json.RawMessage{object{"name": encoded(builtInRole), "permissionNames": encoded(nonNil(granted))}.encode()}
	}
	for i, raw := range items {
		if err := b.addRole(into, state.ID, raw); err != nil {
			return fmt.Errorf("roles[%d]: %w", i, err)
		}
	}
	return nil
}

func (b builder) addRole(into *content, project string, raw json.RawMessage) error {
	fields, err := parseObject(raw)
	if err != nil {
		return err
	}
	if _, found := fields["id"]; !found {
		fields["id"] = encoded(derivedID("ROL", project, string(fields["tenantId"]), string(fields["name"])))
	}
	if _, found := fields["createdTime"]; !found {
		fields["createdTime"] = encoded(b.now)
	}
	one, err := newRole(fields)
	if err != nil {
		return err
	}
	if _, taken := into.roleNames[one.roleKey]; taken {
		return fmt.Errorf("the role %q occurs twice", one.name)
	}
	if _, taken := into.roles.get(one.id); taken {
		return fmt.Errorf("the id %q occurs twice", one.id)
	}
	if _, exists := into.tenants.get(one.tenant); one.tenant != "" && !exists {
		return fmt.Errorf("there is no tenant %q", one.tenant)
	}
	for _, name := range one.fields.texts("permissionNames") {
		if _, exists := into.permissionNames[name]; !exists {
			return fmt.Errorf("there is no permission %q", name)
		}
	}
	into.putRole(one)
	return nil
}

// hasOwnRights reports whether there are roles or permissions beyond those of
// a new project.
func (c *content) hasOwnRights() bool {
	for p := range c.permissions.all() {
		if !p.fields.flag("systemDefault") {
			return true
		}
	}
	for r := range c.roles.all() {
		if r.roleKey != (roleKey{name: builtInRole}) {
			return true
		}
	}
	return false
}

// roleFor finds the role that a name means within a tenant: one of its own, or
// else one of the project.
func (c *content) roleFor(tenant, name string) (*role, bool) {
	id, found := c.roleNames[roleKey{tenant, name}]
	if !found {
		id = c.roleNames[roleKey{name: name}]
	}
	return c.roles.get(id)
}

func (c *content) putRole(r *role) {
	c.roles.put(r.id, r)
	c.roleNames[r.roleKey] = r.id
}

func (c *content) dropRole(r *role) {
	c.roles.drop(r.id)
	delete(c.roleNames, r.roleKey)
}

func (b *batch) putRole(r *role) {
	b.put(storeRole, r.id, r.fields)
	b.apply = append(b.apply, func(c *content) { c.putRole(r) })
}

func (b *batch) dropRole(r *role) {
	b.drop(storeRole, r.id)
	b.apply = append(b.apply, func(c *content) { c.dropRole(r) })
}
