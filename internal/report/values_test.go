package report_test

import (
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// canary stands wherever a value of a customer can be.
const canary = "canary-of-a-customer"

// withCanaries are reports of each kind whose every value and free text holds the
// canary, and whose addresses, paths, codes and places do not.
func withCanaries() map[string]report.Document {
	value := resource.StringValue(canary)
	at := &resource.Position{File: "descope.yaml", Line: 7, Column: 3}
	notes := []resource.Note{{Address: "tenant/acme", Code: "a_note", Message: canary}, {Code: "a_remark", Message: canary}}
	failed := report.Environment{Name: "staging", Error: &resource.Fault{Code: "E011001", Status: 500, Message: canary, Hint: canary}}
	prod := report.Environment{Name: "prod", ProjectID: "P2prod"}
	users := 3
	flowFields := []resource.FieldChange{{Path: `text "` + canary + `" on the screen of "Start" changed`, Before: value, After: value}}
	acceptance := resource.Acceptance{Address: "tenant/acme", Path: "name", Until: "2026-01-01", Reason: canary, Owner: canary, Source: *at}
	finding := drift.Finding{
		Address: "tenant/acme", Kind: resource.KindTenant, ID: "acme", Path: "name", Change: drift.ChangeField, State: drift.StateDrifted, Severity: resource.SeverityCritical,
		Managed: true, Applied: value, Live: value, Wanted: value, Source: at, Ways: drift.Ways{Apply: "descope-mgmt apply -e prod --target tenant/acme", Adopt: "descope-mgmt drift adopt tenant/acme -e prod"},
	}
	accepted, inFlow := finding, finding
	accepted.Path, accepted.Accepted = "disabled", &acceptance
	inFlow.Address, inFlow.Kind, inFlow.Path = "flow/sign-in", resource.KindFlow, flowFields[0].Path
	inFlow.Ways = drift.Ways{Apply: "descope-mgmt apply -e prod --target flow/sign-in", Adopt: "descope-mgmt drift adopt flow/sign-in -e prod"}
	return map[string]report.Document{
		"plan": report.FromPlans([]report.EnvironmentPlan{{Environment: prod, Plan: &resource.Plan{
			ProjectID: "P2prod", Notes: notes, Summary: resource.PlanSummary{Update: 2, Delete: 1, Blocked: 1, Orphan: 1, NoChange: 4},
			Changes: []resource.Change{
				{Address: "flow/sign-in", Kind: resource.KindFlow, Action: resource.ActionUpdate, Fields: flowFields, Source: at},
				{Address: "tenant/acme", Kind: resource.KindTenant, Action: resource.ActionUpdate, Source: at, Fields: []resource.FieldChange{
					{Path: "custom_attributes.plan", Before: value, After: value}, {Path: "name", After: value}, {Path: "settings.secret", Sensitive: true, Before: value, After: value},
				}},
				{Address: "tenant/beta", Kind: resource.KindTenant, Action: resource.ActionUpdate, Blocked: &resource.Blocked{Code: "name_taken", Message: canary}},
				{Address: "tenant/gone", Kind: resource.KindTenant, Action: resource.ActionDelete, Users: &users, Fields: []resource.FieldChange{{Path: "name", Before: value}}},
			},
			Orphans: []resource.Address{"tenant/orphan"},
		}, Refusals: []plan.Refusal{{Code: plan.CodeBlocked, Message: canary}}}, {Environment: failed}}),
		"drift": report.FromDrift([]report.EnvironmentDrift{{Environment: prod, Result: &drift.Result{
			ProjectID: "P2prod", Notes: notes, Findings: []drift.Finding{inFlow, accepted, finding}, Expired: []resource.Acceptance{acceptance},
			Summary: drift.Summary{Drifted: 2, Critical: 2, Accepted: 1},
		}}, {Environment: failed}}),
		"comparison": report.FromComparison(compare.Comparison{
			A: compare.Side{Environment: "staging", ProjectID: "P2stg"}, B: compare.Side{Environment: "prod", ProjectID: "P2prod"}, Notes: notes,
			Differences: []compare.Difference{
				{Name: "flow/sign-in", Kind: resource.KindFlow, Place: compare.PlaceBoth, Fields: []compare.Field{{Path: canary, A: value, B: value}}},
				{Name: "tenant/acme", Kind: resource.KindTenant, Place: compare.PlaceBoth, Fields: []compare.Field{{Path: "name", A: value, B: value}, {Path: "disabled", A: value}, {Path: "s", Sensitive: true, A: value, B: value}}},
				{Name: "tenant/beta", Kind: resource.KindTenant, Place: compare.PlaceA},
				{Name: "tenant/gamma", Kind: resource.KindTenant, Place: compare.PlaceB},
			},
			Summary: compare.Summary{OnlyInA: 1, OnlyInB: 1, Differ: 2, Same: 9},
		}),
		"fault": report.FromFault(report.KindPlan, failed, []report.Problem{{Source: *at, Note: report.Note{Code: "CFG010", Message: canary}}}),
	}
}

func TestWithoutValuesNoValueLeaves(t *testing.T) {
	for name, document := range withCanaries() {
		t.Run(name, func(t *testing.T) {
			none := report.Options{Values: report.ValuesNone}
			for format, render := range map[string]func(fataler, report.Document, report.Options) string{"markdown": markdown, "github": github} {
				if !strings.Contains(render(t, document, report.Options{}), canary) {
					t.Errorf("%s: the test has no canary", format)
				}
				if got := render(t, document, none); strings.Contains(got, canary) {
					t.Errorf("%s: the canary is in\n%s", format, got)
				}
				if again := render(t, document.WithoutValues().WithoutValues(), report.Options{}); again != render(t, document, none) {
					t.Errorf("%s: a document without values is another one than the option makes", format)
				}
			}
			checkReport(t, document, none)
		})
	}
}

// TestWithoutValuesKeepsTheDocument: what is taken out is taken out of a copy.
func TestWithoutValuesKeepsTheDocument(t *testing.T) {
	for name, document := range withCanaries() {
		before := markdown(t, document, report.Options{})
		_ = document.WithoutValues()
		if markdown(t, document, report.Options{}) != before {
			t.Errorf("%s: the document has changed", name)
		}
	}
}

// TestSensitiveValuesAreNeverShown: not even where values are.
func TestSensitiveValuesAreNeverShown(t *testing.T) {
	value := resource.StringValue(canary)
	finding := drift.Finding{Address: "tenant/acme", Kind: resource.KindTenant, Path: "name", Change: drift.ChangeField, State: drift.StateConflict, Severity: resource.SeverityInfo, Sensitive: true, Applied: value, Live: value, Wanted: value}
	for name, document := range map[string]report.Document{
		"plan": report.FromPlans([]report.EnvironmentPlan{{Plan: &resource.Plan{Changes: []resource.Change{{
			Address: "tenant/acme", Action: resource.ActionUpdate, Fields: []resource.FieldChange{{Path: "name", Before: value, After: value, Sensitive: true}},
		}}}}}),
		"drift": report.FromDrift([]report.EnvironmentDrift{{Result: &drift.Result{Recorded: true, Findings: []drift.Finding{finding}}}}),
		"comparison": report.FromComparison(compare.Comparison{Differences: []compare.Difference{{
			Name: "tenant/acme", Place: compare.PlaceBoth, Fields: []compare.Field{{Path: "name", A: value, B: value, Sensitive: true}},
		}}}),
	} {
		for format, got := range map[string]string{"markdown": markdown(t, document, report.Options{}), "github": github(t, document, report.Options{})} {
			if strings.Contains(got, canary) || !strings.Contains(got, "(sensitive") {
				t.Errorf("%s as %s: %s", name, format, got)
			}
		}
	}
}
