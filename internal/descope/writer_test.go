package descope

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

type fields = map[string]resource.Value

func TestCreateTenant(t *testing.T) {
	tests := []struct {
		name, id, answer, want, body string
		fields                       fields
	}{
		{
			"with an id", "acme", `{"id":"acme"}`, "acme",
			`{"customAttributes":{"n":9007199254740993,"f":1.10},"id":"acme","name":"A & B <é>","parent":"group"}`,
			fields{"name": `"A & B <é>"`, "customAttributes": `{"n":9007199254740993,"f":1.10}`, "parent": `"group"`},
		},
		{"without one", "", `{"id":"T2new"}`, "T2new", `{"name":"A"}`, fields{"name": `"A"`}},
		{"an answer without an id", "acme", `{}`, "acme", `{"id":"acme"}`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, answer(200, test.answer))
			id, err := connect(t, server.url).Writer().CreateTenant(t.Context(), test.id, test.fields)
			if id != test.want || err != nil {
				t.Errorf("id = %q, %v", id, err)
			}
			if diff := cmp.Diff(test.body, server.expect(t, "POST /v1/mgmt/tenant/create")[0].body); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCreateTenantFails(t *testing.T) {
	server := serve(t, answer(200, `{}`))
	id, err := connect(t, server.url).Writer().CreateTenant(t.Context(), "", fields{"name": `"A"`})
	if id != "" || !failureOf(t, err).OutcomeUnknown() {
		t.Errorf("a create without an id in the answer: %q, %v", id, err)
	}
	for _, wrong := range []fields{{"id": `"x"`}, {"name": resource.Absent}} {
		if _, err := connect(t, serve(t).url).Writer().CreateTenant(t.Context(), "acme", wrong); err == nil {
			t.Errorf("create with %v: no error", wrong)
		}
	}
}

func TestSmallWrites(t *testing.T) {
	server := serve(t, answer(200, `{}`), answer(200, ``), answer(200, ``), answer(200, ``))
	writer := connect(t, server.url).Writer()
	for _, err := range []error{
		writer.SetDefaultRoles(t.Context(), "acme", resource.RolesEdit{Roles: []string{"B", "A"}}),
		writer.SetDefaultRoles(t.Context(), "acme", resource.RolesEdit{}),
		writer.DeleteTenant(t.Context(), "acme", resource.TenantDelete{}),
		writer.DeleteTenant(t.Context(), "acme", resource.TenantDelete{Cascade: true}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := writer.DeleteTenant(t.Context(), "", resource.TenantDelete{Cascade: true}); err == nil {
		t.Error("a delete without an id was sent")
	}
	seen := server.expect(t, "POST /v1/mgmt/tenant/updateDefaultRoles", "POST /v1/mgmt/tenant/updateDefaultRoles",
		"POST /v1/mgmt/tenant/delete", "POST /v1/mgmt/tenant/delete")
	want := []string{
		`{"defaultRoles":["B","A"],"id":"acme"}`, `{"defaultRoles":[],"id":"acme"}`,
		`{"cascade":false,"id":"acme"}`, `{"cascade":true,"id":"acme"}`,
	}
	for i := range want {
		if diff := cmp.Diff(want[i], seen[i].body); diff != "" {
			t.Error(diff)
		}
	}
}

// live is a tenant with everything that an update must not touch; its numbers
// and its spelling are such that any decoding would show.
const live = `{"id":"acme","name":"Old","customAttributes":{"exact":9007199254740993,"long":0.10000000000000000555,"html":"<&>é","gone":1},` +
	`"selfProvisioningDomains":["acme.com"],"authType":"saml","domains":["sso.acme.com"],"createdTime":1700000000,"disabled":false,` +
	`"enforceSSO":true,"enforceSSOExclusions":["U1"],"federatedAppIds":["app1"],"parent":"group","successors":["child"],` +
	`"defaultRoles":["Viewer"],"roleInheritance":"userOnly","future":{"z":[1.0,null,"<b>"],"a":-0}}`

var rename = resource.TenantEdit{Set: fields{"name": `"New <&>"`}}

func TestUpdateTenantByPatch(t *testing.T) {
	tests := []struct {
		name string
		edit resource.TenantEdit
		read string // the fresh read, where one is expected
		body string
	}{
		{"a field", rename, "", `{"id":"acme","name":"New <&>"}`},
		{
			"several",
			resource.TenantEdit{Set: fields{"disabled": `true`, "customAttributes": `{"a":1.50}`}},
			"",
			`{"customAttributes":{"a":1.50},"disabled":true,"id":"acme"}`,
		},
		{
			"attributes",
			resource.TenantEdit{
				Set: fields{"name": `"N"`}, SetAttributes: fields{"n": `18446744073709551616`, "html": `">"`}, RemoveAttributes: []string{"gone", "never"},
			},
			live, `{"customAttributes":{"exact":9007199254740993,"html":">","long":0.10000000000000000555,"n":18446744073709551616},"id":"acme","name":"N"}`,
		},
		{"the first attribute", resource.TenantEdit{SetAttributes: fields{"n": `1`}}, `{"id":"acme"}`, `{"customAttributes":{"n":1},"id":"acme"}`},
		{"attributes that are null", resource.TenantEdit{SetAttributes: fields{"n": `1`}}, `{"id":"acme","customAttributes":null}`, `{"customAttributes":{"n":1},"id":"acme"}`},
		{"the last attribute", resource.TenantEdit{RemoveAttributes: []string{"n"}}, `{"id":"acme","customAttributes":{"n":1}}`, `{"customAttributes":{},"id":"acme"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answers, lines := []http.HandlerFunc{answer(200, ``)}, []string{"PATCH /v1/mgmt/tenant/patch"}
			if test.read != "" {
				answers, lines = append([]http.HandlerFunc{answer(200, test.read)}, answers...), append([]string{"GET /v1/mgmt/tenant"}, lines...)
			}
			checked := 0
			test.edit.Check = func(tenant resource.Tenant) error {
				checked++
				if string(tenant.Raw) != test.read {
					t.Errorf("check got %s", tenant.Raw)
				}
				return nil
			}
			server := serve(t, answers...)
			if err := connect(t, server.url).Writer().UpdateTenant(t.Context(), "acme", test.edit); err != nil {
				t.Fatal(err)
			}
			seen := server.expect(t, lines...)
			if diff := cmp.Diff(test.body, seen[len(seen)-1].body); diff != "" {
				t.Error(diff)
			}
			if checked != len(lines)-1 {
				t.Errorf("checked %d times", checked)
			}
		})
	}
}

func TestUpdateTenantWithoutPatch(t *testing.T) {
	rest := `"disabled":false,"enforceSSO":true,"enforceSSOExclusions":["U1"],"federatedAppIds":["app1"],"future":{"z":[1.0,null,"<b>"],"a":-0},"id":"acme",`
	tail := `"roleInheritance":"userOnly","selfProvisioningDomains":["acme.com"]}`
	tests := []struct {
		name string
		edit resource.TenantEdit
		want string
	}{
		{
			"a field", rename,
			`{"authType":"saml","customAttributes":{"exact":9007199254740993,"long":0.10000000000000000555,"html":"<&>é","gone":1},` + rest + `"name":"New <&>",` + tail,
		},
		{
			"attributes",
			resource.TenantEdit{SetAttributes: fields{"n": `9007199254740995`}, RemoveAttributes: []string{"gone"}},
			`{"authType":"saml","customAttributes":{"exact":9007199254740993,"html":"<&>é","long":0.10000000000000000555,"n":9007199254740995},` + rest + `"name":"Old",` + tail,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, answer(200, live), answer(200, `{}`))
			client := connect(t, server.url)
			client.caller.patch.answer.Store(patchUnknown)
			checked := 0
			test.edit.Check = func(resource.Tenant) error { checked++; return nil }
			if err := client.Writer().UpdateTenant(t.Context(), "acme", test.edit); err != nil {
				t.Fatal(err)
			}
			seen := server.expect(t, "GET /v1/mgmt/tenant", "POST /v1/mgmt/tenant/update")
			if diff := cmp.Diff(test.want, seen[1].body); diff != "" {
				t.Error(diff)
			}
			if checked != 1 {
				t.Errorf("checked %d times", checked)
			}
		})
	}
}

// A check that fails stops the write, and its error comes back as it is.
func TestChecksStopWrites(t *testing.T) {
	stop := errors.New("live has changed since the plan")
	check := func(resource.Tenant) error { return stop }
	tests := []struct {
		name    string
		noPatch bool
		update  func(*Writer) error
	}{
		{"attributes by patch", false, func(w *Writer) error {
			return w.UpdateTenant(t.Context(), "acme", resource.TenantEdit{RemoveAttributes: []string{"a"}, Check: check})
		}},
		{"whole tenant", true, func(w *Writer) error {
			return w.UpdateTenant(t.Context(), "acme", resource.TenantEdit{Set: rename.Set, Check: check})
		}},
		{"settings", false, func(w *Writer) error {
			return w.UpdateSettings(t.Context(), "acme", resource.SettingsEdit{Set: fields{"enabled": `true`}, Check: check})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, answer(200, live))
			client := connect(t, server.url)
			if test.noPatch {
				client.caller.patch.answer.Store(patchUnknown)
			}
			if err := test.update(client.Writer()); err != stop { //nolint:errorlint // exactly this one
				t.Errorf("error = %v", err)
			}
			if len(server.seen()) != 1 {
				t.Errorf("requests = %+v", server.seen())
			}
		})
	}
}

func TestReadsThatFailStopWrites(t *testing.T) {
	server := serve(t, answer(503, ``), answer(503, ``), answer(503, ``), answer(200, `{"id":"acme","customAttributes":"none"}`),
		answer(200, `{"id":"acme","customAttributes":[]}`))
	client := connect(t, server.url)
	attributes := resource.TenantEdit{SetAttributes: fields{"a": `1`}}
	for _, err := range []error{
		client.Writer().UpdateTenant(t.Context(), "acme", attributes),
		client.Writer().UpdateSettings(t.Context(), "acme", resource.SettingsEdit{Set: fields{"enabled": `true`}}),
	} {
		if failure := failureOf(t, err); failure.OutcomeUnknown() || failure.Status != 503 || failure.Method != "GET" {
			t.Errorf("error = %+v", failure)
		}
	}
	client.caller.patch.answer.Store(patchUnknown)
	err := client.Writer().UpdateTenant(t.Context(), "acme", rename)
	if failure := failureOf(t, err); failure.OutcomeUnknown() || failure.Path != "/v1/mgmt/tenant" {
		t.Errorf("error = %+v", failure)
	}
	for _, mode := range []int32{patchUnknown, patchKnown} {
		client.caller.patch.answer.Store(mode)
		if err := client.Writer().UpdateTenant(t.Context(), "acme", attributes); err == nil || !strings.Contains(err.Error(), "customAttributes") {
			t.Errorf("attributes that are no object: %v", err)
		}
	}
}

func TestEditsThatCannotBeWritten(t *testing.T) {
	writer := connect(t, serve(t).url).Writer()
	for name, edit := range map[string]resource.TenantEdit{
		"id": {Set: fields{"id": `"x"`}}, "parent": {Set: fields{"parent": `"x"`}}, "created time": {Set: fields{"createdTime": `1`}},
		"default roles": {Set: fields{"defaultRoles": `[]`}}, "no value": {Set: fields{"name": ""}}, "no attribute": {SetAttributes: fields{"a": ""}},
		"both ways": {Set: fields{"customAttributes": `{}`}, RemoveAttributes: []string{"a"}},
	} {
		if err := writer.UpdateTenant(t.Context(), "acme", edit); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, set := range []fields{{"tenantId": `"x"`}, {"id": `"x"`}, {"enabled": ""}} {
		if err := writer.UpdateSettings(t.Context(), "acme", resource.SettingsEdit{Set: set}); err == nil {
			t.Errorf("settings %v: no error", set)
		}
	}
}

func TestEmptyEditsSendNothing(t *testing.T) {
	writer := connect(t, serve(t).url).Writer()
	if err := writer.UpdateTenant(t.Context(), "acme", resource.TenantEdit{}); err != nil {
		t.Error(err)
	}
	if err := writer.UpdateSettings(t.Context(), "acme", resource.SettingsEdit{}); err != nil {
		t.Error(err)
	}
}

func TestCountAttempts(t *testing.T) {
	server := serve(t, answer(200, live), answer(200, ``), answer(429, ``, "Retry-After", "1"), answer(200, ``))
	client := persistent(t, server.url)
	client.caller.patch.answer.Store(patchUnknown)
	var counter atomic.Int64
	ctx := CountAttempts(t.Context(), &counter)
	if err := client.Writer().UpdateTenant(ctx, "acme", rename); err != nil {
		t.Fatal(err)
	}
	if counter.Load() != 2 {
		t.Errorf("requests = %d, want a read and a write", counter.Load())
	}
	if err := client.Writer().DeleteTenant(ctx, "acme", resource.TenantDelete{}); err != nil {
		t.Fatal(err)
	}
	if counter.Load() != 4 {
		t.Errorf("requests = %d, want two more", counter.Load())
	}
}
