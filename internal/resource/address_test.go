package resource_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestAddress(t *testing.T) {
	cases := []struct {
		address resource.Address
		kind    resource.Kind
		id      string
	}{
		{"tenant/acme-corp", "tenant", "acme-corp"},
		{"tenant/a/b", "tenant", "a/b"},
		{"tenant/", "tenant", ""},
		{"acme", "", ""},
		{"", "", ""},
		{"/acme", "", "acme"},
	}
	for _, test := range cases {
		if kind, id := test.address.Kind(), test.address.ID(); kind != test.kind || id != test.id {
			t.Errorf("%q is %q and %q", test.address, kind, id)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		address := resource.NewAddress(resource.KindTenant, id)
		if address.Kind() != resource.KindTenant || address.ID() != id {
			t.Fatalf("%q is %q and %q", address, address.Kind(), address.ID())
		}
	})
}

func TestAddressCheck(t *testing.T) {
	for address, good := range map[resource.Address]bool{
		"tenant/acme": true, "flow/a/b": true, "tenant/": false, "/acme": false, "acme": false, "": false, "tenant/\xff": false,
	} {
		if err := address.Check(); (err == nil) != good {
			t.Errorf("%q: %v", string(address), err)
		}
	}
}

func TestGlob(t *testing.T) {
	cases := []struct {
		glob resource.Glob
		name string
		want bool
	}{
		{"tenant/acme-*", "tenant/acme-corp", true},
		{"tenant/acme-*", "tenant/acme-", true},
		{"tenant/acme-*", "tenant/acme", false},
		{"tenant/*", "flow/x", false},
		{"*", "tenant/acme", true},
		{"acme*", "acme/eu", true},
		{"*/*", "tenant/acme", true},
		{"tenant/?-[a-c]", "tenant/1-b", true},
		{"tenant/?-[^a-c]", "tenant/1-b", false},
		{`tenant/\*`, "tenant/*", true},
		{`tenant/\*`, "tenant/x", false},
		{"", "", true},
		{"", "tenant/acme", false},
		{"tenant/[", "tenant/[", false},
	}
	for _, test := range cases {
		if got := test.glob.Match(test.name); got != test.want {
			t.Errorf("%q matches %q: %v", test.glob, test.name, got)
		}
	}
	if resource.MatchAny(nil, "x") || !resource.MatchAny([]resource.Glob{"a", "x*"}, "xy") || resource.MatchAny([]resource.Glob{"a", "x*"}, "b") {
		t.Error("MatchAny is wrong")
	}
}

func TestCheckGlob(t *testing.T) {
	for _, pattern := range []string{"", "*", "tenant/acme-*", "[a-z]?", `\*`} {
		if err := resource.CheckGlob(pattern); err != nil {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	for _, pattern := range []string{"[", "[a", "[]a]", `a\`, "[z-a", "tenant/acme-[", `tenant/\`, "*[", "x[", "[a]["} {
		err := resource.CheckGlob(pattern)
		if err == nil || !strings.Contains(err.Error(), "pattern") {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

// TestMalformedGlobsAreFound: a pattern that passes the check never fails on a name.
func TestMalformedGlobsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOf(rapid.SampledFrom([]rune(`ab/*?[]^-\`))).Draw(t, "pattern")
		if resource.CheckGlob(pattern) != nil {
			return
		}
		name := rapid.StringOf(rapid.SampledFrom([]rune(`ab/-*`))).Draw(t, "name")
		if err := matchError(pattern, name); err != nil {
			t.Fatalf("%q passes the check and fails on %q: %v", pattern, name, err)
		}
	})
}

func TestPosition(t *testing.T) {
	position := resource.Position{File: "descope.yaml", Line: 12, Column: 5}
	if position.String() != "descope.yaml:12:5" || position.IsZero() || !(resource.Position{}).IsZero() {
		t.Errorf("got %s", position)
	}
}

func TestManageInScope(t *testing.T) {
	cases := []struct {
		name   string
		manage resource.Manage
		id     string
		want   bool
	}{
		{"empty: all", resource.Manage{}, "acme", true},
		{"included", resource.Manage{Include: []resource.Glob{"a*", "b*"}}, "b1", true},
		{"not included", resource.Manage{Include: []resource.Glob{"a*"}}, "b1", false},
		{"excluded", resource.Manage{Exclude: []resource.Glob{"sandbox-*"}}, "sandbox-1", false},
		{"exclusion wins", resource.Manage{Include: []resource.Glob{"*"}, Exclude: []resource.Glob{"sandbox-*"}}, "sandbox-1", false},
	}
	for _, test := range cases {
		if got := test.manage.InScope(test.id); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestDesired(t *testing.T) {
	wanted := resource.Desired{Kind: resource.KindTenant, ID: "acme", Fields: []resource.DesiredField{
		{Path: resource.Path{Field: "custom_attributes", Key: "plan"}, Value: `"pro"`}, {Path: resource.Path{Field: "name"}, Value: `"Acme"`},
	}}
	if wanted.Address() != "tenant/acme" {
		t.Errorf("address %q", wanted.Address())
	}
	if field, found := wanted.Field(resource.Path{Field: "name"}); !found || field.Value != `"Acme"` {
		t.Errorf("got %+v, %v", field, found)
	}
	if field, found := wanted.Field(resource.Path{Field: "custom_attributes"}); found {
		t.Errorf("a field without its key is %+v", field)
	}
}

func TestCounts(t *testing.T) {
	summary := resource.PlanSummary{Create: 1, Update: 2, Delete: 4, NoChange: 8, Orphan: 16, Blocked: 32}
	if summary.Writes() != 7 {
		t.Errorf("%d writes", summary.Writes())
	}
	for action, writes := range map[resource.Action]bool{
		resource.ActionCreate: true, resource.ActionUpdate: true, resource.ActionDelete: true, resource.ActionNoChange: false,
	} {
		if action.Writes() != writes {
			t.Errorf("%s writes: %v", action, action.Writes())
		}
	}
	for _, summary := range []resource.ReportSummary{{Failed: 1}, {Skipped: 1}, {Unknown: 1}} {
		if summary.Complete() {
			t.Errorf("%+v is complete", summary)
		}
	}
	if !(resource.ReportSummary{Succeeded: 3, NoChange: 2}).Complete() {
		t.Error("a full success is not complete")
	}
}
