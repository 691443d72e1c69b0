package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

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
			"previewed, approved, backed up and verified like an apply, and can be undone itself: the next undo takes it back, and\n" +
			"says so.",
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
	session.origin = history.OriginRestored
	a.notice("undoing run %s (%s by %s)", journal.Run.RunID, cmp.Or(journal.Run.Command, "unknown command"), cmp.Or(journal.Run.User, "somebody"))
	if journal.Run.Command == a.command {
		a.notice("note: this takes back an undo: what that one took back comes again")
	}
	taking := &undo{session: session, options: options, given: runID, runID: journal.Run.RunID, told: map[string]bool{}}
	proposed, err := propose(ctx, taking.plan)
	if err != nil {
		return err
	}
	if options.dryRun {
		return session.showPlan(proposed.result, options.detailed, "")
	}
	if err := session.carryOut(ctx, proposed, options.approveFlags); err != nil {
		return err
	}
	session.remindOfNextApply(proposed.result.Plan)
	return nil
}

// remindOfNextApply says that the configuration still has what was taken back.
func (s *session) remindOfNextApply(made *resource.Plan) {
	for _, change := range made.Changes {
		if change.Action.Writes() && s.wantsOtherwise(change) {
			s.app.notice("note: the configuration still asks for what was taken back, %s among it: the next apply makes it again unless the configuration changes", change.Address)
			return
		}
	}
}

// wantsOtherwise reports whether an apply would take a change back.
func (s *session) wantsOtherwise(change resource.Change) bool {
	if change.Kind == resource.KindFlow {
		_, found := s.managedFlow(change.ID)
		return found
	}
	managed, found := s.managed(change.ID)
	if !found || change.Action != resource.ActionUpdate {
		return found && managed.Absent == (change.Action == resource.ActionCreate)
	}
	for _, field := range change.Fields {
		want, asked := managed.Field(field.At)
		if asked && (want.Remove != field.After.IsAbsent() || !want.Remove && !want.Value.Equal(field.After)) {
			return true
		}
	}
	return managed.Absent
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
		return journal, missing(fmt.Sprintf("the journal of run %s is not kept here", runID), cmp.Or(s.meantRun(runID), "descope-mgmt audit list shows the runs; descope-mgmt backup restore FILE goes back to a backup"))
	}
	return journal, err
}

// undo is the taking back of one run.
type undo struct {
	session *session
	options undoOptions
	given   string // as the user named it; empty for the newest
	runID   string
	told    map[string]bool // warnings, since the plan may be made twice
}

// newest makes sure that the newest run is still the one that was looked at.
func (u *undo) newest() error {
	if u.given != "" {
		return nil
	}
	newest, err := u.session.state.NewestRun()
	if err == nil && newest != u.runID {
		err = stalePlan("another run has followed the newest one")
	}
	return err
}

// warn says something once.
func (u *undo) warn(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	if !u.told[text] {
		u.told[text] = true
		u.session.app.warn("%s", text)
	}
}

// plan makes the plan that takes the run back from what is live now. The journal
// is read after the look at the lock that the list begins with: a run that is at
// work then, or afterwards, is noticed by whoever gets the lock, and the plan is
// made again.
func (u *undo) plan(ctx context.Context) (plan.Result, error) {
	s := u.session
	live, err := s.list(ctx)
	if err != nil {
		return plan.Result{}, err
	}
	if err := s.recover(ctx, live); err != nil {
		return plan.Result{}, err
	}
	if err := u.newest(); err != nil {
		return plan.Result{}, err
	}
	journal, err := s.journalOf(u.runID)
	if err != nil {
		return plan.Result{}, err
	}
	if holder := s.known.lock.Holder; s.known.lock.State == store.LockHeld && holder.RunID == u.runID {
		u.warn("warning: the run is still at work: this is what it has done so far")
	}
	before, lost, err := s.before(ctx, journal)
	if err != nil {
		return plan.Result{}, err
	}
	if lost != "" {
		u.warn("warning: %s", lost)
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
	undoing := restore.Undo(done, restore.Before{Tenants: before, Lost: lost}, s.live, exported(flows))
	if s.alike = "is as it was before the run"; len(undoing.Losses) > 0 {
		s.alike = "has nothing left that can be put back"
	}
	want, err := s.wantUndone(ctx, undoing, flows, u.options)
	if err != nil {
		return plan.Result{}, err
	}
	result, conflicts, err := s.planLeaving(ctx, want, done)
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

// planLeaving plans, and drops what others stand in the way of, and what they
// have built on.
func (s *session) planLeaving(ctx context.Context, want wanted, done []restore.Done) (plan.Result, []resource.Note, error) {
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
		built, err := s.built(ctx, result.Plan, done)
		if err != nil {
			return plan.Result{}, nil, err
		}
		for _, note := range built {
			dropped[note.Address] = true
		}
		if conflicts = append(conflicts, built...); len(dropped) == 0 {
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
	add("--env-file", flags.envFile)
	add("--project-id", flags.projectID)
	add("--base-url", flags.baseURL)
	add("--home", flags.home)
	backups, _ := s.app.lookup("DESCOPE_BACKUP_DIR")
	add("--backup-dir", cmp.Or(flags.backupDir, backups))
	return text.String()
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(text string) string { return resource.ShellWord(text) }
