package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestCreateRules(t *testing.T) {
	name := func(text string) string { return string(resource.StringValue(text)) }
	cases := []struct {
		name   string
		wanted resource.Desired
		want   string // the code of the problem; empty when it can be created
	}{
		{"usual", want("acme-corp-2", "name", `"Acme"`), ""},
		{"shortest id", want("abc", "name", `"A"`), ""},
		{"longest id", want(strings.Repeat("a", 50), "name", `"A"`), ""},
		{"id too short", want("ab", "name", `"A"`), plan.ProblemInvalidID},
		{"id too long", want(strings.Repeat("a", 51), "name", `"A"`), plan.ProblemInvalidID},
		{"id with capitals", want("Acme", "name", `"A"`), plan.ProblemInvalidID},
		{"id with an underscore", want("acme_corp", "name", `"A"`), plan.ProblemInvalidID},
		{"id with a letter beyond ASCII", want("acmé", "name", `"A"`), plan.ProblemInvalidID},
		{"id with a line feed", want("acme\n", "name", `"A"`), plan.ProblemInvalidID},
		{"no name", want("acme", "disabled", "true"), plan.ProblemMissingName},
		{"empty name", want("acme", "name", `""`), plan.ProblemInvalidName},
		{"longest name, in characters", want("acme", "name", name(strings.Repeat("ü", 100))), ""},
		{"name too long", want("acme", "name", name(strings.Repeat("ü", 101))), plan.ProblemInvalidName},
		{"name that is no text", want("acme", "name", "1"), plan.ProblemInvalidName},
		{"parent that is wanted", want("acme", "name", `"A"`, "parent", `"other"`), ""},
		{"parent that is live", want("acme", "name", `"A"`, "parent", `"T2Live"`), ""},
		{"no parent", want("acme", "name", `"A"`, "parent", `""`), ""},
		{"unknown parent", want("acme", "name", `"A"`, "parent", `"nobody"`), plan.ProblemUnknownParent},
		{"parent that is gone", want("acme", "name", `"A"`, "parent", `"gone"`), plan.ProblemUnknownParent},
		{"live with an odd id and no name", want("T2Live", "disabled", "false"), ""},
		{"live with an unknown parent", want("T2Live", "parent", `"nobody"`), plan.ProblemUnknownParent},
		{"not created, odd id", absent("Not_Live"), ""},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			in := input(tenants(t, "T2Live"), at(7, test.wanted), at(90, want("other", "name", `"O"`)), at(95, absent("gone")))
			if test.want == "" {
				mustMake(t, in)
				return
			}
			problems := problemsOf(t, in)
			if len(problems) != 1 || problems[0].Code != test.want || problems[0].Address != test.wanted.Address() || problems[0].Position.Line < 7 || problems[0].Position.Line > 9 {
				t.Errorf("problems: %+v", problems)
			}
		})
	}
}

func TestRulesBindOnlyWhatIsSelected(t *testing.T) {
	in := input(nil, want("Bad_Id"), want("acme", "name", `"A"`))
	in.Options.Exclude = []resource.Glob{"tenant/Bad*"}
	mustMake(t, in)
	in.Options.Exclude, in.Manage.Exclude = nil, []resource.Glob{"Bad*"}
	mustMake(t, in)
}

func TestProblemsComeTogetherAndSorted(t *testing.T) {
	in := input(nil,
		at(30, want("Zed", "name", `""`)), at(10, want("acme", "name", `"Acme"`, "parent", `"acme-groop"`)),
		at(20, want("acme-group", "name", `"G"`)), at(40, want("acme-group", "name", `"Again"`)), at(50, want("x-y", "parent", `"Zed"`)),
	)
	in.Options.Target = []resource.Glob{"tenant/*", "nothing"}
	_, err := plan.Make(in)
	if _, invalid := errors.AsType[*plan.InvalidError](err); !invalid {
		t.Fatalf("got %v", err)
	}
	want := []string{
		`6 problems in what is wanted`,
		`--target "nothing" names nothing in scope that is configured or live`,
		`descope.yaml:12:11: the parent "acme-groop" is neither configured nor live (did you mean acme-group?)`,
		`descope.yaml:30:5: a tenant with the id "Zed" cannot be created (ids have 3 to 50 characters out of a-z, 0-9 and -)`,
		`descope.yaml:31:11: tenant "Zed" cannot be created with a name of 0 characters (names have 1 to 100 characters)`,
		`descope.yaml:40:5: tenant/acme-group is configured twice, first at descope.yaml:20:5`,
		`descope.yaml:50:5: tenant "x-y" does not exist yet and cannot be created without a name (add name: with 1 to 100 characters, or correct the id)`,
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), err.Error()); diff != "" {
		t.Error(diff)
	}
	for range 5 {
		in.Desired = append(in.Desired[1:], in.Desired[0])
		if _, again := plan.Make(in); again.Error() != err.Error() {
			t.Errorf("another order of the input gives\n%v\ninstead of\n%v", again, err)
		}
	}
}

func TestOneProblemIsOneLine(t *testing.T) {
	_, err := plan.Make(input(nil, want("acme")))
	want := `tenant "acme" does not exist yet and cannot be created without a name (add name: with 1 to 100 characters, or correct the id)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestParentThatIsDeclaredAbsent(t *testing.T) {
	problems := problemsOf(t, input(nil, want("acme", "name", `"A"`, "parent", `"gone"`), absent("gone")))
	want := []plan.Problem{{
		Code: plan.ProblemUnknownParent, Address: "tenant/acme", Message: `the parent "gone" is declared absent and not live`,
	}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestNotes(t *testing.T) {
	live := []resource.Tenant{
		tenant(t, `{"id":"T1","name":"One","customAttributes":{"plan":"x","empty":null}}`), tenant(t, `{"id":"T2","name":"Two","parent":"T1"}`),
		tenant(t, `{"id":"T3","name":"Three","parent":"T2","customAttributes":{"old":1}}`), tenant(t, `{"id":"T4","name":"Four","parent":"T3"}`),
	}
	cases := []struct {
		name    string
		desired []resource.Desired
		want    []string
	}{
		{"attributes that are in use", []resource.Desired{want("T1", "custom_attributes:plan", `"y"`), want("T2", "custom_attributes:plan", `"z"`, "custom_attributes:empty", "1")}, []string{}},
		{"one note for each attribute, at its first user", []resource.Desired{
			want("T2", "custom_attributes:new", `1`, "custom_attributes:newer", `1`), want("T1", "custom_attributes:new", `1`),
			want("aaa", "name", `"A"`, "custom_attributes:plan", `1`),
		}, []string{
			`tenant/T1 attribute_undefined: the custom attribute "new" is on no live tenant: Descope wants it defined in the console first`,
			`tenant/T2 attribute_undefined: the custom attribute "newer" is on no live tenant: Descope wants it defined in the console first`,
		}},
		{"a removed attribute needs no definition", []resource.Desired{want("T1", "custom_attributes:plan", "-")}, []string{}},
		{"deep, below the live ones", []resource.Desired{want("kid", "name", `"K"`, "parent", `"T3"`), want("ok-kid", "name", `"O"`, "parent", `"T2"`), want("T4", "name", `"x"`)}, []string{
			"tenant/kid deep_nesting: tenant/kid would be created more than 3 levels deep, which is hard to work with",
		}},
		{"deep, all new", []resource.Desired{
			want("aa1", "name", `"1"`), want("aa2", "name", `"2"`, "parent", `"aa1"`), want("aa3", "name", `"3"`, "parent", `"aa2"`), want("aa4", "name", `"4"`, "parent", `"aa3"`),
		}, []string{
			"tenant/aa4 deep_nesting: tenant/aa4 would be created more than 3 levels deep, which is hard to work with",
		}},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			got := []string{}
			for _, note := range mustMake(t, input(live, test.desired...)).Plan.Notes {
				got = append(got, fmt.Sprintf("%s %s: %s", note.Address, note.Code, note.Message))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIdleExclusionIsNoted(t *testing.T) {
	in := input(tenants(t, "live"), want("acme", "name", `"A"`))
	in.Options.Exclude = []resource.Glob{"tenant/acne*", "tenant/ac*", "tenant/l*"}
	notes := mustMake(t, in).Plan.Notes
	if len(notes) != 1 || notes[0].Code != plan.NoteExcludeUnmatched || !strings.Contains(notes[0].Message, "tenant/acne") {
		t.Errorf("notes: %+v", notes)
	}
}
