package report

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
)

// FromComparison reports two projects side by side.
func FromComparison(comparison compare.Comparison) Document {
	b := newBuilder(KindComparison)
	for _, side := range []compare.Side{comparison.A, comparison.B} {
		b.column(Environment{Name: side.Environment, ProjectID: side.ProjectID, Host: side.Host})
	}
	for _, difference := range comparison.Differences {
		b.addDifference(difference)
	}
	summary := comparison.Summary
	b.document.Unchanged = summary.Same
	for i := range b.document.Columns {
		b.document.Columns[i].Unchanged = summary.Same
	}
	for _, note := range comparison.Notes {
		remark := Remark{Column: EveryColumn, Level: LevelNotice, Note: Note{note.Code, note.Message}}
		if note.Address != "" {
			remark.Addresses = []string{string(note.Address)}
		}
		b.document.Remarks = append(b.document.Remarks, remark)
	}
	if summary.Differences() == 0 {
		return b.finish(fmt.Sprintf("No differences: %d the same", summary.Same))
	}
	return b.finish(fmt.Sprintf("%s: %d only in the first, %d only in the second, %d in both and not the same; %d the same",
		counted(summary.Differences(), "difference"), summary.OnlyInA, summary.OnlyInB, summary.Differ, summary.Same))
}

func (b *builder) addDifference(difference compare.Difference) {
	here, missing := Cell{"+", "only here", LevelNotice}, Cell{"-", "missing", LevelNotice}
	detail := Detail{Column: EveryColumn}
	var cells [2]Cell
	switch difference.Place {
	case compare.PlaceA:
		cells = [2]Cell{here, missing}
		detail.Cell = Cell{"-", "only in the first", LevelNotice}
	case compare.PlaceB:
		cells = [2]Cell{missing, here}
		detail.Cell = Cell{"+", "only in the second", LevelNotice}
	default:
		detail.Cell = Cell{"~", "differs", LevelNotice}
		cells = [2]Cell{detail.Cell, detail.Cell}
	}
	for _, field := range difference.Fields {
		shown := Field{Path: field.Path, Sensitive: field.Sensitive}
		for i, value := range []Side{{"-", "", field.A}, {"+", "", field.B}} {
			value.Label = b.document.Columns[i].label()
			if !field.Sensitive && !value.Value.IsAbsent() {
				shown.Sides = append(shown.Sides, value)
			}
		}
		detail.Fields = append(detail.Fields, shown)
	}
	b.add(difference.Name, difference.Kind, detail)
	row := b.rows[difference.Name]
	for column, cell := range cells {
		b.cell(row, column, cell)
	}
}
