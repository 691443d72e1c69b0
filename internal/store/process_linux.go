package store

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// machine is the boot and the process namespace: process numbers mean the same
// only where both are the same.
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// The places of fields in /proc/PID/stat, counted from the one behind the name;
// see proc_pid_stat(5).
const (
	statState = 0
	statStart = 19
)

// processStart is the moment at which a process began, in clock ticks since the
// system's start. A process that has ended and waits for its parent to notice
// (a zombie) counts as ended.
func processStart(pid int) (start string, ended bool) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	// The name is in parentheses and may hold anything, parentheses too.
	_, fields, _ := strings.Cut(string(content[bytes.LastIndexByte(content, ')')+1:]), " ")
	values := strings.Fields(fields)
	if len(values) <= statStart {
		return "", false
	}
	return values[statStart], strings.ContainsAny(values[statState], "ZX")
}
