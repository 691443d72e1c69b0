package drift_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	applyTenant = "descope-mgmt apply -e dev --target tenant/acme"
	adoptTenant = "descope-mgmt drift adopt tenant/acme -e dev"
	applyFlow   = "descope-mgmt flow deploy -e dev --target flow/login"
	adoptFlow   = "descope-mgmt drift adopt flow/login -e dev"
)

// TestFifteenSituations goes through every state of every kind: what differs is
// the name of a tenant, a session lifetime, and the text of a flow's button.
func TestFifteenSituations(t *testing.T) {
	named := func(name string) []resource.Tenant {
		return []resource.Tenant{tenant(t, `{"id":"acme","name":"`+name+`"}`)}
	}
	lasting := func(minutes string) []resource.Tenant {
		return []resource.Tenant{tenant(t, `{"id":"acme","name":"A"}`, `{"sessionTokenExpiration":`+minutes+`}`)}
	}
	const lifetime = "settings.session_token_expiration"
	ofTenant := func(base, live, wanted string) drift.Input {
		in := input(named(live), want("acme", "name", `"`+wanted+`"`))
		if base == "" {
			return in
		}
		return recorded(in, "tenant/acme", applied("name", `"`+base+`"`))
	}
	ofSettings := func(base, live, wanted string) drift.Input {
		in := input(lasting(live), want("acme", "settings:session_token_expiration", wanted))
		if base == "" {
			return in
		}
		return recorded(in, "tenant/acme", applied("name", `"A"`, lifetime, base))
	}
	text := func(label string) resource.Value { return document(t, "login", "Continue", label) }
	ofFlow := func(base, live, wanted string) drift.Input {
		in := flowInput([]resource.Flow{liveFlow(t, text(live))}, wantFlow(text(wanted)))
		if base == "" {
			return in
		}
		return recorded(in, "flow/login", drift.Object{Document: text(base)})
	}
	for _, test := range []struct {
		name     string
		in       drift.Input
		path     string
		state    drift.State
		severity resource.Severity
		ways     drift.Ways
	}{
		{"tenant pending", ofTenant("A", "A", "B"), "name", drift.StatePending, "info", drift.Ways{Apply: applyTenant, Adopt: adoptTenant}},
		{"tenant drifted", ofTenant("A", "B", "A"), "name", drift.StateDrifted, "info", drift.Ways{Apply: applyTenant, Adopt: adoptTenant}},
		{"tenant conflict", ofTenant("A", "B", "C"), "name", drift.StateConflict, "info", drift.Ways{Apply: applyTenant, Adopt: adoptTenant}},
		{"tenant converged", ofTenant("A", "B", "B"), "name", drift.StateConverged, "info", drift.Ways{Apply: applyTenant}},
		{"tenant orphan", input(named("A")), "", drift.StateOrphan, "info", drift.Ways{Apply: "descope-mgmt tenant delete acme -e dev", Adopt: adoptTenant}},
		{"tenant without a record", ofTenant("", "A", "B"), "name", drift.StateDiffers, "info", drift.Ways{Apply: applyTenant, Adopt: adoptTenant}},

		{"settings pending", ofSettings("10", "10", "20"), lifetime, drift.StatePending, "critical", drift.Ways{Apply: applyTenant, Adopt: adoptTenant + " --accept-critical"}},
		{"settings drifted", ofSettings("10", "20", "10"), lifetime, drift.StateDrifted, "critical", drift.Ways{Apply: applyTenant, Adopt: adoptTenant + " --accept-critical"}},
		{"settings conflict", ofSettings("10", "20", "30"), lifetime, drift.StateConflict, "critical", drift.Ways{Apply: applyTenant, Adopt: adoptTenant + " --accept-critical"}},
		{"settings converged", ofSettings("10", "20", "20"), lifetime, drift.StateConverged, "info", drift.Ways{Apply: applyTenant}},
		{"settings without a record", ofSettings("", "10", "20"), lifetime, drift.StateDiffers, "critical", drift.Ways{Apply: applyTenant, Adopt: adoptTenant + " --accept-critical"}},

		{"flow pending", ofFlow("A", "A", "B"), "button 'A'", drift.StatePending, "info", drift.Ways{Apply: applyFlow, Adopt: adoptFlow}},
		{"flow drifted", ofFlow("A", "B", "A"), "B", drift.StateDrifted, "info", drift.Ways{Apply: applyFlow, Adopt: adoptFlow}},
		{"flow conflict", ofFlow("A", "B", "C"), "B", drift.StateConflict, "info", drift.Ways{Apply: applyFlow, Adopt: adoptFlow}},
		{"flow converged", ofFlow("A", "B", "B"), "B", drift.StateConverged, "info", drift.Ways{Apply: applyFlow}},
		{
			"flow orphan", flowInput([]resource.Flow{liveFlow(t, text("A"))}), "", drift.StateOrphan, "warning",
			drift.Ways{Apply: "descope-mgmt flow delete login -e dev", Adopt: adoptFlow},
		},
		{"flow without a record", ofFlow("", "A", "B"), "A", drift.StateDiffers, "info", drift.Ways{Apply: applyFlow, Adopt: adoptFlow}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := onlyFinding(t, test.in)
			if got.State != test.state || got.Severity != test.severity || got.Ways != test.ways {
				t.Errorf("state %s, severity %s, ways %+v", got.State, got.Severity, got.Ways)
			}
			if got.Kind == resource.KindFlow {
				if !strings.Contains(got.Path, test.path) {
					t.Errorf("path %q, without %q", got.Path, test.path)
				}
			} else if got.Path != test.path {
				t.Errorf("path %q", got.Path)
			}
			if isOrphan := test.state == drift.StateOrphan; (got.Source == nil) != isOrphan {
				t.Errorf("source %v", got.Source)
			}
		})
	}
}

func TestValuesOfAFinding(t *testing.T) {
	in := recorded(input([]resource.Tenant{tenant(t, `{"id":"acme","name":"A","selfProvisioningDomains":["b.com","a.com"]}`)},
		want("acme", "self_provisioning_domains", `["c.com"]`)), "tenant/acme", applied("self_provisioning_domains", `["a.com"]`))
	got := onlyFinding(t, in)
	if got.Applied != `["a.com"]` || got.Live != `["a.com","b.com"]` || got.Wanted != `["c.com"]` || got.Source.Line != 8 || got.Change != drift.ChangeField {
		t.Errorf("finding %+v", got)
	}
	missing := onlyFinding(t, flowInput([]resource.Flow{liveFlow(t, document(t, "login", "https://a", "https://b"))}, wantFlow(document(t, "login"))))
	if missing.Live != `"https://b"` || missing.Wanted != `"https://a"` || !missing.Applied.IsAbsent() || !strings.Contains(missing.Path, "Send code") {
		t.Errorf("finding %+v", missing)
	}
}

func TestWholeObjects(t *testing.T) {
	gone := resource.Desired{Kind: resource.KindTenant, ID: "acme", Absent: true}
	live := []resource.Tenant{tenant(t, `{"id":"acme","name":"A"}`)}
	protected := gone
	protected.Protect = true
	builtIn := flowInput([]resource.Flow{liveFlow(t, document(t, "sign-in"))}, resource.Desired{Kind: resource.KindFlow, ID: "sign-in", Absent: true})
	elsewhere := input(live)
	elsewhere.Manage.Elsewhere = []string{"acme"}
	ignored := input(live)
	ignored.Manage.Orphans = resource.OrphansIgnore
	outside := input(live)
	outside.Manage.Exclude = []resource.Glob{"ac*"}
	unconfigured := input(live)
	unconfigured.Manage.Configured = false
	known := func(in drift.Input, object drift.Object) drift.Input { return recorded(in, "tenant/acme", object) }
	for _, test := range []struct {
		name     string
		in       drift.Input
		change   drift.Change // empty: nothing is found
		state    drift.State
		severity resource.Severity
		apply    string
	}{
		{"deleted outside", known(input(nil, want("acme")), applied("name", `"A"`)), drift.ChangeMissing, drift.StateDrifted, "critical", applyTenant},
		{"not yet created", recorded(input(nil, want("acme")), "tenant/other", applied()), drift.ChangeMissing, drift.StatePending, "warning", applyTenant},
		{"to be created again", known(input(nil, want("acme")), drift.Object{Absent: true}), drift.ChangeMissing, drift.StatePending, "warning", applyTenant},
		{"missing without a record", input(nil, want("acme")), drift.ChangeMissing, drift.StateDiffers, "critical", applyTenant},
		{"came back", known(input(live, gone), drift.Object{Absent: true}), drift.ChangeExtra, drift.StateDrifted, "warning", applyTenant},
		{"not yet deleted", known(input(live, gone), applied("name", `"A"`)), drift.ChangeExtra, drift.StatePending, "warning", applyTenant},
		{"extra without a record", input(live, gone), drift.ChangeExtra, drift.StateDiffers, "warning", applyTenant},
		{"a delete that is refused", input(live, protected), drift.ChangeExtra, drift.StateDiffers, "warning", ""},
		{"a flow that nobody can delete", builtIn, drift.ChangeExtra, drift.StateDiffers, "warning", ""},
		{"gone as declared", input(nil, gone), "", "", "", ""},
		{"a built-in flow is no orphan", flowInput([]resource.Flow{liveFlow(t, document(t, "sign-in"))}), "", "", "", ""},
		{"configured for another environment", elsewhere, "", "", "", ""},
		{"orphans are ignored", ignored, "", "", "", ""},
		{"out of scope", outside, "", "", "", ""},
		{"the kind is not configured", unconfigured, "", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := mustDetect(t, test.in)
			if test.change == "" {
				if len(result.Findings) > 0 {
					t.Errorf("findings %+v", result.Findings)
				}
				return
			}
			got := onlyFinding(t, test.in)
			if got.Change != test.change || got.State != test.state || got.Severity != test.severity || got.Path != "" || got.Ways.Apply != test.apply || got.Ways.Adopt == "" {
				t.Errorf("finding %+v", got)
			}
		})
	}
}

// TestUnmanagedCriticalFields is about what other people's writes clear unseen.
func TestUnmanagedCriticalFields(t *testing.T) {
	base := applied("name", `"A"`, "enforce_sso_exclusions", `["U1","U2"]`, "enforce_sso", "true", "role_inheritance", `"none"`)
	live := []resource.Tenant{tenant(t, `{"id":"acme","name":"A","enforceSSO":true,"enforceSSOExclusions":[],"roleInheritance":"userOnly"}`)}
	result := mustDetect(t, recorded(input(live, want("acme", "name", `"A"`)), "tenant/acme", base))
	if len(result.Findings) != 1 {
		t.Fatalf("findings %+v", result.Findings)
	}
	got := result.Findings[0]
	if got.Path != "enforce_sso_exclusions" || got.Severity != resource.SeverityCritical || got.State != drift.StateDrifted || got.Managed ||
		got.Applied != `["U1","U2"]` || got.Live != "[]" || !got.Wanted.IsAbsent() || got.Source != nil || got.Ways != (drift.Ways{Adopt: adoptTenant + " --accept-critical"}) {
		t.Errorf("finding %+v", got)
	}
	if len(result.Notes) != 1 || result.Notes[0].Code != drift.NoteUnmanaged || !strings.Contains(result.Notes[0].Message, "drift adopt") {
		t.Errorf("notes %+v", result.Notes)
	}
	live[0] = tenant(t, `{"id":"acme","name":"A","enforceSSOExclusions":["U2","U1"]}`)
	got = onlyFinding(t, recorded(input(live, want("acme", "name", `"A"`)), "tenant/acme", base))
	if got.Path != "enforce_sso" || got.Ways != (drift.Ways{Adopt: adoptTenant + " --accept-critical"}) {
		t.Errorf("a field that the configuration can name: %+v", got)
	}
	if findings := mustDetect(t, input(live, want("acme", "name", `"A"`))).Findings; len(findings) > 0 {
		t.Errorf("without a record nobody knows of a change: %+v", findings)
	}
	lifetime := applied("name", `"A"`, "settings.enabled", "true", "settings.inactivity_time", "10")
	live[0] = tenant(t, `{"id":"acme","name":"A"}`, `{"enabled":true,"inactivityTime":600}`)
	if got = onlyFinding(t, recorded(input(live, want("acme", "settings:enabled", "true")), "tenant/acme", lifetime)); got.Path != "settings.inactivity_time" || got.Managed {
		t.Errorf("a setting: %+v", got)
	}
	domains := applied("name", `"A"`, "self_provisioning_domains", `["a.com"]`)
	live[0] = tenant(t, `{"id":"acme","name":"A","selfProvisioningDomains":[]}`)
	if findings := mustDetect(t, recorded(input(live, want("acme")), "tenant/acme", domains)).Findings; len(findings) > 0 {
		t.Errorf("a domain that went is a warning, which is not looked for: %+v", findings)
	}
	live[0] = tenant(t, `{"id":"acme","name":"A","selfProvisioningDomains":["a.com","evil.com"]}`)
	if got = onlyFinding(t, recorded(input(live, want("acme")), "tenant/acme", domains)); got.Severity != resource.SeverityCritical {
		t.Errorf("a domain that came: %+v", got)
	}
}

// TestWithoutARecordNobodySaysThatAllIsWell: what nobody manages cannot be judged,
// of the whole project or of the objects that have no record.
func TestWithoutARecordNobodySaysThatAllIsWell(t *testing.T) {
	var live []resource.Tenant
	var desired []resource.Desired
	for _, id := range []string{"e", "d", "c", "b", "a"} {
		live = append(live, tenant(t, `{"id":"`+id+`","name":"A"}`))
		desired = append(desired, want(id, "name", `"A"`))
	}
	desired = append(desired, want("new", "name", `"A"`))
	whole := func(except ...string) drift.Input {
		in := input(live, desired...)
		in.Applied = drift.Applied{Known: true, Objects: map[resource.Address]drift.Object{}}
		for _, one := range live {
			if !slices.Contains(except, one.ID) {
				in.Applied.Objects[one.Address()] = applied("name", `"A"`)
			}
		}
		return in
	}
	for name, c := range map[string]struct {
		in          drift.Input
		code, knows string
	}{
		"no record": {input(live, desired...), drift.NoteNoRecord, "nobody knows what was applied here"},
		"of one":    {whole("b"), drift.NoteUnrecorded, "nobody knows what was applied to tenant/b"},
		"of two":    {whole("b", "a"), drift.NoteUnrecorded, "nobody knows what was applied to 2 objects (tenant/a, tenant/b)"},
		"of all":    {whole("a", "b", "c", "d", "e"), drift.NoteUnrecorded, "nobody knows what was applied to 5 objects (tenant/a, tenant/b, tenant/c and 2 more)"},
		"of none":   {whole(), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			result := mustDetect(t, c.in)
			if got := result.Unknown(); got != c.knows {
				t.Errorf("got %q, want %q", got, c.knows)
			}
			if c.code == "" && len(result.Notes) > 0 || c.code != "" && (len(result.Notes) != 1 || result.Notes[0].Code != c.code ||
				!strings.Contains(result.Notes[0].Message, "critical fields that nobody manages could not be seen")) {
				t.Errorf("notes %+v", result.Notes)
			}
		})
	}
}

func TestUnmanagedSwitchOfAFlow(t *testing.T) {
	on, off := document(t, "login"), document(t, "login", `"disabled":false`, `"disabled":true`)
	wanted := wantFlow(on)
	wanted.Flow.ManagesSwitch = false
	in := recorded(flowInput([]resource.Flow{liveFlow(t, off)}, wanted), "flow/login", drift.Object{Document: on})
	got := onlyFinding(t, in)
	if got.Severity != resource.SeverityCritical || got.Managed || got.State != drift.StateDrifted || got.Applied != "false" || got.Live != "true" || got.Ways.Apply != "" {
		t.Errorf("finding %+v", got)
	}
	if findings := mustDetect(t, recorded(in, "flow/login", drift.Object{Document: off})).Findings; len(findings) > 0 {
		t.Errorf("switched off all the time: %+v", findings)
	}
	wanted.Flow.ManagesSwitch = true
	managed := onlyFinding(t, recorded(flowInput([]resource.Flow{liveFlow(t, off)}, wanted), "flow/login", drift.Object{Document: on}))
	if managed.Path != got.Path || !managed.Managed || managed.Severity != resource.SeverityCritical {
		t.Errorf("managed: %+v", managed)
	}
}

func TestAcceptedDifferences(t *testing.T) {
	live := []resource.Tenant{tenant(t, `{"id":"acme","name":"B","disabled":true}`)}
	in := input(live, want("acme", "name", `"A"`, "disabled", "false"))
	in.Rules.Ignore = []resource.Acceptance{
		{Address: "tenant/*", Path: "name", Until: "2025-11-10", Reason: "until they move", Owner: "ann"},
		{Address: "tenant/*", Until: "2025-11-09", Reason: "over"},
	}
	result := mustDetect(t, in)
	byPath := map[string]drift.Finding{}
	for _, finding := range result.Findings {
		byPath[finding.Path] = finding
	}
	if accepted := byPath["name"].Accepted; accepted == nil || accepted.Owner != "ann" {
		t.Errorf("the last day still counts: %+v", byPath["name"])
	}
	if byPath["disabled"].Accepted != nil {
		t.Errorf("what has expired accepts nothing: %+v", byPath["disabled"])
	}
	if len(result.Expired) != 1 || result.Expired[0].Reason != "over" {
		t.Errorf("expired %+v", result.Expired)
	}
	if want := (drift.Summary{Differs: 1, Critical: 1, Accepted: 1}); result.Summary != want {
		t.Errorf("summary %+v", result.Summary)
	}
	in.CreatedAt = time.Date(2025, 11, 10, 23, 30, 0, 0, time.FixedZone("west", -5*3600))
	if expired := mustDetect(t, in).Expired; len(expired) != 2 {
		t.Errorf("the day is that of UTC: %+v", expired)
	}
}

func TestFirstSeen(t *testing.T) {
	in := input([]resource.Tenant{tenant(t, `{"id":"acme","name":"B"}`)}, want("acme", "name", `"A"`))
	first := mustDetect(t, in)
	if first.Findings[0].FirstSeen != nil {
		t.Errorf("first seen %v", first.Findings[0].FirstSeen)
	}
	since := now.Add(-time.Hour)
	times := map[string]time.Time{drift.Key(first.Findings[0]): since}
	again := func() *time.Time { return mustDetect(t, in).WithFirstSeen(times).Findings[0].FirstSeen }
	if seen := again(); seen == nil || !seen.Equal(since) {
		t.Errorf("first seen %v", seen)
	}
	in.Desired[0] = want("acme", "name", `"C"`)
	if again() == nil {
		t.Error("another value in the code makes it no new difference")
	}
	in.Live[0] = tenant(t, `{"id":"acme","name":"D"}`)
	if again() != nil {
		t.Error("another live value is a new difference")
	}
}

func TestTargetsAndExclusions(t *testing.T) {
	live := []resource.Tenant{tenant(t, `{"id":"acme","name":"B"}`), tenant(t, `{"id":"beta","name":"B"}`)}
	in := input(live, want("acme", "name", `"A"`))
	in.Target = []resource.Glob{"tenant/beta"}
	if got := onlyFinding(t, in); got.ID != "beta" || got.State != drift.StateOrphan {
		t.Errorf("finding %+v", got)
	}
	in.Target, in.Exclude = nil, []resource.Glob{"tenant/beta", "tenant/nobody*"}
	result := mustDetect(t, in)
	if len(result.Findings) != 1 || result.Findings[0].ID != "acme" {
		t.Errorf("findings %+v", result.Findings)
	}
	if !slices.ContainsFunc(result.Notes, func(n resource.Note) bool { return n.Code == plan.NoteExcludeUnmatched }) {
		t.Errorf("notes %+v", result.Notes)
	}
	var invalid *plan.InvalidError
	in.Exclude = []resource.Glob{"tenant/acmee"}
	_, err := drift.Detect(in)
	if !errors.As(err, &invalid) || invalid.Problems[0].Code != plan.ProblemExcludeNoMatch || !strings.Contains(invalid.Problems[0].Suggestion, "tenant/acme") {
		t.Errorf("error %v", err)
	}
	in.Exclude, in.Target = nil, []resource.Glob{"tenant/acmee"}
	_, err = drift.Detect(in)
	if !errors.As(err, &invalid) || invalid.Problems[0].Code != plan.ProblemTargetNoMatch || !strings.Contains(invalid.Problems[0].Suggestion, "tenant/acme") {
		t.Errorf("error %v", err)
	}
}

func TestInputThatContradictsItself(t *testing.T) {
	one := tenant(t, `{"id":"acme","name":"A"}`)
	form := liveFlow(t, document(t, "login"))
	unread := form
	unread.Document = resource.Absent
	for name, in := range map[string]drift.Input{
		"a live tenant twice":   input([]resource.Tenant{one, one}),
		"wanted twice":          input(nil, want("acme"), want("acme")),
		"a path twice":          input([]resource.Tenant{one}, want("acme", "name", `"A"`, "name", `"B"`)),
		"settings not read":     input([]resource.Tenant{one}, want("acme", "settings:enabled", "true")),
		"a live flow twice":     flowInput([]resource.Flow{form, form}),
		"a flow wanted twice":   flowInput(nil, wantFlow(form.Document), wantFlow(form.Document)),
		"a document not read":   flowInput([]resource.Flow{unread}, wantFlow(form.Document)),
		"a field nobody knows":  input([]resource.Tenant{one}, want("acme", "colour", `"red"`)),
		"a record that is none": recorded(flowInput([]resource.Flow{form}, wantFlow(form.Document)), "flow/login", drift.Object{Document: `"x"`}),
	} {
		if _, err := drift.Detect(in); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
