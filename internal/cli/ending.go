package cli

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// ending is the error, if any, that a run ends with once its report is shown.
func (s *session) ending(ctx context.Context, report resource.Report, outcome apply.Outcome) error {
	if s.app.flags.format != formatTable {
		for _, warning := range outcome.Warnings {
			s.app.warn("warning: %s", warning)
		}
	}
	switch {
	case outcome.Interrupted:
		return interruption(ctx)
	case isAuditFailure(outcome.Stopped), isJournalGone(outcome.Stopped):
		return &afterResult{outcome.Stopped}
	case len(outcome.Panics) > 0:
		return &afterResult{&panicError{value: outcome.Panics[0].Value, stack: outcome.Panics[0].Stack}}
	case !outcome.Sent && !report.Summary.Complete():
		return &afterResult{nothingSent(report.Results)}
	case !report.Summary.Complete():
		return &failure{status: StatusPartial, code: "partial"}
	}
	return leftOver(report)
}

// isJournalGone reports whether a run was stopped because nobody could read any
// more what it writes down.
func isJournalGone(err error) bool {
	_, gone := errors.AsType[*store.JournalGoneError](err)
	return gone
}

// leftOver is the error of an undo that has left objects alone because somebody
// has changed them since, and of a restore after which objects are not as the
// backup has them.
func leftOver(report resource.Report) error {
	if len(report.Conflicts) == 0 && (report.Restored == nil || len(report.Restored.Different) == 0) {
		return nil
	}
	return &failure{status: StatusPartial, code: "partial"}
}

// nothingSent is the error of a run whose every change failed before its first
// write: the status is that of the first failure.
func nothingSent(results []resource.Result) error {
	failed := slices.IndexFunc(results, func(result resource.Result) bool { return result.Status == resource.StatusFailed })
	if failed < 0 || results[failed].Error == nil {
		return &failure{status: StatusError, code: "error", message: "nothing was sent"}
	}
	fault := *results[failed].Error
	status := StatusError
	switch {
	case fault.Code == apply.CodeConflict:
		status = StatusRefused
	case fault.Status == http.StatusUnauthorized, fault.Status == http.StatusForbidden:
		status = StatusAuth
	case fault.Status == http.StatusTooManyRequests:
		status = StatusRateLimited
	}
	return &failure{status: status, code: fault.Code, message: "nothing was sent: " + fault.Message, hint: fault.Hint}
}

// unsent says of a failed backup or record, the lock among them, what it means:
// nothing was sent.
func unsent(err error) error {
	body := describe(err)
	_, isFile := errors.AsType[*store.FileError](err)
	if StatusOf(err) != StatusIntegrity && !(isFile && StatusOf(err) == StatusError) || strings.Contains(body.Message, "nothing was sent") {
		return err
	}
	return &failure{status: StatusIntegrity, code: body.Code, message: "nothing was sent: " + body.Message, hint: body.Hint, cause: err}
}

// interruption ends a command whose result has been shown, with the status of
// the signal that stopped it.
func interruption(ctx context.Context) error {
	stopped := &failure{status: StatusInterrupted, code: "interrupted", cause: context.Cause(ctx)}
	if signalled, ok := errors.AsType[*signalError](stopped.cause); ok {
		stopped.status = statusOfSignal(signalled.signal)
	}
	return stopped
}
