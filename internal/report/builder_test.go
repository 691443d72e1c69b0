package report_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestCellsOfDrift(t *testing.T) {
	accepted := &resource.Acceptance{Reason: "known"}
	cases := map[string]struct {
		findings []drift.Finding
		want     string
		level    report.Level
	}{
		"pending":      {[]drift.Finding{{State: drift.StatePending, Severity: "info", Change: drift.ChangeField, Managed: true}}, "~ pending (info)", report.LevelNotice},
		"drifted":      {[]drift.Finding{{State: drift.StateDrifted, Severity: "warning", Change: drift.ChangeField, Managed: true}}, "! drifted (warning)", report.LevelWarning},
		"unmanaged":    {[]drift.Finding{{State: drift.StateDrifted, Severity: "critical", Change: drift.ChangeField}}, "! drifted (critical, not managed)", report.LevelError},
		"deleted":      {[]drift.Finding{{State: drift.StateDrifted, Severity: "critical", Change: drift.ChangeMissing, Managed: true}}, "! drifted (critical, not live)", report.LevelError},
		"came back":    {[]drift.Finding{{State: drift.StateDrifted, Severity: "warning", Change: drift.ChangeExtra, Managed: true}}, "! drifted (warning, declared absent, and live)", report.LevelWarning},
		"conflict":     {[]drift.Finding{{State: drift.StateConflict, Severity: "warning", Change: drift.ChangeField, Managed: true}}, "X conflict (warning)", report.LevelWarning},
		"converged":    {[]drift.Finding{{State: drift.StateConverged, Severity: "info", Change: drift.ChangeField, Managed: true}}, "= converged", report.LevelNone},
		"orphan":       {[]drift.Finding{{State: drift.StateOrphan, Severity: "info", Change: drift.ChangeExtra}}, "? orphan (info)", report.LevelNotice},
		"no record":    {[]drift.Finding{{State: drift.StateDiffers, Severity: "info", Change: drift.ChangeField, Managed: true}}, "~ differs (info)", report.LevelNotice},
		"accepted":     {[]drift.Finding{{State: drift.StateDrifted, Severity: "critical", Accepted: accepted}}, "= accepted", report.LevelNone},
		"several":      {[]drift.Finding{{State: drift.StatePending, Severity: "info"}, {State: drift.StateDrifted, Severity: "critical"}, {State: drift.StateDrifted, Severity: "info"}, {State: drift.StateDrifted, Severity: "critical", Accepted: accepted}}, "! 2 drifted, 1 pending, 1 accepted (critical)", report.LevelError},
		"two alike":    {[]drift.Finding{{State: drift.StateConverged, Severity: "critical"}, {State: drift.StateConverged, Severity: "info"}}, "= 2 converged", report.LevelNone},
		"all accepted": {[]drift.Finding{{State: drift.StateOrphan, Accepted: accepted}, {State: drift.StateDrifted, Accepted: accepted}}, "= 2 accepted", report.LevelNone},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for i := range c.findings {
				c.findings[i].Address = "tenant/acme"
			}
			document := report.FromDrift([]report.EnvironmentDrift{{Result: &drift.Result{Findings: c.findings}}})
			cell := document.Rows[0].Cells[0]
			if cell.String() != c.want || cell.Level != c.level || document.Rows[0].Level != c.level {
				t.Errorf("got %q at %d", cell, cell.Level)
			}
		})
	}
}

// TestTheWayOutOfWhatHasConverged only renews the record, unless it puts something
// else back as well.
func TestTheWayOutOfWhatHasConverged(t *testing.T) {
	converged := drift.Finding{Address: "tenant/acme", State: drift.StateConverged, Managed: true, Ways: drift.Ways{Apply: "apply"}}
	unmanaged := drift.Finding{Address: "tenant/acme", State: drift.StateDrifted, Ways: drift.Ways{Adopt: "adopt"}}
	pending := drift.Finding{Address: "tenant/acme", State: drift.StatePending, Managed: true, Ways: drift.Ways{Apply: "apply", Adopt: "adopt"}}
	take := report.Way{Purpose: "to take the live value over", Command: "adopt"}
	for name, c := range map[string]struct {
		findings []drift.Finding
		want     []report.Way
	}{
		"with an unmanaged one": {[]drift.Finding{converged, unmanaged}, []report.Way{{Purpose: "to renew the record", Command: "apply"}, take}},
		"with a pending one":    {[]drift.Finding{converged, pending}, []report.Way{{Purpose: "to put the code's value back", Command: "apply"}, take}},
		"after a pending one":   {[]drift.Finding{pending, converged}, []report.Way{{Purpose: "to put the code's value back", Command: "apply"}, take}},
	} {
		t.Run(name, func(t *testing.T) {
			document := report.FromDrift([]report.EnvironmentDrift{{Result: &drift.Result{Findings: c.findings}}})
			if diff := cmp.Diff(c.want, document.Details[0].Ways); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRowsAreTheObjectsOfAllEnvironments(t *testing.T) {
	made := func(addresses ...resource.Address) *resource.Plan {
		plan := &resource.Plan{}
		for _, address := range addresses {
			plan.Changes = append(plan.Changes, resource.Change{Address: address, Kind: address.Kind(), Action: resource.ActionUpdate})
		}
		plan.Changes = append(plan.Changes, resource.Change{Address: "tenant/same", Action: resource.ActionNoChange})
		plan.Summary = resource.PlanSummary{Update: len(addresses), NoChange: 1}
		return plan
	}
	document := report.FromPlans([]report.EnvironmentPlan{
		{Environment: report.Environment{Name: "test"}, Plan: made("tenant/b")},
		{Environment: report.Environment{Name: "dev", Error: &resource.Fault{Code: "down"}}},
		{Environment: report.Environment{Name: "prod"}, Plan: made("flow/a", "tenant/b")},
	})
	var names, cells []string
	for _, row := range document.Rows {
		names = append(names, row.Name)
		for _, cell := range row.Cells {
			cells = append(cells, cell.String())
		}
	}
	if want := []string{"flow/a", "tenant/b"}; !slices.Equal(names, want) {
		t.Errorf("rows %q", names)
	}
	if want := []string{"", "! not read", "~ update", "~ update", "! not read", "~ update"}; !slices.Equal(cells, want) {
		t.Errorf("cells %q", cells)
	}
	if want := "0 to create, 3 to update, 0 to delete, 2 unchanged; 1 environment could not be read."; document.Summary != want {
		t.Errorf("summary %q", document.Summary)
	}
}
