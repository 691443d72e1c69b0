package hook_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/hook"
)

// TestProgramsThatHang: each would go on for a minute at least.
func TestProgramsThatHang(t *testing.T) {
	cases := []struct {
		name, script string
		timedOut     bool
		message      string
	}{
		{"itself", "echo begun; sleep 3600", true, "was stopped after 200ms"},
		{"a child", "echo begun; sleep 3600; true", true, "was stopped after 200ms"},
		{"deaf", "trap '' TERM; echo begun; while :; do sleep 3600; done", true, "was stopped after 200ms"},
		{"ends well once it is asked to", "trap 'exit 0' TERM; echo begun; while :; do sleep 0.01; done", true, "was stopped after 200ms"},
		{"a grandchild with the pipe", "echo begun; sleep 3600 &", false, "left a process behind that kept its output open; it was ended"},
		{"a grandchild out of the group", "echo begun; setsid sleep 60 &", false, "left a process behind that kept its output open; it was ended"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			command := script(t, c.script)
			command.Limit, command.Grace = 200*time.Millisecond, 50*time.Millisecond
			if !c.timedOut {
				command.Limit = time.Hour
			}
			result, err := hook.Run(t.Context(), command, nil)
			if got := messageOf(t, err); got != c.message || result.TimedOut != c.timedOut || errors.Is(err, context.DeadlineExceeded) != c.timedOut {
				t.Errorf("got %q, %+v", got, result)
			}
			if !strings.HasPrefix(result.Output, "begun\n") {
				t.Errorf("output %q", result.Output)
			}
		})
	}
}

// TestNobodyOfTheGroupStays: what a program has started ends with it.
func TestNobodyOfTheGroupStays(t *testing.T) {
	command := script(t, "trap '' TERM; sh -c 'trap \"\" TERM; sleep 3600' >/dev/null 2>&1 & echo $!; sleep 3600")
	command.Limit, command.Grace = 200*time.Millisecond, 50*time.Millisecond
	result, err := hook.Run(t.Context(), command, nil)
	if err == nil {
		t.Fatal("no error")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(result.Output))
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for alive(pid) {
		if time.Now().After(deadline) {
			t.Fatal("it is still running")
		}
	}
}

// alive reports whether a process runs; one that has ended and that nobody has
// waited for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// TestWhatAProgramGets: no standard input, no open file, no variable but those
// that it is given.
func TestWhatAProgramGets(t *testing.T) {
	t.Setenv("DESCOPE_MANAGEMENT_KEY", "K2secret")
	file, err := os.Create(filepath.Join(t.TempDir(), "ours"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	command := script(t, "cat; env; ls -l /proc/$$/fd; pwd")
	command.Env = append(command.Env, "LANG=C")
	result, err := hook.Run(t.Context(), command, nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(result.Output, "K2secret") || strings.Contains(result.Output, "GOPATH") || strings.Contains(result.Output, "HOME=") || strings.Contains(result.Output, file.Name()) {
		t.Errorf("got %s", result.Output)
	}
	for _, want := range []string{"LANG=C\n", "0 -> /dev/null\n", command.Dir + "\n"} {
		if !strings.Contains(result.Output, want) {
			t.Errorf("%q is missing in %s", want, result.Output)
		}
	}
	command.Env = nil
	result, err = hook.Run(t.Context(), command, nil)
	if strings.Contains(result.Output, "K2secret") {
		t.Errorf("without an environment it gets ours: %s, %v", result.Output, err)
	}
}
