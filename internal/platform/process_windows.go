package platform

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// OwnGroup gives a program that is not yet started a process group of its own,
// so that a ^C in the terminal is this process's alone. Windows knows no more of
// groups.
func OwnGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// StopGroup ends the program itself, at once: Windows has no way to ask, and what
// the program has started goes on.
func StopGroup(leader *os.Process) error { return leader.Kill() }

// KillGroup ends the program itself. What it has started goes on.
func KillGroup(leader *os.Process) error { return leader.Kill() }

// ExitStatus is a program's own status, or -1 where it was not started.
func ExitStatus(state *os.ProcessState) int {
	if state == nil {
		return -1
	}
	return state.ExitCode()
}

// Gone reports whether no process has this number. False says nothing: the
// process may have ended already, or be another one.
func Gone(pid int) bool {
	handle, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid)) //nolint:gosec // process numbers have 32 bits
	if err == nil {
		_ = windows.CloseHandle(handle)
	}
	return errors.Is(err, windows.ERROR_INVALID_PARAMETER) // what Windows says of a number that nobody has
}
