package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// EnvironmentDrift is what a detection found in one environment. The project is taken
// from the result where there is one.
type EnvironmentDrift struct {
	Environment
	Result *drift.Result // nil where Error is set
}

// states are the states of a difference in the order in which a cell names them, the
// one that asks for most attention first.
var states = []struct {
	state  drift.State
	symbol string
	count  func(*drift.Summary) *int
}{
	{drift.StateConflict, "X", func(s *drift.Summary) *int { return &s.Conflict }},
	{drift.StateDrifted, "!", func(s *drift.Summary) *int { return &s.Drifted }},
	{drift.StatePending, "~", func(s *drift.Summary) *int { return &s.Pending }},
	{drift.StateDiffers, "~", func(s *drift.Summary) *int { return &s.Differs }},
	{drift.StateOrphan, "?", func(s *drift.Summary) *int { return &s.Orphan }},
	{drift.StateConverged, "=", func(s *drift.Summary) *int { return &s.Converged }},
}

var severityLevels = map[resource.Severity]Level{
	resource.SeverityCritical: LevelError, resource.SeverityWarning: LevelWarning, resource.SeverityInfo: LevelNotice,
}

// FromDrift reports what detections found, one column for each environment, in the
// given order.
func FromDrift(environments []EnvironmentDrift) Document {
	b := newBuilder(KindDrift)
	var total drift.Summary
	unknown := 0
	for _, one := range environments {
		if one.Result == nil {
			b.column(one.Environment)
			continue
		}
		b.addResult(one)
		addSummary(&total, one.Result.Summary)
		if one.Result.Unknown() != "" {
			unknown++
		}
	}
	return b.finish(driftSentence(total, unknown))
}

func addSummary(total *drift.Summary, one drift.Summary) {
	for _, state := range states {
		*state.count(total) += *state.count(&one)
	}
	total.Critical += one.Critical
	total.Warning += one.Warning
	total.Info += one.Info
	total.Accepted += one.Accepted
}

// driftSentence counts; unknown is the number of environments of which it is not
// known what was applied.
func driftSentence(total drift.Summary, unknown int) string {
	var parts []string
	for _, state := range states {
		if count := *state.count(&total); count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, stateWord(state.state, count)))
		}
	}
	text := "No drift"
	if total.Differences() > 0 {
		text = fmt.Sprintf("%s: %s; %d critical, %d warning, %d info", counted(total.Differences(), "difference"),
			strings.Join(parts, ", "), total.Critical, total.Warning, total.Info)
	} else if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if total.Accepted > 0 {
		text += fmt.Sprintf("; %d accepted", total.Accepted)
	}
	if unknown > 0 {
		text += fmt.Sprintf("; without a record of all that was applied in %s", counted(unknown, "environment"))
	}
	return text
}

// stateWord is a state as it stands after a number.
func stateWord(state drift.State, count int) string {
	if state == drift.StateOrphan || state == drift.StateConflict {
		return strings.TrimPrefix(counted(count, string(state)), fmt.Sprint(count)+" ")
	}
	return string(state)
}

func (b *builder) addResult(one EnvironmentDrift) {
	one.ProjectID, one.Host = one.Result.ProjectID, one.Result.Host
	column := b.column(one.Environment)
	findings := one.Result.Findings
	for start := 0; start < len(findings); {
		end := start + 1
		for end < len(findings) && findings[end].Address == findings[start].Address {
			end++
		}
		b.addFindings(column, findings[start:end])
		start = end
	}
	for _, expired := range one.Result.Expired {
		source := expired.Source
		b.document.Remarks = append(b.document.Remarks, Remark{
			Column: column, Level: LevelError, Addresses: []string{string(expired.Address)}, Source: &source,
			Note: Note{"acceptance_expired", strings.TrimSuffix(fmt.Sprintf(
				"an accepted difference has expired on %s (path %s, owner %s): %s", expired.Until,
				cmp.Or(string(expired.Path), "all"), cmp.Or(expired.Owner, "nobody"), expired.Reason), ": ")},
		})
	}
	b.addNotes(column, one.Result.Notes)
}

// addFindings reports all that was found about one object.
func (b *builder) addFindings(column int, findings []drift.Finding) {
	detail := Detail{Column: column}
	counts := map[drift.State]int{}
	gravest, accepted := resource.Severity(""), 0
	for _, finding := range findings {
		cell := findingCell(finding)
		if finding.Accepted != nil {
			accepted++
			reason := finding.Accepted.Reason
			detail.Notes = append(detail.Notes, Note{"accepted", fmt.Sprintf("%s: accepted%s: %s", cmp.Or(finding.Path, "the object"), until(*finding.Accepted), reason)})
		} else {
			counts[finding.State]++
			if finding.State != drift.StateConverged && severityLevels[finding.Severity] > severityLevels[gravest] {
				gravest = finding.Severity
			}
		}
		detail.Fields = append(detail.Fields, findingField(finding, cell))
		if detail.Source == nil || cell.Level > detail.Cell.Level {
			if finding.Source != nil {
				detail.Source = finding.Source
			}
			detail.Cell.Level = cell.Level
		}
		detail.addWays(finding.Ways)
	}
	detail.Cell = objectCell(findings, counts, gravest, accepted)
	b.add(string(findings[0].Address), findings[0].Kind, detail)
}

func until(accepted resource.Acceptance) string {
	if accepted.Until == "" {
		return ""
	}
	return " until " + accepted.Until
}

// objectCell sums up what was found about one object: "! 2 drifted, 1 pending (critical)".
func objectCell(findings []drift.Finding, counts map[drift.State]int, gravest resource.Severity, accepted int) Cell {
	if len(findings) == 1 {
		return findingCell(findings[0])
	}
	cell := Cell{Level: severityLevels[gravest]}
	var words []string
	for _, state := range states {
		count := counts[state.state]
		if count == 0 {
			continue
		}
		cell.Symbol = cmp.Or(cell.Symbol, state.symbol)
		words = append(words, fmt.Sprintf("%d %s", count, stateWord(state.state, count)))
	}
	if accepted > 0 {
		cell.Symbol = cmp.Or(cell.Symbol, "=")
		words = append(words, fmt.Sprintf("%d accepted", accepted))
	}
	cell.Word = strings.Join(words, ", ")
	if gravest != "" {
		cell.Word += " (" + string(gravest) + ")"
	}
	return cell
}

// findingCell is one finding: "! drifted (critical)".
func findingCell(finding drift.Finding) Cell {
	if finding.Accepted != nil {
		return Cell{Symbol: "=", Word: "accepted"}
	}
	cell := Cell{Word: string(finding.State)}
	for _, state := range states {
		if state.state == finding.State {
			cell.Symbol = state.symbol
		}
	}
	if finding.State == drift.StateConverged {
		return cell
	}
	cell.Level = severityLevels[finding.Severity]
	remarks := []string{string(finding.Severity)}
	switch {
	case finding.Change == drift.ChangeMissing:
		remarks = append(remarks, "not live")
	case finding.Change == drift.ChangeExtra && finding.State != drift.StateOrphan:
		remarks = append(remarks, "declared absent, and live")
	case finding.Change == drift.ChangeField && !finding.Managed:
		remarks = append(remarks, "not managed")
	}
	cell.Word += " (" + strings.Join(remarks, ", ") + ")"
	return cell
}

func findingField(finding drift.Finding, cell Cell) Field {
	field := Field{Path: finding.Path, Finding: cell, Sensitive: finding.Sensitive, Source: finding.Source}
	if finding.FirstSeen != nil {
		field.Finding.Word += ", first seen " + finding.FirstSeen.UTC().Format(time.RFC3339)
	}
	if finding.Sensitive || finding.Change != drift.ChangeField {
		return field
	}
	for _, side := range []Side{{"-", "wanted", finding.Wanted}, {"+", "live", finding.Live}, {"", "applied", finding.Applied}} {
		if side.Label != "applied" || !side.Value.IsAbsent() {
			field.Sides = append(field.Sides, side)
		}
	}
	return field
}

func (d *Detail) addWays(ways drift.Ways) {
	for _, way := range []Way{{"to put the code's value back", ways.Apply}, {"to take the live value over", ways.Adopt}} {
		known := way.Command == ""
		for _, other := range d.Ways {
			known = known || other == way
		}
		if !known {
			d.Ways = append(d.Ways, way)
		}
	}
}
