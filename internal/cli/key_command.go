package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/hook"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	// keyCommandLimit is how long a program may take to print a key: somebody may
	// have to touch a token for it.
	keyCommandLimit = 60 * time.Second
	// maxPrintedKey is how much a program may print as a key, in bytes.
	maxPrintedKey = 64 << 10
)

// printedKeys are the keys that programs have printed: each runs once for each
// environment, however many sessions a command opens.
type printedKeys struct {
	mu     sync.Mutex
	byName map[string]resource.Secret
}

// resolveTarget is [config.Resolve], and runs the program that prints the key where
// one does.
func (a *App) resolveTarget(ctx context.Context, loaded *config.Config, selection config.Selection) (config.Target, error) {
	target, err := config.Resolve(loaded, selection)
	if err != nil || target.KeyCommand == nil {
		return target, err
	}
	if a.keys == nil {
		a.keys = &printedKeys{}
	}
	a.keys.mu.Lock()
	defer a.keys.mu.Unlock()
	name := target.Environment + "\x00" + target.ProjectID + "\x00" + target.KeyCommand.Source
	key, known := a.keys.byName[name]
	if !known {
		if key, err = a.runKeyCommand(ctx, target); err != nil {
			return config.Target{}, err
		}
		if a.keys.byName == nil {
			a.keys.byName = map[string]resource.Secret{}
		}
		a.keys.byName[name] = key
	}
	return target.WithKey(key.Reveal())
}

// runKeyCommand runs the program without a shell and without any key in its
// environment. Nothing that it prints is shown but what it says on the standard
// error, where it fails, and not even that where the output is for others.
func (a *App) runKeyCommand(ctx context.Context, target config.Target) (resource.Secret, error) {
	command := target.KeyCommand
	failed := func(what, hint string, cause error) error {
		return &failure{
			status: StatusAuth, code: "key_command_failed", hint: hint, cause: cause,
			message: fmt.Sprintf("no management key from %s: %s", command.Source, what),
		}
	}
	if slices.ContainsFunc(command.Argv, a.redact.holds) {
		return resource.Secret{}, failed("it has a loaded key among its arguments, and is not run", "take the key out of it", nil)
	}
	environment := append(hook.Environment(a.Environ, a.redact.holds), "DESCOPE_PROJECT_ID="+target.ProjectID)
	if target.Environment != "" {
		environment = append(environment, "DESCOPE_ENVIRONMENT="+target.Environment)
	}
	printed := &limitedBuffer{most: maxPrintedKey}
	limit := a.HookLimit
	if limit == 0 {
		limit = keyCommandLimit
	}
	result, err := hook.Run(ctx, hook.Command{Argv: command.Argv, Dir: command.Dir, Env: environment, Limit: limit, Now: a.Now, Stdout: printed}, nil)
	key := strings.TrimRight(printed.String(), "\r\n")
	a.redact.add(resource.NewSecret(key)) // also where it is none: nobody knows what it is
	for line := range strings.Lines(key) {
		a.redact.add(resource.NewSecret(strings.TrimRight(line, "\r\n")))
	}
	a.log.Info("program run for the management key", slog.String("program", command.Argv[0]), slog.Int("exit_status", result.ExitStatus),
		slog.Duration("duration", result.Duration))
	if err != nil {
		if ctx.Err() != nil {
			return resource.Secret{}, context.Cause(ctx)
		}
		what, hint := err.Error(), "run it by hand"
		if failure, is := errors.AsType[*hook.Error](err); is && failure.Hint != "" {
			hint = failure.Hint
		}
		said := strings.TrimSpace(result.Output)
		switch {
		case said == "":
		case a.forOthers:
			what += fmt.Sprintf("; it has printed %s to its standard error, which are not shown here", counted(strings.Count(said, "\n")+1, "line"))
		default:
			a.warn("its standard error: %s", strings.ReplaceAll(said, "\n", "\n  "))
		}
		return resource.Secret{}, failed(what, hint, err)
	}
	switch {
	case printed.over:
		return resource.Secret{}, failed(fmt.Sprintf("it printed more than %d KiB", maxPrintedKey>>10), "let it print the key alone", nil)
	case key == "":
		return resource.Secret{}, failed("it printed nothing", "let it print the key to its standard output", nil)
	default:
		return resource.NewSecret(key), nil
	}
}

// limitedBuffer keeps the beginning of what is written to it, and takes everything.
type limitedBuffer struct {
	bytes.Buffer
	most int
	over bool
}

func (b *limitedBuffer) Write(text []byte) (int, error) {
	kept := min(len(text), b.most-b.Len())
	b.over = b.over || kept < len(text)
	_, _ = b.Buffer.Write(text[:kept]) // it never fails
	return len(text), nil
}
