package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newFlowImportCommand(a *App) *cobra.Command {
	var options flowWriteOptions
	var id string
	cmd := &cobra.Command{
		Use:   "import SOURCE",
		Short: "Write one flow from a file, a commit, a version or a backup",
		Long: "Creates or replaces one flow: previewed, guarded, approved, backed up and verified like a deploy. The flow's id is\n" +
			"that of --flow-id, else the one in the document, never the file's name. SOURCE is " + sourceHelp,
		Example: "  descope-mgmt flow import flows/sign-in.json --dry-run\n  descope-mgmt flow import ./export --flow-id sign-in --yes",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runFlowImport(cmd.Context(), options, args[0], id)
		},
	}
	options.AddFlags(cmd)
	cmd.Flags().StringVar(&id, "flow-id", "", "write the flow under this `ID`")
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func (a *App) runFlowImport(ctx context.Context, options flowWriteOptions, given, id string) error {
	source, err := a.parseFlowSource(given)
	if err != nil {
		return err
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	document, err := (&flowReader{app: a, online: session}).read(ctx, source)
	if err != nil {
		return err
	}
	if id == "" {
		id = document.ID()
	}
	if id == "" {
		return usageError("the document names no flow", "give --flow-id ID")
	}
	export, losses := document.ToExport()
	for _, loss := range losses {
		a.notice("left out: %s: %s", loss.Path, loss.Reason)
	}
	export = export.WithID(id)
	if err := a.checkFlow(given, export); err != nil {
		return err
	}
	session.warnManagedFlow(id, "puts its own version back")
	return session.writeFlow(ctx, options, history.OriginImported, func(context.Context, []resource.Flow) ([]resource.Desired, error) {
		return []resource.Desired{{
			Kind: resource.KindFlow, ID: id, Flow: &resource.DesiredFlow{Document: export.Value(), ManagesSwitch: true},
		}}, nil
	})
}

// checkFlow refuses a document that cannot work, and mentions what looks wrong.
func (a *App) checkFlow(given string, document flow.Document) error {
	var errors []string
	for _, finding := range flow.Check(document) {
		if finding.Severity == flow.SeverityError {
			errors = append(errors, finding.Message)
		} else {
			a.notice("warning: %s: %s", given, finding.Message)
		}
	}
	if len(errors) == 0 {
		return nil
	}
	return usageError(fmt.Sprintf("%s cannot work: %s", given, strings.Join(errors, "; ")), "nothing was sent; descope-mgmt flow check shows all findings")
}
