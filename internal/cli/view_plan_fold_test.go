package cli

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// changesOf are n changes of tenants, each with these fields.
func changesOf(n int, action resource.Action, id string, fields ...resource.FieldChange) []resource.Change {
	changes := make([]resource.Change, n)
	for i := range changes {
		one := fmt.Sprintf("%s-%05d", id, i)
		changes[i] = resource.Change{Address: resource.NewAddress(resource.KindTenant, one), Kind: resource.KindTenant, ID: one, Action: action, Fields: fields}
	}
	return changes
}

func viewed(verbose bool, made *resource.Plan) string {
	var text strings.Builder
	planView{place: "environment dev", verbose: verbose}.write(&text, "headline", plan.Result{Plan: made})
	return text.String()
}

func TestLargePlansAreFolded(t *testing.T) {
	name := resource.FieldChange{Path: "name", After: `"x"`}
	seats := resource.FieldChange{Path: "custom_attributes.seats", Before: "1", After: "2"}
	gone := resource.FieldChange{Path: "custom_attributes.seats", Before: "1"}
	off := resource.FieldChange{Path: "disabled", Before: "false", After: "true"}
	blocked := changesOf(201, resource.ActionUpdate, "blocked", seats)
	for i := range blocked {
		blocked[i].Blocked = &resource.Blocked{Message: "because"}
	}
	flows := changesOf(60, resource.ActionUpdate, "flow", seats)
	for i := range flows {
		flows[i].Kind, flows[i].Address = resource.KindFlow, resource.NewAddress(resource.KindFlow, flows[i].ID)
	}
	many := make([]resource.FieldChange, 10)
	for i := range many {
		many[i] = resource.FieldChange{Path: fmt.Sprintf("custom_attributes.a%d", i), After: "1"}
	}
	tests := []struct {
		name    string
		changes []resource.Change
		want    map[string]int // parts of lines, with how often they are there
	}{
		{"few are shown", changesOf(50, resource.ActionCreate, "a", name), map[string]int{"+ create tenant/": 50, "more": 0, "-v": 0}},
		{"many are folded", changesOf(51, resource.ActionCreate, "a", name), map[string]int{
			"+ create tenant/a-00000\n": 1, "+ create 50 more like tenant/a-00000  (name)\n": 1, "  50 changes are not shown one by one; -v shows each": 1,
		}},
		{"by their shapes", append(append(append(changesOf(40, resource.ActionUpdate, "a", seats), changesOf(40, resource.ActionUpdate, "b", gone)...), changesOf(3, resource.ActionUpdate, "c", name)...), changesOf(4, resource.ActionCreate, "d", name)...), map[string]int{
			"~ update 39 more like tenant/a-00000  (custom_attributes.seats)": 1, "~ update 39 more like tenant/b-00000": 1, "~ update tenant/c-": 3,
			"+ create tenant/d-": 1, "+ create 3 more like tenant/d-00000  (name)": 1, "  81 changes are not": 1,
		}},
		{"with many fields", changesOf(60, resource.ActionCreate, "a", many...), map[string]int{"custom_attributes.a6, custom_attributes.a7, and 2 more)": 1}},
		{"what is switched off is shown", append(changesOf(60, resource.ActionUpdate, "a", seats), changesOf(30, resource.ActionUpdate, "off", off)...), map[string]int{
			"~ update tenant/off-": 30, "~ update tenant/a-": 1,
		}},
		{"deletes are shown up to a bound", changesOf(201, resource.ActionDelete, "a", name), map[string]int{
			"- delete tenant/a-": 200, "- delete 1 more\n": 1, "  1 change is not shown": 1,
		}},
		{"and what is blocked", blocked, map[string]int{"! blocked update tenant/": 200, "! blocked update 1 more": 1}},
		{"and flows", flows, map[string]int{"~ update flow/": 60, "more": 0}},
		{"a few creates beside many deletes", append(changesOf(50, resource.ActionCreate, "a", name), changesOf(300, resource.ActionDelete, "b", name)...), map[string]int{
			"+ create tenant/": 50, "- delete tenant/": 200, "- delete 100 more": 1,
		}},
		{"what stays is not counted", append(changesOf(50, resource.ActionCreate, "a", name), changesOf(500, resource.ActionNoChange, "b")...), map[string]int{"+ create tenant/": 50, "tenant/b": 0, "-v": 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := viewed(false, &resource.Plan{Changes: tt.changes})
			for part, want := range tt.want {
				if got := strings.Count(text, part); got != want {
					t.Errorf("%q stands there %d times, want %d, in\n%.3000s", part, got, want, text)
				}
			}
			if all := viewed(true, &resource.Plan{Changes: tt.changes}); strings.Count(all, "tenant/")+strings.Count(all, "flow/") != len(tt.changes) {
				t.Errorf("with -v not all are shown:\n%.3000s", all)
			}
		})
	}
}

// A brief plan names what may hurt, counts the rest, and folds nothing of it.
func TestBriefPlansNameDeletes(t *testing.T) {
	changes := append(changesOf(60, resource.ActionCreate, "a"), changesOf(2, resource.ActionDelete, "gone")...)
	changes = append(changes, changesOf(1, resource.ActionUpdate, "held")...)
	changes[62].Blocked = &resource.Blocked{Message: "because"}
	made := &resource.Plan{Changes: changes, Orphans: []resource.Address{"tenant/odd"}, Summary: resource.PlanSummary{Create: 60, Delete: 2, Blocked: 1, Orphan: 1}}
	var text strings.Builder
	planView{place: "environment dev", quiet: true, brief: true}.write(&text, "headline", plan.Result{Plan: made})
	for part, times := range map[string]int{
		"- delete tenant/gone-": 2, "tenant/held-00000\n    blocked: because": 1, "tenant/a-": 0, "more": 0, "tenant/odd": 0,
		"60 to create, 0 to update, 2 to delete": 1, "1 orphan": 1,
	} {
		if got := strings.Count(text.String(), part); got != times {
			t.Errorf("%q is there %d times, not %d:\n%s", part, got, times, text.String())
		}
	}
}

func TestManyOrphansAreBounded(t *testing.T) {
	made := &resource.Plan{}
	for i := range 250 {
		made.Orphans = append(made.Orphans, resource.NewAddress(resource.KindTenant, fmt.Sprint("o", i)))
	}
	text := viewed(false, made)
	if strings.Count(text, "? orphan tenant/") != 200 || !strings.Contains(text, "? orphan 50 more  (-v shows each)\n") {
		t.Errorf("got\n%s", text)
	}
	if text := viewed(true, made); strings.Count(text, "? orphan tenant/") != 250 {
		t.Errorf("with -v got\n%s", text)
	}
}

// TestFoldedCountsAreExact makes plans of any mixture: what is shown and what is said
// to be left out are the whole.
func TestFoldedCountsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var changes []resource.Change
		for i := range rapid.IntRange(1, 8).Draw(t, "groups") {
			action := rapid.SampledFrom([]resource.Action{resource.ActionCreate, resource.ActionUpdate, resource.ActionDelete}).Draw(t, "action")
			path := rapid.SampledFrom([]string{"name", "disabled", "parent"}).Draw(t, "path")
			group := changesOf(rapid.IntRange(1, 260).Draw(t, "size"), action, fmt.Sprint("g", i), resource.FieldChange{Path: path, After: "true"})
			if rapid.Bool().Draw(t, "blocked") {
				group[0].Blocked = &resource.Blocked{Message: "because"}
			}
			changes = append(changes, group...)
		}
		changes = rapid.Permutation(changes).Draw(t, "order")
		shown, left, said := 0, 0, 0
		for line := range strings.Lines(viewed(false, &resource.Plan{Changes: changes})) {
			if before, _, isMore := strings.Cut(line, " more"); isMore { // the number stands before it
				words, count := strings.Fields(before), 0
				_, _ = fmt.Sscan(words[len(words)-1], &count)
				left += count
				continue
			}
			if strings.Contains(line, "not shown one by one") {
				_, _ = fmt.Sscan(line, &said)
				continue
			}
			if strings.Contains(line, " tenant/") {
				shown++
			}
		}
		if shown+left != len(changes) || left != said {
			t.Fatalf("%d shown, %d left out, %d said to be, of %d", shown, left, said, len(changes))
		}
	})
}
