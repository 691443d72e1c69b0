package report

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// EnvironmentPlan is the plan of one environment. The project is taken from the plan
// where there is one.
type EnvironmentPlan struct {
	Environment
	Plan     *resource.Plan // nil where Error is set
	Refusals []plan.Refusal // why an apply of it would be refused
}

var planCells = map[resource.Action]Cell{
	resource.ActionCreate: {"+", "create", LevelNotice},
	resource.ActionUpdate: {"~", "update", LevelNotice},
	resource.ActionDelete: {"-", "delete", LevelWarning},
}

// FromPlans reports plans, one column for each environment, in the given order.
func FromPlans(environments []EnvironmentPlan) Document {
	b := newBuilder(KindPlan)
	var total resource.PlanSummary
	for _, one := range environments {
		if one.Plan == nil {
			b.column(one.Environment)
			continue
		}
		b.addPlan(one)
		summary := one.Plan.Summary
		total.Create += summary.Create
		total.Update += summary.Update
		total.Delete += summary.Delete
		total.NoChange += summary.NoChange
		total.Orphan += summary.Orphan
		total.Blocked += summary.Blocked
	}
	b.document.Unchanged = total.NoChange
	return b.finish(planSentence(total))
}

func planSentence(total resource.PlanSummary) string {
	orphans := ""
	if total.Orphan > 0 {
		orphans = ", " + counted(total.Orphan, "orphan")
	}
	if total.Writes()+total.Blocked == 0 {
		return fmt.Sprintf("No changes: %d unchanged%s", total.NoChange, orphans)
	}
	text := fmt.Sprintf("%d to create, %d to update, %d to delete, %d unchanged", total.Create, total.Update, total.Delete, total.NoChange)
	if total.Blocked > 0 {
		text += fmt.Sprintf(", %d blocked", total.Blocked)
	}
	return text + orphans
}

func (b *builder) addPlan(one EnvironmentPlan) {
	one.ProjectID, one.Host = one.Plan.ProjectID, one.Plan.Host
	column := b.column(one.Environment)
	b.document.Columns[column].Unchanged = one.Plan.Summary.NoChange
	for _, change := range one.Plan.Changes {
		if change.Action != resource.ActionNoChange || change.Blocked != nil {
			b.addChange(column, change)
		}
	}
	for _, orphan := range one.Plan.Orphans {
		b.add(string(orphan), orphan.Kind(), Detail{
			Column: column, Cell: Cell{"?", "orphan", LevelNotice},
			Notes: []Note{{Code: "orphan", Message: "live, and not in the configuration"}},
		})
	}
	for _, refusal := range one.Refusals {
		b.document.Remarks = append(b.document.Remarks, Remark{
			Column: column, Level: LevelError, Note: Note{refusal.Code, "an apply of this plan is refused: " + refusal.Message},
		})
	}
	b.addNotes(column, one.Plan.Notes)
}

func (b *builder) addChange(column int, change resource.Change) {
	detail := Detail{Column: column, Cell: planCells[change.Action], Source: change.Source}
	if change.Blocked != nil {
		detail.Cell = Cell{"!", "blocked", LevelError}
		if change.Action != resource.ActionNoChange {
			detail.Cell.Word += " " + string(change.Action)
		}
		detail.Notes = append(detail.Notes, Note{change.Blocked.Code, change.Blocked.Message})
	} else if change.Action == resource.ActionDelete {
		detail.Notes = append(detail.Notes, deleteNote(change))
	}
	for _, field := range change.Fields {
		shown := Field{Path: field.Path, Sensitive: field.Sensitive, Changed: field.Sensitive && !field.Before.IsAbsent() && !field.After.IsAbsent()}
		for _, side := range []Side{{"-", "", field.Before}, {"+", "", field.After}} {
			if !field.Sensitive && !side.Value.IsAbsent() {
				shown.Sides = append(shown.Sides, side)
			}
		}
		detail.Fields = append(detail.Fields, shown)
	}
	b.add(string(change.Address), change.Kind, detail)
}

func deleteNote(change resource.Change) Note {
	switch {
	case change.Kind == resource.KindFlow:
		return Note{"flow_deleted", "nobody can sign in through it any more"}
	case change.Users == nil:
		return Note{"users_unknown", "its users could not be counted; their membership is lost for good"}
	case *change.Users == 0:
		return Note{"users_none", "no users in it"}
	}
	return Note{"users_lost", counted(*change.Users, "user") + " in it; their membership is lost for good"}
}
