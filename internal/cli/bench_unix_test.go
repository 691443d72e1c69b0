//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// residentPeak is the most memory that a command had, in bytes as Linux counts.
func residentPeak(ended *exec.Cmd) int64 {
	usage, _ := ended.ProcessState.SysUsage().(*syscall.Rusage)
	return usage.Maxrss * 1024
}
