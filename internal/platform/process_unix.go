//go:build unix

package platform

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// OwnGroup gives a program that is not yet started a process group of its own:
// what it starts belongs to it, and ends with it.
func OwnGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// StopGroup asks all processes of a program's group to end. The error is
// [os.ErrProcessDone] where there is none.
func StopGroup(leader *os.Process) error { return signalGroup(leader, syscall.SIGTERM) }

// KillGroup ends all processes of a program's group. The error is
// [os.ErrProcessDone] where there is none.
func KillGroup(leader *os.Process) error { return signalGroup(leader, syscall.SIGKILL) }

func signalGroup(leader *os.Process, signal syscall.Signal) error {
	err := syscall.Kill(-leader.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// ExitStatus is a program's own status, 128 and the signal's number where a
// signal ended it, or -1 where it was not started.
func ExitStatus(state *os.ProcessState) int {
	if state == nil {
		return -1
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// Gone reports whether no process has this number. False says nothing: the
// process may have ended already, or be another one.
func Gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
