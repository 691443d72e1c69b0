package emulator_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// fullTenant has a value in every writable field.
const fullTenant = `"selfProvisioningDomains":["acme.com"],"customAttributes":{"n":9007199254740993,"f":0.10,"s":"a<b","l":["x"]},` +
	`"authType":"saml","disabled":true,"enforceSSO":true,"enforceSSOExclusions":["U1"],"federatedAppIds":["app"],"roleInheritance":"userOnly"`

func fixedClock() time.Time { return time.Unix(1_700_000_000, 999_000_000) }

func TestTenantCreateAndLoad(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	if got := h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"acme","name":"Acme",`+fullTenant+`}`); got != `{"id":"acme"}` {
		t.Errorf("create answered %s", got)
	}
	want := `{"id":"acme","name":"Acme","customAttributes":{"n":9007199254740993,"f":0.10,"s":"a<b","l":["x"]},` +
		`"selfProvisioningDomains":["acme.com"],"authType":"saml","domains":[],"createdTime":1700000000,"disabled":true,"enforceSSO":true,` +
		`"enforceSSOExclusions":["U1"],"federatedAppIds":["app"],"parent":"","successors":[],"defaultRoles":[],"roleInheritance":"userOnly"}`
	if got := h.ok("GET", "/v1/mgmt/tenant?id=acme", ""); got != want {
		t.Errorf("load:\n got %s\nwant %s", got, want)
	}
	if got := h.ok("GET", "/v1/mgmt/tenant/all", ""); got != `{"tenants":[`+want+`]}` {
		t.Errorf("all: %s", got)
	}
	if got := h.ok("GET", "//v1/mgmt/tenant?id=acme", ""); got != want {
		t.Errorf("a doubled slash: %s", got)
	}
}

func TestTenantZeroValues(t *testing.T) {
	h := start(t, emulator.Options{Now: fixedClock})
	// Null is absent, as the official Go SDK sends it.
	h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"acme","name":"Acme","selfProvisioningDomains":null,"customAttributes":null,"parent":null,"authType":""}`)
	want := `{"id":"acme","name":"Acme","customAttributes":{},"selfProvisioningDomains":[],"authType":"none","domains":[],` +
		`"createdTime":1700000000,"disabled":false,"enforceSSO":false,"enforceSSOExclusions":[],"federatedAppIds":[],"parent":"",` +
		`"successors":[],"defaultRoles":[],"roleInheritance":""}`
	if got := h.ok("GET", "/v1/mgmt/tenant?id=acme", ""); got != want {
		t.Errorf("load:\n got %s\nwant %s", got, want)
	}
}

func TestTenantGeneratedID(t *testing.T) {
	h := start(t, emulator.Options{})
	wellFormed := regexp.MustCompile(`^T[0-9A-Za-z]{27}$`)
	seen := map[string]bool{}
	for i, id := range []string{`"id":"",`, ``, `"id":null,`} {
		got := decode[struct{ ID string }](t, h.ok("POST", "/v1/mgmt/tenant/create", fmt.Sprintf(`{%s"name":"N%d"}`, id, i))).ID
		if !wellFormed.MatchString(got) || seen[got] {
			t.Errorf("id %q", got)
		}
		seen[got] = true
	}
}

func TestTenantRefusals(t *testing.T) {
	const create, update, patch, remove = "/v1/mgmt/tenant/create", "/v1/mgmt/tenant/update", "/v1/mgmt/tenant/patch", "/v1/mgmt/tenant/delete"
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		code, message            string
	}{
		{"create without a name", "POST", create, `{"id":"x"}`, 400, "E011003", "The name field is required"},
		{"create without a body", "POST", create, ``, 400, "E011003", "The name field is required"},
		{"create with an empty name", "POST", create, `{"name":""}`, 400, "E011003", "The name field is required"},
		{"create with a used id", "POST", create, `{"id":"acme","name":"New"}`, 500, "E073307", "tenant id is duplicate"},
		{"create with a used name", "POST", create, `{"id":"new","name":"Name of acme"}`, 500, "E073307", "tenant name is duplicate"},
		{"create under an unknown parent", "POST", create, `{"name":"New","parent":"nobody"}`, 400, "E011003", "The parent tenant does not exist"},
		{"update without anything", "POST", update, `{}`, 400, "E011003", "The id field is required"},
		{"update without a name", "POST", update, `{"id":"nobody"}`, 400, "E011003", "The name field is required"},
		{"update of an unknown tenant", "POST", update, `{"id":"nobody","name":"x"}`, 500, "E111102", "Could not update tenant"},
		{"update to a used name", "POST", update, `{"id":"acme","name":"Name of beta"}`, 500, "E073307", "tenant name is duplicate"},
		{"patch without an id", "PATCH", patch, `{"name":"x"}`, 400, "E011003", "The id field is required"},
		{"patch to an empty name", "PATCH", patch, `{"id":"acme","name":""}`, 400, "E011003", "The name field is required"},
		{"patch of an unknown tenant", "PATCH", patch, `{"id":"nobody"}`, 500, "E111102", "Could not update tenant"},
		{"patch to a used name", "PATCH", patch, `{"id":"acme","name":"Name of beta"}`, 500, "E073307", "tenant name is duplicate"},
		{"load without an id", "GET", "/v1/mgmt/tenant", ``, 400, "E011003", "The id field is required"},
		{"load of an unknown tenant", "GET", "/v1/mgmt/tenant?id=nobody", ``, 500, "E111104", "Could not load tenant by id"},
		{"delete without an id", "POST", remove, `{}`, 400, "E011003", "The id field is required"},
		{"delete of an unknown tenant", "POST", remove, `{"id":"nobody"}`, 500, "E111104", "Could not load tenant by id"},
		{"delete with children", "POST", remove, `{"id":"acme","cascade":true}`, 400, "E011003", "The tenant has child tenants, delete them first"},
		{"a number as name", "POST", create, `{"name":5}`, 400, "E011003", "The name field must be a string"},
		{"a string as flag", "POST", create, `{"name":"x","disabled":"yes"}`, 400, "E011003", "The disabled field must be true or false"},
		{"a string as list", "POST", create, `{"name":"x","selfProvisioningDomains":"a.com"}`, 400, "E011003", "The selfProvisioningDomains field must be a list of strings"},
		{"a list with a null", "POST", create, `{"name":"x","selfProvisioningDomains":[null]}`, 400, "E011003", "The selfProvisioningDomains field must be a list of strings"},
		{"a list as map", "POST", create, `{"name":"x","customAttributes":[]}`, 400, "E011003", "The customAttributes field must be an object"},
		{"an unknown authType", "POST", create, `{"name":"x","authType":"ldap"}`, 400, "E011003", `The authType field must be one of "", "none", "saml", "oidc"`},
		{"a cascade that is no flag", "POST", remove, `{"id":"beta","cascade":1}`, 400, "E011003", "The cascade field must be true or false"},
		{"a key twice", "POST", create, `{"name":"x","name":"y"}`, 400, "E011001", `key "name" occurs twice`},
		{"a key twice inside", "POST", create, `{"name":"x","customAttributes":{"a":1,"\u0061":2}}`, 400, "E011001", `key "a" occurs twice`},
		{"a list as body", "POST", create, `[]`, 400, "E011001", "expected a JSON object"},
		{"a torn body", "POST", create, `{"name":"x"`, 400, "E011001", "not valid JSON: unexpected end of JSON input"},
		{"two bodies", "POST", create, `{"name":"x"}{}`, 400, "E011001", "not valid JSON: invalid character '{' after top-level value"},
		{"no UTF-8", "POST", create, "{\"name\":\"\xff\"}", 400, "E011001", "not valid UTF-8"},
		{"no such route", "POST", "/v1/mgmt/tenant", `{}`, 500, "E010009", "Unknown server error"},
		{"no such method", "DELETE", "/v1/mgmt/tenant/all", ``, 500, "E010009", "Unknown server error"},
		{"no such path", "GET", "/v3/mgmt/tenant/all", ``, 500, "E010009", "Unknown server error"},
		{"a trailing slash", "GET", "/v1/mgmt/tenant/all/", ``, 500, "E010009", "Unknown server error"},
		{"the root", "GET", "/", ``, 500, "E010009", "Unknown server error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, emulator.Options{})
			h.createTenant("acme")
			h.createTenant("beta")
			h.ok("POST", create, `{"id":"child","name":"Child","parent":"acme"}`)
			before := h.controlOK("GET", "state", "")
			if got := h.refused(test.method, test.path, test.body, test.status, test.code); got != test.message {
				t.Errorf("message %q, want %q", got, test.message)
			}
			if after := h.controlOK("GET", "state", ""); after != before {
				t.Errorf("a refused call changed the state:\n%s\n%s", before, after)
			}
		})
	}
}

func TestNotFoundStatus(t *testing.T) {
	h := start(t, emulator.Options{NotFoundStatus: http.StatusNotFound})
	h.refused("GET", "/v1/mgmt/tenant?id=nobody", "", 404, "E111104")
	h.refused("POST", "/v1/mgmt/tenant/update", `{"id":"nobody","name":"x"}`, 404, "E111102")
	h.refused("PATCH", "/v1/mgmt/tenant/patch", `{"id":"nobody"}`, 404, "E111102")
	h.refused("POST", "/v1/mgmt/tenant/delete", `{"id":"nobody"}`, 404, "E111104")
	h.refused("GET", "/v1/mgmt/tenant/settings?id=nobody", ``, 404, "E111104")
	h.refused("GET", "/v1/mgmt/nothing", "", 500, "E010009")
}

// seedWithExtras gives a tenant a value everywhere, and fields that nobody
// knows: a large number, a null and an object.
func seedWithExtras(t testing.TB) *emulator.State {
	t.Helper()
	state, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"` + projectID + `","tenants":[
		{"id":"root","name":"Root"},
		{"id":"acme","name":"Acme","parent":"root","createdTime":1600000000,"domains":["sso.acme.com"],"defaultRoles":["Viewer"],` + fullTenant + `,
		 "zBig": 12345678901234567890.10, "aNull": null, "unknownObject": {"b": 1, "a": [true]}}],
		"settings":{"acme":{"enabled":true,"sessionTokenExpiration":10,"sessionTokenExpirationUnit":"minutes","futureSetting":"kept"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return &state
}

func TestTenantUpdateWipesWhatIsLeftOut(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t)})
	settings := h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", "")
	if got := h.ok("POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"Acme 2","parent":"other","createdTime":5,"newField":1}`); got != `{}` {
		t.Errorf("update answered %s", got)
	}
	want := `{"id":"acme","name":"Acme 2","customAttributes":{},"selfProvisioningDomains":[],"authType":"none","domains":["sso.acme.com"],` +
		`"createdTime":1600000000,"disabled":false,"enforceSSO":false,"enforceSSOExclusions":[],"federatedAppIds":[],"parent":"root",` +
		`"successors":[],"defaultRoles":["Viewer"],"roleInheritance":""}`
	if got := h.ok("GET", "/v1/mgmt/tenant?id=acme", ""); got != want {
		t.Errorf("load:\n got %s\nwant %s", got, want)
	}
	// Settings have a call of their own; what they share with the tenant went.
	settings = strings.Replace(settings, `"selfProvisioningDomains":["acme.com"],"authType":"saml"`, `"selfProvisioningDomains":[],"authType":"none"`, 1)
	if got := h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", ""); got != settings {
		t.Errorf("settings:\n got %s\nwant %s", got, settings)
	}
}

func TestTenantUpdateKeepsWhatIsSent(t *testing.T) {
	for _, reject := range []bool{false, true} {
		t.Run(fmt.Sprintf("reject=%v", reject), func(t *testing.T) {
			h := start(t, emulator.Options{Seed: seedWithExtras(t), RejectUnknownFields: reject})
			before := h.tenant("acme")
			for key, want := range map[string]string{"zBig": "12345678901234567890.10", "aNull": "null", "unknownObject": `{"b":1,"a":[true]}`} {
				assertMember(t, before, key, want)
			}
			h.ok("POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"Renamed",`+fullTenant+`,"zBig":12345678901234567890.10,"unknownObject":{"b":1,"a":[true]}}`)
			after := h.tenant("acme")
			for key, raw := range before {
				switch key {
				case "name":
					assertMember(t, after, key, `"Renamed"`)
				case "aNull": // left out, so it is wiped
					assertMember(t, after, key, "")
				default:
					assertMember(t, after, key, string(raw))
				}
			}
		})
	}
}

func TestTenantPatchChangesOnlyWhatIsSent(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t), RejectUnknownFields: true})
	before := h.tenant("acme")
	if got := h.ok("PATCH", "/v1/mgmt/tenant/patch", `{"id":"acme","name":"Renamed","disabled":null,"customAttributes":{"n":1e400},"zBig":7}`); got != `{}` {
		t.Errorf("patch answered %s", got)
	}
	after := h.tenant("acme")
	changed := map[string]string{"name": `"Renamed"`, "customAttributes": `{"n":1e400}`, "zBig": "7"}
	for key, raw := range before {
		want, found := changed[key]
		if !found {
			want = string(raw)
		}
		assertMember(t, after, key, want)
	}
	if len(before) != len(after) {
		t.Errorf("fields came or went: %d, %d", len(before), len(after))
	}
}

func TestNoPatch(t *testing.T) {
	h := start(t, emulator.Options{NoPatch: true})
	h.createTenant("acme")
	h.refused("PATCH", "/v1/mgmt/tenant/patch", `{"id":"acme","name":"x"}`, 500, "E010009")
}

func TestRejectUnknownFields(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t), RejectUnknownFields: true})
	for _, test := range []struct{ name, method, path, body, field string }{
		{"create", "POST", "/v1/mgmt/tenant/create", `{"name":"x","colour":"red"}`, "colour"},
		{"create with an extra of another tenant", "POST", "/v1/mgmt/tenant/create", `{"name":"x","zBig":1}`, "zBig"},
		{"update with an unknown field", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","colour":"red"}`, "colour"},
		{"update with createdTime", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","createdTime":1600000000}`, "createdTime"},
		{"update with successors", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","successors":[]}`, "successors"},
		{"update with domains", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","domains":[]}`, "domains"},
		{"update with defaultRoles", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","defaultRoles":[]}`, "defaultRoles"},
		{"update with parent", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","parent":"root"}`, "parent"},
		{"update with a null parent", "POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"x","parent":null}`, "parent"},
		{"patch with parent", "PATCH", "/v1/mgmt/tenant/patch", `{"id":"acme","parent":"root"}`, "parent"},
		{"an extra of another tenant", "PATCH", "/v1/mgmt/tenant/patch", `{"id":"root","zBig":1}`, "zBig"},
		{"settings", "POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme","name":"x"}`, "name"},
		{"settings with an extra of the tenant", "POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme","zBig":1}`, "zBig"},
		{"delete", "POST", "/v1/mgmt/tenant/delete", `{"id":"acme","force":true}`, "force"},
		{"search", "POST", "/v1/mgmt/tenant/search", `{"ids":["acme"]}`, "ids"},
	} {
		t.Run(test.name, func(t *testing.T) {
			message := h.refused(test.method, test.path, test.body, 400, "E011003")
			if want := fmt.Sprintf("The request has an unknown field %q", test.field); message != want {
				t.Errorf("message %q, want %q", message, want)
			}
		})
	}
	h.ok("POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme","futureSetting":"kept"}`)
}

func TestSuccessorsAreDerived(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("root")
	assertMember(t, h.tenant("root"), "successors", `[]`)
	for _, id := range []string{"b", "a"} {
		h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"`+id+`","name":"`+id+`","parent":"root"}`)
	}
	assertMember(t, h.tenant("root"), "successors", `["a","b"]`)
	h.ok("POST", "/v1/mgmt/tenant/update", `{"id":"root","name":"New"}`)
	assertMember(t, h.tenant("root"), "successors", `["a","b"]`)
	assertMember(t, h.tenant("a"), "parent", `"root"`)
	h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"a"}`)
	assertMember(t, h.tenant("root"), "successors", `["b"]`)
	h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"b"}`)
	h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"root"}`)
	if got := h.ok("GET", "/v1/mgmt/tenant/all", ""); got != `{"tenants":[]}` {
		t.Errorf("all: %s", got)
	}
}

func TestRenameFreesTheOldName(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	h.ok("POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"New"}`)
	h.ok("POST", "/v1/mgmt/tenant/update", `{"id":"acme","name":"New"}`) // its own name is no duplicate
	h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"other","name":"Name of acme"}`)
	h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"acme"}`)
	h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"acme","name":"New"}`)
}

func TestTenantSearch(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t)})
	h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"beta","name":"Beta","parent":"root","customAttributes":{"n":9007199254740992,"l":["x"]}}`)
	for _, test := range []struct{ name, body, want string }{
		{"everything", `{}`, "acme beta root"},
		{"no body", ``, "acme beta root"},
		{"nulls, as the Go SDK sends them", `{"tenantIds":null,"tenantNames":null,"customAttributes":null,"authType":""}`, "acme beta root"},
		{"ids", `{"tenantIds":["beta","nobody","acme"]}`, "acme beta"},
		{"names", `{"tenantNames":["Beta"]}`, "beta"},
		{"provisioning domains", `{"tenantSelfProvisioningDomains":["acme.com"]}`, "acme"},
		{"SSO domains", `{"tenantSSODomains":["sso.acme.com"]}`, "acme"},
		{"the default auth type", `{"authType":"none"}`, "beta root"},
		{"auth type", `{"authType":"saml"}`, "acme"},
		{"an exact number", `{"customAttributes":{"n":9007199254740993}}`, "acme"},
		{"a list attribute", `{"customAttributes":{"l":["x"]}}`, "acme beta"},
		{"parent", `{"parentTenantId":"root"}`, "acme beta"},
		{"top level", `{"topLevelOnly":true}`, "root"},
		{"two conditions", `{"parentTenantId":"root","tenantIds":["root","beta"]}`, "beta"},
		{"no match", `{"tenantIds":["nobody"]}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var ids []string
			for _, one := range decode[struct{ Tenants []struct{ ID string } }](t, h.ok("POST", "/v1/mgmt/tenant/search", test.body)).Tenants {
				ids = append(ids, one.ID)
			}
			if got := strings.Join(ids, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := h.ok("POST", "/v1/mgmt/tenant/search", `{"tenantIds":["nobody"]}`); got != `{"tenants":[]}` {
		t.Errorf("no match answered %s", got)
	}
}

func TestProjectsAreSeparate(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	h.bearer = otherID + ":" + otherKey
	h.refused("GET", "/v1/mgmt/tenant?id=acme", "", 500, "E111104")
	h.createTenant("acme")
	h.ok("POST", "/v1/mgmt/tenant/delete", `{"id":"acme"}`)
	h.bearer = projectID + ":" + projectKey
	h.tenant("acme")
}
