package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/logfile"
)

var logLevels = []string{"debug", "info", "warn", "error"}

// openLog makes the logger: to the error stream at the chosen level and in the
// chosen form, and as JSON to the log file, where one is asked for.
func (a *App) openLog() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil || !slices.Contains(logLevels, a.flags.logLevel) {
		return usageError(fmt.Sprintf("unknown log level %q", a.flags.logLevel), suggestion(a.flags.logLevel, logLevels))
	}
	var screen slog.Handler
	switch a.flags.logFormat {
	case "text":
		screen = slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level, ReplaceAttr: a.harmless})
	case "json":
		screen = slog.NewJSONHandler(a.Err, &slog.HandlerOptions{Level: level, ReplaceAttr: a.harmless})
	default:
		return usageError(fmt.Sprintf("unknown log format %q", a.flags.logFormat), suggestion(a.flags.logFormat, []string{"text", "json"}))
	}
	handlers := []slog.Handler{screen}
	if a.flags.logFile != "" {
		file, err := a.openLogFile()
		if err != nil {
			return err
		}
		// A file is for looking back: it holds at least what a run did.
		handlers = append(handlers, slog.NewJSONHandler(file, &slog.HandlerOptions{Level: min(level, slog.LevelInfo), ReplaceAttr: a.harmless}))
	}
	a.log = slog.New(namedHandler{Handler: slog.NewMultiHandler(handlers...), app: a})
	return nil
}

// openLogFile opens the file of --log-file; it is closed when the command ends.
func (a *App) openLogFile() (io.Writer, error) {
	path := a.absolute(a.flags.logFile)
	if a.flags.output != "" && path == a.absolute(a.flags.output) {
		return nil, usageError("--log-file and -o/--output name the same file", "give each its own")
	}
	if err := checkOwnLog(path); err != nil {
		return nil, err
	}
	file, err := logfile.Open(path, logfile.Options{
		Failed: func(err error) { a.warn("warning: the log file is not complete: %v", err) }, // a log must not end a run
	})
	if err != nil {
		return nil, err
	}
	a.logFile = file
	return &redactingWriter{to: file, redactor: a.redact}, nil
}

// logLineStart is how each line of a log begins.
const logLineStart = `{"time":"`

// checkOwnLog refuses a file that holds something else than a log: to append to it
// would spoil it, and to rotate it would move it away. What cannot be looked at,
// opening it tells better.
func checkOwnLog(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }() // only read
	start := make([]byte, len(logLineStart))
	if _, err := io.ReadFull(file, start); err == nil && string(start) == logLineStart {
		return nil
	}
	return &failure{
		status: StatusError, code: "file", message: "cannot write the log to " + path + ": it is not a log of this tool", hint: "name another file with --log-file",
	}
}

// closeLog closes the log file, if there is one.
func (a *App) closeLog() {
	if a.logFile == nil {
		return
	}
	if err := a.logFile.Close(); err != nil {
		a.warn("warning: the log file is not complete: %v", err)
	}
}

// harmless makes text from outside harmless on a terminal, also on one that
// shows a log file. It takes keys out before any character is escaped, since
// afterwards nobody would know them.
func (a *App) harmless(_ []string, attribute slog.Attr) slog.Attr {
	text := ""
	switch attribute.Value.Kind() {
	case slog.KindString:
		text = attribute.Value.String()
	case slog.KindAny:
		if _, isSource := attribute.Value.Any().(*slog.Source); isSource {
			return attribute
		}
		text = fmt.Sprint(attribute.Value.Any())
	default:
		return attribute
	}
	return slog.String(printableLine(attribute.Key), printableLine(a.redact.text(text)))
}

// namedHandler puts the run's id on every line.
type namedHandler struct {
	slog.Handler
	app *App
}

func (h namedHandler) Handle(ctx context.Context, record slog.Record) error {
	record.AddAttrs(slog.String("run_id", h.app.run()))
	return h.Handler.Handle(ctx, record)
}

func (h namedHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return namedHandler{Handler: h.Handler.WithAttrs(attributes), app: h.app}
}

func (h namedHandler) WithGroup(name string) slog.Handler {
	return namedHandler{Handler: h.Handler.WithGroup(name), app: h.app}
}
