package flow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// decoded is JSON as another reader sees it, with exact numbers.
func decoded(tb testing.TB, data []byte) any {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestReadAndWriteKeepEverything(t *testing.T) {
	for _, path := range samples(t) {
		t.Run(path, func(t *testing.T) {
			before := map[string][]byte{}
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				before = folder(t, path)
			} else if before[flow.SingleFile], err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
			after := read(t, path).Files()
			if len(after) != len(before) {
				t.Fatalf("%d files became %d", len(before), len(after))
			}
			for name, data := range before {
				if filepath.Ext(name) != ".json" {
					if !bytes.Equal(data, after[name]) {
						t.Errorf("%s changed", name)
					}
					continue
				}
				if !reflect.DeepEqual(decoded(t, data), decoded(t, after[name])) {
					t.Errorf("%s is another JSON value after reading and writing", name)
				}
			}
		})
	}
}

func TestConversionNamesItsLosses(t *testing.T) {
	const counts, unknown = "the service counts and dates its own versions", "the management export has no place for it"
	tests := map[string][]flow.Loss{
		"testdata/sign-in.json": nil,
		"testdata/sign-up-console.json": {
			{"flow.etag", counts},
			{"flow.futureSetting", unknown},
			{"flow.modifiedTime", counts},
			{"flow.version", counts},
			{"screens[0].future", unknown},
			{"screens[0].inputs", "the service reads a screen's inputs from its contents"},
			{"screens[0].version", counts},
			{"screens[1].version", counts},
		},
		"testdata/snapshot": {
			{"README.txt", unknown},
			{`metadata.json: references.connectors["Audit log"]`, "a snapshot holds the name without its id"},
			{"screen-old.json", "the metadata does not list this screen"},
		},
	}
	for path, want := range tests {
		t.Run(path, func(t *testing.T) {
			d := read(t, path)
			export, losses := d.ToExport()
			if !reflect.DeepEqual(losses, want) {
				t.Errorf("losses:\n got %v\nwant %v", losses, want)
			}
			if export.Shape() != flow.Management {
				t.Errorf("the export is a %s", export.Shape())
			}
			if again, lost := export.ToExport(); len(lost) > 0 || again.Value() != export.Value() {
				t.Error("converting an export changes it")
			}
			if reread := parse(t, string(d.Encode())); reread.Value() != export.Value() {
				t.Error("the encoded export reads as another one")
			}
			for _, found := range flow.Check(d) {
				if found.Severity == flow.SeverityError {
					t.Errorf("found %+v", found)
				}
			}
		})
	}
}

func TestConsoleBecomesExport(t *testing.T) {
	got := read(t, "testdata/sign-up-console.json").Value()
	for path, want := range map[string]string{
		"flowId":                     `"sign-up"`,
		"metadata.name":              `"Sign Up"`,
		"metadata.fingerprint":       `true`,
		"metadata.componentsVersion": `"2.0.322"`,
		"metadata.translation":       `{"connectorId":"CIexample3","enabled":true,"sourceLanguage":"en","targetLanguages":["de","fr"]}`,
		"contents.startTask":         `"1"`,
		"references":                 `{}`,
	} {
		v := got
		for key := range strings.SplitSeq(path, ".") {
			v = v.Get(key)
		}
		if string(v) != want {
			t.Errorf("%s is %s, want %s", path, v, want)
		}
	}
	screens := decoded(t, []byte(got.Get("screens"))).([]any)
	first := screens[0].(map[string]any)
	if first["screenId"] != "SCbbb1" || first["contents"].(map[string]any)["mail"] == nil || first["htmlTemplate"] != nil {
		t.Errorf("the first screen is %v", first)
	}
}

func TestEncodeLaysOutForGit(t *testing.T) {
	d := parse(t, `{"metadata":{"name":"A <b>"},"contents":{"tasks":{},"startTask":"0"},"flowId":"x","big":12345678901234567890}`)
	want := "{\n  \"big\": 12345678901234567890,\n  \"contents\": {\n    \"startTask\": \"0\",\n    \"tasks\": {}\n  },\n" +
		"  \"flowId\": \"x\",\n  \"metadata\": {\n    \"name\": \"A <b>\"\n  }\n}\n"
	if got := string(d.Encode()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDocumentSaysWhatItIs(t *testing.T) {
	tests := []struct {
		path, id, name string
		shape          flow.Shape
	}{
		{"testdata/sign-in.json", "sign-in", "Sign In", flow.Management},
		{"testdata/sign-up-console.json", "sign-up", "Sign Up", flow.Console},
		{"testdata/snapshot", "", "Choose", flow.Snapshot},
	}
	for _, test := range tests {
		d := read(t, test.path)
		if d.ID() != test.id || d.Name() != test.name || d.Shape() != test.shape || d.Disabled() {
			t.Errorf("%s: id %q, name %q, %s, disabled %v", test.path, d.ID(), d.Name(), d.Shape(), d.Disabled())
		}
		other := d.WithID("another").WithMetadata("disabled", resource.BoolValue(true)).WithMetadata("name", resource.StringValue("N"))
		if other.ID() != "another" || !other.Disabled() || other.Name() != "N" || d.Disabled() {
			t.Errorf("%s: after the changes: id %q, name %q, disabled %v", test.path, other.ID(), other.Name(), other.Disabled())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 120) + "1" + strings.Repeat("}", 120)
	tests := map[string]struct{ text, path, cause string }{
		"no JSON":           {`{"contents":{"tasks":{"4":{"name":nope}}}}`, "contents.tasks.4.name", "unexpected character"},
		"a key twice":       {`{"metadata":{},"contents":{"tasks":{"1":{},"1":{}}}}`, "contents.tasks", `the key "1" stands twice`},
		"a key twice, late": {`{"a":[1,{"b":{}},{"x y":[{"c":1,"c":2}]}]}`, `a[2]["x y"][0]`, `the key "c" stands twice`},
		"too deep":          {deep, "a.a.a", "nested deeper than 100 levels"},
		"text after it":     {`{"metadata":{},"contents":{}} x`, "", "text after the end"},
		"an array":          {`[]`, "", "this is no flow"},
		"another object":    {`{"flow":{}}`, "", "this is no flow"},
		"tasks in a list":   {`{"metadata":{},"contents":{"tasks":[]}}`, "contents.tasks", "an object is expected here, not an array"},
		"a task of text":    {`{"metadata":{},"contents":{"tasks":{"a b":"x"}}}`, `contents.tasks["a b"]`, "not a string"},
		"rules of numbers":  {`{"metadata":{},"contents":{"tasks":{"a":{"next":{"rules":[{},7]}}}}}`, "contents.tasks.a.next.rules[1]", "not a number"},
		"screens of true":   {`{"metadata":{},"contents":{},"screens":true}`, "screens", "not a boolean"},
		"a screen of null":  {`{"metadata":{},"contents":{},"screens":[null]}`, "screens[0]", "not null"},
		"console contents":  {`{"flow":{"dsl":{}},"screens":[{"htmlTemplate":[]}]}`, "screens[0].htmlTemplate", "not an array"},
		"console dsl":       {`{"flow":{},"screens":[]}`, "flow.dsl", "not nothing"},
		"metadata":          {`{"metadata":1,"contents":{}}`, "metadata", "not a number"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := flow.Parse([]byte(test.text))
			failure, ok := errors.AsType[*flow.DocumentError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if !strings.HasPrefix(failure.Path, test.path) || test.path == "" && failure.Path != "" || !strings.Contains(err.Error(), test.cause) {
				t.Errorf("got path %q, error %q; want path %q, cause %q", failure.Path, err, test.path, test.cause)
			}
			if d.Shape() != 0 || failure.Fault().Hint == "" {
				t.Error("a refused text gives a document, or no hint")
			}
		})
	}
	if _, err := flow.Parse(make([]byte, flow.MaxSize+1)); err == nil || !strings.Contains(err.Error(), "more than the 16777216") {
		t.Errorf("a text that is too large: %v", err)
	}
}

func TestSnapshotRefuses(t *testing.T) {
	good := map[string]string{"metadata.json": `{"screens":["a"]}`, "contents.json": `{"tasks":{}}`, "screen-a.json": `{"contents":{}}`}
	tests := map[string]struct{ name, text, want string }{
		"a path that climbs":      {"../x.json", "{}", "does not stay below"},
		"a path that climbs late": {"a/../../x", "", "does not stay below"},
		"a path from the root":    {"/etc/passwd", "", "does not stay below"},
		"a path for Windows":      {`..\x`, "", "does not stay below"},
		"a drive":                 {`C:x`, "", "does not stay below"},
		"an empty path":           {"", "", "does not stay below"},
		"no metadata":             {"metadata.json", "", "metadata.json: the file is missing"},
		"no contents":             {"contents.json", "", "contents.json: the file is missing"},
		"a missing screen":        {"screen-a.json", "", `metadata.json: screens: the screen "a" is listed, but screen-a.json is missing`},
		"a broken screen":         {"screen-a.json", `{"contents":3}`, "screen-a.json: [0].contents: an object is expected"},
		"a broken list":           {"metadata.json", `{"screens":[1]}`, "metadata.json: screens: a list of screen ids"},
		"a broken file":           {"contents.json", `{"tasks":{"1":}}`, `contents.json: tasks.1: `},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{}
			for path, text := range good {
				files[path] = []byte(text)
			}
			files[test.name] = []byte(test.text)
			if _, listed := good[test.name]; listed && test.text == "" {
				delete(files, test.name)
			}
			if _, err := flow.ParseSnapshot(files); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
