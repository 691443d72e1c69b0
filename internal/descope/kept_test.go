package descope

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// What is kept of a tenant before it goes is kept as the API gave it.
func TestReadsOfWhatIsKept(t *testing.T) {
	raw := func(list []json.RawMessage) string {
		var parts []string
		for _, one := range list {
			parts = append(parts, string(one))
		}
		return strings.Join(parts, ",")
	}
	first, second := `{"ssoId":"default_ssoid", "n":9007199254740993}`, `{"ssoId":"b","new":null}`
	server := serve(t,
		answer(200, `{"SSOSettings":[`+first+","+second+`]}`),
		answer(200, `{"minLength":12, "enabled":true}`),
		answer(200, `{"minLength":8}`),
		answer(200, `{"roles":[{"name":"Tenant Admin"}]}`),
		answer(200, `{"permissions":[]}`),
	)
	reader, ctx := connect(t, server.url).Reader(), t.Context()
	configurations, err := reader.SSOConfigurations(ctx, "a b")
	if err != nil || raw(configurations) != first+","+second {
		t.Errorf("SSO: %s, %v", raw(configurations), err)
	}
	own, err := reader.PasswordSettings(ctx, "acme")
	if err != nil || string(own) != `{"minLength":12, "enabled":true}` {
		t.Errorf("password settings: %s, %v", own, err)
	}
	if _, err := reader.PasswordSettings(ctx, ""); err != nil {
		t.Error(err)
	}
	roles, err := reader.Roles(ctx)
	if err != nil || raw(roles) != `{"name":"Tenant Admin"}` {
		t.Errorf("roles: %s, %v", raw(roles), err)
	}
	if permissions, err := reader.Permissions(ctx); err != nil || len(permissions) != 0 {
		t.Errorf("permissions: %v, %v", permissions, err)
	}
	seen := server.expect(t, "GET /v2/mgmt/sso/settings/all", "GET /v1/mgmt/password/settings", "GET /v1/mgmt/password/settings",
		"GET /v1/mgmt/role/all", "GET /v1/mgmt/permission/all")
	var queries []string
	for _, request := range seen {
		queries = append(queries, request.query)
	}
	if !slices.Equal(queries, []string{"tenantId=a+b", "tenantId=acme", "", "", ""}) {
		t.Errorf("queries: %q", queries)
	}
}

func TestListOfOtherThings(t *testing.T) {
	_, err := connect(t, serve(t, answer(200, `{"roles":["a"]}`)).url).Reader().Roles(t.Context())
	if failure := failureOf(t, err); failure.Code != CodeBadAnswer || !strings.Contains(err.Error(), "element 1 of the list") {
		t.Errorf("error %v", err)
	}
}

func TestRequestID(t *testing.T) {
	server := serve(t, answer(200, `{}`), answer(200, `{}`))
	id := "20261125T220000Z-0123456789abcdef"
	reader := connect(t, server.url, func(opts *Options) { opts.RequestID = func() string { return id } }).Reader()
	if _, err := reader.Tenants(t.Context()); err != nil {
		t.Fatal(err)
	}
	id = ""
	if _, err := reader.Tenants(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := server.expect(t, "GET /v1/mgmt/tenant/all", "GET /v1/mgmt/tenant/all")
	if got := seen[0].header.Get("x-external-rid"); got != "20261125T220000Z-0123456789abcdef" {
		t.Errorf("the first request says %q", got)
	}
	if _, said := seen[1].header["X-External-Rid"]; said {
		t.Error("the second request carries an id that nobody gave")
	}
}

func TestIsUnreadable(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   bool
	}{
		{403, `{"errorCode":"E111119","errorDescription":"Forbidden"}`, true},
		{404, `{}`, true},
		{405, ``, true},
		{500, envelope("E010009", "Unknown server error", ""), true},
		{500, envelope("E111104", "Failed to load tenants", ""), true},
		{401, `{}`, false},
		{500, `{}`, false},
	} {
		_, err := connect(t, serve(t, answer(test.status, test.body)).url).Reader().SSOConfigurations(t.Context(), "acme")
		if err == nil || IsUnreadable(err) != test.want {
			t.Errorf("%d %s: unreadable is %v", test.status, test.body, !test.want)
		}
	}
	if IsUnreadable(nil) {
		t.Error("no error is one")
	}
}
