package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// flowWith is a small export with the given tasks and screens.
func flowWith(tb testing.TB, start, tasks, screens string) flow.Document {
	tb.Helper()
	return parse(tb, fmt.Sprintf(`{"flowId":"f","metadata":{},"contents":{"startTask":%q,"tasks":{%s}},"screens":[%s]}`, start, tasks, screens))
}

func TestCheckFinds(t *testing.T) {
	const end = `"0":{"id":"0","name":"End","type":"automated","action":"logged-in","next":{}}`
	many := func(count int) string {
		list := []string{`"0":{"id":"0","name":"First","next":{"rules":[` + manyRules(count) + `]}}`}
		for i := 1; i < count; i++ {
			list = append(list, fmt.Sprintf(`"%d":{"id":"%d","type":"automated"}`, i, i))
		}
		return strings.Join(list, ",")
	}
	tests := map[string]struct {
		start, tasks, screens string
		want                  string // severity code task screen: message; one a line
	}{
		"nothing":         {"0", end, "", ""},
		"no start":        {"", end, "", "error no-start-task : the flow has no start task"},
		"start elsewhere": {"7", end, "", `error no-start-task : the start task "7" is not in the flow`},
		"edge to nowhere": {
			"1", end + `,"1":{"id":"1","name":"Send","type":"automated","next":{"rules":[{"interactionId":"success","taskId":"9"},{"interactionId":"x","taskId":"0"}]}}`, "",
			`error edge-to-nowhere Send: task 'Send' leads over success to task "9", which is not in the flow`,
		},
		"missing screen": {
			"1", end + `,"1":{"id":"1","name":"Ask","type":"screen","screenId":"SC1","next":{"rules":[{"interactionId":"a","taskId":"0"}]}}`, "",
			`error missing-screen Ask: task 'Ask' shows the screen "SC1", which is not in the flow`,
		},
		"the same task id twice": {
			"0", end + `,"1":{"id":"0","name":"Other"}`, "",
			`error duplicate-id Other: the tasks 'End' and 'Other' have the same id "0"` + "\n" + `warning unreachable-task Other: no path leads to task 'Other'`,
		},
		"the same screen id twice": {
			"1", end + `,"1":{"id":"1","name":"Ask","type":"screen","screenId":"SC1","next":{"rules":[{"interactionId":"a","taskId":"0"}]}}`,
			`{"screenId":"SC1","contents":{}},{"screenId":"SC1","contents":{}}`,
			`error duplicate-id Ask Ask: two screens have the same id "SC1"`,
		},
		"the same interaction twice": {
			"1", end + `,"1":{"id":"1","name":"Ask","type":"screen","screenId":"SC1","next":{"rules":[{"interactionId":"a","taskId":"0"}]}}`,
			`{"screenId":"SC1","interactions":[{"id":"a"},{"id":"a"}],"contents":{}}`,
			`error duplicate-id Ask Ask: the screen of 'Ask' has two interactions with the id "a"`,
		},
		"unreachable, but not the entry": {
			"0", end + `,"start":{"id":"start","name":"start","next":{"rules":[{"taskId":"0"}]}},"3":{"id":"3","name":"Lost","type":"automated"}`, "",
			"warning unreachable-task Lost: no path leads to task 'Lost'",
		},
		"unused screen": {"0", end, `{"screenId":"SC1"}`, `warning unused-screen : no task shows the screen "SC1"`},
		"interaction without an edge": {
			"1", end + `,"1":{"id":"1","name":"Ask","type":"screen","screenId":"SC1","next":{"rules":[{"interactionId":"a","taskId":"0"}]}}`,
			`{"screenId":"SC1","interactions":[{"id":"a"},{"id":"b","label":"Back"}]}`,
			`warning interaction-without-edge Ask Ask: the interaction 'Back' in task 'Ask' leads nowhere`,
		},
		"branch without an edge": {
			"1", end + `,"1":{"id":"1","name":"If","type":"condition","conditions":[{"interactionId":"x","name":"Yes"},{"interactionId":"ELSE"}],"next":{"rules":[{"interactionId":"ELSE","taskId":"0"}]}}`, "",
			`warning interaction-without-edge If: the branch 'Yes' in task 'If' leads nowhere`,
		},
		"100 tasks": {"0", many(100), "", ""},
		"101 tasks": {"0", many(101), "", "warning many-tasks : 101 tasks are many: sub-flows make a flow easier to follow"},
		"200 tasks": {"0", many(200), "", "warning many-tasks : 200 tasks are many: sub-flows make a flow easier to follow"},
		"201 tasks": {"0", many(201), "", "error too-many-tasks : 201 tasks are more than the 200 that a flow may have"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range flow.Check(flowWith(t, test.start, test.tasks, test.screens)) {
				names := strings.TrimSpace(f.Task + " " + f.Screen)
				got = append(got, fmt.Sprintf("%s %s %s: %s", f.Severity, f.Code, names, f.Message))
			}
			if text := strings.Join(got, "\n"); text != test.want {
				t.Errorf("got\n%s\nwant\n%s", text, test.want)
			}
		})
	}
}

func manyRules(count int) string {
	list := make([]string, 0, count)
	for i := 1; i < count; i++ {
		list = append(list, fmt.Sprintf(`{"interactionId":"i","taskId":"%d"}`, i))
	}
	return strings.Join(list, ",")
}

func TestSamplesHaveNoErrors(t *testing.T) {
	for _, path := range samples(t) {
		for _, f := range flow.Check(read(t, path)) {
			if f.Severity == flow.SeverityError {
				t.Errorf("%s: %s", path, f.Message)
			}
		}
	}
}
