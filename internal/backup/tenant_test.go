package backup_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestTenantWithNothingToOmit(t *testing.T) {
	raw := "  " + strings.ReplaceAll(acme, ",", " ,\t") + "\n"
	for name, omit := range map[string]backup.Omit{
		"nothing asked": {},
		"nothing found": {
			Paths:    []resource.Path{{Field: "custom_attributes", Key: "token"}, {Field: "parent_of_all"}},
			IsSecret: func(text string) bool { return strings.Contains(text, "K2secret") },
		},
	} {
		got := tenant(t, raw, backup.Extras{Settings: json.RawMessage("null"), SSO: []json.RawMessage{}}, omit)
		want := backup.Tenant{
			ID: "acme-corp", Name: "Acme Corporation", SelfProvisioning: true, Domains: []string{"acme.com", "acme.net"},
			CustomAttributes: json.RawMessage("{\"plan\":\"enterprise\" ,\t\"seats\":9007199254740993 ,\t\"ratio\":1e400}"),
			CreatedTime:      1699999999, Raw: json.RawMessage(strings.TrimSpace(raw)),
			Settings: json.RawMessage("{}"), SSO: []json.RawMessage{},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestOddTypes: where the API gives something else than the documented type, raw
// has it.
func TestOddTypes(t *testing.T) {
	raw := `{"id":"a","name":null,"selfProvisioningDomains":[1],"customAttributes":[],"createdTime":1.5,"updatedTime":99999999999999999999}`
	got := tenant(t, raw, backup.Extras{}, backup.Omit{})
	want := backup.Tenant{ID: "a", Domains: []string{}, CustomAttributes: json.RawMessage("{}"), Raw: json.RawMessage(raw)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOmit(t *testing.T) {
	const secret = `K2"secret`
	quoted := string(resource.StringValue(secret))
	path := func(field, key string) resource.Path { return resource.Path{Field: field, Key: key} }
	extras := backup.Extras{
		Settings: json.RawMessage(`{"enabled":true,"sessionTokenExpiration":1.0,"note":` + quoted + `}`),
		SSO: []json.RawMessage{
			json.RawMessage(`{"ssoId":"1","oidc":{"deep":[` + quoted + `]},"saml":{"a":1.0}}`), json.RawMessage(quoted), json.RawMessage(`{"ssoId":"2"}`),
		},
		Roles:            []json.RawMessage{json.RawMessage(`{"name":"r","description":"` + `K2\u0022secret` + `"}`)},
		PasswordSettings: json.RawMessage(`{"minLength":8,` + quoted + `:1}`),
	}
	raw := `{"id":"a","name":"A","z":{"x":[{"y":` + quoted + `}]},"customAttributes":{"n":1.0,"a b":"\u004b2\"secret",` + quoted +
		`:1,"token":"t"},"selfProvisioningDomains":["a.com"],"createdTime":7,` + quoted + `:2,"last":null}`
	got := tenant(t, raw, extras, backup.Omit{
		Paths: []resource.Path{
			path("custom_attributes", "token"), path("self_provisioning_domains", ""), path("settings", "session_token_expiration"),
		},
		IsSecret: func(text string) bool { return strings.Contains(text, secret) },
	})
	want := backup.Tenant{
		ID: "a", Name: "A", Domains: []string{}, CustomAttributes: json.RawMessage(`{"n":1.0}`), CreatedTime: 7,
		Raw:              json.RawMessage(`{"id":"a","name":"A","customAttributes":{"n":1.0},"createdTime":7,"last":null}`),
		Settings:         json.RawMessage(`{"enabled":true}`),
		SSO:              []json.RawMessage{json.RawMessage(`{"ssoId":"1","saml":{"a":1.0}}`), json.RawMessage(`{"ssoId":"2"}`)},
		Roles:            []json.RawMessage{json.RawMessage(`{"name":"r"}`)},
		PasswordSettings: json.RawMessage(`{"minLength":8}`),
		Omitted: []string{
			`["[redacted]"]`, `customAttributes.token`, `customAttributes["[redacted]"]`, `customAttributes["a b"]`,
			`passwordSettings["[redacted]"]`, `roles[0].description`, "selfProvisioningDomains", "settings.note",
			"settings.sessionTokenExpiration", "sso[0].oidc", "sso[1]", "z",
		},
	}
	slices.Sort(want.Omitted)
	for i, path := range got.Omitted {
		if path == "" || strings.Contains(path, "K2") {
			t.Errorf("omitted[%d] is %q", i, path)
		}
	}
	want.Omitted[slices.Index(want.Omitted, `["[redacted]"]`)] = "[redacted]"
	slices.Sort(want.Omitted)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOmitIDAndName(t *testing.T) {
	got := tenant(t, `{"id":"K2secret-1","customAttributes":{"a":1.0},"name":"of K2secret"}`, backup.Extras{}, backup.Omit{
		IsSecret: func(text string) bool { return strings.Contains(text, "K2secret") },
	})
	want := backup.Tenant{
		ID: resource.Redacted, Name: resource.Redacted, Domains: []string{}, CustomAttributes: json.RawMessage(`{"a":1.0}`),
		Raw: json.RawMessage(`{"id":"[redacted]","customAttributes":{"a":1.0},"name":"[redacted]"}`), Omitted: []string{"id", "name"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	whole := tenant(t, `{"id":"a","name":"A","customAttributes":{"a":1}}`, backup.Extras{Settings: json.RawMessage(`{"a":1}`)}, backup.Omit{
		Paths: []resource.Path{{Field: "name"}, {Field: "custom_attributes"}, {Field: "settings"}},
	})
	want = backup.Tenant{
		ID: "a", Name: resource.Redacted, Domains: []string{}, CustomAttributes: json.RawMessage("{}"),
		Raw: json.RawMessage(`{"id":"a","name":"[redacted]"}`), Omitted: []string{"customAttributes", "name", "settings"},
	}
	if diff := cmp.Diff(want, whole); diff != "" {
		t.Error(diff)
	}
}

func TestBadExtrasAreErrors(t *testing.T) {
	live, err := resource.ParseTenant(json.RawMessage(`{"id":"K2secret"}`))
	if err != nil {
		t.Fatal(err)
	}
	omit := backup.Omit{IsSecret: func(text string) bool { return strings.Contains(text, "K2secret") }}
	for name, extras := range map[string]backup.Extras{
		"settings": {Settings: json.RawMessage(`[]`)}, "sso": {SSO: []json.RawMessage{json.RawMessage(`{"a"`)}},
	} {
		_, err := backup.NewTenant(live, extras, omit)
		if err == nil || !strings.Contains(err.Error(), "backup of tenant [redacted]: "+name+": ") || strings.Contains(err.Error(), "K2secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOmitEchoes: the service repeats the tenant in its SSO configurations.
func TestOmitEchoes(t *testing.T) {
	raw := `{"id":"a","name":"A","customAttributes":{"pin":"4711","plan":"p"}}`
	got := tenant(t, raw, backup.Extras{SSO: []json.RawMessage{json.RawMessage(`{"ssoId":"1","tenant":` + raw + `}`)}, Roles: []json.RawMessage{json.RawMessage(`{"name":"tenant"}`)}}, backup.Omit{Paths: []resource.Path{{Field: "custom_attributes", Key: "pin"}}})
	text, err := json.Marshal(got)
	if err != nil || strings.Contains(string(text), "4711") || strings.Count(string(text), `"plan":"p"`) != 3 {
		t.Errorf("%s, %v", text, err)
	}
	if diff := cmp.Diff([]string{"customAttributes.pin"}, got.Omitted); diff != "" {
		t.Error(diff)
	}
}
