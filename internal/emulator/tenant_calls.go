package emulator

import (
	"maps"
	"net/http"
	"slices"
)

// tenantRoutes are the calls on tenants.
var tenantRoutes = []route{
	{method: http.MethodPost, path: "/v1/mgmt/tenant/create", fields: tenantCreateFields, tenant: "id", handle: (*Server).createTenant},
	{method: http.MethodPost, path: "/v1/mgmt/tenant/update", fields: tenantUpdateFields, extras: true, tenant: "id", handle: (*Server).updateTenant},
	{method: http.MethodPatch, path: "/v1/mgmt/tenant/patch", fields: tenantUpdateFields, extras: true, tenant: "id", handle: (*Server).patchTenant},
	{method: http.MethodPost, path: "/v1/mgmt/tenant/delete", fields: tenantDeleteFields, tenant: "id", handle: (*Server).deleteTenant},
	{method: http.MethodGet, path: "/v1/mgmt/tenant", tenant: "id", handle: (*Server).loadTenant},
	{method: http.MethodGet, path: "/v1/mgmt/tenant/all", handle: (*Server).loadTenants},
	{method: http.MethodPost, path: "/v1/mgmt/tenant/search", fields: tenantSearchFields, handle: (*Server).searchTenants},
}

var tenantDeleteFields = []field{tenantID, {name: "cascade", kind: kindFlag}}

// createTenant stores a new tenant under the id that the caller chose, or
// under a generated one when it is empty.
func (s *Server) createTenant(c *call) ([]byte, error) {
	name := c.body.text("name")
	if name == "" {
		return nil, required("name")
	}
	content := c.content()
	if _, taken := content.names[name]; taken {
		return nil, errTenantExists.withDetail("tenant name is duplicate")
	}
	id := c.body.text("id")
	if _, taken := content.tenants.get(id); taken {
		return nil, errTenantExists.withDetail("tenant id is duplicate")
	}
	if id == "" {
		id = s.random.id("T")
	}
	parent := c.body.text("parent")
	if _, exists := content.tenants.get(parent); parent != "" && !exists {
		return nil, s.refusal(unknownTenantParent)
	}
	c.body["id"] = encoded(id)
	c.body["createdTime"] = encoded(s.seconds())
	created := &tenant{id: id, name: name, parent: parent, fields: c.body}
	b := &batch{call: c}
	b.putTenant(created)
	if err := s.commit(b); err != nil {
		return nil, err
	}
	return answerObject(answerMember{"id", encoded(id)}), nil
}

// updateTenant replaces everything that is writable: what the request leaves
// out is wiped, as a maintainer of Descope's SDKs confirms (python-sdk pull 1543).
func (s *Server) updateTenant(c *call) ([]byte, error) {
	id, name := c.body.text("id"), c.body.text("name")
	switch { // Descope validates the id before the name
	case id == "":
		return nil, required("id")
	case name == "":
		return nil, required("name")
	}
	stored, found := c.content().tenants.get(id)
	if !found {
		return nil, errTenantUpdate
	}
	extras, err := s.extras(c, stored.carries)
	if err != nil {
		return nil, err
	}
	fields := object{}
	for key, raw := range stored.fields {
		if hasField(tenantFields, key) && !hasField(tenantWritable, key) {
			fields[key] = raw
		}
	}
	return nil, s.replaceTenant(c, stored, fields, extras)
}

// patchTenant changes only what is sent.
func (s *Server) patchTenant(c *call) ([]byte, error) {
	id := c.body.text("id")
	if id == "" {
		return nil, required("id")
	}
	if _, sent := c.body["name"]; sent && c.body.text("name") == "" {
		return nil, required("name")
	}
	stored, found := c.content().tenants.get(id)
	if !found {
		return nil, s.refusal(unknownPatchMissing)
	}
	extras, err := s.extras(c, stored.carries)
	if err != nil {
		return nil, err
	}
	if sent := c.body["customAttributes"]; sent != nil && s.chosen(unknownPatchAttributes).choice == choiceMerge {
		merged := decoded[object](stored.fields["customAttributes"])
		if merged == nil {
			merged = object{}
		}
		maps.Copy(merged, decoded[object](sent))
		c.body["customAttributes"] = merged.encode()
	}
	return nil, s.replaceTenant(c, stored, maps.Clone(stored.fields), extras)
}

// replaceTenant lays the request and its extras over the given members and
// stores the result.
func (s *Server) replaceTenant(c *call, stored *tenant, fields, extras object) error {
	maps.Copy(fields, c.body)
	maps.Copy(fields, extras)
	changed := stored.with(fields, stored.settings)
	if owner, taken := c.content().names[changed.name]; taken && owner != stored.id {
		return errTenantExists.withDetail("tenant name is duplicate")
	}
	b := &batch{call: c}
	b.putTenant(changed)
	return s.commit(b)
}

// deleteTenant removes a tenant with its SSO configurations, its roles and its
// password settings. With cascade its users go as well, unless they belong to
// another tenant too; without, they lose the membership.
func (s *Server) deleteTenant(c *call) ([]byte, error) {
	id := c.body.text("id")
	if id == "" {
		return nil, required("id")
	}
	content := c.content()
	stored, found := content.tenants.get(id)
	if !found {
		return nil, s.refusal(unknownTenantDelete)
	}
	if len(content.children[id]) > 0 {
		return nil, s.refusal(unknownTenantChildren)
	}
	b := &batch{call: c}
	b.dropTenant(stored)
	content.dropTenantParts(b, id)
	for u := range content.users.all() {
		switch {
		case !u.inTenant(id):
		case c.body.flag("cascade") && len(u.memberships) == 1:
			b.dropUser(u)
		default:
			b.putUser(u.without(id))
		}
	}
	return nil, s.commit(b)
}

// loadTenant answers the tenant at the root: Descope's OpenAPI wraps it, the
// service does not.
func (s *Server) loadTenant(c *call) ([]byte, error) {
	id := c.query.Get("id")
	if id == "" {
		return nil, required("id")
	}
	stored, found := c.content().tenants.get(id)
	if !found {
		return nil, errTenantLoad
	}
	return c.content().showTenant(stored), nil
}

func (s *Server) loadTenants(c *call) ([]byte, error) {
	return showTenants(c.content(), func(*tenant) bool { return true }), nil
}

func showTenants(c *content, wanted func(*tenant) bool) []byte {
	items := make([][]byte, 0, c.tenants.len())
	for t := range c.tenants.all() {
		if wanted(t) {
			items = append(items, c.showTenant(t))
		}
	}
	return answerObject(answerMember{"tenants", list(items)})
}

var tenantSearchFields = []field{
	{name: "tenantIds", kind: kindTexts},
	{name: "tenantNames", kind: kindTexts},
	{name: "tenantSelfProvisioningDomains", kind: kindTexts},
	{name: "customAttributes", kind: kindMap},
	{name: "authType"},
	{name: "tenantSSODomains", kind: kindTexts},
	{name: "parentTenantId"},
	{name: "topLevelOnly", kind: kindFlag},
}

// searchTenants lists the tenants that meet all of the given conditions; a
// list is met by any of its items. No match is an empty list.
func (s *Server) searchTenants(c *call) ([]byte, error) {
	ids, names := c.body.texts("tenantIds"), c.body.texts("tenantNames")
	provisioning, domains := c.body.texts("tenantSelfProvisioningDomains"), c.body.texts("tenantSSODomains")
	attributes := decoded[object](c.body["customAttributes"])
	authType, parent := c.body.text("authType"), c.body.text("parentTenantId")
	return showTenants(c.content(), func(t *tenant) bool {
		return (len(ids) == 0 || slices.Contains(ids, t.id)) &&
			(len(names) == 0 || slices.Contains(names, t.name)) &&
			(len(provisioning) == 0 || intersect(provisioning, t.fields.texts(tenantProvisioning.name))) &&
			(len(domains) == 0 || intersect(domains, t.fields.texts(tenantDomains.name))) &&
			(authType == "" || authType == t.authType()) &&
			(parent == "" || parent == t.parent) &&
			(!c.body.flag("topLevelOnly") || t.parent == "") &&
			hasAttributes(t.fields, attributes)
	}), nil
}

func (t *tenant) authType() string {
	if set := t.fields.text(tenantAuthType.name); set != "" {
		return set
	}
	return decoded[string](tenantAuthType.zero())
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(item string) bool { return slices.Contains(b, item) })
}

// hasAttributes reports whether all wanted attributes have these very values.
func hasAttributes(fields, wanted object) bool {
	if len(wanted) == 0 {
		return true
	}
	attributes := decoded[object](fields["customAttributes"])
	for key, raw := range wanted {
		if !sameJSON(attributes[key], raw) {
			return false
		}
	}
	return true
}
