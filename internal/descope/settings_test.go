package descope

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestUpdateSettings(t *testing.T) {
	read := `{"domains":["sso.acme.com"],"selfProvisioningDomains":["acme.com"],"authType":"saml","enabled":false,"sessionTokenExpiration":3.0,` +
		`"ssoSetupSuiteSettings":{"enabled":true,"styleId":"<x>"},"future":{"b":9007199254740993,"a":null}}`
	server := serve(t, answer(200, read), answer(200, ``))
	told := 0
	edit := resource.SettingsEdit{
		Set: fields{"enabled": `true`, "sessionTokenExpirationUnit": `"minutes"`},
		Check: func(tenant resource.Tenant) error {
			enabled, err := tenant.Value(resource.Path{Field: "settings", Key: "enabled"})
			if tenant.ID != "acme" || !tenant.HasSettings() || enabled != "false" || err != nil {
				t.Errorf("check got %+v", tenant)
			}
			return nil
		},
		Whole: func(settings resource.Tenant) {
			for key, want := range (fields{"enabled": `true`, "session_token_expiration": `3.0`, "session_token_expiration_unit": `"minutes"`, "jit_disabled": ""}) {
				if got, err := settings.Value(resource.Path{Field: "settings", Key: key}); settings.ID != "acme" || got != want || err != nil {
					t.Errorf("%s of %q is told as %q, %v", key, settings.ID, got, err)
				}
			}
			told++
		},
	}
	if err := connect(t, server.url).Writer().UpdateSettings(t.Context(), "acme", edit); err != nil {
		t.Fatal(err)
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	seen := server.expect(t, "GET /v1/mgmt/tenant/settings", "POST /v1/mgmt/tenant/settings")
	want := `{"authType":"saml","domains":["sso.acme.com"],"enabled":true,"future":{"b":9007199254740993,"a":null},"selfProvisioningDomains":["acme.com"],` +
		`"sessionTokenExpiration":3.0,"sessionTokenExpirationUnit":"minutes","ssoSetupSuiteSettings":{"enabled":true,"styleId":"<x>"},"tenantId":"acme"}`
	if diff := cmp.Diff(want, seen[1].body); diff != "" {
		t.Error(diff)
	}
	if seen[0].query != "id=acme" || seen[1].query != "" {
		t.Errorf("queries = %q, %q", seen[0].query, seen[1].query)
	}
}

// Whatever a tenant holds, an update without PATCH writes all of it with the
// bytes that were read, but for what it names and what is not writable.
func TestOverlayKeepsEverythingElse(t *testing.T) {
	var read atomic.Value
	var written atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			body, _ = read.Load().([]byte)
			_, _ = w.Write(body)
			return
		}
		written.Store(body)
	}))
	t.Cleanup(server.Close)
	client := connect(t, server.URL)
	client.caller.patch.answer.Store(patchUnknown)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"name", "new", "authType", "é", "<x>", "createdTime", "parent", "disabled", "a\"b", "domains"})
		values := rapid.SampledFrom([]string{`"<&>\u00e9"`, `""`})
		others := rapid.SampledFrom([]string{`9007199254740993`, `0.10`, `-0`, `1E5`, `null`, `[ 1 , 2 ]`, `{"b":1,"a":2}`, `false`})
		members := object{"id": json.RawMessage(`"acme"`)}
		for _, name := range rapid.SliceOfDistinct(names, rapid.ID[string]).Draw(t, "read") {
			if name == "name" || name == "parent" {
				members[name] = json.RawMessage(values.Draw(t, "text"))
			} else {
				members[name] = json.RawMessage(others.Draw(t, "value"))
			}
		}
		read.Store(members.encode())
		edit := resource.TenantEdit{Set: fields{"roleInheritance": `"none"`}}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"name", "new", "disabled", "<x>"}), rapid.ID[string]).Draw(t, "set") {
			edit.Set[name] = `"edited"`
		}
		if err := client.Writer().UpdateTenant(context.Background(), "acme", edit); err != nil {
			t.Fatal(err)
		}
		var got object
		if err := json.Unmarshal(written.Load().([]byte), &got); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"createdTime", "parent", "domains"} {
			delete(members, name)
		}
		for name, value := range edit.Set {
			members[name] = json.RawMessage(value)
		}
		if diff := cmp.Diff(members, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestUpdateSettingsKeepsWhatOnlyTheTenantShows: what settings nobody has
// written look like is not known, and leaving a key out of the write wipes it.
func TestUpdateSettingsKeepsWhatOnlyTheTenantShows(t *testing.T) {
	server := serve(t, answer(200, `{"authType":null,"domains":["own.acme.com"]}`),
		answer(200, `{"id":"acme","selfProvisioningDomains":["acme.com"],"authType":"saml","domains":["sso.acme.com"]}`), answer(200, ``))
	edit := resource.SettingsEdit{Set: fields{"enabled": `true`}}
	if err := connect(t, server.url).Writer().UpdateSettings(t.Context(), "acme", edit); err != nil {
		t.Fatal(err)
	}
	seen := server.expect(t, "GET /v1/mgmt/tenant/settings", "GET /v1/mgmt/tenant", "POST /v1/mgmt/tenant/settings")
	want := `{"authType":"saml","domains":["own.acme.com"],"enabled":true,"selfProvisioningDomains":["acme.com"],"tenantId":"acme"}`
	if diff := cmp.Diff(want, seen[2].body); diff != "" {
		t.Error(diff)
	}
}
