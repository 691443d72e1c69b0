package emulator_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestUserCreate(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	h.createTenant("acme")
	// Each of the three fields with two spellings, once in each.
	for i, spelling := range []string{
		`"displayName":"Ann","additionalLoginIds":["two-%d"],"ssoAppIDs":["app"]`,
		`"name":"Ann","additionalIdentifiers":["two-%d"],"ssoAppIds":["app"]`,
	} {
		body := fmt.Sprintf(`{"loginId":"ann-%d@x.org","userTenants":[{"tenantId":"acme","roleNames":["Viewer"]}],`+spelling+`,"invite":false,"customAttributes":null}`, i, i)
		created := decode[struct {
			User    map[string]json.RawMessage
			Created bool
		}](t, h.ok("POST", "/v1/mgmt/user/create", body))
		if !created.Created || len(created.User) != 31 {
			t.Errorf("created %v with %d fields", created.Created, len(created.User))
		}
		for key, want := range map[string]string{
			"loginIds": fmt.Sprintf(`["ann-%d@x.org","two-%d"]`, i, i), "externalIds": fmt.Sprintf(`["ann-%d@x.org","two-%d"]`, i, i),
			"name": `"Ann"`, "email": fmt.Sprintf(`"ann-%d@x.org"`, i), "verifiedEmail": `true`, "ssoAppIds": `["app"]`,
			"status": `"invited"`, "createdTime": `1700000000`, "customAttributes": `{}`, "test": `false`, "phone": `""`, "OAuth": `{}`,
			"userTenants": `[{"tenantId":"acme","tenantName":"Name of acme","roleNames":["Viewer"],"permissions":[]}]`,
		} {
			assertMember(t, created.User, key, want)
		}
		if id := string(created.User["userId"]); !regexp.MustCompile(`^"U[0-9A-Za-z]{27}"$`).MatchString(id) {
			t.Errorf("userId %s", id)
		}
		loaded := h.ok("GET", fmt.Sprintf("/v1/mgmt/user?loginId=two-%d", i), "")
		byID := h.ok("GET", "/v1/mgmt/user?userId="+decode[string](t, string(created.User["userId"])), "")
		if loaded != byID || !strings.HasPrefix(loaded, `{"user":{"userId":`) {
			t.Errorf("loaded %s\n%s", loaded, byID)
		}
	}
}

func TestUserRefusals(t *testing.T) {
	h := start(t, emulator.Options{})
	h.ok("POST", "/v1/mgmt/user/create", `{"loginId":"ann","additionalLoginIds":["second"]}`)
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"create without a login", "POST", "/v1/mgmt/user/create", `{}`, 400, "E011003"},
		{"create twice", "POST", "/v1/mgmt/user/create", `{"loginId":"ann"}`, 400, "E062107"},
		{"create with a used second login", "POST", "/v1/mgmt/user/create", `{"loginId":"new","additionalLoginIds":["second"]}`, 400, "E062107"},
		{"create in an unknown tenant", "POST", "/v1/mgmt/user/create", `{"loginId":"new","userTenants":[{"tenantId":"nobody"}]}`, 400, "E011003"},
		{"a membership without a tenant", "POST", "/v1/mgmt/user/create", `{"loginId":"new","userTenants":[{}]}`, 400, "E011003"},
		{"a membership with a strange field", "POST", "/v1/mgmt/user/create", `{"loginId":"new","userTenants":[{"tenantId":"a","x":1}]}`, 400, "E011003"},
		{"an unknown status", "POST", "/v1/mgmt/user/create", `{"loginId":"new","status":"asleep"}`, 400, "E011003"},
		{"load of nobody", "GET", "/v1/mgmt/user?loginId=nobody", ``, 404, "E112102"},
		{"load without an id", "GET", "/v1/mgmt/user", ``, 400, "E011003"},
		{"delete of nobody", "POST", "/v1/mgmt/user/delete", `{"userId":"nobody"}`, 404, "E112102"},
		{"delete without an id", "POST", "/v1/mgmt/user/delete", `{}`, 400, "E011003"},
		{"search with a negative limit", "POST", "/v2/mgmt/user/search", `{"limit":-1}`, 400, "E011003"},
		{"search sorted by what is no field", "POST", "/v2/mgmt/user/search", `{"sort":[{"field":"shoe"}]}`, 400, "E011003"},
		{"search by role ids", "POST", "/v2/mgmt/user/search", `{"tenantRoleIds":{"acme":{"values":["x"]}}}`, 400, "E011003"},
		{"search by role names of the wrong shape", "POST", "/v2/mgmt/user/search", `{"tenantRoleNames":{"acme":["x"]}}`, 400, "E011003"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h.in(t).refused(test.method, test.path, test.body, test.status, test.code)
		})
	}
}

// people makes a tree of two tenants, one apart, and users in them.
func people(t *testing.T) *harness {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"` + projectID + `",
		"tenants":[{"id":"acme","name":"Acme"},{"id":"child","name":"Child","parent":"acme"},{"id":"beta","name":"Beta"}],
		"users":[
		 {"userId":"U1","loginIds":["ann@x.org"],"name":"Ann","email":"ann@x.org","status":"enabled","createdTime":100,"userTenants":[{"tenantId":"acme","roleNames":["Admin","Viewer"]}],"customAttributes":{"n":9007199254740993}},
		 {"userId":"U2","loginIds":["bob"],"name":"Bob","phone":"+1555","createdTime":200,"roleNames":["Viewer"],"userTenants":[{"tenantId":"acme"},{"tenantId":"beta","roleNames":["Viewer"]}],"SAML":true},
		 {"userId":"U3","loginIds":["cid"],"name":"cid","createdTime":300,"userTenants":[{"tenantId":"child"}],"SCIM":true,"ssoAppIds":["app"]},
		 {"userId":"U4","loginIds":["tess"],"name":"Tess","test":true,"createdTime":400,"userTenants":[{"tenantId":"acme"}],"future":1.50}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return start(t, emulator.Options{Seed: &seed})
}

func (h *harness) search(path, body string) (ids string, total int) {
	h.t.Helper()
	found := decode[struct {
		Users []struct {
			UserID string `json:"userId"`
		}
		Total int
	}](h.t, h.ok("POST", path, body))
	for _, one := range found.Users {
		ids += one.UserID[1:]
	}
	return ids, found.Total
}

func TestUserSearch(t *testing.T) {
	h := people(t)
	for _, test := range []struct {
		name, body, want string
		total            int
	}{
		{"everyone but test users", ``, "123", 3},
		{"with test users", `{"withTestUser":true}`, "1234", 4},
		{"only test users", `{"testUsersOnly":true}`, "4", 1},
		{"tenant", `{"tenantIds":["acme"],"withTestUser":true}`, "124", 3},
		{"any of two tenants", `{"tenantIds":["child","beta"]}`, "23", 2},
		{"tenants below", `{"tenantIds":["acme"],"includeSubTenants":true}`, "123", 3},
		{"an unknown tenant", `{"tenantIds":["nobody"]}`, "", 0},
		{"text in a name", `{"text":"ANN"}`, "1", 1},
		{"text in a phone", `{"text":"1555"}`, "2", 1},
		{"login ids", `{"loginIds":["bob","cid"]}`, "23", 2},
		{"one login id", `{"loginId":"bob"}`, "2", 1},
		{"user ids", `{"userIds":["U3","U1"]}`, "13", 2},
		{"emails", `{"emails":["ann@x.org"]}`, "1", 1},
		{"phones", `{"phones":["+1555"]}`, "2", 1},
		{"statuses", `{"statuses":["invited"]}`, "23", 2},
		{"project roles and tenant roles", `{"roleNames":["Viewer"]}`, "12", 2},
		{"roles of a tenant", `{"tenantRoleNames":{"acme":{"values":["Admin","Viewer"],"and":true}}}`, "1", 1},
		{"any role of a tenant", `{"tenantRoleNames":{"beta":{"values":["Admin","Viewer"]}}}`, "2", 1},
		{"sso apps", `{"ssoAppIds":["app"]}`, "3", 1},
		{"sso only", `{"ssoOnly":true}`, "2", 1},
		{"scim only", `{"scimOnly":true}`, "3", 1},
		{"attributes", `{"customAttributes":{"n":9007199254740993}}`, "1", 1},
		{"attributes, off by one", `{"customAttributes":{"n":9007199254740992}}`, "", 0},
		{"created from", `{"fromCreatedTime":200000}`, "23", 2},
		{"created to, as a string", `{"toCreatedTime":"200000"}`, "12", 2},
		{"bounds that the Go SDK sends for none", `{"fromCreatedTime":-62135596800000,"toCreatedTime":-62135596800000}`, "123", 3},
		{"limit", `{"limit":2}`, "12", 3},
		{"page", `{"limit":2,"page":1}`, "3", 3},
		{"offset wins over page", `{"limit":1,"page":9,"offset":1}`, "2", 3},
		{"past the end", `{"limit":2147483647,"page":2147483647}`, "", 3},
		{"sorted", `{"sort":[{"field":"createdTime","desc":true}]}`, "321", 3},
		{"sorted twice", `{"sort":[{"field":"tenant"},{"field":"displayName","desc":true}]}`, "213", 3},
		{"what the Go SDK sends", `{"tenantIds":null,"roleNames":null,"limit":0,"page":0,"sort":null,"text":"","tenantRoleIds":null}`, "123", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/v1/mgmt/user/search", "/v2/mgmt/user/search"} {
				if ids, total := h.search(path, test.body); ids != test.want || total != test.total {
					t.Errorf("%s: got %q of %d, want %q of %d", path, ids, total, test.want, test.total)
				}
			}
		})
	}
	if ids, _ := h.search("/v2/mgmt/user/search/test", `{}`); ids != "4" {
		t.Errorf("test user search: %q", ids)
	}
	if got := h.ok("POST", "/v2/mgmt/user/search", `{"tenantIds":["nobody"]}`); got != `{"users":[],"total":0}` {
		t.Errorf("no match answered %s", got)
	}
}

func TestTenantDeleteAndItsUsers(t *testing.T) {
	for _, test := range []struct {
		name, cascade, left string
	}{
		{"without cascade members stay", "false", "1234"},
		{"with cascade those of this tenant alone go", "true", "23"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := people(t)
			h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"child"}`)
			if got := h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"acme","cascade":`+test.cascade+`}`); got != `{}` {
				t.Errorf("delete answered %s", got)
			}
			if ids, _ := h.search("/v2/mgmt/user/search", `{"withTestUser":true}`); ids != test.left {
				t.Errorf("left %q, want %q", ids, test.left)
			}
			if ids, _ := h.search("/v2/mgmt/user/search", `{"tenantIds":["acme"],"withTestUser":true}`); ids != "" {
				t.Errorf("still members: %q", ids)
			}
			bob := h.ok("GET", "/v1/mgmt/user?loginId=bob", "")
			if !strings.Contains(bob, `"userTenants":[{"tenantId":"beta","tenantName":"Beta","roleNames":["Viewer"],"permissions":[]}]`) {
				t.Errorf("bob: %s", bob)
			}
		})
	}
}

func TestTestUsers(t *testing.T) {
	h := people(t)
	h.ok("POST", "/v1/mgmt/user/create/test", `{"loginId":"t1"}`)
	h.ok("POST", "/v1/mgmt/user/create", `{"loginId":"t2","test":true}`)
	if _, total := h.search("/v2/mgmt/user/search", `{"testUsersOnly":true}`); total != 3 {
		t.Errorf("%d test users", total)
	}
	if got := h.ok("DELETE", "/v1/mgmt/user/test/delete/all", ""); got != `{}` {
		t.Errorf("answered %s", got)
	}
	if ids, _ := h.search("/v2/mgmt/user/search", `{"withTestUser":true}`); ids != "123" {
		t.Errorf("left %q", ids)
	}
	h.ok("POST", "/v1/mgmt/user/delete", `{"loginId":"bob"}`)
	h.ok("POST", "/v1/mgmt/user/delete", `{"userId":"U3"}`)
	if ids, _ := h.search("/v2/mgmt/user/search", `{"withTestUser":true}`); ids != "1" {
		t.Errorf("left %q", ids)
	}
	h.ok("POST", "/v1/mgmt/user/create", `{"loginId":"bob"}`) // the login id is free again
}

func TestUserExtrasSurvive(t *testing.T) {
	h := people(t)
	if got := h.ok("GET", "/v1/mgmt/user?loginId=tess", ""); !strings.HasSuffix(got, `,"future":1.50}}`) {
		t.Errorf("got %s", got)
	}
}
