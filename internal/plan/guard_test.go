package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// massChange deletes and updates that many of so many live tenants, and creates some.
func massChange(t *testing.T, live, deletes, updates, creates int) plan.Input {
	t.Helper()
	in := input(numbered(t, live))
	in.Thresholds = plan.DefaultThresholds()
	in.Manage.Orphans = resource.OrphansIgnore
	for i := range deletes {
		in.Desired = append(in.Desired, absent(fmt.Sprintf("t-%03d", i)))
	}
	for i := range updates {
		in.Desired = append(in.Desired, want(fmt.Sprintf("t-%03d", deletes+i), "disabled", "true"))
	}
	for i := range creates {
		in.Desired = append(in.Desired, want(fmt.Sprintf("new-%03d", i), "name", fmt.Sprintf(`"New %d"`, i)))
	}
	return in
}

func TestThresholds(t *testing.T) {
	cases := []struct {
		name                            string
		live, deletes, updates, creates int
		adjust                          func(*plan.Input)
		want                            []string
	}{
		{"nine live: deletes do not count", 9, 9, 0, 0, nil, []string{}},
		{"ten live: one delete", 10, 1, 0, 0, nil, []string{}},
		{"ten live: two deletes", 10, 2, 0, 0, nil, []string{"delete_threshold"}},
		{"19 of 199 is below 10 %", 199, 19, 0, 0, nil, []string{}},
		{"20 of 199 is above 10 %", 199, 20, 0, 0, nil, []string{"delete_threshold"}},
		{"nineteen live: updates do not count", 19, 0, 19, 0, nil, []string{}},
		{"twenty live: half", 20, 0, 10, 0, nil, []string{}},
		{"twenty live: one more than half", 20, 0, 11, 0, nil, []string{"update_threshold"}},
		{"creates never count", 20, 0, 10, 900, nil, []string{}},
		{"both", 20, 3, 11, 0, nil, []string{"delete_threshold", "update_threshold"}},
		{"one overridden", 20, 3, 11, 0, func(in *plan.Input) { in.Overridden = map[string]bool{"delete_threshold": true} }, []string{"update_threshold"}},
		{"other thresholds", 20, 3, 11, 0, func(in *plan.Input) { in.Thresholds = plan.Thresholds{DeletePercent: 15, UpdatePercent: 55} }, []string{}},
		{"zero allows nothing", 20, 1, 1, 0, func(in *plan.Input) { in.Thresholds = plan.Thresholds{} }, []string{"delete_threshold", "update_threshold"}},
		{"zero allows a plan without", 20, 0, 0, 5, func(in *plan.Input) { in.Thresholds = plan.Thresholds{} }, []string{}},
		{"only what is in scope counts", 30, 1, 0, 0, func(in *plan.Input) { in.Manage.Exclude = []resource.Glob{"t-01?", "t-02?"} }, []string{}},
		{"and makes the share larger", 30, 2, 0, 0, func(in *plan.Input) { in.Manage.Exclude = []resource.Glob{"t-01?", "t-02?"} }, []string{"delete_threshold"}},
		{"a target does not make it larger", 30, 2, 0, 0, func(in *plan.Input) { in.Options.Target = []resource.Glob{"tenant/t-000", "tenant/t-001"} }, []string{}},
		{"blocked changes are not made", 20, 3, 0, 0, func(in *plan.Input) { in.Desired[0].Protect = true }, []string{"blocked"}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := massChange(t, test.live, test.deletes, test.updates, test.creates)
			if test.adjust != nil {
				test.adjust(&in)
			}
			if diff := cmp.Diff(test.want, refusalCodes(mustMake(t, in).Refusals)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusalTexts(t *testing.T) {
	in := massChange(t, 20, 3, 12, 0)
	in.Desired = append(in.Desired, protected(absent("t-019")), want("new", "name", `"Name of t-018"`))
	in.Manage.Orphans = resource.OrphansError
	want := []plan.Refusal{
		{
			Code: "blocked", Message: "2 changes are blocked: tenant/new (name_taken), tenant/t-019 (protected_object)",
			Hint: "remove the causes that the plan names; plan and apply can also drop the changes with --exclude",
		},
		{
			Code: "delete_threshold", Message: "3 of 20 live tenants in scope (15.0 %) would be deleted, and the guard allows 10 %",
			Hint: "look at the plan; if it is meant, give --override-guard delete_threshold, or set guard: in the configuration",
		},
		{
			Code: "update_threshold", Message: "12 of 20 live tenants in scope (60.0 %) would be updated, and the guard allows 50 %",
			Hint: "look at the plan; if it is meant, give --override-guard update_threshold, or set guard: in the configuration",
		},
		{
			Code: "orphans_error", Message: "4 live tenants are not in the configuration: tenant/t-015, tenant/t-016, tenant/t-017, tenant/t-018",
			Hint: "configure them, leave them out with manage.tenants.exclude, or set manage.orphans to report",
		},
	}
	if diff := cmp.Diff(want, mustMake(t, in).Refusals); diff != "" {
		t.Error(diff)
	}
}

func TestPruneNeverLeavesNothing(t *testing.T) {
	owned := map[resource.Address]bool{"tenant/aaa": true, "tenant/bbb": true}
	cases := []struct {
		name    string
		adjust  func(*plan.Input)
		refused bool
	}{
		{"all live objects are pruned", func(*plan.Input) {}, true},
		{"the last ones are pruned, the rest is declared absent", func(in *plan.Input) { in.Desired = []resource.Desired{absent("aaa")} }, true},
		{"a create beside it does not count", func(in *plan.Input) { in.Desired = []resource.Desired{want("new", "name", `"N"`)} }, true},
		{"all in scope", func(in *plan.Input) { in.Live = append(in.Live, tenants(t, "sandbox")...) }, true},
		{"one stays", func(in *plan.Input) { in.Desired = []resource.Desired{want("aaa")} }, false},
		{"a foreign one stays", func(in *plan.Input) { in.Live = append(in.Live, tenants(t, "foreign")...) }, false},
		{"all are declared absent", func(in *plan.Input) { in.Desired = []resource.Desired{absent("aaa"), absent("bbb")} }, false},
		{"narrowed", func(in *plan.Input) { in.Options.Exclude = []resource.Glob{"tenant/aaa"} }, false},
		{"no guard is overridden by another name", func(in *plan.Input) { in.Overridden = map[string]bool{"delete_all": true} }, true},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(tenants(t, "aaa", "bbb"))
			in.Owned, in.Options.Prune, in.Manage.Exclude = owned, true, []resource.Glob{"sandbox"}
			test.adjust(&in)
			want := []string{}
			if test.refused {
				want = append(want, plan.CodeDeleteAll)
			}
			refusals := mustMake(t, in).Refusals
			if diff := cmp.Diff(want, refusalCodes(refusals)); diff != "" {
				t.Error(diff)
			}
			if test.refused && refusals[0].Message != "pruning would leave none of the 2 live tenants in scope" {
				t.Errorf("message %q", refusals[0].Message)
			}
		})
	}
}

func TestOrphansErrorIsAboutWhatStays(t *testing.T) {
	in := input(tenants(t, "aaa", "mine"), want("aaa"))
	in.Manage.Orphans = resource.OrphansError
	result := mustMake(t, in)
	want := []plan.Refusal{{
		Code: "orphans_error", Message: "1 live tenant is not in the configuration: tenant/mine",
		Hint: "configure them, leave them out with manage.tenants.exclude, or set manage.orphans to report",
	}}
	if diff := cmp.Diff(want, result.Refusals); diff != "" {
		t.Error(diff)
	}
	if result.Plan.Summary.Orphan != 1 {
		t.Errorf("summary %+v", result.Plan.Summary)
	}
	in.Options.Prune, in.Owned = true, map[resource.Address]bool{"tenant/mine": true}
	if refusals := mustMake(t, in).Refusals; len(refusals) != 0 {
		t.Errorf("an orphan that goes is held against the plan: %v", refusals)
	}
}
