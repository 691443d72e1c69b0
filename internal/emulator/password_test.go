package emulator_test

import (
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestPasswordSettings(t *testing.T) {
	seed, err := emulator.ParseSeed([]byte(`{"projects":[{"id":"` + projectID + `","tenants":[{"id":"acme","name":"Acme"},{"id":"beta","name":"Beta"}],"password":{"acme":{"minLength":7,"future":9007199254740993}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, emulator.Options{Seed: &seed, RejectUnknownFields: true})
	const path = "/v1/mgmt/password/settings"
	unset := `{"enabled":false,"minLength":0,"lowercase":false,"uppercase":false,"number":false,"nonAlphanumeric":false,"expiration":false,` +
		`"expirationWeeks":0,"reuse":false,"reuseAmount":0,"lock":false,"lockAttempts":0,"tempLock":false,"tempLockAttempts":0,"tempLockDuration":0,` +
		`"enablePasswordStrength":false,"passwordStrengthScore":0,"anyLetter":false,"disallowedCharacters":"","disallowEmailMatch":false}`
	expect := func(query, want string) {
		t.Helper()
		if got := h.ok("GET", path+query, ""); got != want {
			t.Errorf("settings%s:\n got %s\nwant %s", query, got, want)
		}
	}
	project := strings.Replace(unset, `"minLength":0,"lowercase":false`, `"minLength":8,"lowercase":true`, 1)
	acme := strings.Replace(strings.Replace(unset, `"minLength":0`, `"minLength":7`, 1), `"disallowEmailMatch":false}`, `"disallowEmailMatch":false,"future":9007199254740993}`, 1)
	expect("", unset)
	expect("?tenantId=acme", acme)
	h.ok("POST", path, `{"minLength":8,"lowercase":true}`)
	expect("", project)
	expect("?tenantId=", project)
	expect("?tenantId=beta", project) // none of its own
	expect("?tenantId=acme", acme)    // its own
	h.ok("POST", path, `{"tenantId":"acme","future":1.50}`)
	expect("?tenantId=acme", unset[:len(unset)-1]+`,"future":1.50}`)
	h.ok("POST", path, `{"tenantId":"acme","enabled":true,"disallowedCharacters":"<>"}`)
	expect("?tenantId=acme", strings.Replace(strings.Replace(unset, `"enabled":false`, `"enabled":true`, 1), `"disallowedCharacters":""`, `"disallowedCharacters":"<>"`, 1))
	expect("", project) // a tenant's write does not reach the project

	h.refused("GET", path+"?tenantId=nobody", "", 500, "E111104")
	h.refused("POST", path, `{"tenantId":"nobody"}`, 500, "E111104")
	h.refused("POST", path, `{"minLength":"long"}`, 400, "E011003")
	h.refused("POST", path, `{"colour":1}`, 400, "E011003")
}
