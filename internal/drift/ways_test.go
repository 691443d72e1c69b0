package drift_test

import (
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestWaysOutAreSafeToPaste(t *testing.T) {
	for id, ways := range map[string]drift.Ways{
		"T2*":        {Apply: "descope-mgmt tenant delete 'T2*' -e dev", Adopt: "descope-mgmt drift adopt 'tenant/T2*' -e dev"},
		"-x":         {Apply: "descope-mgmt tenant delete -e dev -- -x", Adopt: "descope-mgmt drift adopt tenant/-x -e dev"},
		"a'; rm -rf": {Apply: `descope-mgmt tenant delete 'a'\''; rm -rf' -e dev`, Adopt: `descope-mgmt drift adopt 'tenant/a'\''; rm -rf' -e dev`},
		"a\n\u202eb": {Apply: `descope-mgmt tenant delete $'a\012\342\200\256b' -e dev`, Adopt: `descope-mgmt drift adopt $'tenant/a\012\342\200\256b' -e dev`},
		"a\x00b":     {}, // no command can have it
	} {
		live := tenant(t, string(resource.ObjectValue(map[string]resource.Value{"id": resource.StringValue(id), "name": `"A"`})))
		if got := onlyFinding(t, input([]resource.Tenant{live})); got.Ways != ways {
			t.Errorf("%q: %+v", id, got.Ways)
		}
		managed := onlyFinding(t, input([]resource.Tenant{live}, want(id, "name", `"B"`)))
		if id == "T2*" && managed.Ways.Apply != `descope-mgmt apply -e dev --target 'tenant/T2\*'` {
			t.Errorf("a target is a pattern: %s", managed.Ways.Apply)
		}
	}
	in := input([]resource.Tenant{tenant(t, `{"id":"acme","name":"A"}`)}, want("acme", "name", `"B"`))
	in.Environment = nil
	if got := onlyFinding(t, in).Ways; got.Apply != "descope-mgmt apply --target tenant/acme" || got.Adopt != "descope-mgmt drift adopt tenant/acme" {
		t.Errorf("without an environment: %+v", got)
	}
}

func TestWaysOutThatAreRefused(t *testing.T) {
	off := want("acme", "disabled", "true", "name", `"A"`)
	off.Protect = true
	if got := onlyFinding(t, input([]resource.Tenant{tenant(t, `{"id":"acme","name":"A"}`)}, off)).Ways; got.Apply != "" || got.Adopt == "" {
		t.Errorf("a protected tenant is not disabled: %+v", got)
	}
	form := document(t, "login", "Continue", "Go on")
	in := flowInput([]resource.Flow{liveFlow(t, document(t, "login"))}, wantFlow(form))
	in.Flows.Known = map[string]bool{}
	if got := onlyFinding(t, in).Ways.Apply; got != applyFlow+" --replace-unmanaged" {
		t.Errorf("a flow that this tool has never written: %s", got)
	}
	guarded := wantFlow(document(t, "login", `"disabled":false`, `"disabled":true`))
	guarded.Protect = true
	if got := onlyFinding(t, flowInput([]resource.Flow{liveFlow(t, document(t, "login"))}, guarded)).Ways.Apply; got != "" {
		t.Errorf("a protected flow is not switched off: %s", got)
	}
}
