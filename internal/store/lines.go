package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// tornMark ends a line that a killed process or a full disk has left
// unfinished. Without it such a rest would be damage once another line follows.
// No JSON object ends like this.
const tornMark = "#torn"

// AppendLine adds a record as one line of JSON at the end of a file of the
// folder, with one write, so that several processes may do it at once. A line is
// there as a whole or not at all, and on disk when AppendLine returns nil. The
// error is a *[FileError].
func (f Folder) AppendLine(name string, record any) error {
	path := f.Path(name)
	_, err := os.Lstat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err = f.modes.appendLine(path, record, true); err == nil && isNew {
		err = platform.SyncFolder(f.dir)
	}
	if err != nil {
		return f.fail("write", path, err)
	}
	return nil
}

// EachLine calls read for every whole line of such a file, with its number from
// 1; what a killed process has left of a line is passed over. A file that is not
// there has no lines. It stops at the first error and returns it; other errors
// are a *[FileError].
func (f Folder) EachLine(name string, read func(number int, line []byte) error) error {
	file, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return f.fail("read", f.Path(name), err)
	}
	return eachLine(content, read)
}

// appendLine adds a record with one write, which the system puts behind those
// of all other processes. The rest of a torn line gets its mark in the same
// write; where that is cut short too, the next one marks it again.
func (m modes) appendLine(path string, record any, durable bool) error {
	file, err := m.open(path, 0)
	if err != nil {
		return err
	}
	torn, err := endsTorn(file)
	if err == nil {
		var line []byte
		if line, err = encodeLine(record); err == nil {
			if torn {
				line = append([]byte(tornMark+"\n"), line...)
			}
			_, err = file.Write(line)
		}
	}
	if err == nil && durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// encodeLine is one record as a line with its end.
func encodeLine(record any) ([]byte, error) {
	line, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}

// endsTorn reports whether the file ends in the middle of a line.
func endsTorn(file *os.File) (bool, error) {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// eachLine calls read for every whole line, with its number; a last line that
// was not written to its end, and lines that are marked as torn, are passed
// over. It stops at the first error.
func eachLine(content []byte, read func(number int, line []byte) error) error {
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(content, []byte{'\n'})
		if !whole {
			return nil
		}
		content = rest
		if bytes.HasSuffix(line, []byte(tornMark)) {
			continue
		}
		if err := read(number, line); err != nil {
			return err
		}
	}
}
