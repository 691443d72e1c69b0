package resource_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestSecretPaths(t *testing.T) {
	var none resource.SecretPaths
	if none.Has("tenant/a", "name") || none.In("tenant/a") {
		t.Error("nothing holds something")
	}
	paths := resource.SecretPaths{}
	for range 2 {
		paths.Add("tenant/a", resource.Path{Field: "custom_attributes", Key: "a b"})
	}
	if len(paths["tenant/a"]) != 1 || !paths.In("tenant/a") || paths.In("tenant/b") {
		t.Errorf("got %v", paths)
	}
	for path, want := range map[string]bool{`custom_attributes["a b"]`: true, "custom_attributes": false, "custom_attributes.a b": false} {
		if got := paths.Has("tenant/a", path); got != want {
			t.Errorf("%s: %t", path, got)
		}
	}
}
