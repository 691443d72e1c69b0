package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

const (
	firstName  = "2025-11-10_14-30-15_pre-tenant-sync.json"
	secondName = "2025-11-10_14-30-15_pre-tenant-sync-2.json"
	thirdName  = "2025-11-10_14-30-15_pre-tenant-sync-3.json"
)

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "backups")
	files, err := backup.OpenDirectory(store.Open(t.TempDir()), dir)
	if err != nil {
		t.Fatal(err)
	}
	if infos, err := backup.List(t.Context(), files); err != nil || len(infos) != 0 {
		t.Errorf("a folder that is not there: %v, %v", infos, err)
	}
	saved := save(t, files, sample(t))
	text, err := os.ReadFile(saved.Path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(encode(t, sample(t))), string(text)); diff != "" {
		t.Error(diff)
	}
	want := backup.Saved{Name: firstName, Path: filepath.Join(dir, firstName), Size: int64(len(text)), Digest: saved.Digest}
	if diff := cmp.Diff(want, saved); diff != "" || !strings.Contains(string(text), saved.Digest) {
		t.Error(diff)
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Dir(dir): 0o700, saved.Path: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v, %v", path, info.Mode(), err)
		}
	}
	result, err := backup.Verify(t.Context(), files, saved.Name)
	if err != nil || !result.Sealed || result.Tenants != 2 || result.Flows != 1 || result.Digest != saved.Digest || result.Size != saved.Size {
		t.Errorf("got %+v, %v", result, err)
	}
	read, err := backup.Read(t.Context(), files, saved.Name)
	if err != nil || read.Metadata.SHA256 != saved.Digest || len(read.Tenants) != 2 {
		t.Errorf("got %+v, %v", read, err)
	}
	if _, err := backup.Read(t.Context(), files, secondName); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := backup.Verify(t.Context(), files, "../"+firstName); err == nil {
		t.Error("a name led out of the folder")
	}
}

// TestTakenNames: whatever has a name keeps it.
func TestTakenNames(t *testing.T) {
	dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	if err := errors.Join(
		os.Chmod(dir, 0o750), os.WriteFile(victim, []byte("mine"), 0o644),
		os.Symlink(victim, filepath.Join(dir, firstName)), os.Symlink(victim+"-nothing", filepath.Join(dir, secondName)),
	); err != nil {
		t.Fatal(err)
	}
	files := directory(t, dir)
	if saved := save(t, files, sample(t)); saved.Name != thirdName {
		t.Errorf("saved as %s", saved.Name)
	}
	content, err := os.ReadFile(victim)
	if err != nil || string(content) != "mine" {
		t.Errorf("the victim holds %q, %v", content, err)
	}
	if diff := cmp.Diff([]string{secondName, thirdName, firstName}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("the folder's mode became %v, %v", info.Mode(), err)
	}
	infos, err := backup.List(t.Context(), files)
	if err != nil || len(infos) != 3 || infos[0].Name != thirdName || infos[1].Problem == "" || infos[2].Problem == "" {
		t.Errorf("got %+v, %v", infos, err)
	}
}

func TestLinkedFolders(t *testing.T) {
	real, other, links := t.TempDir(), t.TempDir(), t.TempDir()
	link := filepath.Join(links, "folder")
	file := filepath.Join(links, "file")
	if err := errors.Join(
		os.Symlink(real, link), os.WriteFile(file, nil, 0o600), os.Symlink(file, filepath.Join(links, "to-file")),
		os.Symlink(filepath.Join(links, "nothing"), filepath.Join(links, "dangling")),
	); err != nil {
		t.Fatal(err)
	}
	files := directory(t, link)
	// Whoever turns the link later turns nothing.
	if err := errors.Join(os.Remove(link), os.Symlink(other, link)); err != nil {
		t.Fatal(err)
	}
	resolved, err := filepath.EvalSymlinks(real)
	if err != nil {
		t.Fatal(err)
	}
	if saved := save(t, files, sample(t)); saved.Path != filepath.Join(resolved, firstName) {
		t.Errorf("saved as %s", saved.Path)
	}
	for _, name := range []string{"file", "to-file", "dangling"} {
		_, err := backup.OpenDirectory(store.Open(links), filepath.Join(links, name))
		failure, ok := errors.AsType[*store.FileError](err)
		if !ok || failure.Fault().Hint == "" || !strings.Contains(err.Error(), "cannot use the backup folder "+filepath.Join(links, name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// checkSaveError checks the parts of a failure that the command layer uses, and
// that the folder holds nothing else than before.
func checkSaveError(t *testing.T, err, cause error, dir string, left ...string) {
	t.Helper()
	failure, ok := errors.AsType[*backup.SaveError](err)
	if !ok || (cause != nil && !errors.Is(err, cause)) {
		t.Fatalf("got %v", err)
	}
	fault := failure.Fault()
	if fault.Code != "backup_failed" || !strings.HasPrefix(fault.Message, "the backup could not be saved: ") || !strings.Contains(fault.Hint, "--backup-dir") {
		t.Errorf("got %+v", fault)
	}
	if diff := cmp.Diff(append([]string{}, left...), names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestSaveRefusesWhatHasNoName(t *testing.T) {
	dir := t.TempDir()
	for _, operation := range []string{"", "../x", "Tenant", "a/b", "tenant-2"} {
		b := sample(t)
		b.Metadata.Operation = operation
		_, err := backup.Save(t.Context(), directory(t, dir), b)
		checkSaveError(t, err, nil, dir)
	}
	b := sample(t)
	b.Tenants[0].Raw = json.RawMessage("{")
	_, err := backup.Save(t.Context(), directory(t, dir), b)
	checkSaveError(t, err, nil, dir)
}

func TestSaveStopsWithItsContext(t *testing.T) {
	for _, call := range []string{"create", "written", "open"} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		files := &hooked{Files: directory(t, dir), before: func(at, _ string) error {
			if at == call {
				cancel()
			}
			return nil
		}}
		_, err := backup.Save(ctx, files, sample(t))
		if call == "written" && err == nil { // whole already, and only then stopped
			t.Error("nothing was stopped")
		}
		checkSaveError(t, err, context.Canceled, dir)
		cancel()
	}
}

// TestReadBack: what changes between writing and reading is found, and does not
// keep the name.
func TestReadBack(t *testing.T) {
	broken := errors.New("the disk is broken")
	other := sample(t)
	other.Tenants = other.Tenants[:1]
	cases := map[string]func(path string) error{
		"another byte": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)/2] ^= 1
			return os.WriteFile(path, text, 0o600)
		},
		"a cut file":  func(path string) error { return os.Truncate(path, 100) },
		"nothing":     func(path string) error { return os.Truncate(path, 0) },
		"a good file": func(path string) error { return os.WriteFile(path, encode(t, other), 0o600) },
		"unreadable":  func(string) error { return broken },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := &hooked{Files: directory(t, dir), before: func(call, name string) error {
				if call != "open" {
					return nil
				}
				return change(filepath.Join(dir, name))
			}}
			_, err := backup.Save(t.Context(), files, sample(t))
			checkSaveError(t, err, nil, dir)
			if _, damaged := errors.AsType[*backup.DamagedError](err); damaged == (name == "unreadable") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLeftovers: what a killed process left goes after a day, and nothing else.
func TestLeftovers(t *testing.T) {
	for _, tidy := range []string{"save", "prune", "dry run"} {
		dir := t.TempDir()
		for name, age := range map[string]time.Duration{
			".descope-mgmt-1.tmp": 25 * time.Hour, ".descope-mgmt-2.tmp": 23 * time.Hour, "notes.tmp": 100 * time.Hour, ".hidden": 100 * time.Hour,
		} {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, testTime, testTime.Add(-age))); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{".descope-mgmt-2.tmp", ".hidden", "notes.tmp"}
		switch tidy {
		case "save":
			save(t, directory(t, dir), sample(t))
			want = []string{".descope-mgmt-2.tmp", ".hidden", firstName, "notes.tmp"}
		case "dry run":
			want = []string{".descope-mgmt-1.tmp", ".descope-mgmt-2.tmp", ".hidden", "notes.tmp"}
			fallthrough
		default:
			if _, err := backup.Prune(t.Context(), directory(t, dir), backup.PrunePolicy{Now: testTime, DryRun: tidy == "dry run"}); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(want, names(t, dir)); diff != "" {
			t.Errorf("%s: %s", tidy, diff)
		}
	}
}

// TestNoSecretReachesTheDisk: neither the finished file nor the temporary one
// holds what was to be left out.
func TestNoSecretReachesTheDisk(t *testing.T) {
	const secret, sensitive = "K2canaryKey", "canary-token"
	raw := `{"id":"a","name":"A","customAttributes":{"token":"` + sensitive + `","copied":"x` + secret + `x"},"late":["\u004b2canaryKey"]}`
	b := sample(t)
	b.Tenants = []backup.Tenant{tenant(t, raw, backup.Extras{
		Settings: json.RawMessage(`{"a":"` + secret + `"}`), SSO: []json.RawMessage{json.RawMessage(`{"clientSecret":"` + secret + `"}`)},
	}, backup.Omit{
		Paths:    []resource.Path{{Field: "custom_attributes", Key: "token"}},
		IsSecret: func(text string) bool { return strings.Contains(text, secret) },
	})}
	dir := t.TempDir()
	looked := 0
	look := func() {
		for _, name := range names(t, dir) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			looked++
			for _, canary := range []string{secret, sensitive, `\u004b2`} {
				if strings.Contains(string(text), canary) {
					t.Errorf("%s holds %s", name, canary)
				}
			}
		}
	}
	files := &hooked{Files: directory(t, dir), before: func(string, string) error {
		look()
		return nil
	}}
	save(t, files, b)
	look()
	if looked < 3 {
		t.Errorf("only %d files were looked at", looked)
	}
}
