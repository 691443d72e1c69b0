package restore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// did is a successful change of a run, out of paths and values in turn: "path", before, after.
func did(action resource.Action, id string, values ...string) restore.Done {
	change := resource.Change{Address: resource.NewAddress(resource.KindTenant, id), Kind: resource.KindTenant, ID: id, Action: action}
	for i := 0; i < len(values); i += 3 {
		field, key, _ := strings.Cut(values[i], ":")
		path := resource.Path{Field: field, Key: key}
		change.Fields = append(change.Fields, resource.FieldChange{
			Path: path.String(), At: path, Before: resource.Value(values[i+1]), After: resource.Value(values[i+2]),
		})
	}
	return restore.Done{Change: change, Status: resource.StatusSuccess}
}

func (s scene) undo(t *testing.T) restore.Undoing {
	t.Helper()
	return restore.Undo([]restore.Done{s.done}, restore.Before{Tenants: s.before}, s.live, nil)
}

type scene struct {
	name     string
	done     restore.Done
	before   map[string]restore.Was
	live     []resource.Tenant
	wants    []string // of the one desired object; nil: none
	absent   bool
	conflict string
	lost     []string
}

func with(done restore.Done, edit func(*restore.Done)) restore.Done {
	done.Change.Fields = slices.Clone(done.Change.Fields)
	edit(&done)
	return done
}

func TestUndo(t *testing.T) {
	is := func(raw string, settings ...string) []resource.Tenant {
		return []resource.Tenant{tenant(t, raw, settings...)}
	}
	digest := func(raw string) string {
		sum, err := tenant(t, raw).Digest()
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	const made = `{"id":"acme","name":"Acme","disabled":false}`
	created := with(did(resource.ActionCreate, "acme", "name", "", `"Acme"`), func(d *restore.Done) { d.Seen = digest(made) })
	updated := did(resource.ActionUpdate, "acme", "name", `"Old"`, `"Acme"`, "custom_attributes:plan", "", `"b"`, "disabled", "", "true")
	deleted := did(resource.ActionDelete, "acme", "name", `"Acme"`, "")
	was := map[string]restore.Was{"acme": {Tenant: tenant(t, made, `{}`)}}
	unknown := func(d *restore.Done) { d.Status = resource.StatusUnknown }
	failed := func(d *restore.Done) { d.Status = resource.StatusFailed }
	for _, test := range []scene{
		{name: "a create", done: created, live: is(made), absent: true},
		{name: "a create, with settings that were read", done: created, live: is(made, `{"enabled":true}`), absent: true},
		{name: "a create that is gone", done: created},
		{name: "a create with another value", done: created, live: is(`{"id":"acme","name":"ACME","disabled":false}`), conflict: restore.ConflictChanged},
		{name: "a create with a value that the run did not write", done: created, live: is(`{"id":"acme","name":"Acme","disabled":true}`), conflict: restore.ConflictChanged},
		{name: "a create that was not verified", done: with(created, func(d *restore.Done) { d.Seen = "" }), live: is(made), absent: true},
		{name: "a create of unknown outcome", done: with(created, func(d *restore.Done) { d.Seen = ""; unknown(d) }), live: is(made), absent: true},
		{name: "a create of unknown outcome, of others", done: with(created, func(d *restore.Done) { d.Seen = ""; unknown(d) }), live: is(`{"id":"acme","name":"X"}`), conflict: restore.ConflictChanged},
		{name: "a create that failed", done: with(created, failed), live: is(made), conflict: restore.ConflictPartial},
		{name: "a create that failed and is not there", done: with(created, failed)},
		{name: "a secret create that was not verified", done: with(created, func(d *restore.Done) { d.Seen = ""; d.Change.Fields[0].Sensitive = true }), live: is(made), conflict: restore.ConflictSensitive},
		{name: "a create with settings", done: did(resource.ActionCreate, "acme", "name", "", `"Acme"`, "settings:enabled", "", "true"), live: is(made, `{"enabled":true}`), absent: true},
		{name: "a create with settings that moved", done: did(resource.ActionCreate, "acme", "name", "", `"Acme"`, "settings:enabled", "", "true"), live: is(made, `{"enabled":false}`), conflict: restore.ConflictChanged},
		{
			name: "an update", done: updated, live: is(`{"id":"acme","name":"Acme","customAttributes":{"plan":"b","other":1},"disabled":true}`),
			wants: []string{`name="Old"`, `custom_attributes.plan removed`, `disabled=false`},
		},
		{
			name: "an update that is put back in part", done: updated, live: is(`{"id":"acme","name":"Old","customAttributes":{"plan":"b"},"disabled":true}`),
			wants: []string{`name="Old"`, `custom_attributes.plan removed`, `disabled=false`},
		},
		{name: "an update that moved", done: updated, live: is(`{"id":"acme","name":"Other","customAttributes":{"plan":"b"},"disabled":true}`), conflict: restore.ConflictChanged},
		{name: "an update that is gone", done: updated, conflict: restore.ConflictGone},
		{
			name: "an update of a secret", done: with(updated, func(d *restore.Done) { d.Change.Fields[1].Sensitive = true }),
			live:  is(`{"id":"acme","name":"Acme","customAttributes":{"plan":"c"},"disabled":true}`),
			wants: []string{`name="Old"`, `disabled=false`}, lost: []string{restore.CodeSecret},
		},
		{
			name: "an update of secrets only", done: with(updated, func(d *restore.Done) {
				d.Change.Fields = []resource.FieldChange{d.Change.Fields[1]}
				d.Change.Fields[0].Sensitive = true
			}),
			live: is(`{"id":"acme","name":"Acme","customAttributes":{"plan":"c"},"disabled":true}`), conflict: restore.ConflictSensitive,
		},
		{name: "an update of settings", done: did(resource.ActionUpdate, "acme", "settings:inactivity_time", "", "5"), live: is(made, `{"inactivityTime":5}`), wants: []string{`settings.inactivity_time=0`}},
		{name: "an object of settings that was not there", done: did(resource.ActionUpdate, "acme", "settings:sso_setup_suite_settings", "", `{"enabled":true}`), live: is(made, `{"ssoSetupSuiteSettings":{"enabled":true}}`)},
		{
			name: "a delete", done: deleted, before: was, wants: []string{`name="Acme"`},
			lost: []string{restore.CodeServer, restore.CodeMembers, restore.CodeKeys},
		},
		{name: "a delete that exists again", done: deleted, before: was, live: is(`{"id":"acme","name":"Acme","disabled":true}`), conflict: restore.ConflictBack},
		{name: "a delete that was taken back already", done: deleted, before: was, live: is(`{"id":"acme","name":"Acme"}`)},
		{name: "a delete without a backup", done: deleted, conflict: restore.ConflictNoBackup},
		{name: "a delete of unknown outcome", done: with(deleted, unknown), before: was, live: is(made)},
		{name: "a delete that failed", done: with(deleted, failed), before: was},
		{name: "what was never sent", done: with(created, func(d *restore.Done) { d.Status = resource.StatusSkipped }), live: is(made)},
		{name: "another kind", done: with(created, func(d *restore.Done) { d.Change.Kind = "role" }), conflict: restore.ConflictKind},
	} {
		t.Run(test.name, func(t *testing.T) { test.check(t) })
	}
}

func (s scene) check(t *testing.T) {
	t.Helper()
	got := s.undo(t)
	switch {
	case s.conflict != "":
		if len(got.Conflicts) != 1 || got.Conflicts[0].Code != s.conflict || got.Conflicts[0].Address != "tenant/acme" || got.Conflicts[0].Message == "" {
			t.Errorf("conflicts %+v, want %s", got.Conflicts, s.conflict)
		}
	case len(got.Conflicts) > 0:
		t.Errorf("conflicts %+v", got.Conflicts)
	}
	if s.wants == nil && !s.absent {
		if len(got.Desired) != 0 {
			t.Errorf("wants %+v", got.Desired)
		}
		return
	}
	if len(got.Desired) != 1 || got.Desired[0].Absent != s.absent {
		t.Fatalf("wants %+v", got.Desired)
	}
	if texts := wants(got.Desired[0]); !s.absent && !slices.Equal(texts, s.wants) {
		t.Errorf("wants %v, not %v", texts, s.wants)
	}
	if lost := codes(got.Losses); len(lost)+len(s.lost) > 0 && !slices.Equal(lost, s.lost) {
		t.Errorf("lost %v, want %v", lost, s.lost)
	}
}

func TestNeedSettings(t *testing.T) {
	got := restore.NeedSettings([]restore.Done{
		did(resource.ActionCreate, "a", "name", "", `"A"`), did(resource.ActionCreate, "b", "settings:enabled", "", "true"),
		did(resource.ActionUpdate, "c", "settings:enabled", "false", "true"), did(resource.ActionDelete, "d", "settings:enabled", "true", ""),
	})
	if len(got) != 3 || !got["b"] || !got["c"] || !got["d"] {
		t.Errorf("got %v", got)
	}
}
