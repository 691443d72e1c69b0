package live_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
)

// named after what it is: the project that the guard looks at.
func called(name, environment string, tags ...string) emulator.Options {
	return emulator.Options{Projects: []emulator.Project{
		{ID: emulatedProject, ManagementKey: emulatedKey, Name: name, Environment: environment, Tags: tags},
		{ID: "P2another", ManagementKey: emulatedKey, Name: "Production"}, // of the same company; none of our business
	}}
}

func TestGuard(t *testing.T) {
	mayNotList := called("Rehearsal", "")
	mayNotList.RefuseProjectList = true
	for _, test := range []struct {
		name    string
		options emulator.Options
		confirm string
		want    string // part of the refusal; empty for none
	}{
		{"a test project", called("Rehearsal", "", "ci", "staging"), "", ""},
		{"words that only look like live", called("Delivery Prüfung ＱＡ", "", "oliver", "pr od"), "", ""},
		{"in doubt it is production", called("Product reproduction", ""), "", `has "prod" in it`},
		{"another language", called("PRODUKTION", ""), "", `its name "PRODUKTION" has "prod" in it`},
		{"behind another word", called("myprod", ""), "", `its name "myprod" has "prod" in it`},
		{"before production", called("Acme", "", "preprod"), "", `its tag "preprod" has "prod" in it`},
		{"letters of full width", called("ＰＲＯＤ", ""), "", `has "prod" in it`},
		{"letters of mathematics", called("𝐏𝗋𝚘𝒅", ""), "", `which can stand for another letter`},
		{"letters of another alphabet", called("рrоd", ""), "", `which can stand for another letter`},
		{"letters in circles", called("Ⓟⓡⓞⓓ", ""), "", `which can stand for another letter`},
		{"marks on letters", called("p\u0301rod, prod\u0301", ""), "", `has "prod" in it`},
		{"letters that are not seen", called("pr\u200bo\u00add", ""), "", `has "prod" in it`},
		{"live before another word", called("liveproject", ""), "", `its name "liveproject" has "live" in it`},
		{"live behind another word", called("Acme", "", "shoplive"), "", `its tag "shoplive" has "live" in it`},
		{"in doubt it is live", called("alive", ""), "", `has "live" in it`},
		{"live between others", called("shopLiveEU", ""), "", `has "live" in it`},
		{"live behind a number", called("2live4u", ""), "", `has "live" in it`},
		{"the name", called("Acme Production", ""), "", `its name "Acme Production" has "prod" in it`},
		{"the name in capitals", called("ACME_PROD-EU", ""), "", `has "prod" in it`},
		{"joined to another word", called("acmeProd", ""), "", `has "prod" in it`},
		{"with a number", called("prd2", ""), "", `has "prd" in it`},
		{"live", called("Shop (live)", ""), "", `has "live" in it`},
		{"a tag", called("Acme", "", "eu", "env:prod"), "", `its tag "env:prod" has "prod" in it`},
		{"the environment", called("Acme", "production"), "", `its environment "production" has "prod" in it`},
		{"a confirmation does not help production", called("prod", ""), emulatedProject, `has "prod" in it`},
		{"nothing is known", mayNotList, "", live.VariableConfirm},
		{"nothing is known, and another project is confirmed", mayNotList, "P2another", live.VariableConfirm},
		{"nothing is known, and it is confirmed", mayNotList, emulatedProject, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := emulated(t, test.options)
			target.Confirm = test.confirm
			err := live.Guard(t.Context(), newAPI(t, target, live.Options{}))
			_, refused := errors.AsType[*live.RefusedError](err)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (!refused || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want a refusal with %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), emulatedKey):
				t.Errorf("the key stands in %v", err)
			}
		})
	}
}

// A key of another company sees a list without this project.
func TestGuardWithoutTheProjectInTheList(t *testing.T) {
	target := emulated(t, emulator.Options{})
	control(t, target, http.MethodPost, "faults", `{"match":{"path":"/v1/mgmt/projects/list","count":0},"do":{"status":200,"body":{"projects":[{"id":"P2another","name":"x"}]}}}`)
	if _, refused := errors.AsType[*live.RefusedError](live.Guard(t.Context(), newAPI(t, target, live.Options{}))); !refused {
		t.Error("a project that nobody knows is not refused")
	}
}

// A refused project gets no call but that of the guard.
func TestRefusedProjectIsNotTouched(t *testing.T) {
	t.Parallel()
	target := emulated(t, called("Acme prod", ""))
	for _, what := range []string{"suite", "report"} {
		wantParts(t, said(t, child(t, what, &target), true), "refusing to run the live tests in project "+emulatedProject)
	}
	if all, _ := countCalls(t, target, 0); all != 2 {
		t.Errorf("%d calls, want the two of the guard", all)
	}
}
