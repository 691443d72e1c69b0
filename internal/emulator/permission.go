package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
)

// permissionRoutes are the calls on permissions.
var permissionRoutes = []route{
	{method: http.MethodGet, path: "/v1/mgmt/permission/all", handle: (*Server).loadPermissions},
	{method: http.MethodPost, path: "/v1/mgmt/permission/create", fields: permissionCreateFields, handle: (*Server).createPermission},
	{method: http.MethodPost, path: "/v1/mgmt/permission/delete", fields: permissionDeleteFields, handle: (*Server).deletePermission},
}

var (
	// permissionFields is the permission object in the order in which it is answered.
	permissionFields = []field{
		{name: "id"},
		{name: "name"},
		{name: "description"},
		{name: "systemDefault", kind: kindFlag},
	}
	permissionCreateFields = []field{{name: "name"}, {name: "description"}}
	permissionDeleteFields = []field{{name: "name"}, {name: "id"}}
)

// systemPermissions are what every new project has.
func systemPermissions() []string { return []string{"Impersonate", "SSO Admin", "User Admin"} }

// permission is one stored permission. Like a tenant it is never changed, only replaced.
type permission struct {
	id, name string
	fields   object // as stored, with fields that nobody knows
}

// newPermission checks a stored permission.
func newPermission(from object) (*permission, error) {
	known, unknown, err := split(permissionFields, from)
	if err != nil {
		return nil, err
	}
	maps.Copy(known, unknown)
	result := &permission{id: known.text("id"), name: known.text("name"), fields: known}
	switch {
	case result.id == "":
		return nil, errors.New(`"id" is missing or empty`)
	case result.name == "":
		return nil, errors.New(`"name" is missing or empty`)
	}
	return result, nil
}

func (p *permission) show() []byte { return showObject(permissionFields, p.fields, nil) }

// addPermissions lays the permissions of a state into a content: those of a
// new project where the state leaves them out.
func (b builder) addPermissions(into *content, state ProjectState) error {
	items := state.Permissions
	if items == nil {
		for _, name := range systemPermissions() {
			items = append(items, object{"name": encoded(name), "systemDefault": json.RawMessage("true")}.encode())
		}
	}
	for i, raw := range items {
		fields, err := parseObject(raw)
		if err != nil {
			return fmt.Errorf("permissions[%d]: %w", i, err)
		}
		if _, found := fields["id"]; !found {
			fields["id"] = encoded(derivedID("PERM", state.ID, string(fields["name"])))
		}
		one, err := newPermission(fields)
		if err != nil {
			return fmt.Errorf("permissions[%d]: %w", i, err)
		}
		if _, taken := into.permissionNames[one.name]; taken {
			return fmt.Errorf("permissions[%d]: the permission %q occurs twice", i, one.name)
		}
		if _, taken := into.permissions.get(one.id); taken {
			return fmt.Errorf("permissions[%d]: the id %q occurs twice", i, one.id)
		}
		into.putPermission(one)
	}
	return nil
}

func (c *content) putPermission(p *permission) {
	c.permissions.put(p.id, p)
	c.permissionNames[p.name] = p.id
}

func (c *content) dropPermission(p *permission) {
	c.permissions.drop(p.id)
	delete(c.permissionNames, p.name)
}

func (b *batch) putPermission(p *permission) {
	b.put(storePermission, p.id, p.fields)
	b.apply = append(b.apply, func(c *content) { c.putPermission(p) })
}

func (b *batch) dropPermission(p *permission) {
	b.drop(storePermission, p.id)
	b.apply = append(b.apply, func(c *content) { c.dropPermission(p) })
}

func (s *Server) loadPermissions(c *call) ([]byte, error) {
	var items [][]byte
	for p := range c.content().permissions.all() {
		items = append(items, p.show())
	}
	return answerObject(answerMember{"permissions", list(items)}), nil
}

func (s *Server) createPermission(c *call) ([]byte, error) {
	name := c.body.text("name")
	if name == "" {
		return nil, required("name")
	}
	if _, taken := c.content().permissionNames[name]; taken {
		return nil, errPermissionExists
	}
	c.body["id"] = encoded(s.random.id("PERM"))
	created, err := newPermission(c.body)
	if err != nil {
		return nil, err
	}
	b := &batch{call: c}
	b.putPermission(created)
	return nil, s.commit(b)
}

// deletePermission removes a permission, and takes it from the roles that have it.
func (s *Server) deletePermission(c *call) ([]byte, error) {
	name, id := c.body.text("name"), c.body.text("id")
	if name == "" && id == "" {
		return nil, required("name")
	}
	content := c.content()
	if id == "" {
		id = content.permissionNames[name]
	}
	stored, found := content.permissions.get(id)
	if !found {
		return nil, s.refusal(unknownPermissionDelete)
	}
	if err := s.refusal(unknownPermissionSystem); err != nil && stored.fields.flag("systemDefault") {
		return nil, err
	}
	b := &batch{call: c}
	b.dropPermission(stored)
	for r := range content.roles.all() {
		if !r.permits(stored.name) {
			continue
		}
		if err := s.refusal(unknownPermissionUsed); err != nil {
			return nil, err
		}
		b.putRole(r.without(stored.name))
	}
	return nil, s.commit(b)
}
