package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestControlIsProtected(t *testing.T) {
	h := start(t, emulator.Options{})
	for _, test := range []struct {
		name, method, path string
		header             map[string]string
		status             int
	}{
		{"the header", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1"}, 200},
		{"the header, localhost", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1", "Host": "localhost:8787"}, 200},
		{"the header, without a port", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1", "Host": "127.0.0.1"}, 200},
		{"the header, IPv6", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1", "Host": "[::1]:8787"}, 200},
		{"no header", "GET", "/_emulator/v1/requests", nil, 403},
		{"another value", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "true"}, 403},
		{"a bearer instead", "GET", "/_emulator/v1/state", map[string]string{"Authorization": "Bearer " + projectID + ":" + projectKey}, 403},
		{"a foreign host", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1", "Host": "evil.example"}, 403},
		{"a foreign host that looks like loopback", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1", "Host": "127.0.0.1.evil.example"}, 403},
		{"a foreign address", "GET", "/_emulator/v1/requests", map[string]string{"X-Descope-Emulator": "1", "Host": "10.0.0.1:8787"}, 403},
		{"a page's request", "POST", "/_emulator/v1/reset", map[string]string{"X-Descope-Emulator": "1", "Origin": "https://evil.example"}, 403},
		{"a page's request from loopback", "POST", "/_emulator/v1/reset", map[string]string{"X-Descope-Emulator": "1", "Origin": "http://localhost:3000"}, 403},
		{"a page's form", "POST", "/_emulator/v1/reset", map[string]string{"Origin": "https://evil.example", "Content-Type": "text/plain"}, 403},
		{"a preflight", "OPTIONS", "/_emulator/v1/reset", map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Headers": "x-descope-emulator"}, 403},
		{"an unknown path", "GET", "/_emulator/v1/nothing", map[string]string{"X-Descope-Emulator": "1"}, 404},
		{"an unknown version", "GET", "/_emulator/v2/requests", map[string]string{"X-Descope-Emulator": "1"}, 404},
		{"the root", "GET", "/_emulator", map[string]string{"X-Descope-Emulator": "1"}, 404},
		{"an unknown method", "DELETE", "/_emulator/v1/state", map[string]string{"X-Descope-Emulator": "1"}, 405},
		{"doubled slashes", "GET", "//_emulator/v1/requests", nil, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, header, body, err := h.send(test.method, test.path, "", test.header)
			if err != nil {
				t.Fatal(err)
			}
			if status != test.status || header.Get("Content-Type") != "application/json" {
				t.Errorf("status %d, %s: %s", status, header.Get("Content-Type"), body)
			}
			if header.Get("Access-Control-Allow-Origin")+header.Get("Access-Control-Allow-Headers") != "" {
				t.Error("the answer lets pages in")
			}
			if status != 200 && decode[map[string]string](t, body)["error"] == "" {
				t.Errorf("no reason: %s", body)
			}
		})
	}
	if logged := h.requests(); len(logged) != 0 {
		t.Errorf("control calls were logged: %v", logged)
	}
	if got := h.stats("other"); got.Calls != 0 {
		t.Errorf("control calls were counted: %+v", got)
	}
}

func TestRequestLog(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	h.call("GET", "//v1/mgmt/tenant?id=nobody", "")
	h.call("PUT", "/v1/mgmt/what", "")
	h.bearer = "P2Nobody:K2Nothing"
	h.call("GET", "/v1/mgmt/tenant/all", "")
	want := []logEntry{
		{Method: "POST", Path: "/v1/mgmt/tenant/create", Project: projectID, Status: 200},
		{Method: "GET", Path: "/v1/mgmt/tenant", Project: projectID, Status: 500},
		{Method: "PUT", Path: "/v1/mgmt/what", Project: projectID, Status: 500},
		{Method: "GET", Path: "/v1/mgmt/tenant/all", Project: "", Status: 401},
	}
	got := h.requests()
	if len(got) != len(want) {
		t.Fatalf("log %+v", got)
	}
	last := time.Time{}
	for i := range want {
		at, err := time.Parse(time.RFC3339Nano, got[i].Time)
		if err != nil || at.Before(last) {
			t.Errorf("time %q after %v: %v", got[i].Time, last, err)
		}
		last = at
		got[i].Time, got[i].DurationMS = "", 0
		if got[i] != want[i] {
			t.Errorf("entry %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestRequestLogKeepsTheNewest(t *testing.T) {
	h := start(t, emulator.Options{})
	recorder := func(path string) {
		request, err := http.NewRequestWithContext(t.Context(), "GET", path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		h.server.Handler().ServeHTTP(discard{http.Header{}}, request)
	}
	recorder("/first")
	for range 45_000 {
		recorder("/middle")
	}
	recorder("/last")
	log := h.requests()
	if len(log) < 20_000 || len(log) > 40_000 || log[0].Path != "/middle" || log[len(log)-1].Path != "/last" {
		t.Errorf("%d entries, %+v to %+v", len(log), log[0], log[len(log)-1])
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func TestReset(t *testing.T) {
	limits, err := emulator.ParseLimits([]string{"tenant=5/1h"})
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, emulator.Options{Seed: seedWithExtras(t), Limits: limits, Now: fixedClock})
	begin := h.controlOK("GET", "state", "")
	h.controlOK("POST", "faults", `{"match":{"path":"/never"},"do":{"status":503}}`)
	h.createTenant("new")
	h.ok("POST", "/v1/mgmt/user/create", `{"loginId":"ann","userTenants":[{"tenantId":"new"}]}`)
	for range 6 {
		h.call("GET", "/v1/mgmt/tenant/all", "")
	}
	if got := h.stats("tenant"); got.Limited != 2 {
		t.Errorf("before the reset: %+v", got)
	}
	h.controlOK("POST", "reset", "")
	if got := h.controlOK("GET", "state", ""); got != begin {
		t.Errorf("state after the reset:\n%s\n%s", got, begin)
	}
	if got := h.requests(); len(got) != 0 {
		t.Errorf("log: %v", got)
	}
	if got := h.controlOK("GET", "faults", ""); got != `{"faults":[]}` {
		t.Errorf("faults: %s", got)
	}
	if got := h.stats("tenant"); got.Calls+got.Limited+got.MaxInWindow != 0 || got.Limit != 5 {
		t.Errorf("stats: %+v", got)
	}
	h.ok("GET", "/v1/mgmt/tenant/all", "") // neither the key nor the limit is in the way
}

func TestStateRoundTrip(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t), Now: fixedClock})
	h.ok("POST", "/v1/mgmt/user/create", `{"loginId":"ann","userTenants":[{"tenantId":"acme","roleNames":["A"]}]}`)
	h.ok("POST", "/v1/mgmt/permission/create", `{"name":"Read"}`)
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Owner","tenantId":"acme","permissionNames":["Read"]}`)
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"clientSecret":"s","roleMappings":[{"groups":["g"],"roleName":"Owner"}]}}`)
	h.ok("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"acme","ssoId":"second","displayName":"Second"}`)
	h.ok("POST", "/v1/mgmt/password/settings", `{"tenantId":"acme","minLength":9}`)
	h.bearer = otherID + ":" + otherKey
	h.createTenant("elsewhere")
	state := h.controlOK("GET", "state", "")
	if !strings.Contains(state, `"zBig":12345678901234567890.10`) || !strings.Contains(state, `"s":"a<b"`) || strings.Contains(state, "successors") {
		t.Errorf("state %s", state)
	}
	other := start(t, emulator.Options{})
	other.controlOK("PUT", "state", state)
	if got := other.controlOK("GET", "state", ""); got != state {
		t.Errorf("after a round trip:\n%s\n%s", got, state)
	}
	if got, want := other.ok("GET", "/v1/mgmt/tenant?id=acme", ""), h.as(projectID, projectKey).ok("GET", "/v1/mgmt/tenant?id=acme", ""); got != want {
		t.Errorf("tenant:\n%s\n%s", got, want)
	}
}

func (h *harness) as(id, key string) *harness {
	other := *h
	other.bearer = id + ":" + key
	return &other
}

func TestPutStateReplacesNamedProjectsOnly(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	h.createTenant("old")
	other := h.as(otherID, otherKey)
	other.createTenant("kept")
	h.controlOK("PUT", "state", `{"projects":[{"id":"`+projectID+`","tenants":[{"id":"new","name":"New","customAttributes":{"edited":true}}],
		"settings":{"new":{"domains":["sso.new.com"],"enabled":true}},"roles":[{"name":"Viewer","description":"d"}]}]}`)
	h.refused("GET", "/v1/mgmt/tenant?id=old", "", 500, "E111104")
	assertMember(t, h.tenant("new"), "createdTime", "1700000000")
	assertMember(t, h.tenant("new"), "domains", `["sso.new.com"]`) // shared, so it may stand in the settings
	other.tenant("kept")
	if got := h.controlOK("GET", "state", ""); !strings.Contains(got, `"name":"Viewer","description":"d","permissionNames":[],"createdTime":1700000000,"tenantId":"","default":false,"private":false}],`) {
		t.Errorf("state %s", got)
	}
}

func TestPutStateRefusals(t *testing.T) {
	project := func(members string) string { return `{"projects":[{"id":"` + projectID + `",` + members + `}]}` }
	for _, test := range []struct{ name, body, problem string }{
		{"nothing", ``, "state: not valid JSON"},
		{"a list", `[]`, "expected a JSON object"},
		{"an unknown key", `{"project":[]}`, `unknown field "project"`},
		{"an unknown key of a project", project(`"tenant":[]`), `unknown field "tenant"`},
		{"a key twice", project(`"tenants":[{"id":"a","id":"b","name":"A"}]`), `key "id" occurs twice`},
		{"an unknown project", `{"projects":[{"id":"P2nobody"}]}`, `projects[0]: there is no project "P2nobody"`},
		{"a project twice", `{"projects":[{"id":"` + projectID + `"},{"id":"` + projectID + `"}]}`, `projects[1]: the id "` + projectID + `" occurs twice`},
		{"no project id where there are two", `{"projects":[{"tenants":[]}]}`, "exactly one project"},
		{"a tenant without an id", project(`"tenants":[{"name":"A"}]`), `tenants[0]: "id" is missing or empty`},
		{"a tenant without a name", project(`"tenants":[{"id":"a"}]`), `tenants[0]: "name" is missing or empty`},
		{"an id that is a number", project(`"tenants":[{"id":5,"name":"A"}]`), `tenants[0]: "id" must be a string`},
		{"a tenant that is null", project(`"tenants":[null]`), `tenants[0]: expected a JSON object`},
		{"a tenant id twice", project(`"tenants":[{"id":"a","name":"A"},{"id":"a","name":"B"}]`), `tenants[1]: the id "a" occurs twice`},
		{"a tenant name twice", project(`"tenants":[{"id":"a","name":"A"},{"id":"b","name":"A"}]`), `tenants[1]: the name "A" occurs twice`},
		{"createdTime in milliseconds", project(`"tenants":[{"id":"a","name":"A","createdTime":1700000000000}]`), `"createdTime" is out of range`},
		{"a wrong type", project(`"tenants":[{"id":"a","name":"A","disabled":"no"}]`), `"disabled" must be true or false`},
		{"a parent that is not there", project(`"tenants":[{"id":"a","name":"A","parent":"b"}]`), `tenant "a": the parent "b" does not exist`},
		{"a loop", project(`"tenants":[{"id":"a","name":"A","parent":"b"},{"id":"b","name":"B","parent":"a"}]`), `its parents form a loop`},
		{"its own parent", project(`"tenants":[{"id":"a","name":"A","parent":"a"}]`), `its parents form a loop`},
		{"settings of nobody", project(`"settings":{"x":{}}`), `settings: there is no tenant "x"`},
		{"settings of a wrong type", project(`"tenants":[{"id":"a","name":"A"}],"settings":{"a":{"enabled":1}}`), `"enabled" must be true or false`},
		{"settings against the tenant", project(`"tenants":[{"id":"a","name":"A","authType":"saml"}],"settings":{"a":{"authType":"oidc"}}`), `"authType" differs`},
		{"a user without a login", project(`"users":[{"userId":"U1"}]`), `users[0]: "loginIds" must name`},
		{"a user id twice", project(`"users":[{"userId":"U1","loginIds":["a"]},{"userId":"U1","loginIds":["b"]}]`), `the userId "U1" occurs twice`},
		{"a login twice", project(`"users":[{"loginIds":["a"]},{"loginIds":["a"]}]`), `the login id "a" occurs twice`},
		{"a user of nobody", project(`"users":[{"loginIds":["a"],"userTenants":[{"tenantId":"x"}]}]`), `users[0]: there is no tenant "x"`},
		{"a user twice in a tenant", project(`"tenants":[{"id":"x","name":"X"}],"users":[{"loginIds":["a"],"userTenants":[{"tenantId":"x"},{"tenantId":"x"}]}]`), `names the tenant "x" twice`},
		{"a role without a name", project(`"roles":[{}]`), `roles[0]: "name" is missing or empty`},
		{"a role of nobody", project(`"roles":[{"name":"a","tenantId":"x"}]`), `roles[0]: there is no tenant "x"`},
		{"a role with an unknown permission", project(`"roles":[{"name":"a","permissionNames":["Read"]}]`), `roles[0]: there is no permission "Read"`},
		{"a role id twice", project(`"roles":[{"id":"R","name":"a"},{"id":"R","name":"b"}]`), `roles[1]: the id "R" occurs twice`},
		{"a permission without a name", project(`"permissions":[{"description":"x"}]`), `permissions[0]: "name" is missing or empty`},
		{"a permission twice", project(`"permissions":[{"name":"a"},{"name":"a"}]`), `permissions[1]: the permission "a" occurs twice`},
		{"SSO of nobody", project(`"sso":{"x":[{}]}`), `sso: there is no tenant "x"`},
		{"an ssoId twice", project(`"tenants":[{"id":"a","name":"A"}],"sso":{"a":[{},{"ssoId":"default_ssoid"}]}`), `sso of tenant "a": [1]: the ssoId "default_ssoid" occurs twice`},
		{"SSO of a wrong type", project(`"tenants":[{"id":"a","name":"A"}],"sso":{"a":[{"oidc":{"scope":"openid"}}]}`), `oidc: "scope" must be a list of strings`},
		{"password settings of nobody", project(`"password":{"x":{}}`), `password: there is no tenant "x"`},
		{"password settings of a wrong type", project(`"password":{"":{"minLength":"long"}}`), `"minLength" must be a whole number`},
		{"an audit record without an action", project(`"audits":[{"ID":"A"}]`), `audits[0]: "action" is missing or empty`},
		{"an audit ID twice", project(`"audits":[{"ID":"A","action":"x"},{"ID":"A","action":"y"}]`), `audits[1]: the ID "A" is empty or occurs twice`},
		{"a role twice", project(`"roles":[{"name":"a"},{"name":"a"}]`), `roles[1]: the role "a" occurs twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, emulator.Options{Now: fixedClock})
			h.createTenant("kept")
			before := h.controlOK("GET", "state", "")
			status, body := h.control("PUT", "state", test.body)
			if message := decode[map[string]string](t, body)["error"]; status != 400 || !strings.Contains(message, test.problem) {
				t.Errorf("%d %s, want %s", status, body, test.problem)
			}
			if after := h.controlOK("GET", "state", ""); after != before {
				t.Errorf("a refused state changed something: %s", after)
			}
			// Which projects there are is not known before the emulator starts.
			aboutProjects := strings.Contains(test.problem, "there is no project") || strings.Contains(test.problem, "exactly one project")
			if _, err := emulator.ParseSeed([]byte(test.body)); (err == nil) != aboutProjects {
				t.Errorf("as a seed: %v", err)
			}
		})
	}
}

func TestSeedForTheOnlyProject(t *testing.T) {
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"tenants":[{"id":"a","name":"A"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, emulator.Options{Projects: []emulator.Project{{ID: projectID, ManagementKey: projectKey}}, Seed: &seed})
	h.tenant("a")
}
