package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowDifference is what machines read about two flows.
type flowDifference struct {
	FormatVersion string           `json:"format_version"`
	From          flowSide         `json:"from"`
	To            flowSide         `json:"to"`
	Operations    []flow.Operation `json:"operations"` // from the first to the second
	Breaking      []flow.Break     `json:"breaking"`   // what of it can lock people out
	Summary       differenceCount  `json:"summary"`    // counts the operations; whatever else happened is "changed"
}

// flowSide is one of the two flows.
type flowSide struct {
	Source sourceKind `json:"source"`
	Given  string     `json:"given"`   // as it was written on the command line
	FlowID string     `json:"flow_id"` // "" where the document names none
	Name   string     `json:"name"`
	Digest string     `json:"digest"` // of its management export
}

func newFlowDiffCommand(a *App) *cobra.Command {
	var detailed bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two flows, wherever they are",
		Long: "Shows what has changed from A to B, and which of it can lock people out. The two are matched as graphs: numbers of\n" +
			"tasks, ids of screens, positions and versions make no difference. Besides table, json and yaml it knows --format\n" +
			"markdown, for a pull request, and --format mermaid, a drawing of B in which the changes are marked.\n\n" +
			"A and B are each " + sourceHelp,
		Example: "  descope-mgmt flow diff flows/sign-in.json sign-in -e dev\n" +
			"  descope-mgmt flow diff git:HEAD~1:flows/sign-in.json flows/sign-in.json --format markdown\n" +
			"  descope-mgmt flow diff history:sign-in:3 live:sign-in -e prod --detailed-exitcode",
		Args:        exactArgs(2),
		Annotations: map[string]string{moreFormatsAnnotation: formatMarkdown + " " + formatMermaid},
		RunE:        func(cmd *cobra.Command, args []string) error { return a.runFlowDiff(cmd.Context(), args, detailed) },
	}
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there is a difference")
	return exits(cmd, append([]Status{StatusChanges, StatusIntegrity}, talking...)...)
}

func (a *App) runFlowDiff(ctx context.Context, args []string, detailed bool) error {
	var sources [2]flowSource
	for i := range sources { // both, before anything is read
		var err error
		if sources[i], err = a.parseFlowSource(args[i]); err != nil {
			return err
		}
		if sources[i].loose {
			a.notice("%s is the file or folder of that name here; the live flow is live:%s", args[i], args[i])
		}
	}
	reader := &flowReader{app: a}
	var documents [2]flow.Document
	for i := range documents {
		var err error
		if documents[i], err = reader.read(ctx, sources[i]); err != nil {
			return err
		}
	}
	found := flow.Diff(documents[0], documents[1])
	document := differenceOf(found)
	document.From, document.To = sideOf(sources[0], documents[0]), sideOf(sources[1], documents[1])
	if err := a.show(document, func(w io.Writer) { a.writeFlowDifference(w, reader.headline(), document, found) }); err != nil {
		return err
	}
	if detailed && !found.IsEmpty() {
		return errChangesPresent
	}
	return nil
}

func differenceOf(found flow.Difference) flowDifference {
	document := flowDifference{
		FormatVersion: resource.FormatVersion, Operations: found.Operations, Breaking: append([]flow.Break{}, flow.Breaking(found)...),
	}
	for _, operation := range found.Operations {
		switch operation.Action {
		case flow.ActionAdded:
			document.Summary.Added++
		case flow.ActionRemoved:
			document.Summary.Removed++
		default:
			document.Summary.Changed++
		}
	}
	return document
}

func sideOf(source flowSource, document flow.Document) flowSide {
	return flowSide{
		Source: source.kind, Given: source.given, FlowID: document.ID(), Name: document.Name(), Digest: document.Value().Digest(),
	}
}

func (a *App) writeFlowDifference(w io.Writer, headline string, document flowDifference, found flow.Difference) {
	switch a.flags.format {
	case formatMarkdown:
		fmt.Fprint(w, found.Markdown())
		writeBreakingMarkdown(w, document.Breaking)
		return
	case formatMermaid:
		fmt.Fprint(w, found.Mermaid())
		return
	}
	if headline != "" {
		fmt.Fprintln(w, headline)
	}
	fmt.Fprintf(w, "From %s to %s\n\n", printableLine(document.From.Given), printableLine(document.To.Given))
	for line := range strings.Lines(found.Text()) {
		line = strings.TrimSuffix(line, "\n")
		fmt.Fprintln(w, styleOf(w).mark(line[:min(1, len(line))], line))
	}
	if len(document.Breaking) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", breakingTitle(document.Breaking))
	for _, change := range document.Breaking {
		fmt.Fprintf(w, "%s\n    %s (%s)\n", styleOf(w).mark("!", "! "+printableLine(change.Message)), change.Reason, change.Rule)
	}
}

func writeBreakingMarkdown(w io.Writer, breaking []flow.Break) {
	if len(breaking) == 0 {
		return
	}
	fmt.Fprintf(w, "\n**%s**\n\n", breakingTitle(breaking))
	for _, change := range breaking {
		fmt.Fprintf(w, "* %s: %s\n", codeSpan(change.Message), change.Reason)
	}
}

func breakingTitle(breaking []flow.Break) string {
	if len(breaking) == 1 {
		return "1 breaking change"
	}
	return fmt.Sprintf("%d breaking changes", len(breaking))
}

// codeSpan is text in which Markdown sees no markup.
func codeSpan(text string) string {
	return "`" + strings.ReplaceAll(printableLine(text), "`", "'") + "`"
}
