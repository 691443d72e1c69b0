package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestCallsEstimate(t *testing.T) {
	deletes := func(count int) plan.Input { return massChange(t, 30, count, 0, 0) }
	withSettings := func(raw string) []resource.Tenant {
		return []resource.Tenant{tenant(t, `{"id":"acme","name":"Acme"}`, raw)}
	}
	cases := []struct {
		name string
		in   plan.Input
		want int
	}{
		{"nothing to do: the list", input(tenants(t, "aaa"), want("aaa")), 1},
		{"kind not configured: nothing", func() plan.Input { in := input(tenants(t, "aaa")); in.Manage.Configured = false; return in }(), 0},
		{"one create: list, create, verification", input(nil, want("acme", "name", `"A"`)), 3},
		{"three creates", input(nil, want("aaa", "name", `"A"`), want("bbb", "name", `"B"`), want("ccc", "name", `"C"`)), 5},
		{"create with settings", input(nil, want("acme", "name", `"A"`, "settings:enabled", "true", "settings:inactivity_time", "1")), 4},
		{"create with default roles", input(nil, want("acme", "name", `"A"`, "default_roles", `["R"]`)), 4},
		{"create with no default roles", input(nil, want("acme", "name", `"A"`, "default_roles", `[]`)), 3},
		{"one update", input(tenants(t, "aaa"), want("aaa", "name", `"A"`, "disabled", "true", "custom_attributes:x", "1")), 3},
		{"update of default roles only", input(tenants(t, "aaa"), want("aaa", "default_roles", `["R"]`)), 3},
		{"update of default roles to none", input([]resource.Tenant{tenant(t, `{"id":"aaa","defaultRoles":["R"]}`)}, want("aaa", "default_roles", `[]`)), 3},
		{"settings equal: list and read", input(withSettings(`{"enabled":true}`), want("acme", "settings:enabled", "true")), 2},
		{"settings differ: list, read, read for the backup, write, verification", input(withSettings(`{}`), want("acme", "settings:enabled", "true")), 5},
		{"all three calls of an update", input(withSettings(`{}`), want("acme", "settings:enabled", "true", "name", `"B"`, "default_roles", `["R"]`)), 7},
		{"one delete: list, count, SSO, four reads for the backup, delete, verification", deletes(1), 9},
		{"twenty deletes are counted one by one", deletes(20), 123},
		{"above that one search counts for all", deletes(21), 109},
		{"blocked changes are left out", input(withSettings(`{}`), protected(want("acme", "settings:enabled", "true", "disabled", "true")), want("new", "name", `"N"`)), 3},
		{"a plan with blocked changes only", input(tenants(t, "aaa"), protected(absent("aaa"))), 1},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			test.in.Manage.Orphans = resource.OrphansIgnore
			if got := mustMake(t, test.in).Plan.CallsEstimate; got != test.want {
				t.Errorf("got %d calls, want %d", got, test.want)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	cases := []struct {
		name    string
		calls   plan.Calls
		workers int
		want    time.Duration
	}{
		{"nothing", plan.Calls{}, 10, 0},
		{"one list", plan.Calls{List: 1}, 10, time.Second},
		{"steps follow each other", plan.Calls{List: 1, Settings: 1, Users: 1, Verify: 1}, 10, 4 * time.Second},
		{"rounds of ten", plan.Calls{List: 1, Waves: []plan.Wave{{Calls: 100, Longest: 1}}, Verify: 1}, 10, 12 * time.Second},
		{"a started round counts", plan.Calls{Settings: 11, Users: 21}, 10, 5 * time.Second},
		{"the longest change holds its wave", plan.Calls{Waves: []plan.Wave{{Calls: 4, Longest: 3}}}, 10, 3 * time.Second},
		{"waves follow each other", plan.Calls{Waves: []plan.Wave{{Calls: 2, Longest: 1}, {Calls: 1, Longest: 1}}}, 10, 2 * time.Second},
		{"one worker", plan.Calls{Waves: []plan.Wave{{Calls: 7, Longest: 3}}}, 1, 7 * time.Second},
		{"no workers are one", plan.Calls{Waves: []plan.Wave{{Calls: 7, Longest: 3}}}, 0, 7 * time.Second},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if got := test.calls.Duration(time.Second, test.workers); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestWavesFollowTheOrder(t *testing.T) {
	result := mustMake(t, input(tenants(t, "old", "sub/old"),
		want("ccc", "name", `"C"`, "parent", `"bbb"`, "settings:enabled", "true"), want("bbb", "name", `"B"`, "parent", `"aaa"`), want("aaa", "name", `"A"`),
		absent("old"), absent("sub"), want("ddd", "name", `"Name of old"`)))
	got := plan.CountCalls(result.Plan, plan.Reads{Tenants: true})
	want := plan.Calls{List: 1, Users: 2, SSO: 2, Kept: plan.Kept{Settings: 2, Others: 5}, Verify: 1, Waves: []plan.Wave{
		{Calls: 2, Longest: 1}, // aaa, sub
		{Calls: 2, Longest: 1}, // bbb, old
		{Calls: 3, Longest: 2}, // ccc, ddd
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Total() != result.Plan.CallsEstimate || result.Plan.DurationEstimateMS != 9*250 {
		t.Errorf("%d calls, plan says %d and %d ms", got.Total(), result.Plan.CallsEstimate, result.Plan.DurationEstimateMS)
	}
}

func TestUsersOfDeletes(t *testing.T) {
	in := input(tenants(t, "bbb", "aaa", "ccc", "ddd"), absent("bbb"), absent("aaa"), protected(absent("ccc")), want("ddd", "name", `"D"`))
	p := mustMake(t, in).Plan
	if diff := cmp.Diff([]string{"aaa", "bbb"}, plan.Deletes(p)); diff != "" {
		t.Error(diff)
	}
	if got := plan.Deletes(mustMake(t, input(nil)).Plan); got == nil || len(got) != 0 {
		t.Errorf("deletes of an empty plan: %#v", got)
	}
	digest := plan.Digest(p)
	plan.SetUsers(p, map[string]int{"aaa": 3, "ddd": 4})
	got := map[string]string{}
	for _, change := range p.Changes {
		got[change.ID] = "none"
		if change.Users != nil {
			got[change.ID] = fmt.Sprint(*change.Users)
		}
	}
	if diff := cmp.Diff(map[string]string{"aaa": "3", "bbb": "none", "ccc": "none", "ddd": "none"}, got); diff != "" {
		t.Error(diff)
	}
	if plan.Digest(p) != digest || p.PlanDigest != digest {
		t.Error("the numbers of users change the digest")
	}
	plan.SetUsers(p, nil)
	if change(t, p, "aaa").Users != nil {
		t.Error("a number stays when it is no longer known")
	}
}
