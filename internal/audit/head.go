package audit

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// link is a place in the chain: after a record, or before the first one.
type link struct {
	Seq    int    `json:"seq"` // records so far
	Digest string `json:"digest"`
	Size   int64  `json:"size"` // bytes so far
}

// headFile is the content of a head: where the log ends, and where it will end
// once the append that goes on is over.
type headFile struct {
	FormatVersion string `json:"format_version"`
	link
	Next *link  `json:"next"` // null when no append goes on
	Sum  string `json:"sum"`  // of this content
}

const maxHead = 4 << 10

// writeHead replaces the head, durably.
func (l *Log) writeHead(at link, next *link) error {
	text, err := encodeJSON(headFile{FormatVersion: formatVersion, link: at, Next: next, Sum: unsealed})
	if err != nil {
		return err
	}
	seal(text[:len(text)-1])
	return l.disk.replace(l.name+headSuffix, text)
}

// readHead reads the head; nil where there is none.
func (l *Log) readHead() (*headFile, error) {
	file, err := l.open(headSuffix)
	if file == nil || err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxHead))
	if err != nil {
		return nil, &store.FileError{Op: "read", Path: file.Name(), Err: err}
	}
	return l.parseHead(text)
}

func (l *Log) parseHead(text []byte) (*headFile, error) {
	content, whole := strings.CutSuffix(string(text), "\n")
	if _, ok, right := readSeal([]byte(content), "sum"); !whole || !ok || !right {
		return nil, l.brokenHead("the head of the audit log was changed: its digest does not fit")
	}
	var head headFile
	if err := json.Unmarshal([]byte(content), &head); err != nil {
		return nil, l.brokenHead("the head of the audit log is damaged: %v", err)
	}
	if damage := l.checkVersion(head.FormatVersion); damage != "" {
		broken := l.brokenHead("%s", damage)
		broken.Hint = versionHint
		return nil, broken
	}
	begins := l.begin()
	at, next := head.link, head.Next
	if at.Seq < 0 || at.Size < 0 || at.Seq == 0 && at != begins || next != nil && (next.Seq <= at.Seq || next.Size <= at.Size) {
		return nil, l.brokenHead("the head of the audit log belongs to another log, or contradicts itself")
	}
	return &head, nil
}

// checkVersion says what is wrong with the version of a record or head.
func (l *Log) checkVersion(version string) string {
	if major, _, _ := strings.Cut(version, "."); major != "1" {
		return "the audit log has the format " + strings.ToValidUTF8(version, "\uFFFD") + ", and this version reads 1.x"
	}
	return ""
}

// open opens one of the log's files for reading; nil where there is none. A
// symbolic link is a break and not followed, and so is a pipe, which nobody waits for.
func (l *Log) open(suffix string) (*os.File, error) {
	path := l.folder.Path(l.name + suffix)
	file, err := platform.OpenNoFollow(path, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, syscall.ELOOP) {
		return nil, l.misplaced(path, "a symbolic link")
	}
	if err != nil {
		return nil, &store.FileError{Op: "read", Path: path, Err: err}
	}
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() && !info.IsDir() { // of a folder the read says it
		_ = file.Close() // nothing was read
		return nil, l.misplaced(path, "what is not a regular file")
	}
	return file, nil
}
