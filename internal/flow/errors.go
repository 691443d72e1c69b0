package flow

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// DocumentError is text that is no flow document. Its text names the file where
// there are several, the path in the JSON, and the cause.
type DocumentError struct {
	File string // only for a snapshot folder
	Path string // in the JSON, such as "contents.tasks.4.next"; "" is the whole
	Err  error
}

// Error is "FILE: PATH: cause".
func (e *DocumentError) Error() string {
	where := ""
	if e.File != "" {
		where = e.File + ": "
	}
	if e.Path != "" {
		where += e.Path + ": "
	}
	return where + e.Err.Error()
}

// Unwrap is the cause.
func (e *DocumentError) Unwrap() error { return e.Err }

// Fault is the error as documents show it.
func (e *DocumentError) Fault() resource.Fault {
	return resource.Fault{
		Code: "flow-document", Message: e.Error(),
		Hint: "export the flow again: with the management API, from the console, or as a snapshot folder",
	}
}

func wrong(path, format string, args ...any) error {
	return &DocumentError{Path: path, Err: fmt.Errorf(format, args...)}
}

// SettingError is a value that could not be set, because its path names
// nothing or several things.
type SettingError struct {
	Path   string // as it was given
	Reason string
	Hint   string // the next step, or ""
}

// Error is "cannot set PATH: reason".
func (e *SettingError) Error() string { return fmt.Sprintf("cannot set %q: %s", e.Path, e.Reason) }

// Fault is the error as documents show it.
func (e *SettingError) Fault() resource.Fault {
	return resource.Fault{Code: "flow-setting", Message: e.Error(), Hint: e.Hint}
}
