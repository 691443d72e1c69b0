package resource_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestClosest(t *testing.T) {
	known := []string{"name", "parent", "disabled", "custom_attributes", "self_provisioning_domains"}
	for given, want := range map[string]string{
		"naem": "name", "NAME": "name", "parrent": "parent", "disablde": "disabled", "custom_attribtes": "custom_attributes",
		"self_pro": "self_provisioning_domains", "colour": "", "": "", "x": "",
	} {
		if got := resource.Closest(given, known); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
	if got := resource.Closest("name", nil); got != "" {
		t.Errorf("out of nothing: %q", got)
	}
}

func TestMeant(t *testing.T) {
	for word, want := range map[string]string{
		"tenant/acme-corp": "did you mean tenant/acme-corp?", "--format": "did you mean --format?",
		"Send code": `did you mean "Send code"?`, "": `did you mean ""?`, "a\x1b": `did you mean "a\x1b"?`, "tenant/a*": `did you mean "tenant/a*"?`,
	} {
		if got := resource.Meant(word); got != want {
			t.Errorf("%q: %s", word, got)
		}
	}
	if got := resource.DidYouMean("xyz", []string{"abc"}); got != "" {
		t.Errorf("%s", got)
	}
}

func TestSuggestAddress(t *testing.T) {
	candidates := []string{"flow/sign-in", "flow/x", "tenant/acme-corp", "tenant/ab"}
	for given, want := range map[string]string{
		"tenant/acme-crp": "did you mean tenant/acme-corp?",
		"acme-corp":       "did you mean tenant/acme-corp?",
		"acme-crop":       "did you mean tenant/acme-corp?",
		"sign-in":         "did you mean flow/sign-in?",
		"sing-in":         "did you mean flow/sign-in?",
		"tenants/ab":      "did you mean tenant/ab?",
		"tenant/xy":       "", // only the kind is alike
		"tenant/sign-in":  "",
		"acme-*":          `did you mean "tenant/acme-*"?`,
		"nothing":         "",
		"":                "",
	} {
		if got := resource.SuggestAddress(given, candidates); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
