package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// trail writes down, in the audit log, what one run does: its start, each change
// as it gets its outcome, and its end.
type trail struct {
	run     *run
	writer  *audit.Writer
	changes map[resource.Address]resource.Change // that write
	told    map[resource.Address]bool            // changes that stand in the log
}

// startTrail records that a run begins. When it returns nil the record is on
// disk; the caller must call finish.
func (r *run) startTrail(ctx context.Context) (*trail, error) {
	start := r.auditRecord(audit.EventRunStart)
	start.Detail = "plan " + r.result.Plan.PlanDigest
	if r.backup != "" {
		start.Detail += backupDetail + r.session.app.redact.text(r.backup)
	}
	recovered, err := r.session.recoveredRecords(ctx)
	if err != nil {
		return nil, err
	}
	// The start comes first: the run's id names the digest before it.
	begin := slices.Concat([]audit.Record{start}, recovered,
		hookRecords(func() audit.Record { return r.auditRecord(audit.EventHook) }, r.hooks))
	if err := r.session.audit.Append(ctx, begin...); err != nil {
		return nil, err
	}
	if err := r.session.audit.Tidy(r.session.app.Now().Add(-day)); err != nil {
		r.session.app.log.Debug("old temporary files were not removed", slog.String("error", err.Error()))
	}
	t := &trail{
		run: r, writer: audit.NewWriter(r.session.audit),
		changes: map[resource.Address]resource.Change{}, told: map[resource.Address]bool{},
	}
	for _, change := range r.result.Plan.Changes {
		if change.Action.Writes() {
			t.changes[change.Address] = change
		}
	}
	return t, nil
}

// auditRecord is what all records of a run have.
func (r *run) auditRecord(event audit.Event) audit.Record {
	record := r.session.auditRecord(event, r.facts)
	record.RunID = r.id
	return record
}

// auditRecord is what all records of a command have.
func (s *session) auditRecord(event audit.Event, facts facts) audit.Record {
	return audit.Record{
		Time: audit.At(s.app.Now()), Event: event, RunID: s.app.run(), User: s.app.redact.text(facts.user), Host: machineName(),
		Command: s.app.command, Environment: s.environment(), GitCommit: facts.commit, GitDirty: facts.dirty,
	}
}

// change records the outcome of a change, or another one that the verification
// has given it.
func (t *trail) change(result resource.Result) error {
	event := audit.EventChange
	if t.told[result.Address] {
		event = audit.EventCorrection
	}
	t.told[result.Address] = true
	record := t.run.auditRecord(event)
	record.Address, record.Action, record.Result = result.Address, result.Action, string(result.Status)
	record.Attempts, record.DurationMS = result.Attempts, result.DurationMS
	if result.Error != nil {
		record.Code = result.Error.Code
		record.Detail = t.run.session.app.redact.text(result.Error.Message)
	}
	for _, field := range t.changes[result.Address].Fields {
		record.Fields = append(record.Fields, audit.Field{Path: field.Path, Before: field.Before, After: field.After, Sensitive: field.Sensitive})
	}
	t.run.session.app.log.Info("change", slog.String("address", string(result.Address)), slog.String("action", string(result.Action)),
		slog.String("result", string(result.Status)), slog.String("code", record.Code), slog.Int("attempts", result.Attempts))
	return t.writer.Add(record)
}

// finish records the changes that never began, and the end of the run, and waits
// until all of it is on disk.
func (t *trail) finish(ctx context.Context, outcome apply.Outcome, took time.Duration) error {
	var failures []error
	for _, result := range outcome.Results {
		if !t.told[result.Address] {
			failures = append(failures, t.change(result))
		}
	}
	end := t.run.auditRecord(audit.EventRunEnd)
	end.Result, end.DurationMS = ended(outcome), took.Milliseconds()
	summary := outcome.Summary
	end.Detail = fmt.Sprintf("%d succeeded, %d failed, %d skipped, %d unknown", summary.Succeeded, summary.Failed, summary.Skipped, summary.Unknown)
	failures = append(failures, t.writer.Add(end), t.writer.Close(context.WithoutCancel(ctx)))
	t.run.session.app.log.Info("run ended", slog.String("result", end.Result), slog.String("summary", end.Detail))
	return cmp.Or(failures...)
}

// ended is how a run ended, in one word.
func ended(outcome apply.Outcome) string {
	switch {
	case outcome.Interrupted:
		return "interrupted"
	case outcome.Stopped != nil:
		return "stopped"
	case outcome.Summary.Complete():
		return "success"
	case outcome.Summary.Succeeded == 0 && outcome.Summary.Unknown == 0:
		return "failed"
	default:
		return "partial"
	}
}

// isAuditFailure reports whether an error means that the audit log cannot be
// trusted or written any more.
func isAuditFailure(err error) bool {
	var unwritten *audit.WriteError
	var broken *audit.BreakError
	return errors.As(err, &unwritten) || errors.As(err, &broken)
}
