package flow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// redirect lets an edge of a task lead elsewhere.
func redirect(t tree, task, interaction, target string) {
	for _, rule := range rules(t.tasks()[task]) {
		if rule := rule.(map[string]any); rule["interactionId"] == interaction {
			rule["taskId"] = target
		}
	}
}

// cut removes an edge of a task.
func cut(t tree, task, interaction string) {
	next := t.task(task)["next"].(map[string]any)
	next["rules"] = slices.DeleteFunc(next["rules"].([]any), func(rule any) bool {
		return rule.(map[string]any)["interactionId"] == interaction
	})
}

// part is a part of the screen with that id.
func (t tree) part(screen, id string) (contents, part map[string]any) {
	for _, s := range t.screens() {
		if s := s.(map[string]any); s["screenId"] == screen {
			contents = s["contents"].(map[string]any)
			part, _ = contents[id].(map[string]any)
		}
	}
	return contents, part
}

// withoutPart removes a part of a screen, its place and its interaction.
func (t tree) withoutPart(screen, id string) {
	contents, _ := t.part(screen, id)
	delete(contents, id)
	root := contents["ROOT"].(map[string]any)
	root["nodes"] = slices.DeleteFunc(root["nodes"].([]any), func(v any) bool { return v == id })
	for _, s := range t.screens() {
		if s := s.(map[string]any); s["screenId"] == screen {
			s["interactions"] = slices.DeleteFunc(s["interactions"].([]any), func(i any) bool { return i.(map[string]any)["id"] == id })
		}
	}
}

// alternative adds a check of a code by an authenticator app beside the code by
// SMS, so that people have a choice after the risk was found high.
func alternative(t tree) {
	t.tasks()["70"] = map[string]any{
		"id": "70", "name": "Check app", "type": "automated", "action": "verify-totp-code",
		"next": map[string]any{"rules": []any{map[string]any{"interactionId": "success", "taskId": "21"}}},
	}
}

func TestBreaking(t *testing.T) {
	// The risk check lets a part of the logins through with one factor; strict
	// sends all of them to a code by SMS.
	strict := func(t tree) {
		redirect(t, "7", "ELSE", "8")
		redirect(t, "7", "c2", "8")
	}
	tests := map[string]struct {
		before, after func(tree)
		want          []string // "rule: message"
	}{
		"nothing": {},
		"a method is removed": {
			after: func(t tree) { t.withoutPart("SCaaa1", "btnPasskey"); cut(t, "0", "btnPasskey") },
			want: []string{
				"interaction-removed: the interaction 'Continue with passkeys' is removed: task 'Welcome' in flow 'sign-in'",
				"sign-in-method-removed: the sign-in method passkey can no longer be reached: task 'Sign In / Passkeys' (3) in flow 'sign-in'",
			},
		},
		"a method's task is removed": {
			after: func(t tree) {
				t.withoutPart("SCaaa1", "btnPassword")
				cut(t, "0", "btnPassword")
				delete(t.tasks(), "20")
			},
			want: []string{
				"interaction-removed: the interaction 'Continue' is removed: task 'Welcome' in flow 'sign-in'",
				"sign-in-method-removed: the sign-in method password is removed: task 'Check password' in flow 'sign-in'",
			},
		},
		"a social provider is removed": {
			after: func(t tree) {
				_, part := t.part("SCaaa1", "btnGoogle")
				part["props"].(map[string]any)["data-descope-provider"] = "apple"
			},
			want: []string{"sign-in-method-removed: the sign-in method social login with google is removed: task 'Welcome' in flow 'sign-in'"},
		},
		"a method is added": {
			before: func(t tree) { t.withoutPart("SCaaa1", "btnPassword"); cut(t, "0", "btnPassword") },
		},
		"a method is added that goes round a sub-flow": { // which may be the second factor
			before: func(t tree) { t.withoutPart("SCaaa1", "btnPasskey"); cut(t, "0", "btnPasskey") },
			want:   []string{"mfa-bypass: task 'Profile' can be bypassed: a login needed at least 2 factors and now 1 factor in flow 'sign-in'"},
		},
		"a sub-flow is replaced": {
			after: func(t tree) {
				t.task("21")["arguments"] = map[string]any{"flowId": map[string]any{"type": "inline", "value": "other"}}
			},
			want: []string{"sign-in-method-removed: the sign-in method sub-flow complete-profile is removed: task 'Profile' in flow 'sign-in'"},
		},
		"an input is removed": {
			after: func(t tree) { t.withoutPart("SCaaa4", "in1") },
			want:  []string{"input-removed: the input 'code' is removed from the screen of task 'Enter code' (9) in flow 'sign-in'"},
		},
		"an input is added": {before: func(t tree) { t.withoutPart("SCaaa4", "in1") }},
		"an input is made anew": {
			after: func(t tree) {
				contents, part := t.part("SCaaa4", "in1")
				delete(contents, "in1")
				contents["in9"] = part
				part["props"].(map[string]any)["placeholder"] = "Another text"
				contents["ROOT"].(map[string]any)["nodes"].([]any)[1] = "in9"
			},
		},
		"an edge is removed": {
			after: func(t tree) { cut(t, "12", "back") },
			want:  []string{"interaction-removed: the interaction 'Another way' is removed: task 'Link sent' in flow 'sign-in'"},
		},
		"a button is removed and its edge stays": {
			after: func(t tree) { t.withoutPart("SCaaa2", "back") },
			want:  []string{"interaction-removed: the interaction 'Another way' is removed: task 'Link sent' in flow 'sign-in'"},
		},
		"an edge is redirected": {after: func(t tree) { redirect(t, "12", "back", "13") }},
		"an edge of a task that nobody reached is removed": {
			before: func(t tree) { cut(t, "11", "success") },
			after:  func(t tree) { cut(t, "11", "success"); cut(t, "12", "back") },
		},
		"a screen is removed": {
			after: func(t tree) {
				delete(t.tasks(), "13")
				cut(t, "12", "polling")
				t["screens"] = slices.DeleteFunc(t.screens(), func(s any) bool { return s.(map[string]any)["screenId"] == "SCaaa3" })
			},
			want: []string{
				"interaction-removed: the interaction 'Polling' is removed: task 'Link sent' in flow 'sign-in'",
				"screen-removed: the screen of task 'Verified' is removed in flow 'sign-in'",
			},
		},
		"a screen that nobody saw is removed": {
			before: func(t tree) {
				t["screens"] = append(t.screens(), map[string]any{"screenId": "SCx", "contents": map[string]any{}})
			},
		},
		"the flow is switched off": {
			after: func(t tree) { t["metadata"].(map[string]any)["disabled"] = true },
			want:  []string{"flow-disabled: flow 'sign-in' is switched off"},
		},
		"the flow is switched on": {before: func(t tree) { t["metadata"].(map[string]any)["disabled"] = true }},
		"the flow stays off":      {before: off, after: off},
		"the end cannot be reached": {
			after: func(t tree) { redirect(t, "21", "3.success", "13"); redirect(t, "3.end", "success", "13") },
			want:  []string{"end-unreachable: no path leads from the start, task 'Welcome', to an end with a session in flow 'sign-in'"},
		},
		"one way ends in nothing": {
			after: func(t tree) { redirect(t, "10", "success", "13") },
			want: []string{
				"end-unreachable: no path leads from task 'Send code' (8) to an end with a session any more in flow 'sign-in'",
				"end-unreachable: no path leads from task 'Enter code' (9) to an end with a session any more in flow 'sign-in'",
				"end-unreachable: no path leads from task 'Check code' (10) to an end with a session any more in flow 'sign-in'",
			},
		},
		"the end can be reached again": {before: func(t tree) { redirect(t, "10", "success", "13") }},
		"a factor is bypassed": {
			before: func(t tree) { strict(t); cut(t, "0", "btnPasskey") },
			after:  func(t tree) { strict(t); cut(t, "0", "btnPasskey"); redirect(t, "7", "ELSE", "21") },
			want:   []string{"mfa-bypass: task 'Check code' (10) can be bypassed: a login needed at least 3 factors and now 2 factors in flow 'sign-in'"},
		},
		"a wrong code goes on": {
			before: func(t tree) { strict(t); cut(t, "0", "btnPasskey") },
			after: func(t tree) {
				strict(t)
				cut(t, "0", "btnPasskey")
				next := t.task("10")["next"].(map[string]any)
				next["rules"] = append(next["rules"].([]any), map[string]any{"interactionId": "failure", "taskId": "21"})
			},
			want: []string{"mfa-bypass: task 'Check code' (10) can be bypassed: a login needed at least 3 factors and now 2 factors in flow 'sign-in'"},
		},
		"a button is off its page": {
			after: func(t tree) {
				contents, _ := t.part("SCaaa1", "btnPasskey")
				root := contents["ROOT"].(map[string]any)
				root["nodes"] = slices.DeleteFunc(root["nodes"].([]any), func(v any) bool { return v == "btnPasskey" })
			},
			want: []string{"interaction-removed: the interaction 'Continue with passkeys' is removed: task 'Welcome' in flow 'sign-in'"},
		},
		"a button is hidden": {
			after: func(t tree) { _, part := t.part("SCaaa1", "btnPasskey"); part["hidden"] = true },
			want:  []string{"interaction-removed: the interaction 'Continue with passkeys' is removed: task 'Welcome' in flow 'sign-in'"},
		},
		"a button is switched off": {
			after: func(t tree) {
				_, part := t.part("SCaaa1", "btnPasskey")
				part["props"].(map[string]any)["disabled"] = true
			},
			want: []string{"interaction-removed: the interaction 'Continue with passkeys' is removed: task 'Welcome' in flow 'sign-in'"},
		},
		"a button is shown again": {before: func(t tree) { _, part := t.part("SCaaa1", "btnPasskey"); part["hidden"] = true }},
		"a factor becomes necessary": {
			before: func(t tree) { cut(t, "0", "btnPasskey") },
			after:  func(t tree) { strict(t); cut(t, "0", "btnPasskey") },
		},
		"a factor gets an alternative": {
			before: func(t tree) { strict(t); cut(t, "0", "btnPasskey") },
			after: func(t tree) {
				strict(t)
				cut(t, "0", "btnPasskey")
				alternative(t)
				redirect(t, "7", "c2", "70")
			},
		},
		"both of two factors are bypassed": {
			before: func(t tree) {
				strict(t)
				cut(t, "0", "btnPasskey")
				alternative(t)
				redirect(t, "7", "c2", "70")
			},
			after: func(t tree) {
				strict(t)
				cut(t, "0", "btnPasskey")
				alternative(t)
				redirect(t, "7", "c2", "70")
				redirect(t, "7", "ELSE", "21")
			},
			want: []string{
				"mfa-bypass: task 'Check code' (10) can be bypassed: a login needed at least 3 factors and now 2 factors in flow 'sign-in'",
				"mfa-bypass: task 'Check app' can be bypassed: a login needed at least 3 factors and now 2 factors in flow 'sign-in'",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			versions := [2]flow.Document{}
			for i, edit := range []func(tree){test.before, test.after} {
				version := treeOf(t, read(t, "testdata/sign-in.json"))
				if edit != nil {
					edit(version)
				}
				versions[i] = version.document(t)
			}
			var got []string
			for _, b := range flow.Breaking(flow.Diff(versions[0], versions[1])) {
				got = append(got, string(b.Rule)+": "+b.Message)
				if b.Reason == "" || b.FlowID != "sign-in" {
					t.Errorf("no reason, or no flow: %+v", b)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
	if flow.Breaking(flow.Difference{}) != nil {
		t.Error("a difference without flows breaks something")
	}
}

func off(t tree) { t["metadata"].(map[string]any)["disabled"] = true }
