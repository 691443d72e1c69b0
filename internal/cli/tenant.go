package cli

import "github.com/spf13/cobra"

func newTenantCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "tenant",
		Short:   "List, read, write and sync tenants",
		Example: "  descope-mgmt tenant list -e dev\n  descope-mgmt tenant sync -e dev --yes",
	})
	cmd.AddCommand(
		newTenantListCommand(a), newTenantGetCommand(a), newTenantCreateCommand(a),
		newTenantUpdateCommand(a), newTenantDeleteCommand(a), newTenantSyncCommand(a),
	)
	return group(cmd)
}
