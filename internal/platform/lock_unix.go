//go:build unix

package platform

import (
	"errors"
	"os"
	"syscall"
)

// TryLock takes the one lock of an open file, for this process, without waiting.
// Whoever does not ask for it may read and write all the same. busy says that
// somebody else holds it, or that asking was interrupted; any other error says
// that the file system has no locks.
func TryLock(file *os.File) (busy bool, err error) {
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR), err
}

// Unlock gives the lock back. Closing the file does that too.
func Unlock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
}
