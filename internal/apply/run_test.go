package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestFailureSkipsWhatDependsOnItAndNothingElse(t *testing.T) {
	s := newService()
	s.behave = failing(map[string]behaviour{"create root": {before: errRefused}})
	outcome := s.run(t, options(),
		create("alone"), after(create("child"), "root"), after(create("grandchild"), "child", "alone"), create("root"))
	want := []string{"alone success", "child skipped dependency", "grandchild skipped dependency", "root failed E999"}
	if diff := cmp.Diff(want, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	if got := result(t, outcome, "child").Error.Message; got != "not sent: it needs the create of tenant/root, which failed" {
		t.Errorf("got %q", got)
	}
	if got := result(t, outcome, "grandchild").Error.Message; got != "not sent: it needs the create of tenant/child, which was skipped" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff(resource.ReportSummary{Create: 4, Succeeded: 1, Failed: 1, Skipped: 2}, outcome.Summary); diff != "" {
		t.Error(diff)
	}
}

func TestSkippedNamesTheFirstObstacleWhateverEndsFirst(t *testing.T) {
	s := newService()
	s.behave = failing(map[string]behaviour{"create x": {before: errRefused}, "create y": {before: errRefused}})
	for range 50 {
		outcome := s.run(t, options(), after(create("a"), "y", "x"), create("x"), create("y"))
		if got := result(t, outcome, "a").Error.Message; !strings.Contains(got, "tenant/y") {
			t.Fatalf("got %q", got)
		}
	}
}

func TestDependencyOnAChangeThatWritesNothingIsFulfilled(t *testing.T) {
	s := newService()
	outcome := s.run(t, options(), after(create("child"), "root", "root"), change(resource.ActionNoChange, "root"))
	if diff := cmp.Diff([]string{"child success"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
}

func TestLostAnswerOfAParentKeepsItsChildrenBack(t *testing.T) {
	s := newService()
	s.behave = failing(map[string]behaviour{"create root": {after: errLost}})
	outcome := s.run(t, options(), after(create("child"), "root"), create("root"))
	if diff := cmp.Diff([]string{"child skipped dependency", "root success"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	if got := result(t, outcome, "child").Error.Message; !strings.Contains(got, "has no known outcome") {
		t.Errorf("got %q", got)
	}
}

func TestChangeThatFailsHalfWaySaysHowFarItCame(t *testing.T) {
	full := func() resource.Change {
		return create("acme", field("settings.enabled", "", `true`), field("default_roles", "", `["Viewer"]`))
	}
	cases := []struct {
		name string
		when string
		do   behaviour
		want resource.Fault
	}{
		{
			"first call", "create acme",
			behaviour{before: errRefused},
			resource.Fault{Code: "E999", Status: 400, Message: "create failed: refused; settings, default roles not sent", Hint: "look"},
		},
		{
			"second call", "settings acme",
			behaviour{before: errRefused},
			resource.Fault{Code: "E999", Status: 400, Message: "create done, settings failed: refused; default roles not sent", Hint: "look; the next run completes the change"},
		},
		{
			"last call", "roles acme",
			behaviour{before: errRefused},
			resource.Fault{Code: "E999", Status: 400, Message: "create, settings done, default roles failed: refused", Hint: "look; the next run completes the change"},
		},
		{
			"an error without a code", "roles acme",
			behaviour{before: errors.New("odd")},
			resource.Fault{Code: "error", Message: "create, settings done, default roles failed: odd", Hint: "the next run completes the change"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newService()
			s.behave = failing(map[string]behaviour{c.when: c.do})
			outcome := s.run(t, options(), full())
			got := result(t, outcome, "acme")
			if diff := cmp.Diff(&c.want, got.Error); diff != "" || got.Status != resource.StatusFailed {
				t.Errorf("%s: %s", got.Status, diff)
			}
		})
	}
}

func TestRequestsAndDurationAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.behave = func(op, _ string) behaviour {
			return behaviour{wait: func(ctx context.Context) error {
				time.Sleep(150 * time.Millisecond) // virtual
				return countRequest(ctx, map[string]int64{"create": 1, "settings": 2}[op])
			}}
		}
		opts := options()
		opts.Now, opts.CountAttempts = time.Now, countAttempts
		opts.CountWaits = func(ctx context.Context, n *atomic.Int64) context.Context {
			n.Add(int64(120 * time.Millisecond))
			return ctx
		}
		got := result(t, s.run(t, opts, create("acme", field("settings.enabled", "", `true`))), "acme")
		if got.Attempts != 3 || got.DurationMS != 300 || got.WaitedMS != 120 {
			t.Errorf("%d attempts in %d ms, %d of them waiting, want 3 in 300, 120", got.Attempts, got.DurationMS, got.WaitedMS)
		}
	})
}

func TestPoolIsAsWideAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.behave = func(string, string) behaviour {
			return behaviour{wait: func(context.Context) error { time.Sleep(50 * time.Millisecond); return nil }}
		}
		opts := options()
		opts.Workers = 10
		var changes []resource.Change
		for i := range 100 {
			changes = append(changes, create(fmt.Sprintf("t%03d", i)))
		}
		begin := time.Now()
		outcome := s.run(t, opts, changes...)
		if took := time.Since(begin); took != 500*time.Millisecond || s.most != 10 {
			t.Errorf("100 creates of 50 ms took %s with %d at once, want 500ms with 10", took, s.most)
		}
		if outcome.Summary.Succeeded != 100 {
			t.Errorf("got %+v", outcome.Summary)
		}
	})
}

func TestOneWorkerKeepsThePlansOrder(t *testing.T) {
	s := newService().with("b", nil)
	opts := options()
	opts.Workers = 1
	s.run(t, opts, create("a"), remove("b"), after(create("c"), "d"), create("d"), create("e"))
	if diff := cmp.Diff([]string{"create a", "delete b", "create d", "create e", "create c"}, s.sent()); diff != "" {
		t.Error(diff)
	}
}

func TestPanicLeavesItsChangeInDoubtOnly(t *testing.T) {
	s := newService()
	s.behave = failing(map[string]behaviour{"create bad": {panics: "the key is K123"}})
	outcome := s.run(t, options(), create("bad"), after(create("child"), "bad"), create("good"))
	if diff := cmp.Diff([]string{"bad failed not_applied", "child skipped dependency", "good success"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	if len(outcome.Panics) != 1 || outcome.Panics[0].Address != address("bad") || outcome.Panics[0].Value != "the key is K123" ||
		!strings.Contains(string(outcome.Panics[0].Stack), "fake_test.go") {
		t.Errorf("got %+v", outcome.Panics)
	}
	if text := fmt.Sprint(*result(t, outcome, "bad").Error); strings.Contains(text, "K123") {
		t.Errorf("the panic's text is shown: %s", text)
	}
	if !outcome.Sent {
		t.Error("nobody knows whether the call was sent, so it counts as sent")
	}
}

// TestPanicOfACallbackLeavesNoGoroutine: the test binary looks for leaks.
func TestPanicOfACallbackLeavesNoGoroutine(t *testing.T) {
	s := newService()
	opts := options()
	opts.Events = func(event apply.Event) {
		if event.Type == apply.EventFinished {
			panic("view")
		}
	}
	defer func() {
		if recover() != "view" {
			t.Error("want the callback's panic")
		}
	}()
	_, _ = s.runContext(t.Context(), opts, create("a"), create("b"), create("c"), create("d"), create("e"))
}

func TestEventsTellTheRunInOrder(t *testing.T) {
	s := newService().with("b", map[string]resource.Value{"name": `"B"`})
	s.behave = failing(map[string]behaviour{"create a": {before: errRefused}, "delete b": {after: errLost}})
	var told []string
	opts := options()
	opts.Workers = 1
	opts.Record = func(resource.Address, resource.Action) error { return errors.New("disk full") }
	opts.Events = func(event apply.Event) {
		line := fmt.Sprintf("%s %d/%d", event.Type, event.Finished, event.Total)
		if event.Result.Address != "" {
			line += fmt.Sprintf(" %s %s %s", event.Result.Action, event.Result.Address, event.Result.Status)
		}
		told = append(told, strings.TrimSpace(line+" "+event.Message))
	}
	outcome := s.run(t, opts, create("a"), remove("b"), after(create("c"), "a"))
	want := []string{
		"started 0/3 create tenant/a",
		"finished 1/3 create tenant/a failed",
		"finished 2/3 create tenant/c skipped",
		"started 2/3 delete tenant/b",
		"finished 3/3 delete tenant/b unknown",
		"verifying 3/3",
		"corrected 3/3 delete tenant/b success",
		"warning 3/3 the record of what this tool owns is not up to date for 1 of the changes; first: disk full",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if len(outcome.Warnings) != 1 || !strings.HasSuffix(want[7], outcome.Warnings[0]) {
		t.Errorf("got %q", outcome.Warnings)
	}
}

// TestRecordNamesWhatThisToolChanged: whole changes, those that were made in
// part, those whose lost answer turned out well; nothing else, nothing twice.
func TestRecordNamesWhatThisToolChanged(t *testing.T) {
	s := newService().with("gone", nil).with("stays", map[string]resource.Value{"name": `"x"`})
	s.behave = failing(map[string]behaviour{
		"settings half":   {before: errRefused},
		"create refused":  {before: errRefused},
		"create lost":     {after: errLost},
		"create neverwas": {before: errLost},
		"settings unsure": {after: errLost},
		"create partly":   {after: errLost},
		"roles late":      {after: errLost},
	})
	setting := field("settings.enabled", "", `true`)
	got := map[string]int{}
	opts := options()
	opts.Record = func(address resource.Address, action resource.Action) error {
		got[string(action)+" "+address.ID()]++
		return nil
	}
	outcome := s.run(t, opts, create("whole"), create("half", setting), create("refused"), create("lost"), create("neverwas"),
		create("unsure", setting), create("partly", setting), create("late", field("default_roles", "", `["a"]`)), after(create("skipped"), "refused"), remove("gone"),
		change(resource.ActionUpdate, "stays", field("name", `"x"`, `"y"`)))
	want := map[string]int{
		"create whole": 1, "create half": 1, "create lost": 1, "create unsure": 1, "create partly": 1, "create late": 1, "delete gone": 1, "update stays": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(outcome.Warnings) != 0 {
		t.Errorf("got %q", outcome.Warnings)
	}
}
