//go:build unix

package processtest

import "syscall"

// LimitFiles lets no file of this process grow beyond so many bytes, as a full disk
// would. It cannot be taken back, and is for a role.
func LimitFiles(bytes uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
}
