package audit

import (
	"errors"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// BreakError is the first place at which a log, or its head, is not as this
// program has written it. It is a [store.DamagedError] that also knows the
// record's number.
type BreakError struct {
	store.DamagedError
	// Seq is the number of the record that should stand there; 0 where that is not
	// known.
	Seq int

	// What an append that was cut off can leave:
	torn bool // the last line has no end
	lost bool // the line has blocks that never came to disk
}

// Unwrap is the damage without the record's number.
func (e *BreakError) Unwrap() error { return &e.DamagedError }

const (
	breakHint = "keep the folder as it is and compare it with a copy, and the run ids with Descope's own audit log; " +
		"once that is settled, move the log and its head away: the next run begins a new one"
	versionHint = "use the version of descope-mgmt that wrote it, or a newer one"
)

// broken is a break at the line of a record that should have this number.
func (l *Log) broken(seq int, format string, args ...any) *BreakError {
	return &BreakError{
		DamagedError: store.DamagedError{File: l.Path(), Line: seq, Reason: fmt.Sprintf(format, args...), Hint: breakHint},
		Seq:          seq,
	}
}

// brokenHead is a break in the head's file.
func (l *Log) brokenHead(format string, args ...any) *BreakError {
	damage := l.broken(1, format, args...)
	damage.File, damage.Seq = l.folder.Path(l.name+headSuffix), 0
	return damage
}

// misplaced is a break of a log in whose place something else stands.
func (l *Log) misplaced(path, what string) *BreakError {
	damage := l.broken(1, "%s stands in place of the audit log", what)
	damage.File, damage.Seq = path, 0
	return damage
}

// WriteError is a log that cannot be written. Nobody may go on changing what
// cannot be recorded.
type WriteError struct {
	Path string // of the log
	Err  error
}

// Error is "cannot write the audit log: cause".
func (e *WriteError) Error() string { return "cannot write the audit log: " + e.Err.Error() }

// Unwrap is the cause, usually a *[store.FileError].
func (e *WriteError) Unwrap() error { return e.Err }

// Fault is the error as documents show it.
func (e *WriteError) Fault() resource.Fault {
	hint := "check the folder of the audit log and its file system, then run again"
	if failure, ok := errors.AsType[*store.FileError](e.Err); ok {
		hint = failure.Fault().Hint
	}
	return resource.Fault{Code: "audit_log", Message: e.Error(), Hint: hint}
}
