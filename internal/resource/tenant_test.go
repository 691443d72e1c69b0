package resource_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const acmeJSON = ` { "name" : "Acme Corporation", "id":"acme",
	"customAttributes": {"plan":"pro","n":9007199254740993,"none":null,"a.b":[1, 2]},
	"selfProvisioningDomains":["b.com","a.com"], "parent":"group", "disabled":false, "enforceSSO":null,
	"successors":["x"], "future":{"z":1.50,"a":"\u003c"} } `

func parseTenant(t *testing.T, raw string) resource.Tenant {
	t.Helper()
	tenant, err := resource.ParseTenant(json.RawMessage(raw))
	if err != nil {
		t.Fatalf("ParseTenant: %v", err)
	}
	return tenant
}

func tenantDigest(t *testing.T, tenant resource.Tenant) string {
	t.Helper()
	digest, err := tenant.Digest()
	if err != nil {
		t.Fatalf("Digest: %v", err)
	}
	return digest
}

func TestParseTenant(t *testing.T) {
	tenant := parseTenant(t, acmeJSON)
	if tenant.ID != "acme" || tenant.Name != "Acme Corporation" || tenant.Parent != "group" || tenant.Address() != "tenant/acme" {
		t.Errorf("got %q, %q, %q, %q", tenant.ID, tenant.Name, tenant.Parent, tenant.Address())
	}
	if string(tenant.Raw) != acmeJSON {
		t.Errorf("the bytes as received are %s", tenant.Raw)
	}
	for wire, want := range map[string]resource.Value{
		"future": `{"a":"<","z":1.50}`, "enforceSSO": resource.Absent, "nothing": resource.Absent, "disabled": "false",
	} {
		if got, err := tenant.Member(wire); err != nil || got != want {
			t.Errorf("member %s: %s, %v", wire, got, err)
		}
	}
	keys, err := tenant.Keys("custom_attributes")
	if want := []string{"a.b", "n", "none", "plan"}; err != nil || !slices.Equal(keys, want) {
		t.Errorf("keys %q, %v", keys, err)
	}
	if keys, err := parseTenant(t, `{"id":"x"}`).Keys("custom_attributes"); err != nil || keys == nil || len(keys) != 0 {
		t.Errorf("keys of no map: %#v, %v", keys, err)
	}
	if _, err := tenant.Keys("attributes"); err == nil {
		t.Error("an unknown field has keys")
	}
}

func TestParseTenantRefuses(t *testing.T) {
	cases := map[string]struct{ raw, want string }{
		"nothing":             {``, "ends too early"},
		"no object":           {`[]`, "not a JSON object"},
		"null":                {`null`, "not a JSON object"},
		"cut off":             {`{"id":"a"`, "ends too early"},
		"trailing text":       {`{"id":"a"} {}`, "text after the end"},
		"no id":               {`{"name":"a"}`, `field "id" is missing or empty`},
		"empty id":            {`{"id":""}`, `field "id" is missing or empty`},
		"null id":             {`{"id":null}`, `field "id" is missing or empty`},
		"id of another type":  {`{"id":7}`, `field "id" is no string: 7`},
		"name of another":     {`{"id":"a","name":[]}`, `field "name" is no string`},
		"parent of another":   {`{"id":"a","parent":{}}`, `field "parent" is no string`},
		"field twice":         {`{"id":"a","x":1,"id":"b"}`, `the key "id" stands twice`},
		"attribute twice":     {`{"id":"a","customAttributes":{"x":1,"x":2}}`, `the key "x" stands twice`},
		"a broken value":      {`{"id":"a","x":tru}`, "not a JSON value"},
		"nesting without end": {`{"id":"a","x":` + strings.Repeat("[", 1000), "deeper than 100"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := resource.ParseTenant(json.RawMessage(test.raw))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

func TestTenantValue(t *testing.T) {
	tenant := parseTenant(t, acmeJSON)
	withSettings, err := tenant.WithSettings(json.RawMessage(`{"sessionTokenExpiration":10,"enabled":true,"JITDisabled":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if tenant.HasSettings() || !withSettings.HasSettings() {
		t.Errorf("settings: %v before, %v after", tenant.HasSettings(), withSettings.HasSettings())
	}
	for path, want := range map[resource.Path]resource.Value{
		{Field: "name"}:                                      `"Acme Corporation"`,
		{Field: "enforce_sso"}:                               resource.Absent,
		{Field: "default_roles"}:                             resource.Absent,
		{Field: "custom_attributes", Key: "plan"}:            `"pro"`,
		{Field: "custom_attributes", Key: "n"}:               `9007199254740993`,
		{Field: "custom_attributes", Key: "none"}:            resource.Absent,
		{Field: "custom_attributes", Key: "nothing"}:         resource.Absent,
		{Field: "custom_attributes", Key: "a.b"}:             `[1,2]`,
		{Field: "name", Key: "inside"}:                       resource.Absent,
		{Field: "settings", Key: "session_token_expiration"}: `10`,
		{Field: "settings", Key: "jit_disabled"}:             resource.Absent,
		{Field: "settings", Key: "inactivity_time"}:          resource.Absent,
	} {
		if got, err := withSettings.Value(path); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", path, got, err, want)
		}
	}
	for want, get := range map[string]func() (resource.Value, error){
		`the settings of tenant "acme" were not read`: func() (resource.Value, error) {
			return tenant.Value(resource.Path{Field: "settings", Key: "enabled"})
		},
		`tenant settings have no field "sessionTokenExpiration"`: func() (resource.Value, error) {
			return withSettings.Value(resource.Path{Field: "settings", Key: "sessionTokenExpiration"})
		},
		`tenants have no field "enforceSSO"`: func() (resource.Value, error) {
			return tenant.Value(resource.Path{Field: "enforceSSO"})
		},
	} {
		if got, err := get(); err == nil || err.Error() != want || got != resource.Absent {
			t.Errorf("got %s, %v, want the error %q", got, err, want)
		}
	}
}

func TestWithSettings(t *testing.T) {
	tenant := parseTenant(t, `{"id":"acme"}`)
	for _, raw := range []string{`null`, `{}`} {
		got, err := tenant.WithSettings(json.RawMessage(raw))
		if err != nil || !got.HasSettings() {
			t.Errorf("%s: %v, read %v", raw, err, got.HasSettings())
		}
	}
	if _, err := tenant.WithSettings(json.RawMessage(`[]`)); err == nil || err.Error() != `settings of tenant "acme": not a JSON object` {
		t.Errorf("got %v", err)
	}
}

func TestTenantDigest(t *testing.T) {
	base := tenantDigest(t, parseTenant(t, `{"id":"acme","name":"A","selfProvisioningDomains":["a","b"],"list":["a","b"],"n":1.0}`))
	if !strings.HasPrefix(base, "sha256:") || len(base) != 71 {
		t.Errorf("digest %q", base)
	}
	cases := []struct {
		name string
		raw  string
		same bool
	}{
		{"order of keys, white space, escapes", `{"n":1.0, "list":["a","b"],"selfProvisioningDomains":["a","b"],"name":"\u0041","id":"acme"}`, true},
		{"order and repetition inside a set", `{"id":"acme","name":"A","selfProvisioningDomains":["b","a","b"],"list":["a","b"],"n":1.0}`, true},
		{"children", `{"id":"acme","name":"A","selfProvisioningDomains":["a","b"],"list":["a","b"],"n":1.0,"successors":["x"]}`, true},
		{"order inside an unknown list", `{"id":"acme","name":"A","selfProvisioningDomains":["a","b"],"list":["b","a"],"n":1.0}`, false},
		{"a value", `{"id":"acme","name":"B","selfProvisioningDomains":["a","b"],"list":["a","b"],"n":1.0}`, false},
		{"a number in other digits", `{"id":"acme","name":"A","selfProvisioningDomains":["a","b"],"list":["a","b"],"n":1}`, false},
		{"a field more", `{"id":"acme","name":"A","selfProvisioningDomains":["a","b"],"list":["a","b"],"n":1.0,"x":null}`, false},
		{"a field less", `{"id":"acme","name":"A","selfProvisioningDomains":["a","b"],"list":["a","b"]}`, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := tenantDigest(t, parseTenant(t, test.raw)); (got == base) != test.same {
				t.Errorf("digest %s, base %s", got, base)
			}
		})
	}
}

func TestTenantDigestCoversSettings(t *testing.T) {
	seen := map[string]string{}
	tenant := parseTenant(t, `{"id":"acme"}`)
	seen[tenantDigest(t, tenant)] = "no settings"
	for _, settings := range []string{`{}`, `{"enabled":true}`, `{"enabled":false}`, `{"other":1}`} {
		with, err := tenant.WithSettings(json.RawMessage(settings))
		if err != nil {
			t.Fatal(err)
		}
		digest := tenantDigest(t, with)
		if before, twice := seen[digest]; twice {
			t.Errorf("%s and %s have one digest", before, settings)
		}
		seen[digest] = settings
	}
	a, _ := tenant.WithSettings(json.RawMessage(`{"x":1,"y":2}`))
	b, _ := tenant.WithSettings(json.RawMessage(` {"y":2,"x":1}`))
	if tenantDigest(t, a) != tenantDigest(t, b) {
		t.Error("the order of settings changes the digest")
	}
}

// TestTenantKeepsWhatItDoesNotKnow draws objects of any fields and finds every
// one of them again.
func TestTenantKeepsWhatItDoesNotKnow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.MapOf(rapid.String(), rapid.Map(rapid.String(), resource.StringValue)).Draw(t, "members")
		members["id"] = `"acme"`
		delete(members, "name")
		delete(members, "parent")
		keys := rapid.Permutation(slices.Sorted(maps.Keys(members))).Draw(t, "order")
		raw := []string{}
		for _, key := range keys {
			raw = append(raw, string(resource.StringValue(key))+" : "+string(members[key]))
		}
		tenant, err := resource.ParseTenant(json.RawMessage("{" + strings.Join(raw, ", ") + "}"))
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range members {
			if got, err := tenant.Member(key); err != nil || got != want {
				t.Fatalf("%q: %s, %v, want %s", key, got, err, want)
			}
		}
	})
}

// FuzzParseTenant reads any answer without panic, the way encoding/json reads it.
func FuzzParseTenant(f *testing.F) {
	f.Add([]byte(acmeJSON))
	f.Add([]byte(liveTenant(3)))
	f.Add([]byte(`{"id":"a","id":null}`))
	f.Add([]byte(`{"id":"a","customAttributes":[],"selfProvisioningDomains":{}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tenant, err := resource.ParseTenant(raw)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatalf("accepts what is no JSON object: %v", err)
		}
		for key, member := range members {
			want, err := referenceCanonical(member)
			if err != nil {
				t.Fatalf("field %q: accepts what the reference refuses: %v", key, err)
			}
			if want == "null" {
				want = ""
			}
			if got, err := tenant.Member(key); err != nil || string(got) != want {
				t.Fatalf("field %q: %s, %v, the reference %s", key, got, err, want)
			}
		}
		for _, field := range resource.TenantFields() {
			if field.Name == "settings" {
				continue
			}
			if _, err := tenant.Value(resource.Path{Field: field.Name, Key: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tenant.Digest(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTenantShape(t *testing.T) {
	for wire, want := range map[string]resource.Shape{
		"name": resource.ShapeString, "customAttributes": resource.ShapeMap, "selfProvisioningDomains": resource.ShapeSet,
		"domains": resource.ShapeSet, "disabled": resource.ShapeBool, "somethingNew": resource.ShapeObject,
	} {
		if got := resource.TenantShape(wire); got != want {
			t.Errorf("%s has the shape %s, want %s", wire, got, want)
		}
	}
}
