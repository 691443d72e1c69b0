package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// unknownCommand suggests the command that was meant: one of the same name elsewhere
// in the tree, or one with nearly that name here.
func unknownCommand(cmd *cobra.Command, word string) error {
	var known []string
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			known = append(known, child.Name())
		}
	}
	hint := suggestion(word, known)
	elsewhere := commandsCalled(cmd.Root(), word)
	if !cmd.HasParent() {
		elsewhere = append(elsewhere, otherWords[word]...)
	}
	if len(elsewhere) > 0 {
		hint = "did you mean " + strings.Join(elsewhere, " or ") + "?"
	}
	return usageError(fmt.Sprintf("unknown command %q for %q", word, cmd.CommandPath()), hint)
}

// otherWords are commands by what other tools call the same.
var otherWords = map[string][]string{"rollback": {"undo"}, "revert": {"undo"}, "lint": {"validate"}, "deploy": {"apply"}}

// commandsCalled are the commands of a name, as they are typed after the program's
// own name.
func commandsCalled(cmd *cobra.Command, name string) []string {
	var found []string
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() == name {
			found = append(found, withoutProgram(child.CommandPath()))
		}
		found = append(found, commandsCalled(child, name)...)
	}
	return found
}

// flagError turns a flag that cannot be parsed into a usage error with a suggestion.
func flagError(cmd *cobra.Command, err error) error {
	message := err.Error()
	name, found := strings.CutPrefix(message, "unknown flag: --")
	if !found { // unknown shorthand flag: 'f' in -formt
		_, name, _ = strings.Cut(message, " in -")
	}
	name, _, _ = strings.Cut(name, "=")
	if slices.Contains(formats, name) {
		return usageError(message, "did you mean --format "+name+"?")
	}
	if word := resource.Closest(name, flagNames(cmd)); word != "" {
		return usageError(message, resource.Meant("--"+word))
	}
	return usageError(message, fmt.Sprintf("see %s --help", cmd.CommandPath()))
}

func flagNames(cmd *cobra.Command) []string {
	var known []string
	cmd.Flags().VisitAll(collectNames(&known))
	cmd.InheritedFlags().VisitAll(collectNames(&known))
	return known
}

// checkDashes refuses a long flag with one dash: -config is no short way to write
// --config, but the flag -c with the value "onfig".
func checkDashes(root *cobra.Command, args []string) error {
	if len(args) > 0 && slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, args[0]) {
		return nil
	}
	cmd, _, _ := root.Find(args) // without a command it is the program itself
	known := flagNames(cmd)
	for i, arg := range args {
		if arg == "--" {
			return nil
		}
		name, isShort := strings.CutPrefix(arg, "-")
		if name, _, _ = strings.Cut(name, "="); !isShort || len(name) < 2 || !slices.Contains(known, name) {
			continue
		}
		if i > 0 && takesNext(cmd, args[i-1]) { // it is a value
			continue
		}
		return usageError("unknown flag: -"+name, resource.Meant("--"+name))
	}
	return nil
}

// takesNext reports whether an argument is a flag whose value is the next argument.
func takesNext(cmd *cobra.Command, arg string) bool {
	var flag *pflag.Flag
	if name, isLong := strings.CutPrefix(arg, "--"); isLong {
		flag = cmd.Flag(name)
	} else if len(arg) > 1 && arg[0] == '-' {
		if flag = cmd.Flags().ShorthandLookup(arg[len(arg)-1:]); flag == nil {
			flag = cmd.InheritedFlags().ShorthandLookup(arg[len(arg)-1:])
		}
	}
	return flag != nil && flag.NoOptDefVal == ""
}
