package pace

import (
	"errors"
	"os"
	"syscall"
)

func thisProcess() process {
	pid := os.Getpid()
	start, _ := processStart(pid)      // unknown is told apart by the pid alone
	return process{uint32(pid), start} //nolint:gosec // pids are small
}

// lives reports whether the process is still there, as far as can be known: one
// that cannot be asked about lives. Another one with the same number is not it.
func (p process) lives() bool {
	if p.start != 0 {
		start, known := processStart(int(p.pid))
		if known {
			return start == p.start
		}
	}
	found, err := os.FindProcess(int(p.pid))
	if err != nil {
		return false
	}
	defer func() { _ = found.Release() }()
	err = found.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}
