package applied

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// kindApplied is what the header says that the file is.
const kindApplied = "applied"

// loaded is the file as somebody found it.
type loaded struct {
	exists bool
	header []byte
	lines  []found // sorted by address, each address once
}

// found is one line that carries the digest of its content.
type found struct {
	address resource.Address
	text    []byte
	number  int // in the file, from 1
}

// load reads the file and checks it. What git has merged may have lines in another
// order, a header for each branch, and an object twice: the later one counts.
func (r *Records) load() (loaded, error) {
	content, err := r.content()
	if err != nil || content == nil {
		return loaded{}, err
	}
	all := loaded{exists: true, lines: make([]found, 0, bytes.Count(content, []byte{'\n'}))}
	sorted := true
	for number := 1; len(content) > 0; number++ {
		var text []byte
		text, content, _ = bytes.Cut(content, []byte{'\n'})
		text = bytes.TrimSuffix(text, []byte{'\r'}) // git can be told to write such ends
		if len(text) == 0 {
			continue
		}
		if isHeader(text) || number == 1 {
			if err := r.checkHeader(number, text); err != nil {
				return loaded{}, err
			}
			if all.header == nil {
				all.header = text
			}
			continue
		}
		one, err := r.look(number, text)
		if err != nil {
			return loaded{}, err
		}
		sorted = sorted && (len(all.lines) == 0 || all.lines[len(all.lines)-1].address < one.address)
		all.lines = append(all.lines, one)
	}
	if all.header == nil {
		return loaded{}, r.damaged(1, "it is empty")
	}
	if !sorted {
		all.lines, err = r.settle(all.lines)
	}
	return all, err
}

// content is the text of the file; nil where there is none.
func (r *Records) content() ([]byte, error) {
	file, err := r.options.Folder.Open(linesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	content, err := readAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, &store.FileError{Op: "read", Path: r.Path(), Err: err}
	}
	return content, nil
}

// readAll reads a file into one piece of memory of the right size.
func readAll(file *os.File) ([]byte, error) {
	content := bytes.NewBuffer(make([]byte, 0, bytes.MinRead))
	if info, err := file.Stat(); err == nil {
		content.Grow(int(info.Size()) + bytes.MinRead)
	}
	_, err := content.ReadFrom(io.Reader(file))
	return content.Bytes(), err
}

// look checks one line as far as it has to be for everybody who reads the file.
func (r *Records) look(number int, text []byte) (found, error) {
	if isConflict(text) {
		return found{}, r.damaged(number, "git has left a conflict in it")
	}
	if !isSealed(text) {
		return found{}, r.damaged(number, "the line does not have the digest that it names: it was cut or changed")
	}
	address, err := addressOf(text)
	if err != nil {
		return found{}, r.damaged(number, err.Error())
	}
	return found{address: address, text: text, number: number}, nil
}

// isConflict reports whether git has marked a line as the edge of a conflict.
func isConflict(text []byte) bool {
	for _, mark := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// settle sorts lines, and takes the latest where several are about one object.
func (r *Records) settle(lines []found) ([]found, error) {
	slices.SortStableFunc(lines, func(a, b found) int { return cmp.Compare(a.address, b.address) })
	settled := lines[:0]
	for _, one := range lines {
		last := len(settled) - 1
		if last < 0 || settled[last].address != one.address {
			settled = append(settled, one)
			continue
		}
		before, err := parseLine(settled[last].text)
		if err != nil {
			return nil, r.damaged(settled[last].number, err.Error())
		}
		after, err := parseLine(one.text)
		if err != nil {
			return nil, r.damaged(one.number, err.Error())
		}
		if cmp.Or(after.At.Compare(before.At), bytes.Compare(one.text, settled[last].text)) > 0 {
			settled[last] = one
		}
	}
	return settled, nil
}

// newHeader is the first line of the file.
func (r *Records) newHeader() []byte {
	return []byte(`{"format_version":"` + format + `","kind":"` + kindApplied + `","host":` + string(resource.StringValue(r.options.Host)) +
		`,"project_id":` + string(resource.StringValue(r.options.ProjectID)) + `}`)
}

func isHeader(text []byte) bool { return bytes.HasPrefix(text, []byte(`{"format_version":`)) }

func (r *Records) checkHeader(number int, text []byte) error {
	if isConflict(text) {
		return r.damaged(number, "git has left a conflict in it")
	}
	header, err := resource.ParseValue(text)
	if err != nil {
		return r.damaged(number, "the header is damaged: "+err.Error())
	}
	said := func(key string) string { text, _ := header.Get(key).AsString(); return text }
	if major, _, _ := strings.Cut(said("format_version"), "."); major != "1" {
		return r.newer(said("format_version"))
	}
	switch {
	case said("kind") != kindApplied:
		return r.damaged(number, "the first line does not say that it is a record of what was applied")
	case said("host") != cleaned(r.options.Host) || said("project_id") != cleaned(r.options.ProjectID):
		return r.damaged(number, fmt.Sprintf("it is the record of the project %q on %q", said("project_id"), said("host")))
	}
	return nil
}

// cleaned is a text as a line gives it back.
func cleaned(text string) string {
	text, _ = resource.StringValue(text).AsString()
	return text
}
