package cli

import (
	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newTenantSyncCommand(a *App) *cobra.Command {
	options := applyOptions{kinds: []resource.Kind{resource.KindTenant}}
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Make the live tenants match the configuration",
		Long: "Plans and applies tenants only. A tenant that is merely not in the configuration is never deleted:\n" +
			"deletes are declared with state: absent, or asked for with --prune, which takes only tenants that this\n" +
			"tool created or updated.",
		Example: "  descope-mgmt tenant sync -e dev --dry-run\n  descope-mgmt tenant sync -e dev --yes\n  descope-mgmt tenant sync --all-environments --yes --confirm-environment prod\n  descope-mgmt tenant sync -e dev --prune --yes --allow-deletes 2",
		Args:    targetArgs(resource.KindTenant),
		RunE:    func(cmd *cobra.Command, _ []string) error { return options.runAnywhere(cmd.Context(), a) },
	}
	options.AddFlags(cmd)
	return exits(cmd, append([]Status{StatusChanges, StatusIntegrity}, writing...)...)
}
