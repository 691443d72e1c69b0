//go:build unix

package platform_test

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

func write(t *testing.T, path string, mode fs.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenNoFollow(t *testing.T) {
	dir := t.TempDir()
	file, link, pipe := write(t, filepath.Join(dir, "file"), 0o600), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.Symlink(file, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, flag := range map[string]int{"reading": os.O_RDONLY, "appending": os.O_RDWR | os.O_APPEND | os.O_CREATE} {
		if _, err := platform.OpenNoFollow(link, flag, 0o600); !errors.Is(err, syscall.ELOOP) {
			t.Errorf("%s through a link: %v", name, err)
		}
		for _, path := range []string{file, pipe} { // nobody waits at the other end of the pipe
			opened, err := platform.OpenNoFollow(path, flag, 0o600)
			if err == nil {
				err = opened.Close()
			}
			if err != nil {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
	}
}

func TestSyncFolder(t *testing.T) {
	if err := platform.SyncFolder(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := platform.SyncFolder(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestLock(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "file"), 0o600)
	open := func() *os.File {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	first, second := open(), open()
	if _, err := platform.TryLock(first); err != nil {
		t.Fatal(err)
	}
	if busy, err := platform.TryLock(second); !busy || err == nil {
		t.Errorf("a lock that somebody has: busy %v, %v", busy, err)
	}
	if err := platform.Unlock(first); err != nil {
		t.Fatal(err)
	}
	if busy, err := platform.TryLock(second); busy || err != nil {
		t.Errorf("a lock that was given back: busy %v, %v", busy, err)
	}
}

// TestGroupEndsAsAWhole: what a program has started ends with it.
func TestGroupEndsAsAWhole(t *testing.T) {
	for name, end := range map[string]func(*os.Process) error{"stop": platform.StopGroup, "kill": platform.KillGroup} {
		t.Run(name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), "sh", "-c", "sleep 1000 & echo $!; wait")
			platform.OwnGroup(command)
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			if !lines.Scan() {
				t.Fatal("the program says nothing")
			}
			child, err := strconv.Atoi(lines.Text())
			if err != nil || platform.Gone(child) {
				t.Fatalf("the child %d: %v", child, err)
			}
			if err := end(command.Process); err != nil {
				t.Fatal(err)
			}
			if lines.Scan() { // the pipe ends when nobody has it any more: the child neither
				t.Errorf("the program says %q", lines.Text())
			}
			_ = command.Wait() // it was ended by a signal
			want := 128 + int(map[string]syscall.Signal{"stop": syscall.SIGTERM, "kill": syscall.SIGKILL}[name])
			if got := platform.ExitStatus(command.ProcessState); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
			alone := exec.CommandContext(t.Context(), "true")
			platform.OwnGroup(alone)
			if err := alone.Run(); err != nil {
				t.Fatal(err)
			}
			if err := end(alone.Process); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("a group that has ended: %v", err)
			}
			if !platform.Gone(alone.Process.Pid) {
				t.Error("the number of a program that has ended still belongs to a process")
			}
		})
	}
	if got := platform.ExitStatus(nil); got != -1 {
		t.Errorf("a program that was not started: status %d", got)
	}
}

func TestFindProgram(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	want := write(t, filepath.Join(dir, "good", "tool"), 0o700)
	write(t, filepath.Join(dir, "here", "tool"), 0o700)
	write(t, filepath.Join(dir, "plain", "tool"), 0o600)
	if err := os.MkdirAll(filepath.Join(dir, "folder", "tool"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := strings.Join([]string{"", "here", "./here", filepath.Join(dir, "plain"), filepath.Join(dir, "folder"), filepath.Join(dir, "good")}, ":")
	if got, err := platform.FindProgram([]string{"PATH=/nowhere", "Path=/bin", "PATH=" + path}, "tool"); got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if got, err := platform.FindProgram([]string{"PATH=here:"}, "tool"); err == nil {
		t.Errorf("found %q in a folder that is not absolute", got)
	}
	if got, err := platform.FindProgram(nil, "sh"); err == nil {
		t.Errorf("found %q without PATH", got)
	}
	for name, text := range map[string]string{"plain/tool": "not executable", "folder/tool": "not a regular file"} {
		if err := platform.Runnable(filepath.Join(dir, name)); err == nil || err.Error() != text {
			t.Errorf("%s: %v, want %s", name, err, text)
		}
	}
}

func TestPermissions(t *testing.T) {
	if got := platform.Permissions(fs.ModeDir | fs.ModeSetgid | fs.ModeSticky | 0o751); got != fs.ModeSticky|0o751 {
		t.Errorf("got %v", got)
	}
}

func TestChmodFolderFollowsNoLink(t *testing.T) {
	folder, link := filepath.Join(t.TempDir(), "private"), filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.Symlink(folder, link)); err != nil {
		t.Fatal(err)
	}
	if err := platform.ChmodFolder(link, 0o770|fs.ModeSetgid); err == nil {
		t.Error("a link was followed")
	}
	if info, err := os.Stat(folder); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("the folder behind the link has the mode %v: %v", info.Mode(), err)
	}
	if err := platform.ChmodFolder(folder, 0o770|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode() != fs.ModeDir|fs.ModeSetgid|0o770 {
		t.Errorf("the folder has the mode %v: %v", info.Mode(), err)
	}
}
