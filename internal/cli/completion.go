package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: "Prints a script that lets a shell complete commands, flags and what stands after them: environments, addresses,\n" +
			"tenants, flows, versions, backups and runs. They come from the configuration and the state folder alone: nothing\n" +
			"is asked of Descope, and nothing is written.",
		Example: "  source <(descope-mgmt completion bash)\n  descope-mgmt completion zsh > \"${fpath[1]}/_descope-mgmt\"",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			var text bytes.Buffer
			var err error
			switch args[0] {
			case "bash":
				err = writeBashCompletion(root, &text)
			case "zsh":
				err = root.GenZshCompletion(&text)
			case "fish":
				err = root.GenFishCompletion(&text, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(&text)
			default:
				err = usageError(fmt.Sprintf("unknown shell %q", args[0]), suggestion(args[0], shells))
			}
			if err != nil {
				return err
			}
			return a.print(text.Bytes())
		},
	})
}

// isCompletion reports whether a command is the hidden one with which a shell asks for
// completions. It has no settings of its own: those are in what it completes.
func isCompletion(cmd *cobra.Command) bool { return cmd.Name() == cobra.ShellCompRequestCmd }

// completing is one question of a shell: which words can stand here?
type completing struct {
	app  *App
	cmd  *cobra.Command
	args []string // those before the word
	word string   // as far as it is typed
}

// completer answers a question. It reads files, and nothing else: no network, no
// program, nothing written, no error.
type completer func(c *completing) answer

// answer are the words, in their order where ordered, and what else the shell should
// know.
type answer struct {
	candidates []candidate
	unfinished bool     // no blank follows: the words go on
	ordered    bool     // the order means something
	files      bool     // files fit too
	extensions []string // of the files that fit
	folders    bool     // folders fit, and nothing else
}

// addCompletions says for every command and every flag below a command what can
// follow it, when a shell asks: no other command pays for that. The texts of flags
// lose the marks that a shell would show.
func (a *App) addCompletions(cmd *cobra.Command) {
	path := withoutProgram(cmd.CommandPath())
	if fits, known := argumentCompleters[path]; known {
		cmd.ValidArgsFunction = a.complete(fits)
	} else if !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = a.complete(noWords)
	}
	add := func(flag *pflag.Flag) {
		flag.Usage = strings.ReplaceAll(flag.Usage, "`", "")
		if fits := flagCompleter(path, flag); fits != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, a.complete(fits)) // it fails for what is there already
		}
	}
	cmd.Flags().VisitAll(add)
	cmd.PersistentFlags().VisitAll(add)
	for _, child := range cmd.Commands() {
		a.addCompletions(child)
	}
}

// complete makes a completer one of cobra's. Whatever goes wrong, a shell gets no
// words, and no error in their place.
func (a *App) complete(fits completer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) (words []string, directive cobra.ShellCompDirective) {
		defer func() {
			if recover() != nil {
				words, directive = nil, cobra.ShellCompDirectiveNoFileComp
			}
		}()
		if a.flags.home == "" {
			a.flags.home, _ = a.lookup("DESCOPE_MGMT_HOME")
		}
		found := fits(&completing{app: a, cmd: cmd, args: args, word: word})
		switch {
		case found.folders:
			return nil, cobra.ShellCompDirectiveFilterDirs
		case len(found.extensions) > 0:
			return found.extensions, cobra.ShellCompDirectiveFilterFileExt
		}
		words = wordsOf(found, word)
		if !found.files {
			directive |= cobra.ShellCompDirectiveNoFileComp
		}
		if found.unfinished {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		if found.ordered {
			directive |= cobra.ShellCompDirectiveKeepOrder
		}
		return words, directive
	}
}
