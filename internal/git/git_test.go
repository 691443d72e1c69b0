package git_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// repository is a real repository in a temporary folder, with an empty HOME.
type repository struct {
	dir, home string
	program   git.Program
}

func newRepository(t testing.TB) repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	r := repository{dir: t.TempDir(), home: t.TempDir()}
	r.program.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home, "GIT_DIR=/nowhere"}
	r.git(t, "init", "-q", "-b", "main")
	r.git(t, "config", "user.email", "anna@example.com")
	r.git(t, "config", "user.name", "Anna")
	return r
}

// git runs a command of the test's own, and returns what it prints.
func (r repository) git(t testing.TB, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir = r.dir
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func (r repository) commit(t *testing.T) string {
	t.Helper()
	r.git(t, "add", "-A")
	r.git(t, "commit", "-q", "-m", "message")
	return r.git(t, "rev-parse", "HEAD")
}

func TestFacts(t *testing.T) {
	cases := []struct {
		name   string
		change func(t *testing.T, r repository)
		dirty  bool
	}{
		{"nothing", func(*testing.T, repository) {}, false},
		{"a changed file", func(t *testing.T, r repository) { t.Helper(); r.write(t, "a b\nc.yaml", "other") }, true},
		{"a new file", func(t *testing.T, r repository) { t.Helper(); r.write(t, "# branch.oid", "x") }, true},
		{"a staged file", func(t *testing.T, r repository) { t.Helper(); r.write(t, "new", "x"); r.git(t, "add", "new") }, true},
		{"an ignored file", func(t *testing.T, r repository) { t.Helper(); r.write(t, "x.ignored", "x") }, false},
		{"a removed file", func(t *testing.T, r repository) {
			t.Helper()
			if err := os.Remove(filepath.Join(r.dir, "a b\nc.yaml")); err != nil {
				t.Fatal(err)
			}
		}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRepository(t)
			r.write(t, "a b\nc.yaml", "text")
			r.write(t, "sub/folder/x", "text")
			r.write(t, ".gitignore", "*.ignored\n")
			commit := r.commit(t)
			c.change(t, r)
			for _, dir := range []string{r.dir, filepath.Join(r.dir, "sub", "folder")} {
				if diff := cmp.Diff(git.Facts{Known: true, Commit: commit, Dirty: c.dirty}, r.program.Facts(t.Context(), dir)); diff != "" {
					t.Errorf("%s: %s", dir, diff)
				}
			}
		})
	}
}

func TestFactsBeforeTheFirstCommit(t *testing.T) {
	r := newRepository(t)
	if diff := cmp.Diff(git.Facts{Known: true}, r.program.Facts(t.Context(), r.dir)); diff != "" {
		t.Error(diff)
	}
	r.write(t, "a", "x")
	if diff := cmp.Diff(git.Facts{Known: true, Dirty: true}, r.program.Facts(t.Context(), r.dir)); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownFacts(t *testing.T) {
	r := newRepository(t)
	r.commitSomething(t)
	outside := t.TempDir()
	cases := []struct {
		name, dir, reason string
		program           git.Program
	}{
		{"no repository", outside, "no repository that git would read", r.program},
		{"no folder", filepath.Join(outside, "none"), "no repository that git would read", r.program},
		{"inside of .git", filepath.Join(r.dir, ".git"), "no repository that git would read", r.program},
		{"no git", r.dir, "git is not installed", git.Program{Env: []string{"PATH=" + outside}}},
		{"no environment", r.dir, "git is not installed", git.Program{}},
		{"a PATH that is not absolute", r.dir, "git is not installed", git.Program{Env: []string{"PATH=:.:bin"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(git.Facts{Reason: c.reason}, c.program.Facts(t.Context(), c.dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (r repository) commitSomething(t *testing.T) string {
	t.Helper()
	r.write(t, "a", "text")
	return r.commit(t)
}

func TestRepositoryOfSomebodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	r := newRepository(t)
	r.commitSomething(t)
	err := filepath.WalkDir(r.dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, 65534, 65534))
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.program.Facts(t.Context(), r.dir); got.Known || got.Commit != "" {
		t.Errorf("got %+v", got)
	}
	if _, err := r.program.Show(t.Context(), r.dir, "HEAD", "a"); err == nil {
		t.Error("a file was read")
	}
}

func TestUserEmail(t *testing.T) {
	r := newRepository(t)
	if got := r.program.UserEmail(t.Context(), r.dir); got != "anna@example.com" {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"", "anna", "a\x1b[31m@example.com", "a@b\nc", "a b@c", strings.Repeat("a", 300) + "@b"} {
		r.git(t, "config", "user.email", bad)
		if got := r.program.UserEmail(t.Context(), r.dir); got != "" {
			t.Errorf("%q gives %q", bad, got)
		}
	}
	r.git(t, "config", "--unset", "user.email")
	if got := r.program.UserEmail(t.Context(), r.dir); got != "" {
		t.Errorf("got %q", got)
	}
	r.git(t, "config", "--global", "user.email", "ben@example.com")
	if got := r.program.UserEmail(t.Context(), t.TempDir()); got != "ben@example.com" {
		t.Errorf("outside of a repository: %q", got)
	}
}

func TestIsTracked(t *testing.T) {
	r := newRepository(t)
	r.write(t, "followed", "text")
	r.commit(t)
	r.write(t, "new", "text")
	for name, want := range map[string]bool{"followed": true, "new": false, "missing": false, "*": false, "-o": false} {
		if got := r.program.IsTracked(t.Context(), r.dir, name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if r.program.IsTracked(t.Context(), t.TempDir(), "followed") {
		t.Error("there is no repository")
	}
}

func TestIsModified(t *testing.T) {
	r := newRepository(t)
	r.write(t, "same", "text")
	r.write(t, "edited", "text")
	r.commit(t)
	r.write(t, "edited", "other")
	r.write(t, "staged", "text")
	r.git(t, "add", "staged")
	r.write(t, "untracked", "text")
	for name, want := range map[string]bool{"same": false, "edited": true, "staged": true, "untracked": false, "missing": false, "*": false, "-o": false} {
		if got := r.program.IsModified(t.Context(), r.dir, name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if r.program.IsModified(t.Context(), t.TempDir(), "edited") {
		t.Error("there is no repository")
	}
}

// fake is a git that does what a script says.
func fake(t *testing.T, script string) git.Program {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "git"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return git.Program{Env: []string{"PATH=" + folder + ":" + os.Getenv("PATH")}, Limit: 300 * time.Millisecond}
}

// TestGitThatHangs: no program of that name holds up the run. Each would go on
// for an hour.
func TestGitThatHangs(t *testing.T) {
	for name, script := range map[string]string{
		"git itself":         "sleep 3600",
		"a child":            "sleep 3600; true",
		"a child behind":     "sleep 60 &",
		"deaf to signals":    "trap '' TERM INT HUP; while :; do sleep 3600; done",
		"out of the group":   "setsid sleep 60; true",
		"prints without end": "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := fake(t, script)
			if got := program.Facts(t.Context(), "/"); got.Known || got.Reason == "" {
				t.Errorf("got %+v", got)
			}
			if got := program.UserEmail(t.Context(), "/"); got != "" {
				t.Errorf("got %q", got)
			}
			if _, err := program.Show(t.Context(), "/", "HEAD", "a"); err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestBound: git that hangs is asked once, whatever else there is to ask.
func TestBound(t *testing.T) {
	begun := filepath.Join(t.TempDir(), "begun")
	program := fake(t, "echo x >> "+begun+"; sleep 3600")
	ctx, cancel := program.Bound(t.Context())
	defer cancel()
	if got := program.UserEmail(ctx, "/"); got != "" {
		t.Errorf("got %q", got)
	}
	if got := program.Facts(ctx, "/"); got.Known || got.Reason != "git took too long" {
		t.Errorf("got %+v", got)
	}
	if text, err := os.ReadFile(begun); err != nil || string(text) != "x\n" {
		t.Errorf("it was begun %q, %v", text, err)
	}
}

func TestCancelledQuestion(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	program := fake(t, "sleep 3600")
	program.Limit = time.Hour
	if got := program.Facts(ctx, "/"); got.Known {
		t.Errorf("got %+v", got)
	}
	if _, err := program.Show(ctx, "/", "HEAD", "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestGitThatPrintsNonsense(t *testing.T) {
	for name, script := range map[string]string{
		"megabytes":    "head -c 8000000 /dev/zero",
		"nothing":      "exit 0",
		"text":         "echo hello",
		"no object id": `printf '# branch.oid zzz\0'`,
		"failure":      "exit 3",
	} {
		t.Run(name, func(t *testing.T) {
			program := fake(t, script)
			program.Limit = time.Minute
			if got := program.Facts(t.Context(), "/"); got.Known || got.Commit != "" || got.Dirty || got.Reason == "" {
				t.Errorf("got %+v", got)
			}
			if got := program.UserEmail(t.Context(), "/"); got != "" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestManyChanges: what does not fit is left out, and the facts stay true.
func TestManyChanges(t *testing.T) {
	oid := strings.Repeat("ab", 20)
	program := fake(t, `case "$*" in *get-regexp*) exit 1;; esac
printf '# branch.oid `+oid+`\0? x\0'
head -c 8000000 /dev/zero | tr '\0' y`)
	program.Limit = time.Minute
	if diff := cmp.Diff(git.Facts{Known: true, Commit: oid, Dirty: true}, program.Facts(t.Context(), "/")); diff != "" {
		t.Error(diff)
	}
}

// TestEnvironmentOfGit: it gets what it is given, and none of git's own variables.
func TestEnvironmentOfGit(t *testing.T) {
	out := filepath.Join(t.TempDir(), "env")
	program := fake(t, "env >"+out+"; exit 1")
	program.Env = append(program.Env, "HOME=/home/anna", "GIT_DIR=/elsewhere", "GIT_SSH_COMMAND=evil")
	program.Limit = time.Minute
	program.UserEmail(t.Context(), "/")
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	env := "\n" + string(text)
	for _, want := range []string{"\nHOME=/home/anna\n", "\nGIT_TERMINAL_PROMPT=0\n", "\nGIT_ALLOW_PROTOCOL=\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("%q is missing in %s", want, env)
		}
	}
	for _, unwanted := range []string{"GIT_DIR", "GIT_SSH_COMMAND", "GOPATH", "DESCOPE"} {
		if strings.Contains(env, "\n"+unwanted) {
			t.Errorf("%s is in %s", unwanted, env)
		}
	}
}
