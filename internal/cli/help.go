package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exitStatusAnnotation holds, on each command, the statuses that it can end with.
const exitStatusAnnotation = "exit-status"

// exits notes which statuses, next to success, a command can end with.
func exits(cmd *cobra.Command, statuses ...Status) *cobra.Command {
	return endsWith(cmd, append(statuses, StatusOK)...)
}

// endsWith notes which statuses a command can end with, for its help text.
// Every command can also fail to write a file or its output, be wrongly called, be
// interrupted, or fail inside.
func endsWith(cmd *cobra.Command, statuses ...Status) *cobra.Command {
	all := append([]Status{StatusError, StatusUsage, StatusInternal, StatusInterrupted, StatusTerminated}, statuses...)
	slices.Sort(all)
	var text []string
	for _, status := range slices.Compact(all) {
		text = append(text, fmt.Sprintf("%4d  %s", status, statusMeanings[status]))
	}
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[exitStatusAnnotation] = strings.Join(text, "\n")
	return cmd
}

// talking are the statuses of every command that talks to Descope.
var talking = []Status{StatusError, StatusAuth, StatusRateLimited}

// writing are the statuses of every command that can write.
var writing = []Status{
	StatusError, StatusAuth, StatusRateLimited, StatusPartial, StatusRefused, StatusLocked, StatusIntegrity,
}

// printHelp writes a command's help. Cobra's own templates would pull
// text/template, and several megabytes with it, into the binary.
func (a *App) printHelp(cmd *cobra.Command, _ []string) {
	_, _ = io.WriteString(a.Out, helpText(cmd))
}

func helpText(cmd *cobra.Command) string {
	var text strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprintf(&text, "%s\n\nUSAGE\n", about)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&text, "  %s COMMAND [flags]\n\nCOMMANDS\n", cmd.CommandPath())
		for _, child := range cmd.Commands() {
			if child.IsAvailableCommand() {
				fmt.Fprintf(&text, "  %-12s %s\n", child.Name(), child.Short)
			}
		}
	} else {
		fmt.Fprintf(&text, "  %s\n", cmd.UseLine())
	}
	if cmd.Example != "" {
		fmt.Fprintf(&text, "\nEXAMPLES\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	writeFlags(&text, "FLAGS", cmd.LocalNonPersistentFlags())
	global := cmd.InheritedFlags()
	if !cmd.HasParent() {
		global = cmd.PersistentFlags()
	}
	writeFlags(&text, "GLOBAL FLAGS", global)
	if statuses := cmd.Annotations[exitStatusAnnotation]; statuses != "" {
		fmt.Fprintf(&text, "\nEXIT STATUS\n%s\n", statuses)
	}
	return text.String()
}

func writeFlags(text *strings.Builder, title string, flags *pflag.FlagSet) {
	if usages := strings.ReplaceAll(flags.FlagUsages(), " (default )", ""); usages != "" {
		fmt.Fprintf(text, "\n%s\n%s", title, usages)
	}
}

func newHelpCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: "  descope-mgmt help tenant sync",
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				if len(rest) == 0 {
					rest = args
				}
				return unknownCommand(target, rest[0])
			}
			a.printHelp(target, nil)
			return nil
		},
	})
}

func collectNames(into *[]string) func(*pflag.Flag) {
	return func(flag *pflag.Flag) { *into = append(*into, flag.Name) }
}
