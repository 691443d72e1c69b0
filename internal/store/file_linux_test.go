package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestFailuresOfPermissionNamePathAndNextStep(t *testing.T) {
	dir := t.TempDir()
	state, path := project(t, ownA+"\n")
	fresh := store.Open(filepath.Join(dir, "state")).Project("h", "P")
	for _, target := range []string{dir, state.Dir()} {
		if err := os.Chmod(target, 0o555); err != nil {
			t.Fatal(err)
		}
	}
	// The way to the record is open, so that the record itself is what refuses.
	for parent := filepath.Dir(state.Dir()); len(parent) > len(os.TempDir()); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o000); err != nil {
		t.Fatal(err)
	}
	var write, makeFolder, record, read error
	processtest.AsNobody(t, func() {
		write = store.WriteFile(filepath.Join(dir, "f"), []byte("x"), 0o600)
		makeFolder = fresh.Own(testTime, "tenant/a")
		record = state.Own(testTime, "tenant/a")
		_, read = state.Owned()
	})
	const hint = "get access to the folder and the file, or choose another folder"
	const stateHint = hint + "; --home names another folder for the tool's own state"
	checkFailure(t, write, syscall.EACCES, "cannot write "+filepath.Join(dir, "f")+": permission denied", hint)
	checkFailure(t, makeFolder, syscall.EACCES, "cannot make the state folder "+fresh.Dir()+": mkdir "+filepath.Join(dir, "state")+": permission denied", stateHint)
	checkFailure(t, record, syscall.EACCES, "cannot write the ownership record "+path+": permission denied", stateHint)
	checkFailure(t, read, syscall.EACCES, "cannot read the ownership record "+path+": permission denied", stateHint)
	if diff := cmp.Diff([]string{}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestFullDiskNamesPathAndNextStep(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("cannot mount a file system: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	state := store.Open(disk).Project("h", "P")
	path := filepath.Join(state.Dir(), "ownership.jsonl")
	if err := os.MkdirAll(state.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(disk, "all"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	checkFailure(t, state.Own(testTime, "tenant/a"), syscall.ENOSPC,
		"cannot write the ownership record "+path+": no space left on device",
		"free some space on that file system, then run again; --home names another folder for the tool's own state")
}

func TestWriteFileReplacesNoDevice(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink("/dev/null", link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, link} {
		err := store.WriteFile(path, []byte("x"), 0o600)
		failure, ok := errors.AsType[*store.FileError](err)
		if !ok || err.Error() != "cannot write "+path+": not a regular file" ||
			failure.Fault().Hint != "name a file: what stands there now must not be replaced" {
			t.Errorf("got %v", err)
		}
	}
	if diff := cmp.Diff([]string{"link", "pipe"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}
