package descope_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	projectID = "P2clienttest0000000000000001"
	key       = "K2clienttest0000000000000001"
)

type values = map[string]resource.Value

// rich is a tenant with everything that an update must leave alone.
const rich = `{"id":"acme","name":"Acme","customAttributes":{"n":9007199254740993,"f":1.10,"keep":"<&>"},"selfProvisioningDomains":["acme.com"],` +
	`"authType":"saml","domains":["sso.acme.com"],"createdTime":1700000000,"disabled":false,"enforceSSO":true,"enforceSSOExclusions":["U1"],` +
	`"federatedAppIds":["app1"],"defaultRoles":["Viewer"],"roleInheritance":"userOnly","unknownField":{"z":12345678901234567890.10,"a":null}}`

const richSettings = `{"enabled":false,"sessionTokenExpiration":3,"sessionTokenExpirationUnit":"days","JITDisabled":true,"unknownSetting":[1.0]}`

// against starts an emulator that holds the rich tenant, and a client of it.
func against(t *testing.T, options emulator.Options) (*descope.Client, string) {
	t.Helper()
	options.Projects = []emulator.Project{{ID: projectID, ManagementKey: key}}
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"tenants":[` + rich + `],"settings":{"acme":` + richSettings + `}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	options.Seed = &seed
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	client, err := descope.Connect(descope.Options{
		ProjectID: projectID, ManagementKey: resource.NewSecret(key), BaseURL: listener.URL, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		listener.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return client, listener.URL
}

func members(t *testing.T, raw json.RawMessage) map[string]string {
	t.Helper()
	var split map[string]json.RawMessage
	if err := json.Unmarshal(raw, &split); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, value := range split {
		texts[name] = string(value)
	}
	return texts
}

// An update changes what it names, and every other field keeps its bytes, on
// hosts with and without PATCH, and on one that refuses fields it does not know.
func TestUpdatesChangeNothingElse(t *testing.T) {
	hosts := []struct {
		name    string
		options emulator.Options
		calls   int64 // of the first update and the second
	}{
		{"with PATCH", emulator.Options{}, 1 + 2},
		{"without PATCH", emulator.Options{NoPatch: true}, 3 + 2},
		{"refusing unknown fields", emulator.Options{RejectUnknownFields: true}, 1 + 2},
	}
	for _, host := range hosts {
		t.Run(host.name, func(t *testing.T) {
			client, _ := against(t, host.options)
			reader, writer := client.Reader(), client.Writer()
			before, err := reader.Tenant(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			var counter atomic.Int64
			ctx := descope.CountAttempts(t.Context(), &counter)
			if err := writer.UpdateTenant(ctx, "acme", resource.TenantEdit{Set: values{"name": `"New <&>"`}}); err != nil {
				t.Fatal(err)
			}
			edit := resource.TenantEdit{SetAttributes: values{"m": `9007199254740995`}, RemoveAttributes: []string{"f"}}
			if err := writer.UpdateTenant(ctx, "acme", edit); err != nil {
				t.Fatal(err)
			}
			if counter.Load() != host.calls {
				t.Errorf("%d calls, want %d", counter.Load(), host.calls)
			}
			after, err := reader.Tenant(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			if after.Name != "New <&>" {
				t.Errorf("name = %s", after.Name)
			}
			attributes, err := after.Member("customAttributes")
			if err != nil || attributes != `{"keep":"<&>","m":9007199254740995,"n":9007199254740993}` {
				t.Errorf("attributes = %s, %v", attributes, err)
			}
			was, is := members(t, before.Raw), members(t, after.Raw)
			for _, name := range []string{"name", "customAttributes"} {
				delete(was, name)
				delete(is, name)
			}
			if diff := cmp.Diff(was, is); diff != "" {
				t.Error(diff)
			}
			if is["unknownField"] == "" {
				t.Error("the emulator lost the unknown field: this test shows nothing")
			}
		})
	}
}

func TestSettingsKeepTheirRest(t *testing.T) {
	client, _ := against(t, emulator.Options{})
	before, err := client.Reader().TenantSettings(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	edit := resource.SettingsEdit{Set: values{"enabled": `true`, "sessionTokenExpiration": `10`}}
	if err := client.Writer().UpdateSettings(t.Context(), "acme", edit); err != nil {
		t.Fatal(err)
	}
	after, err := client.Reader().TenantSettings(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	want := members(t, before)
	want["enabled"], want["sessionTokenExpiration"] = "true", "10"
	if diff := cmp.Diff(want, members(t, after)); diff != "" {
		t.Error(diff)
	}
	if want["unknownSetting"] == "" {
		t.Error("the emulator lost the unknown setting: this test shows nothing")
	}
}

func TestLifeOfATenant(t *testing.T) {
	for name, status := range map[string]int{"not found is 500": 500, "not found is 404": 404} {
		t.Run(name, func(t *testing.T) {
			client, url := against(t, emulator.Options{NotFoundStatus: status})
			reader, writer := client.Reader(), client.Writer()
			id, err := writer.CreateTenant(t.Context(), "child", values{
				"name": `"Child"`, "parent": `"acme"`, "customAttributes": `{"n":9007199254740993}`,
			})
			if id != "child" || err != nil {
				t.Fatalf("create: %q, %v", id, err)
			}
			if _, err := writer.CreateTenant(t.Context(), "child", values{"name": `"Other"`}); !descope.IsDuplicate(err) {
				t.Errorf("second create: %v", err)
			}
			generated, err := writer.CreateTenant(t.Context(), "", values{"name": `"Nameless"`})
			if generated == "" || err != nil {
				t.Errorf("create without an id: %q, %v", generated, err)
			}
			if err := writer.SetDefaultRoles(t.Context(), "child", resource.RolesEdit{Roles: []string{"Viewer"}}); err != nil {
				t.Error(err)
			}
			tenants, err := reader.Tenants(t.Context())
			if err != nil || len(tenants) != 3 {
				t.Errorf("%d tenants, %v", len(tenants), err)
			}
			for _, tenant := range tenants {
				attributes, _ := tenant.Member("customAttributes")
				roles, _ := tenant.Member("defaultRoles")
				if tenant.ID == "child" && (tenant.Parent != "acme" || attributes != `{"n":9007199254740993}` || roles != `["Viewer"]`) {
					t.Errorf("child = %s", tenant.Raw)
				}
			}
			if count := countAfterOneUser(t, client, url); count != 1 {
				t.Errorf("users = %d", count)
			}
			if err := writer.DeleteTenant(t.Context(), "child", resource.TenantDelete{}); err != nil {
				t.Error(err)
			}
			if _, err := reader.Tenant(t.Context(), "child"); !descope.IsNotFound(err) {
				t.Errorf("after the delete: %v", err)
			}
		})
	}
}

// countAfterOneUser creates a test user in the child tenant and counts.
func countAfterOneUser(t *testing.T, client *descope.Client, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/mgmt/user/create/test",
		strings.NewReader(`{"loginId":"ann","test":true,"userTenants":[{"tenantId":"child"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+projectID+":"+key)
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	_ = answer.Body.Close()
	count, err := client.Reader().CountUsers(t.Context(), []string{"child", "none"})
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestWrongKey(t *testing.T) {
	_, url := against(t, emulator.Options{})
	client, err := descope.Connect(descope.Options{
		ProjectID: projectID, ManagementKey: resource.NewSecret(`"K2wrong"`), BaseURL: url, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = client.Reader().Tenants(t.Context())
	if !descope.IsAuth(err) || strings.Contains(err.Error(), "K2wrong") {
		t.Errorf("error = %v", err)
	}
	if failure, is := errors.AsType[*descope.Error](err); !is || !strings.HasPrefix(failure.Hint, "the key holds a quotation mark") {
		t.Errorf("error = %#v", err)
	}
}
