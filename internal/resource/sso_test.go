package resource_test

import (
	"encoding/json"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestDescribeSSO(t *testing.T) {
	const (
		blank = `{"tenant":{"id":"acme"},"ssoId":"default_ssoid","saml":{"idpSSOUrl":"","idpEntityId":"","spEntityId":"P-acme","attributeMapping":{"name":"name"}},` +
			`"oidc":{"clientId":"","clientSecret":"","grantType":"authorization_code","userAttrMapping":{"loginId":"sub"}}}`
		saml  = `{"ssoId":"default_ssoid","saml":{"idpSSOUrl":"https://idp"},"oidc":{"clientId":""}}`
		oidc  = `{"ssoId":"","saml":{},"oidc":{"clientId":"abc"}}`
		both  = `{"saml":{"idpMetadataUrl":"https://idp/meta"},"oidc":{"issuer":"https://idp"}}`
		extra = `{"ssoId":"second","saml":{"idpSSOUrl":""},"oidc":{}}`
		plain = `{"id":"acme","name":"Acme","authType":"none","domains":[]}`
	)
	for _, test := range []struct {
		name           string
		configurations []string
		tenant         string
		want           string
	}{
		{"nothing at all", nil, plain, ""},
		{"the default one, unconfigured", []string{blank}, plain, ""},
		{"SAML", []string{saml}, plain, "an SSO configuration (SAML)"},
		{"OIDC", []string{oidc}, plain, "an SSO configuration (OIDC)"},
		{"both in one", []string{both}, plain, "an SSO configuration (SAML and OIDC)"},
		{"a further one without details", []string{blank, extra}, plain, "an SSO configuration (without details)"},
		{"two", []string{saml, oidc}, plain, "2 SSO configurations (SAML, OIDC)"},
		{"not an object", []string{`[]`}, plain, "an SSO configuration (unreadable)"},
		{"only domains", []string{blank}, `{"id":"acme","name":"A","domains":["acme.com"]}`, "SSO domains"},
		{"only the type", []string{blank}, `{"id":"acme","name":"A","authType":"saml"}`, "SSO switched on"},
		{"an API without these fields", nil, `{"id":"acme","name":"A"}`, ""},
		{"a blank type", nil, `{"id":"acme","name":"A","authType":""}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tenant, err := resource.ParseTenant(json.RawMessage(test.tenant))
			if err != nil {
				t.Fatal(err)
			}
			var configurations []json.RawMessage
			for _, raw := range test.configurations {
				configurations = append(configurations, json.RawMessage(raw))
			}
			if got := resource.DescribeSSO(configurations, tenant); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
