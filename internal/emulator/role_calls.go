package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// roleRoutes are the calls on roles.
var roleRoutes = []route{
	{method: http.MethodGet, path: "/v1/mgmt/role/all", handle: (*Server).loadRoles},
	{method: http.MethodPost, path: "/v1/mgmt/role/search", fields: roleSearchFields, handle: (*Server).searchRoles},
	{method: http.MethodPost, path: "/v1/mgmt/role/create", fields: roleCreateFields, tenant: "tenantId", handle: (*Server).createRole},
	{method: http.MethodPost, path: "/v1/mgmt/role/delete", fields: roleDeleteFields, tenant: "tenantId", handle: (*Server).deleteRole},
}

var (
	roleCreateFields = []field{
		{name: "name"},
		{name: "description"},
		{name: "permissionNames", kind: kindTexts},
		{name: "tenantId"},
		{name: "default", kind: kindFlag},
		{name: "private", kind: kindFlag},
	}
	roleDeleteFields = []field{{name: "name"}, {name: "id"}, {name: "tenantId"}}
	roleSearchFields = []field{
		{name: "tenantIds", kind: kindTexts},
		{name: "roleNames", kind: kindTexts},
		{name: "roleNameLike"},
		{name: "permissionNames", kind: kindTexts},
		{name: "roleIds", kind: kindTexts},
		{name: "includeProjectRoles", kind: kindFlag},
		{name: "text"},
		{name: "sort", kind: kindObjects},
	}
)

func (s *Server) createRole(c *call) ([]byte, error) {
	key := roleKey{c.body.text("tenantId"), c.body.text("name")}
	if key.name == "" {
		return nil, required("name")
	}
	content := c.content()
	if _, exists := content.tenants.get(key.tenant); key.tenant != "" && !exists {
		return nil, s.refusal(unknownRoleTenant)
	}
	if _, taken := content.roleNames[key]; taken {
		return nil, errRoleExists
	}
	for _, name := range c.body.texts("permissionNames") {
		if _, exists := content.permissionNames[name]; !exists {
			return nil, errPermissionNotFound
		}
	}
	c.body["id"] = encoded(s.random.id("ROL"))
	c.body["createdTime"] = encoded(s.seconds())
	created, err := newRole(c.body)
	if err != nil {
		return nil, err
	}
	b := &batch{call: c}
	b.putRole(created)
	if err := s.commit(b); err != nil {
		return nil, err
	}
	return created.show(), nil
}

// deleteRole removes a role. Where users, tenants and SSO mappings name it,
// the name stays.
func (s *Server) deleteRole(c *call) ([]byte, error) {
	key, id := roleKey{c.body.text("tenantId"), c.body.text("name")}, c.body.text("id")
	if key.name == "" && id == "" {
		return nil, required("name")
	}
	if id == "" {
		id = c.content().roleNames[key]
	}
	stored, found := c.content().roles.get(id)
	if !found || key.tenant != "" && key.tenant != stored.tenant {
		return nil, s.refusal(unknownRoleDelete)
	}
	b := &batch{call: c}
	b.dropRole(stored)
	return nil, s.commit(b)
}

func (s *Server) loadRoles(c *call) ([]byte, error) {
	return showRoles(slices.Collect(c.content().roles.all())), nil
}

func showRoles(roles []*role) []byte {
	items := make([][]byte, len(roles))
	for i, r := range roles {
		items[i] = r.show()
	}
	return answerObject(answerMember{"roles", list(items)})
}

// searchRoles lists the roles that meet all of the given conditions; a list is
// met by any of its items.
func (s *Server) searchRoles(c *call) ([]byte, error) {
	order, err := orderBy(c.body, "roles", roleComparisons)
	if err != nil {
		return nil, err
	}
	tenants, names, ids := c.body.texts("tenantIds"), c.body.texts("roleNames"), c.body.texts("roleIds")
	permissions := c.body.texts("permissionNames")
	like, text := strings.ToLower(c.body.text("roleNameLike")), strings.ToLower(c.body.text("text"))
	var matches []*role
	for r := range c.content().roles.all() {
		if (len(tenants) == 0 || slices.Contains(tenants, r.tenant) || c.body.flag("includeProjectRoles") && r.tenant == "") &&
			(len(names) == 0 || slices.Contains(names, r.name)) &&
			(len(ids) == 0 || slices.Contains(ids, r.id)) &&
			(len(permissions) == 0 || intersect(permissions, r.fields.texts("permissionNames"))) &&
			strings.Contains(strings.ToLower(r.name), like) &&
			(text == "" || r.mentions(text)) {
			matches = append(matches, r)
		}
	}
	slices.SortStableFunc(matches, order)
	return showRoles(matches), nil
}

// mentions reports whether a lower-case text occurs in the role's name or description.
func (r *role) mentions(text string) bool {
	return strings.Contains(strings.ToLower(r.name), text) || strings.Contains(strings.ToLower(r.fields.text("description")), text)
}

var roleComparisons = map[string]func(a, b *role) int{
	"id":   func(a, b *role) int { return strings.Compare(a.id, b.id) },
	"name": func(a, b *role) int { return strings.Compare(a.name, b.name) },
	"description": func(a, b *role) int {
		return strings.Compare(a.fields.text("description"), b.fields.text("description"))
	},
	"createdTime": func(a, b *role) int { return cmp.Compare(a.fields.whole("createdTime"), b.fields.whole("createdTime")) },
	"tenantId":    func(a, b *role) int { return strings.Compare(a.tenant, b.tenant) },
}
