//go:build unix

package platform

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// NoFollow are flags of [os.OpenFile] that refuse a symbolic link at the end of a
// path, and do not wait for the other end of a pipe.
const NoFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// OpenNoFollow is [os.OpenFile] that refuses a symbolic link at the end of the
// path: its error then matches [syscall.ELOOP]. It does not wait for the other
// end of a pipe.
func OpenNoFollow(path string, flag int, perm fs.FileMode) (*os.File, error) {
	file, err := os.OpenFile(path, flag|NoFollow, perm)
	if errors.Is(err, syscall.EMLINK) { // what FreeBSD says
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
	}
	return file, err
}

// SyncFolder makes new names in a folder durable. File systems that cannot do
// that for folders say so with EINVAL or ENOTSUP, and there is nothing more to be
// done on them.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

// ChmodFolder gives a folder exactly the mode. A symbolic link that stands in its
// place is refused, so that the mode is not given to the folder that it leads to.
func ChmodFolder(path string, mode fs.FileMode) error {
	folder, err := OpenNoFollow(path, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	return errors.Join(folder.Chmod(mode), folder.Close())
}
