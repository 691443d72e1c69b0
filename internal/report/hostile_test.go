package report_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// hostile are pieces of names and values that mean something to a renderer, to a
// runner of workflows, or to a terminal.
var hostile = []string{
	"<script>alert(1)</script>", "|", "`", "``", "```", "\n```\n", "~~~", "\n", "\r\n", "\r", "\t", "\x1b[31m", "\x1b]8;;http://evil.example\x07",
	"::error::owned", "\n::error file=a,line=1::owned", "##[error]owned", "##[", "##vso[task.complete]", "%0A::error::owned", "</details>", "</summary>", "\n\n</details>\n",
	"<!--", "-->", "<details>", "![](http://evil.example/x.png)", "[a](javascript:alert(1))", "[a]: http://evil.example", "<http://evil.example>",
	"http://evil.example", "https://evil.example/a|b", "www.evil.example", "a@evil.example", "@octocat", "@org/team", "#1", "GH-1", "owner/repo#1",
	"\u202e", "\u200b", "\u2066", "\u2028", "\u2029", "\ufeff", "\x00", "\x7f", "\u0085", "\xff\xfe", "\\", "\\|", "\\`", "$x$", "$`x`$", "&lt;", "&#64;octocat",
	"- [ ] x", "> [!NOTE]", "[^1]", ":smile:", "| a | b |", "|---|---|", "    indented", "---", "===", "# heading", "*b*", "_i_", "__b__", "~~s~~", "~", " ", "",
	"%", "%25", ":", ",", "=", "title=x", strings.Repeat("long", 400), strings.Repeat("`", 50), strings.Repeat("|", 300), "ü", "日本", "👩‍💻",
}

func text(t *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String()), 0, 4).Draw(t, label), "")
}

func value(t *rapid.T, label string) resource.Value {
	return rapid.SampledFrom([]resource.Value{
		resource.Absent, resource.StringValue(text(t, label)), resource.Value(text(t, label)), resource.StringsValue([]string{text(t, label), "b"}),
	}).Draw(t, label)
}

func address(t *rapid.T) resource.Address {
	kind := rapid.SampledFrom([]resource.Kind{resource.KindTenant, resource.KindFlow}).Draw(t, "kind")
	return resource.NewAddress(kind, text(t, "id"))
}

func position(t *rapid.T) *resource.Position {
	if rapid.Bool().Draw(t, "no place") {
		return nil
	}
	return &resource.Position{File: text(t, "file"), Line: rapid.IntRange(0, 9).Draw(t, "line"), Column: 1}
}

func fault(t *rapid.T) *resource.Fault {
	return &resource.Fault{Code: text(t, "code"), Message: text(t, "message"), Hint: text(t, "hint")}
}

func environment(t *rapid.T) report.Environment {
	return report.Environment{Name: text(t, "environment"), ProjectID: text(t, "project"), Protected: rapid.Bool().Draw(t, "protected")}
}

func notes(t *rapid.T) []resource.Note {
	list := make([]resource.Note, rapid.IntRange(0, 3).Draw(t, "notes"))
	for i := range list {
		list[i] = resource.Note{Address: address(t), Code: text(t, "code"), Message: text(t, "message")}
	}
	return list
}

func environmentPlan(t *rapid.T) report.EnvironmentPlan {
	one := report.EnvironmentPlan{Environment: environment(t)}
	if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
		one.Error = fault(t)
		return one
	}
	one.Plan = &resource.Plan{ProjectID: one.ProjectID, Notes: notes(t)}
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		change := resource.Change{Address: address(t), Source: position(t)}
		change.Kind = change.Address.Kind()
		change.Action = rapid.SampledFrom([]resource.Action{resource.ActionCreate, resource.ActionUpdate, resource.ActionDelete, resource.ActionNoChange}).Draw(t, "action")
		if rapid.IntRange(0, 3).Draw(t, "blocked") == 0 {
			change.Blocked = &resource.Blocked{Code: text(t, "code"), Message: text(t, "message")}
		}
		for range rapid.IntRange(0, 3).Draw(t, "fields") {
			change.Fields = append(change.Fields, resource.FieldChange{
				Path: text(t, "path"), Before: value(t, "before"), After: value(t, "after"), Sensitive: rapid.IntRange(0, 4).Draw(t, "sensitive") == 0,
			})
		}
		one.Plan.Changes = append(one.Plan.Changes, change)
	}
	one.Plan.Orphans = rapid.SliceOfN(rapid.Custom(address), 0, 2).Draw(t, "orphans")
	if rapid.Bool().Draw(t, "refused") {
		one.Refusals = []plan.Refusal{{Code: plan.CodeBlocked, Message: text(t, "refusal")}}
	}
	return one
}

func finding(t *rapid.T, of resource.Address) drift.Finding {
	one := drift.Finding{
		Address: of, Kind: of.Kind(), ID: of.ID(), Path: text(t, "path"), Source: position(t), Managed: rapid.Bool().Draw(t, "managed"),
		Change:   rapid.SampledFrom([]drift.Change{drift.ChangeField, drift.ChangeMissing, drift.ChangeExtra}).Draw(t, "change"),
		State:    rapid.SampledFrom([]drift.State{drift.StatePending, drift.StateDrifted, drift.StateConflict, drift.StateConverged, drift.StateOrphan, drift.StateDiffers}).Draw(t, "state"),
		Severity: rapid.SampledFrom(resource.Severities()).Draw(t, "severity"),
		Applied:  value(t, "applied"), Live: value(t, "live"), Wanted: value(t, "wanted"), Sensitive: rapid.IntRange(0, 4).Draw(t, "sensitive") == 0,
		Ways: drift.Ways{Apply: text(t, "apply"), Adopt: text(t, "adopt")},
	}
	if rapid.Bool().Draw(t, "seen") {
		one.FirstSeen = new(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	}
	if rapid.IntRange(0, 4).Draw(t, "accepted") == 0 {
		one.Accepted = &resource.Acceptance{Reason: text(t, "reason"), Owner: text(t, "owner"), Until: "2030-01-01"}
	}
	return one
}

func environmentDrift(t *rapid.T) report.EnvironmentDrift {
	one := report.EnvironmentDrift{Environment: environment(t)}
	if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
		one.Error = fault(t)
		return one
	}
	one.Result = &drift.Result{ProjectID: one.ProjectID, Notes: notes(t), Recorded: rapid.Bool().Draw(t, "recorded")}
	for range rapid.IntRange(0, 3).Draw(t, "objects") {
		of := address(t)
		for range rapid.IntRange(1, 3).Draw(t, "findings") {
			one.Result.Findings = append(one.Result.Findings, finding(t, of))
		}
	}
	if rapid.Bool().Draw(t, "expired") {
		one.Result.Expired = []resource.Acceptance{{Address: resource.Glob(text(t, "glob")), Path: resource.Glob(text(t, "glob")), Reason: text(t, "reason"), Until: "2026-01-01"}}
	}
	return one
}

func comparison(t *rapid.T) compare.Comparison {
	side := func() compare.Side {
		return compare.Side{Environment: text(t, "environment"), ProjectID: text(t, "project")}
	}
	made := compare.Comparison{A: side(), B: side(), Notes: notes(t)}
	for i := range rapid.IntRange(0, 5).Draw(t, "differences") {
		of := address(t)
		difference := compare.Difference{Name: fmt.Sprintf("%s%d", of, i), A: of, B: of, Kind: of.Kind(), Place: rapid.SampledFrom([]compare.Place{compare.PlaceA, compare.PlaceB, compare.PlaceBoth}).Draw(t, "place")}
		for range rapid.IntRange(0, 3).Draw(t, "fields") {
			difference.Fields = append(difference.Fields, compare.Field{Path: text(t, "path"), A: value(t, "a"), B: value(t, "b"), Sensitive: rapid.IntRange(0, 4).Draw(t, "sensitive") == 0})
		}
		made.Differences = append(made.Differences, difference)
	}
	return made
}

// document is a report of any kind, full of hostile text.
func document(t *rapid.T) report.Document {
	switch rapid.IntRange(0, 3).Draw(t, "kind of report") {
	case 0:
		return report.FromPlans(rapid.SliceOfN(rapid.Custom(environmentPlan), 1, 4).Draw(t, "plans"))
	case 1:
		return report.FromDrift(rapid.SliceOfN(rapid.Custom(environmentDrift), 1, 4).Draw(t, "drift"))
	case 2:
		return report.FromComparison(comparison(t))
	}
	failed := environment(t)
	failed.Error = fault(t)
	place := resource.Position{File: text(t, "file"), Line: 1, Column: 1}
	return report.FromFault(report.KindPlan, failed, []report.Problem{{Source: place, Note: report.Note{Code: text(t, "code"), Message: text(t, "message")}}})
}
