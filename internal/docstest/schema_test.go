package docstest_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func schemas(t *testing.T, strict bool) docstest.Schemas {
	t.Helper()
	read, err := docstest.ReadSchemas(os.DirFS(root), strict)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// documents are one of each kind, with everything in it that it can hold.
func documents() map[string]any {
	at := resource.Position{File: "descope.yaml", Line: 3, Column: 5}
	digest := "sha256:" + strings.Repeat("0", 64)
	value, name, moment := resource.StringValue("x"), "dev", time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	notes := []resource.Note{{Address: "tenant/acme", Code: "code", Message: "message"}, {Code: "code", Message: "message"}}
	acceptance := resource.Acceptance{Address: "tenant/*", Path: "name", Until: "2026-01-01", Reason: "known", Owner: "team", Source: at}
	plan := resource.Plan{
		FormatVersion: resource.FormatVersion, ToolVersion: "1.0.0", Environment: &name, ProjectID: "P2", Host: "api.descope.com", CreatedAt: moment, PlanDigest: digest,
		CallsEstimate: 3, DurationEstimateMS: 100,
		Options: resource.PlanOptions{Target: []resource.Glob{"tenant/*"}, Exclude: []resource.Glob{}, Prune: true, AllowSSOLoss: true, AllowBreaking: true, ReplaceUnmanaged: true},
		Changes: []resource.Change{
			{
				Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Action: resource.ActionDelete, BaseDigest: &digest, Source: &at, Cascade: true, Users: new(3),
				Fields: []resource.FieldChange{{Path: "name", Before: value}, {Path: "secret", Before: value, After: value, Sensitive: true}}, Blocked: &resource.Blocked{Code: "code", Message: "message"},
			},
			{Address: "flow/sign-in", Kind: resource.KindFlow, ID: "sign-in", Action: resource.ActionCreate, Fields: []resource.FieldChange{}, WantedDigest: digest},
		},
		Orphans: []resource.Address{"tenant/orphan"}, Notes: notes, Summary: resource.PlanSummary{Create: 1, Blocked: 1, Orphan: 1},
	}
	finding := drift.Finding{
		Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Path: "name", Change: drift.ChangeField, State: drift.StateDrifted, Severity: resource.SeverityCritical, Managed: true,
		Applied: value, Live: value, Source: &at, FirstSeen: &moment, Accepted: &acceptance, Ways: drift.Ways{Apply: "apply", Adopt: "adopt"},
	}
	return map[string]any{
		"plan.schema.json": plan,
		"report.schema.json": resource.Report{
			FormatVersion: resource.FormatVersion, RunID: "20260102T030405Z-0123456789abcdef", Environment: &name, ProjectID: "P2", Plan: &plan,
			Results: []resource.Result{
				{Address: "flow/sign-in", Action: resource.ActionCreate, Status: resource.StatusSuccess, Attempts: 1},
				{Address: "tenant/b", Action: resource.ActionUpdate, Status: resource.StatusFailed, Error: &resource.Fault{Code: "E011001", Status: 500, Message: "message", Hint: "hint"}},
			},
			Backup: new("backup.json"), Undo: new("descope-mgmt undo"), Rollback: []string{"descope-mgmt flow rollback"}, Conflicts: notes,
			Restored:  &resource.Restored{Addresses: 2, Equal: 1, Different: []resource.Address{"tenant/b"}},
			Recovered: []resource.Recovered{{RunID: "20260102T030405Z-0123456789abcdef", Address: "tenant/b", Action: resource.ActionUpdate, Found: resource.FoundNotDone}},
		},
		"drift.schema.json": drift.Result{
			FormatVersion: resource.FormatVersion, ToolVersion: "1.0.0", Environment: &name, ProjectID: "P2", Host: "api.descope.com", CreatedAt: moment, Recorded: true,
			Findings: []drift.Finding{finding, {Address: "tenant/z", Kind: resource.KindTenant, Change: drift.ChangeExtra, State: drift.StateOrphan, Severity: resource.SeverityInfo}},
			Expired:  []resource.Acceptance{acceptance}, Notes: notes, Summary: drift.Summary{Orphan: 1, Info: 1, Accepted: 1},
		},
		"comparison.schema.json": compare.Comparison{
			FormatVersion: resource.FormatVersion, ToolVersion: "1.0.0", CreatedAt: moment, A: compare.Side{Environment: "dev", ProjectID: "P1", Host: "h"}, B: compare.Side{Environment: "prod", ProjectID: "P2", Host: "h"},
			Differences: []compare.Difference{
				{Name: "tenant/acme", A: "tenant/acme", B: "tenant/acme-2", Kind: resource.KindTenant, Place: compare.PlaceBoth, Fields: []compare.Field{{Path: "name", A: value, B: value}}},
				{Name: "tenant/b", A: "tenant/b", Kind: resource.KindTenant, Place: compare.PlaceA, Fields: []compare.Field{}},
			},
			Notes: notes, Summary: compare.Summary{OnlyInA: 1, Differ: 1, Same: 3},
		},
		"doctor.schema.json": doctor.Result{
			FormatVersion: resource.FormatVersion, ToolVersion: "1.0.0", Environment: &name, ProjectID: new("P2"), Host: new("api.descope.com"),
			Checks: []doctor.Check{
				{ID: doctor.CheckAccess, Environment: name, Verdict: doctor.Problem, Summary: "refused", Detail: []string{"status 401"}, Remedy: "make a new key"},
				{ID: doctor.CheckClock, Verdict: doctor.Skipped, Summary: "no answer"},
			},
			Summary: doctor.Summary{Problem: 1, Skipped: 1},
		},
	}
}

// TestSchemasDescribeOurDocuments: each document is as its published schema says, and
// has no key that the schema does not name.
func TestSchemasDescribeOurDocuments(t *testing.T) {
	strict, open := schemas(t, true), schemas(t, false)
	for name, document := range documents() {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			check := func(schemas docstest.Schemas, text string) error {
				known, err := schemas.Check([]byte(text))
				if known != name {
					t.Errorf("taken for %q", known)
				}
				return err
			}
			if err := check(strict, string(text)); err != nil {
				t.Error(err)
			}
			later := strings.Replace(string(text), `{"`, `{"later":1,"`, 1)
			if err := check(open, later); err != nil {
				t.Errorf("a later minor version: %v", err)
			}
			if check(strict, later) == nil {
				t.Error("a key that the schema does not name is accepted")
			}
			for what, wrong := range map[string]string{
				"a major version":    strings.Replace(string(text), `"format_version":"1.0"`, `"format_version":"2.0"`, 1),
				"a missing key":      strings.Replace(string(text), `"summary":`, `"sumary":`, 1),
				"a number as a text": strings.Replace(string(text), `"code":"code"`, `"code":7`, 1),
				"a negative count":   strings.ReplaceAll(string(text), `:1}`, `:-1}`),
			} {
				if wrong != string(text) && check(open, wrong) == nil {
					t.Errorf("%s is accepted", what)
				}
			}
		})
	}
}
