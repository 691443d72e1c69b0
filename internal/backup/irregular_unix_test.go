//go:build unix

package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

// TestListNamesWhatIsNoFile: what has the name of a backup and is a folder, a pipe or
// a link is named, as one that cannot be read. It is never removed.
func TestListNamesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	files := directory(t, dir)
	kept := save(t, files, sample(t))
	folder, pipe, link := "2020-01-01_00-00-00_pre-apply.json", "2020-01-02_00-00-00_pre-apply.json", "2020-01-03_00-00-00_pre-apply.json"
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, folder), 0o700), syscall.Mkfifo(filepath.Join(dir, pipe), 0o600),
		os.Symlink("/dev/zero", filepath.Join(dir, link)), os.Mkdir(filepath.Join(dir, "a folder of others"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	infos, err := backup.List(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]string
	for _, info := range infos {
		got = append(got, [2]string{info.Name, info.Problem})
	}
	want := [][2]string{
		{kept.Name, ""}, {folder, "not a regular file"}, {pipe, "not a regular file"}, {link, "it is a symbolic link, which is not followed here"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	removed, err := backup.Prune(t.Context(), files, backup.PrunePolicy{Now: testTime.Add(time.Hour), Keep: time.Minute})
	if err != nil || len(removed) != 0 {
		t.Errorf("removed %+v, %v", removed, err)
	}
}
