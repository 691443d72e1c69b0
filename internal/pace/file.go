package pace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

const (
	lockRetry = time.Millisecond // a lock is held for microseconds
	lockWait  = 2 * time.Second  // who holds it longer was stopped in the middle
)

// FileOptions are the circumstances of a file store.
type FileOptions struct {
	// Now is the clock. It is required; all processes on a machine share it.
	Now func() time.Time
	// RequestTimeout is how long one call of this process can take, its answer
	// included. Should the process be killed, its calls count as ended by then.
	// Zero means one minute; a day is the most.
	RequestTimeout time.Duration
	// Notice is told once when the file of a scope cannot be used any more, or was
	// damaged. It may be called by several goroutines. Nil tells nobody.
	Notice func(message string)
}

// fileStore keeps each scope's book in a file that all processes of a user on
// one machine share. The file is locked for the time of one change and never
// while anybody waits. Should it fail, the process goes on with what it knew.
type fileStore struct {
	dir  string
	opts FileOptions
	self process

	mu    sync.Mutex
	files map[string]*budgetFile
}

// budgetFile is one scope as this process knows it.
type budgetFile struct {
	store *fileStore
	path  string

	turn     chan struct{} // holds a value while somebody works on what follows
	own      []flight      // reservations of this store, whatever becomes of the file
	last     *book         // as it was last read or written; nil before that
	header   []byte        // of the bank that last is in
	detached bool          // the file is of no use, and last is all there is
	damaged  bool          // it was said that the file was damaged
}

// OpenShared returns the store for all processes of this user on this machine,
// in a folder that is made with mode 0700 when it is missing. Where the folder
// cannot be used, or lies on a network file system, whose locks cannot be relied
// on, it is a store in memory: the notice says so, and is empty otherwise.
func OpenShared(dir string, opts FileOptions) (store Store, notice string) {
	if opts.RequestTimeout <= 0 {
		opts.RequestTimeout = time.Minute
	}
	opts.RequestTimeout = min(opts.RequestTimeout, maxWindow)
	if opts.Notice == nil {
		opts.Notice = func(string) {}
	}
	reason := ""
	if err := os.MkdirAll(dir, 0o700); err != nil {
		reason = err.Error()
	} else if name := networkFileSystem(dir); name != "" {
		reason = dir + " is on a network file system (" + name + ")"
	}
	if reason != "" {
		return NewMemoryStore(opts.Now), alone(reason)
	}
	return &fileStore{dir: dir, opts: opts, self: thisProcess(), files: map[string]*budgetFile{}}, ""
}

func alone(reason string) string {
	return "the rate limits are kept for this process alone: " + reason + "; do not run several at once"
}

func (s *fileStore) file(key string) *budgetFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files[key] == nil {
		s.files[key] = &budgetFile{store: s, path: filepath.Join(s.dir, fileName(key)), turn: make(chan struct{}, 1)}
	}
	return s.files[key]
}

// fileName makes a file name of any key, a different one for each. What a person
// can read of it comes first.
func fileName(key string) string {
	const readable = 60
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, key)
	digest := sha256.Sum256([]byte(key))
	return plain[:min(len(plain), readable)] + "~" + hex.EncodeToString(digest[:8]) + ".budget"
}

func (s *fileStore) Reserve(ctx context.Context, key string, class Class, rule Rule, weight int) (grant Grant, err error) {
	file := s.file(key)
	var failed error
	err = file.change(ctx, func(b *book, now int64) bool {
		horizon := b.horizon
		if grant, failed = b.reserve(now, class, rule, weight); failed != nil || grant.Wait > 0 {
			return b.horizon > horizon // from now on others are to keep more
		}
		taken := &b.flights[len(b.flights)-1]
		taken.owner, taken.timeout = s.self, s.opts.RequestTimeout
		file.own = append(file.own, *taken)
		return true
	})
	return grant, errors.Join(err, failed)
}

func (s *fileStore) Complete(ctx context.Context, key string, id uint64) error {
	file := s.file(key)
	return file.change(ctx, func(b *book, now int64) bool {
		_, found := file.end(id, func() (flight, bool) { return b.complete(now, id) })
		return found
	})
}

func (s *fileStore) Cancel(ctx context.Context, key string, id uint64) error {
	file := s.file(key)
	return file.change(ctx, func(b *book, _ int64) bool {
		_, found := file.end(id, func() (flight, bool) { return b.remove(id) })
		return found
	})
}

func (s *fileStore) Refuse(ctx context.Context, key string, id uint64, rule Rule, after time.Duration) (halved bool, err error) {
	file := s.file(key)
	err = file.change(ctx, func(b *book, now int64) bool {
		ended, found := file.end(id, func() (flight, bool) { return b.complete(now, id) })
		if found {
			halved = b.refuse(now, rule, ended.at, after)
		}
		return found
	})
	return halved, err
}

func (s *fileStore) Usage(ctx context.Context, key string, rule Rule) (usage Usage, err error) {
	err = s.file(key).change(ctx, func(b *book, now int64) bool {
		usage = b.usage(now, rule)
		return false
	})
	return usage, err
}

func (s *fileStore) Forget(ctx context.Context, key string) error {
	return s.file(key).change(ctx, func(b *book, _ int64) bool {
		b.forgetLessons()
		return true
	})
}

func (s *fileStore) Reset(ctx context.Context, key string) error {
	file := s.file(key)
	return file.change(ctx, func(b *book, _ int64) bool {
		file.own = nil
		b.reset()
		return true
	})
}

// end ends one of this store's own reservations, if it is one.
func (f *budgetFile) end(id uint64, end func() (flight, bool)) (flight, bool) {
	for i := range f.own {
		if f.own[i].id == id {
			f.own = append(f.own[:i], f.own[i+1:]...)
			return end()
		}
	}
	return flight{}, false
}

// change applies one change to the shared book, under the file's lock. It writes
// the book only where the change, or what was found, wants that. The error is
// that of the context; whatever else goes wrong detaches the file.
func (f *budgetFile) change(ctx context.Context, apply func(b *book, now int64) (changed bool)) error {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-f.turn }()
	if !f.detached {
		applied, err := f.shared(ctx, apply)
		if err == nil {
			return nil
		}
		if !applied && ctx.Err() != nil {
			return ctx.Err()
		}
		f.detach(err)
		if applied {
			return nil
		}
	}
	now := f.now()
	f.settle(f.last, now)
	apply(f.last, now)
	return nil
}

// shared is change on the file itself. Once it has applied the change, that is
// in f.last even if the file fails afterwards.
func (f *budgetFile) shared(ctx context.Context, apply func(b *book, now int64) bool) (applied bool, err error) {
	lock := flock.New(f.path+".lock", flock.SetFlag(os.O_CREATE|os.O_RDWR|platform.NoFollow), flock.SetPermissions(0o600))
	limited, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	if _, err := lock.TryLockContext(limited, lockRetry); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("another process holds %s.lock and does not move", f.path)
		}
		return false, withoutLinks(lock.Path(), err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	file, err := openBook(f.path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	found, err := readBanks(file, f.header, f.last)
	if err != nil {
		return false, err
	}
	now := f.now()
	if found.book == nil {
		found.book = f.renew(found.damaged, now)
	}
	f.last, f.header = found.book, found.header
	settled := f.settle(found.book, now)
	if apply(found.book, now) || settled {
		f.header, err = found.write(file)
	}
	return true, err
}

// renew gives the book where the file has none: what this process knows of it,
// or an empty one. Its ids are above all that were given before, by whomever:
// those began with a time, too, and a call takes longer than a nanosecond.
func (f *budgetFile) renew(damaged bool, now int64) *book {
	if damaged && !f.damaged {
		f.damaged = true
		f.store.opts.Notice("the record of recent calls was damaged and starts afresh: " + f.path +
			"; calls that other processes have just made are not counted")
	}
	id := uint64(max(now, 0))
	if f.last == nil {
		return newBook(id)
	}
	f.last.next = max(f.last.next, id)
	return f.last
}

// detach goes on without the file, with what was last known.
func (f *budgetFile) detach(cause error) {
	if f.last == nil {
		f.last = f.renew(false, f.now())
	}
	f.detached = true
	f.store.opts.Notice(alone(cause.Error()))
}
