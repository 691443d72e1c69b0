package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

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

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
}
