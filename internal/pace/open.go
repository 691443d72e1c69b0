package pace

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// errLink is a book in whose place somebody has put a link.
var errLink = errors.New("it is a symbolic link, which is not followed here")

// openBook opens the file of a book. What is no regular file is refused: nobody is
// led elsewhere by a link, and nobody waits for the other end of a pipe. The file
// that was opened decides. No more than its two banks is ever read of it.
func openBook(path string, flags int) (*os.File, error) {
	file, err := platform.OpenNoFollow(path, flags, 0o600)
	if err != nil {
		return nil, withoutLinks(path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		reason := errors.New("it is not a regular file")
		if info.IsDir() {
			reason = syscall.EISDIR
		}
		err = &fs.PathError{Op: "open", Path: path, Err: reason}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// withoutLinks says in words that a link was not followed.
func withoutLinks(path string, err error) error {
	if errors.Is(err, syscall.ELOOP) {
		return &fs.PathError{Op: "open", Path: path, Err: errLink}
	}
	return err
}
