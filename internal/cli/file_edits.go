package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// newFileMode is the mode of a file that nobody has had before; what else may read
// it is the folder's affair, as with everything in a repository.
const newFileMode fs.FileMode = 0o644

// fileEdits are changes of configuration files and flows' files that are written
// together. Until then nothing on disk has changed.
type fileEdits struct {
	app   *App
	files []*fileEdit // in the order in which they were first named
}

// fileEdit is one file before and after.
type fileEdit struct {
	name   string // as messages show it
	path   string // absolute, and no link
	there  bool   // it exists
	mode   fs.FileMode
	before []byte
	after  []byte

	first *yamledit.File // of a configuration file: as it was read, for positions
	now   *yamledit.File // and as it is to be
}

func (e *fileEdit) changed() bool { return !e.there || !bytes.Equal(e.before, e.after) }

// take takes the result of an edit of a configuration file over.
func (e *fileEdit) take(edited *yamledit.File) { e.now, e.after = edited, edited.Text() }

// changed are the files that will not be as they were.
func (e *fileEdits) changed() []*fileEdit {
	var list []*fileEdit
	for _, file := range e.files {
		if file.changed() {
			list = append(list, file)
		}
	}
	return list
}

// replaced are the texts as they will be, by path.
func (e *fileEdits) replaced() map[string][]byte {
	texts := make(map[string][]byte, 2*len(e.files))
	for _, file := range e.files {
		texts[file.path], texts[e.app.absolute(file.name)] = file.after, file.after // the second may be a link
	}
	return texts
}

// open reads a file that is to be edited, or notes that there is none, under the name
// that messages show. A link is followed, so that the file that it leads to is the one
// that changes.
func (e *fileEdits) open(name string) (*fileEdit, error) {
	path := e.app.absolute(name)
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if at := slices.IndexFunc(e.files, func(f *fileEdit) bool { return f.path == path }); at >= 0 {
		return e.files[at], nil
	}
	file := &fileEdit{name: name, path: path, mode: newFileMode}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("edit a file: %w", err)
	case !info.Mode().IsRegular():
		return nil, refusedError("not_editable", name+" is no regular file, and is not replaced", "move it away, and run the command again")
	default:
		file.there, file.mode = true, info.Mode().Perm()
		if file.before, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("edit a file: %w", err)
		}
		file.after = file.before
	}
	e.files = append(e.files, file)
	return file, nil
}

// put replaces a whole file. One that is not there yet is made with the mode.
func (e *fileEdits) put(path string, text []byte, mode fs.FileMode) (*fileEdit, error) {
	file, err := e.open(e.app.shown(path))
	if err != nil {
		return nil, err
	}
	if !file.there {
		file.mode = mode
	}
	file.after = text
	return file, nil
}

// configuration opens a file of the configuration.
func (e *fileEdits) configuration(name string) (*fileEdit, error) {
	file, err := e.open(name)
	if err != nil || file.now != nil {
		return file, err
	}
	if file.now, err = yamledit.Parse(file.after, syntaxOf(file.path)); err != nil {
		return nil, e.refused(name, err)
	}
	file.first = file.now
	return file, nil
}

func syntaxOf(path string) yamledit.Syntax {
	if strings.EqualFold(filepath.Ext(path), ".json") {
		return yamledit.JSON
	}
	return yamledit.YAML
}

// at opens a file of the configuration at the place of one of its values, and gives
// the path of that.
func (e *fileEdits) at(position resource.Position) (*fileEdit, yamledit.Path, error) {
	file, err := e.configuration(position.File)
	if err != nil {
		return nil, nil, err
	}
	path, found := file.first.Find(position.Line, position.Column)
	if !found {
		return nil, nil, refusedError("file_changed", "nothing was written: "+position.String()+" is not what it was when the configuration was read", "run the command again")
	}
	return file, path, nil
}

// edit takes the result of one edit over.
func (e *fileEdits) edit(file *fileEdit, changed *yamledit.File, err error) error {
	if err != nil {
		return e.refused(file.name, err)
	}
	file.take(changed)
	return nil
}

// refused says which edit cannot be made, and where.
func (*fileEdits) refused(file string, err error) error {
	message := err.Error()
	if failure, ok := errors.AsType[*yamledit.Error](err); ok {
		message = fmt.Sprintf("%s:%d:%d: %s", file, failure.Line, failure.Column, failure.Message)
	}
	return &failure{
		status: StatusRefused, code: "not_editable", cause: err, message: "nothing was written: " + message, hint: "write this place by hand, and run the command again",
	}
}

// write puts all files in place, those that others name first, each whole or not at
// all. A file that has changed since it was read stops everything. When one fails, or
// when check, which may be nil, does not like the result, the others are as they were
// before.
func (e *fileEdits) write(check func() error) error {
	files := e.changed()
	for _, file := range files {
		if err := file.unchanged(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(files, func(a, b *fileEdit) int { return cmp.Compare(a.rank(), b.rank()) })
	var done []*fileEdit
	err := func() error {
		for _, file := range files {
			if err := file.unchanged(); err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(file.path), folderMode(file.mode)); err != nil {
				return err
			}
			done = append(done, file)
			if err := store.WriteFile(file.path, file.after, file.mode); err != nil {
				return err
			}
		}
		if check == nil {
			return nil
		}
		return check()
	}()
	if err == nil {
		return nil
	}
	for _, file := range slices.Backward(done) {
		if failure := file.putBack(); failure != nil && !errors.Is(failure, fs.ErrNotExist) {
			err = fmt.Errorf("%w; and %s could not be put back: %w", err, file.name, failure)
		}
	}
	return err
}

// rank is when a file is written: a configuration names the others.
func (e *fileEdit) rank() int {
	if e.now != nil {
		return 1
	}
	return 0
}

// putBack makes the file what it was before.
func (e *fileEdit) putBack() error {
	if !e.there {
		return os.Remove(e.path)
	}
	return store.WriteFile(e.path, e.before, e.mode)
}

// unchanged refuses to replace a file that is not what it was when it was read.
func (e *fileEdit) unchanged() error {
	now, err := os.ReadFile(e.path)
	missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
	if !e.there && missing || err == nil && e.there && bytes.Equal(now, e.before) {
		return nil
	}
	return refusedError("file_changed", e.name+" has changed while the command ran", "nothing was written; run it again")
}

// folderMode is the mode of a folder for files of a mode: who may read those may
// enter it.
func folderMode(mode fs.FileMode) fs.FileMode { return mode | 0o700 | mode&0o444>>2 }

// shown is a path as people write it: from the working folder, where it is below.
func (a *App) shown(path string) string {
	for _, folder := range []string{a.WorkDir, resolved(a.WorkDir)} {
		if relative, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(relative) {
			return filepath.ToSlash(relative)
		}
	}
	return path
}

// resolved is a path without links, as far as it exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent, name := filepath.Split(filepath.Clean(path))
	if parent == "" || parent == path {
		return path
	}
	return filepath.Join(resolved(filepath.Clean(parent)), name)
}

// isBelow reports whether a path, which need not exist, stays inside of a folder
// whatever links lead to.
func isBelow(folder, path string) bool {
	relative, err := filepath.Rel(resolved(folder), resolved(path))
	return err == nil && filepath.IsLocal(relative)
}

// leadsOut refuses a file that a link takes out of the folder: a repository can hold
// one, and must not choose where else on this machine something is written.
func leadsOut(folder, path, name string) error {
	if isBelow(folder, path) {
		return nil
	}
	return refusedError("leads_out", fmt.Sprintf("refused, nothing was written: %s leads out of %s", name, folder), "there is a link in its way: remove it, or put a folder in its place")
}

// sameMeaning reports whether two texts are the same flow.
func sameMeaning(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	first, errFirst := flow.Parse(a)
	second, errSecond := flow.Parse(b)
	if errFirst != nil || errSecond != nil {
		return false
	}
	one, _ := first.ToExport()
	other, _ := second.ToExport()
	return flow.Diff(one, other).IsEmpty()
}
