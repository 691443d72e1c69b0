package flow_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// tree is a management export as Go values, for tests that rewrite it. Numbers
// stay exact. It shares no code with the package.
type tree map[string]any

func treeOf(tb testing.TB, d flow.Document) tree {
	tb.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(d.Encode())))
	decoder.UseNumber()
	t := tree{}
	if err := decoder.Decode(&t); err != nil {
		tb.Fatal(err)
	}
	return t
}

// fataler is what testing.TB and rapid.T have in common here.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func (t tree) document(tb fataler) flow.Document {
	tb.Helper()
	data, err := json.Marshal(t)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := flow.Parse(data)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func (t tree) tasks() map[string]any {
	return t["contents"].(map[string]any)["tasks"].(map[string]any)
}

func (t tree) screens() []any {
	list, _ := t["screens"].([]any)
	return list
}

// rules are the edges of a task.
func rules(task any) []any {
	next, _ := task.(map[string]any)["next"].(map[string]any)
	list, _ := next["rules"].([]any)
	return list
}

func orderedKeys(m map[string]any) []string {
	return slices.Sorted(maps.Keys(m))
}

// renumbered gives every task another number and every screen another id, at
// random, everywhere where they are named, and shuffles what has no order.
func (t tree) renumbered(tb fataler, random *rapid.T) tree {
	tb.Helper()
	contents := t["contents"].(map[string]any)
	taskIDs, screenIDs := map[string]string{}, map[string]string{}
	var bases []string
	for _, id := range orderedKeys(t.tasks()) {
		if id != "start" && !strings.HasSuffix(id, ".end") {
			bases = append(bases, id)
		}
	}
	numbers := rapid.Permutation(numberTexts(len(bases)+20)).Draw(random, "numbers")
	for i, id := range bases {
		taskIDs[id] = numbers[i]
		taskIDs[id+".end"] = numbers[i] + ".end"
	}
	for i, number := range rapid.Permutation(numberTexts(len(t.screens()))).Draw(random, "screens") {
		id, _ := t.screens()[i].(map[string]any)["screenId"].(string)
		screenIDs[id] = "SC" + number + "new"
	}
	out := tree(rewritten(map[string]any(t), "", "", taskIDs, screenIDs).(map[string]any))
	outContents := out["contents"].(map[string]any)
	outContents["startTask"] = renamedID(contents["startTask"], taskIDs)
	tasks := map[string]any{}
	for id, task := range out.tasks() {
		tasks[renamedID(id, taskIDs).(string)] = task
	}
	outContents["tasks"] = tasks
	for _, task := range tasks {
		task.(map[string]any)["view"] = map[string]any{"x": 7, "y": json.Number("-3.25")}
		if list := rules(task); len(list) > 1 {
			list[0], list[len(list)-1] = list[len(list)-1], list[0]
		}
	}
	if list := out.screens(); len(list) > 1 {
		out["screens"] = rapid.Permutation(list).Draw(random, "order of screens")
	}
	out["metadata"].(map[string]any)["componentsVersion"] = "9.9.9"
	return out
}

func numberTexts(count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = strconv.Itoa(i)
	}
	return list
}

func renamedID(id any, ids map[string]string) any {
	if s, ok := id.(string); ok && ids[s] != "" {
		return ids[s]
	}
	return id
}

// rewritten is a copy in which tasks and screens have their new names.
func rewritten(v any, key, outer string, taskIDs, screenIDs map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			out[name] = rewritten(value, name, key, taskIDs, screenIDs)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = rewritten(item, key, key, taskIDs, screenIDs)
		}
		return out
	case string:
		return rewrittenText(v, key, outer, taskIDs, screenIDs)
	default:
		return v
	}
}

func rewrittenText(s, key, outer string, taskIDs, screenIDs map[string]string) any {
	switch {
	case key == "screenId":
		if id, ok := screenIDs[s]; ok {
			return id
		}
	case key == "taskId", key == "value" && strings.HasSuffix(outer, "StepId"):
		return renamedID(s, taskIDs)
	case key == "id" && taskIDs[s] != "" && outer != "interactions" && outer != "props":
		return taskIDs[s]
	case key == "id" && outer == "sharedInteractions":
		if base, rest, ok := strings.Cut(s, "."); ok && taskIDs[base] != "" {
			return taskIDs[base] + "." + rest
		}
	case strings.HasPrefix(s, "tasks."):
		if parts := strings.SplitN(s, ".", 3); len(parts) == 3 && taskIDs[parts[1]] != "" {
			return "tasks." + taskIDs[parts[1]] + "." + parts[2]
		}
	}
	return s
}
