package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// The files of one log.
const (
	folderName = "audit"
	logSuffix  = ".jsonl"
	headSuffix = ".head.json"
	lockSuffix = ".lock"
)

// Log is the audit log of one project on one host. It is safe for concurrent
// use, also by several processes and, where the file system has locks, machines.
type Log struct {
	folder        store.Folder
	host, project string
	name          string        // of the files, without their suffixes
	patience      time.Duration // how long another process may hold the lock
	disk          disk
}

// disk is what an append does to the disk; tests put failures in its place.
type disk struct {
	write   func(file *os.File, lines []byte) error
	flush   func(file *os.File) error
	replace func(name string, content []byte) error
}

// Open names the log of a project on a host. Both may be any strings: different
// ones never share a log. Host names are compared without regard to case.
// Nothing is read or made before it is needed.
func Open(state *store.Store, host, projectID string) *Log {
	host = strings.ToLower(host)
	folder := state.Folder(folderName)
	return &Log{
		folder: folder, host: host, project: projectID,
		name:     store.Segment(projectID) + "@" + store.Segment(host),
		patience: lockWait,
		disk: disk{
			write:   func(file *os.File, lines []byte) error { _, err := file.Write(lines); return err },
			flush:   (*os.File).Sync,
			replace: folder.Replace,
		},
	}
}

// Path is the file of the records; it need not exist.
func (l *Log) Path() string { return l.folder.Path(l.name + logSuffix) }

// begin is the place before the first record.
func (l *Log) begin() link { return link{Digest: genesis(l.host, l.project)} }

// Head is where the chain ends.
type Head struct {
	Seq    int    // the number of the last record; 0 when there is none
	Digest string // "sha256:" and 64 hex digits; for an empty log those that its first record will continue
}

// Head returns where the chain ends now. It makes nothing on disk. Errors are of
// type *[BreakError] and *[store.FileError], or that of the context.
func (l *Log) Head(ctx context.Context) (Head, error) {
	seen, err := l.look(ctx)
	if err != nil {
		return Head{}, err
	}
	seen.close()
	if seen.damage != nil {
		return Head{}, seen.damage
	}
	return Head{Seq: seen.end.Seq, Digest: seen.end.Digest}, nil
}

// view is the log as somebody saw it at one moment.
type view struct {
	file *os.File // nil where there is no log
	size int64    // of the file
	position
	damage *BreakError // the log and its head do not fit together; position is void then
}

func (v view) close() {
	if v.file != nil {
		_ = v.file.Close() // it was only read
	}
}

// look sees the log between two appends. What lies before the end that it found
// never changes again, so that it can be read without keeping anybody waiting.
func (l *Log) look(ctx context.Context) (view, error) {
	for {
		unlock, locked, err := l.lockShared(ctx)
		if err != nil {
			return view{}, err
		}
		seen, err := l.see(ctx)
		unlock()
		if err != nil {
			seen.close()
			return view{}, err
		}
		if locked || !l.hasLock() || ctx.Err() != nil {
			return seen, ctx.Err()
		}
		seen.close() // the first append of all went on meanwhile
	}
}

func (l *Log) hasLock() bool {
	_, err := os.Lstat(l.folder.Path(l.name + lockSuffix))
	return !errors.Is(err, fs.ErrNotExist)
}

func (l *Log) see(ctx context.Context) (view, error) {
	file, err := l.open(logSuffix)
	if err != nil {
		return view{}, err
	}
	seen := view{file: file}
	if file != nil {
		if seen.size, err = l.size(file); err != nil {
			return seen, err
		}
	}
	seen.position, err = l.find(ctx, file, seen.size)
	if damage, ok := errors.AsType[*BreakError](err); ok {
		seen.damage, err = damage, nil
	}
	return seen, err
}

func (l *Log) size(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return 0, l.misplaced(l.Path(), "what is not a regular file")
	}
	if err != nil {
		return 0, &store.FileError{Op: "read", Path: l.Path(), Err: err}
	}
	return info.Size(), nil
}
