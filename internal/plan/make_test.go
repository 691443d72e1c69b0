package plan_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestMakeComparesManagedValues(t *testing.T) {
	const acme = `{"id":"acme","name":"Acme","selfProvisioningDomains":["b.com","a.com"],"customAttributes":{"plan":"pro","n":9007199254740993,"a.b":1,"gone":null},
		"disabled":false,"enforceSSO":true,"roleInheritance":"","defaultRoles":["Viewer"],"parent":"","unknown":{"x":1}}`
	const settings = `{"sessionTokenExpiration":10,"sessionTokenExpirationUnit":"minutes","enabled":true,"ssoSetupSuiteSettings":{"enabled":true,"n":1.0}}`
	cases := []struct {
		name   string
		wanted resource.Desired
		want   string
	}{
		{"nothing managed", want("acme"), "no_change tenant/acme"},
		{"all equal", want("acme", "name", `"Acme"`, "enforce_sso", "true", "default_roles", `["Viewer"]`), "no_change tenant/acme"},
		{"name", want("acme", "name", `"New"`), `update tenant/acme name:"Acme">"New"`},
		{"set in another order", want("acme", "self_provisioning_domains", `["a.com","b.com"]`), "no_change tenant/acme"},
		{"set with a repetition", want("acme", "self_provisioning_domains", `["b.com","a.com","b.com"]`), "no_change tenant/acme"},
		{"set differs, shown sorted", want("acme", "self_provisioning_domains", `["c.com","a.com"]`), `update tenant/acme self_provisioning_domains:["a.com","b.com"]>["a.com","c.com"]`},
		{"set emptied", want("acme", "self_provisioning_domains", `[]`), `update tenant/acme self_provisioning_domains:["a.com","b.com"]>[]`},
		{"absent is the zero value", want("acme", "role_inheritance", `""`, "parent", `""`), "no_change tenant/acme"},
		{"exact big number, equal", want("acme", "custom_attributes:n", "9007199254740993"), "no_change tenant/acme"},
		{"exact big number, differs by one", want("acme", "custom_attributes:n", "9007199254740992"), "update tenant/acme custom_attributes.n:9007199254740993>9007199254740992"},
		{"number and string differ", want("acme", "custom_attributes:n", `"9007199254740993"`), `update tenant/acme custom_attributes.n:9007199254740993>"9007199254740993"`},
		{"new attribute", want("acme", "custom_attributes:region", `"eu"`), `update tenant/acme custom_attributes.region:>"eu"`},
		{"attribute that is null", want("acme", "custom_attributes:gone", `1`), `update tenant/acme custom_attributes.gone:>1`},
		{"attribute with a dot", want("acme", "custom_attributes:a.b", `2`), `update tenant/acme custom_attributes["a.b"]:1>2`},
		{"attribute removed", want("acme", "custom_attributes:plan", "-"), `update tenant/acme custom_attributes.plan:"pro">`},
		{"removed attribute is not there", want("acme", "custom_attributes:other", "-"), "no_change tenant/acme"},
		{"settings equal", want("acme", "settings:session_token_expiration", "10", "settings:enabled", "true"), "no_change tenant/acme"},
		{"setting absent is zero", want("acme", "settings:enable_inactivity", "false", "settings:inactivity_time", "0"), "no_change tenant/acme"},
		{"setting differs", want("acme", "settings:session_token_expiration_unit", `"hours"`), `update tenant/acme settings.session_token_expiration_unit:"minutes">"hours"`},
		{"object as a whole, numbers exactly", want("acme", "settings:sso_setup_suite_settings", `{"enabled":true,"n":1}`), "no_change tenant/acme"},
		{
			"several, sorted by path", want("acme", "settings:enabled", "false", "name", `"N"`, "disabled", "true", "custom_attributes:plan", `"x"`),
			`update tenant/acme custom_attributes.plan:"pro">"x" disabled:false>true name:"Acme">"N" settings.enabled:true>false`,
		},
		{"declared absent", absent("acme"), `delete tenant/acme name:"Acme">`},
		{"declared absent and not live", absent("gone"), "no_change tenant/gone"},
		{
			"create lists what is wanted", want("new", "name", `"New"`, "custom_attributes:plan", `"pro"`, "custom_attributes:old", "-", "self_provisioning_domains", `["z.com","y.com"]`),
			`create tenant/new custom_attributes.plan:>"pro" name:>"New" self_provisioning_domains:>["y.com","z.com"]`,
		},
		{"protected, no change", protected(want("acme", "name", `"Acme"`)), "no_change tenant/acme"},
		{"protected, updated", protected(want("acme", "name", `"B"`)), `update tenant/acme name:"Acme">"B"`},
		{"protected, disabled", protected(want("acme", "disabled", `true`)), `update tenant/acme disabled:false>true !protected_object`},
		{"protected, deleted", protected(absent("acme")), `delete tenant/acme name:"Acme"> !protected_object`},
		{"protected, created disabled", protected(want("new", "name", `"N"`, "disabled", "true")), `create tenant/new disabled:>true name:>"N"`},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input([]resource.Tenant{tenant(t, acme, settings)}, test.wanted)
			in.Manage.Orphans = resource.OrphansIgnore
			result := mustMake(t, in)
			if diff := cmp.Diff([]string{test.want}, outline(result.Plan)); diff != "" {
				t.Error(diff)
			}
			for _, change := range result.Plan.Changes {
				for _, field := range change.Fields {
					if field.At.String() != field.Path {
						t.Errorf("path %q stands for %v", field.Path, field.At)
					}
				}
			}
		})
	}
}

func TestMakeUnprotects(t *testing.T) {
	live := tenant(t, `{"id":"acme","name":"Acme","disabled":true}`)
	result := mustMake(t, input([]resource.Tenant{live}, protected(want("acme", "disabled", "false"))))
	if diff := cmp.Diff([]string{"update tenant/acme disabled:true>false"}, outline(result.Plan)); diff != "" {
		t.Error(diff)
	}
}

func TestMakeRefusesContradictions(t *testing.T) {
	acme := tenant(t, `{"id":"acme","name":"Acme"}`)
	cases := []struct {
		name string
		in   plan.Input
		want string
	}{
		{"a live tenant twice", input([]resource.Tenant{acme, acme}), `names "acme" twice`},
		{"another kind", input(nil, resource.Desired{Kind: "flow", ID: "x"}), `objects of kind "flow" are not planned`},
		{"settings that were not read", input([]resource.Tenant{acme}, want("acme", "settings:enabled", "true")), `settings of tenant "acme" were not read`},
		{"unknown field", input([]resource.Tenant{acme}, want("acme", "nme", `"x"`)), `tenants have no field "nme"`},
		{"unknown field of a create", input(nil, want("new", "nme", `"x"`)), `tenants have no field "nme"`},
		{"unknown setting", input([]resource.Tenant{tenant(t, `{"id":"acme"}`, `{}`)}, want("acme", "settings:x", "1")), `no field "x"`},
		{"map as a whole", input([]resource.Tenant{acme}, want("acme", "custom_attributes", "{}")), `"custom_attributes" names no single value`},
		{"key of no map", input([]resource.Tenant{acme}, want("acme", "name:x", `"y"`)), `"name.x" names no single value`},
		{"path twice in an update", input([]resource.Tenant{acme}, want("acme", "name", `"x"`, "name", `"y"`)), "name is wanted twice"},
		{"path twice in a create", input(nil, want("new", "name", `"x"`, "name", `"y"`)), "name is wanted twice"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			_, err := plan.Make(test.in)
			var invalid *plan.InvalidError
			if err == nil || errors.As(err, &invalid) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

func TestPlanDocument(t *testing.T) {
	live := []resource.Tenant{
		tenant(t, `{"id":"acme","name":"Acme","selfProvisioningDomains":[],"customAttributes":{"plan":"x"}}`),
		tenant(t, `{"id":"same","name":"Same"}`), tenant(t, `{"id":"zombie","name":"Zombie"}`),
	}
	in := input(live,
		at(20, want("same", "name", `"Same"`)), at(12, want("acme", "self_provisioning_domains", `["acme.com"]`)), want("flags", "name", `"From <flags>"`))
	in.Environment = new("dev")
	in.Options.Exclude = []resource.Glob{"tenant/y*", "tenant/x*", "tenant/x*"}
	got, err := json.MarshalIndent(mustMake(t, in).Plan, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(got, &document); err != nil {
		t.Fatal(err)
	}
	changes := document["changes"].([]any)
	digest := func(i int) any { return changes[i].(map[string]any)["base_digest"] }
	expected := map[string]any{
		"format_version": "1.0", "tool_version": "1.2.3", "environment": "dev", "project_id": "P2test", "host": "api.descope.com",
		"created_at": "2025-11-10T14:30:15Z", "plan_digest": document["plan_digest"],
		"calls_estimate": 4.0, "duration_estimate_ms": 750.0,
		"options": map[string]any{"target": []any{}, "exclude": []any{"tenant/x*", "tenant/y*"}, "prune": false},
		"changes": []any{
			map[string]any{
				"address": "tenant/acme", "kind": "tenant", "id": "acme", "action": "update", "blocked": nil, "base_digest": digest(0),
				"source": map[string]any{"file": "descope.yaml", "line": 12.0, "column": 5.0},
				"fields": []any{map[string]any{"path": "self_provisioning_domains", "before": []any{}, "after": []any{"acme.com"}, "sensitive": false}},
			},
			map[string]any{
				"address": "tenant/flags", "kind": "tenant", "id": "flags", "action": "create", "blocked": nil, "base_digest": nil, "source": nil,
				"fields": []any{map[string]any{"path": "name", "before": nil, "after": "From <flags>", "sensitive": false}},
			},
			map[string]any{
				"address": "tenant/same", "kind": "tenant", "id": "same", "action": "no_change", "blocked": nil, "base_digest": digest(2),
				"source": map[string]any{"file": "descope.yaml", "line": 20.0, "column": 5.0}, "fields": []any{},
			},
		},
		"orphans": []any{"tenant/zombie"},
		"notes": []any{
			map[string]any{"address": "", "code": "exclude_no_match", "message": `--exclude "tenant/x*" matches nothing in scope that is configured or live`},
			map[string]any{"address": "", "code": "exclude_no_match", "message": `--exclude "tenant/y*" matches nothing in scope that is configured or live`},
		},
		"summary": map[string]any{"create": 1.0, "update": 1.0, "delete": 0.0, "no_change": 1.0, "orphan": 1.0, "blocked": 0.0},
	}
	if diff := cmp.Diff(expected, document); diff != "" {
		t.Error(diff)
	}
	base, err := live[0].Digest()
	if err != nil || digest(0) != base {
		t.Errorf("the base digest of an update is %v, not that of the live tenant %s, %v", digest(0), base, err)
	}
}

func TestEmptyPlanHasNoNullLists(t *testing.T) {
	result := mustMake(t, input(nil))
	got, err := json.Marshal(result.Plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"changes":[]`, `"orphans":[]`, `"notes":[]`, `"target":[]`, `"exclude":[]`} {
		if !strings.Contains(string(got), part) {
			t.Errorf("%s is not in %s", part, got)
		}
	}
	if len(result.Refusals) != 0 || result.Plan.CallsEstimate != 1 {
		t.Errorf("refusals %v, calls %d", result.Refusals, result.Plan.CallsEstimate)
	}
}

func TestBaseDigestOfAnUntouchedTenant(t *testing.T) {
	digestOf := func(raw string, wanted resource.Desired) string {
		t.Helper()
		change := change(t, mustMake(t, input([]resource.Tenant{tenant(t, raw)}, wanted)).Plan, "acme")
		if change.Action != resource.ActionNoChange {
			t.Fatalf("the tenant is changed: %+v", change)
		}
		return *change.BaseDigest
	}
	const raw = `{"id":"acme","name":"Acme","customAttributes":{"a":1},"selfProvisioningDomains":["x.com","y.com"]}`
	managed := want("acme", "name", `"Acme"`, "self_provisioning_domains", `["x.com","y.com"]`)
	base := digestOf(raw, managed)
	if got := digestOf(`{"id":"acme","name":"Acme","customAttributes":{"a":2},"selfProvisioningDomains":["y.com","x.com"]}`, managed); got != base {
		t.Error("a value that nobody manages, or the order of a set, changes it")
	}
	if got := digestOf(raw, want("acme", "self_provisioning_domains", `["y.com","x.com"]`, "name", `"Acme"`)); got != base {
		t.Error("the order of the configuration changes it")
	}
	if got := digestOf(raw, want("acme", "name", `"Acme"`)); got == base {
		t.Error("a value that is managed no longer does not change it")
	}
	if got := digestOf(raw, want("acme", "name", `"Acme"`, "self_provisioning_domains", `["x.com","y.com"]`, "custom_attributes:b", "-")); got == base {
		t.Error("a removal that has nothing to remove does not change it")
	}
}

func TestCascadeIsSetOnDeletesOnly(t *testing.T) {
	in := input(tenants(t, "acme", "beta"), absent("acme"), want("beta", "name", `"B"`))
	in.Cascade = true
	result := mustMake(t, in)
	if !change(t, result.Plan, "acme").Cascade || change(t, result.Plan, "beta").Cascade {
		t.Errorf("cascade: %+v", result.Plan.Changes)
	}
}
