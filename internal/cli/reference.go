package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Reference is the command reference as Markdown, made from the commands
// themselves: each command's help under its own heading, in the order of the tree.
func Reference() string {
	root := newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	var text strings.Builder
	text.WriteString("# Commands\n\n" +
		"This page is generated from the commands by `make docs`; it is what `--help` prints.\n" +
		"The global flags stand once, under `descope-mgmt`.\n")
	writeReference(&text, root)
	return text.String()
}

func writeReference(text *strings.Builder, cmd *cobra.Command) {
	help := helpText(cmd)
	if cmd.HasParent() {
		help = withoutGlobalFlags(help)
	}
	fmt.Fprintf(text, "\n## %s\n\n```text\n%s\n```\n", cmd.CommandPath(), strings.TrimRight(help, "\n"))
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() || child.Name() == "help" {
			writeReference(text, child)
		}
	}
}

// withoutGlobalFlags leaves out the paragraph that is the same for every command.
func withoutGlobalFlags(help string) string {
	start := strings.Index(help, "\nGLOBAL FLAGS\n")
	if start < 0 {
		return help
	}
	end := strings.Index(help[start+1:], "\n\n")
	if end < 0 {
		return help[:start]
	}
	return help[:start] + help[start+1+end+1:]
}
