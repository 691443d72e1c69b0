package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// undoOptions are the flags of undo.
type undoOptions struct {
	approveFlags
	flowFlags
	dryRun    bool
	detailed  bool
	ssoLoss   bool
	overrides []string
}

func newUndoCommand(a *App) *cobra.Command {
	var options undoOptions
	cmd := &cobra.Command{
		Use:   "undo [RUN]",
		Short: "Take back what one run changed, and nothing else",
		Long: "Plans back what a run has changed: what it created is deleted, what it updated is put back, what it deleted\n" +
			"is created again from the run's backup. Each only where what is live still equals what the run wrote: anything\n" +
			"else is a conflict, which is shown and left alone. Without RUN it is this project's newest run. The plan is\n" +
			"previewed, approved, backed up and verified like an apply, and can be undone itself.",
		Example: "  descope-mgmt undo --dry-run\n  descope-mgmt undo -e dev --yes\n  descope-mgmt undo 20261125T142233Z-0f3c5d7e9a1b2c4d --yes --allow-deletes 1",
		Args:    rangeArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			run := ""
			if len(args) == 1 {
				if run = args[0]; run == "" {
					return usageError("the run's id is empty", "is a variable unset?")
				}
			}
			return a.runUndo(cmd.Context(), options, run)
		},
	}
	options.approveFlags.AddFlags(cmd.Flags())
	addSSOLossFlag(cmd.Flags(), &options.ssoLoss)
	options.flowFlags.AddFlags(cmd.Flags())
	addOverrideFlag(cmd.Flags(), &options.overrides)
	cmd.Flags().BoolVar(&options.dryRun, "dry-run", false, "only show the plan")
	cmd.Flags().BoolVar(&options.detailed, "detailed-exitcode", false, "with --dry-run: exit 2 when changes are present")
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func (a *App) runUndo(ctx context.Context, options undoOptions, runID string) error {
	if err := checkOverrides(options.overrides); err != nil {
		return err
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	journal, err := session.journalOf(runID)
	if err != nil {
		return err
	}
	before, err := session.before(ctx, journal)
	if err != nil {
		return err
	}
	session.origin = history.OriginRestored
	a.notice("undoing run %s (%s by %s)", journal.Run.RunID, orElse(journal.Run.Command, "unknown command"), orElse(journal.Run.User, "somebody"))
	proposed, err := propose(ctx, func(ctx context.Context) (plan.Result, error) {
		return session.planUndo(ctx, journal, before, options)
	})
	if err != nil {
		return err
	}
	if options.dryRun {
		return session.showPlan(proposed.result, options.detailed, "")
	}
	return session.carryOut(ctx, proposed, options.approveFlags)
}

// journalOf reads the journal of a run, of the newest one where none is named.
func (s *session) journalOf(runID string) (store.RunJournal, error) {
	missing := func(message, hint string) error {
		return &failure{status: StatusError, code: "no_such_run", message: message + ", nothing was sent", hint: hint}
	}
	if runID == "" {
		newest, err := s.state.NewestRun()
		if err != nil {
			return store.RunJournal{}, err
		}
		if newest == "" {
			return store.RunJournal{}, missing("no run of this project is recorded here", "descope-mgmt backup restore goes back to a backup; --home names another state folder")
		}
		runID = newest
	}
	journal, err := s.state.Journal(runID)
	if errors.Is(err, fs.ErrNotExist) {
		return journal, missing(fmt.Sprintf("the journal of run %s is not kept here", runID), "descope-mgmt audit list shows the runs; descope-mgmt backup restore FILE goes back to a backup")
	}
	return journal, err
}

// before reads how the tenants were that a run has deleted, from its backup. A
// backup that is not there any more leaves them unknown.
func (s *session) before(ctx context.Context, journal store.RunJournal) (map[string]restore.Was, error) {
	deleted := slices.ContainsFunc(journal.Begun, func(begun store.BegunChange) bool { return begun.Change.Action == resource.ActionDelete })
	if !deleted || journal.Run.Backup == "" {
		return nil, nil
	}
	files, err := s.backups()
	if err != nil {
		return nil, err
	}
	name := filepath.Base(journal.Run.Backup)
	document, err := backup.Read(ctx, files, name)
	if errors.Is(err, fs.ErrNotExist) && files.Path(name) != journal.Run.Backup {
		if files, err = backup.OpenDirectory(s.records, filepath.Dir(journal.Run.Backup)); err == nil {
			document, err = backup.Read(ctx, files, name)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		s.app.warn("warning: the backup of the run is gone: %s", journal.Run.Backup)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if document.Metadata.RunID != journal.Run.RunID {
		s.app.warn("warning: %s is the backup of another run", journal.Run.Backup)
		return nil, nil
	}
	was := map[string]restore.Was{}
	for _, entry := range document.Tenants {
		one, err := wasOf(entry)
		if err != nil {
			return nil, err
		}
		was[entry.ID] = one
	}
	return was, nil
}

// planUndo makes the plan that takes a run back from what is live now.
func (s *session) planUndo(ctx context.Context, journal store.RunJournal, before map[string]restore.Was, options undoOptions) (plan.Result, error) {
	live, err := s.list(ctx)
	if err != nil {
		return plan.Result{}, err
	}
	if err := s.recover(ctx, live); err != nil {
		return plan.Result{}, err
	}
	done := make([]restore.Done, 0, len(journal.Begun))
	for _, begun := range journal.Begun {
		done = append(done, restore.Done{Change: begun.Change, Status: begun.Status, Seen: begun.Seen})
	}
	if err := s.readSettingsOf(ctx, restore.NeedSettings(done)); err != nil {
		return plan.Result{}, err
	}
	flows, err := s.flowsOf(ctx, done)
	if err != nil {
		return plan.Result{}, err
	}
	undoing := restore.Undo(done, before, s.live, exported(flows))
	if s.alike = "is as it was before the run"; len(undoing.Losses) > 0 {
		s.alike = "has nothing left that can be put back"
	}
	want, err := s.wantUndone(ctx, undoing, flows, options)
	if err != nil {
		return plan.Result{}, err
	}
	result, conflicts, err := s.planLeaving(ctx, want)
	if err != nil {
		return plan.Result{}, err
	}
	s.conflicts = append(undoing.Conflicts, conflicts...)
	sortNotes(s.conflicts)
	dropNotes(result.Plan, plan.NoteDisableFirst, plan.NoteAttributeUndefined)
	addNotes(result.Plan, slices.Concat(s.conflicts, undoing.Losses))
	return result, nil
}

// conflicting are the reasons for which an undo leaves an object alone, where an
// apply would refuse the whole plan: others have made something of it since.
var conflicting = []string{
	plan.BlockedHasChildren, plan.BlockedNameTaken, plan.BlockedDomainTaken, plan.BlockedParentMissing, plan.BlockedParentDiffers,
	plan.BlockedCycle, plan.BlockedDependency, plan.BlockedMissingReference,
}

// planLeaving plans, and drops what others stand in the way of.
func (s *session) planLeaving(ctx context.Context, want wanted) (plan.Result, []resource.Note, error) {
	var conflicts []resource.Note
	for {
		result, err := s.makePlan(ctx, want, s.live)
		if err != nil {
			return plan.Result{}, nil, err
		}
		dropped := map[resource.Address]bool{}
		for _, change := range result.Plan.Changes {
			if change.Blocked != nil && slices.Contains(conflicting, change.Blocked.Code) {
				dropped[change.Address] = true
				conflicts = append(conflicts, resource.Note{Address: change.Address, Code: change.Blocked.Code, Message: change.Blocked.Message})
			}
		}
		if len(dropped) == 0 {
			return result, conflicts, nil
		}
		isDropped := func(d resource.Desired) bool { return dropped[d.Address()] }
		want.desired = slices.DeleteFunc(slices.Clone(want.desired), isDropped)
		want.flows.Desired = slices.DeleteFunc(slices.Clone(want.flows.Desired), isDropped)
	}
}

func sortNotes(notes []resource.Note) {
	slices.SortFunc(notes, func(a, b resource.Note) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
}

// dropNotes takes out remarks that are for people who write configurations: what
// goes back to where it was needs no advice.
func dropNotes(made *resource.Plan, codes ...string) {
	made.Notes = slices.DeleteFunc(slices.Clone(made.Notes), func(note resource.Note) bool { return slices.Contains(codes, note.Code) })
}

// addNotes adds remarks to those of a plan, which the digest does not cover. A
// plan without any has an empty list, as documents show it.
func addNotes(made *resource.Plan, notes []resource.Note) {
	made.Notes = append(append([]resource.Note{}, made.Notes...), notes...)
	sortNotes(made.Notes)
}

// undoCommand is the command that takes a run back, with what it needs to find
// the same project and records again.
func (s *session) undoCommand(runID string) string {
	return "descope-mgmt undo " + runID + s.selection()
}

// selection repeats what leads to this project and its records from the same
// folder, also in a shell that has not set the variables: the settings of the
// flags hold those of the variables already, but for the folder of the backups.
// The project and its key are for the shell to know.
func (s *session) selection() string {
	flags := s.app.flags
	var text strings.Builder
	add := func(flag, value string) {
		if value != "" {
			text.WriteString(" " + flag + " " + shellWord(value))
		}
	}
	add("-e", s.target.Environment)
	for _, path := range flags.config {
		add("-c", path)
	}
	add("--project-id", flags.projectID)
	add("--base-url", flags.baseURL)
	add("--home", flags.home)
	backups, _ := s.app.lookup("DESCOPE_BACKUP_DIR")
	add("--backup-dir", orElse(flags.backupDir, backups))
	return text.String()
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(text string) string {
	plain := strings.IndexFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-", r)
	}) < 0
	if plain {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
