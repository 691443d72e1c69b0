package store

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// modes are the modes of the folders and files that a store makes.
type modes struct {
	folder, file fs.FileMode
	shared       bool // exactly these, whatever the umask is
}

// makeFolder makes a folder and what is missing above it, durably.
func (m modes) makeFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := m.makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, m.folder.Perm()); err != nil {
		if info, failure := os.Stat(path); failure == nil && info.IsDir() {
			return nil // somebody else was faster
		}
		return err
	}
	if m.shared {
		if err := platform.ChmodFolder(path, m.folder); err != nil {
			return err
		}
	}
	return platform.SyncFolder(parent)
}

// open opens a file for appending and reading, and makes it where there is none.
// What is no regular file is refused, a link included: in a folder that a team
// shares, nobody must be able to have others write somewhere else.
func (m modes) open(path string, flags int) (*os.File, error) {
	file, err := openRegular(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|flags, m.file)
	return m.share(file, err)
}

// openNoFollow is open that refuses a symbolic link and nothing else.
func (m modes) openNoFollow(path string) (*os.File, error) {
	file, err := platform.OpenNoFollow(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, m.file)
	return m.share(file, err)
}

// openRegular opens a regular file. Nobody is led elsewhere by a link, and nobody
// waits for the other end of a pipe. The file that was opened decides.
func openRegular(path string, flags int, perm fs.FileMode) (*os.File, error) {
	file, err := platform.OpenNoFollow(path, flags, perm)
	if errors.Is(err, syscall.ELOOP) {
		return nil, errLink
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	switch {
	case err == nil && info.IsDir():
		err = syscall.EISDIR
	case err == nil && !info.Mode().IsRegular():
		err = errNotRegular
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// readRegular reads a regular file as a whole.
func readRegular(path string) ([]byte, error) { return readStartOf(path, math.MaxInt64) }

// readStartOf reads no more than so many bytes of a regular file.
func readStartOf(path string, most int64) ([]byte, error) {
	file, err := openRegular(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, most))
	return content, errors.Join(err, file.Close())
}

// share gives a file that was opened the modes of a shared store. Only its owner
// can do this. A file with less than these modes that belongs to somebody else is
// that person's own decision.
func (m modes) share(file *os.File, err error) (*os.File, error) {
	if err == nil && m.shared {
		_ = file.Chmod(m.file)
	}
	return file, err
}
