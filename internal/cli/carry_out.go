package cli

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// grace is how long calls in flight may go on after an interruption.
const grace = 5 * time.Second

// carryOut shows a plan, has it approved, runs it as the only writer of the
// project and shows the report.
func (s *session) carryOut(ctx context.Context, proposed proposal, flags approveFlags) error {
	s.showWarnings()
	s.showBefore(proposed.result)
	if err := s.approve(ctx, proposed.result, flags); err != nil {
		return err
	}
	runID, err := s.app.newRunID()
	if err != nil {
		return err
	}
	if proposed.result.Plan.Summary.Writes() == 0 {
		return s.nothingToDo(runID, proposed.result)
	}
	lock, err := s.lock(ctx, runID, flags.lockTimeout)
	if err != nil {
		return err
	}
	defer s.release(lock)
	result, err := s.confirm(ctx, lock, proposed)
	if err != nil {
		return err
	}
	if result.Plan.Summary.Writes() == 0 {
		s.showBefore(result)
		return s.nothingToDo(runID, result)
	}
	if err := s.settleJournals(runID); err != nil {
		return err
	}
	return s.makeChanges(ctx, runID, lock, result)
}

// nothingToDo shows the report of a run without changes.
func (s *session) nothingToDo(runID string, result plan.Result) error {
	if err := s.settleJournals(runID); err != nil {
		return err
	}
	report := s.newReport(runID, result)
	report.Summary.NoChange = result.Plan.Summary.NoChange
	return s.app.show(report, func(w io.Writer) { s.planForFile(w, result) })
}

func (s *session) newReport(runID string, result plan.Result) resource.Report {
	return resource.Report{
		FormatVersion: resource.FormatVersion, RunID: runID, Environment: s.environment(),
		ProjectID: s.target.ProjectID, Plan: result.Plan, Results: []resource.Result{}, Recovered: s.recovered,
	}
}

// makeChanges sends the changes of a plan, each written down before and after,
// and shows what came of them.
func (s *session) makeChanges(ctx context.Context, runID string, lock *store.Lock, result plan.Result) error {
	started := s.app.Now()
	holder, err := s.app.holder(runID)
	if err != nil {
		return err
	}
	journal, err := s.state.StartJournal(store.JournalRun{
		RunID: runID, User: holder.User, Host: holder.Host, PID: holder.PID, Command: holder.Command,
		PlanDigest: result.Plan.PlanDigest, Planned: result.Plan.Summary.Writes(),
	}, s.app.Now)
	if err != nil {
		return err
	}
	shown := s.startProgress(ctx, result.Plan.Summary.Writes())
	defer shown.end()
	kinds := []apply.Kind{apply.Tenants(s.client.Writer(), s.client.Reader())}
	outcome, err := apply.Run(ctx, result.Plan, kinds, apply.Options{
		Workers: s.workers(), Grace: grace, Abort: s.app.abort, Now: s.app.Now, CountAttempts: descope.CountAttempts, CountWaits: descope.CountWaits,
		Admit: s.admit, Events: shown.event, Record: s.record,
		Before: journalled(lock, journal), After: journal.Outcome, Stop: lock.Lost(),
	})
	shown.end()
	ending := journal.End()
	if err != nil {
		return err
	}
	if outcome.Stopped != nil && !outcome.Sent && !outcome.Interrupted {
		return outcome.Stopped
	}
	if ending != nil && outcome.Stopped == nil {
		outcome.Warnings = append(outcome.Warnings, ending.Error())
	}
	report := s.newReport(runID, result)
	report.Results, report.Summary = outcome.Results, outcome.Summary
	report.DurationMS = s.app.Now().Sub(started).Milliseconds()
	return s.showReport(ctx, report, result, outcome)
}

// showBefore prints the plan that is about to be approved. In machine formats
// the standard output is for the one document, so that a person who is asked
// reads the plan on the error stream.
func (s *session) showBefore(result plan.Result) {
	view := s.planView()
	switch {
	case s.app.flags.format == formatTable && s.app.flags.output == "":
		view.write(s.app.Out, s.headline(), result)
	case s.app.Interactive:
		view.style = style{}
		view.write(s.app.Err, s.headline(), result)
	}
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
		style: style{color: s.app.Color}, verbose: s.app.flags.verbose, place: s.place(), warnings: outcome.Warnings,
	}
	err := s.app.show(report, func(w io.Writer) {
		s.planForFile(w, result)
		view.write(w, report)
	})
	if err != nil {
		s.app.warn("error: %s", err)
		s.showElsewhere(report, view)
	}
	return s.ending(ctx, report, outcome)
}

// showElsewhere shows a report that could not go where it was wanted: on the
// standard output where that is still free, and for people on the error stream.
func (s *session) showElsewhere(report resource.Report, view reportView) {
	if s.app.flags.output != "" {
		s.app.flags.output = ""
		if s.app.show(report, func(w io.Writer) { view.write(w, report) }) == nil {
			return
		}
	}
	view.style = style{}
	view.write(s.app.Err, report)
}

// record keeps which objects are this tool's own, for prune.
func (s *session) record(address resource.Address, action resource.Action) error {
	if action == resource.ActionDelete {
		return s.state.Disown(s.app.Now(), address)
	}
	return s.state.Own(s.app.Now(), address)
}

// runIDTime is the time at the start of a run's id.
const runIDTime = "20060102T150405Z"

// newRunID names a run: its time, and 16 random hex digits.
func (a *App) newRunID() (string, error) {
	var random [8]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		return "", fmt.Errorf("make a run id: %w", err)
	}
	return a.Now().UTC().Format(runIDTime) + "-" + hex.EncodeToString(random[:]), nil
}
