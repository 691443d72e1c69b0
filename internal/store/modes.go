package store

import (
	"io/fs"
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
		if err := os.Chmod(path, m.folder); err != nil {
			return err
		}
	}
	return platform.SyncFolder(parent)
}

// open opens a file for appending and reading, and makes it where there is none.
func (m modes) open(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|flags, m.file)
	return m.share(file, err)
}

// openNoFollow is open that refuses a symbolic link.
func (m modes) openNoFollow(path string) (*os.File, error) {
	file, err := platform.OpenNoFollow(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, m.file)
	return m.share(file, err)
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
