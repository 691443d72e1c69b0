package logfile

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// What holds where the options do not say otherwise.
const (
	DefaultLimit = 10 << 20
	DefaultKeep  = 3
)

// Options say how large a log may grow.
type Options struct {
	Limit int64 // bytes of one file; 0 means [DefaultLimit]
	Keep  int   // older files that are kept, as PATH.1 (the newest) and so on; 0 means [DefaultKeep]
	// Failed is told the first failure of a write or a rotation, of type
	// *[FileError], and no other; nil means nobody is.
	Failed func(error)
}

// File is an open log. It is safe for concurrent use, and several processes may
// have the same log open: no line is lost or mixed with another.
type File struct {
	path    string
	options Options

	mu        sync.Mutex
	file      *os.File // nil after a failure to open it again
	alone     bool     // its lock is held
	impatient bool     // the lock was waited for in vain
	stuck     bool     // the files cannot be renamed, so that this one grows
	closed    bool
	told      bool
	lost      int
}

// Open opens a log for appending, and makes it, with mode 0600, where there is
// none; its folder must exist. A file that has reached the limit is rotated
// first. What is no regular file, a symbolic link among that, is refused. Errors
// are of type *[FileError].
func Open(path string, options Options) (*File, error) {
	if options.Limit <= 0 {
		options.Limit = DefaultLimit
	}
	if options.Keep <= 0 {
		options.Keep = DefaultKeep
	}
	f := &File{path: path, options: options}
	var err error
	if f.file, err = open(path); err != nil {
		return nil, &FileError{Op: "open", Path: path, Err: err}
	}
	if size, err := f.size(); err == nil && size >= options.Limit {
		f.tell(f.exclusively(func() error { return f.makeRoom(0) }))
	}
	return f, nil
}

// open opens by name, and decides by what was opened.
func open(path string) (*os.File, error) {
	file, err := platform.OpenNoFollow(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if errors.Is(err, syscall.ELOOP) {
		return nil, errLink
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Write adds lines; a last one without an end gets one. It always reports
// success: what could not be written is told by Options.Failed, once, and
// counted by [File.Lost]. The next line is tried all the same.
func (f *File) Write(lines []byte) (int, error) {
	if len(lines) == 0 {
		return 0, nil
	}
	text := lines
	if lines[len(lines)-1] != '\n' {
		text = append(append(make([]byte, 0, len(lines)+1), lines...), '\n')
	}
	f.tell(f.append(text))
	return len(lines), nil
}

// append writes whole lines behind all others. Where the file cannot be rotated
// they are written nevertheless.
func (f *File) append(text []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		f.lost++
		return fs.ErrClosed
	}
	var rotation error
	err := f.exclusively(func() error {
		if rotation = f.makeRoom(int64(len(text))); errors.Is(rotation, errRotated) {
			return rotation
		}
		return f.put(text)
	})
	if err != nil {
		f.lost++
		return err
	}
	return rotation
}

// Lost is how many writes have failed.
func (f *File) Lost() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

// Close closes the file. Writes after it are lost.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	if f.file == nil {
		return nil
	}
	if err := f.file.Close(); err != nil {
		return &FileError{Op: "close", Path: f.path, Err: err}
	}
	return nil
}

// tell reports the first failure. It holds no lock while it does: who is told
// may want to log that.
func (f *File) tell(err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	first := !f.told
	f.told = true
	f.mu.Unlock()
	if first && f.options.Failed != nil {
		failure, ok := errors.AsType[*FileError](err)
		if !ok {
			failure = &FileError{Op: "write", Path: f.path, Err: err}
		}
		f.options.Failed(failure)
	}
}

// put writes under the lock. What a full disk or a kill has cut short is taken
// back, or at least closed by a line's end before the next line.
func (f *File) put(text []byte) error {
	size, err := f.size()
	if err != nil {
		return err
	}
	if size > 0 {
		last := make([]byte, 1)
		if _, err := f.file.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			text = append([]byte{'\n'}, text...)
		}
	}
	written, err := f.file.Write(text)
	if err != nil && written > 0 && f.alone {
		_ = f.file.Truncate(size) // else the next line finds it
	}
	return err
}

func (f *File) size() (int64, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// exclusively does something while this file is the one that has the name and no
// other process writes or rotates it. The lock is on the file itself: the next
// file gets its name only when all renames are done, so that whoever has locked
// the file that bears the name is alone.
func (f *File) exclusively(do func() error) error {
	for range maxReopens {
		if f.file == nil {
			file, err := open(f.path)
			if err != nil {
				return &FileError{Op: "open", Path: f.path, Err: err}
			}
			f.file = file
		}
		f.lock()
		current, err := f.isCurrent()
		if current {
			err = do()
			f.unlock()
			if errors.Is(err, errRotated) {
				continue // others may have found the new file first
			}
			return err
		}
		// Somebody else has rotated it, or moved it away.
		_ = f.file.Close() // and its lock goes with it
		f.file = nil
		if err != nil {
			return err
		}
	}
	return &FileError{Op: "open", Path: f.path, Err: errors.New("others rotate it all the time")}
}

// errRotated says that there is a new file, which has to be locked first.
var errRotated = errors.New("rotated")

// maxReopens bounds the race for a name with others that rotate.
const maxReopens = 100

// isCurrent reports whether the name still is this file.
func (f *File) isCurrent() (bool, error) {
	ours, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(ours, named), err
}

// How long a lock is waited for. Whoever has it needs it for microseconds, unless
// that process is stopped. Then the line is written all the same, since the
// system puts it behind all others; only renaming needs the lock.
const (
	lockTries = 200
	lockPause = time.Millisecond
)

// lock takes the lock of the file where it can.
func (f *File) lock() {
	f.alone = false
	for range lockTries {
		busy, err := platform.TryLock(f.file)
		if err == nil {
			f.alone, f.impatient = true, false
			return
		}
		if !busy || f.impatient {
			return // this file system has no locks, or somebody sits on this one
		}
		time.Sleep(lockPause)
	}
	f.impatient = true
}

func (f *File) unlock() {
	if f.alone {
		_ = platform.Unlock(f.file)
	}
	f.alone = false
}
