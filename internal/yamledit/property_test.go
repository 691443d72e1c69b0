package yamledit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// member is one key of a random mapping.
type member struct {
	key   string
	value any // string, int, bool, []any or []member
}

var words = []string{
	"acme", "Acme Corporation", "yes", "No", "null", "~", "", "1e3", "0777", "2025-01-02", "1:30", "a: b", "a #b", "- a", "'", `"`, `\`,
	"é ü", "😀", " lead", "trail ", "two\nlines", "\x1b[31m", "$${X}", "{a}", "[b]", "a,b", "*a", "&a", "!a", "%a", "@a", "`a", "---", "<<", "=", ".inf", "::error::", "a\tb", "x\u0085y",
}

func drawScalar(t *rapid.T) any {
	switch rapid.IntRange(0, 4).Draw(t, "scalar") {
	case 0:
		return rapid.IntRange(-5, 1<<40).Draw(t, "number")
	case 1:
		return rapid.Bool().Draw(t, "flag")
	case 2:
		return rapid.StringN(0, 12, 40).Draw(t, "text")
	default:
		return rapid.SampledFrom(words).Draw(t, "word")
	}
}

func drawValue(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	switch {
	case depth > 0 && kind == 0:
		items := make([]any, rapid.IntRange(0, 3).Draw(t, "items"))
		for i := range items {
			items[i] = drawValue(t, depth-1)
		}
		return items
	case depth > 0 && kind <= 2:
		return drawMembers(t, depth-1)
	default:
		return drawScalar(t)
	}
}

func drawMembers(t *rapid.T, depth int) []member {
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "name", "a", "b", "yes", "12", "é", "x y", "k:v", "#k"}), 0, 4, rapid.ID).Draw(t, "keys")
	members := make([]member, len(keys))
	for i, key := range keys {
		members[i] = member{key, drawValue(t, depth)}
	}
	return members
}

// asJSON is a value as JSON, its numbers in their digits.
func asJSON(value any) string {
	switch value := value.(type) {
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = asJSON(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case []member:
		items := make([]string, len(value))
		for i, m := range value {
			items[i] = asJSON(m.key) + ":" + asJSON(m.value)
		}
		return "{" + strings.Join(items, ",") + "}"
	default:
		text, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		return string(text)
	}
}

func valueOf(value any) resource.Value {
	parsed, err := resource.ParseValue([]byte(asJSON(value)))
	if err != nil {
		panic(err)
	}
	return parsed
}

// place is one value of a document.
type place struct {
	path  yamledit.Path
	value any
}

func places(value any, path yamledit.Path) []place {
	found := []place{{path, value}}
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			found = append(found, places(item, path.Item(i))...)
		}
	case []member:
		for _, m := range value {
			found = append(found, places(m.value, path.Key(m.key))...)
		}
	}
	return found
}

// independent is what a text says, read by the libraries.
func independent(t *rapid.T, text []byte, syntax yamledit.Syntax) resource.Value {
	if syntax == yamledit.JSON {
		value, err := resource.ParseValue(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return value
	}
	var read any
	if err := yaml.Load(text, &read); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	encoded, err := json.Marshal(plain(read))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	value, err := resource.ParseValue(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// plain makes keys text, as the configuration reads them.
func plain(value any) any {
	switch value := value.(type) {
	case map[any]any:
		made := map[string]any{}
		for key, v := range value {
			made[fmt.Sprint(key)] = plain(v)
		}
		return made
	case map[string]any:
		for key, v := range value {
			value[key] = plain(v)
		}
	case []any:
		for i, v := range value {
			value[i] = plain(v)
		}
	}
	return value
}

// withValue is a document with one value replaced, added or removed (nil).
func withValue(document any, path yamledit.Path, at string, value any) any {
	switch document := document.(type) {
	case []any:
		made := slices.Clone(document)
		for i := range made {
			if made[i] = withValue(made[i], path.Item(i), at, value); path.Item(i).String() == at {
				made[i] = value
			}
		}
		return made
	case []member:
		var made []member
		found := false
		for _, m := range document {
			if path.Key(m.key).String() != at {
				made = append(made, member{m.key, withValue(m.value, path.Key(m.key), at, value)})
				continue
			}
			if found = true; value != nil {
				made = append(made, member{m.key, value})
			}
		}
		if key, isNew := strings.CutPrefix(at, path.Key("new").Parent().String()); isNew && !found && strings.TrimPrefix(key, ".") == "new" {
			made = append(made, member{"new", value})
		}
		return made
	default:
		return document
	}
}

func TestRandomEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, members, syntax := drawText(t)
		f, err := yamledit.Parse([]byte(text), syntax)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		all := places(members, yamledit.Document(0))
		target := all[rapid.IntRange(0, len(all)-1).Draw(t, "target")]
		path, value := target.path, drawValue(t, 2)
		_, isMapping := target.value.([]member)
		var edited *yamledit.File
		switch {
		case isMapping:
			path = path.Key("new")
			edited, err = f.Set(path, valueOf(value))
		case path.Last() != "" && path.String() != "first" && rapid.Bool().Draw(t, "remove"):
			value = nil
			edited, err = f.Remove(path)
		default:
			edited, err = f.Set(path, valueOf(value))
		}
		if refused, ok := errors.AsType[*yamledit.Error](err); ok && refused.Reason == yamledit.ReasonReference && strings.Contains(text, "${") {
			t.Skip("a reference")
		}
		if err != nil {
			t.Fatalf("%s = %v: %v\n%s", path, value, err, text)
		}
		want := withValue(any(members), yamledit.Document(0), path.String(), escaped(value))
		if got := independent(t, edited.Text(), syntax); got != valueOf(want) {
			t.Fatalf("%s: got %s, want %s\n%s\n->\n%s", path, got, valueOf(want), text, edited.Text())
		}
		parent, _ := f.Get(path.Parent())
		if keys, _ := parent.AsObject(); value == nil && len(keys) == 1 {
			return // the mapping is empty now, and was written over as a whole
		}
		checkRest(t, f, text, string(edited.Text()), all, target)
	})
}

// escaped is a value as it stands in a file, where $${ is a literal ${.
func escaped(value any) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, "${", "$${")
	case []any:
		made := make([]any, len(value))
		for i := range value {
			made[i] = escaped(value[i])
		}
		return made
	case []member:
		made := make([]member, len(value))
		for i, m := range value {
			made[i] = member{m.key, escaped(m.value)}
		}
		return made
	default:
		return value
	}
}

// checkRest fails unless everything before the line of the target, but for a comma,
// and everything from the line of what comes behind it is as it was.
func checkRest(t *rapid.T, f *yamledit.File, before, after string, all []place, target place) {
	lines := strings.SplitAfter(before, "\n")
	if line, _, ok := f.Place(target.path); ok && target.path.Last() != "" {
		head := strings.TrimRight(strings.Join(lines[:line-1], ""), ", \r\n\t")
		if !strings.HasPrefix(after, head) {
			t.Fatalf("something before line %d has changed:\n%s\n->\n%s", line, before, after)
		}
	}
	at := slices.IndexFunc(all, func(p place) bool { return p.path.String() == target.path.String() })
	inside := len(places(target.value, target.path))
	if at+inside >= len(all) {
		return
	}
	next, _, _ := f.Place(all[at+inside].path)
	if own, _, _ := f.Place(target.path); next > own && startsOwnLine(lines[next-1]) && !strings.HasSuffix(after, strings.Join(lines[next:], "")) {
		t.Fatalf("something behind line %d has changed:\n%s\n->\n%s", next, before, after)
	}
}

func startsOwnLine(line string) bool { return strings.TrimSpace(line) != "" }

func TestInverseEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, members, syntax := drawText(t)
		f, err := yamledit.Parse([]byte(text), syntax)
		if err != nil {
			t.Fatal(err)
		}
		all := slices.DeleteFunc(places(members, yamledit.Document(0)), func(p place) bool {
			_, number := p.value.(int)
			_, flag := p.value.(bool)
			return !number && !flag
		})
		target := all[rapid.IntRange(0, len(all)-1).Draw(t, "target")]
		edited, err := f.Set(target.path, valueOf(drawScalar(t)))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		back, err := edited.Set(target.path, valueOf(target.value))
		if err != nil {
			if refused, ok := errors.AsType[*yamledit.Error](err); ok && refused.Reason == yamledit.ReasonReference {
				t.Skip("a reference") // only where the text had one
			}
			t.Fatalf("%v\n%s", err, edited.Text())
		}
		if string(back.Text()) != text {
			t.Fatalf("there and back is not the same:\n%s\n->\n%s\n->\n%s", text, edited.Text(), back.Text())
		}
	})
}

// escapedValue is a value without mappings as it stands in a file.
func escapedValue(value resource.Value) resource.Value {
	return resource.Value(strings.ReplaceAll(string(value), "${", "$${"))
}

func FuzzSet(f *testing.F) {
	for _, tt := range editCases() {
		f.Add([]byte(tt.text), 4, 5, `"x"`)
	}
	f.Add([]byte("a: &a [*a]\n? b\n: - c\n--- !x\n<<: {}\n"), 1, 4, `{"a":[1]}`)
	f.Fuzz(func(t *testing.T, text []byte, line, column int, raw string) {
		value, err := resource.ParseValue([]byte(raw))
		if err != nil || strings.Contains(raw, "${") && strings.Contains(raw, "{\"") {
			return // keys are not escaped
		}
		for _, syntax := range []yamledit.Syntax{yamledit.YAML, yamledit.JSON} {
			file, err := yamledit.Parse(text, syntax)
			if err != nil {
				continue
			}
			path, found := file.Find(line, column)
			if !found {
				path = yamledit.Document(0)
			}
			for _, target := range []yamledit.Path{path, path.Item(0), path.Key("a"), path.Key("b", "c")} {
				edited, err := file.Set(target, value)
				if err != nil {
					continue
				}
				got, err := edited.Get(target)
				if want := escapedValue(value); err != nil || got != want {
					t.Fatalf("%s is %s (%v), want %s\n%s", target, got, err, want, edited.Text())
				}
				_, _ = edited.Remove(target)
				_, _ = edited.Append(target, []yamledit.Member{{Key: "id", Value: value}})
			}
		}
	})
}
