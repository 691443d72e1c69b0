package flow_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// swap is a text of a document and what takes its place.
type swap struct{ old, replacement string }

func TestDiffTells(t *testing.T) {
	const comma = ",\n"
	tests := map[string]struct {
		swaps []swap
		edit  func(tree)
		want  []string
	}{
		"an argument": {
			swaps: []swap{{`"complete-profile"`, `"ask-profile"`}},
			want:  []string{`~ task 'Profile' changed`, `    arguments.flowId.value: "complete-profile" -> "ask-profile"`},
		},
		"an argument of a task whose name is not unique": {
			edit: func(t tree) {
				t.task("8")["arguments"].(map[string]any)["templateId"] = map[string]any{"type": "inline", "value": "T1"}
			},
			want: []string{`~ task 'Send code' (8) changed`, `    arguments.templateId: none -> {"type":"inline","value":"T1"}`},
		},
		"an exact number": {
			swaps: []swap{{"12345678901234567890", "12345678901234567891"}},
			want:  []string{`~ task 'Note the login' changed`, `    arguments.serial.value: 12345678901234567890 -> 12345678901234567891`},
		},
		"the same number, written otherwise": {swaps: []swap{{`"value": 0.5`, `"value": 5e-1`}}},
		"an operand":                         {swaps: []swap{{`"value": 0.5`, `"value": 0.6`}}, want: []string{`~ condition 'High risk' of task 'Is the risk high?' changed`, `    when.predicate.value: 0.5 -> 0.6`}},
		"false and zero are operands": {
			edit: func(t tree) {
				atom := t.task("7")["conditions"].([]any)[0].(map[string]any)["atomicConditions"].([]any)[1]
				atom.(map[string]any)["predicate"].(map[string]any)["value"] = 0
			},
			want: []string{`~ condition 'High risk' of task 'Is the risk high?' changed`, `    when.predicate.value: false -> 0`},
		},
		"the name of a branch": {
			swaps: []swap{{`"High risk"`, `"Risky"`}},
			want:  []string{`~ condition 'Risky' of task 'Is the risk high?' changed`, `    name: "High risk" -> "Risky"`},
		},
		"the order of branches": {
			edit: func(t tree) {
				list := t.task("7")["conditions"].([]any)
				list[0], list[1] = list[1], list[0]
			},
			want: []string{`~ task 'Is the risk high?': the branches are in another order`, `    order: ["High risk","Admin","Low risk"] -> ["Admin","High risk","Low risk"]`},
		},
		"the order of what must all hold": {
			edit: func(t tree) {
				list := t.task("7")["conditions"].([]any)[0].(map[string]any)["atomicConditions"].([]any)
				list[0], list[1] = list[1], list[0]
			},
		},
		"a branch that goes": {
			edit: func(t tree) {
				task := t.task("7")
				task["conditions"] = slices.Delete(task["conditions"].([]any), 1, 2)
				next := task["next"].(map[string]any)
				next["rules"] = slices.Delete(next["rules"].([]any), 1, 2)
			},
			want: []string{
				`- condition 'Admin' of task 'Is the risk high?' removed`,
				`    when: [{"operator":"contains","predicate":{"type":"inline","value":"admin"},"target":{"type":"context","value":"user.roleNames"}}] -> none`,
				`- edge 'Admin' of task 'Is the risk high?' to 'Send code' (15) removed`,
			},
		},
		"the same branch under another id": {
			edit: func(t tree) {
				t.task("7")["conditions"].([]any)[0].(map[string]any)["interactionId"] = "k9"
				rules(t.tasks()["7"])[0].(map[string]any)["interactionId"] = "k9"
			},
		},
		"an edge": {
			edit: func(t tree) { rules(t.tasks()["9"])[0].(map[string]any)["taskId"] = "5" },
			want: []string{`~ edge 'Send again' of task 'Enter code' (9) redirected from 'Send code' (8) to 'End'`},
		},
		"a second target of one interaction": {
			edit: func(t tree) {
				next := t.task("6")["next"].(map[string]any)
				next["rules"] = append(next["rules"].([]any), map[string]any{"interactionId": "success", "taskId": "13"})
			},
			want: []string{`+ edge success of task 'Risk' to 'Verified' added`},
		},
		"a task that comes": {
			edit: func(t tree) {
				t.tasks()["99"] = map[string]any{"id": "99", "name": "Log", "type": "automated", "action": "connector", "next": map[string]any{"rules": []any{map[string]any{"interactionId": "success", "taskId": "5"}}}}
				rules(t.tasks()["21"])[0].(map[string]any)["taskId"] = "99"
			},
			want: []string{`+ task 'Log' added`, `~ edge 3.success of task 'Profile' redirected from 'End' to 'Log'`},
		},
		"a task that goes": {
			edit: func(t tree) {
				delete(t.tasks(), "18")
				rules(t.tasks()["17"])[0].(map[string]any)["taskId"] = "21"
			},
			want: []string{`- task 'Note the login' removed`, `~ edge success of task 'Check code' (17) redirected from 'Note the login' to 'Profile'`},
		},
		"name, description and switch": {
			swaps: []swap{{`"name": "Sign In"` + comma, `"name": "Log In"` + comma}, {`"disabled": false`, `"disabled": true`}},
			want:  []string{`~ metadata disabled changed`, `    disabled: false -> true`, `~ metadata name changed`, `    name: "Sign In" -> "Log In"`},
		},
		"what the service moves": {
			edit: func(t tree) {
				metadata := t["metadata"].(map[string]any)
				metadata["componentsVersion"], metadata["fingerprint"], metadata["etag"], metadata["version"] = "3", "abc", "e", 7
				delete(metadata, "disabled")
				t.task("5")["view"] = map[string]any{"x": 1}
				delete(t.task("20"), "arguments")
				t.task("5")["errorHandlingV2"], t.task("5")["flag"], t.task("5")["arguments"] = map[string]any{}, false, map[string]any{"sessionCookieName": map[string]any{"type": "inline", "value": ""}}
				delete(t.task("13"), "type")
			},
		},
		"a switch called fingerprint": {
			edit: func(t tree) { t["metadata"].(map[string]any)["fingerprint"] = true },
			want: []string{`~ metadata fingerprint changed`, `    fingerprint: none -> true`},
		},
		"what nobody knows": {
			swaps: []swap{{"0.12345678901234566", "0.12345678901234567"}},
			want:  []string{`~ metadata unknownSetting changed`, `    unknownSetting.ratio: 0.12345678901234566 -> 0.12345678901234567`},
		},
		"a button and its label": {
			swaps: []swap{{`"children": "Continue with a link"`, `"children": "Mail me"`}, {`"label": "Continue with a link"`, `"label": "Mail me"`}},
			want:  []string{`~ button 'Mail me' on the screen of 'Welcome' changed`, `    props.children: "Continue with a link" -> "Mail me"`, `    interaction.label: "Continue with a link" -> "Mail me"`},
		},
		"a label alone": {
			swaps: []swap{{`"label": "Polling"`, `"label": "Waiting"`}},
			want:  []string{`~ button 'Waiting' on the screen of 'Link sent' changed`, `    interaction.label: "Polling" -> "Waiting"`},
		},
		"an input that goes": {
			edit: func(t tree) {
				s := t.screens()[0].(map[string]any)["contents"].(map[string]any)
				delete(s, "mail")
				root := s["ROOT"].(map[string]any)
				root["nodes"] = slices.DeleteFunc(root["nodes"].([]any), func(v any) bool { return v == "mail" })
				t.task("0")["allInputKeys"] = []any{"password"}
				t.task("0")["inputsMetadata"] = []any{map[string]any{"key": "password", "displayName": "Password"}}
			},
			want: []string{`- input 'email' on the screen of 'Welcome' removed`},
		},
		"an input's rule": {
			edit: func(t tree) {
				t.screens()[0].(map[string]any)["contents"].(map[string]any)["mail"].(map[string]any)["props"].(map[string]any)["required"] = false
			},
			want: []string{`~ input 'email' on the screen of 'Welcome' changed`, `    props.required: true -> none`},
		},
		"the order on a screen": {
			edit: func(t tree) {
				nodes := t.screens()[1].(map[string]any)["contents"].(map[string]any)["ROOT"].(map[string]any)["nodes"].([]any)
				nodes[0], nodes[1] = nodes[1], nodes[0]
			},
			want: []string{`~ element 'Container' (ROOT) on the screen of 'Link sent' moved`, `    nodes: ["t1","back","resend"] -> ["back","t1","resend"]`},
		},
		"a part with another id": {
			edit: func(t tree) {
				s := t.screens()[0].(map[string]any)["contents"].(map[string]any)
				s["foot9"] = s["foot"]
				s["foot9"].(map[string]any)["props"].(map[string]any)["id"] = "foot9"
				delete(s, "foot")
				nodes := s["ROOT"].(map[string]any)["nodes"].([]any)
				nodes[len(nodes)-1] = "foot9"
			},
		},
		"a part that moves into another": {
			edit: func(t tree) {
				contents, foot := t.part("SCaaa1", "foot")
				contents["box"] = map[string]any{"type": map[string]any{"resolvedName": "Container"}, "displayName": "Box", "parent": "ROOT", "nodes": []any{}, "props": map[string]any{}}
				root := contents["ROOT"].(map[string]any)
				root["nodes"] = append(root["nodes"].([]any), "box")
				foot["parent"] = "mail"
				contents["mail"].(map[string]any)["nodes"] = []any{"foot"}
				root["nodes"] = slices.DeleteFunc(root["nodes"].([]any), func(v any) bool { return v == "foot" })
			},
			want: []string{
				`~ text 'By signing in you agree to the terms' on the screen of 'Welcome' moved`, `    parent: "ROOT" -> "mail"`,
				`+ element 'Box' (box) on the screen of 'Welcome' added`,
			},
		},
		"a condition with another part": {
			edit: func(t tree) {
				branch := t.task("7")["conditions"].([]any)[1].(map[string]any)
				branch["atomicConditions"] = append(branch["atomicConditions"].([]any), map[string]any{"operator": "is-true"})
			},
			want: []string{`~ condition 'Admin' of task 'Is the risk high?' changed`, `    when: none -> [{"operator":"is-true"}]`},
		},
		"an exit for other flows": {
			edit: func(t tree) {
				metadata := t["metadata"].(map[string]any)
				metadata["sharedInteractions"] = []any{map[string]any{"id": "5.success", "type": "other"}, map[string]any{"id": "13.x"}, map[string]any{"id": "free"}}
			},
			want: []string{
				`+ metadata shared interaction free added`,
				`~ metadata shared interaction.success of task 'End' changed`, `    type: "success" -> "other"`,
				`+ metadata shared interaction.x of task 'Verified' added`,
			},
		},
		"an exit of a task that goes": {
			edit: func(t tree) {
				delete(t.tasks(), "5")
				t["metadata"].(map[string]any)["sharedInteractions"] = []any{}
				redirect(t, "21", "3.success", "13")
				redirect(t, "3.end", "success", "13")
			},
			want: []string{
				`- task 'End' removed`,
				`~ edge 3.success of task 'Profile' redirected from 'End' to 'Verified'`,
				`~ edge success of task 'Sign In / Passkeys' (3.end) redirected from 'End' to 'Verified'`,
			},
		},
		"what an edge has beside": {
			edit: func(t tree) { rules(t.tasks()["6"])[0].(map[string]any)["delay"] = 3 },
			want: []string{`~ task 'Risk' changed`, `    next: none -> {"rules":{"success":[{"delay":3}]}}`},
		},
		"the start": {
			edit: func(t tree) {
				t["contents"].(map[string]any)["startTask"] = "6"
				rules(t.tasks()["start"])[0].(map[string]any)["taskId"] = "6"
			},
			want: []string{`~ the start redirected from 'Welcome' to 'Risk'`},
		},
		"another screen for a task": {
			edit: func(t tree) { t.task("9")["screenId"] = "SCaaa5" },
			want: []string{`~ task 'Enter code' (9) changed`, `    screen: "SCaaa4" -> "SCaaa5"`},
		},
		"references": {
			swaps: []swap{{"CIexample1", "CIexample9"}, {`"admin": "ROexample1"`, `"owner": "ROexample1"`}},
			want: []string{
				`~ reference connectors["SMS gateway"] changed`, `    connectors["SMS gateway"]: "CIexample1" -> "CIexample9"`,
				`- reference roles.admin removed`, `    roles.admin: "ROexample1" -> none`,
				`+ reference roles.owner added`, `    roles.owner: none -> "ROexample1"`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := read(t, "testdata/sign-in.json")
			after := before
			for _, s := range test.swaps {
				after = edited(t, after, 1, s.old, s.replacement)
			}
			if test.edit != nil {
				changed := treeOf(t, after)
				test.edit(changed)
				after = changed.document(t)
			}
			if after.Value() == before.Value() && test.want != nil {
				t.Fatal("the case changes nothing")
			}
			d := flow.Diff(before, after)
			got := strings.Split(strings.TrimSuffix(d.Text(), "\n"), "\n")
			got = got[:len(got)-1] // the sentence with the counts
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestDiffAcrossShapes(t *testing.T) {
	console := read(t, "testdata/sign-up-console.json")
	export := parse(t, string(console.Encode()))
	if d := flow.Diff(console, export); !d.IsEmpty() {
		t.Errorf("a console export differs from its own conversion:%s", allLines(d))
	}
	if d := flow.Diff(console, read(t, "testdata/snapshot")); d.IsEmpty() {
		t.Error("two flows that have nothing in common do not differ")
	}
}

func TestDifferenceAsJSON(t *testing.T) {
	before := read(t, "testdata/sign-in.json")
	same, err := json.Marshal(flow.Diff(before, before))
	if err != nil || string(same) != `{"operations":[]}` {
		t.Errorf("no difference is %s, %v", same, err)
	}
	d := flow.Diff(before, edited(t, before, 1, `"complete-profile"`, `"ask-profile"`))
	got, err := json.Marshal(d)
	want := `{"operations":[{"object":"task","action":"changed","task_id":"21","task":"'Profile'","fields":[{"path":"arguments.flowId.value","before":"complete-profile","after":"ask-profile"}]}]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// A key of the whole flow is named once, since the operation has its name already.
func TestFieldsNameAKeyOnce(t *testing.T) {
	change := flow.FieldChange{Path: "name", Before: `"Sign In"`, After: `"Log In"`}
	difference := flow.Difference{Operations: []flow.Operation{
		{Object: flow.ObjectMetadata, Action: flow.ActionChanged, Subject: "name", Fields: []flow.FieldChange{change}},
		{Object: flow.ObjectMetadata, Action: flow.ActionChanged, Subject: "translation", Fields: []flow.FieldChange{{Path: "translation.connectorId"}}},
		{Object: flow.ObjectTask, Action: flow.ActionChanged, Task: "'End'", Fields: []flow.FieldChange{change}},
	}}
	var paths []string
	for _, field := range difference.Fields() {
		paths = append(paths, field.Path)
	}
	want := []string{"metadata name changed", "metadata translation changed: translation.connectorId", "task 'End' changed: name"}
	if !slices.Equal(paths, want) {
		t.Errorf("got %q, want %q", paths, want)
	}
}
