package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// FileError is a file or folder that could not be read or written. Its text
// names the path and the cause; [FileError.Fault] also says what to do.
type FileError struct {
	Op   string // what was tried, such as "write"
	Path string
	Err  error

	state bool // the path lies in the state folder, which the user can move
}

// Error is "cannot OP PATH: cause".
func (e *FileError) Error() string {
	return fmt.Sprintf("cannot %s %s: %v", e.Op, e.Path, bare(e.Err, e.Path))
}

// Unwrap is the operating system's error.
func (e *FileError) Unwrap() error { return e.Err }

// Fault is the error as documents show it.
func (e *FileError) Fault() resource.Fault {
	hint := advice(e.Err)
	if e.state {
		hint += "; --home names another folder for the tool's own state"
	}
	return resource.Fault{Code: "file", Message: e.Error(), Hint: hint}
}

// bare leaves out of an operating system's error what the sentence says
// already: the path itself, and the temporary file on the way to it.
func bare(err error, path string) error {
	if failure, ok := errors.AsType[*fs.PathError](err); ok && (failure.Path == path || isTemporary(failure.Path)) {
		return failure.Err
	}
	if failure, ok := errors.AsType[*os.LinkError](err); ok {
		return failure.Err
	}
	return err
}

func isTemporary(path string) bool {
	return strings.HasPrefix(filepath.Base(path), temporaryPrefix) && strings.HasSuffix(path, temporarySuffix)
}

// advice is the next step for an error of the operating system.
func advice(err error) string {
	switch {
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only: choose a folder on another one"
	case errors.Is(err, fs.ErrPermission):
		return "get access to the folder and the file, or choose another folder"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "free some space on that file system, then run again"
	case errors.Is(err, syscall.ENOTDIR):
		return "a file stands where a folder is needed: move it away, or choose another folder"
	case errors.Is(err, errNotRegular):
		return "name a file: what stands there now must not be replaced"
	case errors.Is(err, errLink):
		return "name the file that it leads to, or put that file in its place"
	case errors.Is(err, syscall.EISDIR):
		return "a folder stands where a file is needed: move it away, or choose another name"
	case errors.Is(err, fs.ErrNotExist):
		return "make the folder first, or choose another one"
	default:
		return "check the folder and its file system, then run again"
	}
}

// DamagedError is a record that is not as this program writes it.
type DamagedError struct {
	File   string
	Line   int // counts from 1
	Reason string
	Hint   string
}

// Error is "FILE:LINE: reason".
func (e *DamagedError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason) }

// Fault is the error as documents show it.
func (e *DamagedError) Fault() resource.Fault {
	return resource.Fault{Code: "damaged_record", Message: e.Error(), Hint: e.Hint}
}
