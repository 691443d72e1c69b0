package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// The name of a temporary file is a fixed part on both sides of a random one,
// so that what a killed process left can be told from everything else.
const (
	temporaryPrefix = ".descope-mgmt-"
	temporarySuffix = ".tmp"
)

var errNotRegular = errors.New("not a regular file")

var errLink = errors.New("it is a symbolic link, which is not followed here")

// WriteFile puts a whole file in place of whatever had the name before, with
// exactly the given mode. Whoever opens the name, at any moment and after any
// crash, sees the old content or the new one. The folder must exist, and the
// data are on disk when WriteFile returns nil.
//
// A symbolic link at the name is replaced and not followed. A folder, device,
// pipe or socket at the name, or at the end of such a link, is refused: root
// must not be able to replace /dev/null by a file. A process that is
// killed on the way may leave a hidden temporary file (mode 0600) in the folder;
// a failure leaves none. Errors are of type *[FileError].
func WriteFile(path string, data []byte, perm fs.FileMode) error {
	if err := replace(path, data, perm); err != nil {
		return &FileError{Op: "write", Path: path, Err: err}
	}
	return nil
}

func replace(path string, data []byte, perm fs.FileMode) error {
	return replaceFrom(path, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	}, perm)
}

func replaceFrom(path string, write func(io.Writer) error, perm fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return syscall.EISDIR
	} else if err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	folder := filepath.Dir(path)
	temporary, err := os.CreateTemp(folder, temporaryPrefix+"*"+temporarySuffix) // mode 0600
	if err != nil {
		return err
	}
	if err := fillFrom(temporary, write, perm); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return platform.SyncFolder(folder)
}

// fill writes, and closes the file in any case.
func fill(file *os.File, data []byte, perm fs.FileMode) error {
	_, err := file.Write(data)
	if err == nil {
		err = file.Chmod(perm)
	}
	if err == nil {
		err = file.Sync()
	}
	// Network file systems report a failed write as late as here.
	return errors.Join(err, file.Close())
}
