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

// forEnvironment is a program like this one that works in another environment, at
// the same time when need be: it has flags and a run id of its own, and shares
// streams, log and secrets.
func (a *App) forEnvironment(name string) *App {
	a.limiter() // both have the same one
	if a.keys == nil {
		a.keys = &printedKeys{}
	}
	child := &App{
		In: a.In, Out: a.Out, Err: a.Err, Environ: a.Environ, WorkDir: a.WorkDir, Home: a.Home, Now: a.Now, Random: a.Random,
		Terminal: a.Terminal, Backoff: a.Backoff, HookLimit: a.HookLimit,
		abort: a.abort, log: a.log, flags: a.flags, command: a.command, redact: a.redact, env: a.env, reporting: a.reporting, limiters: a.limiters, keys: a.keys,
	}
	child.flags.environment = name
	child.nameRun(a.run())
	return child
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
