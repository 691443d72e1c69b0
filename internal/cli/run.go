package cli

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// run is one run that writes, from the moment when it is the only one. Before its
// first write it has kept what was live, and begun its records; what cannot be
// kept or recorded is not done.
//
//	lock ──▶ backup ──▶ audit: start ──▶ journal ──▶ writes ──▶ audit: end ──▶ journal: end
type run struct {
	session  *session
	id       string
	lock     *store.Lock
	result   plan.Result
	facts    facts
	started  time.Time
	noBackup bool
	backup   string   // path; empty when none was taken
	hooks    []hooked // the programs that ran after it
	journal  *store.Journal
	trail    *trail
	planned  []resource.Tenant // what the plan was made from
	seen     []resource.Tenant // what the verification has listed
	settings writtenSettings
}

// prepare keeps what is live and begins the records. Nothing is written to
// Descope; when it fails nothing will be.
func (r *run) prepare(ctx context.Context) error {
	if err := r.keepAll(ctx); err != nil {
		return err
	}
	var err error
	if r.trail, err = r.startTrail(ctx); err != nil {
		return err
	}
	if err = failedHook(r.session.settings.Backup, r.hooks); err == nil {
		err = r.session.closeRecovered(r.id)
	}
	var holder store.Holder
	if err == nil {
		holder, err = r.session.app.holder(r.id)
	}
	if err == nil {
		r.journal, err = r.session.state.StartJournal(store.JournalRun{
			RunID: r.id, User: r.session.app.redact.text(r.facts.user), Host: holder.Host, PID: holder.PID, Command: holder.Command,
			PlanDigest: r.result.Plan.PlanDigest, Planned: r.result.Plan.Summary.Writes(), Backup: r.session.app.redact.text(r.backup),
		}, r.session.app.Now)
	}
	if err != nil {
		_ = r.abandon(ctx, err) // it has been told
		return err
	}
	return nil
}

// keepAll keeps what is live. Where it fails the programs that ran after the
// backup are recorded all the same, since they have done something.
func (r *run) keepAll(ctx context.Context) error {
	var err error
	if !r.noBackup {
		err = r.keep(ctx)
	}
	if err == nil {
		err = r.keepVersions()
	}
	if err == nil {
		return nil
	}
	if unrecorded := r.session.recordHooks(ctx, r.hooks); unrecorded != nil {
		r.session.app.warn("warning: %v", unrecorded)
	}
	return err
}

// abandon ends the records of a run that sends nothing.
func (r *run) abandon(ctx context.Context, cause error) error {
	outcome := apply.Outcome{Stopped: cause}
	err := r.trail.finish(ctx, outcome, r.session.app.Now().Sub(r.started))
	if err != nil {
		r.session.app.warn("warning: %v", err)
	}
	return err
}

// close ends the journal, once the audit log holds all of the run. Where it does
// not the journal stays open, and the next run records what is missing: so there is
// no moment at which a kill could lose a change from both.
func (r *run) close(unrecorded error) error {
	if unrecorded != nil {
		return r.journal.Leave()
	}
	return r.journal.End()
}

// send makes the changes, each written down before and after, and shows what
// came of them.
func (r *run) send(ctx context.Context) error {
	s := r.session
	s.app.log.Info("run started", slog.String("command", s.app.command), slog.String("project", s.target.ProjectID),
		slog.Int("changes", r.result.Plan.Summary.Writes()), slog.String("backup", r.backup))
	shown := s.startProgress(ctx, r.result.Plan.Summary.Writes())
	defer shown.end()
	stop, forget := firstOf(r.lock.Lost(), r.trail.writer.Failed())
	defer forget()
	kinds := []apply.Kind{
		apply.Tenants(s.writer, r, apply.TenantOptions{WroteSettings: r.settings.add}),
		apply.Flows(s.writer, s.reader, apply.FlowOptions{Changelog: r.changelog(), Workers: s.workers()}),
	}
	outcome, err := apply.Run(ctx, r.result.Plan, kinds, apply.Options{
		Workers: s.workers(), Grace: grace, Abort: s.app.abort, Now: s.app.Now, CountAttempts: descope.CountAttempts, CountWaits: descope.CountWaits,
		Admit: s.admit, Events: shown.event, Record: r.own,
		Before: journalled(r.lock, r.journal), After: r.after, Stop: stop,
	})
	shown.end()
	if err != nil {
		return cmp.Or(err, r.close(r.abandon(ctx, err)))
	}
	r.noteSeen(outcome)
	took := s.app.Now().Sub(r.started)
	unrecorded := r.trail.finish(ctx, outcome, took)
	ending := r.close(unrecorded)
	if outcome.Stopped != nil && !outcome.Sent && !outcome.Interrupted {
		return unsent(outcome.Stopped)
	}
	if ending != nil && outcome.Stopped == nil {
		outcome.Warnings = append(outcome.Warnings, ending.Error())
	}
	if unrecorded != nil && outcome.Stopped == nil {
		outcome.Stopped = unrecorded
		outcome.Warnings = append(outcome.Warnings, unrecorded.Error())
	}
	if outcome.Stopped == nil { // or else the records are gone, or another run writes them
		if err := r.recordApplied(ctx, outcome); err != nil {
			outcome.Warnings = append(outcome.Warnings, notRecorded(err))
		}
		s.noteUnchanged(context.WithoutCancel(ctx), r.result.Plan)
	}
	return r.report(ctx, outcome, took)
}

// firstOf gives the first error of two sources. The caller must call forget, which
// ends the wait for it.
func firstOf(a, b <-chan error) (first <-chan error, forget func()) {
	out, done, ended := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case err := <-a:
			out <- err
		case err := <-b:
			out <- err
		case <-done:
		}
	}()
	return out, sync.OnceFunc(func() { close(done); <-ended })
}

// after writes down an outcome: in the journal, which the next run reads, and in
// the audit log, which people read.
func (r *run) after(result resource.Result) error {
	return cmp.Or(r.journal.Outcome(result), r.trail.change(result))
}

// own keeps what the run has made: which objects are this tool's own, and which
// version of a flow was written.
func (r *run) own(address resource.Address, action resource.Action) error {
	failures := []error{r.session.record(address, action)}
	if address.Kind() == resource.KindFlow {
		failures = append(failures, r.recordVersion(address))
	}
	return cmp.Or(failures...)
}

// changelog is what Descope keeps with each version of a flow that this run
// imports.
func (r *run) changelog() string {
	text := "descope-mgmt run " + r.id
	if r.facts.commit != nil {
		text += ", commit " + *r.facts.commit
	}
	return text
}

// Tenants lists what is live, for the verification, and keeps it.
func (r *run) Tenants(ctx context.Context) ([]resource.Tenant, error) {
	tenants, err := r.session.reader.Tenants(ctx)
	r.seen = tenants
	return tenants, err
}

// noteSeen writes down how the verification found what the run has made, so that
// an undo can tell whether somebody has changed it since.
func (r *run) noteSeen(outcome apply.Outcome) {
	if !outcome.Verified {
		return
	}
	byAddress := make(map[resource.Address]resource.Tenant, len(r.seen))
	for _, tenant := range r.seen {
		byAddress[tenant.Address()] = tenant
	}
	for _, result := range outcome.Results {
		tenant, found := byAddress[result.Address]
		if result.Status != resource.StatusSuccess || result.Action != resource.ActionCreate || !found {
			continue
		}
		if digest, err := tenant.Digest(); err == nil {
			_ = r.journal.Seen(result.Address, digest) // its failure is that of the journal's end
		}
	}
}

// report shows what was done, and gives the command its ending.
func (r *run) report(ctx context.Context, outcome apply.Outcome, took time.Duration) error {
	report := r.session.newReport(r.id, r.result)
	report.Results, report.Summary = outcome.Results, outcome.Summary
	report.DurationMS = took.Milliseconds()
	if r.backup != "" {
		report.Backup = &r.backup
	}
	if !outcome.Interrupted {
		report.Restored = r.session.compareRestored(ctx, true)
	}
	if outcome.Sent {
		undo := r.session.undoCommand(r.id)
		report.Undo = &undo
	}
	for _, result := range outcome.Results {
		if result.Address.Kind() == resource.KindFlow && result.Action == resource.ActionUpdate && result.Status == resource.StatusSuccess {
			report.Rollback = append(report.Rollback, "descope-mgmt flow rollback "+shellWord(result.Address.ID())+r.session.selection())
		}
	}
	return r.session.showReport(ctx, report, r.result, outcome)
}
