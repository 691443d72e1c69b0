package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowList is list's document: each flow as the list of the API gave it, sorted by id.
type flowList struct {
	FormatVersion string            `json:"format_version"`
	Flows         []json.RawMessage `json:"flows"`
}

func newFlowListCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:     "list",
		Short:   "List the live flows",
		Long:    "Lists every live flow with one call. In JSON and YAML each flow stands as the API's list gave it.",
		Example: "  descope-mgmt flow list -e dev\n  descope-mgmt flow list --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runFlowList(cmd.Context()) },
	}, talking...)
}

func (a *App) runFlowList(ctx context.Context) error {
	session, err := a.open(ctx, need{})
	if err != nil {
		return err
	}
	flows, err := session.flows(ctx)
	if err != nil {
		return err
	}
	document := flowList{FormatVersion: resource.FormatVersion, Flows: make([]json.RawMessage, 0, len(flows))}
	rows := make([][]string, 0, len(flows))
	for _, flow := range flows {
		document.Flows = append(document.Flows, flow.Raw)
		rows = append(rows, []string{flow.ID, flow.Name, switchText(flow.Disabled)})
	}
	return a.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		writeTable(w, []string{"ID", "NAME", "STATE"}, rows, 1)
		fmt.Fprintf(w, "\n%s.\n", counted(len(flows), "flow"))
	})
}

// flows lists the live flows, sorted by id.
func (s *session) flows(ctx context.Context) ([]resource.Flow, error) {
	flows, err := s.reader.Flows(ctx)
	slices.SortFunc(flows, func(x, y resource.Flow) int { return cmp.Compare(x.ID, y.ID) })
	return flows, err
}

func switchText(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}
