package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

// write puts a file into a folder.
func write(t *testing.T, dir, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	files := directory(t, dir)
	older := save(t, files, taken(t, testTime.Add(-time.Hour), "apply", "h", "P"))
	newer := save(t, files, taken(t, testTime, "apply", "h", "P"))
	twin := save(t, files, taken(t, testTime, "apply", "h", "P"))
	// What counts is the time inside.
	write(t, dir, "2031-01-01_00-00-00_pre-apply.json", encode(t, taken(t, testTime.Add(-2*time.Hour), "apply", "h", "P")))
	write(t, dir, "2026-01-01_00-00-00_pre-apply.json", seedExample(t))
	write(t, dir, "2026-01-02_00-00-00_pre-apply.json", []byte(`{"metadata":{"version":"2.0"}}`))
	write(t, dir, "2026-01-03_00-00-00_pre-apply.json", nil)
	write(t, dir, "2026-01-04_00-00-00_pre-apply.json", []byte(`{"tenants":[]}`))
	write(t, dir, "2026-01-05_00-00-00_pre-apply.json", []byte(`{}`))
	write(t, dir, "2026-01-06_00-00-00_pre-apply.json", []byte(`{"metadata":{"x":"`+strings.Repeat("x", 2<<20)))
	// The body is not looked at.
	torn := encode(t, taken(t, testTime.Add(-3*time.Hour), "apply", "h", "P"))
	write(t, dir, "2026-01-07_00-00-00_pre-apply.json", torn[:len(torn)-9])
	write(t, dir, "package.json", []byte("{}"))
	write(t, dir, "notes.txt", []byte("x"))

	infos, err := backup.List(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]string
	for _, info := range infos {
		got = append(got, [2]string{info.Name, info.Problem})
		if stat, err := os.Stat(filepath.Join(dir, info.Name)); err != nil || stat.Size() != info.Size {
			t.Errorf("%s has the size %d", info.Name, info.Size)
		}
	}
	const damaged = "the backup is damaged: "
	want := [][2]string{
		{twin.Name, ""},
		{newer.Name, ""},
		{"2026-01-01_00-00-00_pre-apply.json", ""},
		{older.Name, ""},
		{"2031-01-01_00-00-00_pre-apply.json", ""},
		{"2026-01-07_00-00-00_pre-apply.json", ""},
		{"2026-01-02_00-00-00_pre-apply.json", `the backup has the format "2.0", and this version reads 1.x`},
		{"2026-01-03_00-00-00_pre-apply.json", damaged + "the document ends too early"},
		{"2026-01-04_00-00-00_pre-apply.json", damaged + "tenants: a backup begins with its metadata"},
		{"2026-01-05_00-00-00_pre-apply.json", damaged + "it has no metadata"},
		{"2026-01-06_00-00-00_pre-apply.json", damaged + "metadata.x: it is longer than 1048576 bytes"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if infos[0].Metadata.ProjectID != "P" || !infos[0].Metadata.Sealed() || infos[2].Metadata.Sealed() {
		t.Errorf("got %+v", infos[0].Metadata)
	}
}

func TestListNamesWhatCannotBeOpened(t *testing.T) {
	files := &hooked{Files: directory(t, t.TempDir())}
	save(t, files, sample(t))
	files.before = func(string, string) error { return errors.New("the disk is broken") }
	infos, err := backup.List(t.Context(), files)
	if err != nil || len(infos) != 1 || infos[0].Problem != "the disk is broken" {
		t.Errorf("got %+v, %v", infos, err)
	}
	files.before = func(string, string) error { return os.ErrNotExist }
	if infos, err := backup.List(t.Context(), files); err != nil || len(infos) != 0 {
		t.Errorf("a file that went away: %+v, %v", infos, err)
	}
}

func TestLatest(t *testing.T) {
	info := func(name string, age time.Duration, operation, host, project string) backup.Info {
		return backup.Info{Name: name, Metadata: backup.Metadata{Timestamp: testTime.Add(-age), Operation: operation, Host: host, ProjectID: project, SHA256: "x"}}
	}
	infos := []backup.Info{
		info("other host", 0, "apply", "g", "P"), info("other project", 0, "apply", "h", "Q"),
		info("undo", 1, "undo", "h", "P"), info("restore", 1, "backup-restore", "h", "P"),
		info("old", 9, "apply", "h", "P"), info("latest", 5, "tenant-sync", "H", "P"), info("older", 7, "undo-all", "h", "P"),
		{Name: "broken", Problem: "damaged"},
		info("far ahead", -25*time.Hour, "apply", "h", "P"),
	}
	for _, host := range []string{"h", "H"} {
		if got, ahead, ok := backup.Latest(infos, host, "P", testTime); !ok || got.Name != "latest" || len(ahead) != 1 || ahead[0].Name != "far ahead" {
			t.Errorf("got %+v, %+v, %v", got, ahead, ok)
		}
	}
	if got, _, ok := backup.Latest(infos, "h", "R", testTime); ok {
		t.Errorf("got %+v", got)
	}
	tomorrow := append(infos, info("a clock that is ahead", -time.Hour, "apply", "h", "P"))
	if got, _, ok := backup.Latest(tomorrow, "h", "P", testTime); !ok || got.Name != "a clock that is ahead" {
		t.Errorf("got %+v, %v", got, ok)
	}
	if got, _, ok := backup.Latest(nil, "", "", testTime); ok {
		t.Errorf("got %+v", got)
	}
}
