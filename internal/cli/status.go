package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// Status is an exit status of the program. The numbers are a contract with
// scripts: 0, 1 and 2 mean what they mean for Terraform's plan.
type Status int

// The exit statuses.
const (
	StatusOK          Status = 0
	StatusError       Status = 1   // an error not listed below: API, network, file system
	StatusChanges     Status = 2   // changes are present; only with --detailed-exitcode
	StatusPartial     Status = 3   // applied in part
	StatusAuth        Status = 4   // authentication or permission; project id or key missing
	StatusUsage       Status = 5   // usage, configuration or validation error; nothing was sent
	StatusRefused     Status = 6   // refused by a guard, or not confirmed
	StatusRateLimited Status = 7   // rate limit not lifted in time
	StatusLocked      Status = 8   // another run holds the lock
	StatusIntegrity   Status = 9   // a record that was meant to be whole is damaged
	StatusInternal    Status = 70  // a recovered panic
	StatusInterrupted Status = 130 // SIGINT
	StatusTerminated  Status = 143 // SIGTERM
)

// statusMeanings is what the EXIT STATUS paragraph of a command's help says.
var statusMeanings = map[Status]string{
	StatusOK:          "success",
	StatusError:       "an error of the API, the network or the file system",
	StatusChanges:     "changes are present (only with --detailed-exitcode)",
	StatusPartial:     "applied in part: changes failed, were skipped, or have an unknown outcome; conflicts were left alone",
	StatusAuth:        "authentication or permission; project id or management key missing",
	StatusUsage:       "usage, configuration or validation error; nothing was sent",
	StatusRefused:     "refused by a guard, or confirmation missing; nothing was sent",
	StatusRateLimited: "the rate limit was not lifted in time",
	StatusLocked:      "another run holds the lock",
	StatusIntegrity:   "a backup or a record cannot be written, or is damaged",
	StatusInternal:    "internal error",
	StatusInterrupted: "interrupted",
	StatusTerminated:  "terminated",
}

// failure is an error of the command layer itself, with all that is shown of it.
type failure struct {
	status  Status
	code    string // for JSON, snake_case
	message string // lower case, no full stop
	hint    string // the next step
	cause   error
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.cause }

// usageError is a wrong call: status 5, nothing was sent.
func usageError(message, hint string) error {
	return &failure{status: StatusUsage, code: "usage", message: message, hint: hint}
}

// refusedError is a guard that held: status 6, nothing was sent.
func refusedError(code, message, hint string) error {
	return &failure{status: StatusRefused, code: code, message: message, hint: hint}
}

// afterResult is an error that follows a result that has been shown: machine
// formats have their one document already, so that it is told on Err only.
type afterResult struct{ err error }

func (a *afterResult) Error() string { return a.err.Error() }
func (a *afterResult) Unwrap() error { return a.err }

// errChangesPresent ends a command with status 2 and without a message.
var errChangesPresent = &failure{status: StatusChanges, code: "changes_present"}

// signalError is the cause of a context that a signal has cancelled.
type signalError struct{ signal os.Signal }

func (s *signalError) Error() string { return "stopped by signal: " + s.signal.String() }

// statusOfSignal is 128 plus the signal's number, as shells count; a terminal
// that goes away terminates.
func statusOfSignal(signal os.Signal) Status {
	if signal == syscall.SIGTERM || signal == syscall.SIGHUP {
		return StatusTerminated
	}
	return StatusInterrupted
}

// panicError is a recovered panic; its text never reaches the screen unasked,
// since it may hold anything.
type panicError struct {
	value any
	stack []byte
}

func (p *panicError) Error() string { return "internal error: the program has a fault" }

// StatusOf is the one place where an error becomes an exit status.
func StatusOf(err error) Status {
	var (
		own        *failure
		signalled  *signalError
		panicked   *panicError
		invalid    *config.InvalidError
		notFound   *config.NotFoundError
		selection  *config.SelectionError
		credential *config.MissingCredentialError
		planning   *plan.InvalidError
		stale      *plan.StaleError
		damaged    *store.DamagedError
		unsaved    *backup.SaveError
		broken     *backup.DamagedError
		unrecorded *audit.WriteError
		gone       *store.JournalGoneError
		locked     *store.LockedError
		lockLost   *store.LockLostError
	)
	switch {
	case err == nil:
		return StatusOK
	case errors.As(err, &signalled):
		return statusOfSignal(signalled.signal)
	case errors.As(err, &panicked):
		return StatusInternal
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &damaged), errors.As(err, &unsaved), errors.As(err, &broken), errors.As(err, &unrecorded), errors.As(err, &gone):
		return StatusIntegrity
	case errors.As(err, &credential), descope.IsAuth(err):
		return StatusAuth
	case descope.IsRateLimited(err):
		return StatusRateLimited
	case errors.As(err, &invalid), errors.As(err, &notFound), errors.As(err, &selection), errors.As(err, &planning):
		return StatusUsage
	case errors.As(err, &stale):
		return StatusRefused
	case errors.As(err, &locked), errors.As(err, &lockLost):
		return StatusLocked
	case errors.Is(err, context.Canceled):
		return StatusInterrupted
	default:
		return StatusError
	}
}

// precedence is which status counts when several apply, from the first.
var precedence = []Status{
	StatusInterrupted, StatusTerminated, StatusIntegrity, StatusInternal, StatusPartial, StatusAuth, StatusRateLimited,
	StatusError, StatusUsage, StatusRefused, StatusLocked, StatusChanges, StatusOK,
}

// statusOfAll is the one place where the statuses of several environments become
// one; that of none is success.
func statusOfAll(statuses []Status) Status {
	if len(statuses) == 0 {
		return StatusOK
	}
	return slices.MinFunc(statuses, compareStatus)
}

// compareStatus sorts the status that counts first.
func compareStatus(a, b Status) int {
	return cmp.Compare(slices.Index(precedence, a), slices.Index(precedence, b))
}

// isFileProblem reports whether an error is about a file, for the hint.
func isFileProblem(err error) bool {
	var pathError *fs.PathError
	return errors.As(err, &pathError)
}
