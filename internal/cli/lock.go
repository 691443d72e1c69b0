package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func newLockCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "lock",
		Short:   "See who is writing to a project",
		Example: "  descope-mgmt lock status -e dev\n  descope-mgmt lock release -e dev",
	})
	cmd.AddCommand(newLockStatusCommand(a), newLockReleaseCommand(a))
	return group(cmd)
}

func newLockStatusCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "status",
		Short: "Show who is writing to the project",
		Long: "Shows who holds the lock of the project: free, held, or dead when the run that held it has ended without\n" +
			"releasing it. Asks Descope nothing and needs no key. Exits 0 in each case.",
		Example: "  descope-mgmt lock status -e dev\n  descope-mgmt lock status -e dev --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runLockStatus(cmd.Context()) },
	}, StatusError, StatusAuth, StatusIntegrity)
}

func newLockReleaseCommand(a *App) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "release",
		Short: "Release the lock of a run that is dead",
		Long: "Releases the lock of a run that ended without doing so. The next writing command would take it over\n" +
			"by itself. With --force it also takes the lock from a run that is alive: that run stops writing within\n" +
			"seconds, and reports what it did not send.",
		Example: "  descope-mgmt lock release -e dev\n  descope-mgmt lock release -e dev --force --yes",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runLockRelease(cmd.Context(), force) },
	}
	cmd.Flags().BoolVar(&force, "force", false, "also take it from a run that is alive, or repair a damaged record")
	return exits(cmd, StatusError, StatusAuth, StatusRefused, StatusIntegrity)
}

// lockDocument is what machines read about a lock.
type lockDocument struct {
	FormatVersion string          `json:"format_version"`
	Environment   *string         `json:"environment"`
	ProjectID     string          `json:"project_id"`
	Host          string          `json:"host"`
	State         store.LockState `json:"state"`
	Holder        *store.Holder   `json:"holder"` // null when the lock is free
	Released      *bool           `json:"released,omitempty"`
}

func (s *session) lockDocument(info store.LockInfo) lockDocument {
	document := lockDocument{
		FormatVersion: resource.FormatVersion, Environment: s.environment(), ProjectID: s.target.ProjectID, Host: s.host, State: info.State,
	}
	if info.State != store.LockFree {
		document.Holder = &info.Holder
	}
	return document
}

// openLock selects the project and reads its lock.
func (a *App) openLock(ctx context.Context) (*session, store.LockInfo, error) {
	session, err := a.open(ctx, need{offline: true})
	if err != nil {
		return nil, store.LockInfo{}, err
	}
	self, err := store.ThisProcess()
	if err != nil {
		return nil, store.LockInfo{}, fmt.Errorf("find out which process this is: %w", err)
	}
	info, err := session.state.LockInfo(self, a.Now())
	return session, info, err
}

func (a *App) runLockStatus(ctx context.Context) error {
	session, info, err := a.openLock(ctx)
	if err != nil {
		return err
	}
	return a.show(session.lockDocument(info), func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		writeLock(w, info)
	})
}

// writeLock shows a lock to people.
func writeLock(w io.Writer, info store.LockInfo) {
	switch info.State {
	case store.LockFree:
		fmt.Fprintln(w, "Free: nobody is writing.")
		return
	case store.LockDead:
		fmt.Fprintln(w, "Dead: its run has ended without releasing it; the next run takes it over.")
	default:
		fmt.Fprintln(w, "Held: a run is writing.")
	}
	holder := info.Holder
	for _, row := range []struct{ name, value string }{
		{"holder", holder.User},
		{"host", holder.Host},
		{"pid", fmt.Sprint(holder.PID)},
		{"command", holder.Command},
		{"run", holder.RunID},
		{"since", holder.Since.UTC().Format(time.RFC3339)},
		{"lease until", holder.LeaseUntil.UTC().Format(time.RFC3339)},
	} {
		fmt.Fprintf(w, "  %-12s %s\n", row.name, printableLine(row.value))
	}
}

func (a *App) runLockRelease(ctx context.Context, force bool) error {
	session, info, err := a.openLock(ctx)
	var damaged *store.DamagedError
	broken := errors.As(err, &damaged) && session != nil
	switch {
	case err != nil && (!broken || !force):
		return err
	case !broken && info.State == store.LockFree:
		return session.showReleased(info, false)
	}
	if broken || info.State == store.LockHeld {
		if err := session.approveRelease(ctx, info, broken, force); err != nil {
			return err
		}
	}
	by, err := a.holder("")
	if err != nil {
		return err
	}
	released, err := session.state.ReleaseLock(info, by, a.Now())
	if err != nil {
		return err
	}
	if !released {
		return refusedError("lock_changed", "refused: the lock has changed hands in this moment", "look at it again with descope-mgmt lock status")
	}
	return session.showReleased(info, true)
}

// approveRelease has it confirmed that a run which may be alive is to stop.
func (s *session) approveRelease(ctx context.Context, info store.LockInfo, broken, force bool) error {
	whose := "the run of " + info.Holder.String()
	if broken {
		whose = "a run that the damaged record does not name"
	}
	if !force {
		return refusedError("lock_held", "refused: the lock is held by "+whose+", which is alive",
			"wait for it, or end that process; descope-mgmt lock release --force takes the lock away, and the run stops")
	}
	if s.app.flags.yes {
		return nil
	}
	const hint = "give --yes to take the lock without a question"
	if !s.app.Terminal.Interactive {
		return refusedError("not_approved", "refused: nobody approved to take the lock from "+whose+", and there is no terminal to ask on", hint)
	}
	answer, err := s.app.askYes(ctx, fmt.Sprintf("This takes the lock of %s from %s, which stops writing.", s.wholePlace(), whose))
	if err != nil {
		return err
	}
	if answer != "yes" {
		return refusedError("not_approved", "not approved, the lock stays as it is", hint)
	}
	return nil
}

func (s *session) showReleased(before store.LockInfo, released bool) error {
	document := s.lockDocument(before)
	document.State, document.Released = store.LockFree, &released
	return s.app.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", s.headline())
		if !released {
			fmt.Fprintln(w, "Free already: nobody is writing, and there is nothing to release.")
			return
		}
		fmt.Fprintln(w, "Released.")
		if before.Holder.RunID != "" {
			fmt.Fprintf(w, "It was the lock of %s.\n", printableLine(before.Holder.String()))
		}
	})
}
