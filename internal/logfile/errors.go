package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// FileError is a log file that could not be opened, written or rotated. Its text
// names the path and the cause; [FileError.Fault] also says what to do.
type FileError struct {
	Op   string // what was tried, such as "write"
	Path string
	Err  error
}

var (
	errNotRegular = errors.New("not a regular file")
	errLink       = errors.New("a symbolic link")
)

// Error is "cannot OP the log PATH: cause".
func (e *FileError) Error() string {
	return fmt.Sprintf("cannot %s the log %s: %v", e.Op, e.Path, bare(e.Err))
}

// Unwrap is the operating system's error.
func (e *FileError) Unwrap() error { return e.Err }

// Fault is the error as documents show it.
func (e *FileError) Fault() resource.Fault {
	return resource.Fault{Code: "file", Message: e.Error(), Hint: advice(e.Err)}
}

// bare leaves out of an operating system's error what the sentence says already.
func bare(err error) error {
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		return failure.Err
	}
	return err
}

// advice is the next step for an error of the operating system.
func advice(err error) string {
	switch {
	case errors.Is(err, errLink), errors.Is(err, errNotRegular), errors.Is(err, syscall.EISDIR):
		return "name a file that is one itself, or that does not exist yet"
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only: choose a folder on another one"
	case errors.Is(err, fs.ErrPermission):
		return "get access to the folder and the file, or choose another folder"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "free some space on that file system"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrNotExist):
		return "make the folder first, or choose another one"
	default:
		return "check the folder and its file system"
	}
}
