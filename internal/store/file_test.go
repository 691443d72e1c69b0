package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// names lists a folder, hidden files included.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

func TestWriteFileReplacesTheWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.json")
	for _, c := range []struct {
		data string
		perm fs.FileMode
	}{{"first, and long", 0o600}, {"second", 0o644}, {"", 0o600}, {strings.Repeat("x", 1<<20), 0o400}, {"over a read-only file", 0o660}} {
		if err := store.WriteFile(path, []byte(c.data), c.perm); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != c.data {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(c.data))
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != c.perm { // whatever the umask is
			t.Errorf("mode %v, %v; want %v", info.Mode(), err, c.perm)
		}
	}
	if diff := cmp.Diff([]string{"plan.json"}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteFileReplacesALinkAndNotWhatItPointsTo(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("precious"), 0o600), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteFile(link, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "precious" {
		t.Errorf("the link's target holds %q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the name is %v, %v", info.Mode(), err)
	}
}

func TestWriteFileKeepsWhoeverReadsTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := store.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WriteFile(path, []byte("new and longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	_, err = got.ReadFrom(reader)
	if err := errors.Join(err, reader.Close()); err != nil || got.String() != "old" {
		t.Errorf("got %q, %v", got.String(), err)
	}
}

// TestFailuresNamePathAndNextStep: what happens on a real file system.
func TestFailuresNamePathAndNextStep(t *testing.T) {
	dir := t.TempDir()
	file, folder := filepath.Join(dir, "file"), filepath.Join(dir, "folder")
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), os.MkdirAll(filepath.Join(folder, "full"), 0o700)); err != nil {
		t.Fatal(err)
	}
	taken, takenPath := project(t, "")
	if err := errors.Join(os.Remove(takenPath), os.Mkdir(takenPath, 0o700)); err != nil {
		t.Fatal(err)
	}
	read := func(state *store.ProjectState) error {
		_, err := state.Owned()
		return err
	}
	inFile := store.Open(file).Project("h", "P")
	cases := []struct {
		name  string
		err   error
		cause error
		text  string
		hint  string
	}{
		{
			"state folder is a file", inFile.Own(testTime, "tenant/a"), syscall.ENOTDIR,
			"cannot make the state folder " + inFile.Dir() + ": mkdir " + file + ": not a directory",
			"a file stands where a folder is needed: move it away, or choose another folder; --home names another folder for the tool's own state",
		},
		{
			"state folder is a file, reading", read(inFile), syscall.ENOTDIR,
			"cannot read the ownership record " + filepath.Join(inFile.Dir(), "ownership.jsonl") + ": not a directory",
			"a file stands where a folder is needed: move it away, or choose another folder; --home names another folder for the tool's own state",
		},
		{
			"record is a folder", taken.Own(testTime, "tenant/a"), syscall.EISDIR,
			"cannot write the ownership record " + takenPath + ": is a directory",
			"a folder stands where a file is needed: move it away, or choose another name; --home names another folder for the tool's own state",
		},
		{
			"record is a folder, reading", read(taken), syscall.EISDIR,
			"cannot read the ownership record " + takenPath + ": is a directory",
			"a folder stands where a file is needed: move it away, or choose another name; --home names another folder for the tool's own state",
		},
		{
			"no such folder", store.WriteFile(filepath.Join(dir, "none", "f"), nil, 0o600), fs.ErrNotExist,
			"cannot write " + filepath.Join(dir, "none", "f") + ": no such file or directory", "make the folder first, or choose another one",
		},
		{
			"the folder is a file", store.WriteFile(filepath.Join(file, "f"), nil, 0o600), syscall.ENOTDIR,
			"cannot write " + filepath.Join(file, "f") + ": not a directory", "a file stands where a folder is needed: move it away, or choose another folder",
		},
		{
			"the file is a folder", store.WriteFile(folder, nil, 0o600), syscall.EISDIR,
			"cannot write " + folder + ": is a directory", "a folder stands where a file is needed: move it away, or choose another name",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { checkFailure(t, c.err, c.cause, c.text, c.hint) })
	}
	if diff := cmp.Diff([]string{"file", "folder"}, names(t, dir)); diff != "" {
		t.Errorf("something was left behind: %s", diff)
	}
}

func checkFailure(t *testing.T, err, cause error, text, hint string) {
	t.Helper()
	failure, ok := errors.AsType[*store.FileError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(err, cause) {
		t.Errorf("%v is not %v", err, cause)
	}
	if err.Error() != text {
		t.Errorf("got  %q\nwant %q", err, text)
	}
	if fault := failure.Fault(); fault.Code != "file" || fault.Message != text || fault.Hint != hint {
		t.Errorf("got the fault %+v\nwant the hint %q", fault, hint)
	}
}

// TestAdvice for what cannot be had on every machine.
func TestAdvice(t *testing.T) {
	cases := []struct {
		err  error
		want string
	}{
		{syscall.EROFS, "the file system is read-only: choose a folder on another one"},
		{syscall.EACCES, "get access to the folder and the file, or choose another folder"},
		{syscall.EPERM, "get access to the folder and the file, or choose another folder"},
		{syscall.EDQUOT, "free some space on that file system, then run again"},
		{syscall.EIO, "check the folder and its file system, then run again"},
	}
	for _, c := range cases {
		failure := &store.FileError{Op: "write", Path: "/p", Err: &fs.PathError{Op: "write", Path: "/p", Err: c.err}}
		if got := failure.Fault().Hint; got != c.want {
			t.Errorf("%v: got %q, want %q", c.err, got, c.want)
		}
		if got, want := failure.Error(), "cannot write /p: "+c.err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
