package git

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// DefaultLimit is how long one question may take where nothing says otherwise.
const DefaultLimit = 5 * time.Second

// Program is the git program and what it may know. It holds no state and may be
// used by several goroutines.
type Program struct {
	// Env is the environment of git, as NAME=VALUE: PATH, by which git itself is
	// found too, and HOME at least. Variables of git's own (GIT_…) are left out.
	Env []string
	// Limit bounds one question; 0 means [DefaultLimit].
	Limit time.Duration
}

var (
	errMissing  = errors.New("git is not installed")
	errTimeout  = errors.New("git took too long")
	errTooLarge = errors.New("the answer is too large")
)

// settings override what a repository's configuration could have git run.
// Values on the command line win over those of any file (git-config(1), FILES).
// The empty value turns the monitor off in versions that take a boolean and in
// those that take a path only.
func settings() []string {
	return []string{
		"core.fsmonitor=", "core.hooksPath=/dev/null", "core.pager=cat", "diff.external=",
		"core.untrackedCache=false", "safe.bareRepository=explicit", "protocol.allow=never",
	}
}

// variables are those of git that it gets from us.
func variables() []string {
	return []string{
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "LC_ALL=C",
		// A clone that lacks objects would fetch them, through a program that its
		// configuration names: no protocol is allowed (git(1), GIT_ALLOW_PROTOCOL).
		"GIT_ALLOW_PROTOCOL=", "GIT_NO_LAZY_FETCH=1",
	}
}

// deadline bounds one question. A tenth of the limit is left for the end of
// processes that do not want to.
func (p Program) deadline(ctx context.Context) (context.Context, context.CancelFunc, time.Duration) {
	limit := p.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	grace := limit / 10
	ctx, cancel := context.WithTimeoutCause(ctx, limit-grace, errTimeout)
	return ctx, cancel, grace
}

// Bound is a context under which all questions together take no longer than the
// limit of one. What is asked after that is not known.
func (p Program) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel, _ := p.deadline(ctx)
	return ctx, cancel
}

// question is one run of git.
type question struct {
	dir   string
	grace time.Duration
	most  int      // bytes of the answer that are kept
	drop  bool     // what is more is left out; otherwise it is an error
	extra []string // more settings, as NAME=VALUE
}

// run asks git and returns what it prints. An error of type [*exec.ExitError]
// holds git's own status.
func (p Program) run(ctx context.Context, q question, args ...string) ([]byte, error) {
	program, err := platform.FindProgram(p.Env, "git")
	if err != nil {
		return nil, errMissing
	}
	head := []string{"-C", q.dir, "--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs"}
	for _, setting := range append(settings(), q.extra...) {
		head = append(head, "-c", setting)
	}
	command := exec.CommandContext(ctx, program, append(head, args...)...)
	command.Env = p.environment()
	answer := &bounded{most: q.most, drop: q.drop}
	command.Stdout = answer // stdin and stderr are the null device
	platform.OwnGroup(command)
	command.Cancel = func() error { return platform.KillGroup(command.Process) }
	// A process that has left the group may keep the pipe open.
	command.WaitDelay = q.grace
	err = command.Run()
	switch {
	case errors.Is(err, exec.ErrWaitDelay):
		_ = platform.KillGroup(command.Process) // somebody is still in it
		return nil, errTimeout
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case answer.over:
		return nil, errTooLarge
	case err != nil:
		return nil, err
	default:
		return answer.text.Bytes(), nil
	}
}

func (p Program) environment() []string {
	var env []string
	for _, variable := range p.Env {
		if !strings.HasPrefix(variable, "GIT_") {
			env = append(env, variable)
		}
	}
	return append(env, variables()...)
}

// bounded keeps the beginning of what is written.
type bounded struct {
	text bytes.Buffer
	most int
	drop bool
	over bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	kept := p[:min(len(p), b.most-b.text.Len())]
	b.text.Write(kept)
	if len(kept) < len(p) && !b.drop {
		b.over = true
		return len(kept), errTooLarge
	}
	return len(p), nil
}
