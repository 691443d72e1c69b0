//go:build unix

package hook_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/hook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock goes on by a second each time it is asked.
func clock() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

// script is a command that runs a shell script, and lets no test wait for long.
func script(t *testing.T, text string, arguments ...string) hook.Command {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return hook.Command{
		Argv: append([]string{path}, arguments...), Dir: t.TempDir(), Env: []string{"PATH=" + os.Getenv("PATH")},
		Limit: time.Minute, Now: clock(),
	}
}

// messageOf is the error's text after the program's name.
func messageOf(t *testing.T, err error) string {
	t.Helper()
	failure, ok := errors.AsType[*hook.Error](err)
	if !ok {
		t.Fatalf("got %v, want *hook.Error", err)
	}
	return failure.Message
}

func TestCopy(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	file := filepath.Join(from, "a backup; rm -rf $HOME.json")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err := hook.Run(t.Context(), hook.Command{
		Argv: []string{"cp", "{file}", to + "/copy"}, Dir: from, Env: []string{"PATH=" + os.Getenv("PATH")}, Now: clock(),
	}, map[string]string{"{file}": file, "{dir}": from})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hook.Result{Duration: time.Second}, result); diff != "" {
		t.Error(diff)
	}
	if content, err := os.ReadFile(to + "/copy"); err != nil || string(content) != "content" {
		t.Errorf("got %q, %v", content, err)
	}
}

func TestPlaceholders(t *testing.T) {
	command := script(t, `printf '[%s]' "$@"`, "{file}", "--to={dir}/x", "{dir}{dir}", "{other}", "", "$HOME *")
	values := map[string]string{"{file}": "-rf {dir} \"x\" $(id)", "{dir}": "--d e"}
	result, err := hook.Run(t.Context(), command, values)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[-rf {dir} "x" $(id)][--to=--d e/x][--d e--d e][{other}][][$HOME *]`; result.Output != want {
		t.Errorf("got %s, want %s", result.Output, want)
	}
}

func TestPlaceholdersAreNoPrograms(t *testing.T) {
	command := script(t, "echo ran")
	program := command.Argv[0]
	for _, name := range []string{"{file}", "./{file}"} {
		command.Argv = []string{name}
		if result, err := hook.Run(t.Context(), command, map[string]string{"{file}": program, "./{file}": program}); err == nil || result.Output != "" {
			t.Errorf("%s: got %+v", name, result)
		}
	}
}

func TestFailures(t *testing.T) {
	cases := []struct {
		name, script string
		status       int
		output       string
		message      string
	}{
		{"a status", "echo out; echo err >&2; exit 7", 7, "out\nerr\n", "failed with status 7"},
		{"a signal", "kill -KILL $$", 128 + 9, "", "failed with status 137"},
		{"bytes that are no text", `printf 'a\377b'; exit 1`, 1, "a\ufffdb", "failed with status 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result, err := hook.Run(t.Context(), script(t, c.script), nil)
			if diff := cmp.Diff(hook.Result{ExitStatus: c.status, Output: c.output, Duration: time.Second}, result); diff != "" {
				t.Error(diff)
			}
			if got := messageOf(t, err); got != c.message {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestProgramsThatCannotBeRun(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"text": 0o600, "nonsense": 0o700} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("\x00\x01"), mode); err != nil {
			t.Fatal(err)
		}
	}
	const all = "cannot be run: "
	cases := []struct{ name, program, path, want string }{
		{"missing", "no-such-program", "PATH=" + os.Getenv("PATH"), all + "no folder of PATH holds it"},
		{"in the working folder", "nonsense", "PATH=:.:" + filepath.Base(dir), all + "no folder of PATH holds it"},
		{"no PATH", "cp", "X=1", all + "no folder of PATH holds it"},
		{"missing path", "./none", "", all + "no such file or directory"},
		{"a folder", dir, "", all + "not a regular file"},
		{"not executable", "./text", "", all + "not executable"},
		{"no program", "./nonsense", "", all + "exec format error"},
		{"empty", "", "", "is no program: there is nothing to run"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result, err := hook.Run(t.Context(), hook.Command{Argv: []string{c.program}, Dir: dir, Env: []string{c.path}, Now: clock()}, nil)
			if got := messageOf(t, err); got != c.want || result.ExitStatus != -1 {
				t.Errorf("got %q, %+v", got, result)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	why := errors.New("the user has enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	ready := filepath.Join(t.TempDir(), "ready")
	if err := syscall.Mkfifo(ready, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = os.ReadFile(ready) // until the script writes
		cancel(why)
	}()
	command := script(t, "echo x >\"$1\"; sleep 3600", ready)
	command.Grace = 50 * time.Millisecond
	result, err := hook.Run(ctx, command, nil)
	if !errors.Is(err, why) || result.TimedOut || messageOf(t, err) != "was stopped: the user has enough" {
		t.Errorf("got %v, %+v", err, result)
	}
}

func TestFlood(t *testing.T) {
	result, err := hook.Run(t.Context(), script(t, "head -c 5000000 /dev/zero | tr '\\0' x; echo end >&2"), nil)
	if err != nil {
		t.Fatal(err)
	}
	const kept = 64 << 10
	want := strings.Repeat("x", kept) + "\n(4934468 more bytes are not shown)\n"
	if result.Output != want {
		t.Errorf("got %d bytes ending in %q", len(result.Output), result.Output[max(0, len(result.Output)-60):])
	}
}

func TestEnvironment(t *testing.T) {
	all := []string{
		"PATH=/bin", "HOME=/home/anna", "LC_ALL=C", "LC_ALL=C.UTF-8", "XDG_CONFIG_HOME=/x", "LANG=", "TZ=UTC",
		"AWS_PROFILE=backup", "AWS_SECRET_ACCESS_KEY=no", "AWS_SESSION_TOKEN=no", "AWS_REGION=K2secret",
		"CLOUDSDK_CONFIG=/c", "CLOUDSDK_ACTIVE_CONFIG=x", "CLOUDSDK_AUTH_ACCESS_TOKEN=no", "GOOGLE_APPLICATION_CREDENTIALS=/g",
		"DESCOPE_PROJECT_ID=P2", "DESCOPE_MANAGEMENT_KEY=K2secret", "DESCOPE_MGMT_HOME=/h", "USER=prefix-K2secret",
		"GIT_DIR=/x", "LD_PRELOAD=/x", "nonsense", "=x", "TMPDIR=/tmp", "SHELL=/bin/sh", "XDG_=1",
	}
	secret := func(value string) bool { return strings.Contains(value, "K2secret") }
	want := []string{
		"AWS_PROFILE=backup", "CLOUDSDK_ACTIVE_CONFIG=x", "CLOUDSDK_CONFIG=/c", "GOOGLE_APPLICATION_CREDENTIALS=/g",
		"HOME=/home/anna", "LANG=", "LC_ALL=C.UTF-8", "PATH=/bin", "SHELL=/bin/sh", "TMPDIR=/tmp", "TZ=UTC", "XDG_=1", "XDG_CONFIG_HOME=/x",
	}
	if diff := cmp.Diff(want, hook.Environment(all, secret)); diff != "" {
		t.Error(diff)
	}
	if got := hook.Environment([]string{"USER=K2secret"}, nil); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

// TestAnswersOfPrograms: what is printed for the caller is not in the output.
func TestAnswersOfPrograms(t *testing.T) {
	command := script(t, "echo answer; echo said >&2; exit 2")
	var answer strings.Builder
	command.Stdout = &answer
	result, err := hook.Run(t.Context(), command, nil)
	if err == nil || answer.String() != "answer\n" || result.Output != "said\n" || result.ExitStatus != 2 {
		t.Errorf("got %q, %+v, %v", answer.String(), result, err)
	}
}
