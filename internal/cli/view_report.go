package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// reportView writes what an apply did for people: what went wrong, with the
// next step, and one sentence with all counts.
type reportView struct {
	verbose  bool
	quiet    bool // what succeeded is only counted
	place    string
	warnings []string
}

func (v reportView) write(w io.Writer, report resource.Report) {
	for _, result := range report.Results {
		v.result(w, result)
	}
	for _, warning := range v.warnings {
		writeProse(w, "  warning: ", printableLine(warning))
	}
	fmt.Fprintln(w)
	v.traces(w, report)
	writeProse(w, "", v.sentence(report))
}

// traces says what a run has left for later: its name, the backup that goes
// before it, and the way back.
func (v reportView) traces(w io.Writer, report resource.Report) {
	if restored := report.Restored; restored != nil {
		fmt.Fprintf(w, "Compared with the backup: %d of %s as it has them.\n", restored.Equal, counted(restored.Addresses, "object"))
		for _, address := range restored.Different {
			fmt.Fprintf(w, "%s\n", styleOf(w).mark("!", "! differs "+printableLine(string(address))))
		}
	}
	rows := [][2]string{{"Run", report.RunID}}
	if report.Backup != nil {
		rows = append(rows, [2]string{"Backup", *report.Backup})
	}
	if report.Undo != nil {
		rows = append(rows, [2]string{"Undo", *report.Undo})
	}
	if !v.quiet { // one for each flow
		for _, command := range report.Rollback {
			rows = append(rows, [2]string{"Roll back", command})
		}
	}
	width := len("Backup")
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(w, "%-*s  %s\n", width, row[0], printableLine(row[1]))
	}
}

var doneWords = map[resource.Action]string{
	resource.ActionCreate: "created", resource.ActionUpdate: "updated", resource.ActionDelete: "deleted",
}

func (v reportView) result(w io.Writer, result resource.Result) {
	address := printableLine(string(result.Address))
	if result.Status == resource.StatusSuccess && v.quiet {
		return
	}
	if result.Status == resource.StatusSuccess {
		line := actionSymbols[result.Action] + " " + doneWords[result.Action] + " " + address
		if v.verbose {
			line += fmt.Sprintf("  (%d ms, %d calls)", result.DurationMS, result.Attempts)
		}
		fmt.Fprintln(w, styleOf(w).mark(actionSymbols[result.Action], line))
		return
	}
	fmt.Fprintln(w, styleOf(w).mark("!", fmt.Sprintf("! %s %s: %s", result.Action, result.Status, address)))
	if result.Error != nil {
		writeProse(w, "    error: ", printableLine(result.Error.Message))
		if result.Error.Hint != "" {
			writeAdvice(w, "    hint: ", printableLine(result.Error.Hint))
		}
	}
}

func (v reportView) sentence(report resource.Report) string {
	created, updated, deleted := 0, 0, 0
	for _, result := range report.Results {
		if result.Status != resource.StatusSuccess {
			continue
		}
		switch result.Action {
		case resource.ActionCreate:
			created++
		case resource.ActionUpdate:
			updated++
		case resource.ActionDelete:
			deleted++
		}
	}
	summary := report.Summary
	text := fmt.Sprintf("Applied to %s in %s: %d created, %d updated, %d deleted, %d unchanged, %d failed, %d skipped, %d unknown",
		v.place, (time.Duration(report.DurationMS) * time.Millisecond).Round(time.Millisecond),
		created, updated, deleted, summary.NoChange, summary.Failed, summary.Skipped, summary.Unknown)
	if len(report.Conflicts) > 0 {
		text += fmt.Sprintf("; %s left alone", counted(len(report.Conflicts), "conflict"))
	}
	return printableLine(text + ".")
}
