package plan_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// drawPlan plans; inputs of which no plan can be made are not about it.
func drawPlan(t *rapid.T) (plan.Result, plan.Input, world) {
	in, w := drawInput(t)
	result, err := plan.Make(in)
	if _, invalid := errors.AsType[*plan.InvalidError](err); invalid {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("Make: %v", err)
	}
	return result, in, w
}

// excludeBlocked drops the blocked changes as a user would.
func excludeBlocked(in plan.Input, p *resource.Plan) plan.Input {
	in.Options.Exclude = slices.Clone(in.Options.Exclude)
	for _, change := range p.Changes {
		if change.Blocked != nil {
			in.Options.Exclude = append(in.Options.Exclude, resource.Glob(change.Address))
		}
	}
	return in
}

// TestApplyingTwiceIsANoOp applies the unblocked part of plans to a model of
// the service, which refuses whatever comes in a wrong order, and plans again.
func TestApplyingTwiceIsANoOp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, in, w := drawPlan(t)
		in = excludeBlocked(in, first.Plan)
		result, err := plan.Make(in)
		if err != nil {
			t.Fatalf("without what is blocked: %v", err)
		}
		result.Plan.CreatedAt = in.CreatedAt
		w.run(t, result.Plan)
		again, err := plan.Make(look(t, in, w))
		if err != nil {
			t.Fatalf("plan after the apply: %v", err)
		}
		if summary := again.Plan.Summary; summary.Writes() != 0 || summary.Blocked != 0 {
			t.Fatalf("the plan after the apply is not empty:\n%s\nbefore:\n%s", strings.Join(outline(again.Plan), "\n"), strings.Join(outline(result.Plan), "\n"))
		}
		if diff := cmp.Diff(result.Plan.Orphans, again.Plan.Orphans); diff != "" {
			t.Fatalf("orphans after the apply: %s", diff)
		}
	})
}

// TestDroppingWhatIsBlockedLeavesTheRest holds the plan and its estimate
// against the plan in which exactly the blocked changes are excluded.
func TestDroppingWhatIsBlockedLeavesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, in, _ := drawPlan(t)
		second := mustMake(t, excludeBlocked(in, first.Plan))
		open := []resource.Change{}
		for _, change := range first.Plan.Changes {
			if change.Blocked == nil {
				open = append(open, change)
			}
		}
		if diff := cmp.Diff(open, second.Plan.Changes); diff != "" {
			t.Fatalf("the rest changes: %s", diff)
		}
		if first.Plan.CallsEstimate != second.Plan.CallsEstimate || first.Plan.DurationEstimateMS != second.Plan.DurationEstimateMS {
			t.Fatalf("estimates: %d calls and %d ms, without what is blocked %d and %d", first.Plan.CallsEstimate, first.Plan.DurationEstimateMS,
				second.Plan.CallsEstimate, second.Plan.DurationEstimateMS)
		}
		if blocked := len(first.Plan.Changes) - len(open); (blocked > 0) != slices.Contains(refusalCodes(first.Refusals), plan.CodeBlocked) {
			t.Fatalf("%d blocked, refusals %v", blocked, first.Refusals)
		}
	})
}

// TestOrderOfTheInputHasNoInfluence shuffles everything that has no order.
func TestOrderOfTheInputHasNoInfluence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, _ := drawInput(t)
		in.Options.Exclude = []resource.Glob{"tenant/t-4", "tenant/none", "tenant/nil"}
		shuffled := in
		shuffled.Desired = rapid.Permutation(in.Desired).Draw(t, "desired")
		shuffled.Live = rapid.Permutation(in.Live).Draw(t, "live")
		shuffled.Options.Exclude = rapid.Permutation(in.Options.Exclude).Draw(t, "exclude")
		for i := range shuffled.Desired {
			shuffled.Desired[i].Fields = rapid.Permutation(shuffled.Desired[i].Fields).Draw(t, "fields")
		}
		if got, want := outcome(t, shuffled), outcome(t, in); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// outcome is all that Make gives, as text.
func outcome(t *rapid.T, in plan.Input) string {
	result, err := plan.Make(in)
	if err != nil {
		return err.Error()
	}
	text, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	after := []string{}
	for _, change := range result.Plan.Changes {
		for _, address := range change.After {
			after = append(after, string(change.Address+" after "+address))
		}
	}
	return string(text) + strings.Join(after, "\n")
}

// TestOnlyManagedValuesAppear is the first promise: what the configuration does
// not name is in no plan, and what is in a plan differs.
func TestOnlyManagedValuesAppear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		result, in, _ := drawPlan(t)
		for _, change := range result.Plan.Changes {
			at := slices.IndexFunc(in.Desired, func(d resource.Desired) bool { return d.ID == change.ID })
			if change.Action == resource.ActionDelete {
				if at < 0 && (!in.Options.Prune || !in.Owned[change.Address]) || at >= 0 && !in.Desired[at].Absent {
					t.Fatalf("%s is deleted, declared by nobody and not owned", change.Address)
				}
				continue
			}
			for _, field := range change.Fields {
				wanted, managed := in.Desired[at].Field(field.At)
				if !managed {
					t.Fatalf("%s: %s is not managed", change.Address, field.Path)
				}
				if !field.After.EqualSet(wanted.Value) {
					t.Fatalf("%s: %s becomes %s, not %s", change.Address, field.Path, field.After, wanted.Value)
				}
				if change.Action == resource.ActionUpdate && field.Before.EqualSet(field.After) {
					t.Fatalf("%s: %s does not change: %s", change.Address, field.Path, field.After)
				}
			}
			if !slices.IsSortedFunc(change.Fields, func(a, b resource.FieldChange) int { return strings.Compare(a.Path, b.Path) }) {
				t.Fatalf("%s: fields are not sorted", change.Address)
			}
		}
	})
}

// TestPlansAddUp holds the document together: order, counts, references.
func TestPlansAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		result, in, _ := drawPlan(t)
		p := result.Plan
		summary := p.Summary
		if sum := summary.Create + summary.Update + summary.Delete + summary.NoChange + summary.Blocked; sum != len(p.Changes) {
			t.Fatalf("%d changes, summary %+v", len(p.Changes), summary)
		}
		writes := map[resource.Address]bool{}
		for i, change := range p.Changes {
			if i > 0 && p.Changes[i-1].Address >= change.Address {
				t.Fatalf("changes are not sorted: %v", outline(p))
			}
			writes[change.Address] = change.Action.Writes()
			if (change.BaseDigest == nil) != (change.Action == resource.ActionCreate) {
				t.Fatalf("%s: base digest %v", change.Address, change.BaseDigest)
			}
			if len(change.Fields) > 0 && !change.Action.Writes() || len(change.Fields) == 0 && change.Action == resource.ActionUpdate {
				t.Fatalf("%s: %v", change.Address, outline(p))
			}
		}
		for _, change := range p.Changes {
			for _, address := range change.After {
				if !writes[address] {
					t.Fatalf("%s waits for %s, which writes nothing", change.Address, address)
				}
			}
		}
		for _, orphan := range p.Orphans {
			if slices.ContainsFunc(in.Desired, func(d resource.Desired) bool { return d.Address() == orphan }) || writes[orphan] {
				t.Fatalf("%s is no orphan", orphan)
			}
		}
	})
}

// TestSavedPlansRoundTrip writes plans to their document and back, and accepts
// each for itself only.
func TestSavedPlansRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		result, in, _ := drawPlan(t)
		saved := save(t, result.Plan)
		if plan.Digest(saved) != result.Plan.PlanDigest {
			t.Fatalf("the digest changes on the way")
		}
		if err := plan.CheckSaved(saved, result.Plan); err != nil {
			t.Fatalf("refused: %v", err)
		}
		in.Desired = slices.Concat(in.Desired, []resource.Desired{want("t-3-new", "name", `"New"`)})
		other := mustMake(t, in).Plan
		if err := plan.CheckSaved(saved, other); err == nil {
			t.Fatal("accepted for another plan")
		}
	})
}
