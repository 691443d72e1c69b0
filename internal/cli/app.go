package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
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

	// Terminal says what may be done with the streams.
	Terminal Terminal
	// Backoff says how calls are repeated. The zero value is right for people;
	// tests wait less.
	Backoff descope.Backoff
	// HookLimit is how long a program may run after a backup. The zero value is
	// right for people; tests wait less.
	HookLimit time.Duration
	// EditPatience is how long a command waits for another one that edits the same
	// configuration. The zero value is right for people; tests wait less.
	EditPatience time.Duration
	// SaveMemory is called before a command reads a configuration and a project, which
	// may be large. Nil does nothing: it is a matter of the whole process.
	SaveMemory func()

	// abort is closed when calls in flight are not to be waited for.
	abort <-chan struct{}

	// drawn is true while a line of progress stands on the terminal.
	drawn atomic.Bool

	log     *slog.Logger
	logFile io.Closer              // nil without --log-file
	runID   atomic.Pointer[string] // nil before the run has an id

	flags     globalFlags
	command   string // the words of the command, without its arguments
	redact    *redactor
	env       map[string]string
	supplied  map[string]string // variables that the configuration takes from .env
	reporting report.Kind       // of the report that --format asks for; empty for none
	asked     bool              // somebody was asked, and has taken their time
	answers   *bufio.Reader     // over In, kept between questions
	helpErr   error             // why a help text could not be shown

	keys     *printedKeys   // that programs have printed; nil until a session needs one
	limiters *limiters      // of this process; nil until a session needs one
	loaded   *config.Config // nil unless another App has read it already
	part     *part          // nil unless this is the run in one environment of several
	// forOthers says that the output may be sent to somebody else: what programs of the
	// user print is not in it.
	forOthers bool
	member    *member // nil unless others read at the same time, or the reads are foretold
}

// Main runs the program with the process's own arguments, streams and
// environment, and returns the exit status. The first interrupt or termination
// lets calls in flight end; the second drops them, and the program says what it
// knows and ends.
func Main() int { return newProcessApp().main() }

// main runs the command of the process's arguments.
func (a *App) main() int {
	abort := make(chan struct{})
	a.abort = abort
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signal.Ignore(syscall.SIGPIPE) // a reader that went away must not end a run in its middle
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	done := make(chan Status, 1)
	go func() { done <- a.Run(ctx, os.Args[1:]) }()
	var atOnce <-chan time.Time
	for count := 0; ; {
		select {
		case status := <-done:
			return int(status)
		case <-atOnce:
			return int(StatusOf(context.Cause(ctx)))
		case received := <-signals:
			switch count++; count {
			case 1:
				cancel(&signalError{signal: received})
			case 2:
				close(abort)
				atOnce = time.After(lastWords)
			default:
				return int(statusOfSignal(received))
			}
		}
	}
}

// lastWords is how long a run that is ended at once may take to say what it did.
const lastWords = time.Second

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
		Terminal:   processTerminal(),
		SaveMemory: sync.OnceFunc(saveMemory),
	}
}

// Run runs one command and returns its exit status. Errors have been printed
// by then: as text on Err, and in machine formats also as the one document on Out.
func (a *App) Run(ctx context.Context, args []string) (status Status) {
	a.redact = newRedactor(a.Out, a.Err)
	a.Out, a.Err = a.redact.out, a.redact.err
	a.env = environment(a.Environ)
	for name, value := range a.env {
		if strings.Contains(name, "MANAGEMENT_KEY") {
			a.redact.add(resource.NewSecret(value))
		}
	}
	a.flags.format = formatIn(args)
	if slices.Contains(args, "--no-color") { // also for an error about the other arguments
		a.Terminal = a.Terminal.plain()
	}
	defer a.closeLog()
	err := signalled(ctx, a.execute(ctx, args))
	a.reportError(err)
	return StatusOf(err)
}

// signalled gives an error that a signal has brought about the signal's status.
func signalled(ctx context.Context, err error) error {
	var received *signalError
	if err == nil || silent(err) || !errors.As(context.Cause(ctx), &received) {
		return err
	}
	return &failure{
		status: statusOfSignal(received.signal), code: "interrupted",
		message: err.Error(), hint: "run the command again: it plans anew and finishes what is missing", cause: err,
	}
}

// execute parses the arguments and runs the command.
func (a *App) execute(ctx context.Context, args []string) error {
	return recovered(func() error {
		root := newRootCommand(a)
		if err := checkDashes(root, args); err != nil {
			return err
		}
		root.SetArgs(args)
		if err := root.ExecuteContext(ctx); err != nil {
			return err
		}
		return a.helpErr
	})
}

// recovered is what a function returns; a panic becomes an error.
func recovered(run func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	return run()
}

// formatIn finds the output format in arguments that may not parse, so that an
// error about them comes in that format too.
func formatIn(args []string) string {
	format := formatTable
	for i, arg := range args {
		value, found := strings.CutPrefix(arg, "--format=")
		if arg == "--format" && i+1 < len(args) {
			value, found = args[i+1], true
		}
		if found && slices.Contains(formats, value) {
			format = value
		}
	}
	return format
}

// lookup reads an environment variable; an empty one counts as unset, as
// Descope's own clients have it.
func (a *App) lookup(name string) (string, bool) {
	value, found := a.env[name]
	return value, found && value != ""
}

// lookupSet reads a variable that may be set to nothing: of the environment, or one
// that the configuration takes from its file of variables.
func (a *App) lookupSet(name string) (string, bool) {
	if value, found := a.lookupReal(name); found {
		return value, true
	}
	value, found := a.supplied[name]
	return value, found
}

// lookupReal reads a variable of the environment and of nothing else. What a
// repository supplies must not reach the user's own settings.
func (a *App) lookupReal(name string) (string, bool) {
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
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(name, "DESCOPE_MGMT_") || slices.Contains(ownVariables, name) {
			continue
		}
		hint := "unset it; known are " + strings.Join(ownVariables, ", ")
		if meant := resource.DidYouMean(name, ownVariables); meant != "" {
			hint = meant
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
