package cli

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// facts are what records say about who ran a command, and from which commit.
type facts struct {
	user   string
	commit *string // nil when it is not known
	dirty  *bool   // nil when it is not known
}

// facts finds out who is at work, and what git says of the configuration. It
// never fails: what cannot be known is not known. Git is asked once in a command,
// and all questions together take no longer than one may: a lock may be held.
func (s *session) facts(ctx context.Context) facts {
	if s.asked == nil {
		found := s.findFacts(ctx)
		if ctx.Err() != nil {
			return found
		}
		s.asked = &found
	}
	return *s.asked
}

func (s *session) findFacts(ctx context.Context) facts {
	program := git.Program{Env: s.app.gitEnvironment()}
	ctx, cancel := program.Bound(ctx)
	defer cancel()
	found := facts{}
	// The address first: it is quickly found also where a repository is large.
	found.user = s.app.actor(func() string { return program.UserEmail(ctx, cmp.Or(s.configFolder(), s.app.WorkDir)) })
	if folder := s.configFolder(); folder != "" {
		if known := program.Facts(ctx, folder); known.Known {
			found.dirty = &known.Dirty
			if known.Commit != "" {
				found.commit = &known.Commit
			}
		} else {
			s.app.log.Debug("git says nothing about the configuration", slog.String("folder", folder), slog.String("reason", known.Reason))
		}
	}
	return found
}

// configFolder is where the configuration stands; empty when there is none.
func (s *session) configFolder() string {
	if s.config == nil || len(s.config.Files()) == 0 {
		return ""
	}
	return filepath.Dir(s.app.absolute(s.config.Files()[0]))
}

// actor is the user: as the environment names it, else git, else the system. A
// name that holds a loaded key is without it, since it goes into every record.
func (a *App) actor(email func() string) string { return a.redact.text(a.userFrom(email)) }

func (a *App) userFrom(email func() string) string {
	for _, name := range []string{"USER", "USERNAME"} {
		if user, found := a.lookup(name); found {
			return user
		}
	}
	if address := email(); address != "" {
		return address
	}
	return userName()
}

// gitEnvironment is what git may know of the environment.
func (a *App) gitEnvironment() []string {
	known := append([]string{"PATH", "HOME", "USER", "LOGNAME", "TMPDIR"}, platform.SystemVariables()...)
	var kept []string
	for _, entry := range a.Environ {
		name, _, _ := strings.Cut(entry, "=")
		if slices.ContainsFunc(known, func(one string) bool { return platform.SameVariable(one, name) }) {
			kept = append(kept, entry)
		}
	}
	return kept
}
