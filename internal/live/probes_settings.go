package live

import "net/http"

func settingsProbes() []Probe {
	return []Probe{
		{ID: "tenant-settings-missing-tenant", Question: "settings of a tenant that does not exist, read", Ask: get("/v1/mgmt/tenant/settings?id={run}-nobody")},
		{
			ID: "tenant-settings-missing-tenant-write", Question: "settings of a tenant that does not exist, written",
			Ask: post("/v1/mgmt/tenant/settings", `{"tenantId":"{run}-nobody","enabled":false}`),
		},
		{
			ID: "tenant-settings-unset", Question: "settings that nobody has written", Makes: tenants("unset"),
			Needs: []Request{made("unset", marked)}, Ask: get("/v1/mgmt/tenant/settings?id={run}-unset"),
			See: []string{"enabled", "sessionTokenExpiration", "sessionTokenExpirationUnit", "refreshTokenExpiration", "authType"},
		},
		{
			ID: "tenant-settings-disabled", Question: "settings that were written while enabled is false", Makes: tenants("disabled"),
			Needs: []Request{made("disabled", marked)},
			Ask:   post("/v1/mgmt/tenant/settings", `{"tenantId":"{run}-disabled","enabled":false,"sessionTokenExpiration":7,"sessionTokenExpirationUnit":"hours"}`),
			Look:  get("/v1/mgmt/tenant/settings?id={run}-disabled"), See: []string{"enabled", "sessionTokenExpiration", "sessionTokenExpirationUnit"},
		},
		{
			ID: "tenant-settings-absent", Question: "a setting that a write leaves out", Makes: tenants("absent"),
			Needs: []Request{
				made("absent", marked),
				post("/v1/mgmt/tenant/settings", `{"tenantId":"{run}-absent","enabled":true,"sessionTokenExpiration":7,"sessionTokenExpirationUnit":"hours","selfProvisioningDomains":["{domain}"]}`),
			},
			Ask:  post("/v1/mgmt/tenant/settings", `{"tenantId":"{run}-absent","enabled":true}`),
			Look: get("/v1/mgmt/tenant/settings?id={run}-absent"),
			See:  []string{"enabled", "sessionTokenExpiration", "sessionTokenExpirationUnit", "selfProvisioningDomains"},
		},
		{
			ID: "tenant-settings-sso-fields", Question: "enforceSSO in a settings write", Makes: tenants("ssofield"),
			Needs: []Request{made("ssofield", marked)},
			Ask:   post("/v1/mgmt/tenant/settings", `{"tenantId":"{run}-ssofield","enabled":false,"enforceSSO":true}`),
			Look:  found("ssofield"), See: []string{"tenants.0.enforceSSO"},
		},
		{ID: "password-missing-tenant", Question: "password settings of a tenant that does not exist", Ask: get("/v1/mgmt/password/settings?tenantId={run}-nobody")},
		{
			ID: "password-tenant-unset", Question: "password settings of a tenant that has none of its own", Makes: tenants("password"),
			Needs: []Request{made("password", marked)}, Ask: get("/v1/mgmt/password/settings?tenantId={run}-password"),
		},
	}
}

const samlOf = `"settings":{"idpUrl":"https://idp.example.com/sso","entityId":"https://idp.example.com","idpCert":"none"`

func ssoProbes() []Probe {
	return []Probe{
		{ID: "sso-missing-tenant", Question: "SSO of a tenant that does not exist, read", Ask: get("/v2/mgmt/sso/settings?tenantId={run}-nobody")},
		{
			ID: "sso-load-unset", Question: "SSO that nobody has configured", Makes: tenants("sso"),
			Needs: []Request{made("sso", marked)}, Ask: get("/v2/mgmt/sso/settings?tenantId={run}-sso"),
		},
		{
			ID: "sso-load-missing", Question: "load of an ssoId that does not exist", Makes: tenants("ssoid"),
			Needs: []Request{made("ssoid", marked)}, Ask: get("/v2/mgmt/sso/settings?tenantId={run}-ssoid&ssoId={run}-nobody"),
		},
		{
			ID: "sso-all-unset", Question: "what a list shows of a default configuration that nobody has written", Makes: tenants("ssoall"),
			Needs: []Request{made("ssoall", marked)}, Ask: get("/v2/mgmt/sso/settings/all?tenantId={run}-ssoall"),
		},
		{
			ID: "sso-new-existing", Question: "a new configuration under an ssoId that exists", Makes: tenants("ssonew"),
			Needs: []Request{
				made("ssonew", marked),
				post("/v1/mgmt/sso/settings/new", `{"tenantId":"{run}-ssonew","ssoId":"{run}-one","displayName":"One"}`),
			},
			Ask: post("/v1/mgmt/sso/settings/new", `{"tenantId":"{run}-ssonew","ssoId":"{run}-one","displayName":"Two"}`),
		},
		{
			ID: "sso-unknown-role", Question: "a mapping to a role that does not exist", Makes: tenants("ssorole"),
			Needs: []Request{made("ssorole", marked)},
			Ask:   post("/v1/mgmt/sso/saml", `{"tenantId":"{run}-ssorole",`+samlOf+`,"roleMappings":[{"groups":["a"],"roleName":"{run}-nobody"}]},"redirectUrl":"","domains":[]}`),
		},
		{
			ID: "sso-auth-type", Question: "the tenant's authType once SAML is configured", Makes: tenants("ssosaml"),
			Needs: []Request{made("ssosaml", marked)},
			Ask:   post("/v1/mgmt/sso/saml", `{"tenantId":"{run}-ssosaml",`+samlOf+`},"redirectUrl":"","domains":["sso.{domain}"]}`),
			Look:  found("ssosaml"), See: []string{"tenants.0.authType", "tenants.0.domains"},
		},
		{
			ID: "sso-configure-missing", Question: "configuration of an ssoId that does not exist", Makes: tenants("ssoconf"),
			Needs: []Request{made("ssoconf", marked)},
			Ask:   post("/v1/mgmt/sso/saml", `{"tenantId":"{run}-ssoconf","ssoId":"{run}-nobody",`+samlOf+`},"redirectUrl":"","domains":[]}`),
		},
		{
			ID: "sso-delete-missing", Question: "delete of a configuration that does not exist", Makes: tenants("ssodel"),
			Needs: []Request{made("ssodel", marked)},
			Ask:   Request{Method: http.MethodDelete, Path: "/v1/mgmt/sso/settings?tenantId={run}-ssodel&ssoId={run}-nobody"},
		},
	}
}

func rightsProbes() []Probe {
	permission := post("/v1/mgmt/permission/create", `{"name":"{run}-permission","description":"{marker}"}`)
	role := post("/v1/mgmt/role/create", `{"name":"{run}-role","description":"{marker}","permissionNames":[]}`)
	granted := post("/v1/mgmt/role/create", `{"name":"{run}-role","description":"{marker}","permissionNames":["{run}-permission"]}`)
	ofPermission, ofRole := Object{KindPermission, "{run}-permission"}, Object{KindRole, "{run}-role"}
	roles := post("/v1/mgmt/role/search", `{"roleNames":["{run}-role"]}`)
	return []Probe{
		{ID: "permission-delete-missing", Question: "delete of a permission that does not exist", Ask: post("/v1/mgmt/permission/delete", `{"name":"{run}-nobody"}`)},
		{ID: "permission-create-again", Question: "create of a permission that exists", Makes: []Object{ofPermission}, Needs: []Request{permission}, Ask: permission},
		{
			ID: "permission-delete-used", Question: "delete of a permission that a role has", Makes: []Object{ofPermission, ofRole},
			Needs: []Request{permission, granted}, Ask: post("/v1/mgmt/permission/delete", `{"name":"{run}-permission"}`),
			Look: roles, See: []string{"roles.0.permissionNames"},
		},
		{ID: "role-create-answer", Question: "what a create of a role answers", Makes: []Object{ofRole}, Ask: role},
		{ID: "role-create-again", Question: "create of a role that exists", Makes: []Object{ofRole}, Needs: []Request{role}, Ask: role},
		{
			ID: "role-create-unknown-permission", Question: "create of a role with a permission that does not exist", Makes: []Object{ofRole},
			Ask: post("/v1/mgmt/role/create", `{"name":"{run}-role","description":"{marker}","permissionNames":["{run}-nobody"]}`),
		},
		{
			ID: "role-create-unknown-tenant", Question: "create of a role in a tenant that does not exist",
			Ask: post("/v1/mgmt/role/create", `{"name":"{run}-role","description":"{marker}","permissionNames":[],"tenantId":"{run}-nobody"}`),
		},
		{ID: "role-delete-missing", Question: "delete of a role that does not exist", Ask: post("/v1/mgmt/role/delete", `{"name":"{run}-nobody"}`)},
		{
			ID: "role-delete-used", Question: "delete of a role that is a tenant's default role", Makes: append(tenants("uses"), ofRole),
			Needs: []Request{role, made("uses", marked), post("/v1/mgmt/tenant/updateDefaultRoles", `{"id":"{run}-uses","defaultRoles":["{run}-role"]}`)},
			Ask:   post("/v1/mgmt/role/delete", `{"name":"{run}-role"}`), Look: found("uses"), See: []string{"tenants.0.defaultRoles"},
		},
	}
}
