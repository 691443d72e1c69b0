package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// newRootCommand builds the whole command tree. Building touches neither disk
// nor network, so that help and completion are instant.
func newRootCommand(a *App) *cobra.Command {
	root := &cobra.Command{
		Use:   "descope-mgmt",
		Short: "Descope projects as code: preview, apply, and no surprises",
		Long: "descope-mgmt makes Descope projects match the YAML that you keep in git.\n" +
			"It shows exactly what would change, changes only that, and tells the truth about the outcome.",
		Example:       "  descope-mgmt demo\n  descope-mgmt validate\n  descope-mgmt plan -e dev\n  descope-mgmt tenant sync -e dev --yes",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       currentBuild().Version,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if isCompletion(cmd) {
				a.addCompletions(cmd.Root())
				return nil
			}
			return a.settle(cmd)
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	a.flags.AddFlags(root.PersistentFlags())
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(a.printHelp)
	root.SetUsageFunc(func(cmd *cobra.Command) error { a.printHelp(cmd, nil); return nil })
	root.AddCommand(
		newInitCommand(a), newPlanCommand(a), newApplyCommand(a), newValidateCommand(a), newSchemaCommand(a), newConfigCommand(a),
		newTenantCommand(a), newFlowCommand(a), newEnvCommand(a), newDriftCommand(a), newProjectCommand(a), newUndoCommand(a), newBackupCommand(a), newAuditCommand(a), newLockCommand(a), newEmulatorCommand(a), newDemoCommand(a), newDoctorCommand(a),
		newCompletionCommand(a), newVersionCommand(a),
	)
	exits(group(root))
	root.SetHelpCommand(newHelpCommand(a))
	return root
}

// group makes a command that only holds others: alone it shows its help, and
// an unknown word after it is an error with a suggestion.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

// exactArgs is cobra's rule as a usage error that shows the call.
func exactArgs(count int) cobra.PositionalArgs { return rangeArgs(count, count) }

// targetArgs is for a command that works on all objects of a kind: one that is named is
// meant as its target.
func targetArgs(kind resource.Kind) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := "usage: " + cmd.UseLine()
		if args[0] != "" {
			hint = fmt.Sprintf("for one %s alone: %s --target %s", kind, cmd.CommandPath(), shellWord(string(resource.NewAddress(kind, args[0]))))
		}
		return usageError(fmt.Sprintf("unexpected argument %q", args[0]), hint)
	}
}

func rangeArgs(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= low && (high < 0 || len(args) <= high) {
			return nil
		}
		if len(args) > high && high >= 0 {
			return usageError(fmt.Sprintf("unexpected argument %q", args[high]), "usage: "+cmd.UseLine())
		}
		return usageError("an argument is missing", "usage: "+cmd.UseLine())
	}
}
