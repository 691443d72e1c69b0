package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// maxSnapshotFiles is how many files a snapshot folder may have.
const maxSnapshotFiles = 1000

// readFile is a flow's file that was read already, and what came of it.
type readFile struct {
	document flow.Document
	err      error
}

// flowFile reads an exported flow below a folder. Several entries may name the same
// file; it is read once, if that was not done beforehand.
func (l *loader) flowFile(folder, name string, read *readFile) (flow.Document, error) {
	key := flowFileKey(folder, name)
	if known, found := l.flowFiles[key]; found {
		return known.document, known.err
	}
	if read == nil {
		read = l.readFlowFile(folder, name)
	}
	d, err := read.document, read.err
	if d.Shape() != 0 {
		l.fileBytes += len(d.Value())
	}
	if l.fileBytes > l.flowLimit {
		d, err = flow.Document{}, fmt.Errorf("the files of all flows have more than %d MiB together", maxFlowBytes>>20)
	}
	l.flowFiles[key] = readFile{d, err}
	return d, err
}

func flowFileKey(folder, name string) string { return folder + "\x00" + name }

// readFlowFile needs nothing of the loader that changes.
func (l *loader) readFlowFile(folder, name string) *readFile {
	document, err := l.parseFlowFile(folder, name)
	return &readFile{document, err}
}

func (l *loader) parseFlowFile(folder, name string) (flow.Document, error) {
	local := filepath.FromSlash(name)
	if text, replaced := l.opts.Replaced[filepath.Join(folder, local)]; replaced && filepath.IsLocal(local) {
		return flow.Parse(text)
	}
	root, err := openBelow(folder, name)
	if err != nil {
		return flow.Document{}, err
	}
	defer func() { _ = root.Close() }()
	file, err := openIn(root, name)
	if err != nil {
		return flow.Document{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return flow.Document{}, causeOf(err)
	}
	if info.IsDir() {
		return readSnapshot(root, file, name)
	}
	data, err := readRegular(file, flow.MaxSize)
	if err != nil {
		return flow.Document{}, err
	}
	return flow.Parse(data)
}

// openBelow opens the folder that paths are taken from. The path itself is judged
// by its text first, because that says best what is wrong with it.
func openBelow(folder, name string) (*os.Root, error) {
	local := filepath.FromSlash(name)
	switch {
	case folder == "":
		return nil, errors.New("files can be named in configuration files only")
	case filepath.IsAbs(local) || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~"):
		return nil, errors.New("the path is absolute; it must begin at the folder of the configuration file")
	case !filepath.IsLocal(local):
		return nil, errors.New("the path leads out of the folder of the configuration file")
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, causeOf(err)
	}
	return root, nil
}

// openIn opens a file without waiting for the other end of a pipe. Links out of
// the folder are refused by the root.
func openIn(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, causeOf(err)
	}
	return file, nil
}

// readRegular reads a regular file of at most the given size.
func readRegular(file *os.File, limit int) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, causeOf(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file but %s", fileType(info.Mode()))
	}
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil {
		return nil, causeOf(err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("the file has more than %d MiB", limit>>20)
	}
	return data, nil
}

// readSnapshot reads a flow's folder of a project snapshot. Files that belong to
// no flow are left alone.
func readSnapshot(root *os.Root, folder *os.File, name string) (flow.Document, error) {
	entries, err := folder.ReadDir(maxSnapshotFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return flow.Document{}, causeOf(err)
	}
	if len(entries) > maxSnapshotFiles {
		return flow.Document{}, fmt.Errorf("the folder has more than %d files", maxSnapshotFiles)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	files, left := map[string][]byte{}, flow.MaxSize
	for _, entry := range entries {
		inner := entry.Name()
		if !strings.HasSuffix(inner, ".json") || entry.IsDir() {
			continue
		}
		data, err := readInner(root, path.Join(filepath.ToSlash(name), inner), left)
		if err != nil {
			return flow.Document{}, fmt.Errorf("%s: %w", inner, err)
		}
		files[inner] = data
		left -= len(data)
	}
	return flow.ParseSnapshot(files)
}

func readInner(root *os.Root, name string, limit int) ([]byte, error) {
	file, err := openIn(root, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readRegular(file, limit)
}

// causeOf drops the path from an error of the file system: who reports it names
// the file as the configuration does.
func causeOf(err error) error {
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		return failure.Err
	}
	return err
}

// hintOf is the next step that an error itself names.
func hintOf(err error) string {
	var faulty interface{ Fault() resource.Fault }
	if errors.As(err, &faulty) {
		return faulty.Fault().Hint
	}
	return ""
}
