package restore_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

func login(t *testing.T, replace ...string) resource.Value {
	t.Helper()
	value, err := resource.ParseValue([]byte(strings.NewReplacer(replace...).Replace(
		`{"flowId":"login","metadata":{"name":"Login","disabled":false},"contents":{"startTask":"start","tasks":{` +
			`"start":{"id":"start","name":"Start","next":{"rules":[{"interactionId":"","taskId":"7"}]}},` +
			`"7":{"id":"7","name":"Say","type":"automated","action":"say","arguments":{"text":{"type":"inline","value":"hello"}},"next":{"rules":[{"interactionId":"success","taskId":"0"}]}},` +
			`"0":{"id":"0","name":"End","type":"automated","action":"logged-in","next":{}}}},"screens":[]}`)))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestUndoOfFlows(t *testing.T) {
	before, after := login(t), login(t, "hello", "good day")
	other, renumbered := login(t, "hello", "bye"), login(t, "hello", "good day", `"7"`, `"9"`)
	done := func(action resource.Action, status resource.Status, documents *resource.FlowChange) restore.Done {
		return restore.Done{Status: status, Change: resource.Change{
			Address: "flow/login", Kind: resource.KindFlow, ID: "login", Action: action, Flow: documents,
		}}
	}
	const success, unknown = resource.StatusSuccess, resource.StatusUnknown
	updated := done(resource.ActionUpdate, success, &resource.FlowChange{Before: before, After: after})
	created := done(resource.ActionCreate, success, &resource.FlowChange{After: after})
	deleted := done(resource.ActionDelete, success, &resource.FlowChange{Before: before})
	for _, test := range []struct {
		name     string
		done     restore.Done
		live     resource.Value // absent: there is none
		want     resource.Value // absent: nothing is wanted
		absent   bool
		conflict string
	}{
		{name: "an update", done: updated, live: after, want: before},
		{name: "an update, given other numbers", done: updated, live: renumbered, want: before},
		{name: "an update that is back already", done: updated, live: before},
		{name: "an update that moved", done: updated, live: other, conflict: restore.ConflictChanged},
		{name: "an update that is gone", done: updated, conflict: restore.ConflictGone},
		{name: "an update of unknown outcome", done: done(resource.ActionUpdate, unknown, updated.Change.Flow), live: before},
		{name: "a create", done: created, live: renumbered, absent: true},
		{name: "a create that moved", done: created, live: other, conflict: restore.ConflictChanged},
		{name: "a create that is gone", done: created},
		{name: "a delete", done: deleted, want: before},
		{name: "a delete that exists again", done: deleted, live: other, conflict: restore.ConflictBack},
		{name: "a delete without effect", done: done(resource.ActionDelete, unknown, deleted.Change.Flow), live: before},
		{name: "a failure", done: done(resource.ActionUpdate, resource.StatusFailed, updated.Change.Flow), live: after},
		{name: "versions that are not kept", done: done(resource.ActionUpdate, success, nil), live: after, conflict: restore.ConflictNoBackup},
	} {
		t.Run(test.name, func(t *testing.T) {
			var live []resource.Flow
			if !test.live.IsAbsent() {
				flow, err := resource.Flow{ID: "login"}.WithDocument(json.RawMessage(test.live))
				if err != nil {
					t.Fatal(err)
				}
				live = append(live, flow)
			}
			got := restore.Undo([]restore.Done{test.done}, restore.Before{}, nil, live)
			if conflict := codes(got.Conflicts); len(conflict) > 1 || len(conflict) == 1 && conflict[0] != test.conflict || len(conflict) == 0 && test.conflict != "" {
				t.Errorf("conflicts %v", got.Conflicts)
			}
			if test.want.IsAbsent() && !test.absent {
				if len(got.Desired) != 0 {
					t.Errorf("wants %+v", got.Desired)
				}
				return
			}
			if len(got.Desired) != 1 || got.Desired[0].Absent != test.absent || got.Desired[0].Kind != resource.KindFlow || got.Desired[0].ID != "login" {
				t.Fatalf("wants %+v", got.Desired)
			}
			if !test.absent && (got.Desired[0].Flow.Document != test.want || !got.Desired[0].Flow.ManagesSwitch) {
				t.Errorf("wants %+v", got.Desired[0].Flow)
			}
		})
	}
}
