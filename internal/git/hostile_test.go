package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
)

// TestHostileRepository: a repository names a program wherever git would run
// one, and none of them runs.
func TestHostileRepository(t *testing.T) {
	r := newRepository(t)
	marker := filepath.Join(t.TempDir(), "marker")
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$0 $*\" >>"+marker+"\ncat\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.write(t, ".gitattributes", "*.yaml filter=evil diff=evil\n*.json filter=long\n")
	r.write(t, "a.yaml", "text")
	r.write(t, "b.json", "text")
	commit := r.commit(t)
	hooks := filepath.Join(r.dir, ".git", "hooks")
	if err := os.MkdirAll(hooks, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"} {
		if err := os.Symlink(script, filepath.Join(hooks, hook)); err != nil {
			t.Fatal(err)
		}
	}
	for _, setting := range [][2]string{
		{"core.fsmonitor", script},
		{"core.pager", script},
		{"pager.status", script},
		{"pager.config", script},
		{"diff.external", script},
		{"diff.evil.textconv", script},
		{"diff.evil.command", script},
		{"core.sshCommand", script},
		{"core.askPass", script},
		{"credential.helper", "!" + script},
		{"filter.evil.clean", script},
		{"filter.evil.smudge", script},
		{"filter.evil.required", "true"},
		{"filter.long.process", script},
		{"filter.long.required", "true"},
		{"alias.status", "!" + script},
		{"gpg.program", script},
		{"log.showSignature", "true"},
	} {
		r.git(t, "config", setting[0], setting[1])
	}
	// The time stamps differ from those of the index, so that contents are compared.
	for _, name := range []string{"a.yaml", "b.json"} {
		if err := os.Chtimes(filepath.Join(r.dir, name), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(git.Facts{Known: true, Commit: commit}, r.program.Facts(t.Context(), r.dir)); diff != "" {
		t.Error(diff)
	}
	r.program.UserEmail(t.Context(), r.dir)
	if !r.program.IsTracked(t.Context(), r.dir, "a.yaml") {
		t.Error("a.yaml is tracked")
	}
	if content, err := r.program.Show(t.Context(), r.dir, "HEAD", "a.yaml"); err != nil || string(content) != "text" {
		t.Errorf("got %q, %v", content, err)
	}
	if ran, err := os.ReadFile(marker); err == nil {
		t.Errorf("programs ran:\n%s", ran)
	}
	// The same repository, asked without care, does run them: the test can fail.
	careless := exec.CommandContext(t.Context(), "git", "-C", r.dir, "status")
	careless.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home}
	_ = careless.Run() // one of the filters does not speak git's protocol
	if _, err := os.ReadFile(marker); err != nil {
		t.Errorf("the trap does not work: %v", err)
	}
}

func TestFilterThatCannotBeOverridden(t *testing.T) {
	r := newRepository(t)
	r.commitSomething(t)
	r.git(t, "config", "filter.a=b.clean", "false")
	if got := r.program.Facts(t.Context(), r.dir); got.Known || !strings.Contains(got.Reason, "cannot be overridden") {
		t.Errorf("got %+v", got)
	}
}

// TestHostileSubmodule: git would look into a submodule, and run the filters that
// the submodule's own configuration names.
func TestHostileSubmodule(t *testing.T) {
	r, inner := newRepository(t), newRepository(t)
	inner.write(t, ".gitattributes", "* filter=inner\n")
	inner.commitSomething(t)
	r.git(t, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.dir, "sub")
	commit := r.commit(t)
	marker := filepath.Join(t.TempDir(), "marker")
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho x >>"+marker+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.git(t, "-C", "sub", "config", "core.fsmonitor", script)
	r.git(t, "-C", "sub", "config", "filter.inner.clean", script)
	if err := os.Chtimes(filepath.Join(r.dir, "sub", "a"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(git.Facts{Known: true, Commit: commit}, r.program.Facts(t.Context(), r.dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the submodule's program ran")
	}
	r.git(t, "-c", "core.fsmonitor=", "status") // asked without more care
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("the trap does not work: %v", err)
	}
}
