package resource_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// FuzzGlob: a pattern that is well formed can be matched against anything, and the
// pattern of an address fits that one.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"tenant/acme-*", "acme"}, {"[", "["}, {`\`, `\*`}, {"a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa"}, {"[a-", "../../x"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, id string) {
		address := resource.NewAddress(resource.KindTenant, id)
		if address.ID() != id || address.Kind() != resource.KindTenant {
			t.Errorf("the id %q became %q", id, address)
		}
		if !address.Glob().Match(string(address)) {
			t.Errorf("%q does not match itself", address)
		}
		if resource.Glob(pattern).Match(string(address)) && pattern == "" {
			t.Errorf("nothing matches %q", address)
		}
	})
}
