package cli

import (
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// TestOnlyWhatThePlanSawCountsAsApplied: what somebody else has changed since is not
// taken for applied, and stays a difference that can be found.
func TestOnlyWhatThePlanSawCountsAsApplied(t *testing.T) {
	parse := func(text string) map[string]*resource.Tenant {
		tenant, err := resource.ParseTenant([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return byID([]resource.Tenant{tenant})
	}
	path := func(field, key string) resource.Path { return resource.Path{Field: field, Key: key} }
	change := func(action resource.Action, fields ...resource.FieldChange) resource.Change {
		return resource.Change{Kind: resource.KindTenant, ID: "a", Action: action, Fields: fields}
	}
	planned := parse(`{"id":"a","name":"Old","disabled":false,"customAttributes":{"n":1.50,"":"no path"},"selfProvisioningDomains":["b","a"]}`)
	seen := parse(`{"id":"a","name":"Theirs","disabled":true,"customAttributes":{"n":2.0,"x":1},"selfProvisioningDomains":["b","a"],"federatedAppIds":["z"]}`)
	asPlanned := map[string]resource.Value{"name": `"Old"`, "disabled": "false", "custom_attributes.n": "1.50", "self_provisioning_domains": `["a","b"]`}
	with := func(path string, value resource.Value) map[string]resource.Value {
		values := maps.Clone(asPlanned)
		values[path] = value
		return values
	}
	for name, c := range map[string]struct {
		change  resource.Change
		seen    map[string]*resource.Tenant
		applies bool
		want    drift.Object
	}{
		"untouched":            {change(resource.ActionNoChange), seen, true, drift.Object{Values: asPlanned}},
		"untouched and absent": {resource.Change{Kind: resource.KindTenant, ID: "b", Action: resource.ActionNoChange}, seen, true, drift.Object{Absent: true}},
		"written, as the service writes it": {
			change(resource.ActionUpdate, resource.FieldChange{At: path("custom_attributes", "n"), After: "2"}), seen, true, drift.Object{Values: with("custom_attributes.n", "2.0")},
		},
		"written, and nobody has looked": {
			change(resource.ActionUpdate, resource.FieldChange{At: path("custom_attributes", "n"), After: "2"}), nil, true, drift.Object{Values: with("custom_attributes.n", "2")},
		},
		"a setting": {
			change(resource.ActionUpdate, resource.FieldChange{At: path("settings", "enabled"), After: "true"}), seen, true, drift.Object{Values: with("settings.enabled", "true")},
		},
		"by a command of its own": {
			change(resource.ActionUpdate, resource.FieldChange{At: path("name", ""), After: `"New"`}), seen, false, drift.Object{Values: map[string]resource.Value{"name": `"New"`}},
		},
		"new": {
			change(resource.ActionCreate, resource.FieldChange{At: path("name", ""), After: `"Theirs"`}), seen, false,
			drift.Object{Values: map[string]resource.Value{
				"name": `"Theirs"`, "disabled": "true", "custom_attributes.n": "2.0", "custom_attributes.x": "1", "self_provisioning_domains": `["a","b"]`, "federated_app_ids": `["z"]`,
			}},
		},
		"new, and nobody has looked": {
			change(resource.ActionCreate, resource.FieldChange{At: path("name", ""), After: `"New"`}), nil, true, drift.Object{Values: map[string]resource.Value{"name": `"New"`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			session := &session{}
			if c.applies {
				session.applies = &wanted{}
			}
			got := following{session: session, planned: planned, seen: c.seen}.tenant(c.change)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRecordsElsewhere: the configuration may name another folder. No secret stands
// in it, nor in the user's own; the key of the hashes and the first-seen times stay
// with the user.
func TestRecordsElsewhere(t *testing.T) {
	home, shared := t.TempDir(), t.TempDir()
	state := store.Open(home)
	app := &App{Random: strings.NewReader(strings.Repeat("chance", 10)), Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }, WorkDir: "/", redact: newRedactor(nil, nil)}
	app.redact.add(resource.NewSecret(scriptKey))
	live, err := resource.ParseTenant([]byte(`{"id":"a","name":"A ` + scriptKey + `","customAttributes":{"plan":"pro","` + scriptKey + `":1,"list":["\u004b` + scriptKey[1:] + `"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := &session{
		app: app, asked: &facts{}, host: "Api.Descope.com", target: config.Target{ProjectID: "../P2"}, records: state, state: state.Project("api.descope.com", "../P2"), applies: &wanted{},
		live: []resource.Tenant{live}, settings: config.Settings{State: config.State{AppliedDir: shared}},
	}
	if err := s.recordFound(t.Context(), &resource.Plan{Changes: []resource.Change{{Address: "tenant/a", Kind: resource.KindTenant, ID: "a", Action: resource.ActionNoChange}}}); err != nil {
		t.Fatal(err)
	}
	records, err := s.appliedRecords()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := records.Seen(t.Context(), []string{"tenant/a name", scriptKey}, app.Now(), true); err != nil {
		t.Fatal(err)
	}
	found, err := records.Read()
	object := found.Objects["tenant/a"]
	if err != nil || !found.Known || !maps.Equal(object.Values, map[string]resource.Value{"custom_attributes.plan": `"pro"`}) || len(object.Hidden) != 2 {
		t.Errorf("got %+v, %v", found, err)
	}
	for path, hash := range object.Hidden {
		name, key, _ := strings.Cut(path, ".")
		value, err := live.Value(resource.Path{Field: name, Key: key})
		made, hashErr := records.Hash("tenant/a", path, value)
		if err != nil || hashErr != nil || hash == "" || hash != made {
			t.Errorf("%s: %q, %v, %v", path, hash, err, hashErr)
		}
	}
	if text := readAll(t, home) + readAll(t, shared); strings.Contains(text, "canary") {
		t.Errorf("a key is out:\n%s", text)
	}
	for folder, want := range map[string][]string{
		home:   {"applied", "applied/applied.key", "projects", "projects/api.descope.com", "projects/api.descope.com/%2E.%2FP2", "projects/api.descope.com/%2E.%2FP2/applied", "projects/api.descope.com/%2E.%2FP2/applied/applied.lock", "projects/api.descope.com/%2E.%2FP2/applied/seen.jsonl"},
		shared: {"api.descope.com", "api.descope.com/%2E.%2FP2", "api.descope.com/%2E.%2FP2/applied.jsonl"},
	} {
		var got []string
		err := fs.WalkDir(os.DirFS(folder), ".", func(path string, _ fs.DirEntry, err error) error {
			if path != "." {
				got = append(got, path)
			}
			return err
		})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}
