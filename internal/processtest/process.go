// Package processtest lets a test be more than one process, and more than one user:
// the test binary starts itself in a role, and code runs without the permissions of
// root. It is for tests alone, and knows nothing of what they test.
package processtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// roleVariable names the role of a process that [Command] has started.
const roleVariable = "PROCESSTEST_ROLE"

// Role is what a process does that is no run of the tests. It gets the arguments of
// [Command].
type Role = func(args []string) error

// Play is for TestMain: it plays the role that the process was started in, and gives
// the status that it ends with. It reports false where there is none, so that the
// tests are to be run. Errors are written to standard error.
func Play(roles map[string]Role) (status int, played bool) {
	name := os.Getenv(roleVariable)
	if name == "" {
		return 0, false
	}
	role, known := roles[name]
	if !known {
		fmt.Fprintf(os.Stderr, "this test binary has no role %q\n", name)
		return 1, true
	}
	if err := role(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	return 0, true
}

// Command is the test binary in a role. It does not end with the test by itself: who
// starts it waits for it, or kills it.
func Command(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), binary, args...)
	command.Env = append(os.Environ(), roleVariable+"="+role)
	command.Stderr = os.Stderr
	return command
}

// Start starts [Command]. The scanner gives what it prints.
func Start(t *testing.T, role string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	command := Command(t, role, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, bufio.NewScanner(out)
}
