package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// userFields is the user object in the order in which it is answered.
var userFields = []field{
	{name: "userId"},
	{name: "loginIds", kind: kindTexts},
	{name: "externalIds", kind: kindTexts},
	{name: "name"},
	{name: "email"},
	{name: "phone"},
	{name: "verifiedEmail", kind: kindFlag},
	{name: "verifiedPhone", kind: kindFlag},
	{name: "roleNames", kind: kindTexts},
	{name: "userTenants", kind: kindObjects},
	{name: "status", unset: `"invited"`, allowed: userStatuses},
	{name: "picture"},
	{name: "test", kind: kindFlag},
	{name: "customAttributes", kind: kindMap},
	{name: "createdTime", kind: kindWhole},
	{name: "modifiedTime", kind: kindWhole},
	{name: "givenName"},
	{name: "middleName"},
	{name: "familyName"},
	{name: "TOTP", kind: kindFlag},
	{name: "SAML", kind: kindFlag},
	{name: "OIDC", kind: kindFlag},
	{name: "SCIM", kind: kindFlag},
	{name: "OAuth", kind: kindMap},
	{name: "webauthn", kind: kindFlag},
	{name: "password", kind: kindFlag},
	{name: "push", kind: kindFlag},
	{name: "ssoAppIds", kind: kindTexts},
	{name: "permissions", kind: kindTexts},
	{name: "editable", kind: kindFlag, unset: "true"},
	{name: "consentExpiration", kind: kindWhole},
}

var (
	userStatuses = []string{"", "enabled", "disabled", "invited", "expired"}

	membershipFields = []field{
		{name: "tenantId"},
		{name: "tenantName"},
		{name: "roleNames", kind: kindTexts},
		{name: "permissions", kind: kindTexts},
		{name: "roleIds", kind: kindTexts},
	}
)

// user is one stored user. Like a tenant it is never changed, only replaced.
type user struct {
	id          string
	logins      []string
	memberships []membership
	fields      object // as stored; memberships without the names of tenants
}

// membership is one tenant of a user.
type membership struct {
	tenant string
	roles  []string
}

// newUser checks a stored user.
func newUser(from object) (*user, error) {
	known, unknown, err := split(userFields, from)
	if err != nil {
		return nil, err
	}
	maps.Copy(known, unknown)
	result := &user{id: known.text("userId"), logins: known.texts("loginIds"), fields: known}
	switch {
	case result.id == "":
		return nil, errors.New(`"userId" is missing or empty`)
	case len(result.logins) == 0 || slices.Contains(result.logins, ""):
		return nil, errors.New(`"loginIds" must name at least one login id`)
	}
	if result.memberships, err = parseMemberships(known["userTenants"]); err != nil {
		return nil, err
	}
	known["userTenants"] = encodeMemberships(result.memberships)
	return result, nil
}

func parseMemberships(raw json.RawMessage) ([]membership, error) {
	var result []membership
	for _, item := range decoded[[]json.RawMessage](raw) {
		fields, err := parseObject(item)
		if err != nil {
			return nil, err
		}
		known, unknown, err := split(membershipFields, fields)
		if err != nil {
			return nil, err
		}
		if keys := unknown.sortedKeys(); len(keys) > 0 {
			return nil, &fieldError{"userTenants", fmt.Sprintf("has the unknown field %q", keys[0])}
		}
		one := membership{tenant: known.text("tenantId"), roles: nonNil(known.texts("roleNames"))}
		if one.tenant == "" {
			return nil, &fieldError{"userTenants", "must name a tenantId in each item"}
		}
		if slices.ContainsFunc(result, func(m membership) bool { return m.tenant == one.tenant }) {
			return nil, &fieldError{"userTenants", fmt.Sprintf("names the tenant %q twice", one.tenant)}
		}
		result = append(result, one)
	}
	return result, nil
}

func encodeMemberships(memberships []membership) json.RawMessage {
	out := []byte{'['}
	for i, m := range memberships {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, object{"tenantId": encoded(m.tenant), "roleNames": encoded(m.roles)}.encode()...)
	}
	return append(out, ']')
}

// without is the user without one tenant.
func (u *user) without(tenant string) *user {
	changed := *u
	changed.memberships = slices.DeleteFunc(slices.Clone(u.memberships), func(m membership) bool { return m.tenant == tenant })
	changed.fields = object{}
	maps.Copy(changed.fields, u.fields)
	changed.fields["userTenants"] = encodeMemberships(changed.memberships)
	return &changed
}

// inTenant reports whether the user belongs to a tenant.
func (u *user) inTenant(id string) bool {
	return slices.ContainsFunc(u.memberships, func(m membership) bool { return m.tenant == id })
}

// showUser is the user as the API answers it, with the present names of its tenants.
func (c *content) showUser(u *user) []byte {
	tenants := []byte{'['}
	for i, m := range u.memberships {
		if i > 0 {
			tenants = append(tenants, ',')
		}
		tenants = append(tenants, '{')
		tenants = appendMember(tenants, "tenantId", encoded(m.tenant))
		tenants = appendMember(tenants, "tenantName", encoded(c.tenantName(m.tenant)))
		tenants = appendMember(tenants, "roleNames", encoded(m.roles))
		tenants = appendMember(tenants, "permissions", []byte("[]"))
		tenants = append(tenants, '}')
	}
	shown := object{}
	maps.Copy(shown, u.fields)
	shown["userTenants"] = append(tenants, ']')
	return showObject(userFields, shown, object{"externalIds": encoded(u.logins)})
}
