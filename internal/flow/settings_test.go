package flow_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestSetChangesExactlyOneValue(t *testing.T) {
	tests := map[string]struct {
		path, value string
		want        string // the difference, as text
	}{
		"an argument by the task's name": {
			`task 'Profile'.arguments.flowId`, `"ask"`,
			"~ task 'Profile' changed\n    arguments.flowId.value: \"complete-profile\" -> \"ask\"\n",
		},
		"an argument by the task's id": {
			`task 8.arguments.providerId`, `"CI9"`,
			"~ task 'Send code' (8) changed\n    arguments.providerId: none -> {\"type\":\"inline\",\"value\":\"CI9\"}\n",
		},
		"an id with a dot": {
			`task 11.end.arguments.uri`, `"u"`,
			"~ task 'Send link' (11.end) changed\n    arguments.uri.value: \"https://login.example.com/verify\" -> \"u\"\n",
		},
		"the first of two halves": {
			`task "Send link".arguments.uri`, `"u"`,
			"~ task 'Send link' (11) changed\n    arguments.uri.value: \"https://login.example.com/verify\" -> \"u\"\n",
		},
		"an argument that was not there": {
			`task 'Risk'.arguments.level`, `3`,
			"~ task 'Risk' changed\n    arguments: none -> {\"level\":{\"type\":\"inline\",\"value\":3}}\n",
		},
		"deep in a list": {
			`task 'Note the login'.arguments.userPropertiesDefinitions.value[0].value`, `"app"`,
			"~ task 'Note the login' changed\n    arguments.userPropertiesDefinitions.value[0].value: \"sms\" -> \"app\"\n",
		},
		"a part of a screen": {
			`screen 'Welcome'.title.props.children`, `"Hello"`,
			"~ text 'Hello' on the screen of 'Welcome' changed\n    props.children: \"Welcome to Example\" -> \"Hello\"\n",
		},
		"a screen by id": {
			`screen SCaaa5.t1.props.children`, `"Hello"`,
			"~ text 'Hello' on the screen of 'Enter code' (16) changed\n    props.children: \"Enter the code for administrators\" -> \"Hello\"\n",
		},
		"metadata": {
			`metadata.description`, `"D"`,
			"~ metadata description changed\n    description: \"Links, passkeys, Google and passwords; a code where the risk is high.\" -> \"D\"\n",
		},
		"a reference": {
			`references.connectors['SMS gateway']`, `"CI9"`,
			"~ reference connectors[\"SMS gateway\"] changed\n    connectors[\"SMS gateway\"]: \"CIexample1\" -> \"CI9\"\n",
		},
		"a reference that was not there": {
			`references.connectors["It's new"]`, `"CI9"`,
			"+ reference connectors[\"It's new\"] added\n    connectors[\"It's new\"]: none -> \"CI9\"\n",
		},
		"nothing at an argument": {
			`task 'Profile'.arguments.flowId`, ``,
			"~ task 'Profile' changed\n    arguments.flowId: {\"type\":\"inline\",\"value\":\"complete-profile\"} -> none\n",
		},
		"nothing where nothing is": {`references.roles.nobody`, ``, "No differences.\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := read(t, "testdata/sign-in.json")
			v := resource.Absent
			if test.value != "" {
				v = value(t, test.value)
			}
			after, err := flow.Set(before, map[string]resource.Value{test.path: v})
			if err != nil {
				t.Fatal(err)
			}
			got := flow.Diff(before, after).Text()
			if at := strings.Index(got, "\n1 difference:"); at >= 0 {
				got = got[:at+1]
			}
			if got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	tests := map[string]struct{ path, reason, hint string }{
		"another root":          {"tsk 'Risk'.arguments.x", `begins with "tsk"`, `did you mean task?`},
		"no name":               {"task .arguments.x", "the name of the task is missing", "write task 'NAME'"},
		"an open quote":         {"task 'Risk.arguments.x", "a quote is not closed", ""},
		"no field":              {"task 'Risk'", "it names no field", "name a field"},
		"an empty field":        {"task 'Risk'..x", "a field's name is missing", ""},
		"text after the name":   {"task 'Risk'x", `a dot is expected before "x"`, ""},
		"an open bracket":       {"metadata['x", "a quote or bracket is not closed", ""},
		"a bare key":            {"references[x]", "a number or a quoted key", "['KEY']"},
		"an unknown task":       {"task 'Send cod'.arguments.x", `no task "Send cod"`, `did you mean "Send code"?`},
		"a name in quotes":      {"task '8'.arguments.x", `no task "8"`, ""},
		"several tasks":         {"task 'Send code'.arguments.x", `2 tasks have the name "Send code"`, "task 8, task 15"},
		"an unknown screen":     {"screen 'Welcom'.title.props.children", `no screen "Welcom"`, `did you mean Welcome?`},
		"several screens":       {"screen 'Enter code'.t1.props.children", "2 screens are shown", "by its id"},
		"an unknown part":       {"screen 'Welcome'.tite.props.children", `no field "tite"`, `did you mean title?`},
		"an unknown field":      {"task 'Risk'.actio", `no field "actio"`, `did you mean action?`},
		"a field of a text":     {"task 'Risk'.action.x", `"x" lies in a string`, ""},
		"a place after the end": {"task 'Note the login'.arguments.userPropertiesDefinitions.value[2].key", `"2" is no place in a list of 2`, ""},
		"a key of a list":       {"task 'Note the login'.arguments.userPropertiesDefinitions.value.x.key", `"x" is no place in a list of 2`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := flow.Set(read(t, "testdata/sign-in.json"), map[string]resource.Value{test.path: `"v"`})
			failure, ok := errors.AsType[*flow.SettingError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(failure.Reason, test.reason) || !strings.Contains(failure.Fault().Hint, test.hint) || failure.Path != test.path {
				t.Errorf("got %q with the hint %q; want %q, %q", err, failure.Hint, test.reason, test.hint)
			}
		})
	}
	_, err := flow.Set(read(t, "testdata/sign-in.json"), map[string]resource.Value{
		"task 'Risk'.arguments.a": "1", "task 6.arguments.a.type": `"inline"`, "task 6.arguments.a": "2",
	})
	if err == nil || !strings.Contains(err.Error(), "names the same value") {
		t.Errorf("one value set twice: %v", err)
	}
}

func TestKeepIgnoresWhatIsSet(t *testing.T) {
	paths := []string{"task 8.arguments.providerId", "task 'Profile'.arguments.flowId", "screen 'Welcome'.title.props.children", "references.connectors['SMS gateway']"}
	file := read(t, "testdata/sign-in.json")
	values := map[string]resource.Value{}
	for _, path := range paths {
		values[path] = `"set for this environment"`
	}
	live, err := flow.Set(file, values)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("nothing else differs", func(t *testing.T) {
		d, missing, err := flow.DiffBeyond(file, live, paths)
		if err != nil || len(missing) > 0 || !d.IsEmpty() {
			t.Errorf("%v, missing %v, error %v", allLines(d), missing, err)
		}
		if without := flow.Diff(file, live); len(without.Operations) != len(paths) {
			t.Errorf("without the paths:%s", allLines(without))
		}
	})
	t.Run("something else differs, under other numbers", func(t *testing.T) {
		changed := tree(rewritten(map[string]any(treeOf(t, live)), "", "", map[string]string{"8": "88", "15": "8", "21": "7", "7": "21"}, map[string]string{"SCaaa1": "SCzzz9"}).(map[string]any))
		tasks := map[string]any{}
		for _, task := range changed.tasks() {
			tasks[task.(map[string]any)["id"].(string)] = task
		}
		changed["contents"].(map[string]any)["tasks"] = tasks
		changed.task("20")["name"] = "Another name"
		d, missing, err := flow.DiffBeyond(file, changed.document(t), paths)
		if err != nil || len(missing) > 0 || len(d.Operations) != 1 || d.Operations[0].Task != "'Another name'" {
			t.Errorf("%v, missing %v, error %v", allLines(d), missing, err)
		}
	})
	t.Run("the kept values stand in the result", func(t *testing.T) {
		kept, _, err := flow.Keep(live, file, paths)
		if err != nil || kept.Value() == live.Value() {
			t.Fatalf("nothing was kept: %v", err)
		}
		again, _, err := flow.Keep(kept, live, paths)
		if err != nil || !flow.Diff(again, live).IsEmpty() {
			t.Errorf("putting the values back gives another flow: %v", err)
		}
	})
	t.Run("what is gone is missing", func(t *testing.T) {
		gone := treeOf(t, live)
		delete(gone.tasks(), "21")
		_, missing, err := flow.Keep(gone.document(t), file, paths)
		if err != nil || !slices.Equal(missing, []string{"task 'Profile'.arguments.flowId"}) {
			t.Errorf("missing %v, error %v", missing, err)
		}
	})
	t.Run("an argument that is only set goes as a whole", func(t *testing.T) {
		path := "task 8.arguments.onlySet"
		deployed, err := flow.Set(file, map[string]resource.Value{path: `"x"`})
		if err != nil {
			t.Fatal(err)
		}
		kept, missing, err := flow.Keep(deployed, file, []string{path})
		if err != nil || len(missing) > 0 || strings.Contains(string(kept.Value()), "onlySet") {
			t.Errorf("missing %v, error %v: %s", missing, err, kept.Value())
		}
	})
	t.Run("a path that names nothing", func(t *testing.T) {
		if _, _, err := flow.DiffBeyond(file, live, []string{"task 'X'.arguments.a"}); err == nil {
			t.Error("no error")
		}
	})
}

func TestReferences(t *testing.T) {
	export := treeOf(t, read(t, "testdata/sign-in.json"))
	inline := func(v any) map[string]any { return map[string]any{"type": "inline", "value": v} }
	export.task("8")["arguments"].(map[string]any)["providerId"] = inline("CIexample1")
	export.task("15")["arguments"].(map[string]any)["providerId"] = inline("CIother")
	export.task("18")["arguments"].(map[string]any)["roleNames"] = inline([]any{"admin", "owner"})
	export.task("20")["arguments"].(map[string]any)["roleName"] = map[string]any{"type": "context", "value": "form.role"}
	export.task("0")["componentsConnectors"] = map[string]any{"captcha": "CIcaptcha"}
	export["metadata"].(map[string]any)["translation"] = map[string]any{"connectorId": "CItranslate"}
	got := flow.References(export.document(t))
	want := []flow.Reference{
		{Kind: flow.ReferenceConnector, ID: "CIcaptcha", Tasks: []string{"'Welcome'"}},
		{Kind: flow.ReferenceConnector, ID: "CIother", Tasks: []string{"'Send code' (15)"}},
		{Kind: flow.ReferenceConnector, ID: "CItranslate"},
		{Kind: flow.ReferenceConnector, Name: "SMS gateway", ID: "CIexample1", Listed: true, Tasks: []string{"'Send code' (8)"}},
		{Kind: flow.ReferenceFlow, ID: "complete-profile", Tasks: []string{"'Profile'"}},
		{Kind: flow.ReferenceRole, Name: "admin", ID: "ROexample1", Listed: true, Tasks: []string{"'Note the login'"}},
		{Kind: flow.ReferenceRole, Name: "owner", Tasks: []string{"'Note the login'"}},
	}
	if !slices.EqualFunc(got, want, func(a, b flow.Reference) bool {
		return a.Kind == b.Kind && a.Name == b.Name && a.ID == b.ID && a.Listed == b.Listed && slices.Equal(a.Tasks, b.Tasks)
	}) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	snapshot := flow.References(read(t, "testdata/snapshot"))
	names := map[string]bool{}
	for _, r := range snapshot {
		names[string(r.Kind)+" "+r.Name+r.ID] = true
	}
	if want := map[string]bool{"connector Audit log": true, "flow sign-in": true}; !maps.Equal(names, want) {
		t.Errorf("the snapshot refers to %v, want %v", names, want)
	}
}
