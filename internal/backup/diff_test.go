package backup_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestDiff(t *testing.T) {
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	field := func(path string, before, after resource.Value) backup.FieldDifference {
		return backup.FieldDifference{Path: path, Before: before, After: after}
	}
	cases := []struct {
		name string
		a, b backup.Tenant
		want []backup.FieldDifference
	}{
		{"the same in another order", backup.Tenant{Raw: raw(`{"id":"a","name":"A","x":1}`)}, backup.Tenant{Raw: raw(`{"x":1.0, "name":"A","id":"a"}`)}, nil},
		{
			"sets",
			backup.Tenant{Raw: raw(`{"selfProvisioningDomains":["a","b"],"domains":["x"],"federatedAppIds":[]}`)},
			backup.Tenant{Raw: raw(`{"selfProvisioningDomains":["b","a","a"],"domains":["y"]}`)},
			[]backup.FieldDifference{field("domains", `["x"]`, `["y"]`)},
		},
		{
			"what the service writes",
			backup.Tenant{Raw: raw(`{"successors":["b"],"createdTime":1,"updatedTime":1}`)},
			backup.Tenant{Raw: raw(`{"successors":[],"createdTime":2,"updatedTime":2}`)},
			nil,
		},
		{"absent and default", backup.Tenant{Raw: raw(`{"disabled":false,"roleInheritance":"","parent":null,"customAttributes":{}}`)}, backup.Tenant{Raw: raw(`{}`)}, nil},
		{
			"attributes",
			backup.Tenant{Raw: raw(`{"customAttributes":{"a":1,"b":"x","a b":[1],"n":null}}`)},
			backup.Tenant{Raw: raw(`{"customAttributes":{"a":9007199254740993,"c":true,"a b":[2]}}`)},
			[]backup.FieldDifference{
				field("custom_attributes.a", "1", "9007199254740993"), field("custom_attributes.b", `"x"`, ""),
				field("custom_attributes.c", "", "true"), field(`custom_attributes["a b"]`, "[1]", "[2]"),
			},
		},
		{
			"unknown fields",
			backup.Tenant{Raw: raw(`{"later":{"a":[1,2]}}`)},
			backup.Tenant{Raw: raw(`{"later":{"a":[2,1]}}`)},
			[]backup.FieldDifference{field("later", `{"a":[1,2]}`, `{"a":[2,1]}`)},
		},
		{
			"attributes of another type",
			backup.Tenant{Raw: raw(`{"customAttributes":[]}`)},
			backup.Tenant{Raw: raw(`{"customAttributes":{"a":1}}`)},
			[]backup.FieldDifference{field("custom_attributes", `[]`, `{"a":1}`)},
		},
		{
			"settings of both",
			backup.Tenant{Settings: raw(`{"enabled":false,"sessionTokenExpiration":10,"domains":["a","b"]}`)},
			backup.Tenant{Settings: raw(`{"sessionTokenExpiration":20,"domains":["b","a"]}`)},
			[]backup.FieldDifference{field("settings.session_token_expiration", "10", "20")},
		},
		{"settings of one", backup.Tenant{Settings: raw(`{"enabled":true}`)}, backup.Tenant{}, nil},
		{
			"what else was read",
			backup.Tenant{SSO: []json.RawMessage{raw(`{"a":1}`), raw(`{"b":2}`)}, Roles: []json.RawMessage{}, PasswordSettings: raw(`{"minLength":8}`)},
			backup.Tenant{SSO: []json.RawMessage{raw(`{"b":2.0}`), raw(`{"a":1}`)}, Roles: []json.RawMessage{raw(`{"name":"r"}`)}, PasswordSettings: raw(`{"minLength":9}`)},
			[]backup.FieldDifference{field("passwordSettings.minLength", "8", "9"), field("roles.r", "", `{"name":"r"}`)},
		},
		{
			"SSO configurations and roles by their names",
			backup.Tenant{
				SSO:   []json.RawMessage{raw(`{"ssoId":"a","tenant":{"name":"Old"},"oidc":{"clientId":"x","scope":["a"],"n":null}}`), raw(`{"ssoId":"b c"}`)},
				Roles: []json.RawMessage{raw(`{"name":"r","permissionNames":["p"]}`), raw(`{"name":"s"}`)},
			},
			backup.Tenant{
				SSO:   []json.RawMessage{raw(`{"ssoId":"a","tenant":{"name":"New"},"oidc":{"clientId":"y","scope":["a","b"]},"later":null}`)},
				Roles: []json.RawMessage{raw(`{"name":"s"}`), raw(`{"name":"r","permissionNames":["q"],"default":true}`)},
			},
			[]backup.FieldDifference{
				field("roles.r.default", "", "true"), field("roles.r.permissionNames", `["p"]`, `["q"]`),
				field("sso.a.oidc.clientId", `"x"`, `"y"`), field("sso.a.oidc.scope", `["a"]`, `["a","b"]`), field(`sso["b c"]`, `{"ssoId":"b c"}`, ""),
			},
		},
		{
			"lists whose items have no names, or the same one",
			backup.Tenant{SSO: []json.RawMessage{raw(`{"a":1}`)}, Roles: []json.RawMessage{raw(`{"name":"r","a":1}`)}},
			backup.Tenant{SSO: []json.RawMessage{raw(`{"a":2}`)}, Roles: []json.RawMessage{raw(`{"name":"r"}`), raw(`{"name":"r"}`)}},
			[]backup.FieldDifference{field("roles", `[{"a":1,"name":"r"}]`, `[{"name":"r"},{"name":"r"}]`), field("sso", `[{"a":1}]`, `[{"a":2}]`)},
		},
		{
			"a renamed tenant is told once",
			backup.Tenant{SSO: []json.RawMessage{raw(`{"ssoId":"a","tenant":{"name":"Old"}}`)}},
			backup.Tenant{SSO: []json.RawMessage{raw(`{"ssoId":"a","tenant":{"name":"New"}}`)}},
			nil,
		},
		{
			"omitted",
			backup.Tenant{Raw: raw(`{"customAttributes":{"x":1}}`), Settings: raw(`{}`), SSO: []json.RawMessage{}, Omitted: []string{"customAttributes.token", "sso[0].oidc", "later"}},
			backup.Tenant{Raw: raw(`{"customAttributes":{"token":"t"},"later":1}`), Settings: raw(`{"note":1}`), SSO: []json.RawMessage{raw("{}")}, Omitted: []string{"customAttributes.x", "settings.note"}},
			nil,
		},
		{
			"without raw",
			backup.Tenant{Domains: []string{"a"}, CustomAttributes: raw(`{"a":1}`)},
			backup.Tenant{Domains: []string{}, CustomAttributes: raw(`{"a":2}`), Raw: raw(`{"later":1}`)},
			[]backup.FieldDifference{field("custom_attributes.a", "1", "2"), field("self_provisioning_domains", `["a"]`, `[]`)},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.a.ID, c.b.ID, c.a.Name, c.b.Name = "a", "a", "A", "A"
			got := backup.Diff(backup.Backup{Tenants: []backup.Tenant{c.a}}, backup.Backup{Tenants: []backup.Tenant{c.b}})
			want := backup.Difference{OnlyA: []backup.Tenant{}, OnlyB: []backup.Tenant{}, Changed: []backup.TenantDifference{}}
			if c.want != nil {
				want.Changed = []backup.TenantDifference{{ID: "a", Name: "A", Fields: c.want}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDiffPairsByID(t *testing.T) {
	made := func(id, name string, omitted ...string) backup.Tenant {
		return backup.Tenant{ID: id, Name: name, Raw: json.RawMessage(`{"name":"` + name + `"}`), Omitted: omitted}
	}
	a := []backup.Tenant{made("d", "D"), made("a", "A"), made("b", "B"), made("c", "C"), made(resource.Redacted, "R", "id")}
	b := []backup.Tenant{made("f", "F"), made("c", "C"), made("b", "B2"), made("e", "E"), made("a", "A2")}
	want := backup.Difference{
		OnlyA: []backup.Tenant{a[0]}, OnlyB: []backup.Tenant{b[3], b[0]},
		Changed: []backup.TenantDifference{
			{ID: "a", Name: "A2", Fields: []backup.FieldDifference{{Path: "name", Before: `"A"`, After: `"A2"`}}},
			{ID: "b", Name: "B2", Fields: []backup.FieldDifference{{Path: "name", Before: `"B"`, After: `"B2"`}}},
		},
	}
	for range 5 {
		if diff := cmp.Diff(want, backup.Diff(backup.Backup{Tenants: a}, backup.Backup{Tenants: b})); diff != "" {
			t.Error(diff)
		}
		rand.Shuffle(len(a)-1, func(i, j int) { a[i], a[j] = a[j], a[i] })
		rand.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		want.OnlyA, want.OnlyB = []backup.Tenant{made("d", "D")}, []backup.Tenant{made("e", "E"), made("f", "F")}
	}
}

// TestDiffOfAFileAndItsSource: what is read back differs in nothing, and a
// difference is seen from both sides.
func TestDiffOfAFileAndItsSource(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) backup.Backup {
			return backup.Backup{Tenants: []backup.Tenant{{ID: "a", Raw: json.RawMessage(anyObject(2).Draw(rt, name)), Settings: json.RawMessage(anyObject(1).Draw(rt, name+" settings"))}}}
		}
		a, b := draw("a"), draw("b")
		if d := backup.Diff(a, a); len(d.OnlyA)+len(d.OnlyB)+len(d.Changed) > 0 {
			rt.Errorf("a backup differs from itself: %+v", d)
		}
		there, back := backup.Diff(a, b), backup.Diff(b, a)
		if len(there.Changed) != len(back.Changed) {
			rt.Errorf("%+v and %+v", there, back)
		}
		for i, changed := range there.Changed {
			for k, f := range changed.Fields {
				if g := back.Changed[i].Fields[k]; f.Path != g.Path || f.Before != g.After || f.After != g.Before {
					rt.Errorf("%+v and %+v", f, g)
				}
			}
		}
	})
}
