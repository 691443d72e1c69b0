package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// formatGitHub are annotations of a GitHub workflow; what is too long for them goes
// into the job's summary.
const formatGitHub = "github"

// reportFormats are the formats of commands with a report, beside the usual ones.
var reportFormats = []string{formatMarkdown, formatGitHub}

// reportAnnotation holds, on a command with a report, its kind.
const reportAnnotation = "report"

// summaryVariable names the file of a job's summary.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// withReport gives a command the formats of reports, and --values.
func (a *App) withReport(cmd *cobra.Command, kind report.Kind) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[reportAnnotation] = string(kind)
	cmd.Annotations[moreFormatsAnnotation] = strings.Join(reportFormats, " ")
	cmd.Flags().StringVar(&a.flags.values, "values", string(report.ValuesAll), "what --format markdown and github show of values: `WHICH`, all or none")
	return cmd
}

// settleReport checks the format, and what is to be shown of values.
func (a *App) settleReport(cmd *cobra.Command) error {
	format, known := a.flags.format, formatsOf(cmd)
	kind, hasReport := cmd.Annotations[reportAnnotation]
	switch {
	case slices.Contains(known, format):
	case slices.Contains(reportFormats, format):
		return usageError(fmt.Sprintf("%s has no report: it does not know --format %s", cmd.CommandPath(), format), "known are "+strings.Join(known, ", "))
	default:
		return usageError(fmt.Sprintf("unknown format %q", format), suggestion(format, known))
	}
	if !hasReport {
		return nil
	}
	choices := []string{string(report.ValuesAll), string(report.ValuesNone)}
	if !slices.Contains(choices, a.flags.values) {
		return usageError(fmt.Sprintf("unknown --values %q", a.flags.values), suggestion(a.flags.values, choices))
	}
	isReport := slices.Contains(reportFormats, format)
	if a.flags.values == string(report.ValuesNone) && !isReport {
		return usageError("--values none does not work with --format "+format, "write --format "+strings.Join(reportFormats, " or --format "))
	}
	if isReport {
		a.reporting = report.Kind(kind)
	}
	return nil
}

// reported is what a command in one environment gives to a report: one of these.
type reported struct {
	plan       *report.EnvironmentPlan
	drift      *report.EnvironmentDrift
	comparison *compare.Comparison
}

// failed stands for an environment that has nothing to report but an error.
func failed(kind report.Kind, environment report.Environment) reported {
	if kind == report.KindDrift {
		return reported{drift: &report.EnvironmentDrift{Environment: environment}}
	}
	return reported{plan: &report.EnvironmentPlan{Environment: environment}}
}

// reportOf joins what the environments give, in their order.
func reportOf(parts []reported) report.Document {
	var plans []report.EnvironmentPlan
	var drifts []report.EnvironmentDrift
	for _, one := range parts {
		switch {
		case one.comparison != nil:
			return report.FromComparison(*one.comparison)
		case one.plan != nil:
			plans = append(plans, *one.plan)
		case one.drift != nil:
			drifts = append(drifts, *one.drift)
		}
	}
	if len(drifts) > 0 {
		return report.FromDrift(drifts)
	}
	return report.FromPlans(plans)
}

// showReported is [App.show] for a command with a report. In one environment of
// several it only hands over what the report of all is made from.
func (a *App) showReported(document any, own reported, human func(io.Writer)) error {
	if a.reporting != "" && a.part != nil {
		a.part.document, a.part.reported = document, &own
		return nil
	}
	return a.showReport(document, func() report.Document { return reportOf([]reported{own}) }, human)
}

// showReport shows a report in the format that was asked for; in the usual ones
// the document, or what human writes.
func (a *App) showReport(document any, made func() report.Document, human func(io.Writer)) error {
	switch {
	case a.reporting == "":
		return a.show(document, human)
	case a.flags.format == formatMarkdown:
		return a.show(document, func(w io.Writer) { _ = report.Markdown(w, made(), a.reportOptions(0)) }) // into memory
	}
	shown := made()
	err := a.show(document, func(w io.Writer) { _ = report.GitHub(w, shown, a.reportOptions(0)) })
	if err != nil {
		return err
	}
	if err := a.appendSummary(shown); err != nil {
		a.warn("warning: the job summary was not written: %v", err)
	}
	return nil
}

func (a *App) reportOptions(limit int) report.Options {
	return report.Options{Values: report.Values(a.flags.values), Limit: limit, Clean: a.redact.text, File: a.repositoryFile}
}

// repositoryFile names a file as annotations need it: relative to the root of the
// repository that the workflow has checked out.
func (a *App) repositoryFile(name string) string {
	root, found := a.lookup("GITHUB_WORKSPACE")
	if !found {
		return filepath.ToSlash(name)
	}
	relative, err := filepath.Rel(root, a.absolute(name))
	if err != nil || !filepath.IsLocal(relative) {
		relative = name
	}
	return filepath.ToSlash(relative)
}

// appendSummary adds a report to the summary of the job, where there is one. What
// GitHub would not take any more is not added: it would drop the whole summary.
func (a *App) appendSummary(document report.Document) (err error) {
	path, found := a.lookup(summaryVariable)
	if !found {
		return nil
	}
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("%s does not name a file that is there: %s", summaryVariable, path)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	room := report.SummaryLimit - int(min(info.Size(), report.SummaryLimit)) - 1
	if room < report.LeastLimit {
		return &fs.PathError{Op: "append", Path: path, Err: errors.New("it is full: GitHub takes 1 MiB for a step")}
	}
	var text bytes.Buffer
	if info.Size() > 0 {
		text.WriteString("\n")
	}
	if err := report.Markdown(&text, document, a.reportOptions(room)); err != nil {
		return err
	}
	_, err = file.Write(a.redact.clean(text.Bytes()))
	return err
}

// showFault reports a command that ended before it had a result, or that had no place
// to write it to.
func (a *App) showFault(body errorBody, unwritten bool) {
	problems := make([]report.Problem, 0, len(body.Diagnostics))
	for _, record := range body.Diagnostics {
		message := record.Message
		if record.Suggestion != "" {
			message += " (" + record.Suggestion + ")"
		}
		problems = append(problems, report.Problem{
			Source: resource.Position{File: record.File, Line: record.Line, Column: record.Column},
			Note:   report.Note{Code: record.Code, Message: message},
		})
	}
	name := a.flags.environment
	if name == "" {
		name, _ = a.lookup("DESCOPE_ENVIRONMENT")
	}
	document := report.FromFault(a.reporting, report.Environment{
		Name: name, ProjectID: a.flags.projectID, Error: body.fault(), Unwritten: unwritten,
	}, problems)
	a.flags.output = ""
	_ = a.showReport(nil, func() report.Document { return document }, nil) // Err says it too
}

// fault is an error as reports of several environments hold it.
func (b errorBody) fault() *resource.Fault {
	return &resource.Fault{Code: b.Code, Status: b.Status, Message: b.Message, Hint: b.Hint}
}

// reportedEnvironment is where a session is at work, as reports name it.
func (s *session) reportedEnvironment() report.Environment {
	return report.Environment{Name: s.target.Environment, ProjectID: s.target.ProjectID, Host: s.host, Protected: s.target.Protected}
}
