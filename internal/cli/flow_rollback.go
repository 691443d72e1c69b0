package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newFlowRollbackCommand(a *App) *cobra.Command {
	var options flowWriteOptions
	var to string
	cmd := &cobra.Command{
		Use:   "rollback ID",
		Short: "Write an earlier version of a flow again",
		Long: "Puts a flow back to an earlier version: without --to the newest one of its history before what is live now. A second\n" +
			"rollback goes further back. Previewed, guarded, approved, backed up and verified like a deploy.",
		Example: "  descope-mgmt flow rollback sign-in -e dev --dry-run\n  descope-mgmt flow rollback sign-in --to 3 --yes\n  descope-mgmt flow rollback sign-in --to git:HEAD~1:flows/sign-in.json --yes",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runFlowRollback(cmd.Context(), options, args[0], to)
		},
	}
	options.AddFlags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "go back to this `VERSION`: a number of flow history, or git:REV:PATH")
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func (a *App) runFlowRollback(ctx context.Context, options flowWriteOptions, id, to string) error {
	if id == "" {
		return usageError("the flow's id is empty", "see descope-mgmt flow list")
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	session.warnManagedFlow(id, "puts its own version back")
	return session.writeFlow(ctx, options, history.OriginRolledBack, func(ctx context.Context, live []resource.Flow) ([]resource.Desired, error) {
		document, err := session.earlier(ctx, id, to, live)
		if err != nil {
			return nil, err
		}
		return []resource.Desired{{Kind: resource.KindFlow, ID: id, Flow: &resource.DesiredFlow{Document: document, ManagesSwitch: true}}}, nil
	})
}

// earlier finds the version to go back to.
func (s *session) earlier(ctx context.Context, id, to string, live []resource.Flow) (resource.Value, error) {
	switch {
	case to == "":
		return s.previous(ctx, id, live)
	case strings.HasPrefix(to, "git:"):
		source, err := s.app.parseFlowSource(to)
		if err != nil {
			return resource.Absent, err
		}
		document, err := (&flowReader{app: s.app, online: s}).read(ctx, source)
		if err != nil {
			return resource.Absent, err
		}
		export, _ := document.ToExport()
		export = export.WithID(id)
		return export.Value(), s.app.checkFlow(to, export)
	}
	number, err := strconv.Atoi(to)
	if err != nil || number < 1 {
		return resource.Absent, usageError(fmt.Sprintf("--to %q is no version", to), "give a number that descope-mgmt flow history shows, or git:REV:PATH")
	}
	return s.history().Document(id, number)
}

// previous is the newest kept version that came before what is live, and is not
// the same. What was rolled back to stands where it stood first, so that a second
// rollback goes further back, and never on to what the first one took away.
func (s *session) previous(ctx context.Context, id string, live []resource.Flow) (resource.Value, error) {
	entries, err := s.history().Entries(id)
	if err != nil {
		return resource.Absent, err
	}
	if err := s.readDocuments(ctx, live, []string{id}); err != nil {
		return resource.Absent, err
	}
	now := resource.Absent
	if at := slices.IndexFunc(live, func(flow resource.Flow) bool { return flow.ID == id }); at >= 0 {
		now = live[at].Document
	}
	versions := make([]version, 0, len(entries))
	for _, entry := range entries {
		if entry.Digest == "" {
			continue
		}
		document, err := s.history().ByDigest(id, entry.Digest)
		if err != nil {
			return resource.Absent, err
		}
		versions = append(versions, version{document: document, back: entry.Origin == history.OriginRolledBack})
	}
	if document := before(versions, now); !document.IsAbsent() {
		return document, nil
	}
	return resource.Absent, &failure{
		status: StatusError, code: "no_earlier_version", message: fmt.Sprintf("no earlier version of flow %q is kept here, nothing was sent", id),
		hint: "descope-mgmt flow history shows what is kept, --to N takes any of it; --to git:REV:PATH takes a version from a repository",
	}
}

// version is one of a flow's history that is kept.
type version struct {
	document resource.Value
	back     bool // a rollback wrote it
}

// before finds the version to go back to from what is live now, which may be
// absent; absent where there is none.
func before(versions []version, now resource.Value) resource.Value {
	same := func(v version) bool { return !now.IsAbsent() && flow.Same(v.document, now) }
	for len(versions) > 0 {
		last := versions[len(versions)-1]
		rest := versions[:len(versions)-1]
		switch {
		case !same(last):
			return last.document
		case last.back && slices.ContainsFunc(rest, same):
			for !same(rest[len(rest)-1]) {
				rest = rest[:len(rest)-1]
			}
		}
		versions = rest
	}
	return resource.Absent
}
