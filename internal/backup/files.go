package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// Files is the place where backups are kept. Implementations are safe for
// concurrent use, also by several processes.
type Files interface {
	// Create makes a file, whole and durable or not at all, of what write writes;
	// write is called at most once. Where the name is taken the error matches
	// [fs.ErrExist], and what has the name stays as it is.
	Create(ctx context.Context, name string, write func(io.Writer) error) error
	// Open opens a file for reading. Where there is none the error matches
	// [fs.ErrNotExist].
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// List names all files, sorted; a place that is not there yet has none. What has
	// the name of a backup and is no file is among them, and cannot be opened.
	List(ctx context.Context) ([]FileInfo, error)
	// Remove removes a file. Where there is none the error matches [fs.ErrNotExist].
	Remove(ctx context.Context, name string) error
	// Tidy removes what killed calls of Create left before the given time.
	Tidy(ctx context.Context, before time.Time) error
	// Path is where a file of that name is, for people.
	Path(name string) string
}

// FileInfo is one file of a place.
type FileInfo struct {
	Name string
	Size int64
}

// Directory keeps backups in a folder.
type Directory struct {
	folder store.Folder
}

var errCircle = errors.New("it is a link that leads in a circle")

// OpenDirectory names the folder; its files have the modes of the store. A
// symbolic link to a folder is followed now and never again; one that leads
// nowhere is an error, and so is a file. A folder that is not there is made when
// the first backup is saved.
func OpenDirectory(modes *store.Store, dir string) (Directory, error) {
	fail := func(err error) (Directory, error) {
		return Directory{}, &store.FileError{Op: "use the backup folder", Path: dir, Err: err}
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return fail(err)
	}
	if _, err := os.Lstat(absolute); errors.Is(err, fs.ErrNotExist) {
		return Directory{folder: modes.Elsewhere(absolute)}, nil
	}
	real, err := filepath.EvalSymlinks(absolute)
	if err != nil {
		if _, looked := os.Stat(absolute); errors.Is(looked, syscall.ELOOP) {
			err = errCircle
		}
		return fail(err)
	}
	info, err := os.Stat(real)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return fail(err)
	}
	return Directory{folder: modes.Elsewhere(real)}, nil
}

// Create implements [Files]. A link under the name counts as taken.
func (d Directory) Create(ctx context.Context, name string, write func(io.Writer) error) error {
	if err := checkBase(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.folder.Make(); err != nil {
		return err
	}
	return d.folder.CreateFrom(name, func(out io.Writer) error {
		return write(stoppableWriter{ctx, out})
	})
}

// Open implements [Files].
func (d Directory) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := checkBase(name); err != nil {
		return nil, err
	}
	file, err := d.folder.Open(name)
	if err != nil {
		return nil, err
	}
	return stoppableFile{ctx, file}, nil
}

// List implements [Files].
func (d Directory) List(context.Context) ([]FileInfo, error) {
	infos, err := d.folder.Files()
	if err != nil {
		return nil, err
	}
	files := make([]FileInfo, len(infos))
	for i, info := range infos {
		files[i] = FileInfo{Name: info.Name(), Size: info.Size()}
	}
	others, err := d.folder.Others()
	if err != nil {
		return nil, err
	}
	for _, name := range others {
		if _, ours := ParseName(name); ours {
			files = append(files, FileInfo{Name: name})
		}
	}
	slices.SortFunc(files, func(a, b FileInfo) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}

// Remove implements [Files].
func (d Directory) Remove(_ context.Context, name string) error {
	if err := checkBase(name); err != nil {
		return err
	}
	return d.folder.Remove(name)
}

// Tidy implements [Files].
func (d Directory) Tidy(_ context.Context, before time.Time) error { return d.folder.Tidy(before) }

// Path implements [Files]: an absolute path.
func (d Directory) Path(name string) string { return d.folder.Path(name) }

// checkBase keeps every file inside of the folder.
func checkBase(name string) error {
	if name != filepath.Base(name) || name == "." || name == ".." {
		return fmt.Errorf("%q is no name of a file", name)
	}
	return nil
}

// stoppableWriter writes until its context is done.
type stoppableWriter struct {
	ctx context.Context
	out io.Writer
}

func (s stoppableWriter) Write(text []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.out.Write(text)
}

// stoppableFile is read until its context is done.
type stoppableFile struct {
	ctx  context.Context
	file *os.File
}

func (s stoppableFile) Read(into []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.file.Read(into)
}

func (s stoppableFile) Close() error { return s.file.Close() }
