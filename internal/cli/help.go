package cli

import (
	"cmp"
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
// text/template, and several megabytes with it, into the binary. Cobra takes no error
// from it either, so that one is kept for the end of the command.
func (a *App) printHelp(cmd *cobra.Command, _ []string) {
	text := page{look: a.outStyle()}
	writeHelp(&text, cmd)
	a.helpErr = a.print(text.Bytes())
}

// helpText is a command's help for no terminal.
func helpText(cmd *cobra.Command) string {
	var text page
	writeHelp(&text, cmd)
	return text.String()
}

func writeHelp(w io.Writer, cmd *cobra.Command) {
	writeAbout(w, cmp.Or(cmd.Long, cmd.Short+"."))
	writeHeading(w, "USAGE")
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s COMMAND [flags]\n", cmd.CommandPath())
		writeHeading(w, "COMMANDS")
		for _, child := range cmd.Commands() {
			if child.IsAvailableCommand() {
				writeProse(w, fmt.Sprintf("  %-12s ", child.Name()), child.Short)
			}
		}
	} else {
		fmt.Fprintf(w, "  %s\n", cmd.UseLine())
	}
	if cmd.Example != "" {
		writeHeading(w, "EXAMPLES")
		fmt.Fprintln(w, strings.TrimRight(cmd.Example, "\n"))
	}
	writeFlags(w, "FLAGS", cmd.LocalNonPersistentFlags())
	global := cmd.InheritedFlags()
	if !cmd.HasParent() {
		global = cmd.PersistentFlags()
	}
	writeFlags(w, "GLOBAL FLAGS", global)
	if statuses := cmd.Annotations[exitStatusAnnotation]; statuses != "" {
		writeHeading(w, "EXIT STATUS")
		for line := range strings.SplitSeq(statuses, "\n") {
			writeProse(w, line[:len("   0  ")], line[len("   0  "):])
		}
	}
}

func writeHeading(w io.Writer, title string) {
	fmt.Fprintf(w, "\n%s\n", styleOf(w).mark(roleHeader, title))
}

// writeAbout writes what a command is for. On a terminal its paragraphs are as wide as
// that allows; what stands in is a list or an example, and stays one.
func writeAbout(w io.Writer, about string) {
	var paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			writeProse(w, "", strings.Join(paragraph, " "))
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(about, "\n") {
		if styleOf(w).width == 0 || line == "" || strings.HasPrefix(line, " ") {
			end()
			term, text := definition(line)
			writeProse(w, term, text)
			continue
		}
		paragraph = append(paragraph, line)
	}
	end()
}

// definition takes a line of a list apart: a word that stands in, a gap, and what it
// means. Any other line has nothing that may be broken.
func definition(line string) (term, text string) {
	body := strings.TrimLeft(line, " ")
	if gap := strings.Index(body, "  "); gap >= 0 {
		text = strings.TrimLeft(body[gap:], " ")
	}
	return line[:len(line)-len(text)], text
}

func writeFlags(w io.Writer, title string, flags *pflag.FlagSet) {
	usages := strings.ReplaceAll(flags.FlagUsagesWrapped(styleOf(w).width), " (default )", "")
	if usages != "" {
		writeHeading(w, title)
		_, _ = io.WriteString(w, usages)
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
