package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// family is configured over three levels, with a stranger beside it; one of
// each level is live already.
func family() []resource.Desired {
	return []resource.Desired{
		want("top", "name", `"Top"`),
		want("mid", "name", `"Mid"`, "parent", `"top"`),
		want("leaf", "name", `"Leaf"`, "parent", `"mid"`),
		want("other", "name", `"Other"`),
	}
}

func TestNarrowing(t *testing.T) {
	live := tenants(t, "zombie", "zeta")
	cases := []struct {
		name    string
		options resource.PlanOptions
		want    []string
	}{
		{"everything", resource.PlanOptions{}, []string{
			`create tenant/leaf name:>"Leaf" parent:>"mid" after [tenant/mid]`, `create tenant/mid name:>"Mid" parent:>"top" after [tenant/top]`,
			`create tenant/other name:>"Other"`, `create tenant/top name:>"Top"`, "orphan tenant/zeta", "orphan tenant/zombie",
		}},
		{"a target pulls its parents", resource.PlanOptions{Target: []resource.Glob{"tenant/leaf"}}, []string{
			`create tenant/leaf name:>"Leaf" parent:>"mid" after [tenant/mid]`, `create tenant/mid name:>"Mid" parent:>"top" after [tenant/top]`,
			`create tenant/top name:>"Top"`,
		}},
		{"a target never pulls what depends on it", resource.PlanOptions{Target: []resource.Glob{"tenant/top"}}, []string{`create tenant/top name:>"Top"`}},
		{"a pattern", resource.PlanOptions{Target: []resource.Glob{"tenant/o*", "tenant/to?"}}, []string{
			`create tenant/other name:>"Other"`, `create tenant/top name:>"Top"`,
		}},
		{"a target narrows orphans too", resource.PlanOptions{Target: []resource.Glob{"tenant/zom*"}}, []string{"orphan tenant/zombie"}},
		{"an exclusion drops objects and orphans", resource.PlanOptions{Exclude: []resource.Glob{"tenant/leaf", "tenant/m*", "tenant/z*"}}, []string{
			`create tenant/other name:>"Other"`, `create tenant/top name:>"Top"`,
		}},
		{"an exclusion wins over a target", resource.PlanOptions{Target: []resource.Glob{"tenant/*"}, Exclude: []resource.Glob{"tenant/[lmtz]*"}}, []string{
			`create tenant/other name:>"Other"`,
		}},
		{"an exclusion wins over a pulled parent", resource.PlanOptions{Target: []resource.Glob{"tenant/leaf"}, Exclude: []resource.Glob{"tenant/mid"}}, []string{
			`create tenant/leaf name:>"Leaf" parent:>"mid" !parent_missing`,
		}},
		{"an excluded target pulls nothing", resource.PlanOptions{Target: []resource.Glob{"tenant/leaf"}, Exclude: []resource.Glob{"tenant/leaf"}}, []string{}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(live, family()...)
			in.Options = test.options
			if diff := cmp.Diff(test.want, outline(mustMake(t, in).Plan)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTargetPullsTheLiveParent(t *testing.T) {
	in := input(tenants(t, "top", "mid/top", "leaf/mid"), want("top", "name", `"New top"`), absent("mid"), want("leaf", "name", `"New leaf"`))
	in.Options.Target = []resource.Glob{"tenant/leaf"}
	if diff := cmp.Diff([]string{`update tenant/leaf name:"Name of leaf">"New leaf"`}, outline(mustMake(t, in).Plan)); diff != "" {
		t.Errorf("a declared delete is no parent to pull: %s", diff)
	}
	in.Desired[1] = want("mid")
	want := []string{`update tenant/leaf name:"Name of leaf">"New leaf"`, "no_change tenant/mid", `update tenant/top name:"Name of top">"New top"`}
	if diff := cmp.Diff(want, outline(mustMake(t, in).Plan)); diff != "" {
		t.Error(diff)
	}
}

func TestScope(t *testing.T) {
	live := tenants(t, "acme", "sandbox-1", "here", "elsewhere")
	cases := []struct {
		name   string
		manage resource.Manage
		want   []string
	}{
		{"all", resource.Manage{Configured: true}, []string{
			`update tenant/acme name:"Name of acme">"A"`, `update tenant/sandbox-1 name:"Name of sandbox-1">"S"`, "orphan tenant/elsewhere", "orphan tenant/here",
		}},
		{"outside is neither planned nor reported", resource.Manage{Configured: true, Include: []resource.Glob{"acme", "sandbox-*"}, Exclude: []resource.Glob{"sandbox-*"}}, []string{
			`update tenant/acme name:"Name of acme">"A"`,
		}},
		{"named for other environments only", resource.Manage{Configured: true, Elsewhere: []string{"elsewhere"}}, []string{
			`update tenant/acme name:"Name of acme">"A"`, `update tenant/sandbox-1 name:"Name of sandbox-1">"S"`, "orphan tenant/here",
		}},
		{"orphans ignored", resource.Manage{Configured: true, Orphans: resource.OrphansIgnore}, []string{
			`update tenant/acme name:"Name of acme">"A"`, `update tenant/sandbox-1 name:"Name of sandbox-1">"S"`,
		}},
		{"kind not configured", resource.Manage{}, []string{}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(live, want("acme", "name", `"A"`), want("sandbox-1", "name", `"S"`))
			in.Manage = test.manage
			if diff := cmp.Diff(test.want, outline(mustMake(t, in).Plan)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	owned := func(ids ...string) map[resource.Address]bool {
		owned := map[resource.Address]bool{}
		for _, id := range ids {
			owned[resource.NewAddress(resource.KindTenant, id)] = true
		}
		return owned
	}
	live := []string{"keep", "mine", "theirs", "top", "leaf/top"}
	cases := []struct {
		name   string
		adjust func(*plan.Input)
		want   []string
	}{
		{"without --prune all are reported", func(in *plan.Input) { in.Options.Prune = false }, []string{
			"no_change tenant/keep", "orphan tenant/leaf", "orphan tenant/mine", "orphan tenant/theirs", "orphan tenant/top",
		}},
		{"only what is owned goes, children first", func(*plan.Input) {}, []string{
			"no_change tenant/keep", `delete tenant/leaf name:"Name of leaf">`, `delete tenant/mine name:"Name of mine">`,
			`delete tenant/top name:"Name of top"> after [tenant/leaf]`, "orphan tenant/theirs",
		}},
		{"a parent whose child stays is blocked", func(in *plan.Input) { in.Owned = owned("top") }, []string{
			"no_change tenant/keep", `delete tenant/top name:"Name of top"> !has_children`, "orphan tenant/leaf", "orphan tenant/mine", "orphan tenant/theirs",
		}},
		{"what is configured stays, owned or not", func(in *plan.Input) { in.Owned = owned("keep") }, []string{
			"no_change tenant/keep", "orphan tenant/leaf", "orphan tenant/mine", "orphan tenant/theirs", "orphan tenant/top",
		}},
		{"narrowed", func(in *plan.Input) { in.Options.Target = []resource.Glob{"tenant/[mt]*"} }, []string{
			`delete tenant/mine name:"Name of mine">`, `delete tenant/top name:"Name of top"> !has_children`, "orphan tenant/theirs",
		}},
		{"orphans that are ignored are pruned as well", func(in *plan.Input) { in.Manage.Orphans = resource.OrphansIgnore; in.Owned = owned("mine") }, []string{
			"no_change tenant/keep", `delete tenant/mine name:"Name of mine">`,
		}},
		{"outside of the scope nothing goes", func(in *plan.Input) { in.Manage.Exclude = []resource.Glob{"mine"}; in.Owned = owned("mine") }, []string{
			"no_change tenant/keep", "orphan tenant/leaf", "orphan tenant/theirs", "orphan tenant/top",
		}},
		{"what belongs to another environment stays", func(in *plan.Input) { in.Manage.Elsewhere = []string{"mine"}; in.Owned = owned("mine") }, []string{
			"no_change tenant/keep", "orphan tenant/leaf", "orphan tenant/theirs", "orphan tenant/top",
		}},
		{"never when the kind is not configured", func(in *plan.Input) { in.Manage = resource.Manage{} }, []string{}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(tenants(t, live...), want("keep"))
			in.Options.Prune, in.Owned = true, owned("mine", "top", "leaf", "not-live")
			test.adjust(&in)
			result := mustMake(t, in)
			if diff := cmp.Diff(test.want, outline(result.Plan)); diff != "" {
				t.Error(diff)
			}
			for _, change := range result.Plan.Changes {
				if change.Action == resource.ActionDelete && change.Source != nil {
					t.Errorf("a pruned orphan has a place in the configuration: %v", change.Source)
				}
			}
		})
	}
}

func TestOptionProblems(t *testing.T) {
	cases := []struct {
		name    string
		options resource.PlanOptions
		want    []plan.Problem
	}{
		{"target without the kind", resource.PlanOptions{Target: []resource.Glob{"acme"}}, []plan.Problem{{
			Code: plan.ProblemTargetNoMatch, Message: `--target "acme" names nothing in scope that is configured or live`, Suggestion: `did you mean tenant/acme?`,
		}}},
		{"target misspelt", resource.PlanOptions{Target: []resource.Glob{"tenant/amce"}}, []plan.Problem{{
			Code: plan.ProblemTargetNoMatch, Message: `--target "tenant/amce" names nothing in scope that is configured or live`, Suggestion: `did you mean tenant/acme?`,
		}}},
		{"target far from everything", resource.PlanOptions{Target: []resource.Glob{"flow/sign-up-or-in"}}, []plan.Problem{{
			Code: plan.ProblemTargetNoMatch, Message: `--target "flow/sign-up-or-in" names nothing in scope that is configured or live`,
		}}},
		{"target out of scope or elsewhere", resource.PlanOptions{Target: []resource.Glob{"tenant/sandbox", "tenant/foreign"}}, []plan.Problem{
			{Code: plan.ProblemTargetNoMatch, Message: `--target "tenant/foreign" names nothing in scope that is configured or live`},
			{Code: plan.ProblemTargetNoMatch, Message: `--target "tenant/sandbox" names nothing in scope that is configured or live`},
		}},
		{"exclusion misspelt", resource.PlanOptions{Exclude: []resource.Glob{"tenant/amce"}}, []plan.Problem{{
			Code: plan.ProblemExcludeNoMatch, Message: `--exclude "tenant/amce" names nothing in scope that is configured or live`, Suggestion: `did you mean tenant/acme?`,
		}}},
		{"exclusions far from everything", resource.PlanOptions{Exclude: []resource.Glob{"", `flow/sign\*`}}, []plan.Problem{
			{
				Code: plan.ProblemExcludeNoMatch, Message: `--exclude "" names nothing in scope that is configured or live`,
				Suggestion: `correct it, or drop it; a pattern like "tenant/acme-*" may match nothing`,
			},
			{
				Code: plan.ProblemExcludeNoMatch, Message: `--exclude "flow/sign\\*" names nothing in scope that is configured or live`,
				Suggestion: `correct it, or drop it; a pattern like "tenant/acme-*" may match nothing`,
			},
		}},
		{"malformed patterns", resource.PlanOptions{Target: []resource.Glob{"tenant/[a"}, Exclude: []resource.Glob{"tenant/\\"}}, []plan.Problem{
			{Code: plan.ProblemInvalidPattern, Message: `--exclude: pattern "tenant/\\": syntax error in pattern`, Suggestion: `patterns are those of a shell over addresses, such as "tenant/acme-*"`},
			{Code: plan.ProblemInvalidPattern, Message: `--target: pattern "tenant/[a": syntax error in pattern`, Suggestion: `patterns are those of a shell over addresses, such as "tenant/acme-*"`},
		}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(tenants(t, "sandbox", "foreign"), want("acme", "name", `"Acme"`))
			in.Manage.Exclude, in.Manage.Elsewhere = []resource.Glob{"sandbox"}, []string{"foreign"}
			in.Options = test.options
			if diff := cmp.Diff(test.want, problemsOf(t, in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestExclusionOfWhatIsLeftOutAnyway: what is live out of scope, or belongs to another
// environment, is no slip of the pen.
func TestExclusionOfWhatIsLeftOutAnyway(t *testing.T) {
	in := input(tenants(t, "sandbox", "foreign"), want("acme", "name", `"Acme"`))
	in.Manage.Exclude, in.Manage.Elsewhere = []resource.Glob{"sandbox"}, []string{"foreign", "not-live"}
	in.Options.Exclude = []resource.Glob{"tenant/sandbox", "tenant/foreign", "tenant/not-live", "tenant/acme"}
	if notes := mustMake(t, in).Plan.Notes; len(notes) != 3 || notes[0].Code != plan.NoteExcludeUnmatched {
		t.Errorf("notes: %+v", notes)
	}
}

func TestTargetOfAKindThatIsNotConfigured(t *testing.T) {
	in := input(tenants(t, "acme"))
	in.Manage.Configured = false
	in.Options.Target = []resource.Glob{"tenant/acme"}
	if problems := problemsOf(t, in); len(problems) != 1 || problems[0].Code != plan.ProblemTargetNoMatch {
		t.Errorf("problems: %v", problems)
	}
}

func TestNeedSettings(t *testing.T) {
	live := tenants(t, "a", "b", "c", "sandbox", "gone", "plain")
	setting := func(id string) resource.Desired { return want(id, "settings:enabled", "true") }
	gone := setting("gone")
	gone.Absent = true
	desired := []resource.Desired{setting("c"), setting("sandbox"), setting("b"), gone, setting("new"), want("plain", "name", `"x"`), want("a")}
	manage := resource.Manage{Configured: true, Exclude: []resource.Glob{"sandbox"}}
	cases := []struct {
		name    string
		desired []resource.Desired
		manage  resource.Manage
		options resource.PlanOptions
		want    []string
	}{
		{"live, in scope, not absent", desired, manage, resource.PlanOptions{}, []string{"b", "c"}},
		{"target", desired, manage, resource.PlanOptions{Target: []resource.Glob{"tenant/c"}}, []string{"c"}},
		{"exclude", desired, manage, resource.PlanOptions{Exclude: []resource.Glob{"tenant/c"}}, []string{"b"}},
		{"no settings managed", desired[5:], manage, resource.PlanOptions{}, []string{}},
		{"kind not configured", desired, resource.Manage{}, resource.PlanOptions{}, []string{}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, plan.NeedSettings(test.desired, live, test.manage, test.options)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
