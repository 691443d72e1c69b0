package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// environmentsDocument is what machines read of a command in all environments.
type environmentsDocument struct {
	FormatVersion string              `json:"format_version"`
	Environments  []environmentRecord `json:"environments"` // in promotion order
	Summary       environmentsSummary `json:"summary"`
}

// environmentRecord is one environment. The document of the command stands there
// under its own name, where there is one; so does an error. Where a run ended before
// it had a report, its plan stands there.
type environmentRecord struct {
	environment string
	project     *string
	status      Status
	err         *errorBody
	name        string
	document    any
}

// MarshalJSON implements [json.Marshaler].
func (r environmentRecord) MarshalJSON() ([]byte, error) {
	var text strings.Builder
	text.WriteString("{")
	for _, member := range []struct {
		name  string
		value any
		shown bool
	}{
		{"environment", r.environment, true},
		{"project_id", r.project, true},
		{"exit_status", r.status, true},
		{"error", r.err, r.err != nil},
		{r.name, r.document, r.document != nil},
	} {
		if !member.shown {
			continue
		}
		value, err := encodeJSON(member.value)
		if err != nil {
			return nil, err
		}
		if text.Len() > 1 {
			text.WriteString(",")
		}
		fmt.Fprintf(&text, "%q:%s", member.name, value)
	}
	text.WriteString("}")
	return []byte(text.String()), nil
}

// environmentsSummary counts the environments by how the command ended there:
// succeeded + partial + refused + failed + not_run = environments.
type environmentsSummary struct {
	Environments int    `json:"environments"`
	Succeeded    int    `json:"succeeded"` // statuses 0 and 2
	Partial      int    `json:"partial"`   // 3
	Refused      int    `json:"refused"`   // 6
	Failed       int    `json:"failed"`    // all others
	NotRun       int    `json:"not_run"`   // the command was interrupted before
	ExitStatus   Status `json:"exit_status"`
}

func (s *several) document(status Status) environmentsDocument {
	document := environmentsDocument{FormatVersion: resource.FormatVersion, Environments: []environmentRecord{}, Summary: s.summary(status)}
	for _, one := range s.parts {
		record := environmentRecord{environment: one.environment, project: one.project, status: one.outcome(), name: s.how.document, document: one.document}
		if one.document == nil && one.plan != nil {
			record.name, record.document = "plan", one.plan
		}
		if one.err != nil && !silent(one.err) {
			body := describe(one.err)
			record.err = &body
		}
		document.Environments = append(document.Environments, record)
	}
	return document
}

func (s *several) summary(status Status) environmentsSummary {
	summary := environmentsSummary{Environments: len(s.parts), ExitStatus: status}
	for _, one := range s.parts {
		switch status := one.outcome(); {
		case one.skipped:
			summary.NotRun++
		case status == StatusOK, status == StatusChanges:
			summary.Succeeded++
		case status == StatusPartial:
			summary.Partial++
		case status == StatusRefused:
			summary.Refused++
		default:
			summary.Failed++
		}
	}
	return summary
}

// write shows people what came of it: where everything goes to a file each
// environment's own output first, and always one line for each and one sentence.
func (s *several) write(w io.Writer) {
	out := &parted{to: w, written: s.out.written, between: s.out.written}
	if s.collected {
		for _, one := range s.parts {
			out.next()
			_, _ = out.Write(one.text.Bytes())
		}
		out.next()
	}
	rows := make([][]string, 0, len(s.parts))
	for _, one := range s.parts {
		result := cut(s.result(one), longestResult, styleOf(w).ellipsis())
		rows = append(rows, []string{one.environment, orDash(one.project), result})
	}
	writeTable(out, []string{"NAME", "PROJECT", "RESULT"}, rows, 2)
	fmt.Fprintln(out)
	writeProse(out, "", s.summary(StatusOK).sentence())
}

func (s environmentsSummary) sentence() string {
	var texts []string
	for _, one := range []struct {
		count int
		word  string
	}{{s.Succeeded, "succeeded"}, {s.Partial, "done in part"}, {s.Refused, "refused"}, {s.Failed, "failed"}, {s.NotRun, "not run"}} {
		if one.count > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", one.count, one.word))
		}
	}
	return counted(s.Environments, "environment") + ": " + strings.Join(texts, ", ") + "."
}

// result says in a few words what came out in one environment.
func (s *several) result(one *part) string {
	text := ""
	switch {
	case one.document == nil:
	case s.how.result != nil:
		text = s.how.result(one.document)
	default:
		text = resultOf(one.document)
	}
	if one.err == nil || silent(one.err) {
		return cmp.Or(text, "done")
	}
	word := "failed"
	switch {
	case one.skipped:
		return "not run: interrupted before its turn"
	case one.status() == StatusRefused:
		word = "refused"
	case one.status() >= StatusInterrupted:
		word = "interrupted"
	}
	reason := strings.TrimPrefix(strings.TrimPrefix(describe(one.err).Message, "refused, "), "nothing was sent: ")
	return strings.TrimPrefix(text+"; ", "; ") + word + ": " + reason
}

// longestResult is how wide the last column gets; the error stream has all of what it
// says.
const longestResult = 100

// resultOf is [several.result] of a plan, or of a report.
func resultOf(document any) string {
	switch document := document.(type) {
	case *resource.Plan:
		return planResult(document.Summary)
	case resource.Report:
		return reportResult(document)
	}
	return ""
}

func planResult(summary resource.PlanSummary) string {
	var texts []string
	for _, one := range []struct {
		count int
		word  string
	}{{summary.Create, "to create"}, {summary.Update, "to update"}, {summary.Delete, "to delete"}, {summary.Blocked, "blocked"}} {
		if one.count > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", one.count, one.word))
		}
	}
	if len(texts) == 0 {
		texts = append(texts, "No changes")
	}
	return strings.Join(texts, ", ") + orphanCount(summary.Orphan)
}

func reportResult(report resource.Report) string {
	summary := report.Summary
	planned := summary.Succeeded + summary.Failed + summary.Skipped + summary.Unknown
	if planned == 0 {
		return "No changes"
	}
	texts := []string{fmt.Sprintf("applied: %d of %d", summary.Succeeded, planned)}
	for _, one := range []struct {
		count int
		word  string
	}{{summary.Failed, "failed"}, {summary.Skipped, "skipped"}, {summary.Unknown, "unknown"}} {
		if one.count > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", one.count, one.word))
		}
	}
	return strings.Join(texts, ", ")
}
