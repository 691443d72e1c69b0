package emulator_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/descope/go-sdk/descope"
	"github.com/descope/go-sdk/descope/client"
	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// sdk is Descope's own Go client of the emulator: an independent reading of
// the wire format. The base URL ends in a slash, so that it asks //v1/….
func sdk(t *testing.T, h *harness) *client.DescopeClient {
	t.Helper()
	made, err := client.NewWithConfig(&client.Config{
		ProjectID: projectID, ManagementKey: projectKey, DescopeBaseURL: h.url + "/", DefaultClient: h.client,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func hasCode(err error, code string) bool {
	var failure *descope.Error
	return errors.As(err, &failure) && failure.Code == code
}

func isNotFound(err error) bool {
	failure, ok := errors.AsType[*descope.Error](err)
	return ok && failure.IsNotFound()
}

func TestOfficialSDKTenants(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	tenants := sdk(t, h).Management.Tenant()
	ctx := t.Context()

	generated := must[string](t)(tenants.Create(ctx, &descope.TenantRequest{Name: "Generated"}))
	if len(generated) != 28 || generated[0] != 'T' {
		t.Errorf("generated id %q", generated)
	}
	request := &descope.TenantRequest{
		Name: "Acme", SelfProvisioningDomains: []string{"acme.com"}, CustomAttributes: map[string]any{"plan": "gold"},
		EnforceSSO: true, EnforceSSOExclusions: []string{"U1"}, Disabled: true, RoleInheritance: "userOnly", ParentTenantID: generated,
	}
	if err := tenants.CreateWithID(ctx, "acme", request); err != nil {
		t.Fatal(err)
	}
	want := &descope.Tenant{
		ID: "acme", Name: "Acme", SelfProvisioningDomains: []string{"acme.com"}, CustomAttributes: map[string]any{"plan": "gold"},
		AuthType: "none", Domains: []string{}, CreatedTime: 1_700_000_000, EnforceSSO: true, Disabled: true,
		EnforceSSOExclusions: []string{"U1"}, RoleInheritance: "userOnly",
	}
	assertEqual(t, "load", want, must[*descope.Tenant](t)(tenants.Load(ctx, "acme")))
	assertMember(t, h.tenant("acme"), "parent", `"`+generated+`"`) // the SDK cannot read it

	all := must[[]*descope.Tenant](t)(tenants.LoadAll(ctx))
	if len(all) != 2 || !slices.ContainsFunc(all, func(one *descope.Tenant) bool { return cmp.Equal(one, want) }) {
		t.Errorf("all: %+v", all)
	}
	found := must[[]*descope.Tenant](t)(tenants.SearchAll(ctx, &descope.TenantSearchOptions{
		IDs: []string{"acme", "other"}, Names: []string{"Acme"}, SelfProvisioningDomains: []string{"acme.com"},
		CustomAttributes: map[string]any{"plan": "gold"}, AuthType: "none",
	}))
	assertEqual(t, "search", []*descope.Tenant{want}, found)
	assertEqual(t, "search without a match", []*descope.Tenant{}, must[[]*descope.Tenant](t)(tenants.SearchAll(ctx, &descope.TenantSearchOptions{IDs: []string{"other"}})))

	if err := tenants.Update(ctx, "acme", &descope.TenantRequest{Name: "Acme 2"}); err != nil {
		t.Fatal(err)
	}
	want = &descope.Tenant{
		ID: "acme", Name: "Acme 2", SelfProvisioningDomains: []string{}, CustomAttributes: map[string]any{}, AuthType: "none",
		Domains: []string{}, CreatedTime: 1_700_000_000, EnforceSSOExclusions: []string{},
	}
	assertEqual(t, "load after an update", want, must[*descope.Tenant](t)(tenants.Load(ctx, "acme")))

	if err := tenants.UpdateDefaultRoles(ctx, "acme", []string{"Viewer"}); err != nil {
		t.Fatal(err)
	}
	assertMember(t, h.tenant("acme"), "defaultRoles", `["Viewer"]`)
	if err := tenants.Delete(ctx, "acme", true); err != nil {
		t.Fatal(err)
	}
	if err := tenants.Delete(ctx, generated, false); err != nil {
		t.Fatal(err)
	}
	assertEqual(t, "all after the deletes", []*descope.Tenant{}, must[[]*descope.Tenant](t)(tenants.LoadAll(ctx)))
}

func TestOfficialSDKSettings(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true})
	tenants := sdk(t, h).Management.Tenant()
	ctx := t.Context()
	h.createTenant("acme")
	assertEqual(t, "settings nobody wrote",
		&descope.TenantSettings{Domains: []string{}, SelfProvisioningDomains: []string{}, AuthType: "none"},
		must[*descope.TenantSettings](t)(tenants.GetSettings(ctx, "acme")))
	want := &descope.TenantSettings{
		Domains: []string{"sso.acme.com"}, SelfProvisioningDomains: []string{"acme.com"}, AuthType: "oidc", SessionSettingsEnabled: true,
		RefreshTokenExpiration: 4, RefreshTokenExpirationUnit: "weeks", SessionTokenExpiration: 10, SessionTokenExpirationUnit: "minutes",
		StepupTokenExpiration: 5, StepupTokenExpirationUnit: "minutes", EnableInactivity: true, InactivityTime: 30, InactivityTimeUnit: "minutes",
		JITDisabled: true,
	}
	if err := tenants.ConfigureSettings(ctx, "acme", want); err != nil {
		t.Fatal(err)
	}
	assertEqual(t, "settings", want, must[*descope.TenantSettings](t)(tenants.GetSettings(ctx, "acme")))
	loaded := must[*descope.Tenant](t)(tenants.Load(ctx, "acme"))
	if loaded.AuthType != "oidc" || !slices.Equal(loaded.Domains, want.Domains) || !slices.Equal(loaded.SelfProvisioningDomains, want.SelfProvisioningDomains) {
		t.Errorf("tenant %+v", loaded)
	}
}

func TestOfficialSDKErrors(t *testing.T) {
	h := start(t, emulator.Options{NotFoundStatus: 404, Limits: limits(t, "other=5/1h")})
	descopeClient := sdk(t, h)
	tenants := descopeClient.Management.Tenant()
	ctx := t.Context()
	h.createTenant("acme")
	if _, err := tenants.Load(ctx, "nobody"); !hasCode(err, "E111104") || !isNotFound(err) {
		t.Errorf("load: %v", err)
	}
	if err := tenants.Update(ctx, "nobody", &descope.TenantRequest{Name: "x"}); !hasCode(err, "E111102") {
		t.Errorf("update: %v", err)
	}
	if err := tenants.CreateWithID(ctx, "acme", &descope.TenantRequest{Name: "x"}); !hasCode(err, "E073307") {
		t.Errorf("create: %v", err)
	}
	if _, err := tenants.GenerateSSOConfigurationLink(ctx, "acme", 0, "", "", "", ""); !hasCode(err, "E010009") {
		t.Errorf("a route that the emulator does not have: %v", err)
	}
	if _, err := descopeClient.Management.User().Load(ctx, "nobody"); !hasCode(err, "E112102") {
		t.Errorf("user: %v", err)
	}
	for range 10 {
		if _, err := descopeClient.Management.Project().ListProjects(ctx); errors.Is(err, descope.ErrRateLimitExceeded) {
			var failure *descope.Error
			if !errors.As(err, &failure) || failure.Info[descope.ErrorInfoKeys.RateLimitExceededRetryAfter] != 3600 {
				t.Errorf("limit: %#v", err)
			}
			return
		}
	}
	t.Error("never limited")
}

func TestOfficialSDKUsers(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true})
	management := sdk(t, h).Management
	users := management.User()
	ctx := t.Context()
	h.createTenant("acme")
	request := &descope.UserRequest{
		User: descope.User{Name: "Ann", Email: "ann@x.org"}, Tenants: []*descope.AssociatedTenant{{TenantID: "acme", Roles: []string{"Viewer"}}},
		AdditionalLoginIDs: []string{"ann2"}, SSOAppIDs: []string{"app"}, CustomAttributes: map[string]any{"a": "b"},
	}
	ann := must[*descope.UserResponse](t)(users.Create(ctx, "ann", request))
	if ann.Name != "Ann" || ann.Status != "invited" || len(ann.UserTenants) != 1 || ann.UserTenants[0].TenantName != "Name of acme" {
		t.Errorf("created %+v", ann)
	}
	assertEqual(t, "load", ann, must[*descope.UserResponse](t)(users.Load(ctx, "ann2")))
	for _, login := range []string{"t1", "t2"} {
		if one := must[*descope.UserResponse](t)(users.CreateTestUser(ctx, login, &descope.UserRequest{Tenants: []*descope.AssociatedTenant{{TenantID: "acme"}}})); !one.Test {
			t.Errorf("no test user: %+v", one)
		}
	}
	if _, err := users.Invite(ctx, "guest", &descope.UserRequest{User: descope.User{Email: "g@x.org"}}, &descope.InviteOptions{InviteURL: "https://x.org", Locale: "de"}); err != nil {
		t.Errorf("invite: %v", err)
	}
	count := func(options *descope.UserSearchOptions) int {
		t.Helper()
		found, total, err := users.SearchAll(ctx, options)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > total {
			t.Errorf("%d of %d", len(found), total)
		}
		return total
	}
	for _, test := range []struct {
		name    string
		options *descope.UserSearchOptions
		want    int
	}{
		{"all", nil, 2},
		{"with test users", &descope.UserSearchOptions{WithTestUsers: true}, 4},
		{"one on a page", &descope.UserSearchOptions{WithTestUsers: true, Limit: 1}, 4},
		{"of a tenant", &descope.UserSearchOptions{TenantIDs: []string{"acme"}, WithTestUsers: true}, 3},
		{"test users only", &descope.UserSearchOptions{TestUsersOnly: true}, 2},
	} {
		if got := count(test.options); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	_, total, err := users.SearchAllTestUsers(ctx, nil)
	if err != nil || total != 2 {
		t.Errorf("test users: %d %v", total, err)
	}
	if err := users.DeleteAllTestUsers(ctx); err != nil {
		t.Error(err)
	}
	if err := users.Delete(ctx, "guest"); err != nil {
		t.Error(err)
	}
	if err := management.Tenant().Delete(ctx, "acme", true); err != nil {
		t.Error(err)
	}
	if got := count(&descope.UserSearchOptions{WithTestUsers: true}); got != 0 {
		t.Errorf("%d users left", got)
	}
}

func TestOfficialSDKHandshakeAndProjects(t *testing.T) {
	h := start(t, emulator.Options{})
	management := sdk(t, h).Management
	if log := h.requests(); len(log) != 1 || log[0].Path != "/v1/mgmt/license" || log[0].Status != 200 {
		t.Errorf("handshake %+v", log)
	}
	projects, err := management.Project().ListProjects(context.Background())
	if err != nil || len(projects) != 1 || projects[0].ID != projectID {
		t.Errorf("projects %+v %v", projects, err)
	}
}

func TestOfficialSDKProjectNameAndTags(t *testing.T) {
	one := emulator.Project{ID: projectID, ManagementKey: projectKey, Name: "Rehearsal", Tags: []string{"a", "b"}, Environment: "production"}
	h := start(t, emulator.Options{Projects: []emulator.Project{one}})
	projects := sdk(t, h).Management.Project()
	ctx := t.Context()
	list := must[[]*descope.Project](t)
	assertEqual(t, "as given", []*descope.Project{{ID: projectID, Name: "Rehearsal", Environment: "production", Tags: []string{"a", "b"}}}, list(projects.ListProjects(ctx)))
	if err := errors.Join(projects.UpdateName(ctx, "Sandbox"), projects.UpdateTags(ctx, []string{"c"})); err != nil {
		t.Fatal(err)
	}
	assertEqual(t, "changed", []*descope.Project{{ID: projectID, Name: "Sandbox", Environment: "production", Tags: []string{"c"}}}, list(projects.ListProjects(ctx)))
	if err := projects.UpdateTags(ctx, []string{strings.Repeat("x", 51)}); !hasCode(err, "E011003") {
		t.Errorf("a tag of 51 bytes: %v", err)
	}

	refusing := start(t, emulator.Options{RefuseProjectList: true})
	if _, err := sdk(t, refusing).Management.Project().ListProjects(ctx); !hasCode(err, "E011008") {
		t.Errorf("a key that may not list: %v", err)
	}
}

// What a project is called outlives the process, and what the options say wins.
func TestProjectNameIsKept(t *testing.T) {
	dir := t.TempDir()
	run := func(one emulator.Project, use func(*harness)) {
		t.Helper()
		t.Run("", func(t *testing.T) { use(start(t, emulator.Options{DataDir: dir, Projects: []emulator.Project{one}})) })
	}
	plain := emulator.Project{ID: projectID, ManagementKey: projectKey}
	run(plain, func(h *harness) {
		h.ok("POST", "/v1/mgmt/project/update/name", `{"name":"Sandbox"}`)
		h.ok("POST", "/v1/mgmt/project/update/tags", `{"tags":["c"]}`)
	})
	named := plain
	named.Name = "Other"
	for _, test := range []struct {
		given emulator.Project
		want  string
	}{
		{plain, `"name":"Sandbox","environment":"","tag":"","tags":["c"]`},
		{named, `"name":"Other","environment":"","tag":"","tags":["c"]`},
	} {
		run(test.given, func(h *harness) {
			if got := h.ok("POST", "/v1/mgmt/projects/list", ""); !strings.Contains(got, test.want) {
				h.t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func assertEqual[T any](t *testing.T, name string, want, got T) {
	t.Helper()
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("%s (-want +got):\n%s", name, difference)
	}
}
