package apply_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestTrace(t *testing.T) {
	live := func() *service {
		return newService().with("acme", map[string]resource.Value{
			"name": `"New"`, "customAttributes": `{"plan":"pro"}`, "defaultRoles": `["A"]`, "enforceSSO": `true`,
		})
	}
	named := func(before, after resource.Value) resource.FieldChange { return field("name", before, after) }
	hidden := named(`"Old"`, `"New"`)
	hidden.Sensitive = true
	cases := []struct {
		name   string
		change resource.Change
		want   resource.Found
	}{
		{"a create that is there", change(resource.ActionCreate, "acme", named("", `"New"`)), resource.FoundDone},
		{"a create that is not there", create("other"), resource.FoundNotDone},
		{"a create that is there otherwise", change(resource.ActionCreate, "acme", named("", `"Else"`)), resource.FoundUnknown},
		{"a create with its roles", change(resource.ActionCreate, "acme", named("", `"New"`), field("default_roles", "", `["A"]`)), resource.FoundDone},
		{"a create without its roles", change(resource.ActionCreate, "acme", named("", `"New"`), field("default_roles", "", `["B"]`)), resource.FoundUnknown},
		{"a create whose settings are not seen", change(resource.ActionCreate, "acme", named("", `"New"`), field("settings.enabled", "", `true`)), resource.FoundUnknown},
		{"a create with settings that is not there", create("other", field("settings.enabled", "", `true`)), resource.FoundNotDone},
		{"an update as wanted", change(resource.ActionUpdate, "acme", named(`"Old"`, `"New"`)), resource.FoundDone},
		{"an update as before", change(resource.ActionUpdate, "acme", named(`"New"`, `"Newer"`)), resource.FoundNotDone},
		{"an update, neither", change(resource.ActionUpdate, "acme", named(`"Old"`, `"Newer"`)), resource.FoundUnknown},
		{"an update of two values, one done", change(resource.ActionUpdate, "acme", named(`"Old"`, `"New"`), field("custom_attributes.plan", `"pro"`, `"max"`)), resource.FoundUnknown},
		{"an update of what is gone", change(resource.ActionUpdate, "other", named(`"Old"`, `"New"`)), resource.FoundUnknown},
		{"an update of settings only", change(resource.ActionUpdate, "acme", field("settings.enabled", `true`, `false`)), resource.FoundUnknown},
		{"an update of a sensitive value", change(resource.ActionUpdate, "acme", hidden), resource.FoundUnknown},
		{"a delete that is gone", remove("other"), resource.FoundDone},
		{"a delete that is there", remove("acme"), resource.FoundNotDone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := live()
			kind := apply.Tenants(s, s, apply.TenantOptions{})
			observed, err := kind.Observe(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := apply.Trace(kind, observed, c.change); err != nil || got != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
			if len(s.calls) > 0 {
				t.Errorf("it sent %v", s.sent())
			}
		})
	}
	s := live()
	kind := apply.Tenants(s, s, apply.TenantOptions{})
	observed, err := kind.Observe(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, odd := range map[string]resource.Change{
		"an unknown field":  change(resource.ActionUpdate, "acme", field("colour", "", `"x"`)),
		"an unknown action": change("rename", "acme"),
	} {
		if got, err := apply.Trace(kind, observed, odd); err == nil || got != resource.FoundUnknown {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
