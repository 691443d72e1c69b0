package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// DefaultLimit is how long a program may run where nothing says otherwise.
const DefaultLimit = 60 * time.Second

// defaultGrace is how long a program may take to end once it is asked to.
const defaultGrace = 5 * time.Second

// Command is a program to run.
type Command struct {
	// Argv is the program and its arguments. A program without a slash is looked
	// up in the PATH of Env, where only absolute folders count; one with a slash is
	// taken from Dir.
	Argv []string
	Dir  string   // absolute: where it runs
	Env  []string // all that it gets, as NAME=VALUE; see [Environment]
	// Limit bounds its time; 0 means [DefaultLimit]. Grace is what it gets on top
	// to end by itself; 0 means five seconds.
	Limit, Grace time.Duration
	Now          func() time.Time // the clock
	// Stdout takes what the program prints there, which [Result.Output] then lacks; nil
	// puts it into Output. It must take everything.
	Stdout io.Writer
}

// Result says how a program ended.
type Result struct {
	// ExitStatus is its own status, 128 and the signal's number where a signal
	// ended it, or -1 where it was not started.
	ExitStatus int
	// Output is the beginning of what it printed on both streams, at most 64 KiB,
	// with a note of how much is missing. It may hold what a terminal interprets.
	Output   string
	Duration time.Duration
	TimedOut bool
}

// Error says why a program did not do its work. Its text names the program.
type Error struct {
	Program string
	Message string
	Hint    string // the next step; may be empty
	Err     error  // the cause; may be nil
}

// Error is "PROGRAM message".
func (e *Error) Error() string { return fmt.Sprintf("%q %s", e.Program, e.Message) }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Run runs a program to its end. In its arguments, and not in its name, each key
// of the map is replaced by its value, which stays one argument whatever it
// holds. Standard input is empty, and no open file is handed on.
//
// When the limit is over, or the context ends, the whole process group is asked
// to end (SIGTERM) and is killed when the grace is over too; so is what a program
// leaves running with its output open. Run returns no later than that.
//
// The error is nil only where the program ended by itself with status 0;
// otherwise it is of type *[Error]. The result holds what is known in any case.
func Run(ctx context.Context, c Command, replace map[string]string) (Result, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return Result{ExitStatus: -1}, &Error{Message: "is no program: there is nothing to run"}
	}
	name := c.Argv[0]
	program, err := c.find()
	if err != nil {
		return Result{ExitStatus: -1}, &Error{Program: name, Message: "cannot be run: " + cause(err), Hint: "install it, or name it with its whole path", Err: err}
	}
	limit, grace := orDefault(c.Limit, DefaultLimit), orDefault(c.Grace, defaultGrace)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := exec.CommandContext(limited, program, replaced(c.Argv[1:], replace)...)
	command.Args[0] = name
	command.Dir, command.Env = c.Dir, append([]string{}, c.Env...) // never nil: that would be all of our own
	printed := &output{}
	command.Stdout, command.Stderr = printed, printed
	if c.Stdout != nil {
		command.Stdout = c.Stdout
	}
	platform.OwnGroup(command)
	command.Cancel = func() error { return platform.StopGroup(command.Process) }
	command.WaitDelay = grace
	began := c.Now()
	if err := command.Start(); err != nil {
		return Result{ExitStatus: -1}, &Error{Program: name, Message: "cannot be run: " + cause(err), Err: err}
	}
	err = command.Wait()
	stopped := limited.Err() != nil && err != nil
	left := errors.Is(err, exec.ErrWaitDelay)
	if stopped || left {
		_ = platform.KillGroup(command.Process) // whoever is left in it
	}
	result := Result{
		ExitStatus: platform.ExitStatus(command.ProcessState), Output: printed.String(), Duration: c.Now().Sub(began),
		TimedOut: stopped && ctx.Err() == nil,
	}
	switch {
	case err == nil:
		return result, nil
	case result.TimedOut:
		return result, &Error{name, fmt.Sprintf("was stopped after %s", limit), "see its output; it may have done a part of its work", context.DeadlineExceeded}
	case stopped:
		return result, &Error{name, "was stopped: " + context.Cause(ctx).Error(), "", context.Cause(ctx)}
	case left:
		return result, &Error{name, "left a process behind that kept its output open; it was ended", "let the program wait for what it starts", err}
	default:
		return result, &Error{name, fmt.Sprintf("failed with status %d", result.ExitStatus), "see its output, or run it by hand", err}
	}
}

// replaced puts values in place of their keys, in one pass: what a value holds
// is not replaced again.
func replaced(arguments []string, replace map[string]string) []string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(replace)) {
		pairs = append(pairs, key, replace[key])
	}
	replacer := strings.NewReplacer(pairs...)
	out := make([]string, len(arguments))
	for i, argument := range arguments {
		out[i] = replacer.Replace(argument)
	}
	return out
}

// find returns the program's path.
func (c Command) find() (string, error) {
	name := c.Argv[0]
	if platform.IsPath(name) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(c.Dir, name)
		}
		return name, platform.Runnable(name)
	}
	return platform.FindProgram(c.Env, name)
}

// cause leaves out of an operating system's error what the sentence says already.
func cause(err error) string {
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		return failure.Err.Error()
	}
	return err.Error()
}

func orDefault(given, usual time.Duration) time.Duration {
	if given <= 0 {
		return usual
	}
	return given
}
