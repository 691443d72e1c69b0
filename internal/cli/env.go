package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
)

func newEnvCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "env",
		Short:   "One environment against another",
		Example: "  descope-mgmt env list\n  descope-mgmt env check\n  descope-mgmt env diff staging prod\n  descope-mgmt env promote --from staging --to prod",
	})
	cmd.AddCommand(newEnvListCommand(a), newEnvCheckCommand(a), newEnvDiffCommand(a), newEnvPromoteCommand(a))
	return group(cmd)
}

// checkNamed refuses environments that are not configured.
func checkNamed(cfg *config.Config, names ...string) error {
	known := cfg.Environments()
	for _, name := range names {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0:
			return usageError("no environments are configured", "add them under environments in the configuration, or name the configuration with -c")
		default:
			return usageError(fmt.Sprintf("no environment is called %q; configured are %s", name, strings.Join(known, ", ")), suggestion(name, known))
		}
	}
	return nil
}
