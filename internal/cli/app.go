package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// App is the program's view of the world. The zero value is not usable; see
// [Main] for the real one. An App runs one command.
type App struct {
	In      io.Reader
	Out     io.Writer // data
	Err     io.Writer // progress, prompts, logs, errors, hints
	Environ []string  // "NAME=value", as [os.Environ]
	WorkDir string    // absolute
	Home    string    // the user's home folder; empty when unknown
	Now     func() time.Time
	Random  io.Reader

	// Interactive reports whether a person sits at the standard input.
	Interactive bool
	// Color reports whether the standard output shows colour.
	Color bool

	flags   globalFlags
	redact  *redactor
	env     map[string]string
	answers *bufio.Reader // over In, kept between questions
}

// Main runs the program with the process's own arguments, streams and
// environment, and returns the exit status. The first interrupt or termination
// lets calls in flight end; the second ends the program at once.
func Main() int {
	app := newProcessApp()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signal.Ignore(syscall.SIGPIPE) // a reader that went away must not end a run in its middle
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	done := make(chan Status, 1)
	go func() { done <- app.Run(ctx, os.Args[1:]) }()
	for stopping := false; ; {
		select {
		case status := <-done:
			return int(status)
		case received := <-signals:
			if stopping {
				return int(statusOfSignal(received))
			}
			stopping = true
			cancel(&signalError{signal: received})
		}
	}
}

func newProcessApp() *App {
	workDir, err := os.Getwd()
	if err != nil {
		workDir = string(filepath.Separator)
	}
	home, _ := os.UserHomeDir() // unknown is allowed: it is named where it is needed
	return &App{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Environ: os.Environ(), WorkDir: workDir, Home: home,
		Now: time.Now, Random: rand.Reader,
		Interactive: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
		Color:       term.IsTerminal(int(os.Stdout.Fd())),
	}
}

// Run runs one command and returns its exit status. Errors have been printed
// by then: as text on Err, and in machine formats also as the one document on Out.
func (a *App) Run(ctx context.Context, args []string) (status Status) {
	a.redact = newRedactor(a.Out, a.Err)
	a.Out, a.Err = a.redact.out, a.redact.err
	a.env = environment(a.Environ)
	err := a.execute(ctx, args)
	var signalled *signalError
	if err != nil && !silent(err) && errors.As(context.Cause(ctx), &signalled) {
		err = &failure{
			status: statusOfSignal(signalled.signal), code: "interrupted",
			message: err.Error(), hint: "run the command again: it plans anew and finishes what is missing", cause: err,
		}
	}
	a.reportError(err)
	return StatusOf(err)
}

// execute parses the arguments and runs the command; a panic becomes an error.
func (a *App) execute(ctx context.Context, args []string) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	if err := a.checkEnvironment(); err != nil {
		return err
	}
	root := newRootCommand(a)
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// lookup reads an environment variable; an empty one counts as unset, as
// Descope's own clients have it.
func (a *App) lookup(name string) (string, bool) {
	value, found := a.env[name]
	return value, found && value != ""
}

// lookupSet reads an environment variable that may be set to nothing.
func (a *App) lookupSet(name string) (string, bool) {
	value, found := a.env[name]
	return value, found
}

// ownVariables are the DESCOPE_MGMT_* variables that mean something.
var ownVariables = []string{
	"DESCOPE_MGMT_ALLOW_EXEC", "DESCOPE_MGMT_CONFIG", "DESCOPE_MGMT_HOME", "DESCOPE_MGMT_RATE_LIMITS",
}

// checkEnvironment refuses misspelt variables of ours: a setting that is
// silently ignored is how the wrong project gets written.
func (a *App) checkEnvironment() error {
	for _, entry := range a.Environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "DESCOPE_MGMT_") || slices.Contains(ownVariables, name) {
			continue
		}
		hint := "unset it; known are " + strings.Join(ownVariables, ", ")
		if closest := resource.Closest(name, ownVariables); closest != "" {
			hint = "did you mean " + closest + "?"
		}
		return usageError("unknown environment variable "+name, hint)
	}
	return nil
}

func environment(entries []string) map[string]string {
	values := make(map[string]string, len(entries))
	for _, entry := range entries {
		if name, value, found := strings.Cut(entry, "="); found {
			values[name] = value
		}
	}
	return values
}
