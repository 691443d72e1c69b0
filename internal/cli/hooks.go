package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/hook"
)

// hooked is what came of one program that ran after a backup.
type hooked struct {
	argv   []string
	result hook.Result
	err    error
}

// runHooks runs the programs that follow a backup, in their order, without a
// shell and without any key in their environment. One that fails is told about,
// and does not keep the others from running.
func (a *App) runHooks(ctx context.Context, settings config.Backup, file string) []hooked {
	var all []hooked
	environment := hook.Environment(a.Environ, a.redact.holds)
	for _, argv := range settings.After {
		one := hooked{argv: argv}
		if slices.ContainsFunc(argv, a.redact.holds) {
			one.result.ExitStatus = -1
			one.err = errors.New("a program of backup.after has a loaded key among its arguments, and is not run")
			a.warn("warning: after the backup: %v", one.err)
			all = append(all, one)
			continue
		}
		one.result, one.err = hook.Run(ctx, hook.Command{Argv: argv, Dir: filepath.Dir(file), Env: environment, Limit: a.HookLimit, Now: a.Now},
			map[string]string{"{file}": file, "{dir}": filepath.Dir(file)})
		all = append(all, one)
		a.log.Info("program run after the backup", slog.String("program", argv[0]), slog.Int("exit_status", one.result.ExitStatus),
			slog.Duration("duration", one.result.Duration))
		if one.err == nil {
			a.log.Debug("its output", slog.String("program", argv[0]), slog.String("output", one.result.Output))
			continue
		}
		a.warn("warning: after the backup: %v", one.err)
		if output := strings.TrimSpace(one.result.Output); output != "" {
			a.warn("  it printed: %s", strings.ReplaceAll(output, "\n", "\n  "))
		}
	}
	return all
}

// failedHook is the error of a backup whose programs have to succeed; nil when
// they did, or when they do not have to.
func failedHook(settings config.Backup, all []hooked) error {
	if !settings.AfterRequired {
		return nil
	}
	for _, one := range all {
		if one.err != nil {
			return &failure{
				status: StatusIntegrity, code: "backup_hook_failed", cause: one.err,
				message: fmt.Sprintf("nothing was sent: a program that has to succeed after a backup failed: %v", one.err),
				hint:    "mend it, or take it out of backup.after in " + settings.Source.After.File,
			}
		}
	}
	return nil
}

// recordHooks writes down what came of the programs that ran after a backup which
// no run has asked for.
func (s *session) recordHooks(ctx context.Context, all []hooked) error {
	if len(all) == 0 {
		return nil
	}
	facts := s.facts(ctx)
	base := func() audit.Record { return s.auditRecord(audit.EventHook, facts) }
	return s.audit.Append(context.WithoutCancel(ctx), hookRecords(base, all)...)
}

// hookRecords are the audit records of programs that ran after a backup.
func hookRecords(base func() audit.Record, all []hooked) []audit.Record {
	var records []audit.Record
	for _, one := range all {
		record := base()
		record.Result, record.DurationMS = "success", one.result.Duration.Milliseconds()
		if one.err != nil {
			record.Result = "failed"
		}
		record.Detail = filepath.Base(one.argv[0]) + ": "
		switch {
		case one.result.ExitStatus < 0:
			record.Detail += "was not run"
		case one.result.TimedOut:
			record.Detail += fmt.Sprintf("exit status %d, its time was over", one.result.ExitStatus)
		default:
			record.Detail += fmt.Sprintf("exit status %d", one.result.ExitStatus)
		}
		records = append(records, record)
	}
	return records
}
