package cli

import (
	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newFlowDeployCommand(a *App) *cobra.Command {
	options := applyOptions{kinds: []resource.Kind{resource.KindFlow}}
	cmd := &cobra.Command{
		Use:   "deploy",
		Short: "Make the live flows match the configuration",
		Long: "Plans and applies flows only. Flows are compared by their meaning: numbers of tasks, ids of screens, positions and\n" +
			"versions are no difference. A change that takes a sign-in method, a screen, an interaction or an input away is\n" +
			"refused without --allow-breaking-changes, and so is a live flow that was made by hand, without\n" +
			"--replace-unmanaged. Directly before each import the flow is exported and compared once more. Every version is\n" +
			"kept: flow history, flow rollback.",
		Example: "  descope-mgmt flow deploy -e dev --dry-run\n  descope-mgmt flow deploy -e dev --yes\n  descope-mgmt flow deploy --all-environments --yes --confirm-environment prod",
		Args:    targetArgs(resource.KindFlow),
		RunE:    func(cmd *cobra.Command, _ []string) error { return options.runAnywhere(cmd.Context(), a) },
	}
	options.AddFlags(cmd)
	return exits(cmd, append([]Status{StatusChanges, StatusIntegrity}, writing...)...)
}
