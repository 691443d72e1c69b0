package drift_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// world is one project: what is live, wanted and recorded of a few tenants and flows.
type world struct {
	live     map[string]map[string]resource.Value // by id and path; nil: not there
	wanted   map[string]map[string]resource.Value // likewise; an id with nil is declared absent
	applied  map[string]map[string]resource.Value // likewise, of those that were recorded
	flows    [3]map[string]string                 // live, wanted, applied: the text of the button
	recorded bool
}

var (
	ids    = []string{"a", "b", "c"}
	values = map[string][]resource.Value{
		"name":                              {`"x"`, `"y"`, `""`},
		"disabled":                          {"true", "false"},
		"enforce_sso":                       {"true", "false"},
		"self_provisioning_domains":         {`["a.com"]`, `["a.com","b.com"]`, `[]`},
		"custom_attributes.plan":            {"1", "2"},
		"settings.session_token_expiration": {"10", "20"},
	}
)

func drawObject(t *rapid.T, label string) map[string]resource.Value {
	object := map[string]resource.Value{}
	for _, path := range slices.Sorted(maps.Keys(values)) {
		if rapid.Bool().Draw(t, label+" has "+path) {
			object[path] = rapid.SampledFrom(values[path]).Draw(t, label+" "+path)
		}
	}
	return object
}

func drawWorld(t *rapid.T) world {
	w := world{
		live: map[string]map[string]resource.Value{}, wanted: map[string]map[string]resource.Value{}, applied: map[string]map[string]resource.Value{},
		recorded: rapid.Bool().Draw(t, "recorded"),
	}
	for _, id := range ids {
		for _, side := range []map[string]map[string]resource.Value{w.live, w.wanted, w.applied} {
			switch rapid.IntRange(0, 5).Draw(t, "case") {
			case 0:
			case 1:
				side[id] = nil
			default:
				side[id] = drawObject(t, id)
			}
		}
		if w.live[id] == nil {
			delete(w.live, id)
		}
	}
	for i := range w.flows {
		w.flows[i] = map[string]string{}
		for _, id := range []string{"f", "g"} {
			if text := rapid.SampledFrom([]string{"", "One", "Two"}).Draw(t, "text"); text != "" {
				w.flows[i][id] = text
			}
		}
	}
	return w
}

func pathOf(text string) resource.Path {
	for _, field := range []string{"custom_attributes", "settings"} {
		if len(text) > len(field) && text[:len(field)+1] == field+"." {
			return resource.Path{Field: field, Key: text[len(field)+1:]}
		}
	}
	return resource.Path{Field: text}
}

func liveTenant(t tester, id string, object map[string]resource.Value) resource.Tenant {
	members := map[string]resource.Value{"id": resource.StringValue(id)}
	settings := map[string]resource.Value{}
	for text, value := range object {
		path := pathOf(text)
		switch path.Field {
		case "custom_attributes":
			members["customAttributes"] = resource.ObjectValue(map[string]resource.Value{path.Key: value})
		case "settings":
			settings["sessionTokenExpiration"] = value
		default:
			field, _ := resource.FindField(resource.TenantFields(), path.Field)
			members[field.Wire] = value
		}
	}
	return tenant(t, string(resource.ObjectValue(members)), string(resource.ObjectValue(settings)))
}

// look is the world as a detection sees it.
func (w world) look(t tester) drift.Input {
	in := input(nil)
	in.Flows.Manage = resource.Manage{Configured: true}
	in.Applied = drift.Applied{Known: w.recorded, Objects: map[resource.Address]drift.Object{}}
	for _, id := range ids {
		if object, there := w.live[id]; there {
			in.Live = append(in.Live, liveTenant(t, id, object))
		}
		if object, there := w.wanted[id]; there {
			wanted := want(id)
			wanted.Absent = object == nil
			for _, text := range slices.Sorted(maps.Keys(object)) {
				wanted.Fields = append(wanted.Fields, resource.DesiredField{Path: pathOf(text), Value: object[text]})
			}
			in.Desired = append(in.Desired, wanted)
		}
		if object, there := w.applied[id]; there && w.recorded {
			record := drift.Object{Values: object, Absent: object == nil}
			in.Applied.Objects[resource.NewAddress(resource.KindTenant, id)] = record
		}
	}
	for _, id := range []string{"f", "g"} {
		form := func(text string) resource.Value { return document(t, id, "Continue", text) }
		if text := w.flows[0][id]; text != "" {
			in.Flows.Live = append(in.Flows.Live, liveFlow(t, form(text)))
		}
		if text := w.flows[1][id]; text != "" {
			in.Flows.Desired = append(in.Flows.Desired, wantFlow(form(text)))
		}
		if text := w.flows[2][id]; text != "" && w.recorded {
			in.Applied.Objects[resource.NewAddress(resource.KindFlow, id)] = drift.Object{Document: form(text)}
		}
	}
	in.Rules.Ignore = []resource.Acceptance{{Address: "tenant/a", Path: "name"}, {Address: "tenant/?", Path: "disabled", Until: "2025-11-09"}, {Address: "*", Path: "name"}}
	return in
}

func TestEachPathHasOneStateAndTheSummaryAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		result := mustDetect(t, w.look(t))
		seen := map[string]bool{}
		for _, finding := range result.Findings {
			key := string(finding.Address) + " " + finding.Path
			if seen[key] {
				t.Fatalf("%s is found twice", key)
			}
			seen[key] = true
			if finding.State == drift.StateDiffers && w.recorded && w.has(finding) && !strings.HasPrefix(finding.Path, "settings.") {
				t.Fatalf("%s differs although it is recorded: %+v", key, finding)
			}
			if (finding.State == drift.StatePending || finding.State == drift.StateDrifted || finding.State == drift.StateConflict || finding.State == drift.StateConverged) && !w.recorded {
				t.Fatalf("%s is %s without a record", key, finding.State)
			}
		}
		s := result.Summary
		if s.Differences()+s.Converged+s.Accepted != len(result.Findings) || s.Critical+s.Warning+s.Info != s.Differences() {
			t.Fatalf("%d findings, summary %+v", len(result.Findings), s)
		}
		for _, severity := range resource.Severities() {
			some := result.AtLeast(severity)
			if some.Summary.Critical != s.Critical || severity != resource.SeverityCritical && some.Summary.Warning != s.Warning {
				t.Fatalf("at least %s: %+v of %+v", severity, some.Summary, s)
			}
		}
	})
}

// has reports whether the finding's object is recorded.
func (w world) has(finding drift.Finding) bool {
	if finding.Kind == resource.KindFlow {
		return w.flows[2][finding.ID] != ""
	}
	_, recorded := w.applied[finding.ID]
	return recorded
}

func TestTheOrderOfTheInputMeansNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t).look(t)
		first, err := json.Marshal(mustDetect(t, in))
		if err != nil {
			t.Fatal(err)
		}
		in.Live = rapid.Permutation(in.Live).Draw(t, "live")
		in.Desired = rapid.Permutation(in.Desired).Draw(t, "desired")
		in.Flows.Live = rapid.Permutation(in.Flows.Live).Draw(t, "live flows")
		in.Flows.Desired = rapid.Permutation(in.Flows.Desired).Draw(t, "desired flows")
		in.Rules.Ignore = rapid.Permutation(in.Rules.Ignore).Draw(t, "ignore")
		for i := range in.Desired {
			in.Desired[i].Fields = rapid.Permutation(in.Desired[i].Fields).Draw(t, "fields")
		}
		second, err := json.Marshal(mustDetect(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if string(first) != string(second) {
			t.Fatalf("%s\n%s", first, second)
		}
	})
}

// TestAskingBeforehandMeansNothing compares flows while others are still being read,
// and not.
func TestAskingBeforehandMeansNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t).look(t)
		switched := func(value resource.Value, label string) resource.Value {
			if !rapid.Bool().Draw(t, label) {
				return value
			}
			return resource.Value(strings.Replace(string(value), `"disabled":false`, `"disabled":true`, 1))
		}
		for i := range in.Flows.Live {
			in.Flows.Live[i] = liveFlow(t, switched(in.Flows.Live[i].Document, "live is off"))
		}
		for i := range in.Flows.Desired {
			wanted := in.Flows.Desired[i].Flow
			wanted.Document, wanted.ManagesSwitch = switched(wanted.Document, "wanted is off"), rapid.Bool().Draw(t, "managed")
		}
		for address, object := range in.Applied.Objects {
			object.Document = switched(object.Document, "applied is off")
			in.Applied.Objects[address] = object
		}
		first := mustDetect(t, in)
		in.Alike = map[string]bool{}
		for i := range in.Flows.Desired {
			for j := range in.Flows.Live {
				if in.Flows.Desired[i].ID == in.Flows.Live[j].ID {
					in.Alike[in.Flows.Live[j].ID] = drift.Alike(&in.Flows.Desired[i], &in.Flows.Live[j])
				}
			}
		}
		one, _ := json.Marshal(first)
		if other, err := json.Marshal(mustDetect(t, in)); err != nil || string(one) != string(other) {
			t.Fatalf("%v\n%s\n%s", err, one, other)
		}
	})
}

// TestAfterAnApplyNothingIsFound lets everything that is wanted be live and recorded.
func TestAfterAnApplyNothingIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.recorded = true
		for id, object := range w.wanted {
			delete(w.live, id)
			if object == nil {
				w.applied[id] = nil
				continue
			}
			w.live[id], w.applied[id] = object, object
		}
		for id := range w.live {
			if _, named := w.wanted[id]; !named {
				delete(w.live, id) // an orphan stays one
			}
		}
		w.flows[0], w.flows[2] = w.flows[1], w.flows[1]
		if result := mustDetect(t, w.look(t)); len(result.Findings) > 0 {
			t.Fatalf("findings %+v", result.Findings)
		}
	})
}

// TestAgreesWithThePlan holds the findings against what an apply would change: a
// managed difference is one exactly where the plan has a change of that field.
func TestAgreesWithThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t).look(t)
		in.Flows = plan.Flows{}
		for i := range in.Desired { // what is created needs a valid name
			in.Desired[i].Restored = true
			if _, named := in.Desired[i].Field(resource.Path{Field: "name"}); !named && !in.Desired[i].Absent {
				in.Desired[i].Fields = append(in.Desired[i].Fields, resource.DesiredField{Path: resource.Path{Field: "name"}, Value: resource.StringValue("Name of " + in.Desired[i].ID)})
			}
		}
		made, err := plan.Make(plan.Input{Manage: in.Manage, Desired: in.Desired, Live: in.Live, Thresholds: plan.Thresholds{DeletePercent: 100, UpdatePercent: 100}})
		if err != nil {
			t.Skip(err)
		}
		planned, found := []string{}, []string{}
		for _, change := range made.Plan.Changes {
			switch change.Action {
			case resource.ActionUpdate:
				for _, field := range change.Fields {
					planned = append(planned, fmt.Sprint(change.Address, " ", field.Path))
				}
			case resource.ActionCreate, resource.ActionDelete:
				planned = append(planned, string(change.Address)+" ")
			}
		}
		for _, orphan := range made.Plan.Orphans {
			planned = append(planned, string(orphan)+" ")
		}
		for _, finding := range mustDetect(t, in).Findings {
			if finding.State != drift.StateConverged && (finding.Managed || finding.State == drift.StateOrphan) {
				found = append(found, fmt.Sprint(finding.Address, " ", finding.Path))
			}
		}
		slices.Sort(planned)
		slices.Sort(found)
		if !slices.Equal(planned, found) {
			t.Fatalf("the plan has %q, the detection %q", planned, found)
		}
	})
}
