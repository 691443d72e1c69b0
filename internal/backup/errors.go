package backup

import (
	"errors"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// DamagedError is a backup that is not as it was written, or that this version
// cannot read.
type DamagedError struct {
	File   string // as it was asked for; empty when the text came from elsewhere
	Reason string // what is wrong and where in the document, as "tenants[3].id: …"
	Hint   string
}

// Error is "FILE: reason".
func (e *DamagedError) Error() string {
	if e.File == "" {
		return e.Reason
	}
	return e.File + ": " + e.Reason
}

// Fault is the error as documents show it.
func (e *DamagedError) Fault() resource.Fault {
	return resource.Fault{Code: "damaged_backup", Message: e.Error(), Hint: e.Hint}
}

// SaveError is a backup that could not be saved. Nothing that needs the backup
// may be done.
type SaveError struct {
	Err error
}

// Error is "the backup could not be saved: cause".
func (e *SaveError) Error() string { return fmt.Sprintf("the backup could not be saved: %v", e.Err) }

// Unwrap is the cause.
func (e *SaveError) Unwrap() error { return e.Err }

// Fault is the error as documents show it.
func (e *SaveError) Fault() resource.Fault {
	const elsewhere = "--backup-dir names another folder"
	hint := elsewhere
	if cause, ok := errors.AsType[interface {
		error
		Fault() resource.Fault
	}](e.Err); ok && cause.Fault().Hint != "" {
		hint = cause.Fault().Hint + "; " + elsewhere
	}
	return resource.Fault{Code: "backup_failed", Message: e.Error(), Hint: hint}
}

const (
	damagedPrefix = "the backup is damaged: "
	damagedHint   = "take another backup: \"backup list\" shows them, \"backup verify\" checks one; what this file says must not be trusted"
	newerHint     = "use the version of descope-mgmt that wrote it, or a newer one"
)

// damaged is a reason with its place in the document; an empty place is the
// document itself.
func damaged(place, format string, arguments ...any) *DamagedError {
	reason := fmt.Sprintf(format, arguments...)
	if place != "" {
		reason = place + ": " + reason
	}
	return &DamagedError{Reason: damagedPrefix + reason, Hint: damagedHint}
}

// inFile names the file in an error about its content.
func inFile(file string, err error) error {
	if damage, ok := errors.AsType[*DamagedError](err); ok && damage.File == "" {
		named := *damage
		named.File = file
		return &named
	}
	return err
}
