package emulator_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/descope/go-sdk/descope"
	"github.com/descope/go-sdk/descope/client"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestOfficialSDKSSO(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	sso := sdk(t, h).Management.SSO()
	ctx := t.Context()
	h.createTenant("acme")
	admin := h.tenantAdminID()

	unset := must[*descope.SSOTenantSettingsResponse](t)(sso.LoadSettings(ctx, "acme", ""))
	if unset.SSOID != "default_ssoid" || unset.Tenant.ID != "acme" || unset.Tenant.AuthType != "none" || unset.Oidc.GrantType != "authorization_code" {
		t.Errorf("unconfigured %+v", unset)
	}
	assertEqual(t, "SAML mapping", &descope.AttributeMapping{Name: "name", Email: "email", PhoneNumber: "phone", CustomAttributes: map[string]string{}}, unset.Saml.AttributeMapping)
	assertEqual(t, "OIDC mapping", &descope.OIDCAttributeMapping{
		LoginID: "sub", Name: "name", Email: "email", PhoneNumber: "phone_number", VerifiedEmail: "email_verified", VerifiedPhone: "phone_number_verified",
		Picture: "picture", GivenName: "given_name", MiddleName: "middle_name", FamilyName: "family_name",
	}, unset.Oidc.AttributeMapping)

	fga := map[string]*descope.FGAGroupMapping{"g": {Relations: []*descope.FGAGroupMappingRelation{{Resource: "r", RelationDefinition: "d", Namespace: "n"}}}}
	saml := &descope.SSOSAMLSettings{
		IdpURL: "https://idp", IdpEntityID: "entity", IdpCert: "cert", AttributeMapping: &descope.AttributeMapping{Email: "mail"},
		RoleMappings: []*descope.RoleMapping{{Groups: []string{"g"}, Role: "Tenant Admin"}}, DefaultSSORoles: []string{"Tenant Admin"},
		GroupsPriority: []string{"g"}, FgaMappings: fga, ConfigFGATenantIDResourcePrefix: "p", ConfigFGATenantIDResourceSuffix: "s", SpEntityID: "sp", SpACSUrl: "https://acs",
	}
	if err := sso.ConfigureSAMLSettings(ctx, "acme", saml, "https://back", []string{"acme.com"}, ""); err != nil {
		t.Fatal(err)
	}
	mapped := []*descope.GroupsMapping{{Role: &descope.RoleItem{ID: admin, Name: "Tenant Admin"}, Groups: []string{"g"}}}
	wantSAML := &descope.SSOSAMLSettingsResponse{
		IdpSSOURL: "https://idp", IdpEntityID: "entity", IdpCertificate: "cert", AttributeMapping: &descope.AttributeMapping{Email: "mail", CustomAttributes: map[string]string{}},
		GroupsMapping: mapped, DefaultSSORoles: []string{"Tenant Admin"}, GroupsPriority: []string{"g"}, RedirectURL: "https://back", FgaMappings: fga,
		ConfigFGATenantIDResourcePrefix: "p", ConfigFGATenantIDResourceSuffix: "s", SpEntityID: "sp", SpACSUrl: "https://acs",
	}
	loaded := must[*descope.SSOTenantSettingsResponse](t)(sso.LoadSettings(ctx, "acme", ""))
	assertEqual(t, "SAML", wantSAML, loaded.Saml)
	assertEqual(t, "domains", []string{"acme.com"}, loaded.Tenant.Domains)
	if loaded.Tenant.AuthType != "saml" {
		t.Errorf("auth type %q", loaded.Tenant.AuthType)
	}
	if err := sso.ConfigureSAMLSettingsByMetadata(ctx, "acme", &descope.SSOSAMLSettingsByMetadata{IdpMetadataURL: "https://meta"}, "", nil, ""); err != nil {
		t.Fatal(err)
	}
	if got := must[*descope.SSOTenantSettingsResponse](t)(sso.LoadSettings(ctx, "acme", "")).Saml; got.IdpMetadataURL != "https://meta" || got.IdpSSOURL != "" {
		t.Errorf("metadata %+v", got)
	}
	oidc := &descope.SSOOIDCSettings{
		Name: "IdP", ClientID: "c", ClientSecret: "s3cret", RedirectURL: "https://r", AuthURL: "https://a", TokenURL: "https://t", UserDataURL: "https://u",
		Scope: []string{"openid"}, JWKsURL: "https://j", AttributeMapping: &descope.OIDCAttributeMapping{LoginID: "oid"}, ManageProviderTokens: true,
		CallbackDomain: "cb", Prompt: []string{"login"}, GrantType: "implicit", Issuer: "i", GroupsMapping: mapped, DefaultSSORoles: []string{}, GroupsPriority: []string{"g"},
		FgaMappings: fga,
	}
	if err := sso.ConfigureOIDCSettings(ctx, "acme", oidc, []string{"oidc.com"}, ""); err != nil {
		t.Fatal(err)
	}
	oidc.ClientSecret = ""
	assertEqual(t, "OIDC", oidc, must[*descope.SSOTenantSettingsResponse](t)(sso.LoadSettings(ctx, "acme", "")).Oidc)
	address := "https://new"
	if err := sso.ConfigureSSORedirectURL(ctx, "acme", nil, &address, ""); err != nil {
		t.Fatal(err)
	}
	added := must[*descope.SSOTenantSettingsResponse](t)(sso.NewSettings(ctx, "acme", "second", "Second"))
	all := must[[]*descope.SSOTenantSettingsResponse](t)(sso.LoadAllSettings(ctx, "acme"))
	if len(all) != 2 || all[0].Oidc.RedirectURL != address || all[1].SSOID != "second" || !cmp.Equal(all[1], added) {
		t.Errorf("all %+v", all)
	}
	for _, id := range []string{"second", ""} {
		if err := sso.DeleteSettings(ctx, "acme", id); err != nil {
			t.Fatal(err)
		}
	}
	assertEqual(t, "after the deletes", unset, must[*descope.SSOTenantSettingsResponse](t)(sso.LoadSettings(ctx, "acme", "")))
	if _, err := sso.LoadSettings(ctx, "nobody", ""); !hasCode(err, "E111104") {
		t.Errorf("nobody's: %v", err)
	}
}

func TestOfficialSDKRights(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true, NotFoundStatus: 404})
	management := sdk(t, h).Management
	permissions, roles := management.Permission(), management.Role()
	ctx := t.Context()
	h.createTenant("acme")
	if err := permissions.Create(ctx, "Read", "may read"); err != nil {
		t.Fatal(err)
	}
	if err := permissions.Create(ctx, "Read", ""); !hasCode(err, "E024104") {
		t.Errorf("duplicate: %v", err)
	}
	all := must[[]*descope.Permission](t)(permissions.LoadAll(ctx))
	at := slices.IndexFunc(all, func(p *descope.Permission) bool { return p.Name == "Read" })
	if len(all) != 4 || at < 0 || all[at].Description != "may read" {
		t.Fatalf("permissions %+v", all)
	}
	if err := roles.Create(ctx, "Viewer", "looks", []string{"Read"}, "", true, false); err != nil {
		t.Fatal(err)
	}
	if err := roles.Create(ctx, "Owner", "", nil, "acme", false, true); err != nil {
		t.Fatal(err)
	}
	if err := roles.Create(ctx, "Viewer", "", nil, "", false, false); !hasCode(err, "E024209") {
		t.Errorf("duplicate: %v", err)
	}
	if err := roles.Create(ctx, "New", "", []string{"Nothing"}, "", false, false); !hasCode(err, "E111303") || !isNotFound(err) {
		t.Errorf("unknown permission: %v", err)
	}
	want := []*descope.Role{
		{Name: "Owner", PermissionNames: []string{}, CreatedTime: 1_700_000_000, TenantID: "acme", Private: true},
		{Name: "Viewer", Description: "looks", PermissionNames: []string{"Read"}, CreatedTime: 1_700_000_000, Default: true},
	}
	project := true
	found := must[[]*descope.Role](t)(roles.Search(ctx, &descope.RoleSearchOptions{TenantIDs: []string{"acme"}, IncludeProjectRoles: &project, RoleNames: []string{"Viewer", "Owner"}}))
	byName := cmpopts.SortSlices(func(a, b *descope.Role) bool { return a.Name < b.Name })
	if difference := cmp.Diff(want, found, byName, cmpopts.IgnoreFields(descope.Role{}, "ID")); difference != "" {
		t.Errorf("search (-want +got):\n%s", difference)
	}
	loaded := must[[]*descope.Role](t)(roles.LoadAll(ctx))
	if len(loaded) != 3 {
		t.Errorf("%d roles", len(loaded))
	}
	if err := roles.Delete(ctx, "Owner", "acme"); err != nil {
		t.Error(err)
	}
	viewer := loaded[slices.IndexFunc(loaded, func(r *descope.Role) bool { return r.Name == "Viewer" })]
	if err := roles.DeleteWithID(ctx, viewer.ID, ""); err != nil {
		t.Error(err)
	}
	if err := roles.Delete(ctx, "Viewer", ""); !hasCode(err, "E111403") || !isNotFound(err) {
		t.Errorf("second delete: %v", err)
	}
	if err := permissions.DeleteWithID(ctx, all[at].ID); err != nil {
		t.Error(err)
	}
	if err := permissions.Delete(ctx, "Read"); !hasCode(err, "E111303") {
		t.Errorf("second delete: %v", err)
	}
}

func TestOfficialSDKPassword(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true})
	password := sdk(t, h).Management.Password()
	ctx := t.Context()
	h.createTenant("acme")
	want := &descope.PasswordSettings{
		Enabled: true, MinLength: 8, Lowercase: true, Uppercase: true, Number: true, NonAlphanumeric: true, Expiration: true, ExpirationWeeks: 3,
		Reuse: true, ReuseAmount: 4, Lock: true, LockAttempts: 5,
	}
	if err := password.ConfigureSettings(ctx, "acme", want); err != nil {
		t.Fatal(err)
	}
	assertEqual(t, "tenant", want, must[*descope.PasswordSettings](t)(password.GetSettings(ctx, "acme")))
	assertEqual(t, "project", &descope.PasswordSettings{}, must[*descope.PasswordSettings](t)(password.GetSettings(ctx, "")))
}

func TestOfficialSDKAudit(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	made, err := client.NewWithConfig(&client.Config{
		ProjectID: projectID, ManagementKey: projectKey, DescopeBaseURL: h.url, DefaultClient: h.client,
		ExternalRequestID: func(context.Context) string { return "run-7" },
	})
	if err != nil {
		t.Fatal(err)
	}
	audit := made.Management.Audit()
	ctx := t.Context()
	if err := made.Management.Tenant().CreateWithID(ctx, "acme", &descope.TenantRequest{Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	event := &descope.AuditCreateOptions{UserID: "U1", Action: "Deployed", Type: "info", ActorID: "ci", TenantID: "acme", Data: map[string]any{"k": "v"}}
	if err := audit.CreateEvent(ctx, event); err != nil {
		t.Fatal(err)
	}
	records, total, err := audit.SearchAll(ctx, &descope.AuditSearchOptions{Tenants: []string{"acme"}, Limit: 10})
	if err != nil || total != 3 || len(records) != 3 {
		t.Fatalf("%d of %d, %v", len(records), total, err)
	}
	last := records[2] // the oldest
	if last.Action != "POST /v1/mgmt/tenant/create" || last.Data["externalRequestId"] != "run-7" || last.ActorID == "" || !last.Occurred.Equal(fixedClock().Truncate(time.Millisecond)) {
		t.Errorf("record %+v", last)
	}
	records, total, err = audit.SearchAll(ctx, &descope.AuditSearchOptions{Actions: []string{"Deployed"}, From: fixedClock().Add(-time.Hour), To: fixedClock()})
	if err != nil || total != 1 {
		t.Fatalf("%d, %v", total, err)
	}
	assertEqual(t, "event", &descope.AuditRecord{
		ProjectID: projectID, UserID: "U1", Action: "Deployed", Occurred: time.UnixMilli(fixedClock().UnixMilli()), RemoteAddress: "127.0.0.1", LoginIDs: []string{},
		Tenants: []string{"acme"}, Data: map[string]any{"k": "v"}, ActorID: "ci", Type: "info",
	}, records[0])
}
