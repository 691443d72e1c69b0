package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

const (
	lockRetry = 2 * time.Millisecond // a lock is held for a few syncs of the disk
	lockWait  = 30 * time.Second     // who holds it longer was stopped in the middle
)

var errHeld = errors.New("another process holds the lock and does not move")

// lock takes the log for one append. The file stays for ever: two processes
// could otherwise hold locks on two files of one name.
func (l *Log) lock(ctx context.Context) (unlock func(), err error) {
	file, err := l.folder.Append(l.name + lockSuffix) // makes it, with the modes of the store
	if err != nil {
		return nil, err
	}
	_ = file.Close() // nothing was written
	lock := l.flock(os.O_RDWR)
	return l.wait(ctx, lock, lock.TryLockContext)
}

// lockShared keeps appends away while somebody looks. Where nobody has ever
// appended there is no lock, which locked says: readers make nothing.
func (l *Log) lockShared(ctx context.Context) (unlock func(), locked bool, err error) {
	lock := l.flock(os.O_RDONLY)
	unlock, err = l.wait(ctx, lock, lock.TryRLockContext)
	if errors.Is(err, fs.ErrNotExist) {
		return func() {}, false, nil
	}
	return unlock, err == nil, err
}

func (l *Log) flock(flag int) *flock.Flock {
	return flock.New(l.folder.Path(l.name+lockSuffix), flock.SetFlag(flag|platform.NoFollow))
}

func (l *Log) wait(
	ctx context.Context, lock *flock.Flock, try func(context.Context, time.Duration) (bool, error),
) (unlock func(), err error) {
	limited, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	if _, err := try(limited, lockRetry); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = errHeld
		}
		return nil, &store.FileError{Op: "lock", Path: lock.Path(), Err: err}
	}
	return func() { _ = lock.Unlock() }, nil // closing it frees it in any case
}
