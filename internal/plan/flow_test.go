package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// document is a small login: a page with a button, an action, and the end. Each
// pair of texts replaces one by the other.
func document(t tester, id string, replace ...string) resource.Value {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(`{"flowId":"ID","metadata":{"name":"Name of ID","disabled":false},` +
		`"contents":{"startTask":"start","tasks":{` +
		`"start":{"id":"start","name":"Start","next":{"rules":[{"interactionId":"","taskId":"1"}]}},` +
		`"1":{"id":"1","name":"Welcome","type":"screen","screenId":"SC1","next":{"rules":[{"interactionId":"go","taskId":"2"}]}},` +
		`"2":{"id":"2","name":"Send code","type":"automated","action":"sign-up-or-in-otp-sms","arguments":{"url":{"type":"inline","value":"https://a"}},"next":{"rules":[{"interactionId":"success","taskId":"0"}]}},` +
		`"0":{"id":"0","name":"End","type":"automated","action":"logged-in","next":{}}}},` +
		`"screens":[{"screenId":"SC1","interactions":[{"id":"go","label":"Go"}],"contents":{"ROOT":{"type":{"resolvedName":"Container"},"nodes":["b"]},` +
		`"b":{"type":{"resolvedName":"Button"},"props":{"id":"go","children":"Continue"},"nodes":[],"parent":"ROOT"}}}],"references":{}}`)
	value, err := resource.ParseValue([]byte(strings.ReplaceAll(text, "ID\"", id+"\"")))
	if err != nil {
		t.Fatalf("document: %v", err)
	}
	return value
}

func liveFlow(t tester, document resource.Value) resource.Flow {
	t.Helper()
	id, _ := document.Get("flowId").AsString()
	flow, err := resource.Flow{ID: id}.WithDocument(json.RawMessage(document))
	if err != nil {
		t.Fatalf("live flow: %v", err)
	}
	return flow
}

func wantFlow(document resource.Value) resource.Desired {
	id, _ := document.Get("flowId").AsString()
	return resource.Desired{Kind: resource.KindFlow, ID: id, Flow: &resource.DesiredFlow{Document: document}}
}

// flowInput is a usual plan of flows alone, all of them known.
func flowInput(live []resource.Flow, desired ...resource.Desired) plan.Input {
	in := input(nil)
	in.Manage = resource.Manage{}
	in.Flows = plan.Flows{Manage: resource.Manage{Configured: true, Orphans: resource.OrphansReport}, Live: live, Desired: desired, Known: map[string]bool{}}
	for _, one := range live {
		in.Flows.Known[one.ID] = true
	}
	return in
}

func onlyChange(t *testing.T, in plan.Input) (resource.Change, plan.Result) {
	t.Helper()
	result := mustMake(t, in)
	if len(result.Plan.Changes) != 1 {
		t.Fatalf("%d changes: %v", len(result.Plan.Changes), outline(result.Plan))
	}
	return result.Plan.Changes[0], result
}

func TestFlowChanges(t *testing.T) {
	base := document(t, "login")
	renumbered := document(t, "login", `"1"`, `"7"`, `"SC1"`, `"SC9"`)
	text := document(t, "login", "Continue", "Go on")
	off := document(t, "login", `"disabled":false`, `"disabled":true`)
	managed := wantFlow(off)
	managed.Flow.ManagesSwitch = true
	absent := resource.Desired{Kind: resource.KindFlow, ID: "login", Absent: true}
	live := []resource.Flow{liveFlow(t, base)}
	for _, test := range []struct {
		name   string
		live   []resource.Flow
		want   resource.Desired
		action resource.Action
		fields []string
		block  string
	}{
		{name: "a new flow", want: wantFlow(base), action: resource.ActionCreate, fields: []string{"disabled", "name", "tasks"}},
		{name: "the same", live: live, want: wantFlow(base), action: resource.ActionNoChange},
		{name: "the same under other numbers", live: live, want: wantFlow(renumbered), action: resource.ActionNoChange},
		{name: "one text", live: live, want: wantFlow(text), action: resource.ActionUpdate, fields: []string{"Continue"}},
		{name: "one argument", live: live, want: wantFlow(document(t, "login", "https://a", "https://b")), action: resource.ActionUpdate, fields: []string{"Send code"}},
		{name: "a switch that nobody manages", live: live, want: wantFlow(off), action: resource.ActionNoChange},
		{name: "switched off", live: live, want: managed, action: resource.ActionUpdate, fields: []string{"disabled"}, block: plan.BlockedBreaking},
		{name: "gone already", want: absent, action: resource.ActionNoChange},
		{name: "a delete", live: live, want: absent, action: resource.ActionDelete, fields: []string{"name"}},
		{
			name: "a delete of a built-in", live: []resource.Flow{liveFlow(t, document(t, "sign-in"))}, action: resource.ActionDelete,
			want: resource.Desired{Kind: resource.KindFlow, ID: "sign-in", Absent: true}, fields: []string{"name"}, block: plan.BlockedBuiltIn,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := onlyChange(t, flowInput(test.live, test.want))
			code := ""
			if got.Blocked != nil {
				code = got.Blocked.Code
			}
			if got.Action != test.action || code != test.block || len(got.Fields) != len(test.fields) || got.Kind != resource.KindFlow {
				t.Fatalf("change %+v", got)
			}
			for i, part := range test.fields {
				if !strings.Contains(fmt.Sprint(got.Fields[i]), part) {
					t.Errorf("field %d is %v, without %q", i, got.Fields[i], part)
				}
			}
			if got.Action == resource.ActionUpdate && (got.Flow == nil || got.Flow.Before != test.live[0].Document || got.WantedDigest != got.Flow.After.Digest()) {
				t.Errorf("documents %+v, %s", got.Flow, got.WantedDigest)
			}
		})
	}
}

func TestFlowGuards(t *testing.T) {
	base := document(t, "login")
	live := []resource.Flow{liveFlow(t, base)}
	changed := wantFlow(document(t, "login", "https://a", "https://b"))
	in := flowInput(live, changed)
	in.Flows.Known = nil
	if got, result := onlyChange(t, in); got.Blocked == nil || got.Blocked.Code != plan.BlockedUnmanaged || len(result.Refusals) != 1 {
		t.Errorf("a flow that was made by hand: %+v", got.Blocked)
	}
	in.Options.ReplaceUnmanaged = true
	if got, _ := onlyChange(t, in); got.Blocked != nil {
		t.Errorf("replaced all the same: %+v", got.Blocked)
	}
	removed := wantFlow(document(t, "login", `"sign-up-or-in-otp-sms"`, `"sign-up-or-in-otp-email"`))
	in = flowInput(live, removed)
	got, _ := onlyChange(t, in)
	if got.Blocked == nil || got.Blocked.Code != plan.BlockedBreaking || !strings.Contains(got.Blocked.Message, "login") || !strings.Contains(got.Blocked.Message, "Send code") {
		t.Errorf("a method less: %+v", got.Blocked)
	}
	in.Options.AllowBreaking = true
	got, result := onlyChange(t, in)
	if got.Blocked != nil {
		t.Errorf("broken all the same: %+v", got.Blocked)
	}
	if notes := result.Plan.Notes; len(notes) != 1 || notes[0].Code != plan.NoteBreaking || !strings.Contains(notes[0].Message, "Send code") {
		t.Errorf("what is lost is not said: %+v", notes)
	}
	guarded := changed
	guarded.Protect = true
	if got, _ := onlyChange(t, flowInput(live, guarded)); got.Blocked != nil {
		t.Errorf("a protected flow may change: %+v", got.Blocked)
	}
	guarded = resource.Desired{Kind: resource.KindFlow, ID: "login", Absent: true, Protect: true}
	if got, _ := onlyChange(t, flowInput(live, guarded)); got.Blocked == nil || got.Blocked.Code != plan.BlockedProtected {
		t.Errorf("a protected flow goes: %+v", got.Blocked)
	}
}

func TestFlowReferences(t *testing.T) {
	wanted := wantFlow(document(t, "login", `"references":{}`, `"references":{"connectors":{"SMTP":"CI1"},"roles":{"Viewer":"ROL1"}}`))
	in := flowInput(nil, wanted)
	if !plan.NeedRoles(in.Flows, in.Options) {
		t.Error("roles are not asked for")
	}
	got, result := onlyChange(t, in)
	if got.Blocked != nil || !slices.ContainsFunc(result.Plan.Notes, func(n resource.Note) bool { return n.Code == plan.NoteConnectors }) {
		t.Errorf("without roles to compare: %+v, %+v", got.Blocked, result.Plan.Notes)
	}
	in.Flows.Roles = map[string]bool{"Editor": true}
	if got, _ = onlyChange(t, in); got.Blocked == nil || got.Blocked.Code != plan.BlockedMissingReference || !strings.Contains(got.Blocked.Message, "the role Viewer") {
		t.Errorf("a role that is missing: %+v", got.Blocked)
	}
	in.Flows.Roles["Viewer"] = true
	if got, _ = onlyChange(t, in); got.Blocked != nil {
		t.Errorf("a role that is there: %+v", got.Blocked)
	}
	if plan.NeedRoles(flowInput(nil, wantFlow(document(t, "login"))).Flows, resource.PlanOptions{}) {
		t.Error("roles are asked for without need")
	}
}

func TestFlowsAndTenantsTogether(t *testing.T) {
	in := flowInput([]resource.Flow{liveFlow(t, document(t, "same")), liveFlow(t, document(t, "extra")), liveFlow(t, document(t, "sign-in"))},
		wantFlow(document(t, "same", "Continue", "Go on")), wantFlow(document(t, "other")))
	in.Manage, in.Live, in.Desired = resource.Manage{Configured: true, Orphans: resource.OrphansReport}, tenants(t, "same"), []resource.Desired{want("same", "name", `"X"`), want("new", "name", `"N"`)}
	result := mustMake(t, in)
	var got []string
	for _, change := range result.Plan.Changes {
		got = append(got, fmt.Sprintf("%s %s", change.Action, change.Address))
	}
	if want := []string{"create flow/other", "update flow/same", "create tenant/new", "update tenant/same"}; !slices.Equal(got, want) {
		t.Errorf("changes %v", got)
	}
	if !slices.Equal(result.Plan.Orphans, []resource.Address{"flow/extra"}) {
		t.Errorf("orphans %v", result.Plan.Orphans)
	}
	// Lists of both kinds; one export to compare; per flow an export, an import and
	// an export to verify; two tenants and their list.
	if result.Plan.CallsEstimate != 2+1+2*3+2+1 {
		t.Errorf("%d calls", result.Plan.CallsEstimate)
	}
	in.Options.Target = []resource.Glob{"flow/*"}
	if narrowed := mustMake(t, in); narrowed.Plan.Summary.Writes() != 2 {
		t.Errorf("targeted: %v", outline(narrowed.Plan))
	}
	in.Options = resource.PlanOptions{Exclude: []resource.Glob{"flow/*"}}
	if narrowed := mustMake(t, in); narrowed.Plan.Summary.Writes() != 2 || len(narrowed.Plan.Orphans) != 0 {
		t.Errorf("excluded: %v", outline(narrowed.Plan))
	}
}

func TestFlowThresholdsAreTheirOwn(t *testing.T) {
	var live []resource.Flow
	var desired []resource.Desired
	for i := range 10 {
		id := fmt.Sprintf("flow-%d", i)
		live = append(live, liveFlow(t, document(t, id)))
		if i < 2 {
			desired = append(desired, resource.Desired{Kind: resource.KindFlow, ID: id, Absent: true})
		}
	}
	in := flowInput(live, desired...)
	in.Thresholds = plan.DefaultThresholds()
	result := mustMake(t, in)
	if codes := refusalCodes(result.Refusals); !slices.Equal(codes, []string{plan.CodeDeleteThreshold}) || !strings.Contains(result.Refusals[0].Message, "2 of 10 live flows") {
		t.Errorf("refusals %+v", result.Refusals)
	}
}

func TestFlowDigestKnowsTheDocument(t *testing.T) {
	first := mustMake(t, flowInput(nil, wantFlow(document(t, "login"))))
	second := mustMake(t, flowInput(nil, wantFlow(document(t, "login", "Continue", "Go on"))))
	if first.Plan.PlanDigest == second.Plan.PlanDigest {
		t.Error("two different new flows have one digest")
	}
	text, err := json.Marshal(first.Plan)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := plan.ParseSaved(text)
	if err == nil {
		err = plan.CheckSaved(saved, first.Plan)
	}
	if err != nil {
		t.Error(err)
	}
}
