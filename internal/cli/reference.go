package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Reference is the command reference as Markdown pages by file name, made from the
// commands themselves: README.md with the global flags and a list of all commands, and a
// page for each command below the program, with its own commands in the order of the tree.
func Reference() map[string]string {
	root := newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	pages := map[string]string{"README.md": referenceIndex(root)}
	for _, cmd := range documented(root) {
		var text strings.Builder
		fmt.Fprintf(&text, "# %s\n\n%s.\n\n%s\n", cmd.CommandPath(), cmd.Short,
			"From `--help`, by `make docs`. [All commands and global flags](README.md), "+
				"[exit statuses](../reference/exit-status.md).")
		writeReference(&text, cmd)
		pages[cmd.Name()+".md"] = text.String()
	}
	return pages
}

// documented are the commands below one that the reference has.
func documented(cmd *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			found = append(found, child)
		}
	}
	return found
}

func referenceIndex(root *cobra.Command) string {
	var text strings.Builder
	text.WriteString("# Commands\n\n" +
		"Every command with its flags, an example and its exit statuses: what `--help` prints, written by `make docs`.\n" +
		"[Exit statuses](../reference/exit-status.md) and\n" +
		"[environment variables](../reference/environment-variables.md) are explained on pages of their own.\n\n" +
		"| command | does |\n|---|---|\n")
	for _, cmd := range documented(root) {
		writeIndex(&text, cmd, cmd.Name()+".md")
	}
	fmt.Fprintf(&text, "\n## %s\n\nThe global flags, which every command knows.\n\n```text\n%s\n```\n",
		root.Name(), strings.TrimRight(helpText(root), "\n"))
	return text.String()
}

// writeIndex writes the rows of a command and of those below it.
func writeIndex(text *strings.Builder, cmd *cobra.Command, page string) {
	anchor := ""
	if cmd.Parent().HasParent() {
		anchor = "#" + strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	}
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
	fmt.Fprintf(text, "| [%s](%s%s) | %s |\n", path, page, anchor, strings.ReplaceAll(cmd.Short, "|", "\\|"))
	for _, child := range documented(cmd) {
		writeIndex(text, child, page)
	}
}

// writeReference writes the help of a command, and of those below it under headings of
// their own.
func writeReference(text *strings.Builder, cmd *cobra.Command) {
	if cmd.Parent().HasParent() {
		fmt.Fprintf(text, "\n## %s\n", cmd.CommandPath())
	}
	fmt.Fprintf(text, "\n```text\n%s\n```\n", strings.TrimRight(withoutGlobalFlags(helpText(cmd)), "\n"))
	for _, child := range documented(cmd) {
		writeReference(text, child)
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
