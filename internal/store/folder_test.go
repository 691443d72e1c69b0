//go:build unix

package store_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestFolder(t *testing.T) {
	folder := store.Open(filepath.Join(t.TempDir(), "state")).Folder("audit")
	if err := folder.Make(); err != nil {
		t.Fatal(err)
	}
	if err := folder.Create("a.json", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := folder.Create("a.json", []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a taken name: %v", err)
	}
	wantContent(t, folder.Path("a.json"), "one")
	if err := folder.Replace("a.json", []byte("three")); err != nil {
		t.Fatal(err)
	}
	wantContent(t, folder.Path("a.json"), "three")
	file, err := folder.Append("log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteString("line\n"); err != nil {
		t.Fatal(err)
	}
	wantContent(t, folder.Path("log"), "line\n")
	for name, want := range map[string]fs.FileMode{"": 0o700, "a.json": 0o600, "log": 0o600} {
		info, err := os.Stat(folder.Path(name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has the mode %v, %v", name, info.Mode(), err)
		}
	}
}

// A link that somebody has put under a name is neither followed nor replaced.
func TestFolderLeavesLinksAlone(t *testing.T) {
	folder := store.Open(t.TempDir()).Elsewhere(t.TempDir())
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{victim, filepath.Join(t.TempDir(), "nothing")} {
		name := filepath.Base(target)
		if err := os.Symlink(target, folder.Path(name)); err != nil {
			t.Fatal(err)
		}
		if err := folder.Create(name, []byte("ours")); !errors.Is(err, fs.ErrExist) {
			t.Errorf("create: %v", err)
		}
		if file, err := folder.Append(name); err == nil {
			_ = file.Close()
			t.Error("a link was followed")
		}
	}
	wantContent(t, victim, "mine")
	entries, err := os.ReadDir(folder.Dir())
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFolderCreatesOfAStream(t *testing.T) {
	folder := store.Open(t.TempDir()).Elsewhere(t.TempDir())
	err := folder.CreateFrom("a", func(out io.Writer) error {
		for range 10_000 {
			if _, err := io.WriteString(out, "0123456789"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantContent(t, folder.Path("a"), strings.Repeat("0123456789", 10_000))
	called := false
	err = folder.CreateFrom("a", func(io.Writer) error {
		called = true
		return nil
	})
	if !errors.Is(err, fs.ErrExist) || called {
		t.Errorf("a taken name: %v, asked for data: %v", err, called)
	}
	broken := errors.New("no data")
	err = folder.CreateFrom("b", func(out io.Writer) error {
		_, err := out.Write(make([]byte, 1<<20))
		return errors.Join(err, broken)
	})
	if failure, ok := errors.AsType[*store.FileError](err); !ok || !errors.Is(err, broken) || failure.Path != folder.Path("b") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]string{"a"}, names(t, folder.Dir())); diff != "" {
		t.Error(diff)
	}
}

func TestFolderFiles(t *testing.T) {
	folder := store.Open(t.TempDir()).Elsewhere(filepath.Join(t.TempDir(), "folder"))
	if files, err := folder.Files(); err != nil || len(files) != 0 {
		t.Errorf("a folder that is not there: %v, %v", files, err)
	}
	if err := folder.Tidy(testTime); err != nil {
		t.Error(err)
	}
	err := errors.Join(
		folder.Make(), folder.Create("b", []byte("12")), folder.Create("a", nil), os.Mkdir(folder.Path("c"), 0o700), os.Symlink("b", folder.Path("d")),
		os.WriteFile(folder.Path(".descope-mgmt-1.tmp"), nil, 0o600), os.WriteFile(folder.Path(".descope-mgmt-2.tmp"), nil, 0o600),
		os.Chtimes(folder.Path(".descope-mgmt-1.tmp"), testTime, testTime.Add(-1)), os.Chtimes(folder.Path(".descope-mgmt-2.tmp"), testTime, testTime),
		os.Chtimes(folder.Path("a"), testTime, testTime.Add(-1)),
	)
	if err != nil {
		t.Fatal(err)
	}
	files, err := folder.Files()
	if err != nil || len(files) != 2 || files[0].Name() != "a" || files[1].Name() != "b" || files[1].Size() != 2 {
		t.Errorf("got %v, %v", files, err)
	}
	if err := folder.Tidy(testTime); err != nil {
		t.Error(err)
	}
	if err := folder.Remove("a"); err != nil {
		t.Error(err)
	}
	if err := folder.Remove("a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if diff := cmp.Diff([]string{".descope-mgmt-2.tmp", "b", "c", "d"}, names(t, folder.Dir())); diff != "" {
		t.Error(diff)
	}
}

func TestFolderOpensFilesOnly(t *testing.T) {
	folder := store.Open(t.TempDir()).Elsewhere(t.TempDir())
	err := errors.Join(
		folder.Create("a", []byte("12")), os.Mkdir(folder.Path("folder"), 0o700), syscall.Mkfifo(folder.Path("pipe"), 0o600), os.Symlink("a", folder.Path("link")),
	)
	if err != nil {
		t.Fatal(err)
	}
	file, err := folder.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(file); err != nil || string(got) != "12" {
		t.Errorf("it holds %q, %v", got, err)
	}
	_ = file.Close()
	for name, want := range map[string]string{
		"folder": "not a regular file", "pipe": "not a regular file", "nothing": "no such file or directory",
		"link": "it is a symbolic link, which is not followed here",
	} {
		if _, err := folder.Open(name); err == nil || err.Error() != "cannot read "+folder.Path(name)+": "+want {
			t.Errorf("got %v", err)
		}
	}
}

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
}

// TestReplaceFrom: data that are written piece by piece take the place of the file
// as a whole, or not at all.
func TestReplaceFrom(t *testing.T) {
	folder := store.Open(t.TempDir()).Folder("f")
	if err := errors.Join(folder.Make(), folder.Create("a", []byte("old"))); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("no more")
	err := folder.ReplaceFrom("a", func(out io.Writer) error {
		_, _ = io.WriteString(out, "half")
		return cause
	})
	if failure, ok := errors.AsType[*store.FileError](err); !ok || !errors.Is(err, cause) || failure.Path != folder.Path("a") {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(folder.Path("a")); err != nil || string(got) != "old" {
		t.Errorf("got %q, %v", got, err)
	}
	err = folder.ReplaceFrom("a", func(out io.Writer) error {
		_, err := io.WriteString(out, "new")
		return err
	})
	if got, failure := os.ReadFile(folder.Path("a")); err != nil || failure != nil || string(got) != "new" {
		t.Errorf("got %q, %v, %v", got, err, failure)
	}
	if got := names(t, folder.Dir()); !slices.Equal(got, []string{"a"}) {
		t.Errorf("left: %v", got)
	}
}

// TestPublicFolders are for everybody to read, and in a shared store for the group
// to write, whatever the umask is.
func TestPublicFolders(t *testing.T) {
	for name, c := range map[string]struct {
		state        *store.Store
		folder, file fs.FileMode
	}{
		"of a user":  {store.Open("/nowhere"), 0o755, 0o644},
		"of a group": {store.OpenShared("/nowhere"), 0o775 | fs.ModeSetgid, 0o664},
	} {
		t.Run(name, func(t *testing.T) {
			folder := c.state.Public(t.TempDir()).Folder("below")
			if err := errors.Join(folder.Make(), folder.Create("a", nil)); err != nil {
				t.Fatal(err)
			}
			dir, err := os.Stat(folder.Dir())
			file, failure := os.Stat(folder.Path("a"))
			if err != nil || failure != nil || dir.Mode()&^fs.ModeDir != c.folder || file.Mode() != c.file {
				t.Errorf("modes %v and %v, %v, %v", dir.Mode(), file.Mode(), err, failure)
			}
		})
	}
}
