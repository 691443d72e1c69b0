package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flows is an in-memory service of flows, which gives tasks other numbers on
// import, as the real one gives screens other ids.
type flows struct {
	mu       sync.Mutex
	live     map[string]resource.Value
	calls    []string
	fail     error // of imports and deletes
	effect   bool  // the failing call has its effect all the same
	meantime func(f *flows)
	unread   error
}

func flowDocument(t *testing.T, id, text, task string) resource.Value {
	t.Helper()
	value, err := resource.ParseValue([]byte(`{"flowId":"` + id + `","metadata":{"name":"` + id + `"},"contents":{"startTask":"start","tasks":{` +
		`"start":{"id":"start","name":"Start","next":{"rules":[{"interactionId":"","taskId":"` + task + `"}]}},` +
		`"` + task + `":{"id":"` + task + `","name":"Say","type":"automated","action":"say","arguments":{"text":{"type":"inline","value":"` + text + `"}},` +
		`"next":{"rules":[{"interactionId":"success","taskId":"0"}]}},"0":{"id":"0","name":"End","type":"automated","action":"logged-in","next":{}}}},"screens":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (f *flows) FlowIfThere(_ context.Context, id string) (*resource.Flow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "export "+id)
	document, found := f.live[id]
	if f.unread != nil || !found {
		return nil, f.unread
	}
	flow, err := resource.Flow{ID: id}.WithDocument(json.RawMessage(document))
	return &flow, err
}

func (f *flows) ImportFlow(ctx context.Context, id string, edit resource.FlowImport) error {
	if f.meantime != nil {
		f.meantime(f)
	}
	live, err := f.FlowIfThere(ctx, id)
	if err != nil {
		return err
	}
	if err := edit.Check(live); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "import "+id+" "+edit.Changelog)
	if f.fail == nil || f.effect {
		f.live[id] = resource.Value(strings.ReplaceAll(string(edit.Document), `"7"`, `"8"`))
	}
	return f.fail
}

func (f *flows) DeleteFlow(_ context.Context, id string, _ func(resource.Flow) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "delete "+id)
	if f.fail == nil || f.effect {
		delete(f.live, id)
	}
	return f.fail
}

func flowChange(id string, action resource.Action, before, after resource.Value) resource.Change {
	return resource.Change{
		Address: resource.NewAddress(resource.KindFlow, id), Kind: resource.KindFlow, ID: id, Action: action,
		Flow: &resource.FlowChange{Before: before, After: after},
	}
}

func TestFlowsAreWrittenAndVerified(t *testing.T) {
	old, wanted := flowDocument(t, "a", "old", "7"), flowDocument(t, "a", "new", "7")
	for _, test := range []struct {
		name    string
		service *flows
		change  resource.Change
		want    string
		calls   []string
	}{
		{
			"an update", &flows{live: map[string]resource.Value{"a": old}}, flowChange("a", resource.ActionUpdate, old, wanted),
			"a success",
			[]string{"export a", "import a run 1", "export a"},
		},
		{
			"a create", &flows{live: map[string]resource.Value{}}, flowChange("a", resource.ActionCreate, resource.Absent, wanted),
			"a success",
			[]string{"export a", "import a run 1", "export a"},
		},
		{
			"a delete", &flows{live: map[string]resource.Value{"a": old}}, flowChange("a", resource.ActionDelete, old, resource.Absent),
			"a success",
			[]string{"export a", "delete a", "export a"},
		},
		{
			"a flow that somebody has changed", &flows{live: map[string]resource.Value{"a": flowDocument(t, "a", "other", "7")}},
			flowChange("a", resource.ActionUpdate, old, wanted), "a failed conflict",
			[]string{"export a"},
		},
		{
			"a flow that somebody has renumbered", &flows{live: map[string]resource.Value{"a": flowDocument(t, "a", "old", "5")}},
			flowChange("a", resource.ActionUpdate, old, wanted), "a success",
			[]string{"export a", "import a run 1", "export a"},
		},
		{
			"a flow that is gone", &flows{live: map[string]resource.Value{}},
			flowChange("a", resource.ActionUpdate, old, wanted), "a failed conflict",
			[]string{"export a"},
		},
		{
			"a flow that somebody has created", &flows{live: map[string]resource.Value{"a": old}},
			flowChange("a", resource.ActionCreate, resource.Absent, wanted), "a failed conflict",
			[]string{"export a"},
		},
		{
			"a lost answer with effect", &flows{live: map[string]resource.Value{"a": old}, fail: errLost, effect: true},
			flowChange("a", resource.ActionUpdate, old, wanted), "a success",
			[]string{"export a", "import a run 1", "export a"},
		},
		{
			"a lost answer without effect", &flows{live: map[string]resource.Value{"a": old}, fail: errLost},
			flowChange("a", resource.ActionUpdate, old, wanted), "a failed not_applied",
			[]string{"export a", "import a run 1", "export a"},
		},
		{
			"a lost answer to a delete", &flows{live: map[string]resource.Value{"a": old}, fail: errLost},
			flowChange("a", resource.ActionDelete, old, resource.Absent), "a failed not_applied",
			[]string{"export a", "delete a", "export a"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			kind := apply.Flows(test.service, test.service, apply.FlowOptions{Changelog: "run 1", Workers: 2})
			outcome, err := apply.Run(t.Context(), &resource.Plan{Changes: []resource.Change{test.change}}, []apply.Kind{kind}, options())
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, outcome)
			if diff := cmp.Diff([]string{test.want}, brief(outcome)); diff != "" {
				t.Error(diff)
			}
			calls := test.service.calls
			if outcome.Sent == (test.want == "a failed conflict") || !slices.Equal(calls[:len(test.calls)], test.calls) {
				t.Errorf("sent %v, calls %v, want %v", outcome.Sent, calls, test.calls)
			}
		})
	}
}

func TestFlowsThatCannotBeVerified(t *testing.T) {
	old, wanted := flowDocument(t, "a", "old", "7"), flowDocument(t, "a", "new", "7")
	service := &flows{live: map[string]resource.Value{"a": old}}
	kind := apply.Flows(service, &flows{unread: errors.New("no network")}, apply.FlowOptions{Workers: 1})
	outcome, err := apply.Run(t.Context(), &resource.Plan{Changes: []resource.Change{flowChange("a", resource.ActionUpdate, old, wanted)}}, []apply.Kind{kind}, options())
	if err != nil || outcome.Verified || outcome.Summary.Succeeded != 1 || len(outcome.Warnings) != 1 {
		t.Errorf("outcome %+v, %v", outcome, err)
	}
}

func TestFlowsWithoutDocumentsAreRefused(t *testing.T) {
	kind := apply.Flows(&flows{}, &flows{}, apply.FlowOptions{})
	lacking := flowChange("a", resource.ActionUpdate, resource.Absent, resource.Absent)
	lacking.Flow = nil
	other := flowChange("a", resource.ActionUpdate, flowDocument(t, "a", "x", "7"), flowDocument(t, "b", "x", "7"))
	for _, change := range []resource.Change{lacking, other} {
		if _, err := apply.Run(t.Context(), &resource.Plan{Changes: []resource.Change{change}}, []apply.Kind{kind}, options()); err == nil {
			t.Errorf("%+v was accepted", change)
		}
	}
}

// Flows come after tenants, whatever came of these, and side by side among
// themselves.
func TestFlowsComeAfterTenants(t *testing.T) {
	var order []string
	var mu sync.Mutex
	note := func(name string, err error) func(context.Context) error {
		return func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return err
		}
	}
	kinds := []apply.Kind{&stage{name: "tenant", send: note("tenant", errRefused)}, &stage{name: "flow", send: note("flow", nil)}}
	one := func(kind resource.Kind, id string) resource.Change {
		return resource.Change{Address: resource.NewAddress(kind, id), Kind: kind, ID: id, Action: resource.ActionUpdate}
	}
	plan := &resource.Plan{Changes: []resource.Change{one("flow", "a"), one("flow", "b"), one("tenant", "a"), one("tenant", "b"), one("tenant", "c")}}
	outcome, err := apply.Run(t.Context(), plan, kinds, options())
	if err != nil || outcome.Summary.Succeeded != 2 || outcome.Summary.Failed != 3 {
		t.Fatalf("outcome %+v, %v", outcome.Summary, err)
	}
	if want := []string{"tenant", "tenant", "tenant", "flow", "flow"}; !slices.Equal(order, want) {
		t.Errorf("order %v", order)
	}
	backwards := one("tenant", "d")
	backwards.After = []resource.Address{"flow/a"}
	plan.Changes = append(plan.Changes, backwards)
	if _, err := apply.Run(t.Context(), plan, kinds, options()); err == nil || !strings.Contains(err.Error(), "whose kind comes later") {
		t.Errorf("a wait for a later kind: %v", err)
	}
}

// stage is a kind whose changes are one call each.
type stage struct {
	name resource.Kind
	send func(context.Context) error
}

func (s *stage) Name() resource.Kind { return s.name }

func (s *stage) Steps(resource.Change) ([]apply.Step, error) {
	return []apply.Step{{Name: "turn", Send: s.send}}, nil
}

func (s *stage) Observe(context.Context, []resource.Change) (apply.Observed, error) {
	return effectFunc(func(apply.Step) apply.Effect { return apply.Effect{State: apply.EffectDone} }), nil
}
