package flow_test

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// twins is a graph of tasks of a few kinds, which differ in nothing but their
// edges, and those are anywhere.
func twins(random *rapid.T) tree {
	count, kinds := rapid.IntRange(4, 24).Draw(random, "tasks"), rapid.IntRange(1, 4).Draw(random, "kinds")
	tasks := map[string]any{"start": map[string]any{
		"id": "start", "name": "start", "next": map[string]any{"rules": []any{map[string]any{"taskId": "0"}}},
	}}
	for i := range count {
		id, kind := strconv.Itoa(i), strconv.Itoa(rapid.IntRange(1, kinds).Draw(random, "kind"))
		var list []any
		for _, interaction := range []string{"a", "b"} {
			target := strconv.Itoa(rapid.IntRange(0, count-1).Draw(random, "target"))
			list = append(list, map[string]any{"interactionId": interaction, "taskId": target})
		}
		tasks[id] = map[string]any{
			"id": id, "name": "Kind " + kind, "type": "automated", "action": "act-" + kind,
			"arguments": map[string]any{"x": map[string]any{"type": "inline", "value": "v" + kind}},
			"next":      map[string]any{"rules": list},
		}
	}
	return tree{"flowId": "t", "metadata": map[string]any{}, "screens": []any{}, "contents": map[string]any{"startTask": "0", "tasks": tasks}}
}

func TestRenumberedTwinsAreNoDifference(t *testing.T) {
	rapid.Check(t, func(random *rapid.T) {
		original := twins(random)
		if d := flow.Diff(original.document(random), original.renumbered(random, random).document(random)); !d.IsEmpty() {
			random.Fatalf("a renumbered flow differs:%s", allLines(d))
		}
	})
}

// To match any two graphs at best is a problem for which nobody knows a fast way,
// so among twins a change may be told as several; it must be rare.
func TestOneChangeAmongTwinsIsMostlyOneOperation(t *testing.T) {
	for _, name := range []string{"an argument", "an edge", "a name", "the start"} {
		t.Run(name, func(t *testing.T) {
			all, more := 0, 0
			rapid.Check(t, func(random *rapid.T) {
				original := twins(random)
				changed := treeOf(t, original.document(random))
				if _, _, ok := changes[name](changed, random); !ok {
					return
				}
				all++
				if d := flow.Diff(original.document(random), changed.renumbered(random, random).document(random)); len(d.Operations) != 1 {
					more++
				}
			})
			if all == 0 || more*8 > all {
				t.Errorf("%d of %d changes were told as several operations", more, all)
			}
		})
	}
}

func TestCliquesAreMatched(t *testing.T) {
	for _, labels := range []int{1, flow.MaxTasks} {
		before := clique(labels)
		numbers := map[string]string{}
		for i := range flow.MaxTasks {
			numbers[strconv.Itoa(i)] = strconv.Itoa(1000 + (i*77)%flow.MaxTasks)
		}
		after := tree(rewritten(map[string]any(before), "", "", numbers, nil).(map[string]any))
		tasks := map[string]any{}
		for _, task := range after.tasks() {
			tasks[task.(map[string]any)["id"].(string)] = task
		}
		after["contents"] = map[string]any{"startTask": numbers["0"], "tasks": tasks}
		if d := flow.Diff(before.document(t), after.document(t)); !d.IsEmpty() {
			t.Errorf("%d labels: %d operations", labels, len(d.Operations))
		}
	}
}
