package apply_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

type fields = map[string]resource.Value

// TestLostAnswersAreResolvedByTheList: what the list shows decides.
func TestLostAnswersAreResolvedByTheList(t *testing.T) {
	update := change(resource.ActionUpdate, "acme", field("name", `"Old"`, `"New"`), field("disabled", `false`, `true`))
	settings := field("settings.enabled", `false`, `true`)
	cases := []struct {
		name    string
		live    fields // before the run; nil: no such tenant
		change  resource.Change
		lost    string // the call whose answer is lost
		effect  bool   // whether it has its effect all the same
		console fields // what somebody else writes before the list call
		want    string
		message string // a part of it
	}{
		{"create was made", nil, create("acme"), "create", true, nil, "success", ""},
		{"create was not made", nil, create("acme"), "create", false, nil, "failed not_applied", "the write did not take effect: connection lost"},
		{"somebody else made it otherwise", nil, create("acme"), "create", true, fields{"name": `"Other"`}, "failed conflict", "not the planned ones: name"},
		{"create was made, its settings not sent", nil, create("acme", settings), "create", true, nil, "failed incomplete", "create took effect although its answer was lost (connection lost); settings not sent"},
		{"create was not made, nor its settings", nil, create("acme", settings), "create", false, nil, "failed not_applied", "create did not take effect: connection lost; settings not sent"},
		{"settings do not show", nil, create("acme", settings), "settings", true, nil, "unknown E999", "create done, settings unanswered: connection lost"},
		{"settings do not show, but the rest was undone", nil, create("acme", settings), "settings", true, fields{"name": `"Other"`}, "failed not_in_effect", "create was accepted, but live values are not the planned ones: name"},
		{"roles were set", nil, create("acme", field("default_roles", "", `["a","b"]`)), "roles", true, fields{"defaultRoles": `["b","a"]`}, "success", ""},
		{"roles were not set", nil, create("acme", field("default_roles", "", `["a"]`)), "roles", false, nil, "failed not_applied", "create done, default roles did not take effect: connection lost"},
		{"update was made", fields{"name": `"Old"`, "disabled": `false`}, update, "update", true, nil, "success", ""},
		{"update was not made", fields{"name": `"Old"`}, update, "update", false, nil, "failed not_applied", "the write did not take effect"},
		{"update and something else", fields{"name": `"Old"`, "disabled": `false`}, update, "update", true, fields{"name": `"Other"`}, "failed conflict", "not the planned ones: name"},
		{"half of the update", fields{"name": `"Old"`, "disabled": `false`}, update, "update", false, fields{"disabled": `true`}, "failed conflict", "not the planned ones: name"},
		{"delete was made", fields{"name": `"Old"`}, remove("acme"), "delete", true, nil, "success", ""},
		{"delete was not made", fields{"name": `"Old"`}, remove("acme"), "delete", false, nil, "failed not_applied", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService()
			if c.live != nil {
				s.with("acme", c.live)
				s.settings["acme"]["enabled"] = `false`
			}
			do := behaviour{before: errLost}
			if c.effect {
				do = behaviour{after: errLost}
			}
			s.behave = failing(map[string]behaviour{c.lost + " acme": do})
			s.beforeL = func() {
				if c.console != nil {
					maps.Copy(s.tenants["acme"], c.console)
				}
			}
			outcome := s.run(t, options(), c.change)
			if got := brief(outcome)[0]; got != "acme "+c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if fault := outcome.Results[0].Error; fault != nil && !strings.Contains(fault.Message, c.message) {
				t.Errorf("the message is %q", fault.Message)
			}
			if !outcome.Verified || s.lists != 1 {
				t.Errorf("verified %v, %d list calls", outcome.Verified, s.lists)
			}
		})
	}
}

func TestUpdateOfATenantThatVanishedIsAConflict(t *testing.T) {
	s := newService().with("acme", fields{"name": `"Old"`})
	s.behave = failing(map[string]behaviour{"update acme": {after: errLost}})
	s.beforeL = func() { delete(s.tenants, "acme") }
	outcome := s.run(t, options(), change(resource.ActionUpdate, "acme", field("name", `"Old"`, `"New"`)))
	if diff := cmp.Diff([]string{"acme failed conflict"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
}

// TestAcceptedWritesThatDoNotShowAreFailures: a 200 alone is no success.
func TestAcceptedWritesThatDoNotShowAreFailures(t *testing.T) {
	s := newService().with("update", fields{"name": `"Old"`}).with("delete", fields{"name": `"x"`}).with("odd", fields{"name": `"Old"`})
	s.with("vanished", nil).tenants["vanished"] = fields{"name": `"x"`}
	s.beforeL = func() {
		delete(s.tenants, "create")
		delete(s.tenants, "vanished")
		s.tenants["update"]["name"] = `"Old"`
		s.tenants["odd"]["name"] = `"Third"`
		s.tenants["delete"] = fields{"name": `"x"`}
	}
	outcome := s.run(t, options(), create("create"), remove("delete"),
		change(resource.ActionUpdate, "odd", field("name", `"Old"`, `"New"`)),
		change(resource.ActionUpdate, "update", field("name", `"Old"`, `"New"`)),
		change(resource.ActionUpdate, "vanished", field("settings.enabled", `true`, `false`)))
	want := map[string]string{
		"create":   "create was accepted, but there is no such tenant",
		"delete":   "delete was accepted, but the tenant is still there",
		"odd":      "update was accepted, but live values are not the planned ones: name",
		"update":   "update was accepted, but live values are as before: name",
		"vanished": "settings was accepted, but the tenant is gone",
	}
	for id, message := range want {
		got := result(t, outcome, id)
		if got.Status != resource.StatusFailed || got.Error.Code != apply.CodeNotInEffect || got.Error.Message != message {
			t.Errorf("%s: %s %+v", id, got.Status, got.Error)
		}
	}
	if !outcome.Verified || outcome.Summary.Failed != 5 {
		t.Errorf("verified %v, %+v", outcome.Verified, outcome.Summary)
	}
}

// TestSameValuesInAnotherFormAreInEffect: the service may sort, and drop what is zero.
func TestSameValuesInAnotherFormAreInEffect(t *testing.T) {
	s := newService()
	s.beforeL = func() {
		delete(s.tenants["acme"], "disabled")
		s.tenants["acme"]["selfProvisioningDomains"] = `["a.com","b.com"]`
		s.tenants["acme"]["customAttributes"] = `{"n":1,"of-somebody-else":2}`
	}
	outcome := s.run(t, options(), create("acme", field("disabled", "", `false`),
		field("self_provisioning_domains", "", `["b.com","a.com","b.com"]`), field("custom_attributes.n", "", `1.0`)))
	if diff := cmp.Diff([]string{"acme success"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
}

func TestVerificationThatFailsLeavesTheResultsAndWarns(t *testing.T) {
	cases := []struct {
		name   string
		fail   func(*service, context.CancelFunc)
		want   string
		panics int
		stops  bool
	}{
		{"error", func(s *service, _ context.CancelFunc) { s.listErr = errRefused }, "the result could not be verified: refused; look; run plan to see what is live", 0, false},
		{"panic", func(s *service, _ context.CancelFunc) { s.beforeL = func() { panic("K123") } }, "the result could not be verified: the program has a fault", 1, false},
		{"interruption", func(s *service, cancel context.CancelFunc) { s.beforeL = cancel }, "the result could not be verified: context canceled; run plan to see what is live", 0, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService()
			s.behave = failing(map[string]behaviour{"create lost": {after: errLost}, "create refused": {before: errRefused}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.fail(s, cancel)
			outcome, err := s.runContext(ctx, options(), create("good"), create("lost"), create("refused"))
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, outcome)
			if diff := cmp.Diff([]string{"good success", "lost unknown E999", "refused failed E999"}, brief(outcome)); diff != "" {
				t.Error(diff)
			}
			if len(outcome.Warnings) != 1 || !strings.HasPrefix(outcome.Warnings[0], c.want) || strings.Contains(outcome.Warnings[0], "K123") {
				t.Errorf("got %q", outcome.Warnings)
			}
			if outcome.Verified || len(outcome.Panics) != c.panics || outcome.Interrupted != c.stops || s.lists != 1 {
				t.Errorf("verified %v, panics %v, interrupted %v, %d lists", outcome.Verified, outcome.Panics, outcome.Interrupted, s.lists)
			}
		})
	}
}

// TestLateInterruptionOfAVerifiedRunChangesNothing: everything was done.
func TestLateInterruptionOfAVerifiedRunChangesNothing(t *testing.T) {
	s := newService().with("old", fields{"name": `"x"`})
	s.behave = failing(map[string]behaviour{"delete old": {after: errLost}})
	ctx, cancel := context.WithCancel(t.Context())
	opts := options()
	opts.Events = func(event apply.Event) {
		if event.Type == apply.EventCorrected {
			cancel()
		}
	}
	outcome, err := s.runContext(ctx, opts, remove("old"))
	if err != nil || !outcome.Verified || outcome.Interrupted {
		t.Errorf("verified %v, interrupted %v, %v", outcome.Verified, outcome.Interrupted, err)
	}
	cancel()
}

// gadget is a second kind: the engine must not know what a tenant is.
type gadget struct {
	name     resource.Kind
	observed int
	see      func() (apply.Observed, error)
	send     error
}

type effectFunc func(apply.Step) apply.Effect

func (f effectFunc) Effect(_ resource.Change, step apply.Step) apply.Effect { return f(step) }

func (g *gadget) Name() resource.Kind { return g.name }

func (g *gadget) Steps(resource.Change) ([]apply.Step, error) {
	return []apply.Step{{Name: "turn", Send: func(context.Context) error { return g.send }}}, nil
}

func (g *gadget) Observe(context.Context, []resource.Change) (apply.Observed, error) {
	g.observed++
	return g.see()
}

func TestEachWrittenKindIsReadOnce(t *testing.T) {
	one := func(name resource.Kind) resource.Change {
		return resource.Change{Address: resource.NewAddress(name, "x"), Kind: name, ID: "x", Action: resource.ActionUpdate}
	}
	done := func() (apply.Observed, error) {
		return effectFunc(func(apply.Step) apply.Effect { return apply.Effect{State: apply.EffectDone} }), nil
	}
	wheel := &gadget{name: "wheel", see: done, send: errLost}
	lever := &gadget{name: "lever", see: func() (apply.Observed, error) { return nil, errors.New("jammed") }, send: errLost}
	dial := &gadget{name: "dial", see: func() (apply.Observed, error) {
		return effectFunc(func(apply.Step) apply.Effect { panic("dial") }), nil
	}}
	idle := &gadget{name: "idle", see: done}
	skipped, broken := one("idle"), &gadget{name: "broken", see: done, send: errRefused}
	skipped.After = []resource.Address{"broken/x"}
	plan := &resource.Plan{Changes: []resource.Change{one("broken"), one("dial"), skipped, one("lever"), one("wheel")}}
	outcome, err := apply.Run(t.Context(), plan, []apply.Kind{broken, dial, idle, lever, wheel}, options())
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, outcome)
	if diff := cmp.Diff([]string{"x failed E999", "x success", "x skipped dependency", "x unknown E999", "x success"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	if wheel.observed != 1 || lever.observed != 1 || dial.observed != 1 || idle.observed != 0 {
		t.Errorf("observed %d, %d, %d, %d times", wheel.observed, lever.observed, dial.observed, idle.observed)
	}
	if outcome.Verified || len(outcome.Warnings) != 2 || len(outcome.Panics) != 1 {
		t.Errorf("verified %v, warnings %q, panics %d", outcome.Verified, outcome.Warnings, len(outcome.Panics))
	}
}
