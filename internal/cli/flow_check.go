package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowCheck is what machines read about a document.
type flowCheck struct {
	FormatVersion string            `json:"format_version"`
	Source        string            `json:"source"` // as it was given
	Shape         string            `json:"shape"`
	FlowID        string            `json:"flow_id"` // "" where the document names none
	Name          string            `json:"name"`
	Findings      []flow.Finding    `json:"findings"` // errors first
	References    []flowReference   `json:"references"`
	Losses        []flow.Loss       `json:"losses"` // what a management export has no place for
	Summary       flowCheckCount    `json:"summary"`
	Target        *flowCheckProject `json:"target"` // null without --online
}

type flowCheckProject struct {
	Environment *string `json:"environment"`
	ProjectID   string  `json:"project_id"`
	Host        string  `json:"host"`
}

type flowCheckCount struct {
	Errors   int `json:"errors"` // findings, and references that the target does not have
	Warnings int `json:"warnings"`
}

func newFlowCheckCommand(a *App) *cobra.Command {
	var online bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check the document of a flow",
		Long: "Checks a flow by itself: edges, screens, ids, what cannot be reached. FILE is a management or console export, the\n" +
			"folder of a snapshot, or git:REV:PATH. Needs no project and no key. With --online it also looks for what the flow\n" +
			"needs in the selected project: its roles and sub-flows. Connectors cannot be listed through the API: they are shown\n" +
			"as not checkable. Exits 5 when there is an error, or a role or sub-flow is missing.",
		Example: "  descope-mgmt flow check flows/sign-in.json\n  descope-mgmt flow check git:HEAD:flows/sign-in.json --online -e dev",
		Args:    exactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runFlowCheck(cmd.Context(), args[0], online) },
	}
	cmd.Flags().BoolVar(&online, "online", false, "look for roles and sub-flows in the selected project")
	return exits(cmd, talking...)
}

func (a *App) runFlowCheck(ctx context.Context, given string, online bool) error {
	source, err := a.parseFlowSource(given)
	if err != nil {
		return err
	}
	switch source.kind {
	case sourceLive:
		source.kind = sourceFile
		if source.given != source.place {
			return notCheckedHere(given)
		}
	case sourceHistory, sourceBackup:
		return notCheckedHere(given)
	}
	document, err := (&flowReader{app: a}).read(ctx, source)
	if err != nil {
		return err
	}
	_, losses := document.ToExport()
	result := flowCheck{
		FormatVersion: resource.FormatVersion, Source: given, Shape: document.Shape().String(), FlowID: document.ID(), Name: document.Name(),
		Findings: append([]flow.Finding{}, flow.Check(document)...), Losses: append([]flow.Loss{}, losses...),
		References: referencesOf(document),
	}
	headline := ""
	if online {
		session, err := a.open(ctx, need{})
		if err != nil {
			return err
		}
		headline = session.headline()
		result.Target = &flowCheckProject{Environment: session.environment(), ProjectID: session.target.ProjectID, Host: session.host}
		if err := session.checkReferences(ctx, document.ID(), result.References); err != nil {
			return err
		}
	}
	result.count()
	if err := a.show(result, func(w io.Writer) { result.write(w, headline) }); err != nil {
		return err
	}
	if result.Summary.Errors > 0 {
		return &failure{status: StatusUsage, code: "flow_findings"} // they have been shown
	}
	return nil
}

func notCheckedHere(given string) error {
	return usageError(given+" is no file", "flow check takes a file, a snapshot folder or git:REV:PATH; flow export writes a live flow to a file")
}

func (c *flowCheck) count() {
	for _, finding := range c.Findings {
		if finding.Severity == flow.SeverityError {
			c.Summary.Errors++
		} else {
			c.Summary.Warnings++
		}
	}
	for _, reference := range c.References {
		if reference.Status == referenceMissing {
			c.Summary.Errors++
		}
	}
}

func (c *flowCheck) write(w io.Writer, headline string) {
	if headline != "" {
		fmt.Fprintln(w, headline)
	}
	title := fmt.Sprintf("Flow %s, %s %s", cmp.Or(c.FlowID, "without an id"), c.Shape, c.Source)
	if c.Name != "" {
		title = fmt.Sprintf("Flow %s (%s), %s %s", cmp.Or(c.FlowID, "without an id"), c.Name, c.Shape, c.Source)
	}
	fmt.Fprintf(w, "%s\n\n", printableLine(title))
	for _, finding := range c.Findings {
		severity := styleOf(w).mark(string(finding.Severity), fmt.Sprintf("%-8s", finding.Severity))
		fmt.Fprintf(w, "%s %s (%s)\n", severity, printableLine(finding.Message), finding.Code)
	}
	if len(c.Findings) > 0 {
		fmt.Fprintln(w)
	}
	if len(c.References) > 0 {
		rows := make([][]string, 0, len(c.References))
		for _, reference := range c.References {
			rows = append(rows, reference.row())
		}
		writeTable(w, []string{"NEEDS", "NAME", "ID", "STATUS", "TASKS"}, rows, 1, 4)
		fmt.Fprintln(w)
	}
	if len(c.Losses) > 0 {
		fmt.Fprintln(w, "A management export has no place for:")
		for _, loss := range c.Losses {
			fmt.Fprintf(w, "  %s (%s)\n", printableLine(loss.Path), loss.Reason)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s, %s.\n", counted(c.Summary.Errors, "error"), counted(c.Summary.Warnings, "warning"))
}

func (r flowReference) row() []string {
	status := strings.ReplaceAll(string(r.Status), "_", " ")
	if r.Detail != "" {
		status += ": " + r.Detail
	}
	return []string{string(r.Kind), cmp.Or(r.Name, "-"), cmp.Or(r.ID, "-"), status, cmp.Or(strings.Join(r.Tasks, ", "), "-")}
}
