package descope

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestTenants(t *testing.T) {
	// Numbers, order of keys, white space and unknown fields stay as they come.
	first := `{"name":"Acme","id":"acme", "customAttributes":{"n":9007199254740993,"f":0.1000000000000000055511151231257827},"new":{"z":1,"a":[null]}}`
	second := `{"id":"T2JEf","name":"Übung <&> \u00e9","parent":"acme"}`
	server := serve(t, answer(200, `{"total":2,"tenants":[`+first+","+second+`],"next":[{}]}`))
	tenants, err := connect(t, server.url).Reader().Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(tenants) != 2 || string(tenants[0].Raw) != first || string(tenants[1].Raw) != second {
		t.Errorf("tenants = %+v", tenants)
	}
	if tenants[1].Name != "Übung <&> é" || tenants[1].Parent != "acme" || tenants[0].ID != "acme" {
		t.Errorf("tenants = %+v", tenants)
	}
	server.expect(t, "GET /v1/mgmt/tenant/all")
}

func TestTenantsOfAnEmptyProject(t *testing.T) {
	for _, body := range []string{`{"tenants":[]}`, `{"tenants":null}`, `{}`} {
		tenants, err := connect(t, serve(t, answer(200, body)).url).Reader().Tenants(t.Context())
		if err != nil || len(tenants) != 0 {
			t.Errorf("%s: %v, %v", body, tenants, err)
		}
	}
}

func TestTenantsThatCannotBeRead(t *testing.T) {
	tests := []struct{ name, body, code, want string }{
		{"something else", `{"users":[],"total":0}`, CodeBadAnswer, `no "tenants"`},
		{"no list", `{"tenants":{}}`, CodeBadAnswer, `"tenants" is no list`},
		{"an element without an id", `{"tenants":[{"id":"a"},{"name":"x"}]}`, CodeBadAnswer, `element 2 of the list`},
		{"an element that is no object", `{"tenants":["a"]}`, CodeBadAnswer, `element 1 of the list`},
		{"broken inside", `{"tenants":[{"id":"a"} {"id":"b"}]}`, CodeBadAnswer, ``},
		{"broken key", `{"tenants":[],x}`, CodeBadAnswer, ``},
		{"broken other field", `{"a":[}`, CodeBadAnswer, ``},
		{"ends in the list", `{"tenants":[{"id":"a"},`, CodeTruncated, `breaks off`},
		{"ends in an element", `{"tenants":[{"id":"a"},{"id`, CodeTruncated, `breaks off`},
		{"ends after the list", `{"tenants":[]`, CodeTruncated, `breaks off`},
		{"ends after the key", `{"tenants"`, CodeTruncated, `breaks off`},
		{"two lists", `{"tenants":[],"tenants":[{"id":"a"}]}`, CodeBadAnswer, `stands twice`},
		{"more behind", `{"tenants":[]}]`, CodeBadAnswer, `text after the end`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tenants, err := connect(t, serve(t, answer(200, test.body)).url).Reader().Tenants(t.Context())
			failure := failureOf(t, err)
			if tenants != nil || failure.Code != test.code || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, error %v", tenants, err)
			}
		})
	}
}

func TestTenant(t *testing.T) {
	server := serve(t, answer(200, `{"id":"a b&c","name":"Acme","roleInheritance":"none"}`))
	tenant, err := connect(t, server.url).Reader().Tenant(t.Context(), "a b&c")
	if err != nil || tenant.Name != "Acme" {
		t.Errorf("tenant = %+v, %v", tenant, err)
	}
	seen := server.expect(t, "GET /v1/mgmt/tenant")
	if seen[0].query != "id=a+b%26c" || seen[0].body != "" {
		t.Errorf("request = %+v", seen[0])
	}
}

func TestIsNotFound(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   bool
	}{
		{"500 with the code", answer(500, envelope("E111104", "Failed to load tenants", "Could not load tenant by id")), true},
		{"404 with the code", answer(404, envelope("E111104", "Failed to load tenants", "")), true},
		{"404 with another code", answer(404, envelope("E112102", "not found", "")), true},
		{"404 without a code", answer(404, `{}`), true},
		{"404 without a body", answer(404, ``), true},
		{"404 of a route", answer(404, envelope("E010009", "Unknown server error", "")), false},
		{"404 of a web server", answer(404, `<html>nothing here</html>`), false},
		{"400", answer(400, envelope("E011003", "", "")), false},
		{"500", answer(500, `{}`), false},
		{"no answer", hangUp, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := connect(t, serve(t, test.answer).url).Reader().Tenant(t.Context(), "acme")
			if err == nil || IsNotFound(err) != test.want {
				t.Errorf("not found = %v, want %v: %v", !test.want, test.want, err)
			}
		})
	}
}

func TestTenantSettings(t *testing.T) {
	settings := `{"domains":[],"enabled":true, "sessionTokenExpiration":10,"x":{"big":9007199254740993}}`
	server := serve(t, answer(200, settings), answer(200, `{"a":1,"a":2}`))
	reader := connect(t, server.url).Reader()
	got, err := reader.TenantSettings(t.Context(), "acme")
	if err != nil || string(got) != settings {
		t.Errorf("settings = %s, %v", got, err)
	}
	if seen := server.expect(t, "GET /v1/mgmt/tenant/settings"); seen[0].query != "id=acme" {
		t.Errorf("query = %s", seen[0].query)
	}
	if _, err := reader.TenantSettings(t.Context(), "acme"); failureOf(t, err).Code != CodeBadAnswer {
		t.Errorf("the same key twice: %v", err)
	}
}

func TestCountUsers(t *testing.T) {
	tests := []struct {
		name, body string
		want       int
		wrong      bool
	}{
		{"number", `{"users":[{"userId":"U1","loginIds":["a@example.com"]}],"total":17}`, 17, false},
		{"64-bit integer as the gateway writes it", `{"users":[],"total":"23"}`, 23, false},
		{"nobody", `{"users":[],"total":0}`, 0, false},
		{"no total", `{"users":[]}`, 0, true},
		{"null", `{"total":null}`, 0, true},
		{"a fraction", `{"total":1.5}`, 0, true},
		{"negative", `{"total":-1}`, 0, true},
		{"a list", `{"total":[1]}`, 0, true},
		{"empty", ``, 0, true},
		{"broken", `{"total"}`, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := serve(t, answer(200, test.body))
			got, err := connect(t, server.url).Reader().CountUsers(t.Context(), []string{"acme", "b"})
			if got != test.want || (err != nil) != test.wrong {
				t.Errorf("count = %d, %v", got, err)
			}
			if err != nil && failureOf(t, err).OutcomeUnknown() {
				t.Error("a search changes nothing")
			}
			seen := server.expect(t, "POST /v2/mgmt/user/search")
			if diff := cmp.Diff(`{"limit":1,"tenantIds":["acme","b"],"withTestUser":true}`, seen[0].body); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCountUsersOfNoTenantAsksNobody(t *testing.T) {
	server := serve(t)
	if got, err := connect(t, server.url).Reader().CountUsers(t.Context(), nil); got != 0 || err != nil {
		t.Errorf("count = %d, %v", got, err)
	}
	server.expect(t)
}

func TestDecodeTenantsOfLongLists(t *testing.T) {
	tenants, err := decodeList(strings.NewReader(string(tenantList(2000))), "tenants", resource.ParseTenant)
	if err != nil || len(tenants) != 2000 || tenants[1999].ID != "tenant-01999" {
		t.Errorf("%d tenants, %v", len(tenants), err)
	}
}

// What the list decoder accepts is valid JSON, and nothing of it gets lost.
func FuzzDecodeTenants(f *testing.F) {
	for _, seed := range []string{
		`{"tenants":[{"id":"a","n":1e999},{"id":"b"}]}`, `{}`, `{"tenants":null,"x":[{}]}`, `{"tenants":[{"id":"a"}],"tenants":[]}`, `{"tenants":[{"id":"a",}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		tenants, err := decodeList(bytes.NewReader(answer), "tenants", resource.ParseTenant)
		if err != nil {
			return
		}
		var split map[string]json.RawMessage
		if err := json.Unmarshal(answer, &split); err != nil {
			t.Fatalf("%q was accepted: %v", answer, err)
		}
		var elements []json.RawMessage
		if err := json.Unmarshal(listed(split), &elements); err != nil || len(elements) != len(tenants) {
			t.Fatalf("%q: %d tenants, %v", answer, len(tenants), err)
		}
		for i, element := range elements {
			if !bytes.Equal(element, tenants[i].Raw) {
				t.Errorf("%q became %q", element, tenants[i].Raw)
			}
		}
	})
}

func listed(answer map[string]json.RawMessage) json.RawMessage {
	if list, found := answer["tenants"]; found {
		return list
	}
	return json.RawMessage("null")
}

func TestLicense(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"its name now", `{"rateLimitTier":"tier2","licenseType":"old"}`, "tier2"},
		{"its name before", `{"licenseType":"tier1"}`, "tier1"},
		{"none", `{"else":1}`, ""},
	} {
		server := serve(t, answer(200, test.body))
		if got, err := connect(t, server.url).Reader().License(t.Context()); err != nil || got != test.want {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
		server.expect(t, "GET /v1/mgmt/license")
	}
	for _, body := range []string{`{"rateLimitTier":1}`, `[]`, `{} {}`} {
		if got, err := connect(t, serve(t, answer(200, body)).url).Reader().License(t.Context()); err == nil || got != "" {
			t.Errorf("%s: %q, %v", body, got, err)
		}
	}
}
