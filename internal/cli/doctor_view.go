package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// doctorWidth is how wide our own sentences are. What is data may be wider.
const doctorWidth = 80

// doctorIndent is where the text of a check begins: behind symbol, word and id.
const doctorIndent = 28

// doctorSymbols stand before the words of the verdicts.
var doctorSymbols = map[doctor.Verdict]string{
	doctor.OK: "=", doctor.Note: "?", doctor.Warning: "~", doctor.Problem: "!", doctor.Skipped: ".",
}

// doctorView writes the checks for people: in groups, with symbol and word, the
// remedy below, and one sentence with the counts at the end.
func doctorView(a *App, document doctor.Result) func(io.Writer) {
	paint := style{color: a.Color}
	return func(w io.Writer) {
		title := ""
		for i := 0; i < len(document.Checks); i++ {
			one := document.Checks[i]
			if next := groupTitle(one, document); next != title {
				if title != "" {
					fmt.Fprintln(w)
				}
				title = next
				fmt.Fprintln(w, printableLine(title))
			}
			alike := skippedAlike(document.Checks[i:])
			if len(alike) > 2 {
				one.ID, one.Summary = counted(len(alike), "check"), one.Summary+": "+strings.Join(alike, ", ")
				i += len(alike) - 1
			}
			writeCheck(w, paint, one, a.flags.verbose)
		}
		fmt.Fprintf(w, "\n%s\n", verdictCounts(document.Summary))
	}
}

// groupTitle is the heading of a check: the project's name for what is a project's.
func groupTitle(one doctor.Check, document doctor.Result) string {
	entry, _ := doctor.Find(one.ID)
	if entry.Group != doctor.GroupProject {
		return string(entry.Group)
	}
	title := "Project"
	if one.Environment != "" {
		title = "Environment " + one.Environment
	}
	if document.ProjectID != nil {
		title += ", project " + *document.ProjectID
		if one.Environment == "" {
			title = "Project " + *document.ProjectID
		}
	}
	if document.Host != nil {
		title += ", host " + *document.Host
	}
	return title
}

// skippedAlike names the checks at the beginning that were skipped for one reason.
func skippedAlike(checks []doctor.Check) []string {
	var ids []string
	for _, one := range checks {
		if one.Verdict != doctor.Skipped || one.Summary != checks[0].Summary || one.Environment != checks[0].Environment {
			break
		}
		ids = append(ids, one.ID)
	}
	return ids
}

func writeCheck(w io.Writer, paint style, one doctor.Check, verbose bool) {
	symbol := doctorSymbols[one.Verdict]
	head := fmt.Sprintf("  %s %-7s  %-13s  ", symbol, one.Verdict, one.ID)
	for i, line := range folded(printableLine(one.Summary), doctorWidth-doctorIndent) {
		if i > 0 {
			head = strings.Repeat(" ", doctorIndent)
		}
		line = head + line
		if one.Verdict != doctor.OK && one.Verdict != doctor.Skipped {
			line = paint.mark(symbol, line)
		}
		fmt.Fprintln(w, line)
	}
	if verbose || one.Verdict != doctor.OK {
		for _, detail := range one.Detail {
			writeFolded(w, "", detail)
		}
	}
	if one.Remedy != "" {
		writeFolded(w, "remedy: ", one.Remedy)
	}
}

// writeFolded writes a text beneath a check.
func writeFolded(w io.Writer, word, text string) {
	for _, line := range folded(word+printableLine(text), doctorWidth-doctorIndent) {
		fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", doctorIndent), line)
	}
}

// folded breaks a text at blanks into lines of a width. A word that is longer has a
// line of its own, whole: it may be a path that somebody copies.
func folded(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// verdictCounts is the last line.
func verdictCounts(sum doctor.Summary) string {
	total := sum.OK + sum.Note + sum.Warning + sum.Problem + sum.Skipped
	return fmt.Sprintf("%s: %d ok, %s, %s, %s, %d skipped.", counted(total, "check"),
		sum.OK, counted(sum.Note, "note"), counted(sum.Warning, "warning"), counted(sum.Problem, "problem"), sum.Skipped)
}
