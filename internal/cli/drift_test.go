package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// fakeRecords are records in memory.
type fakeRecords struct {
	applied  drift.Applied
	since    time.Time // of what nobody has seen before
	complete []bool    // of each call of Seen
	readErr  error
	seenErr  error
}

func (f *fakeRecords) Read() (drift.Applied, error) { return f.applied, f.readErr }

func (f *fakeRecords) Hash(address resource.Address, path string, value resource.Value) (string, error) {
	return (resource.Value(address) + resource.Value(path) + value).Digest(), nil
}

func (f *fakeRecords) Seen(_ context.Context, keys []string, _ time.Time, complete bool) (map[string]time.Time, error) {
	f.complete = append(f.complete, complete)
	times := map[string]time.Time{}
	for i, key := range keys { // the later in the list, the older
		times[key] = f.since.AddDate(0, 0, -i)
	}
	return times, f.seenErr
}

const driftConfiguration = `version: "1.0"
tenants:
  - { id: acme, name: Acme Corporation, custom_attributes: { plan: basic } }
  - { id: beta, name: Beta }
  - { id: gone, name: Gone }
`

// recordedProject is a session for drift in a project to which something was applied.
func recordedProject(t *testing.T) (*session, *fakeRecords, *bytes.Buffer, *bytes.Buffer, string) {
	t.Helper()
	url := startTestEmulator(t, emulator.Options{})
	app, out, errs := person(t, url, driftConfiguration)
	for _, body := range []string{
		`{"id":"acme","name":"By the console","customAttributes":{"plan":"pro"},"enforceSSOExclusions":[]}`, `{"id":"beta","name":"Beta"}`,
	} {
		if _, err := fetch(t.Context(), http.MethodPost, url, "/v1/mgmt/tenant/create", body); err != nil {
			t.Fatal(err)
		}
	}
	if got := app.Run(t.Context(), []string{"version"}); got != StatusOK { // it settles the flags
		t.Fatalf("status %d", got)
	}
	out.Reset()
	app.Now = func() time.Time { return time.Date(2025, 11, 10, 14, 30, 15, 0, time.UTC) }
	session, err := app.openDrift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	records := &fakeRecords{since: time.Date(2025, 11, 10, 9, 0, 0, 0, time.UTC), applied: drift.Applied{Known: true, Objects: map[resource.Address]drift.Object{
		"tenant/acme": {Values: map[string]resource.Value{
			"name": `"Acme Corporation"`, "custom_attributes.plan": `"pro"`, "enforce_sso_exclusions": `["U1"]`,
		}},
		"tenant/beta": {Values: map[string]resource.Value{"name": `"Old"`}},
		"tenant/gone": {Values: map[string]resource.Value{"name": `"Gone"`}},
	}}}
	session.past = records
	return session, records, out, errs, url
}

func everything() driftOptions { return driftOptions{severity: resource.SeverityInfo} }

func TestDriftAgainstRecords(t *testing.T) {
	session, records, out, _, _ := recordedProject(t)
	if err := session.showDrift(t.Context(), everything(), driftView.writeFindings); err != nil {
		t.Fatal(err)
	}
	want := `
tenant/acme
  ~ pending   info     custom_attributes.plan  (descope.yaml:3:68)
      applied "pro", live "pro", wanted "basic"
  ! drifted   critical enforce_sso_exclusions, which the configuration leaves alone
      applied ["U1"], live []
  ! drifted   info     name  (descope.yaml:3:23)
      applied "Acme Corporation"
      live    "By the console"
      wanted  "Acme Corporation"
  as the code has it: descope-mgmt apply --target tenant/acme
  as it is live:      descope-mgmt drift adopt tenant/acme --accept-critical

tenant/beta
  = converged info     name  (descope.yaml:4:23)
      applied "Old", live "Beta", wanted "Beta"
  renew the record:   descope-mgmt apply --target tenant/beta

tenant/gone
  ! drifted   critical deleted outside of this tool  (descope.yaml:5:5)
  as the code has it: descope-mgmt apply --target tenant/gone
  as it is live:      descope-mgmt drift adopt tenant/gone --accept-critical

  note: tenant/acme: enforce_sso_exclusions has changed outside of this tool and has no key in a configuration: put it right in the Descope console, or let it count as applied with drift adopt

Drift in project ` + scriptProject + `: 3 drifted, 1 pending; 2 critical, 2 info; 1 converged.
`
	_, got, _ := strings.Cut(out.String(), "\n")
	if got != want {
		t.Errorf("the view is\n%s\nwant\n%s", got, want)
	}
	if len(records.complete) != 1 || !records.complete[0] {
		t.Errorf("seen %v", records.complete)
	}
}

func TestDriftReportIsOldestFirst(t *testing.T) {
	session, records, out, _, _ := recordedProject(t)
	if err := session.showDrift(t.Context(), everything(), driftView.writeAges); err != nil {
		t.Fatal(err)
	}
	days := regexp.MustCompile(`(?m)^First seen: .*$`).FindAllString(out.String(), -1)
	want := []string{
		"First seen: 2025-11-06 (4 days ago)", "First seen: 2025-11-07 (3 days ago)", "First seen: 2025-11-08 (2 days ago)",
		"First seen: 2025-11-09 (1 day ago)", "First seen: 2025-11-10 (today)",
	}
	if strings.Join(days, "\n") != strings.Join(want, "\n") {
		t.Errorf("days %q in\n%s", days, out)
	}
	if oldest := strings.Index(out.String(), "tenant/gone"); oldest > strings.Index(out.String(), "tenant/acme") {
		t.Errorf("the oldest is not the first in\n%s", out)
	}

	// What narrows the look says so to the records; that they cannot note it is no failure.
	out.Reset()
	records.seenErr = &fs.PathError{Op: "open", Path: "seen", Err: fs.ErrPermission}
	narrow := everything()
	narrow.target = []resource.Glob{"tenant/beta"}
	if err := session.showDrift(t.Context(), narrow, driftView.writeAges); err != nil || records.complete[1] {
		t.Errorf("error %v, complete %v", err, records.complete)
	}
	if !strings.Contains(out.String(), "No drift.") || !strings.Contains(out.String(), "(1 converged)") {
		t.Errorf("output\n%s", out)
	}
}

func TestDamagedRecordsStopADetection(t *testing.T) {
	session, records, out, _, _ := recordedProject(t)
	records.readErr = &store.DamagedError{}
	err := session.showDrift(t.Context(), everything(), driftView.writeFindings)
	if StatusOf(err) != StatusIntegrity || out.Len() > 0 {
		t.Errorf("error %v, output %q", err, out)
	}
	records.readErr, records.seenErr = nil, &store.DamagedError{}
	if err := session.showDrift(t.Context(), everything(), driftView.writeFindings); StatusOf(err) != StatusIntegrity {
		t.Errorf("error %v", err)
	}
}

func TestHowADetectionEnds(t *testing.T) {
	finding := drift.Finding{Address: "tenant/acme", Kind: resource.KindTenant, State: drift.StateDrifted, Severity: resource.SeverityInfo}
	entry := resource.Acceptance{Address: "tenant/acme", Until: "2025-11-09", Source: resource.Position{File: "descope.yaml", Line: 4, Column: 3}}
	session, _, _, _, _ := recordedProject(t)
	for name, test := range map[string]struct {
		result   drift.Result
		detailed bool
		severity resource.Severity
		want     Status
	}{
		"differences":                        {drift.Result{Findings: []drift.Finding{finding}}, false, "info", StatusOK},
		"differences count":                  {drift.Result{Findings: []drift.Finding{finding}}, true, "info", StatusChanges},
		"none that is grave":                 {drift.Result{Findings: []drift.Finding{finding}}, true, "warning", StatusOK},
		"what has expired":                   {drift.Result{Expired: []resource.Acceptance{entry}}, false, "info", StatusRefused},
		"what has expired beats differences": {drift.Result{Findings: []drift.Finding{finding}, Expired: []resource.Acceptance{entry}}, true, "critical", StatusRefused},
	} {
		t.Run(name, func(t *testing.T) {
			err := session.driftStatus(driftOptions{detailed: test.detailed}, test.result, test.result.AtLeast(test.severity))
			if got := StatusOf(err); got != test.want {
				t.Errorf("status %d: %v", got, err)
			}
			if test.want == StatusRefused && !strings.Contains(err.Error(), "tenant/acme (descope.yaml:4:3) until 2025-11-09") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestAnUnmanagedFindingHasNoApply: what is offered beside it only renews the record
// of what has converged.
func TestAnUnmanagedFindingHasNoApply(t *testing.T) {
	one := drift.Finding{Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Path: "name", Change: drift.ChangeField, Severity: resource.SeverityInfo}
	converged, unmanaged := one, one
	converged.State, converged.Managed, converged.Ways = drift.StateConverged, true, drift.Ways{Apply: "apply it"}
	unmanaged.State, unmanaged.Ways = drift.StateDrifted, drift.Ways{Adopt: "adopt it"}
	var out bytes.Buffer
	driftView{place: "environment dev", options: everything()}.writeFindings(&out, drift.Result{Recorded: true, Findings: []drift.Finding{converged, unmanaged}})
	for _, part := range []string{"  renew the record:   apply it\n", "  as it is live:      adopt it\n"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing in\n%s", part, out.String())
		}
	}
}

func TestAcceptedAndExpiredAreShown(t *testing.T) {
	accepted := resource.Acceptance{Address: "tenant/*", Path: "name", Until: "2026-03-31", Owner: "ann", Reason: "until they\x1b[31m move"}
	finding := drift.Finding{
		Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Path: "name", Change: drift.ChangeField, State: drift.StateDrifted,
		Severity: resource.SeverityInfo, Managed: true, Sensitive: true, Accepted: &accepted, Ways: drift.Ways{Apply: "apply it", Adopt: "adopt it"},
	}
	result := drift.Result{
		Recorded: true, Findings: []drift.Finding{finding}, Summary: drift.Summary{Accepted: 1},
		Expired: []resource.Acceptance{{Address: "tenant/beta", Until: "2025-11-09"}},
	}
	var out bytes.Buffer
	driftView{place: "environment dev", headline: "Environment dev", options: everything()}.writeFindings(&out, result)
	for _, part := range []string{
		"values (sensitive)", `accepted until 2026-03-31 by ann: until they\x1b[31m move`, "expired: tenant/beta was accepted until 2025-11-09",
		"No drift. Environment dev matches the configuration, but for what was accepted (1 accepted).",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing in\n%s", part, out.String())
		}
	}
	if strings.Contains(out.String(), "apply it") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("output\n%s", out.String())
	}
}

// TestDetectionCannotWrite looks at the types: what a detection reads with has
// no method of what writes, and there is nothing to write with beside it.
func TestDetectionCannotWrite(t *testing.T) {
	session, _, _, _, url := recordedProject(t)
	if session.writer != nil {
		t.Fatal("the session has a writer")
	}
	reader, writer := reflect.TypeFor[*descope.Reader](), reflect.TypeFor[*descope.Writer]()
	if writer.NumMethod() == 0 || reflect.TypeOf(session.reader) != reader {
		t.Fatal("the session reads with something else")
	}
	for method := range writer.Methods() {
		if _, both := reader.MethodByName(method.Name); both {
			t.Errorf("the reader has the writer's method %s", method.Name)
		}
	}
	verbs := regexp.MustCompile(`^(Create|Update|Delete|Set|Import|Patch|Put|Add|Remove|Write|Send|Do)`)
	for method := range reader.Methods() {
		if name := method.Name; verbs.MatchString(name) {
			t.Errorf("the reader has the method %s", name)
		}
	}
	seen := func() []struct{ Method, Path string } {
		var log struct {
			Requests []struct{ Method, Path string }
		}
		if err := json.Unmarshal(controlEmulator(t, http.MethodGet, url, "requests", ""), &log); err != nil {
			t.Fatal(err)
		}
		return log.Requests
	}
	before := len(seen())
	if err := session.showDrift(t.Context(), everything(), driftView.writeFindings); err != nil {
		t.Fatal(err)
	}
	calls := seen()[before:]
	if len(calls) != 1 || calls[0].Method != http.MethodGet || calls[0].Path != "/v1/mgmt/tenant/all" {
		t.Errorf("calls %+v", calls)
	}
}

func TestAnInterruptedDetectionSaysSo(t *testing.T) {
	session, _, _, _, _ := recordedProject(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := session.showDrift(ctx, everything(), driftView.writeFindings); StatusOf(err) != StatusInterrupted {
		t.Errorf("error %v", err)
	}
}
