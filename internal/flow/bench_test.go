package flow_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// large is a flow of 200 tasks, made of copies of our sign-in flow, one behind
// the other, with their screens.
func large(tb testing.TB) tree {
	tb.Helper()
	const copies = 9
	base := treeOf(tb, read(tb, "testdata/sign-in.json"))
	out := tree{"flowId": "large", "metadata": base["metadata"], "references": base["references"]}
	tasks, screens := map[string]any{}, []any{}
	for i := range copies {
		numbers, ids := map[string]string{}, map[string]string{}
		for _, id := range base.taskIDs("") {
			number, suffix, _ := strings.Cut(id, ".")
			numbers[id] = strconv.Itoa(len(number)*1000+i*100) + number
			if suffix != "" {
				numbers[id] += "." + suffix
			}
		}
		for _, s := range base.screens() {
			id := s.(map[string]any)["screenId"].(string)
			ids[id] = id + "copy" + strconv.Itoa(i)
		}
		part := tree(rewritten(map[string]any(base), "", "", numbers, ids).(map[string]any))
		for _, id := range base.taskIDs("") {
			tasks[numbers[id]] = part.task(id)
		}
		screens = append(screens, part.screens()...)
	}
	for len(tasks) < flow.MaxTasks-1 {
		id := strconv.Itoa(90000 + len(tasks))
		tasks[id] = map[string]any{"id": id, "name": "More " + id, "type": "automated", "action": "risk"}
	}
	tasks["start"] = base.tasks()["start"]
	first := strconv.Itoa(1000) + "0"
	out["contents"] = map[string]any{"startTask": first, "tasks": tasks}
	out["screens"] = screens
	chain(out, copies)
	return out
}

// chain lets each copy end where the next one begins.
func chain(t tree, copies int) {
	for i := range copies - 1 {
		end, next := strconv.Itoa(1000+i*100)+"5", strconv.Itoa(1000+(i+1)*100)+"0"
		task := t.task(end)
		task["action"] = "risk"
		task["next"] = map[string]any{"rules": []any{map[string]any{"interactionId": "success", "taskId": next}}}
	}
	rules(t.tasks()["start"])[0].(map[string]any)["taskId"] = strconv.Itoa(1000) + "0"
}

// clique is 200 tasks that are all the same, each with an edge to each other one.
func clique(labels int) tree {
	tasks := map[string]any{}
	for i := range flow.MaxTasks {
		var list []any
		for j := range flow.MaxTasks {
			if i != j {
				list = append(list, map[string]any{"interactionId": "i" + strconv.Itoa((j-i+flow.MaxTasks)%flow.MaxTasks%labels), "taskId": strconv.Itoa(j)})
			}
		}
		tasks[strconv.Itoa(i)] = map[string]any{"id": strconv.Itoa(i), "name": "Same", "type": "automated", "action": "risk", "next": map[string]any{"rules": list}}
	}
	return tree{
		"flowId": "clique", "metadata": map[string]any{}, "screens": []any{},
		"contents": map[string]any{"startTask": "0", "tasks": tasks},
	}
}

// BenchmarkDiff measures reading and comparing two flows of 200 tasks and 45
// screens, one of which has a text changed in nine places.
func BenchmarkDiff(b *testing.B) {
	t := large(b)
	before := t.document(b)
	after := edited(b, before, 9, "Enter the code for administrators", "Code, please")
	dataBefore, dataAfter := before.Encode(), after.Encode()
	b.ReportMetric(float64(len(t.tasks())), "tasks")
	b.Run("parsed", func(b *testing.B) {
		for b.Loop() {
			if d := flow.Diff(before, after); len(d.Operations) != 9 {
				b.Fatal(allLines(d))
			}
		}
	})
	b.Run("with-reading", func(b *testing.B) {
		for b.Loop() {
			x, errX := flow.Parse(dataBefore)
			y, errY := flow.Parse(dataAfter)
			if d := flow.Diff(x, y); errX != nil || errY != nil || len(d.Operations) != 9 {
				b.Fatal(allLines(d))
			}
		}
	})
}

// BenchmarkDiffAdversarial measures graphs in which nothing tells one task from another.
func BenchmarkDiffAdversarial(b *testing.B) {
	for name, labels := range map[string]int{"one-label": 1, "seven-labels": 7, "all-labels": flow.MaxTasks} {
		b.Run(name, func(b *testing.B) {
			before := clique(labels).document(b)
			other := clique(labels)
			other.task("17")["name"] = "Another"
			after := other.document(b)
			for b.Loop() {
				if d := flow.Diff(before, after); d.IsEmpty() {
					b.Fatal("the changed name was not found")
				}
			}
		})
	}
}

// BenchmarkDiffUnrelated measures two flows of 200 tasks that have nothing in common.
func BenchmarkDiffUnrelated(b *testing.B) {
	before, other := large(b), large(b)
	for _, id := range other.taskIDs("") {
		task := other.task(id)
		task["name"], task["action"] = "Other "+id, "other-"+id
	}
	for _, s := range other.screens() {
		s.(map[string]any)["contents"] = map[string]any{"ROOT": map[string]any{"props": map[string]any{"children": s.(map[string]any)["screenId"]}}}
	}
	x, y := before.document(b), other.document(b)
	for b.Loop() {
		if flow.Diff(x, y).IsEmpty() {
			b.Fatal("they are the same")
		}
	}
}

// BenchmarkBreaking measures the rules over two flows of 200 tasks.
func BenchmarkBreaking(b *testing.B) {
	before := large(b).document(b)
	d := flow.Diff(before, edited(b, before, 9, "Enter the code for administrators", "Code, please"))
	for b.Loop() {
		if len(flow.Breaking(d)) != 0 {
			b.Fatal("a changed text breaks something")
		}
	}
}

// BenchmarkDiffCorpus compares each real export with itself, read twice.
func BenchmarkDiffCorpus(b *testing.B) {
	for _, path := range corpus(b) {
		b.Run(filepath.Base(path), func(b *testing.B) {
			before, after := read(b, path), read(b, path)
			for b.Loop() {
				_ = flow.Diff(before, after)
			}
		})
	}
}
