package emulator

import (
	"maps"
	"net/http"
)

// tenantSettingsRoutes are the calls on what a tenant has besides its own object.
var tenantSettingsRoutes = []route{
	{method: http.MethodGet, path: "/v1/mgmt/tenant/settings", tenant: "id", handle: (*Server).loadSettings},
	{method: http.MethodPost, path: "/v1/mgmt/tenant/settings", fields: tenantSettingsWriteFields, extras: true, tenant: "tenantId", handle: (*Server).configureSettings},
	{method: http.MethodPost, path: "/v1/mgmt/tenant/updateDefaultRoles", fields: []field{tenantID, tenantDefaultRoles}, tenant: "id", handle: (*Server).updateDefaultRoles},
}

// loadSettings answers the settings; the query names the tenant as "id",
// although the write calls it "tenantId".
func (s *Server) loadSettings(c *call) ([]byte, error) {
	id := c.query.Get("id")
	if id == "" {
		return nil, required("id")
	}
	stored, found := c.content().tenants.get(id)
	if !found {
		return nil, s.refusal(unknownTenantSettings)
	}
	return stored.showSettings(), nil
}

// configureSettings replaces all settings, the values that the tenant shares
// with them included: what the request leaves out is wiped.
func (s *Server) configureSettings(c *call) ([]byte, error) {
	id := c.body.text(tenantSettingsTenant.name)
	if id == "" {
		return nil, required(tenantSettingsTenant.name)
	}
	stored, found := c.content().tenants.get(id)
	if !found {
		return nil, s.refusal(unknownTenantSettings)
	}
	settings, err := s.extras(c, stored.settingsCarry)
	if err != nil {
		return nil, err
	}
	fields := maps.Clone(stored.fields)
	for _, shared := range tenantShared {
		delete(fields, shared.name)
	}
	for key, raw := range c.body {
		switch {
		case hasField(tenantShared, key):
			fields[key] = raw
		case key != tenantSettingsTenant.name:
			settings[key] = raw
		}
	}
	b := &batch{call: c}
	b.putTenant(stored.with(fields, settings))
	return nil, s.commit(b)
}

// updateDefaultRoles replaces the list of default roles.
func (s *Server) updateDefaultRoles(c *call) ([]byte, error) {
	id := c.body.text("id")
	if id == "" {
		return nil, required("id")
	}
	stored, found := c.content().tenants.get(id)
	if !found {
		return nil, s.refusal(unknownTenantDefaultRoles)
	}
	for _, name := range c.body.texts(tenantDefaultRoles.name) {
		if err := s.refusal(unknownTenantRoleNames); err != nil && !c.content().hasProjectRole(name) {
			return nil, err
		}
	}
	fields := maps.Clone(stored.fields)
	delete(fields, tenantDefaultRoles.name)
	if roles, sent := c.body[tenantDefaultRoles.name]; sent {
		fields[tenantDefaultRoles.name] = roles
	}
	b := &batch{call: c}
	b.putTenant(stored.with(fields, stored.settings))
	return nil, s.commit(b)
}

func (c *content) hasProjectRole(name string) bool {
	_, found := c.roleNames[roleKey{name: name}]
	return found
}
