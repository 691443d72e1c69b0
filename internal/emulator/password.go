package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// passwordRoutes are the calls on password settings.
var passwordRoutes = []route{
	{method: http.MethodGet, path: "/v1/mgmt/password/settings", tenant: "tenantId", handle: (*Server).loadPassword},
	{method: http.MethodPost, path: "/v1/mgmt/password/settings", fields: passwordWriteFields, extras: true, tenant: "tenantId", handle: (*Server).configurePassword},
}

var (
	// passwordFields are the password settings in the order in which they are answered.
	passwordFields = []field{
		{name: "enabled", kind: kindFlag},
		{name: "minLength", kind: kindWhole},
		{name: "lowercase", kind: kindFlag},
		{name: "uppercase", kind: kindFlag},
		{name: "number", kind: kindFlag},
		{name: "nonAlphanumeric", kind: kindFlag},
		{name: "expiration", kind: kindFlag},
		{name: "expirationWeeks", kind: kindWhole},
		{name: "reuse", kind: kindFlag},
		{name: "reuseAmount", kind: kindWhole},
		{name: "lock", kind: kindFlag},
		{name: "lockAttempts", kind: kindWhole},
		{name: "tempLock", kind: kindFlag},
		{name: "tempLockAttempts", kind: kindWhole},
		{name: "tempLockDuration", kind: kindWhole},
		{name: "enablePasswordStrength", kind: kindFlag},
		{name: "passwordStrengthScore", kind: kindWhole},
		{name: "anyLetter", kind: kindFlag},
		{name: "disallowedCharacters"},
		{name: "disallowEmailMatch", kind: kindFlag},
	}
	passwordWriteFields = append([]field{{name: "tenantId"}}, passwordFields...)
)

// addPasswords lays the password settings of a state into a content.
func (b builder) addPasswords(into *content, state ProjectState) error {
	for _, tenant := range slices.Sorted(maps.Keys(state.Password)) {
		if _, exists := into.tenants.get(tenant); tenant != "" && !exists {
			return fmt.Errorf("password: there is no tenant %q", tenant)
		}
		fields, err := parseObject(state.Password[tenant])
		if err != nil {
			return fmt.Errorf("password of tenant %q: %w", tenant, err)
		}
		known, unknown, err := split(passwordFields, fields)
		if err != nil {
			return fmt.Errorf("password of tenant %q: %w", tenant, err)
		}
		maps.Copy(known, unknown)
		into.passwords[tenant] = known
	}
	return nil
}

func (b *batch) putPassword(tenant string, settings object) {
	b.put(storePassword, tenant, settings)
	b.apply = append(b.apply, func(c *content) { c.passwords[tenant] = settings })
}

func (b *batch) dropPassword(tenant string) {
	b.drop(storePassword, tenant)
	b.apply = append(b.apply, func(c *content) { delete(c.passwords, tenant) })
}

// loadPassword answers the settings of a tenant, or of the project when no
// tenant is named or when the tenant has none of its own.
func (s *Server) loadPassword(c *call) ([]byte, error) {
	content, tenant := c.content(), c.query.Get("tenantId")
	if _, exists := content.tenants.get(tenant); tenant != "" && !exists {
		return nil, s.refusal(unknownPasswordTenant)
	}
	settings, own := content.passwords[tenant]
	if !own && s.chosen(unknownPasswordInherits).choice == choiceProject {
		settings = content.passwords[""]
	}
	return showObject(passwordFields, settings, nil), nil
}

// configurePassword replaces all settings: what the request leaves out is wiped.
func (s *Server) configurePassword(c *call) ([]byte, error) {
	content, tenant := c.content(), c.body.text("tenantId")
	if _, exists := content.tenants.get(tenant); tenant != "" && !exists {
		return nil, s.refusal(unknownPasswordTenant)
	}
	stored := content.passwords[tenant]
	settings, err := s.extras(c, func(key string) bool { return carriesExtra(stored, passwordFields, key) })
	if err != nil {
		return nil, err
	}
	for key, raw := range c.body {
		if key != "tenantId" {
			settings[key] = raw
		}
	}
	b := &batch{call: c}
	b.putPassword(tenant, settings)
	return nil, s.commit(b)
}
