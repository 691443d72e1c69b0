package platform

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// farAway is a byte that no file has. Windows keeps others from what is locked,
// and only the lock itself is to be kept from them.
func farAway() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

// TryLock takes the one lock of an open file, for this process, without waiting.
// Whoever does not ask for it may read and write all the same. busy says that
// somebody else holds it; any other error says that the file system has no locks.
func TryLock(file *os.File) (busy bool, err error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, farAway())
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING), err
}

// Unlock gives the lock back. Closing the file does that too.
func Unlock(file *os.File) error {
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, farAway())
}
