package applied

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// write brings a revision to disk: the documents first, then the lines, and at last
// what nobody names any more goes.
func (r *Records) write(next revision, at time.Time) error {
	if err := r.options.Folder.Make(); err != nil {
		return err
	}
	if err := r.checkFolders(); err != nil {
		return err
	}
	for _, digest := range slices.Sorted(maps.Keys(next.documents)) {
		if err := r.keep(digest, next.documents[digest]); err != nil {
			return err
		}
	}
	named := map[string]bool{}
	err := r.options.Folder.ReplaceFrom(linesFile, func(out io.Writer) error { return next.writeTo(out, r.newHeader(), named) })
	if err != nil {
		return err
	}
	return r.tidy(named, at)
}

// writeTo writes all lines, sorted, and notes the digests that they name.
func (n revision) writeTo(to io.Writer, header []byte, named map[string]bool) error {
	out := bufio.NewWriterSize(to, 1<<16)
	put := func(text []byte) {
		_, _ = out.Write(text) // its error comes back from the flush
		_ = out.WriteByte('\n')
	}
	if n.before.header != nil {
		header = n.before.header
	}
	put(header)
	fresh := slices.Sorted(maps.Keys(n.lines))
	old := n.before.lines
	for len(fresh)+len(old) > 0 {
		var text []byte
		switch {
		case len(fresh) == 0 || len(old) > 0 && old[0].address < fresh[0]:
			text, old = old[0].text, old[1:]
		default:
			if len(old) > 0 && old[0].address == fresh[0] {
				old = old[1:]
			}
			text, fresh = n.lines[fresh[0]], fresh[1:]
		}
		if text == nil {
			continue // it goes
		}
		if digest := namedBy(text); digest != "" {
			named[digest] = true
		}
		put(text)
	}
	return out.Flush()
}

// namedBy is the digest of the document that a line names; empty for none.
func namedBy(text []byte) string {
	if !bytes.Contains(text, []byte(`"`+keyDocument+`":"`)) {
		return ""
	}
	parsed, err := parseLine(text)
	if err != nil {
		return "" // a reader will say so
	}
	return parsed.digest
}

// flows is the folder of the documents.
func (r *Records) flows() store.Folder { return r.options.Folder.Folder(flowsName) }

// checkFolders refuses links in place of the folders: the records may lie in a
// repository that somebody else has written, and files are removed here.
func (r *Records) checkFolders() error {
	for _, dir := range []string{r.options.Folder.Dir(), r.flows().Dir()} {
		info, err := os.Lstat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err != nil {
			return &store.FileError{Op: "use as a folder", Path: dir, Err: err}
		}
	}
	return nil
}

// keep writes a document, unless it is there already. One that is there and
// damaged is written again.
func (r *Records) keep(digest string, document resource.Value) error {
	if err := r.flows().Make(); err != nil {
		return err
	}
	err := r.flows().Create(fileOf(digest), []byte(document))
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := r.document(digest); err == nil {
		return nil
	}
	return r.flows().Replace(fileOf(digest), []byte(document))
}

// document reads a document and checks it.
func (r *Records) document(digest string) (resource.Value, error) {
	path := r.flows().Path(fileOf(digest))
	file, err := r.flows().Open(fileOf(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return resource.Absent, &goneError{missingDocument(path)}
	}
	if err != nil {
		return resource.Absent, err
	}
	text, err := readAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return resource.Absent, &store.FileError{Op: "read", Path: path, Err: err}
	}
	// What has the digest is what was written, and that was canonical.
	if document := resource.Value(text); document.Digest() == digest {
		return document, nil
	}
	return resource.Absent, damagedDocument(path, "its content has another digest than its name")
}

// tidy removes documents that no line names, and what killed processes have left.
func (r *Records) tidy(named map[string]bool, at time.Time) error {
	files, err := r.flows().Files()
	if err != nil {
		return err
	}
	for _, file := range files {
		digits, isDocument := strings.CutSuffix(file.Name(), ".json")
		if !isDocument || !isHex(digits) || named[digestPrefix+digits] {
			continue
		}
		if err := r.flows().Remove(file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(r.options.Folder.Tidy(at.Add(-restAge)), r.flows().Tidy(at.Add(-restAge)))
}

// fileOf is the file of the document that has the digest.
func fileOf(digest string) string { return strings.TrimPrefix(digest, digestPrefix) + ".json" }
