package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	path   string
	there  bool // it exists
	mode   fs.FileMode
	before []byte
	after  []byte

	first *yamledit.File // of a configuration file: as it was read, for positions
	now   *yamledit.File // and as it is to be
}

func (e *fileEdit) changed() bool { return !e.there || !bytes.Equal(e.before, e.after) }

// open reads a file that is to be edited. A link is followed, so that the file that
// it leads to is the one that changes.
func (e *fileEdits) open(path string) (*fileEdit, error) {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if at := slices.IndexFunc(e.files, func(f *fileEdit) bool { return f.path == path }); at >= 0 {
		return e.files[at], nil
	}
	file := &fileEdit{path: path, mode: newFileMode}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("edit a file: %w", err)
	case !info.Mode().IsRegular():
		return nil, refusedError("not_editable", e.app.shown(path)+" is no regular file, and is not replaced", "name another file in the overlay of the environment")
	default:
		file.there, file.mode = true, info.Mode().Perm()
		if file.before, err = readFlowText(path); err != nil {
			return nil, fmt.Errorf("read %s: %w", e.app.shown(path), err)
		}
		file.after = file.before
	}
	e.files = append(e.files, file)
	return file, nil
}

// put replaces a whole file, which is made where there is none.
func (e *fileEdits) put(path string, text []byte) (*fileEdit, error) {
	file, err := e.open(path)
	if err != nil {
		return nil, err
	}
	file.after = text
	return file, nil
}

// configuration opens a file of the configuration at the place of one of its
// mappings, and gives the path of that.
func (e *fileEdits) configuration(at resource.Position) (*fileEdit, yamledit.Path, error) {
	file, err := e.open(e.app.absolute(at.File))
	if err != nil {
		return nil, nil, err
	}
	if file.now == nil {
		syntax := yamledit.YAML
		if strings.EqualFold(filepath.Ext(file.path), ".json") {
			syntax = yamledit.JSON
		}
		if file.now, err = yamledit.Parse(file.after, syntax); err != nil {
			return nil, nil, e.refused(at.File, err)
		}
		file.first = file.now
	}
	path, found := file.first.Find(at.Line, at.Column)
	if !found {
		return nil, nil, refusedError("not_editable", fmt.Sprintf("nothing was written: there is no entry at %s any more", at), "has the file changed meanwhile? run the command again")
	}
	return file, path, nil
}

// edit takes the result of one edit over.
func (e *fileEdits) edit(file *fileEdit, changed *yamledit.File, err error) error {
	if err != nil {
		return e.refused(e.app.shown(file.path), err)
	}
	file.now, file.after = changed, changed.Text()
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

// write puts all files in place, those that others name first. When one fails, or
// when check does not like the result, the others are as they were before.
func (e *fileEdits) write(check func() error) error {
	var done []*fileEdit
	err := func() error {
		for _, configuration := range []bool{false, true} {
			for _, file := range e.files {
				if !file.changed() || (file.now != nil) != configuration {
					continue
				}
				if err := os.MkdirAll(filepath.Dir(file.path), 0o755); err != nil { //nolint:gosec // as every folder of a repository
					return err
				}
				done = append(done, file)
				if err := store.WriteFile(file.path, file.after, file.mode); err != nil {
					return err
				}
			}
		}
		return check()
	}()
	if err == nil {
		return nil
	}
	for _, file := range slices.Backward(done) {
		back := os.Remove
		if file.there {
			back = func(path string) error { return store.WriteFile(path, file.before, file.mode) }
		}
		if failure := back(file.path); failure != nil && !errors.Is(failure, fs.ErrNotExist) {
			err = fmt.Errorf("%w; and %s could not be put back: %w", err, e.app.shown(file.path), failure)
		}
	}
	return err
}

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
