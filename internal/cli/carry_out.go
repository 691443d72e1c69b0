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
)

// grace is how long calls in flight may go on after an interruption.
const grace = 5 * time.Second

// carryOut shows a plan, has it approved, runs it and shows the report.
func (s *session) carryOut(ctx context.Context, result plan.Result, flags approveFlags) error {
	s.showWarnings()
	s.showBefore(result)
	if err := s.approve(ctx, result, flags); err != nil {
		return err
	}
	started := s.app.Now()
	runID, err := s.app.newRunID()
	if err != nil {
		return err
	}
	report := resource.Report{
		FormatVersion: resource.FormatVersion, RunID: runID, Environment: s.environment(),
		ProjectID: s.target.ProjectID, Plan: result.Plan, Results: []resource.Result{},
	}
	if result.Plan.Summary.Writes() == 0 {
		report.Summary.NoChange = result.Plan.Summary.NoChange
		return s.app.show(report, func(w io.Writer) { s.planForFile(w, result) })
	}
	kinds := []apply.Kind{apply.Tenants(s.client.Writer(), s.client.Reader())}
	outcome, err := apply.Run(ctx, result.Plan, kinds, apply.Options{
		Workers: s.workers(), Grace: grace, Abort: s.app.abort, Now: s.app.Now, CountAttempts: descope.CountAttempts,
		Events: s.progress, Record: s.record,
	})
	if err != nil {
		return err
	}
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

// progress shows each outcome as it comes, with --verbose.
func (s *session) progress(event apply.Event) {
	switch event.Type {
	case apply.EventStopping:
		s.app.notice("stopping: calls in flight get %s; interrupt again to end at once", grace)
	case apply.EventFinished, apply.EventCorrected:
		if s.app.flags.verbose {
			result := event.Result
			s.app.notice("[%d/%d] %s %s: %s", event.Finished, event.Total, result.Action, result.Address, result.Status)
		}
	}
}

// record keeps which objects are this tool's own, for prune.
func (s *session) record(address resource.Address, action resource.Action) error {
	state, err := s.state()
	if err != nil {
		return err
	}
	if action == resource.ActionDelete {
		return state.Disown(s.app.Now(), address)
	}
	return state.Own(s.app.Now(), address)
}

// newRunID names a run: its time, and 16 random hex digits.
func (a *App) newRunID() (string, error) {
	var random [8]byte
	if _, err := io.ReadFull(a.Random, random[:]); err != nil {
		return "", fmt.Errorf("make a run id: %w", err)
	}
	return a.Now().UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:]), nil
}
