package emulator_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func (h *harness) roleNames(body string) string {
	h.t.Helper()
	var names []string
	for _, one := range decode[struct {
		Roles []struct{ Name, TenantID string }
	}](h.t, h.ok("POST", "/v1/mgmt/role/search", body)).Roles {
		names = append(names, one.TenantID+"/"+one.Name)
	}
	return strings.Join(names, " ")
}

func TestNewProjectHasTheBuiltInRights(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	type permission struct {
		ID, Name, Description string
		SystemDefault         bool
	}
	names := map[string]bool{}
	for _, one := range decode[struct{ Permissions []permission }](t, h.ok("GET", "/v1/mgmt/permission/all", "")).Permissions {
		names[one.Name] = one.SystemDefault && regexp.MustCompile(`^PERM[0-9A-Za-z]{27}$`).MatchString(one.ID)
	}
	assertEqual(t, "permissions", map[string]bool{"Impersonate": true, "SSO Admin": true, "User Admin": true}, names)
	roles := h.ok("GET", "/v1/mgmt/role/all", "")
	id := h.tenantAdminID()
	want := `{"roles":[{"id":"` + id + `","name":"Tenant Admin","description":"","permissionNames":["Impersonate","SSO Admin","User Admin"],` +
		`"createdTime":1700000000,"tenantId":"","default":false,"private":false}]}`
	if roles != want || !regexp.MustCompile(`^ROL[0-9A-Za-z]{27}$`).MatchString(id) {
		t.Errorf("roles %s", roles)
	}
	h.controlOK("POST", "reset", "")
	if got := h.ok("GET", "/v1/mgmt/role/all", ""); got != want {
		t.Errorf("roles after a reset %s", got)
	}
	if other := h.as(otherID, otherKey).tenantAdminID(); other == id {
		t.Error("two projects share the id of a role")
	}
}

func TestSeedOfRights(t *testing.T) {
	for _, test := range []struct{ name, members, roles string }{
		{"none named", ``, "/Tenant Admin"},
		{"null", `,"roles":null`, "/Tenant Admin"},
		{"no roles", `,"roles":[]`, ""},
		{"other roles", `,"roles":[{"name":"Viewer","permissionNames":["User Admin"]}]`, "/Viewer"},
		{"no permissions", `,"permissions":[]`, "/Tenant Admin"},
		{"both", `,"permissions":[{"name":"Read"}],"roles":[{"name":"Viewer","permissionNames":["Read"]}]`, "/Viewer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			seed, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"` + projectID + `"` + test.members + `}]}`))
			if err != nil {
				t.Fatal(err)
			}
			if got := start(t, emulator.Options{Seed: &seed}).roleNames(``); got != test.roles {
				t.Errorf("roles %q, want %q", got, test.roles)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	h.createTenant("acme")
	h.ok("POST", "/v1/mgmt/permission/create", `{"name":"Read","description":"may read"}`)
	created := h.ok("POST", "/v1/mgmt/role/create", `{"name":"Viewer","description":"looks","permissionNames":["Read"],"tenantId":"","default":true,"private":true}`)
	id := decode[struct{ ID string }](t, created).ID
	if want := `{"id":"` + id + `","name":"Viewer","description":"looks","permissionNames":["Read"],"createdTime":1700000000,"tenantId":"","default":true,"private":true}`; created != want {
		t.Errorf("created %s", created)
	}
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Viewer","tenantId":"acme","permissionNames":null}`) // another level
	const create, remove = "/v1/mgmt/role/create", "/v1/mgmt/role/delete"
	for _, test := range []struct {
		name, path, body string
		status           int
		code             string
	}{
		{"no name", create, `{}`, 400, "E011003"},
		{"a used name", create, `{"name":"Viewer"}`, 500, "E024209"},
		{"a used name of a tenant", create, `{"name":"Viewer","tenantId":"acme"}`, 500, "E024209"},
		{"an unknown permission", create, `{"name":"New","permissionNames":["Read","Nobody"]}`, 500, "E111303"},
		{"an unknown tenant", create, `{"name":"New","tenantId":"nobody"}`, 400, "E011003"},
		{"delete without a name", remove, `{"tenantId":"acme"}`, 400, "E011003"},
		{"delete of nobody", remove, `{"name":"Nobody"}`, 500, "E111403"},
		{"delete on the wrong level", remove, `{"name":"Tenant Admin","tenantId":"acme"}`, 500, "E111403"},
		{"delete by id on the wrong level", remove, `{"id":"` + id + `","tenantId":"acme"}`, 500, "E111403"},
		{"a permission without a name", "/v1/mgmt/permission/create", `{}`, 400, "E011003"},
		{"a used permission name", "/v1/mgmt/permission/create", `{"name":"Read"}`, 500, "E024104"},
		{"delete of an unknown permission", "/v1/mgmt/permission/delete", `{"name":"Nobody"}`, 500, "E111303"},
		{"delete of a system permission", "/v1/mgmt/permission/delete", `{"name":"SSO Admin"}`, 400, "E011003"},
		{"delete of a permission without a name", "/v1/mgmt/permission/delete", `{}`, 400, "E011003"},
	} {
		t.Run(test.name, func(t *testing.T) { h.in(t).refused("POST", test.path, test.body, test.status, test.code) })
	}
	for _, test := range []struct{ name, body, want string }{
		{"everything", ``, "/Tenant Admin /Viewer acme/Viewer"},
		{"of a tenant", `{"tenantIds":["acme"]}`, "acme/Viewer"},
		{"of a tenant and the project", `{"tenantIds":["acme"],"includeProjectRoles":true}`, "/Tenant Admin /Viewer acme/Viewer"},
		{"names", `{"roleNames":["Tenant Admin","x"]}`, "/Tenant Admin"},
		{"a part of a name", `{"roleNameLike":"VIEW"}`, "/Viewer acme/Viewer"},
		{"permissions", `{"permissionNames":["Read"]}`, "/Viewer"},
		{"ids", `{"roleIds":["` + id + `"]}`, "/Viewer"},
		{"a text of a description", `{"text":"LOOK"}`, "/Viewer"},
		{"no match", `{"roleNames":["x"]}`, ""},
		{"descending", `{"sort":[{"field":"name","desc":true},{"field":"tenantId","desc":true}]}`, "acme/Viewer /Viewer /Tenant Admin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := test.body
			if !strings.Contains(body, "sort") { // ids are random: the order is asked for
				body = strings.TrimSuffix(strings.Replace(body, "{", `{"sort":[{"field":"tenantId"},{"field":"name"}],`, 1), "}")
				if body == "" {
					body = `{"sort":[{"field":"tenantId"},{"field":"name"}]`
				}
				body += "}"
			}
			if got := h.in(t).roleNames(body); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	h.refused("POST", "/v1/mgmt/role/search", `{"sort":[{"field":"colour"}]}`, 400, "E011003")

	h.ok("POST", "/v1/mgmt/permission/delete", `{"name":"Read"}`)
	if got := h.roleNames(`{"permissionNames":["Read"]}`); got != "" {
		t.Errorf("roles with a deleted permission: %s", got)
	}
	h.ok("POST", "/v1/mgmt/role/delete", `{"id":"`+id+`"}`)
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Viewer"}`) // the name is free again
	h.ok("POST", "/v1/mgmt/role/delete", `{"name":"Viewer","tenantId":"acme"}`)
	if got := h.roleNames(`{"roleNameLike":"viewer"}`); got != "/Viewer" {
		t.Errorf("left: %s", got)
	}
}

// What belongs to a tenant goes with it, and does not come back with its id.
func TestTenantDeleteTakesItsParts(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	h.createTenant("acme")
	h.createTenant("beta")
	before := h.controlOK("GET", "state", "")
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Owner","tenantId":"acme"}`)
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"name":"x"}}`)
	h.ok("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"acme","displayName":"x"}`)
	h.ok("POST", "/v1/mgmt/password/settings", `{"tenantId":"acme","minLength":9}`)
	h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"acme"}`)
	h.createTenant("acme")
	type project struct {
		Tenants, Roles, SSO, Password json.RawMessage
	}
	content := func(state string) project { return decode[struct{ Projects []project }](t, state).Projects[0] }
	assertEqual(t, "content", content(before), content(h.controlOK("GET", "state", "")))
}
