package apply_test

import (
	"errors"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestSettingsThatWereWrittenAreTold, as a whole; those that failed are not.
func TestSettingsThatWereWrittenAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		before error
		want   int
	}{
		"written": {nil, 1},
		"failed":  {errors.New("refused"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService().with("acme", map[string]resource.Value{"name": `"Acme"`})
			s.behave = failing(map[string]behaviour{"settings acme": {before: c.before}})
			var told []resource.Tenant
			kind := apply.Tenants(s, s, apply.TenantOptions{WroteSettings: func(settings resource.Tenant) { told = append(told, settings) }})
			plan := &resource.Plan{Changes: []resource.Change{change(resource.ActionUpdate, "acme", field("settings.jit_disabled", `false`, `true`))}}
			if _, err := apply.Run(t.Context(), plan, []apply.Kind{kind}, options()); err != nil {
				t.Fatal(err)
			}
			if len(told) != c.want {
				t.Fatalf("told %d times, want %d", len(told), c.want)
			}
			for _, one := range told {
				if got, err := one.Value(resource.Path{Field: "settings", Key: "jit_disabled"}); one.ID != "acme" || got != "true" || err != nil {
					t.Errorf("told %q: %q, %v", one.ID, got, err)
				}
			}
		})
	}
}
