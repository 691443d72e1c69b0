package flow_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

func TestLikeOfARenumberedFlowIsTheFile(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(path, func(t *testing.T) {
			file := read(t, path)
			rapid.Check(t, func(random *rapid.T) {
				live := treeOf(t, file).renumbered(random, random).document(random)
				if got := flow.Like(live, file); got.Value() != file.Value() {
					random.Fatalf("it is another one:\n%s", firstDifference(got.Encode(), file.Encode()))
				}
			})
		})
	}
}

// TestLikeShowsTheChangeAndNothingElse: whatever ids the service gives, only the lines
// of a change differ.
func TestLikeShowsTheChangeAndNothingElse(t *testing.T) {
	paths, names := samples(t), slices.Sorted(maps.Keys(changes))
	layouts := map[string]func([]byte) []byte{
		"ours":     func(text []byte) []byte { return text },
		"tabs":     func(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), "  ", "\t")) },
		"CRLF":     func(text []byte) []byte { return []byte(strings.ReplaceAll(string(text), "\n", "\r\n")) },
		"reversed": backwards,
	}
	rapid.Check(t, func(random *rapid.T) {
		file := read(t, rapid.SampledFrom(paths).Draw(random, "flow"))
		changed := treeOf(t, file)
		if _, _, ok := changes[rapid.SampledFrom(names).Draw(random, "change")](changed, random); !ok {
			return
		}
		renumbered := changed.renumbered(random, random)
		metadata := renumbered["metadata"].(map[string]any)
		if metadata["componentsVersion"] = treeOf(t, file)["metadata"].(map[string]any)["componentsVersion"]; metadata["componentsVersion"] == nil {
			delete(metadata, "componentsVersion")
		}
		live := renumbered.document(random)
		like := flow.Like(live, file)
		if !flow.Same(like.Value(), live.Value()) {
			random.Fatalf("it means something else:%s", allLines(flow.Diff(live, like)))
		}
		text := layouts[rapid.SampledFrom(slices.Sorted(maps.Keys(layouts))).Draw(random, "layout")](file.Encode())
		if parse(t, string(text)).Value() != file.Value() {
			t.Fatal("a layout changes the flow")
		}
		written := like.EncodeLike(text)
		// Had the service kept all numbers, no fewer lines would differ.
		most := changedLines(text, changed.document(random).EncodeLike(text), 100)
		if lines := changedLines(text, written, most); lines > most {
			random.Fatalf("more than %d lines differ:\n%s", most, firstDifference(written, text))
		}
	})
}

// TestLikeTakesTheVersionOfWhatWasRedrawn: what draws a screen goes with the screen.
func TestLikeTakesTheVersionOfWhatWasRedrawn(t *testing.T) {
	file := read(t, "testdata/sign-in.json")
	for name, test := range map[string]struct{ old, fresh, want string }{
		"a name":   {`"name": "Sign In"`, `"name": "Come In"`, "2.0.500"},
		"a screen": {`"Continue"`, `"Go on"`, "9.9.9"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.ReplaceAll(string(file.Encode()), test.old, test.fresh)
			live := parse(t, strings.ReplaceAll(text, `"componentsVersion": "2.0.500"`, `"componentsVersion": "9.9.9"`))
			if flow.Same(live.Value(), file.Value()) {
				t.Fatal("nothing is changed")
			}
			got, _ := flow.Like(live, file).Value().Get("metadata").Get("componentsVersion").AsString()
			if got != test.want {
				t.Errorf("the version is %q", got)
			}
		})
	}
}

func TestLikeMeansWhatIsLive(t *testing.T) {
	paths, names := samples(t), slices.Sorted(maps.Keys(changes))
	rapid.Check(t, func(random *rapid.T) {
		file := read(t, rapid.SampledFrom(paths).Draw(random, "flow"))
		changed := treeOf(t, file)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 6).Draw(random, "changes") {
			changes[name](changed, random)
		}
		if rapid.Bool().Draw(random, "another one") {
			changed = treeOf(t, read(t, rapid.SampledFrom(paths).Draw(random, "other")))
		}
		checkLike(random, changed.renumbered(random, random).document(random), file)
	})
}

func TestLikeOfAnyTwoGraphs(t *testing.T) {
	rapid.Check(t, func(random *rapid.T) {
		checkLike(random, randomFlow(random).document(random), randomFlow(random).document(random))
	})
}

func checkLike(random *rapid.T, live, file flow.Document) {
	random.Helper()
	like := flow.Like(live, file)
	if !flow.Same(like.Value(), live.Value()) {
		random.Fatalf("it means something else:%s", allLines(flow.Diff(live, like)))
	}
	written := like.EncodeLike(file.Encode())
	if again, err := flow.Parse(written); err != nil || again.Value() != like.Value() {
		random.Fatalf("it is written as something else (%v):\n%s", err, written)
	}
	if again := flow.Like(live, like); again.Value() != like.Value() {
		random.Fatal("a second time it changes")
	}
}

func TestEncodeLike(t *testing.T) {
	const export = `{"flowId":"f","metadata":{"name":"F"},"contents":{"startTask":"0","tasks":{}},"screens":[]`
	for _, test := range []struct{ name, old, live, want string }{
		{"one line stays one", `{ "metadata": {"name":"F"}, "flowId":"f","contents":{}}`, `{"metadata":{"name":"G","description":"d"},"flowId":"f","contents":{}}`, `{ "metadata": {"description":"d", "name":"G"}, "flowId":"f","contents":{}}`},
		{"nothing changed", " \n" + export + "}\n\n", export + "}", " \n" + export + "}\n\n"},
		{"escapes of what stays", `{"metadata":{"name":"\u0046","x":1.50},"contents":{}}`, `{"metadata":{"name":"F","x":1.5},"contents":{}}`, `{"metadata":{"name":"\u0046","x":1.5},"contents":{}}`},
		{"a new mapping", "{\n\t\"metadata\": {},\n\t\"contents\": {}\n}", `{"metadata":{"name":"F"},"contents":{}}`, "{\n\t\"metadata\": {\n\t\t\"name\": \"F\"\n\t},\n\t\"contents\": {}\n}"},
		{"what goes", "{\n  \"metadata\": {\n    \"a\": 1,\n    \"b\": 2\n  },\n  \"contents\": {}\n}\n", `{"metadata":{"a":1},"contents":{}}`, "{\n  \"metadata\": {\n    \"a\": 1\n  },\n  \"contents\": {}\n}\n"},
		{"a list with one more", "{\"metadata\":{\"l\":[\n 1,\n 3\n]},\"contents\":{}}", `{"metadata":{"l":[1,2,3]},"contents":{}}`, "{\"metadata\":{\"l\":[\n 1,\n 2,\n 3\n]},\"contents\":{}}"},
		{"no JSON", `{`, `{"metadata":{},"contents":{}}`, "{\n  \"contents\": {},\n  \"metadata\": {}\n}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(parse(t, test.live).EncodeLike([]byte(test.old))); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func FuzzEncodeLike(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"\u0046","x":1.50},"contents":{}}`), []byte(`{"metadata":{},"contents":{"tasks":[]}}`))
	f.Add([]byte("{\"metadata\":{\"l\":[\r\n 1]},\"contents\":{}} "), []byte(`{"metadata":{"l":[1,{"id":"x"}]},"contents":{}}`))
	f.Fuzz(func(t *testing.T, old, fresh []byte) {
		d, err := flow.Parse(fresh)
		if err != nil {
			return
		}
		if again, err := flow.Parse(d.EncodeLike(old)); err != nil || again.Value() != d.Value() {
			t.Fatalf("it is written as something else: %v\n%s", err, d.EncodeLike(old))
		}
	})
}

// backwards writes the keys of every object in the opposite order.
func backwards(text []byte) []byte {
	var v any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		return nil
	}
	var out strings.Builder
	writeBackwards(&out, v, "\n")
	return []byte(out.String())
}

func writeBackwards(out *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case map[string]any:
		keys := orderedKeys(v)
		slices.Reverse(keys)
		out.WriteString("{")
		for i, key := range keys {
			if i > 0 {
				out.WriteString(",")
			}
			name, _ := json.Marshal(key)
			out.WriteString(indent + "    " + string(name) + " : ")
			writeBackwards(out, v[key], indent+"    ")
		}
		if len(keys) > 0 {
			out.WriteString(indent)
		}
		out.WriteString("}")
	case []any:
		out.WriteString("[")
		for i, item := range v {
			if i > 0 {
				out.WriteString(", ")
			}
			writeBackwards(out, item, indent)
		}
		out.WriteString("]")
	default:
		text, _ := json.Marshal(v)
		out.Write(text)
	}
}

// changedLines is how many lines come or go, as git counts them; more than most are
// not counted.
func changedLines(before, after []byte, most int) int {
	a, b := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	reach := map[int]int{1: 0} // how far each diagonal goes, after so many edits
	for edits := 0; edits <= most; edits++ {
		for k := -edits; k <= edits; k += 2 {
			x := reach[k-1] + 1
			if k == -edits || k != edits && reach[k-1] < reach[k+1] {
				x = reach[k+1]
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			if reach[k] = x; x >= len(a) && x-k >= len(b) {
				return edits
			}
		}
	}
	return most + 1
}

// firstDifference shows where two texts part.
func firstDifference(got, want []byte) string {
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "got  " + strings.Join(a[i:min(len(a), i+5)], "\n") + "\nwant " + strings.Join(b[i:min(len(b), i+5)], "\n")
		}
	}
	return "one is longer"
}
