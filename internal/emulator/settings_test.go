package emulator_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

const ownSettings = `"enabled":true,"refreshTokenExpiration":4,"refreshTokenExpirationUnit":"weeks","sessionTokenExpiration":10,` +
	`"sessionTokenExpirationUnit":"minutes","stepupTokenExpiration":5,"stepupTokenExpirationUnit":"minutes","enableInactivity":true,` +
	`"inactivityTime":30,"inactivityTimeUnit":"minutes","JITDisabled":true,"ssoSetupSuiteSettings":{"enabled":true,"styleId":"s"}`

func TestSettingsThatNobodyWrote(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	want := `{"domains":[],"selfProvisioningDomains":[],"authType":"none","enabled":false,"refreshTokenExpiration":0,"refreshTokenExpirationUnit":"",` +
		`"sessionTokenExpiration":0,"sessionTokenExpirationUnit":"","stepupTokenExpiration":0,"stepupTokenExpirationUnit":"",` +
		`"enableInactivity":false,"inactivityTime":0,"inactivityTimeUnit":"","JITDisabled":false,"ssoSetupSuiteSettings":{}}`
	if got := h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSettingsReplaceAndShare(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t)})
	before := h.tenant("acme")
	h.ok("POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme","domains":["d.com"],"selfProvisioningDomains":["p.com"],"authType":"oidc","futureSetting":null,`+ownSettings+`}`)
	want := `{"domains":["d.com"],"selfProvisioningDomains":["p.com"],"authType":"oidc",` + ownSettings + `}`
	if got := h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", ""); got != want {
		t.Errorf("settings:\n got %s\nwant %s", got, want)
	}
	shared := map[string]string{"domains": `["d.com"]`, "selfProvisioningDomains": `["p.com"]`, "authType": `"oidc"`}
	after := h.tenant("acme")
	for key, raw := range before {
		if _, isShared := shared[key]; !isShared {
			shared[key] = string(raw)
		}
		assertMember(t, after, key, shared[key])
	}

	// What the tenant call writes shows in the settings as well.
	h.ok("PATCH", "/v1/mgmt/tenant/patch", `{"id":"acme","selfProvisioningDomains":["q.com"],"authType":"none"}`)
	want = `{"domains":["d.com"],"selfProvisioningDomains":["q.com"],"authType":"none",` + ownSettings + `}`
	if got := h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", ""); got != want {
		t.Errorf("settings after a patch:\n got %s\nwant %s", got, want)
	}

	// A write that leaves everything out wipes everything, the shared values too.
	h.ok("POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme"}`)
	after = h.tenant("acme")
	for key, want := range map[string]string{"domains": `[]`, "selfProvisioningDomains": `[]`, "authType": `"none"`, "enforceSSO": `true`} {
		assertMember(t, after, key, want)
	}
	h.createTenant("fresh")
	if got, fresh := h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", ""), h.ok("GET", "/v1/mgmt/tenant/settings?id=fresh", ""); got != fresh {
		t.Errorf("wiped settings %s\nnever written ones %s", got, fresh)
	}
}

func TestSettingsExtras(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t)})
	read := func() map[string]string {
		object := map[string]string{}
		for key, raw := range decode[map[string]rawText](t, h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", "")) {
			object[key] = string(raw)
		}
		return object
	}
	if got := read()["futureSetting"]; got != `"kept"` {
		t.Errorf("seeded extra: %s", got)
	}
	h.ok("POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme","futureSetting":9007199254740993,"neverHeardOf":1}`)
	if got := read()["futureSetting"]; got != `9007199254740993` {
		t.Errorf("written extra: %s", got)
	}
	if got, found := read()["neverHeardOf"]; found {
		t.Errorf("a field that the settings do not carry was stored: %s", got)
	}
	h.ok("POST", "/v1/mgmt/tenant/settings", `{"tenantId":"acme"}`)
	if got, found := read()["futureSetting"]; found {
		t.Errorf("an extra that was left out is still there: %s", got)
	}
}

type rawText string

func (r *rawText) UnmarshalJSON(raw []byte) error { *r = rawText(raw); return nil }

func TestSettingsWholeNumbers(t *testing.T) {
	h := start(t, emulator.Options{})
	h.createTenant("acme")
	for _, test := range []struct{ name, sent, want string }{
		{"a number", `10`, `10`},
		{"a string", `"10"`, `10`},
		{"a float without a fraction", `10.0`, `10`},
		{"an exponent", `1e1`, `10`},
		{"a fraction", `10.5`, ``},
		{"too large", `2147483648`, ``},
		{"far too large", `1e400`, ``},
		{"a word", `"ten"`, ``},
		{"a word for a float", `"NaN"`, ``},
		{"a hex number", `"0x10"`, ``},
		{"a flag", `true`, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := `{"tenantId":"acme","sessionTokenExpiration":` + test.sent + `}`
			if test.want == "" {
				h.refused("POST", "/v1/mgmt/tenant/settings", body, 400, "E011003")
				return
			}
			h.ok("POST", "/v1/mgmt/tenant/settings", body)
			got := decode[map[string]rawText](t, h.ok("GET", "/v1/mgmt/tenant/settings?id=acme", ""))["sessionTokenExpiration"]
			if string(got) != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestSettingsRefusals(t *testing.T) {
	h := start(t, emulator.Options{})
	h.refused("GET", "/v1/mgmt/tenant/settings", ``, 400, "E011003")
	h.refused("GET", "/v1/mgmt/tenant/settings?id=nobody", ``, 500, "E111104")
	h.refused("POST", "/v1/mgmt/tenant/settings", `{"id":"acme"}`, 400, "E011003")
	h.refused("POST", "/v1/mgmt/tenant/settings", `{"tenantId":"nobody"}`, 500, "E111104")
}

func TestDefaultRoles(t *testing.T) {
	h := start(t, emulator.Options{Seed: seedWithExtras(t)})
	const path = "/v1/mgmt/tenant/updateDefaultRoles"
	h.ok("POST", path, `{"id":"acme","defaultRoles":["A","B"]}`)
	assertMember(t, h.tenant("acme"), "defaultRoles", `["A","B"]`)
	assertMember(t, h.tenant("acme"), "zBig", `12345678901234567890.10`)
	h.ok("POST", path, `{"id":"acme","defaultRoles":null}`)
	assertMember(t, h.tenant("acme"), "defaultRoles", `[]`)
	h.refused("POST", path, `{"defaultRoles":["A"]}`, 400, "E011003")
	h.refused("POST", path, `{"id":"nobody","defaultRoles":["A"]}`, 500, "E111102")
	h.refused("POST", path, `{"id":"acme","defaultRoles":"A"}`, 400, "E011003")
}
