package apply_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestCreateSendsTheTenantThenItsSettingsThenItsRoles(t *testing.T) {
	s := newService()
	outcome := s.run(t, options(), create("acme",
		field("self_provisioning_domains", "", `["acme.com"]`),
		field("custom_attributes.n", "", `9007199254740993`),
		field("custom_attributes.plan", "", `"gold"`),
		field("custom_attributes.gone", "", ""), // to be removed, and never there
		field("parent", "", `"group"`),
		field("settings.session_token_expiration", "", `10`),
		field("settings.jit_disabled", "", `true`),
		field("default_roles", "", `["Viewer"]`),
	))
	if diff := cmp.Diff([]string{"create acme", "settings acme", "roles acme"}, s.sent()); diff != "" {
		t.Error(diff)
	}
	wantTenant := map[string]resource.Value{
		"name": `"acme"`, "selfProvisioningDomains": `["acme.com"]`, "parent": `"group"`,
		"customAttributes": `{"n":9007199254740993,"plan":"gold"}`, "defaultRoles": `["Viewer"]`,
	}
	if diff := cmp.Diff(wantTenant, s.tenants["acme"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]resource.Value{"enabled": `true`, "sessionTokenExpiration": `10`, "JITDisabled": `true`}, s.settings["acme"]); diff != "" {
		t.Error(diff)
	}
	want := apply.Outcome{
		Results:  []resource.Result{{Address: "tenant/acme", Action: resource.ActionCreate, Status: resource.StatusSuccess, Attempts: 3}},
		Summary:  resource.ReportSummary{Create: 1, Succeeded: 1},
		Sent:     true,
		Verified: true,
	}
	if diff := cmp.Diff(want, outcome); diff != "" {
		t.Error(diff)
	}
	if s.lists != 1 {
		t.Errorf("%d list calls, want exactly one", s.lists)
	}
}

func TestUpdateSendsOnlyWhatChanges(t *testing.T) {
	live := map[string]resource.Value{
		"name": `"Acme"`, "disabled": `false`, "federatedAppIds": `["app"]`,
		"customAttributes": `{"old":1,"plan":"silver","sibling":true}`, "selfProvisioningDomains": `["b.com","a.com"]`,
	}
	cases := []struct {
		name   string
		fields []resource.FieldChange
		sent   []string
		want   map[string]resource.Value // what differs from live
	}{
		{"one field", []resource.FieldChange{field("name", `"Acme"`, `"Acme Inc"`)}, []string{"update acme"}, map[string]resource.Value{"name": `"Acme Inc"`}},
		{
			"a field that stays is not sent",
			[]resource.FieldChange{field("name", `"Acme"`, `"Acme Inc"`), field("self_provisioning_domains", `["b.com","a.com"]`, `["a.com","b.com"]`)},
			[]string{"update acme"},
			map[string]resource.Value{"name": `"Acme Inc"`},
		},
		{
			"attributes per key",
			[]resource.FieldChange{field("custom_attributes.old", `1`, ""), field("custom_attributes.plan", `"silver"`, `"gold"`)},
			[]string{"update acme"},
			map[string]resource.Value{"customAttributes": `{"plan":"gold","sibling":true}`},
		},
		{
			"settings and roles only",
			[]resource.FieldChange{field("settings.enabled", `true`, `false`), field("default_roles", "", `["Viewer"]`)},
			[]string{"settings acme", "roles acme"},
			map[string]resource.Value{"defaultRoles": `["Viewer"]`},
		},
		{"nothing after all", []resource.FieldChange{field("disabled", "", `false`), field("parent", "", `""`)}, []string{}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService().with("acme", live)
			outcome := s.run(t, options(), change(resource.ActionUpdate, "acme", c.fields...))
			if diff := cmp.Diff([]string{"acme success"}, brief(outcome)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.sent, s.sent()); diff != "" {
				t.Error(diff)
			}
			want := newService().with("acme", live).tenants["acme"]
			maps.Copy(want, c.want)
			if diff := cmp.Diff(want, s.tenants["acme"]); diff != "" {
				t.Error(diff)
			}
			if outcome.Sent != (len(c.sent) > 0) || outcome.Verified != outcome.Sent || s.lists != min(1, len(c.sent)) {
				t.Errorf("sent %v, verified %v, %d lists", outcome.Sent, outcome.Verified, s.lists)
			}
		})
	}
}

func TestDeleteKeepsUsersUnlessThePlanSaysOtherwise(t *testing.T) {
	s := newService().with("a", nil).with("b", nil)
	plain, withUsers := remove("a"), remove("b")
	withUsers.Cascade = true
	opts := options()
	opts.Workers = 1
	s.run(t, opts, plain, withUsers)
	if diff := cmp.Diff([]string{"delete a", "delete with users b"}, s.sent()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteStopsWhenTheLiveValueMovedSinceThePlan(t *testing.T) {
	live := map[string]resource.Value{
		"name": `"Moved"`, "customAttributes": `{"plan":"moved","n":1}`, "selfProvisioningDomains": `["a.com","b.com"]`,
	}
	cases := []struct {
		name   string
		fields []resource.FieldChange
		moved  string // empty: no conflict
	}{
		{"a value is another", []resource.FieldChange{field("name", `"Acme"`, `"Acme Inc"`)}, "name"},
		{
			"several",
			[]resource.FieldChange{field("name", `"Acme"`, `"Acme Inc"`), field("custom_attributes.plan", `"silver"`, `"gold"`)},
			"name, custom_attributes.plan",
		},
		{"an attribute appeared", []resource.FieldChange{field("custom_attributes.plan", "", `"gold"`)}, "custom_attributes.plan"},
		{"a set in another order", []resource.FieldChange{field("self_provisioning_domains", `["b.com","a.com"]`, `["c.com"]`)}, ""},
		{"a number in other digits", []resource.FieldChange{field("custom_attributes.n", `1.0`, `2`)}, ""},
		{"it already is what is wanted", []resource.FieldChange{field("name", `"Acme"`, `"Moved"`), field("custom_attributes.n", `1`, `2`)}, ""},
		{"a setting", []resource.FieldChange{field("settings.jit_disabled", `false`, `false`), field("settings.enabled", `false`, `true`)}, ""},
		{"a setting is another", []resource.FieldChange{field("settings.session_token_expiration", `5`, `10`)}, "settings.session_token_expiration"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService().with("acme", live)
			s.reread = true
			outcome := s.run(t, options(), change(resource.ActionUpdate, "acme", c.fields...))
			got := result(t, outcome, "acme")
			if c.moved == "" {
				if got.Status != resource.StatusSuccess {
					t.Fatalf("got %+v", got.Error)
				}
				return
			}
			want := &resource.Fault{
				Code:    apply.CodeConflict,
				Message: c.moved + ` of tenant "acme" changed since the plan was made; nothing was written over it`,
				Hint:    "make a new plan, look at it, and apply that one",
			}
			if diff := cmp.Diff(want, got.Error); diff != "" {
				t.Error(diff)
			}
			if got.Status != resource.StatusFailed || outcome.Sent || s.lists != 0 || s.calls[0].effective {
				t.Errorf("status %s, sent %v, lists %d: nothing may have been sent", got.Status, outcome.Sent, s.lists)
			}
		})
	}
}

func TestConflictInTheSecondCallSaysThatTheFirstWasMade(t *testing.T) {
	s := newService().with("acme", map[string]resource.Value{"name": `"Acme"`})
	outcome := s.run(t, options(), change(resource.ActionUpdate, "acme",
		field("name", `"Acme"`, `"Acme Inc"`), field("settings.session_token_expiration", `5`, `10`)))
	got := result(t, outcome, "acme")
	if got.Error.Code != apply.CodeConflict || !strings.HasPrefix(got.Error.Message, "update done, settings failed: ") {
		t.Errorf("got %+v", got.Error)
	}
	if !outcome.Sent {
		t.Error("the first call was sent")
	}
}

// forgetful is a writer whose settings check gets a tenant without settings.
type forgetful struct{ *service }

func (f forgetful) UpdateSettings(_ context.Context, id string, edit resource.SettingsEdit) error {
	return edit.Check(f.tenant(id))
}

func TestCheckThatCannotSeeTheValueStopsTheWrite(t *testing.T) {
	s := newService().with("acme", map[string]resource.Value{"name": `"Acme"`})
	plan := &resource.Plan{Changes: []resource.Change{change(resource.ActionUpdate, "acme", field("settings.enabled", `true`, `false`))}}
	outcome, err := apply.Run(t.Context(), plan, []apply.Kind{apply.Tenants(forgetful{s}, s, apply.TenantOptions{})}, options())
	if err != nil {
		t.Fatal(err)
	}
	if got := result(t, outcome, "acme"); got.Status != resource.StatusFailed || got.Error.Message != `the settings of tenant "acme" were not read` {
		t.Errorf("got %s %+v", got.Status, got.Error)
	}
	checkSums(t, outcome)
}

// watchful is a writer that keeps the checks which it is given.
type watchful struct {
	*service
	checks map[string]func(resource.Tenant) error
}

func (w watchful) SetDefaultRoles(ctx context.Context, id string, edit resource.RolesEdit) error {
	w.checks["roles"] = edit.Check
	return w.service.SetDefaultRoles(ctx, id, edit)
}

func (w watchful) DeleteTenant(ctx context.Context, id string, edit resource.TenantDelete) error {
	w.checks["delete"] = edit.Check
	return w.service.DeleteTenant(ctx, id, edit)
}

// A write whose answer was lost is repeated only where its check finds the
// tenant as the plan saw it.
func TestChecksOfRepeatedWrites(t *testing.T) {
	parse := func(raw string) resource.Tenant {
		tenant, err := resource.ParseTenant(json.RawMessage(raw))
		if err != nil {
			t.Fatal(err)
		}
		return tenant
	}
	seen := parse(`{"id":"old","name":"Old","createdTime":1}`)
	base, err := seen.Digest()
	if err != nil {
		t.Fatal(err)
	}
	gone := remove("old")
	gone.BaseDigest = &base
	s := newService().with("acme", map[string]resource.Value{"defaultRoles": `["Viewer"]`}).with("old", nil)
	writer := watchful{s, map[string]func(resource.Tenant) error{}}
	opts := options()
	opts.Workers = 1 // the writer keeps its map for one
	plan := &resource.Plan{Changes: []resource.Change{change(resource.ActionUpdate, "acme", field("default_roles", `["Viewer"]`, `["Admin"]`)), gone}}
	if _, err := apply.Run(t.Context(), plan, []apply.Kind{apply.Tenants(writer, s, apply.TenantOptions{})}, opts); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, call, live, message string
	}{
		{"roles as before", "roles", `{"id":"acme","defaultRoles":["Viewer"]}`, ""},
		{"roles of somebody else", "roles", `{"id":"acme","defaultRoles":["Theirs"]}`, `default_roles of tenant "acme" changed since`},
		{"the tenant that was to go", "delete", `{"createdTime":1,"id":"old","name":"Old"}`, ""},
		{"another one with its id", "delete", `{"id":"old","name":"Old","createdTime":2}`, `tenant "old" changed since the plan was made; it was not deleted`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := writer.checks[test.call](parse(test.live))
			if (err == nil) != (test.message == "") || err != nil && !strings.HasPrefix(err.Error(), test.message) {
				t.Errorf("error = %v", err)
			}
		})
	}
	delete(writer.checks, "delete")
	plan = &resource.Plan{Changes: []resource.Change{remove("acme")}}
	if _, err := apply.Run(t.Context(), plan, []apply.Kind{apply.Tenants(writer, s, apply.TenantOptions{})}, opts); err != nil {
		t.Fatal(err)
	}
	if check, given := writer.checks["delete"]; !given || check != nil {
		t.Error("a check without anything to compare with")
	}
}

func TestUnexpectedIDFails(t *testing.T) {
	s := newService()
	s.giveID = func(string) string { return "T2abc" }
	outcome := s.run(t, options(), create("acme"))
	if diff := cmp.Diff([]string{"acme failed unexpected_id"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	s = newService()
	s.giveID = func(string) string { return "" } // an empty answer says nothing against it
	if diff := cmp.Diff([]string{"acme success"}, brief(s.run(t, options(), create("acme")))); diff != "" {
		t.Error(diff)
	}
}

// TestImpossiblePlansAreRefusedWhole: the good change beside the bad one is not
// sent either.
func TestImpossiblePlansAreRefusedWhole(t *testing.T) {
	with := func(change resource.Change, edit func(*resource.Change)) resource.Change {
		edit(&change)
		return change
	}
	update := func(fields ...resource.FieldChange) resource.Change {
		return change(resource.ActionUpdate, "acme", fields...)
	}
	cases := []struct {
		name    string
		changes []resource.Change
		want    string
	}{
		{
			"blocked",
			[]resource.Change{with(create("acme"), func(c *resource.Change) { c.Blocked = &resource.Blocked{Code: "protected", Message: "is protected"} })},
			"tenant/acme: the change is blocked (protected): is protected",
		},
		{
			"blocked although nothing would change",
			[]resource.Change{with(change(resource.ActionNoChange, "acme"), func(c *resource.Change) { c.Blocked = &resource.Blocked{} })},
			"is blocked",
		},
		{"unknown action", []resource.Change{change("replace", "acme")}, `unknown action "replace"`},
		{"no action", []resource.Change{change("", "acme")}, `unknown action ""`},
		{
			"unknown kind",
			[]resource.Change{{Address: "flow/x", Kind: "flow", ID: "x", Action: resource.ActionCreate}},
			`changes of kind "flow" cannot be applied`,
		},
		{"address of another object", []resource.Change{with(create("acme"), func(c *resource.Change) { c.ID = "other" })}, "does not agree"},
		{"no id", []resource.Change{create("")}, "does not agree"},
		{"the same address twice", []resource.Change{create("acme"), remove("acme")}, "tenant/acme stands in it twice"},
		{"waits for itself", []resource.Change{after(create("acme"), "acme")}, "in a circle: tenant/acme → tenant/acme"},
		{
			"a circle with a tail",
			[]resource.Change{after(create("tail"), "c"), after(create("b"), "a"), after(create("a"), "good", "c"), after(create("c"), "b")},
			"in a circle: tenant/c → tenant/b → tenant/a → tenant/c",
		},
		{"waits for what is not there", []resource.Change{after(create("acme"), "ghost")}, "waits for tenant/ghost, which the plan does not contain"},
		{"unknown field", []resource.Change{update(field("colour", "", `"red"`))}, `no field "colour"`},
		{"unknown setting", []resource.Change{update(field("settings.colour", "", `"red"`))}, `no field "settings.colour"`},
		{"path without its parts", []resource.Change{update(resource.FieldChange{Path: "name", After: `"x"`})}, `no field "" ("name")`},
		{"map as a whole", []resource.Change{update(field("custom_attributes", "", `{}`))}, "does not fit the shape"},
		{"key of a field that is no map", []resource.Change{update(resource.FieldChange{At: resource.Path{Field: "name", Key: "x"}, After: `"x"`})}, "does not fit the shape"},
		{"parent after the creation", []resource.Change{update(field("parent", "", `"group"`))}, "parent can be set at creation only"},
		{"field without a new value", []resource.Change{update(field("name", `"x"`, ""))}, "name has no new value"},
		{"setting without a new value", []resource.Change{update(field("settings.enabled", `true`, ""))}, "settings.enabled has no new value"},
		{"roles that are no strings", []resource.Change{update(field("default_roles", "", `[1]`))}, "default_roles must be a list of strings"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService().with("acme", nil)
			outcome, err := s.runContext(t.Context(), options(), append([]resource.Change{create("good")}, c.changes...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), "nothing was sent") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if len(s.calls)+s.lists+len(outcome.Results) != 0 {
				t.Errorf("calls were made: %v", s.sent())
			}
		})
	}
}

func TestMissingOptionsAndPlanAreErrors(t *testing.T) {
	s := newService()
	good := options()
	noWorkers, noClock := good, good
	noWorkers.Workers, noClock.Now = 0, nil
	for _, opts := range []apply.Options{noWorkers, noClock} {
		if _, err := s.runContext(t.Context(), opts, create("acme")); err == nil {
			t.Error("want an error")
		}
	}
	if _, err := apply.Run(t.Context(), nil, nil, good); err == nil {
		t.Error("want an error for no plan")
	}
	if len(s.calls) != 0 {
		t.Errorf("calls were made: %v", s.sent())
	}
}

func TestPlanThatWritesNothingCostsNothing(t *testing.T) {
	s := newService()
	outcome := s.run(t, options(), change(resource.ActionNoChange, "a"), change(resource.ActionNoChange, "b"))
	want := apply.Outcome{Results: []resource.Result{}, Summary: resource.ReportSummary{NoChange: 2}}
	if diff := cmp.Diff(want, outcome); diff != "" || s.lists != 0 {
		t.Errorf("%d lists, %s", s.lists, diff)
	}
}

// TestOutcomeIsInPlanOrder whatever the calls' order is.
func TestOutcomeIsInPlanOrder(t *testing.T) {
	s := newService().with("c", nil)
	outcome := s.run(t, options(), after(create("a"), "b"), after(create("b"), "d"), remove("c"), create("d"))
	if diff := cmp.Diff([]string{"a success", "b success", "c success", "d success"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	sent := s.sent()
	if slices.Index(sent, "create d") > slices.Index(sent, "create b") || slices.Index(sent, "create b") > slices.Index(sent, "create a") {
		t.Errorf("sent in the order %v", sent)
	}
}
