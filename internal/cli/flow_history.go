package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowHistory is what machines read about the versions of a flow, oldest first.
type flowHistory struct {
	FormatVersion string        `json:"format_version"`
	Environment   *string       `json:"environment"`
	ProjectID     string        `json:"project_id"`
	Host          string        `json:"host"`
	FlowID        string        `json:"flow_id"`
	Versions      []flowVersion `json:"versions"`
}

type flowVersion struct {
	N         int            `json:"n"`
	At        time.Time      `json:"at"`
	Origin    history.Origin `json:"origin"`
	User      *string        `json:"user"`
	GitCommit *string        `json:"git_commit"`
	RunID     *string        `json:"run_id"`
	Name      string         `json:"name"`
	Digest    *string        `json:"digest"` // null for a deletion of which nothing is kept
}

func newFlowHistoryCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "history ID",
		Short: "Show the versions of a flow that are kept",
		Long: "Shows each version of a flow that this tool has deployed, rolled back to, exported or found changed, oldest first:\n" +
			"who, when, from which commit, by which run. Versions are kept on this machine, or in the shared state folder. Asks\n" +
			"Descope nothing and needs no key. A version is compared as history:ID:N by flow diff.",
		Example: "  descope-mgmt flow history sign-in -e dev\n  descope-mgmt flow history sign-in --format json",
		Args:    exactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runFlowHistory(cmd.Context(), args[0]) },
	}, StatusError, StatusAuth, StatusIntegrity)
}

func (a *App) runFlowHistory(ctx context.Context, id string) error {
	if id == "" {
		return usageError("the flow's id is empty", "see descope-mgmt flow list")
	}
	session, err := a.open(ctx, need{offline: true})
	if err != nil {
		return err
	}
	kept := history.Open(session.state)
	entries, err := kept.Entries(id)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return session.noHistory(kept, id)
	}
	document := flowHistory{
		FormatVersion: resource.FormatVersion, Environment: session.environment(), ProjectID: session.target.ProjectID,
		Host: session.host, FlowID: id, Versions: make([]flowVersion, 0, len(entries)),
	}
	rows := make([][]string, 0, len(entries))
	for _, entry := range entries {
		document.Versions = append(document.Versions, flowVersion{
			N: entry.N, At: entry.At, Origin: entry.Origin, Name: entry.Name, User: unlessEmpty(entry.User),
			GitCommit: unlessEmpty(entry.GitCommit), RunID: unlessEmpty(entry.RunID), Digest: unlessEmpty(entry.Digest),
		})
		rows = append(rows, []string{
			strconv.Itoa(entry.N), entry.At.UTC().Format(time.RFC3339), string(entry.Origin), cmp.Or(entry.User, "-"),
			cmp.Or(entry.GitCommit, "-"), cmp.Or(entry.RunID, "-"), cmp.Or(entry.Digest, "-"),
		})
	}
	return a.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		writeTable(w, []string{"N", "TIME", "ORIGIN", "USER", "COMMIT", "RUN", "DIGEST"}, rows)
		fmt.Fprintf(w, "\n%s of flow %s.\n", counted(len(entries), "version"), printableLine(id))
	})
}

// noHistory is the error about a flow of which nothing is kept.
func (s *session) noHistory(kept *history.History, id string) error {
	known, err := kept.Flows()
	if err != nil {
		return err
	}
	hint := "versions are kept from the first deploy or export on; no flow of " + s.place() + " has any here"
	if len(known) > 0 {
		hint = suggestion(id, known)
	}
	return &failure{
		status: StatusError, code: "no_such_version",
		message: fmt.Sprintf("no version of flow %q is kept for %s", id, s.place()), hint: hint,
	}
}

func unlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
