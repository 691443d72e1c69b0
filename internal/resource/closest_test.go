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
