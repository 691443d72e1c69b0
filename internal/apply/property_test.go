package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// fates are what can happen to one call.
var fates = map[string]behaviour{
	"":                {},
	"refused":         {before: errRefused},
	"lost, no effect": {before: errLost},
	"lost, effect":    {after: errLost},
	"panic":           {panics: "fault"},
}

// scenario is a random plan over a random project, and the fate of every call.
type scenario struct {
	changes []resource.Change
	ops     map[string][]string // the calls of a change, by id, in order
	fates   map[string]string   // by "op id"
}

func drawScenario(t *rapid.T, names []string) scenario {
	sc := scenario{ops: map[string][]string{}, fates: map[string]string{}}
	n := rapid.IntRange(0, 12).Draw(t, "changes")
	for i := range n {
		id := fmt.Sprintf("t%02d", i)
		var c resource.Change
		ops := []string{"delete"}
		switch action := rapid.SampledFrom([]resource.Action{
			resource.ActionCreate, resource.ActionCreate, resource.ActionUpdate, resource.ActionDelete, resource.ActionNoChange,
		}).Draw(t, "action"); action {
		case resource.ActionCreate:
			c, ops = create(id), []string{"create"}
		case resource.ActionUpdate:
			c, ops = change(action, id), nil
			if rapid.Bool().Draw(t, "rename") {
				c.Fields, ops = append(c.Fields, field("name", `"before"`, `"after"`)), []string{"update"}
			}
		default:
			c = change(action, id)
		}
		if c.Action == resource.ActionCreate || c.Action == resource.ActionUpdate {
			if rapid.Bool().Draw(t, "settings") {
				c.Fields, ops = append(c.Fields, field("settings.enabled", "", `true`)), append(ops, "settings")
			}
			if rapid.Bool().Draw(t, "roles") {
				c.Fields, ops = append(c.Fields, field("default_roles", "", `["a"]`)), append(ops, "roles")
			}
		}
		sc.changes = append(sc.changes, c)
		if c.Action.Writes() {
			sc.ops[id] = ops
			for _, op := range ops {
				sc.fates[op+" "+id] = rapid.SampledFrom(names).Draw(t, "fate")
			}
		}
	}
	// Edges go backwards in a random order of the changes, so there is no circle.
	if n > 0 {
		order := rapid.Permutation(indices(n)).Draw(t, "order")
		for at := 1; at < n; at++ {
			for range rapid.IntRange(0, 2).Draw(t, "edges") {
				need := order[rapid.IntRange(0, at-1).Draw(t, "need")]
				sc.changes[order[at]].After = append(sc.changes[order[at]].After, sc.changes[need].Address)
			}
		}
	}
	return sc
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func (sc scenario) service() *service {
	s := newService()
	for _, c := range sc.changes {
		if c.Action != resource.ActionCreate {
			s.with(c.ID, map[string]resource.Value{"name": `"before"`})
			s.settings[c.ID]["enabled"] = `false`
		}
	}
	s.behave = func(op, id string) behaviour { return fates[sc.fates[op+" "+id]] }
	return s
}

// expected works out, by the book and without any engine, where each change ends.
func (sc scenario) expected(verified bool) map[string]resource.Status {
	sent, final := map[string]resource.Status{}, map[string]resource.Status{}
	var visit func(c resource.Change) resource.Status
	visit = func(c resource.Change) resource.Status {
		if !c.Action.Writes() {
			return resource.StatusSuccess
		}
		if status, known := sent[c.ID]; known {
			return status
		}
		status, settled := resource.StatusSuccess, resource.StatusSuccess
		for _, need := range c.After {
			needed := sc.changes[slices.IndexFunc(sc.changes, func(c resource.Change) bool { return c.Address == need })]
			outcome := visit(needed)
			begun := outcome != resource.StatusSkipped && len(sc.ops[needed.ID]) > 0 && sc.fates[sc.ops[needed.ID][0]+" "+needed.ID] == ""
			if outcome != resource.StatusSuccess && !begun {
				status, settled = resource.StatusSkipped, resource.StatusSkipped
			}
		}
		if status == resource.StatusSuccess {
			status, settled = sc.calls(c.ID, verified)
		}
		sent[c.ID], final[c.ID] = status, settled
		return status
	}
	for _, c := range sc.changes {
		visit(c)
	}
	return final
}

// calls is the outcome of a change's calls before and after the verification.
func (sc scenario) calls(id string, verified bool) (sent, final resource.Status) {
	for i, op := range sc.ops[id] {
		last := i == len(sc.ops[id])-1
		switch fate := sc.fates[op+" "+id]; {
		case fate == "":
			continue
		case fate == "refused":
			return resource.StatusFailed, resource.StatusFailed
		case !verified || op == "settings":
			return resource.StatusUnknown, resource.StatusUnknown
		case fate == "lost, effect" && last:
			return resource.StatusUnknown, resource.StatusSuccess
		default:
			return resource.StatusUnknown, resource.StatusFailed
		}
	}
	return resource.StatusSuccess, resource.StatusSuccess
}

// checkCalls: nothing is sent twice, the pool's width holds, and whatever a
// change depends on was over, with success, before its own first call.
func (sc scenario) checkCalls(t failer, s *service, workers int) {
	t.Helper()
	first, last := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, call := range s.calls {
		if key := call.op + " " + call.id; seen[key] {
			t.Errorf("%q was sent twice", key)
		} else {
			seen[key] = true
		}
		if _, found := first[call.id]; !found {
			first[call.id] = call.begin
		}
		last[call.id] = call.end
	}
	if s.most > workers {
		t.Errorf("%d calls at once with %d workers", s.most, workers)
	}
	for _, c := range sc.changes {
		begin, sent := first[c.ID]
		for _, need := range c.After {
			ops := sc.ops[need.ID()]
			if !sent || len(ops) == 0 {
				continue
			}
			if end, found := last[need.ID()]; !found || end > begin || !seen[ops[0]+" "+need.ID()] {
				t.Errorf("%s was sent before %s was over", c.ID, need)
			}
		}
	}
}

func TestAnyPlanUnderAnyFaultsTellsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := drawScenario(t, []string{"", "", "", "refused", "lost, no effect", "lost, effect", "panic"})
		s := sc.service()
		verified := rapid.IntRange(0, 4).Draw(t, "list") > 0
		if !verified {
			s.listErr = errRefused
		}
		opts := options()
		opts.Workers = rapid.IntRange(1, 5).Draw(t, "workers")
		finished := 0
		opts.Events = func(event apply.Event) {
			if event.Type == apply.EventFinished {
				finished++
				if event.Finished != finished {
					t.Errorf("event %d says %d", finished, event.Finished)
				}
			}
		}
		outcome, err := s.runContext(context.Background(), opts, sc.changes...)
		if err != nil {
			t.Fatal(err)
		}
		checkSums(t, outcome)
		sc.checkCalls(t, s, opts.Workers)
		got := map[string]resource.Status{}
		for _, result := range outcome.Results {
			got[result.Address.ID()] = result.Status
		}
		if diff := cmp.Diff(sc.expected(verified), got); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if finished != len(outcome.Results) {
			t.Errorf("%d events for %d results", finished, len(outcome.Results))
		}
		if sent := len(s.calls) > 0; outcome.Sent != sent || s.lists != map[bool]int{true: 1}[sent] || outcome.Verified != (sent && verified) {
			t.Errorf("%d calls: sent %v, verified %v, %d lists", len(s.calls), outcome.Sent, outcome.Verified, s.lists)
		}
	})
}

// failures collects what went wrong inside of a bubble, where rapid's own
// failures cannot pass.
type failures []string

func (f *failures) Helper()                           {}
func (f *failures) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func TestAnyInterruptionEndsInTimeAndTellsTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sc := drawScenario(rt, []string{"", "", "refused", "lost, effect"})
		takes := map[string]time.Duration{}
		for _, c := range sc.changes {
			for _, op := range sc.ops[c.ID] {
				takes[op+" "+c.ID] = time.Duration(rapid.IntRange(0, 8).Draw(rt, "takes")) * time.Second
			}
		}
		// Half seconds, so that nothing happens at the very moment of the interruption.
		stopAt := time.Duration(rapid.IntRange(0, 20).Draw(rt, "stop at"))*time.Second + time.Second/2
		grace := time.Duration(rapid.IntRange(0, 5).Draw(rt, "grace")) * time.Second
		workers := rapid.IntRange(1, 3).Draw(rt, "workers")

		var found failures
		synctest.Test(t, func(t *testing.T) {
			s := sc.service()
			begin, late := time.Now(), []string(nil)
			s.behave = func(op, id string) behaviour {
				do := fates[sc.fates[op+" "+id]]
				do.wait = lasting(takes[op+" "+id])
				first := len(sc.ops[id]) > 0 && sc.ops[id][0] == op
				if first && time.Since(begin) > stopAt {
					late = append(late, op+" "+id)
				}
				return do
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			defer time.AfterFunc(stopAt, func() { cancel(errors.New("signal")) }).Stop()
			opts := options()
			opts.Workers, opts.Grace = workers, grace
			outcome, err := s.runContext(ctx, opts, sc.changes...)
			if err != nil {
				found.Errorf("%v", err)
				return
			}
			checkSums(&found, outcome)
			sc.checkCalls(&found, s, workers)
			took := time.Since(begin)
			if len(late) > 0 {
				found.Errorf("started after the interruption: %v", late)
			}
			if took > stopAt+grace {
				found.Errorf("ended %s after the interruption, with %s of grace", took-stopAt, grace)
			}
			if stopped := took >= stopAt; outcome.Interrupted != stopped || (stopped && s.lists > 0) {
				found.Errorf("took %s, stopped at %s: interrupted %v, %d lists", took, stopAt, outcome.Interrupted, s.lists)
			}
			for _, result := range outcome.Results {
				if result.Status == resource.StatusSkipped && result.Error.Code == apply.CodeInterrupted && !outcome.Interrupted {
					found.Errorf("%s was skipped by an interruption that was none", result.Address)
				}
			}
		})
		if len(found) > 0 {
			rt.Fatalf("%q", []string(found))
		}
	})
}
