package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// grace is how long calls in flight may go on after an interruption.
const grace = 5 * time.Second

// carryOut shows a plan, has it approved, runs it as the only writer of the
// project and shows the report.
func (s *session) carryOut(ctx context.Context, proposed proposal, flags approveFlags) error {
	s.brief = s.app.flags.quiet && s.app.flags.yes
	s.showWarnings()
	if err := s.showBefore(proposed.result); err != nil {
		return err
	}
	if s.app.part != nil {
		s.app.part.plan = proposed.result.Plan
	}
	if err := s.checkNames(proposed.result.Plan); err != nil {
		return err
	}
	if err := s.approve(ctx, proposed.result, flags); err != nil {
		return err
	}
	if proposed.result.Plan.Summary.Writes() == 0 {
		return s.nothingToDo(ctx, proposed.result)
	}
	started := s.app.Now() // whoever approved has taken their own time
	lock, err := s.lock(ctx, flags.lockTimeout)
	if err != nil {
		return unsent(err)
	}
	defer s.release(lock)
	s.app.nameRun(lock.RunID())
	result, err := s.confirm(ctx, lock, proposed)
	if err != nil {
		return err
	}
	if result.Plan.Summary.Writes() == 0 {
		if err := s.showBefore(result); err != nil {
			return err
		}
		return s.nothingToDo(ctx, result)
	}
	run := &run{
		session: s, id: lock.RunID(), lock: lock, result: result, facts: s.facts(ctx), started: started, noBackup: flags.noBackup,
		planned: s.live,
	}
	if err := run.prepare(ctx); err != nil {
		return unsent(err)
	}
	return run.send(ctx)
}

// checkNames refuses changes of what has a loaded key in its name: the records of
// a run have the names of all that it writes.
func (s *session) checkNames(made *resource.Plan) error {
	for _, change := range made.Changes {
		secret := s.app.redact.holds(change.ID) || slices.ContainsFunc(change.Fields, func(field resource.FieldChange) bool { return s.app.redact.holds(field.At.Key) })
		if change.Action.Writes() && secret {
			return refusedError("secret_in_name",
				fmt.Sprintf("refused, nothing was sent: the id of %s, or the name of one of its fields, holds a secret, which no record may show", change.Address),
				"change it in the Descope console, and replace the key there, since others have seen it")
		}
	}
	return nil
}

// nothingToDo shows the report of a run without changes.
func (s *session) nothingToDo(ctx context.Context, result plan.Result) error {
	if err := s.settleJournals(ctx, s.app.run()); err != nil {
		return unsent(err)
	}
	if err := s.recordFound(ctx, result.Plan); err != nil {
		s.app.warn("warning: %s", notRecorded(err))
	}
	s.noteUnchanged(ctx, result.Plan)
	report := s.newReport(s.app.run(), result)
	report.Summary.NoChange = result.Plan.Summary.NoChange
	report.Restored = s.compareRestored(ctx, false)
	if err := s.app.show(report, func(w io.Writer) { s.planForFile(w, result) }); err != nil {
		return err
	}
	return leftOver(report)
}

// compareRestored says, after a restore, how what is live compares with the
// backup; nil where this is no restore, or where nobody could look.
func (s *session) compareRestored(ctx context.Context, fresh bool) *resource.Restored {
	if s.restored == nil {
		return nil
	}
	restored, err := s.restored(ctx, fresh)
	if err != nil {
		s.app.warn("warning: what is live could not be compared with the backup: %v", err)
		return nil
	}
	return restored
}

func (s *session) newReport(runID string, result plan.Result) resource.Report {
	return resource.Report{
		FormatVersion: resource.FormatVersion, RunID: runID, Environment: s.environment(),
		ProjectID: s.target.ProjectID, Plan: result.Plan, Results: []resource.Result{}, Recovered: s.recovered,
		Conflicts: s.conflicts,
	}
}

// showBefore prints the plan that is about to be approved. In machine formats
// the standard output is for the one document, so that a person who is asked
// reads the plan on the error stream. What cannot be shown is not carried out.
func (s *session) showBefore(result plan.Result) error {
	view := s.planView()
	human := func(w io.Writer) { view.write(w, s.headline(), result) }
	switch {
	case s.app.flags.format == formatTable && s.app.flags.output == "":
		text := page{look: s.app.outStyle()}
		human(&text)
		if _, err := s.app.Out.Write(text.Bytes()); err != nil {
			return &failure{
				status: StatusError, code: "file", message: fmt.Sprintf("the plan cannot be shown, nothing was sent: %v", err),
				hint: "let the output be read to its end, or write it to a file with -o FILE",
			}
		}
	case s.app.Terminal.Interactive:
		s.app.showErr(human)
	}
	return nil
}

// planForFile puts the plan in front of the report where the output goes to a
// file; on the screen it stands there already.
func (s *session) planForFile(w io.Writer, result plan.Result) {
	if s.app.flags.output != "" {
		s.planView().write(w, s.headline(), result)
	}
}

// showReport shows what was done and gives the command its ending. A report that
// cannot be shown where it was wanted goes to the error stream: what was done
// must not be lost.
func (s *session) showReport(ctx context.Context, report resource.Report, result plan.Result, outcome apply.Outcome) error {
	view := reportView{
		verbose: s.app.flags.verbose, quiet: s.app.flags.quiet, place: s.place(), warnings: outcome.Warnings,
	}
	err := s.app.deliver(report, func(w io.Writer) {
		s.planForFile(w, result)
		view.write(w, report)
	})
	if err != nil {
		s.app.warn("error: %s", err)
		s.app.warn("hint: what was done stands here instead")
		s.showElsewhere(report, view)
	}
	return s.ending(ctx, report, outcome)
}

// showElsewhere shows a report that could not go where it was wanted: on the
// standard output where that is still free, and for people on the error stream.
func (s *session) showElsewhere(report resource.Report, view reportView) {
	if s.app.flags.output != "" {
		s.app.flags.output = ""
		if s.app.deliver(report, func(w io.Writer) { view.write(w, report) }) == nil {
			return
		}
	}
	s.app.showErr(func(w io.Writer) { view.write(w, report) })
}

// record keeps which objects are this tool's own, for prune.
func (s *session) record(address resource.Address, action resource.Action) error {
	if action == resource.ActionDelete {
		return s.state.Disown(s.app.Now(), address)
	}
	return s.state.Own(s.app.Now(), address)
}
