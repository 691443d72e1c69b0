package audit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// chmod also opens the way to a path.
func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	must(t, os.Chmod(path, mode))
	for parent := filepath.Dir(path); len(parent) > len(os.TempDir()); parent = filepath.Dir(parent) {
		if info, err := os.Stat(parent); err == nil && info.Mode().Perm()&0o005 != 0o005 {
			must(t, os.Chmod(parent, 0o755))
		}
	}
}

func wantWriteError(t *testing.T, err error, cause error) {
	t.Helper()
	failure, ok := errors.AsType[*audit.WriteError](err)
	if !ok || !errors.Is(err, cause) {
		t.Fatalf("got %v", err)
	}
	inner, ok := errors.AsType[*store.FileError](err)
	fault := failure.Fault()
	if !ok || fault.Code != "audit_log" || fault.Message != "cannot write the audit log: "+inner.Error() || fault.Hint != inner.Fault().Hint {
		t.Errorf("got %+v", fault)
	}
}

// TestReadOnlyFolder: nothing can be appended, and all can be verified.
func TestReadOnlyFolder(t *testing.T) {
	log := open(t.TempDir())
	good := record(t, log, 0, 3)
	base := strings.TrimSuffix(log.Path(), ".jsonl")
	cases := map[string]os.FileMode{"read only files": 0o444, "files that could be written": 0o666}
	for name, mode := range cases {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{log.Path(), base + ".head.json", base + ".lock"} {
				chmod(t, path, mode)
			}
			chmod(t, filepath.Dir(base), 0o555)
			processtest.AsNobody(t, func() {
				wantWriteError(t, log.Append(t.Context(), change("x")), os.ErrPermission)
				if got := verified(t, log); got.Records != 3 || got.Pending {
					t.Errorf("got %+v", got)
				}
			})
			chmod(t, filepath.Dir(base), 0o755)
			if after := imageOf(t, log); string(after.log) != string(good.log) || string(after.head) != string(good.head) {
				t.Error("something was written")
			}
		})
	}
	chmod(t, log.Path(), 0)
	processtest.AsNobody(t, func() {
		_, err := log.Verify(t.Context())
		if _, ok := errors.AsType[*store.FileError](err); !ok || !errors.Is(err, os.ErrPermission) {
			t.Errorf("got %v", err)
		}
	})
}

// TestFullDisk: a batch that does not fit leaves nothing behind.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	command, out := processtest.Start(t, "limit", dir)
	out.Scan()
	written, err := strconv.Atoi(out.Text())
	if err := errors.Join(err, command.Wait()); err != nil || written < 10 {
		t.Fatal(written, err)
	}
	log := open(dir)
	if got := verified(t, log); got.Records != written || got.Pending {
		t.Errorf("got %+v, want %d records", got, written)
	}
	must(t, log.Append(t.Context(), change("x")))
	if got := verified(t, log); got.Records != written+1 {
		t.Errorf("got %+v", got)
	}
}

// TestOtherThingsUnderTheNames are neither followed, waited for nor replaced.
func TestOtherThingsUnderTheNames(t *testing.T) {
	for _, suffix := range []string{".jsonl", ".head.json", ".lock"} {
		for kind, put := range map[string]func(path string) error{
			"link":   func(path string) error { return os.Symlink("/dev/full", path) },
			"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		} {
			t.Run(kind+suffix, func(t *testing.T) {
				log := open(t.TempDir())
				must(t, log.Append(t.Context(), change("a")))
				path := strings.TrimSuffix(log.Path(), ".jsonl") + suffix
				must(t, os.Remove(path), put(path))
				before, err := os.Lstat(path)
				must(t, err)
				// A pipe can be locked as well as a file, and a folder by a reader.
				mayAppend, mayRead := suffix == ".lock" && kind == "pipe", suffix == ".lock" && kind != "link"
				if err := log.Append(t.Context(), change("b")); (err == nil) != mayAppend {
					t.Errorf("append: %v", err)
				}
				if summary, err := log.Verify(t.Context()); (err == nil) != mayRead {
					t.Errorf("verify: %+v, %v", summary, err)
				}
				if after, err := os.Lstat(path); err != nil || before.Mode() != after.Mode() {
					t.Errorf("got %v, %v", after, err)
				}
			})
		}
	}
}
