package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Folder is a folder in which another package keeps records of its own, with
// the modes that this store gives to all of its files.
type Folder struct {
	dir   string
	modes modes
	state bool // it lies in the state folder, which the user can move
}

// Folder is a folder right below the state folder. Nothing is made before
// [Folder.Make].
func (s *Store) Folder(name string) Folder {
	return Folder{dir: filepath.Join(s.dir, segment(name)), modes: s.modes, state: true}
}

// Elsewhere is a folder at any place, with the modes of this store.
func (s *Store) Elsewhere(dir string) Folder { return Folder{dir: dir, modes: s.modes} }

// Dir is the folder's path.
func (f Folder) Dir() string { return f.dir }

// Path is the path of a file in the folder.
func (f Folder) Path(name string) string { return filepath.Join(f.dir, name) }

// Make makes the folder and what is missing above it, durably. The error is a
// *[FileError].
func (f Folder) Make() error {
	if err := f.modes.makeFolder(f.dir); err != nil {
		return f.fail("make the folder", f.dir, err)
	}
	return nil
}

// Append opens a file of the folder for reading and for writing at its end, and
// makes it where there is none. The error is a *[FileError].
func (f Folder) Append(name string) (*os.File, error) {
	file, err := f.modes.open(f.Path(name), syscall.O_NOFOLLOW)
	if err != nil {
		return nil, f.fail("open", f.Path(name), err)
	}
	return file, nil
}

// Replace puts a whole file in place of whatever had the name before, as
// [WriteFile] does. The error is a *[FileError].
func (f Folder) Replace(name string, data []byte) error {
	if err := replace(f.Path(name), data, f.modes.file); err != nil {
		return f.fail("write", f.Path(name), err)
	}
	return nil
}

// Create makes a file, whole or not at all, if nothing has its name; a symbolic
// link has it too, wherever it leads. Where the name is taken the error matches
// [fs.ErrExist]. The data are on disk when Create returns nil. The error is a
// *[FileError].
func (f Folder) Create(name string, data []byte) error {
	if err := create(f.Path(name), data, f.modes.file); err != nil {
		return f.fail("write", f.Path(name), err)
	}
	return nil
}

func (f Folder) fail(op, path string, err error) error {
	return &FileError{Op: op, Path: path, Err: err, state: f.state}
}

// create writes a temporary file and gives it its name only if nobody has that
// name: a link is made by one process only, also on a network file system.
func create(path string, data []byte, perm fs.FileMode) error {
	folder := filepath.Dir(path)
	temporary, err := os.CreateTemp(folder, temporaryPrefix+"*"+temporarySuffix)
	if err != nil {
		return err
	}
	if err := fill(temporary, data, perm); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	err = os.Link(temporary.Name(), path)
	if err != nil && sameFile(temporary.Name(), path) {
		err = nil // a network file system that lost its answer says "exists" to the repeated question
	}
	if removal := os.Remove(temporary.Name()); err == nil {
		err = removal
	}
	if err != nil {
		return err
	}
	return syncFolder(folder)
}

func sameFile(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}
