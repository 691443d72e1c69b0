package applied

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// lockRetry is how often a lock is asked for that another process holds.
const lockRetry = 2 * time.Millisecond

var errHeld = errors.New("another process holds the lock and does not move")

// lock takes the records for one change. The file stays for ever: two processes
// could otherwise hold locks on two files of one name.
func (r *Records) lock(ctx context.Context) (unlock func(), err error) {
	file, err := r.options.Own.Append(lockFile) // makes it, with the modes of the store
	if err != nil {
		return nil, err
	}
	_ = file.Close() // nothing was written
	path := r.options.Own.Path(lockFile)
	lock := flock.New(path, flock.SetFlag(os.O_RDWR|platform.NoFollow))
	limited, cancel := context.WithTimeout(ctx, r.options.Patience)
	defer cancel()
	if _, err := lock.TryLockContext(limited, lockRetry); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = errHeld
		}
		return nil, &store.FileError{Op: "lock", Path: path, Err: err}
	}
	return func() { _ = lock.Unlock() }, nil // closing it frees it in any case
}
