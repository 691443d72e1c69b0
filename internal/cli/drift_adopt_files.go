package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// editedFile is a file that is to be written, as it was read and as it will be.
type editedFile struct {
	name   string // as messages show it
	path   string // absolute, and no link
	before []byte // nil for a new file
	mode   fs.FileMode
	text   []byte // of a file that is replaced as a whole
	// Of a file of the configuration: as it was read, and as it will be.
	original, parsed *yamledit.File
}

// after is the text that is to be written.
func (f *editedFile) after() []byte {
	if f.parsed != nil {
		return f.parsed.Text()
	}
	return f.text
}

// editedFiles are all files of a command that edits, in the order in which they are
// written. Nothing is written before all edits are prepared.
type editedFiles struct {
	app  *App
	list []*editedFile
}

// open gives a file of the configuration, which is read once.
func (e *editedFiles) open(name string) (*editedFile, error) {
	path, err := filepath.EvalSymlinks(e.app.absolute(name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if known := e.find(path); known != nil {
		return known, nil
	}
	file, err := readEdited(name, path)
	if err != nil {
		return nil, err
	}
	if file.parsed, err = yamledit.Parse(file.before, syntaxOf(path)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file.original = file.parsed
	e.list = append(e.list, file)
	return file, nil
}

func readEdited(name, path string) (*editedFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a regular file", name)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return &editedFile{name: name, path: path, before: before, mode: info.Mode().Perm()}, nil
}

func (e *editedFiles) find(path string) *editedFile {
	for _, file := range e.list {
		if file.path == path {
			return file
		}
	}
	return nil
}

// at gives the value at a position of the configuration.
func (e *editedFiles) at(position resource.Position) (*editedFile, yamledit.Path, error) {
	file, err := e.open(position.File)
	if err != nil {
		return nil, nil, err
	}
	path, found := file.original.Find(position.Line, position.Column)
	if !found {
		return nil, nil, &failure{status: StatusRefused, code: "file_changed", message: position.String() + " is not what it was when the configuration was read", hint: "run the command again"}
	}
	return file, path, nil
}

func syntaxOf(path string) yamledit.Syntax {
	if strings.EqualFold(filepath.Ext(path), ".json") {
		return yamledit.JSON
	}
	return yamledit.YAML
}

// replace puts a whole file in place, which may be a new one. Like is the file whose
// mode a new one takes over.
func (e *editedFiles) replace(path string, text []byte, like *editedFile) (*editedFile, error) {
	name := path
	if relative, err := filepath.Rel(e.app.WorkDir, path); err == nil && filepath.IsLocal(relative) {
		name = relative
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	if known := e.find(path); known != nil {
		known.text = text
		return known, nil
	}
	file := &editedFile{name: name, path: path, mode: like.mode}
	if _, err := os.Lstat(path); err == nil {
		if file, err = readEdited(name, path); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	file.text = text
	e.list = append(e.list, file)
	return file, nil
}

// replaced are the texts as they will be, by path.
func (e *editedFiles) replaced() map[string][]byte {
	texts := make(map[string][]byte, len(e.list))
	for _, file := range e.list {
		texts[file.path], texts[e.app.absolute(file.name)] = file.after(), file.after() // the second may be a link
	}
	return texts
}

// changed are the files that will not be as they were.
func (e *editedFiles) changed() []*editedFile {
	var list []*editedFile
	for _, file := range e.list {
		if file.before == nil || !bytes.Equal(file.before, file.after()) {
			list = append(list, file)
		}
	}
	return list
}

// write writes all files, each whole or not at all; those of flows first, because
// the configuration names them. A file that has changed since it was read stops
// everything. When one cannot be written, those before it get their old text back.
func (e *editedFiles) write() error {
	files := e.changed()
	for _, file := range files {
		if err := file.unchanged(); err != nil {
			return err
		}
	}
	var ordered []*editedFile
	for _, parsed := range []bool{false, true} {
		for _, file := range files {
			if (file.parsed != nil) == parsed {
				ordered = append(ordered, file)
			}
		}
	}
	for i, file := range ordered {
		err := os.MkdirAll(filepath.Dir(file.path), folderMode(file.mode))
		if err == nil {
			err = store.WriteFile(file.path, file.after(), file.mode)
		}
		if err != nil {
			return errors.Join(err, undoWrites(ordered[:i]))
		}
	}
	return nil
}

func (f *editedFile) unchanged() error {
	now, err := os.ReadFile(f.path)
	missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
	if f.before == nil && missing || err == nil && f.before != nil && bytes.Equal(now, f.before) {
		return nil
	}
	return refusedError("file_changed", f.name+" has changed while the command ran", "nothing was written; run it again")
}

func undoWrites(files []*editedFile) error {
	var failures []error
	for _, file := range files {
		if file.before == nil {
			failures = append(failures, os.Remove(file.path))
			continue
		}
		failures = append(failures, store.WriteFile(file.path, file.before, file.mode))
	}
	return errors.Join(failures...)
}

// folderMode is the mode of a folder for files of a mode: who may read those may
// enter it.
func folderMode(mode fs.FileMode) fs.FileMode { return mode | 0o700 | mode&0o444>>2 }
