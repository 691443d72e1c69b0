package flow_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// zeros are what says no more than its absence in most places.
var zeros = []any{nil, false, 0, json.Number("0.0"), "", []any{}, map[string]any{}, map[string]any{"type": "inline"}}

// TestWhatKeepsItsNumbersIsSeenAtOnce puts real flows into the form in which the
// service gives them back.
func TestWhatKeepsItsNumbersIsSeenAtOnce(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(path, func(t *testing.T) {
			original, _ := read(t, path).ToExport()
			export := treeOf(t, original)
			rapid.Check(t, func(random *rapid.T) {
				other := export.returned(random)
				for _, task := range other.tasks() {
					task.(map[string]any)["view"] = map[string]any{"x": 7}
					if _, found := task.(map[string]any)["next"]; !found {
						task.(map[string]any)["next"] = map[string]any{}
					}
				}
				metadata := other["metadata"].(map[string]any)
				metadata["componentsVersion"], metadata["filled"] = "9.9.9", map[string]any{"in": []any{}}
				for _, pair := range [][2]flow.Document{{original, other.document(random)}, {other.document(random), original}} {
					if !flow.SameNumbered(pair[0], pair[1]) {
						random.Fatalf("not seen as the same:\n%s", pair[1].Encode())
					}
					exact(random, pair[0], pair[1])
				}
			})
		})
	}
}

// TestSameNumberedIsExact changes flows in ways that mean something, that mean
// nothing, and that mean something in one place alone.
func TestSameNumberedIsExact(t *testing.T) {
	var trees []tree
	for _, path := range samples(t) {
		original, _ := read(t, path).ToExport()
		trees = append(trees, treeOf(t, original))
	}
	quick, all := 0, 0
	rapid.Check(t, func(random *rapid.T) {
		var original tree
		if at := rapid.IntRange(-1, len(trees)-1).Draw(random, "flow"); at >= 0 {
			original = trees[at]
		} else if original = randomFlow(random); rapid.Bool().Draw(random, "twins") {
			original = twins(random)
		}
		changed := original.returned(random)
		for range rapid.IntRange(0, 3).Draw(random, "edits") {
			edit(random, map[string]any(changed))
		}
		data, err := json.Marshal(changed)
		if err != nil {
			random.Fatal(err)
		}
		b, err := flow.Parse(data)
		if err != nil {
			return // the edit has made no flow of it
		}
		a := original.document(random)
		all++
		if exact(random, a, b) {
			quick++
		}
		exact(random, b, a)
	})
	if quick == 0 || quick == all {
		t.Errorf("%d of %d pairs were seen as the same at once", quick, all)
	}
}

func FuzzSameNumbered(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":""},"contents":{"tasks":{"1":{"screenId":"a"}}},"screens":[{"screenId":"a"}]}`),
		[]byte(`{"metadata":{},"contents":{"tasks":{"1":{"screenId":"b","x":null}}},"screens":[{"screenId":"b","contents":{}}]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a, err := flow.Parse(first)
		if err != nil {
			return
		}
		if b, err := flow.Parse(second); err == nil {
			exact(t, a, b)
		}
	})
}

// exact fails where two flows are seen as the same at once and the comparison
// finds something.
func exact(tb fataler, a, b flow.Document) bool {
	tb.Helper()
	if !flow.SameNumbered(a, b) {
		return false
	}
	if d := flow.Diff(a, b); !d.IsEmpty() {
		tb.Fatal("seen as the same, and it differs:" + allLines(d) + "\n" + string(a.Encode()) + "\n" + string(b.Encode()))
	}
	return true
}

// returned is a copy with new ids of the screens, and these in another order.
func (t tree) returned(random *rapid.T) tree {
	ids := map[string]string{}
	for i, screen := range t.screens() {
		if id, ok := screen.(map[string]any)["screenId"].(string); ok && id != "" {
			ids[id] = numberTexts(i + 1)[i] + "-new"
		}
	}
	out := tree(rewritten(map[string]any(t), "", "", nil, ids).(map[string]any))
	if list := out.screens(); len(list) > 1 {
		out["screens"] = rapid.Permutation(list).Draw(random, "order of screens")
	}
	return out
}

// edit changes one value somewhere below an object.
func edit(random *rapid.T, object map[string]any) {
	keys := append(orderedKeys(object), "added")
	key := rapid.SampledFrom(keys).Draw(random, "key")
	value := object[key]
	for rapid.IntRange(0, 3).Draw(random, "deeper") > 0 {
		list, isList := value.([]any)
		if !isList || len(list) == 0 {
			break
		}
		value = rapid.SampledFrom(list).Draw(random, "item")
	}
	if below, ok := value.(map[string]any); ok && rapid.IntRange(0, 5).Draw(random, "down") > 0 {
		edit(random, below)
		return
	}
	if rapid.IntRange(0, 2).Draw(random, "how") == 0 {
		delete(object, key)
		return
	}
	object[key] = rapid.SampledFrom(append(zeros, "x", "S1", "1", true, 1)).Draw(random, "value")
}
