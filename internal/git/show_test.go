package git_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/git"
)

func TestShow(t *testing.T) {
	r := newRepository(t)
	r.write(t, "flows/sign in.json", "one\r\n\x00")
	r.write(t, "-x", "hyphen")
	r.write(t, "*", "star")
	first := r.commit(t)
	r.git(t, "tag", "-a", "v1.0", "-m", "tag")
	r.write(t, "flows/sign in.json", "two")
	r.commit(t)
	r.write(t, "flows/sign in.json", "three")
	flows := filepath.Join(r.dir, "flows")
	for _, c := range []struct{ dir, rev, path, want string }{
		{r.dir, "HEAD", "flows/sign in.json", "two"},
		{flows, "HEAD", "flows/sign in.json", "two"},
		{flows, "HEAD", "./sign in.json", "two"},
		{flows, "HEAD", "../flows/sign in.json", "two"},
		{r.dir, "HEAD~1", "flows/sign in.json", "one\r\n\x00"},
		{r.dir, first, "flows/sign in.json", "one\r\n\x00"},
		{r.dir, first[:12], "flows/sign in.json", "one\r\n\x00"},
		{r.dir, "v1.0", "flows/sign in.json", "one\r\n\x00"},
		{r.dir, "main@{0}", "flows/sign in.json", "two"},
		{r.dir, "main", "*", "star"},
		{r.dir, "main", "./-x", "hyphen"},
	} {
		content, err := r.program.Show(t.Context(), c.dir, c.rev, c.path)
		if err != nil || string(content) != c.want {
			t.Errorf("%s:%s: got %q, %v", c.rev, c.path, content, err)
		}
	}
}

func TestShowRefuses(t *testing.T) {
	r := newRepository(t)
	r.write(t, "a/b", "text")
	if err := os.Symlink("a/b", filepath.Join(r.dir, "link")); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	outside := t.TempDir()
	cases := []struct{ name, dir, rev, path, want string }{
		{"no revision", r.dir, "nope", "a/b", "git:nope:a/b: there is no such revision"},
		{"an object that is not here", r.dir, strings.Repeat("0", 40), "a/b", "git:" + strings.Repeat("0", 40) + ":a/b: there is no such revision"},
		{"a revision that is a file", r.dir, "a/b", "a/b", "git:a/b:a/b: there is no such revision"},
		{"an option", r.dir, "--git-dir=/", "a/b", "git:--git-dir=/:a/b: the revision begins with a hyphen"},
		{"a range", r.dir, "HEAD~1..HEAD", "a/b", "git:HEAD~1..HEAD:a/b: the revision is a range"},
		{"a path in the revision", r.dir, "HEAD:a", "b", "git:HEAD:a:b: the revision holds a character that no revision has"},
		{"a control character", r.dir, "HEAD\x1b", "b", "git:HEAD\ufffd:b: the revision holds a character that no revision has"},
		{"an empty revision", r.dir, "", "b", "git::b: the revision is empty"},
		{"a long revision", r.dir, strings.Repeat("a", 300), "b", "git:" + strings.Repeat("a", 300) + ":b: the revision is too long"},
		{"no path", r.dir, "HEAD", "a/c", "git:HEAD:a/c: there is no such file in that revision"},
		{"a pattern", r.dir, "HEAD", "a/*", "git:HEAD:a/*: there is no such file in that revision"},
		{"magic", r.dir, "HEAD", ":(top)a/b", "git:HEAD::(top)a/b: there is no such file in that revision"},
		{"an empty path", r.dir, "HEAD", "", "git:HEAD:: the path is empty"},
		{"an option as path", r.dir, "HEAD", "-r", "git:HEAD:-r: the path begins with a hyphen: put ./ before it"},
		{"an absolute path", r.dir, "HEAD", "/etc/passwd", "git:HEAD:/etc/passwd: the path is absolute"},
		{"out of the repository", r.dir, "HEAD", "../x", "git:HEAD:../x: git cannot read the file"},
		{"a folder", r.dir, "HEAD", "a", "git:HEAD:a: it is a folder"},
		{"a folder's name", r.dir, "HEAD", "a/", "git:HEAD:a/: the path is a folder's"},
		{"a link", r.dir, "HEAD", "link", "git:HEAD:link: it is a symbolic link"},
		{"no repository", outside, "HEAD", "a", "git:HEAD:a: no repository that git would read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.program.Show(t.Context(), c.dir, c.rev, c.path)
			failure, ok := errors.AsType[*git.ShowError](err)
			if !ok || failure.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestShowOfALargeFile(t *testing.T) {
	r := newRepository(t)
	path := filepath.Join(r.dir, "large")
	r.write(t, "large", "")
	if err := os.Truncate(path, git.MostFile+1); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	r.program.Limit = time.Minute // it is the size that stops it, not the time
	_, err := r.program.Show(t.Context(), r.dir, "HEAD", "large")
	if err == nil || err.Error() != "git:HEAD:large: the file has more than 64 MiB" {
		t.Errorf("got %v", err)
	}
	if err := os.Truncate(path, git.MostFile); err != nil {
		t.Fatal(err)
	}
	r.commit(t)
	if content, err := r.program.Show(t.Context(), r.dir, "HEAD", "large"); err != nil || len(content) != git.MostFile {
		t.Errorf("got %d bytes, %v", len(content), err)
	}
}

// FuzzShow: no text is taken for an option, and nothing is read without a commit.
func FuzzShow(f *testing.F) {
	f.Add("HEAD", "a")
	f.Add("--help", "-h")
	f.Add("HEAD^{/x}", ":(glob)**")
	r := newRepository(f)
	f.Fuzz(func(t *testing.T, rev, path string) {
		if content, err := r.program.Show(t.Context(), r.dir, rev, path); err == nil {
			t.Errorf("%q of %q gives %q", path, rev, content)
		}
	})
}
