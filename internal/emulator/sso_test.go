package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

const (
	ssoLoad = "/v2/mgmt/sso/settings?tenantId=acme"

	unsetSAML = `{"idpEntityId":"","idpSSOUrl":"","idpCertificate":"","idpAdditionalCertificates":[],"idpMetadataUrl":"","spEntityId":"",` +
		`"spACSUrl":"","spCertificate":"","spSignCertificate":"","subjectNameIdFormat":"","attributeMapping":{"name":"name","email":"email",` +
		`"phoneNumber":"phone","username":"","group":"","givenName":"","middleName":"","familyName":"","picture":"","verifiedEmail":"",` +
		`"verifiedPhone":"","customAttributes":{}},"groupsMapping":[],"defaultSSORoles":[],"groupsPriority":[],"redirectUrl":"",` +
		`"fgaMappings":{},"configFGATenantIDResourcePrefix":"","configFGATenantIDResourceSuffix":"","providerID":"","scimProviderID":"",` +
		`"lastSuccessTestTime":0}`
	unsetOIDC = `{"name":"","clientId":"","clientSecret":"","redirectUrl":"","authUrl":"","tokenUrl":"","userDataUrl":"","scope":[],"JWKsUrl":"",` +
		`"userAttrMapping":{"loginId":"sub","username":"","name":"name","email":"email","phoneNumber":"phone_number",` +
		`"verifiedEmail":"email_verified","verifiedPhone":"phone_number_verified","picture":"picture","givenName":"given_name",` +
		`"middleName":"middle_name","familyName":"family_name","group":"","customAttributes":{}},"manageProviderTokens":false,` +
		`"callbackDomain":"","prompt":[],"grantType":"authorization_code","issuer":"","groupsMapping":[],"defaultSSORoles":[],` +
		`"groupsPriority":[],"fgaMappings":{},"providerID":"","scimProviderID":"","lastSuccessTestTime":0}`
)

// ssoParts is a configuration as it is loaded.
type ssoParts struct {
	Tenant, SAML, OIDC map[string]json.RawMessage
	SSOID              string
}

func (h *harness) sso(query string) ssoParts {
	h.t.Helper()
	return decode[ssoParts](h.t, h.ok("GET", "/v2/mgmt/sso/settings?"+query, ""))
}

// tenantAdminID is the id of the role that every new project has.
func (h *harness) tenantAdminID() string {
	h.t.Helper()
	roles := decode[struct{ Roles []struct{ ID, Name string } }](h.t, h.ok("GET", "/v1/mgmt/role/all", "")).Roles
	if len(roles) != 1 || roles[0].Name != "Tenant Admin" {
		h.t.Fatalf("roles %+v", roles)
	}
	return roles[0].ID
}

func TestSSOThatNobodyConfigured(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	h.createTenant("acme")
	tenant := h.ok("GET", "/v1/mgmt/tenant?id=acme", "")
	want := `{"tenant":` + tenant + `,"saml":` + unsetSAML + `,"oidc":` + unsetOIDC + `,"ssoId":"default_ssoid"}`
	if got := h.ok("GET", ssoLoad, ""); got != want {
		t.Errorf("load:\n got %s\nwant %s", got, want)
	}
	if got := h.ok("GET", "/v2/mgmt/sso/settings/all?tenantId=acme", ""); got != `{"SSOSettings":[`+want+`]}` {
		t.Errorf("all: %s", got)
	}
	if got := h.ok("GET", ssoLoad+"&ssoId=other", ""); got != strings.Replace(want, "default_ssoid", "other", 1) {
		t.Errorf("an ssoId that nobody wrote: %s", got)
	}
}

func TestSAMLConfigure(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock, RejectUnknownFields: true})
	h.createTenant("acme")
	admin := h.tenantAdminID()
	body := `{"tenantId":"acme","redirectUrl":"https://app/back","domains":["acme.com"],"settings":{"idpUrl":"https://idp","entityId":"idp-entity",` +
		`"idpCert":"-----CERT-----","idpAdditionalCerts":["more"],"roleMappings":[{"groups":["g1","g2"],"roleName":"Tenant Admin"}],` +
		`"attributeMapping":{"email":"mail","customAttributes":{"dept":"department"}},"defaultSSORoles":["Tenant Admin"],"groupsPriority":["g1"],` +
		`"fgaMappings":{"g1":{"relations":[{"resource":"r","relationDefinition":"d","namespace":"n"}]}},"spEntityId":"own-sp","spACSUrl":"",` +
		`"spEncryptionKey":"SECRET1","spSignKey":"SECRET2","subjectNameIdFormat":"fmt","configFGATenantIDResourcePrefix":"p"}}`
	if got := h.ok("POST", "/v1/mgmt/sso/saml", body); got != `{}` {
		t.Errorf("answered %s", got)
	}
	raw := h.ok("GET", ssoLoad, "")
	if strings.Contains(raw, "SECRET") || strings.Contains(raw, "spEncryptionKey") || strings.Contains(raw, "spSignKey") {
		t.Errorf("a secret is shown: %s", raw)
	}
	got := h.sso("tenantId=acme")
	for key, want := range map[string]string{
		"idpSSOUrl": `"https://idp"`, "idpEntityId": `"idp-entity"`, "idpCertificate": `"-----CERT-----"`, "idpAdditionalCertificates": `["more"]`,
		"groupsMapping": `[{"role":{"id":"` + admin + `","name":"Tenant Admin"},"groups":["g1","g2"]}]`,
		"attributeMapping": `{"name":"","email":"mail","phoneNumber":"","username":"","group":"","givenName":"","middleName":"","familyName":"",` +
			`"picture":"","verifiedEmail":"","verifiedPhone":"","customAttributes":{"dept":"department"}}`,
		"defaultSSORoles": `["Tenant Admin"]`, "groupsPriority": `["g1"]`, "redirectUrl": `"https://app/back"`, "subjectNameIdFormat": `"fmt"`,
		"fgaMappings": `{"g1":{"relations":[{"resource":"r","relationDefinition":"d","namespace":"n"}]}}`, "spEntityId": `"own-sp"`,
		"spACSUrl":                        `"https://api.descope.com/v1/auth/saml/acs?projectId=` + projectID + `&tenantId=acme"`,
		"configFGATenantIDResourcePrefix": `"p"`,
	} {
		assertMember(t, got.SAML, key, want)
	}
	assertMember(t, got.Tenant, "authType", `"saml"`)
	assertMember(t, got.Tenant, "domains", `["acme.com"]`)
	if !strings.Contains(raw, `"oidc":`+unsetOIDC) {
		t.Errorf("the OIDC part changed: %s", raw)
	}
	assertMember(t, h.tenant("acme"), "authType", `"saml"`)
	if state := h.controlOK("GET", "state", ""); !strings.Contains(state, `"spSignKey":"SECRET2"`) {
		t.Errorf("the state lost a secret: %s", state)
	}

	// The next write replaces everything, the redirect address and the domains too.
	h.ok("POST", "/v1/mgmt/sso/saml/metadata", `{"tenantId":"acme","settings":{"idpMetadataUrl":"https://idp/meta"}}`)
	got = h.sso("tenantId=acme")
	for key, want := range map[string]string{
		"idpMetadataUrl": `"https://idp/meta"`, "idpSSOUrl": `""`, "idpCertificate": `""`, "groupsMapping": `[]`, "redirectUrl": `""`,
		"spEntityId": `"` + projectID + `-acme"`,
	} {
		assertMember(t, got.SAML, key, want)
	}
	assertMember(t, got.Tenant, "domains", `[]`)
	if state := h.controlOK("GET", "state", ""); strings.Contains(state, "SECRET2") {
		t.Error("a secret that the write left out is still there")
	}
}

func TestOIDCConfigure(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true})
	h.createTenant("acme")
	admin := h.tenantAdminID()
	h.ok("POST", "/v1/mgmt/role/create", `{"name":"Tenant Admin","tenantId":"acme"}`)
	own := decode[struct{ Roles []struct{ ID string } }](t, h.ok("POST", "/v1/mgmt/role/search", `{"tenantIds":["acme"]}`)).Roles[0].ID
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","domains":["acme.com"],"settings":{"name":"IdP","clientId":"c","clientSecret":"SECRET",`+
		`"redirectUrl":"https://r","authUrl":"https://a","tokenUrl":"https://t","userDataUrl":"https://u","scope":["openid"],"JWKsUrl":"https://j",`+
		`"issuer":"i","grantType":"implicit","prompt":["login"],"callbackDomain":"cb","manageProviderTokens":true,"lastSuccessTestTime":7,`+
		`"groupsMapping":[{"role":{"id":"`+admin+`"},"groups":["g"]},{"role":{"name":"Tenant Admin"},"groups":null}],"userAttrMapping":{"loginId":"oid"}}}`)
	got := h.sso("tenantId=acme")
	for key, want := range map[string]string{
		"name": `"IdP"`, "clientSecret": `""`, "scope": `["openid"]`, "JWKsUrl": `"https://j"`, "grantType": `"implicit"`, "prompt": `["login"]`,
		"manageProviderTokens": `true`, "lastSuccessTestTime": `0`,
		"groupsMapping": `[{"role":{"id":"` + admin + `","name":"Tenant Admin"},"groups":["g"]},{"role":{"id":"` + own + `","name":"Tenant Admin"},"groups":[]}]`,
		"userAttrMapping": `{"loginId":"oid","username":"","name":"","email":"","phoneNumber":"","verifiedEmail":"","verifiedPhone":"","picture":"",` +
			`"givenName":"","middleName":"","familyName":"","group":"","customAttributes":{}}`,
	} {
		assertMember(t, got.OIDC, key, want)
	}
	assertMember(t, got.Tenant, "authType", `"oidc"`)
	secret := func() bool { return strings.Contains(h.controlOK("GET", "state", ""), "SECRET") }
	if !secret() {
		t.Error("the secret was not stored")
	}
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"name":"IdP","clientSecret":"","roleMappings":[{"groups":["g"],"roleName":"Tenant Admin"}]}}`)
	if secret() {
		t.Error("a blank secret kept the stored one")
	}
	assertMember(t, h.sso("tenantId=acme").OIDC, "groupsMapping", `[{"role":{"id":"`+own+`","name":"Tenant Admin"},"groups":["g"]}]`)
}

func TestSSORedirectAndDelete(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	unset := h.ok("GET", ssoLoad, "")
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","domains":["acme.com"],"settings":{"name":"IdP","redirectUrl":"https://old"}}`)
	before := h.sso("tenantId=acme")
	h.ok("POST", "/v1/mgmt/sso/redirect", `{"tenantId":"acme","samlRedirectUrl":null,"oauthRedirectUrl":"https://new"}`)
	after := h.sso("tenantId=acme")
	before.OIDC["redirectUrl"] = json.RawMessage(`"https://new"`)
	assertEqual(t, "after the redirect", before, after)
	h.ok("POST", "/v1/mgmt/sso/redirect", `{"tenantId":"acme","samlRedirectUrl":"https://saml"}`)
	assertMember(t, h.sso("tenantId=acme").SAML, "redirectUrl", `"https://saml"`)

	if got := h.ok("DELETE", "/v1/mgmt/sso/settings?tenantId=acme", ""); got != `{}` {
		t.Errorf("delete answered %s", got)
	}
	if got := h.ok("GET", ssoLoad, ""); got != unset {
		t.Errorf("after the delete:\n got %s\nwant %s", got, unset)
	}
	h.ok("DELETE", "/v1/mgmt/sso/settings?tenantId=acme", "")
}

func TestSeveralSSOConfigurations(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	created := decode[ssoParts](t, h.ok("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"acme","displayName":"Second"}`))
	if !strings.HasPrefix(created.SSOID, "SSO") || len(created.SSOID) != 30 {
		t.Errorf("generated %q", created.SSOID)
	}
	h.ok("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"acme","ssoId":"a/third","displayName":"Third"}`)
	h.refused("POST", "/v1/mgmt/sso/settings/new", `{"tenantId":"acme","ssoId":"a/third","displayName":"Again"}`, 400, "E011003")
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","ssoId":"a/third","settings":{"name":"third"}}`)
	h.ok("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"name":"first"}}`)
	var got []string
	for _, one := range decode[struct{ SSOSettings []ssoParts }](t, h.ok("GET", "/v2/mgmt/sso/settings/all?tenantId=acme", "")).SSOSettings {
		got = append(got, fmt.Sprintf("%s %s", one.SSOID, one.OIDC["name"]))
	}
	assertEqual(t, "all", []string{`default_ssoid "first"`, created.SSOID + ` ""`, `a/third "third"`}, got)

	h.ok("DELETE", "/v1/mgmt/sso/settings?tenantId=acme", "")
	assertMember(t, h.tenant("acme"), "authType", `"oidc"`) // the third is left
	h.ok("DELETE", "/v1/mgmt/sso/settings?tenantId=acme&ssoId=a/third", "")
	assertMember(t, h.tenant("acme"), "authType", `"none"`)
}

func TestSSORefusals(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true})
	h.createTenant("acme")
	const saml, metadata, oidc, redirect, added = "/v1/mgmt/sso/saml", "/v1/mgmt/sso/saml/metadata", "/v1/mgmt/sso/oidc", "/v1/mgmt/sso/redirect", "/v1/mgmt/sso/settings/new"
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		code, message            string
	}{
		{"load without a tenant", "GET", "/v2/mgmt/sso/settings", ``, 400, "E011003", "The tenantId field is required"},
		{"load of nobody's", "GET", "/v2/mgmt/sso/settings?tenantId=x", ``, 500, "E111104", "Could not load tenant by id"},
		{"all of nobody's", "GET", "/v2/mgmt/sso/settings/all?tenantId=x", ``, 500, "E111104", "Could not load tenant by id"},
		{"delete of nobody's", "DELETE", "/v1/mgmt/sso/settings?tenantId=x", ``, 500, "E111104", "Could not load tenant by id"},
		{"new without a display name", "POST", added, `{"tenantId":"acme"}`, 400, "E011003", "The displayName field is required"},
		{"SAML without settings", "POST", saml, `{"tenantId":"acme"}`, 400, "E011003", "The settings field is required"},
		{"SAML without a URL", "POST", saml, `{"tenantId":"acme","settings":{"entityId":"e","idpCert":"c"}}`, 400, "E011003", "The idpUrl field is required"},
		{"SAML without an entity", "POST", saml, `{"tenantId":"acme","settings":{"idpUrl":"u","idpCert":"c"}}`, 400, "E011003", "The entityId field is required"},
		{"SAML without a certificate", "POST", saml, `{"tenantId":"acme","settings":{"idpUrl":"u","entityId":"e"}}`, 400, "E011003", "The idpCert field is required"},
		{"SAML with a read name", "POST", saml, `{"tenantId":"acme","settings":{"idpSSOUrl":"u"}}`, 400, "E011003", `The request has an unknown field "idpSSOUrl"`},
		{"SAML with an unknown role", "POST", saml, `{"tenantId":"acme","settings":{"idpUrl":"u","entityId":"e","idpCert":"c","roleMappings":[{"groups":["g"],"roleName":"Nobody"}]}}`, 500, "E111403", "Role does not exist"},
		{"SAML with a wrong type inside", "POST", saml, `{"tenantId":"acme","settings":{"idpUrl":5}}`, 400, "E011003", "The idpUrl field must be a string"},
		{"metadata without a URL", "POST", metadata, `{"tenantId":"acme","settings":{}}`, 400, "E011003", "The idpMetadataUrl field is required"},
		{"OIDC of nobody's", "POST", oidc, `{"tenantId":"x","settings":{}}`, 500, "E111104", "Could not load tenant by id"},
		{"OIDC with an unknown grant", "POST", oidc, `{"tenantId":"acme","settings":{"grantType":"magic"}}`, 400, "E011003", `The grantType field must be one of "", "authorization_code", "implicit"`},
		{"OIDC with an unknown role id", "POST", oidc, `{"tenantId":"acme","settings":{"groupsMapping":[{"role":{"id":"ROL1"},"groups":[]}]}}`, 500, "E111403", "Role does not exist"},
		{"redirect without an address", "POST", redirect, `{"tenantId":"acme"}`, 400, "E011003", "The samlRedirectUrl field is required"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := h.in(t).controlOK("GET", "state", "")
			if got := h.in(t).refused(test.method, test.path, test.body, test.status, test.code); got != test.message {
				t.Errorf("message %q", got)
			}
			if h.in(t).controlOK("GET", "state", "") != before {
				t.Error("a refused call changed something")
			}
		})
	}
}

// A role of another tenant cannot be mapped, neither by name nor by id.
func TestSSOMapsOnlyItsOwnRoles(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	h.createTenant("beta")
	theirs := decode[struct{ ID string }](t, h.ok("POST", "/v1/mgmt/role/create", `{"name":"Theirs","tenantId":"beta"}`)).ID
	h.refused("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"groupsMapping":[{"role":{"id":"`+theirs+`"}}]}}`, 500, "E111403")
	h.refused("POST", "/v1/mgmt/sso/oidc", `{"tenantId":"acme","settings":{"roleMappings":[{"roleName":"Theirs"}]}}`, 500, "E111403")
}
