package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newFlowRollbackCommand(a *App) *cobra.Command {
	var options flowWriteOptions
	var to string
	cmd := &cobra.Command{
		Use:   "rollback ID",
		Short: "Write an earlier version of a flow again",
		Long: "Puts a flow back to an earlier version: without --to the newest one of its history that is not what is live now.\n" +
			"Previewed, guarded, approved, backed up and verified like a deploy.",
		Example: "  descope-mgmt flow rollback sign-in -e dev --dry-run\n  descope-mgmt flow rollback sign-in --to 3 --yes\n  descope-mgmt flow rollback sign-in --to git:HEAD~1:flows/sign-in.json --yes",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runFlowRollback(cmd.Context(), options, args[0], to)
		},
	}
	options.AddFlags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "go back to this `VERSION`: a number of flow history, or git:REV:PATH")
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func (a *App) runFlowRollback(ctx context.Context, options flowWriteOptions, id, to string) error {
	if id == "" {
		return usageError("the flow's id is empty", "see descope-mgmt flow list")
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	session.warnManagedFlow(id, "puts its own version back")
	return session.writeFlow(ctx, options, history.OriginRolledBack, func(ctx context.Context) ([]resource.Desired, error) {
		document, err := session.earlier(ctx, id, to)
		if err != nil {
			return nil, err
		}
		return []resource.Desired{{Kind: resource.KindFlow, ID: id, Flow: &resource.DesiredFlow{Document: document, ManagesSwitch: true}}}, nil
	})
}

// earlier finds the version to go back to.
func (s *session) earlier(ctx context.Context, id, to string) (resource.Value, error) {
	switch {
	case to == "":
		return s.previous(ctx, id)
	case strings.HasPrefix(to, "git:"):
		source, err := s.app.parseFlowSource(to)
		if err != nil {
			return resource.Absent, err
		}
		document, err := (&flowReader{app: s.app, online: s}).read(ctx, source)
		if err != nil {
			return resource.Absent, err
		}
		export, _ := document.ToExport()
		export = export.WithID(id)
		return export.Value(), s.app.checkFlow(to, export)
	}
	number, err := strconv.Atoi(to)
	if err != nil || number < 1 {
		return resource.Absent, usageError(fmt.Sprintf("--to %q is no version", to), "give a number that descope-mgmt flow history shows, or git:REV:PATH")
	}
	return s.history().Document(id, number)
}

// previous is the newest kept version that is not what is live.
func (s *session) previous(ctx context.Context, id string) (resource.Value, error) {
	entries, err := s.history().Entries(id)
	if err != nil {
		return resource.Absent, err
	}
	live, err := s.client.Reader().FlowIfThere(ctx, id)
	if err != nil {
		return resource.Absent, err
	}
	for _, entry := range slices.Backward(entries) {
		if entry.Digest == "" {
			continue
		}
		document, err := s.history().ByDigest(id, entry.Digest)
		if err != nil {
			return resource.Absent, err
		}
		if live == nil || !flow.Same(document, live.Document) {
			return document, nil
		}
	}
	return resource.Absent, &failure{
		status: StatusError, code: "no_earlier_version", message: fmt.Sprintf("no other version of flow %q is kept here, nothing was sent", id),
		hint: "descope-mgmt flow history shows what is kept; --to git:REV:PATH takes a version from a repository",
	}
}
