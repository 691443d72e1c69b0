//go:build unix

package logfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/logfile"
)

// openLog opens a log that must not fail.
func openLog(t *testing.T, path string, options logfile.Options) *logfile.File {
	t.Helper()
	options.Failed = func(err error) { t.Errorf("told: %v", err) }
	log, err := logfile.Open(path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

func write(t *testing.T, log *logfile.File, text string) {
	t.Helper()
	if n, err := log.Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}

// contents are the log's files by the end of their names.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimPrefix(name, path)] = string(text)
	}
	return found
}

func want(t *testing.T, path string, files map[string]string) {
	t.Helper()
	if diff := cmp.Diff(files, contents(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, path, logfile.Options{})
	write(t, log, "{\"a\":1}\n")
	write(t, log, "")
	write(t, log, "no end")
	write(t, log, "two\nlines\n")
	slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).Info("hello", "n", 1)
	want(t, path, map[string]string{"": "{\"a\":1}\nno end\ntwo\nlines\n" + `{"level":"INFO","msg":"hello","n":1}` + "\n"})
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, path, logfile.Options{Limit: 10, Keep: 3})
	for i := range 6 {
		write(t, log, fmt.Sprintf("line%d\n", i)) // six bytes
	}
	want(t, path, map[string]string{"": "line5\n", ".1": "line4\n", ".2": "line3\n", ".3": "line2\n"})
	write(t, log, "long, longer than the limit\n")
	write(t, log, "a\n")
	write(t, log, "bcdefgh\n")
	write(t, log, "i\n")
	want(t, path, map[string]string{"": "i\n", ".1": "a\nbcdefgh\n", ".2": "long, longer than the limit\n", ".3": "line5\n"})
	for name := range contents(t, path) {
		if info, err := os.Stat(path + name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
}

func TestRotationAtOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write(t, openLog(t, path, logfile.Options{}), "ten bytes\n")
	openLog(t, path, logfile.Options{Limit: 11})
	want(t, path, map[string]string{"": "ten bytes\n"})
	openLog(t, path, logfile.Options{Limit: 10})
	want(t, path, map[string]string{"": "", ".1": "ten bytes\n"})
	openLog(t, path, logfile.Options{Limit: 1})
	want(t, path, map[string]string{"": "", ".1": "ten bytes\n"})
}

// TestRotationAfterAKill: a kill between two renames leaves a gap, and nothing
// is dropped before the gap is filled.
func TestRotationAfterAKill(t *testing.T) {
	for gap := 1; gap <= 3; gap++ {
		path := filepath.Join(t.TempDir(), "log")
		left := map[string]string{"": "new\n"}
		for number := 1; number <= 3; number++ {
			if number != gap {
				left[fmt.Sprintf(".%d", number)] = fmt.Sprintf("old%d\n", number)
			}
		}
		for name, text := range left {
			if err := os.WriteFile(path+name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(t, openLog(t, path, logfile.Options{Limit: 5}), "newer\n")
		var got []string
		for _, text := range contents(t, path) {
			got = append(got, text)
		}
		lines := []string{"newer\n"}
		for _, text := range left {
			lines = append(lines, text)
		}
		slices.Sort(got)
		slices.Sort(lines)
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("gap at %d: %s", gap, diff)
		}
	}
}

func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, path, logfile.Options{})
	write(t, log, "whole\n")
	if err := os.WriteFile(path, []byte("whole\n{\"torn\":"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, log, "next\n")
	want(t, path, map[string]string{"": "whole\n{\"torn\":\nnext\n"})
}

// TestMovedAway: whoever else rotates logs takes a file away, and the next line
// is in a new one.
func TestMovedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, path, logfile.Options{})
	write(t, log, "one\n")
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	write(t, log, "two\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, log, "three\n")
	want(t, path, map[string]string{"": "three\n", ".old": "one\n"})
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	name := func(base string) string { return filepath.Join(dir, base) }
	err := errors.Join(os.WriteFile(name("file"), []byte("kept"), 0o600), os.Symlink("file", name("link")), os.Symlink("none", name("dangling")),
		os.Mkdir(name("folder"), 0o700), syscall.Mkfifo(name("pipe"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	const another = "name a file that is one itself, or that does not exist yet"
	for path, wanted := range map[string][2]string{
		name("link"):      {"a symbolic link", another},
		name("dangling"):  {"a symbolic link", another},
		name("folder"):    {"is a directory", another},
		name("pipe"):      {"not a regular file", another},
		"/dev/null":       {"not a regular file", another},
		name("none/log"):  {"no such file or directory", "make the folder first, or choose another one"},
		name("file/here"): {"not a directory", "make the folder first, or choose another one"},
	} {
		_, err := logfile.Open(path, logfile.Options{})
		failure, ok := errors.AsType[*logfile.FileError](err)
		if !ok || err.Error() != "cannot open the log "+path+": "+wanted[0] {
			t.Errorf("%s: got %v", path, err)
			continue
		}
		if fault := failure.Fault(); fault.Code != "file" || fault.Message != err.Error() || fault.Hint != wanted[1] {
			t.Errorf("%s: got %+v", path, fault)
		}
	}
	if text, err := os.ReadFile(name("file")); string(text) != "kept" {
		t.Errorf("got %q, %v", text, err)
	}
}

// TestFailuresAreToldOnce: the caller goes on, is told once, and lines come back
// when the cause has gone.
func TestFailuresAreToldOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	var told []string
	var log *logfile.File
	log, err := logfile.Open(path, logfile.Options{Failed: func(err error) {
		told = append(told, err.Error())
		_, _ = log.Write([]byte("about the failure\n")) // must not hang
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, log, "one\n")
	if err := errors.Join(os.Rename(path, path+".old"), os.Symlink("elsewhere", path)); err != nil {
		t.Fatal(err)
	}
	write(t, log, "two\n")
	write(t, log, "three\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, log, "four\n")
	if diff := cmp.Diff([]string{"cannot open the log " + path + ": a symbolic link"}, told); diff != "" {
		t.Error(diff)
	}
	if log.Lost() != 3 {
		t.Errorf("%d lines are lost", log.Lost())
	}
	want(t, path, map[string]string{"": "four\n", ".old": "one\n"})
	if err := errors.Join(log.Close(), log.Close()); err != nil {
		t.Error(err)
	}
	write(t, log, "late\n")
	if log.Lost() != 4 {
		t.Errorf("%d lines are lost", log.Lost())
	}
}

// TestRotationThatFails: the lines are written nevertheless.
func TestRotationThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.MkdirAll(path+".1/x", 0o700); err != nil {
		t.Fatal(err)
	}
	var told []error
	log, err := logfile.Open(path, logfile.Options{Limit: 5, Keep: 1, Failed: func(err error) { told = append(told, err) }})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		write(t, log, "line\n")
	}
	text, err := os.ReadFile(path)
	if string(text) != "line\nline\nline\n" || err != nil || log.Lost() != 0 || len(told) != 1 {
		t.Errorf("got %q, %v, %d lost, told %v", text, err, log.Lost(), told)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// TestConcurrentLines: several handles, as of several processes, and goroutines.
func TestConcurrentLines(t *testing.T) {
	const handles, goroutines, lines = 3, 4, 50
	path := filepath.Join(t.TempDir(), "log")
	var wait sync.WaitGroup
	for h := range handles {
		log := openLog(t, path, logfile.Options{Limit: 300, Keep: 1000})
		for g := range goroutines {
			wait.Go(func() {
				for i := range lines {
					write(t, log, fmt.Sprintf("%d-%d-%d\n", h, g, i))
				}
			})
		}
	}
	wait.Wait()
	checkLines(t, path, 300, handles*goroutines*lines)
}

// checkLines asserts that each of so many different lines is there once, and
// that no file passes the limit.
func checkLines(t *testing.T, path string, limit, lines int) {
	t.Helper()
	seen := map[string]int{}
	for name, text := range contents(t, path) {
		if len(text) > limit {
			t.Errorf("%s has %d bytes", name, len(text))
		}
		for line := range strings.Lines(text) {
			seen[line]++
		}
	}
	for line, times := range seen {
		if times != 1 {
			t.Errorf("%q is there %d times", line, times)
		}
	}
	if len(seen) != lines {
		t.Errorf("%d lines of %d are there", len(seen), lines)
	}
}

// TestAnyLines: whatever the lines and limits, the files hold the last lines in
// their order.
func TestAnyLines(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		path := filepath.Join(dir, fmt.Sprintf("%d", run), "log")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		limit, keep := rapid.IntRange(1, 40).Draw(t, "limit"), rapid.IntRange(1, 4).Draw(t, "keep")
		log, err := logfile.Open(path, logfile.Options{Limit: int64(limit), Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, line := range rapid.SliceOfN(rapid.StringMatching(`[a-z]{0,20}`), 0, 30).Draw(t, "lines") {
			all += line + "\n"
			if _, err := log.Write([]byte(line + "\n")); err != nil {
				t.Fatal(err)
			}
		}
		kept := ""
		for number := keep; number >= 0; number-- {
			name := fmt.Sprintf("%s.%d", path, number)
			if number == 0 {
				name = path
			}
			text, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if len(text) > limit && strings.Count(string(text), "\n") > 1 {
				t.Fatalf("%s is %q with a limit of %d", name, text, limit)
			}
			kept += string(text)
		}
		_, err = os.Stat(fmt.Sprintf("%s.%d", path, keep))
		if dropped := err == nil; !strings.HasSuffix(all, kept) || !dropped && kept != all || all != "" && kept == "" {
			t.Fatalf("kept %q of %q", kept, all)
		}
		if _, err := os.Stat(fmt.Sprintf("%s.%d", path, keep+1)); err == nil {
			t.Fatal("a file too many is kept")
		}
		if err := log.Close(); err != nil || log.Lost() != 0 {
			t.Fatalf("%v, %d lost", err, log.Lost())
		}
	})
}

// TestAdvice for what cannot be had on every machine.
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{syscall.EROFS, "the file system is read-only: choose a folder on another one"},
		{syscall.EACCES, "get access to the folder and the file, or choose another folder"},
		{syscall.EPERM, "get access to the folder and the file, or choose another folder"},
		{syscall.ENOSPC, "free some space on that file system"},
		{syscall.EDQUOT, "free some space on that file system"},
		{syscall.EFBIG, "free some space on that file system"},
		{syscall.ENOENT, "make the folder first, or choose another one"},
		{syscall.EISDIR, "name a file that is one itself, or that does not exist yet"},
		{syscall.EIO, "check the folder and its file system"},
	} {
		failure := &logfile.FileError{Op: "write", Path: "/p", Err: &fs.PathError{Op: "write", Path: "/p", Err: c.err}}
		if fault := failure.Fault(); fault.Code != "file" || fault.Message != "cannot write the log /p: "+c.err.Error() || fault.Hint != c.want {
			t.Errorf("%v: %+v", c.err, fault)
		}
	}
}
