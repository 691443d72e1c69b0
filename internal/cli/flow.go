package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newFlowCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "flow",
		Short:   "List, compare, deploy and roll back flows",
		Example: "  descope-mgmt flow list -e dev\n  descope-mgmt flow diff flows/sign-in.json sign-in -e dev",
	})
	cmd.AddCommand(
		newFlowListCommand(a), newFlowTemplatesCommand(a), newFlowCheckCommand(a), newFlowExportCommand(a), newFlowDiffCommand(a),
		newFlowHistoryCommand(a), newFlowDeployCommand(a), newFlowImportCommand(a), newFlowRollbackCommand(a), newFlowDeleteCommand(a),
	)
	return group(cmd)
}

// The formats that a comparison knows beside the usual ones.
const (
	formatMarkdown = "markdown"
	formatMermaid  = "mermaid"
)

// moreFormatsAnnotation holds, on a command, the formats that only it knows.
const moreFormatsAnnotation = "more-formats"

// formatsOf are the output formats of a command.
func formatsOf(cmd *cobra.Command) []string {
	return append(slices.Clone(formats), strings.Fields(cmd.Annotations[moreFormatsAnnotation])...)
}

// folderFlagAnnotation holds, on a command, the flag with which -o names a folder
// and not a file; alwaysFolder where it always does.
const (
	folderFlagAnnotation = "folder-flag"
	alwaysFolder         = "*"
)

// wantsFolder reports whether -o names a folder.
func wantsFolder(cmd *cobra.Command) bool {
	name := cmd.Annotations[folderFlagAnnotation]
	flag := cmd.Flags().Lookup(name)
	return name == alwaysFolder || flag != nil && flag.Value.String() == "true"
}
