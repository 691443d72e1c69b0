package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestFoldersInFolders(t *testing.T) {
	dir := t.TempDir()
	flows := store.Open(dir).Project("h", "P").Folder("flows")
	if folders, err := flows.Folders(); err != nil || len(folders) != 0 {
		t.Errorf("a folder that is not there has %v, %v", folders, err)
	}
	var want []string
	for _, name := range []string{"../../out", "a", "b/c", ".."} {
		folder := flows.Folder(name)
		if err := folder.Make(); err != nil {
			t.Fatal(err)
		}
		if filepath.Dir(folder.Dir()) != flows.Dir() {
			t.Errorf("%q lies in %s", name, folder.Dir())
		}
		want = append(want, folder.Dir())
	}
	slices.Sort(want)
	if err := flows.Replace("file", nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, flows.Path("link")); err != nil {
		t.Fatal(err)
	}
	folders, err := flows.Folders()
	var got []string
	for _, folder := range folders {
		got = append(got, folder.Dir())
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the folders are %v, want %v, %v", got, want, err)
	}
}

func TestLinesOfAFolder(t *testing.T) {
	folder := store.Open(t.TempDir()).Folder("records")
	read := func() (lines []string, err error) {
		err = folder.EachLine("log", func(number int, line []byte) error {
			if number != len(lines)+1 {
				t.Errorf("line %d has the number %d", len(lines)+1, number)
			}
			lines = append(lines, string(line))
			return nil
		})
		return lines, err
	}
	if lines, err := read(); err != nil || lines != nil {
		t.Errorf("no file has %q, %v", lines, err)
	}
	if failure, ok := errors.AsType[*store.FileError](folder.AppendLine("log", 1)); !ok || failure.Fault().Hint == "" {
		t.Error("a line was added where there is no folder")
	}
	if err := folder.Make(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two\nlines"} {
		if err := folder.AppendLine("log", text); err != nil {
			t.Fatal(err)
		}
	}
	if lines, err := read(); err != nil || strings.Join(lines, "|") != `"one"|"two\nlines"` {
		t.Errorf("read %q, %v", lines, err)
	}
	stop := errors.New("stop")
	if err := folder.EachLine("log", func(int, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("it went on: %v", err)
	}
}
