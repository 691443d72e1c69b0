package store

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
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

// Folder is a folder right below the project's. Nothing is made before
// [Folder.Make].
func (p *ProjectState) Folder(name string) Folder {
	return Folder{dir: filepath.Join(p.dir, segment(name)), modes: p.modes, state: true}
}

// Elsewhere is a folder at any place, with the modes of this store.
func (s *Store) Elsewhere(dir string) Folder { return Folder{dir: dir, modes: s.modes} }

// Public is a folder at any place whose files are for everybody to read, such as
// those of a repository: folders are made with mode 0755, files with 0644, in a
// shared store with 2775 and 0664.
func (s *Store) Public(dir string) Folder {
	m := s.modes
	m.folder, m.file = m.folder|0o055, m.file|0o044
	return Folder{dir: dir, modes: m}
}

// Folder is a folder right below this one. The name may be any text: different
// ones never share a folder, and none leads out of this one.
func (f Folder) Folder(name string) Folder {
	return Folder{dir: filepath.Join(f.dir, segment(name)), modes: f.modes, state: f.state}
}

// Folders lists the folders in this one, sorted by their names on disk; links
// are not among them. A folder that is not there has none. The error is a
// *[FileError].
func (f Folder) Folders() ([]Folder, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, f.fail("read the folder", f.dir, err)
	}
	var folders []Folder
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, Folder{dir: f.Path(entry.Name()), modes: f.modes, state: f.state})
		}
	}
	return folders, nil
}

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
	file, err := f.modes.openNoFollow(f.Path(name))
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

// ReplaceFrom is [Folder.Replace] for data that need not be in memory at once:
// write is called at most once and writes them. Its error is the cause of the
// *[FileError].
func (f Folder) ReplaceFrom(name string, write func(io.Writer) error) error {
	if err := replaceFrom(f.Path(name), write, f.modes.file); err != nil {
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

// CreateFrom is [Folder.Create] for data that need not be in memory at once:
// write is called at most once and writes them. Its error is the cause of the
// *[FileError].
func (f Folder) CreateFrom(name string, write func(io.Writer) error) error {
	if err := createFrom(f.Path(name), write, f.modes.file); err != nil {
		return f.fail("write", f.Path(name), err)
	}
	return nil
}

// Open opens a file of the folder for reading. What is no regular file is
// refused, a link included: nobody is led elsewhere, and nobody waits for the
// other end of a pipe. The error is a *[FileError].
func (f Folder) Open(name string) (*os.File, error) {
	file, err := openRegular(f.Path(name), os.O_RDONLY, 0)
	if errors.Is(err, syscall.EISDIR) {
		err = errNotRegular
	}
	if err != nil {
		return nil, f.fail("read", f.Path(name), err)
	}
	return file, nil
}

// Files lists the regular files of the folder, sorted by name; temporary files,
// folders and links are not among them. A folder that is not there has none. The
// error is a *[FileError].
func (f Folder) Files() ([]fs.FileInfo, error) {
	return f.regular(func(name string) bool { return !isTemporary(name) })
}

// Others lists the names of what is no regular file in the folder, sorted: folders,
// links, pipes. A folder that is not there has none. The error is a *[FileError].
func (f Folder) Others() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, f.fail("read the folder", f.dir, err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Remove removes a file of the folder, durably. Where there is none the error
// matches [fs.ErrNotExist]. The error is a *[FileError].
func (f Folder) Remove(name string) error {
	err := os.Remove(f.Path(name))
	if err == nil {
		err = platform.SyncFolder(f.dir)
	}
	if err != nil {
		return f.fail("remove", f.Path(name), err)
	}
	return nil
}

// Tidy removes the temporary files that were last written before the given time,
// the rests of killed processes. The error is a *[FileError].
func (f Folder) Tidy(before time.Time) error {
	files, err := f.regular(isTemporary)
	if err != nil {
		return err
	}
	for _, file := range files {
		if !file.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(f.Path(file.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return f.fail("remove", f.Path(file.Name()), err)
		}
	}
	return nil
}

// regular lists the regular files whose names are wanted, sorted by name.
func (f Folder) regular(wanted func(name string) bool) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, f.fail("read the folder", f.dir, err)
	}
	var files []fs.FileInfo
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !wanted(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody has just removed it
		}
		if err != nil {
			return nil, f.fail("read the folder", f.dir, err)
		}
		files = append(files, info)
	}
	return files, nil
}

func (f Folder) fail(op, path string, err error) error {
	return &FileError{Op: op, Path: path, Err: err, state: f.state}
}

// create is [createFrom] for data in memory.
func create(path string, data []byte, perm fs.FileMode) error {
	return createFrom(path, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	}, perm)
}

// createFrom writes a temporary file and gives it its name only if nobody has that
// name: a link is made by one process only, also on a network file system.
func createFrom(path string, write func(io.Writer) error, perm fs.FileMode) error {
	if _, err := os.Lstat(path); err == nil { // the usual case; the link below decides
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	folder := filepath.Dir(path)
	temporary, err := os.CreateTemp(folder, temporaryPrefix+"*"+temporarySuffix)
	if err != nil {
		return err
	}
	if err := fillFrom(temporary, write, perm); err != nil {
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
	return platform.SyncFolder(folder)
}

// fillFrom writes, and closes the file in any case.
func fillFrom(file *os.File, write func(io.Writer) error, perm fs.FileMode) error {
	out := bufio.NewWriterSize(file, 1<<16)
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return fill(file, nil, perm)
}

func sameFile(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}
