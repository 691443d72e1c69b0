package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newFlowDeleteCommand(a *App) *cobra.Command {
	var options flowWriteOptions
	cmd := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete flows",
		Long: "Deletes the named flows, once the exact number of them was typed, or given with --allow-deletes. Who signs in\n" +
			"through a deleted flow can no longer do so. The flows that are built into Descope cannot be deleted. A deleted flow\n" +
			"comes back with undo, or with flow rollback.",
		Example: "  descope-mgmt flow delete old-login --dry-run\n  descope-mgmt flow delete old-login --allow-deletes 1",
		Args:    rangeArgs(1, notGiven),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runFlowDelete(cmd.Context(), options, args) },
	}
	options.AddFlags(cmd)
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func idsOf(flows []resource.Flow) []string {
	ids := make([]string, 0, len(flows))
	for _, one := range flows {
		ids = append(ids, one.ID)
	}
	return ids
}

func (a *App) runFlowDelete(ctx context.Context, options flowWriteOptions, ids []string) error {
	if slices.Contains(ids, "") {
		return usageError("a flow's id is empty", "see descope-mgmt flow list")
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for _, id := range ids {
		session.warnManagedFlow(id, "creates it again")
	}
	return session.writeFlow(ctx, options, history.OriginDeleted, func(_ context.Context, live []resource.Flow) ([]resource.Desired, error) {
		var desired []resource.Desired
		for _, id := range ids {
			if !slices.ContainsFunc(live, func(flow resource.Flow) bool { return flow.ID == id }) {
				return nil, &failure{
					status: StatusError, code: "not_found",
					message: fmt.Sprintf("flow %q does not exist in %s, nothing was sent", id, session.place()), hint: cmp.Or(resource.DidYouMean(id, idsOf(live)), "see descope-mgmt flow list"),
				}
			}
			desired = append(desired, resource.Desired{Kind: resource.KindFlow, ID: id, Absent: true})
		}
		return desired, nil
	})
}
