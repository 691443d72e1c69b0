package applied

import (
	"errors"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// hintRebuild says what to do with a damaged record.
const hintRebuild = "put the file back as it was, from git where it is in a repository, or remove it: the next apply or sync makes it anew from what is live"

// damaged is an error about a line of the file.
func (r *Records) damaged(number int, reason string) *store.DamagedError {
	return &store.DamagedError{
		File: r.Path(), Line: number, Reason: "the record of what was applied is damaged: " + reason, Hint: hintRebuild,
	}
}

func (r *Records) newer(version string) *store.DamagedError {
	return &store.DamagedError{
		File: r.Path(), Line: 1,
		Reason: fmt.Sprintf("the record of what was applied has the format %q, and this version reads 1.x", version),
		Hint:   "use the version of descope-mgmt that wrote it, or a newer one",
	}
}

// goneError is a document that a line names and that is not there.
type goneError struct{ *store.DamagedError }

// Unwrap is the damage as others know it.
func (e *goneError) Unwrap() error { return e.DamagedError }

func isGone(err error) (*goneError, bool) { return errors.AsType[*goneError](err) }

func missingDocument(path string) *store.DamagedError {
	return &store.DamagedError{
		File: path, Line: 1, Reason: "the document of a flow is missing that the record of what was applied names",
		Hint: "put the file back, from git where it is in a repository; or apply or deploy the flow, which writes it anew",
	}
}

func damagedDocument(path, reason string) *store.DamagedError {
	return &store.DamagedError{File: path, Line: 1, Reason: "the document of a flow is damaged: " + reason, Hint: hintRebuild}
}
