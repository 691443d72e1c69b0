package doctor_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// childFolder names, to a child process of the test, the folder that it looks at.
const childFolder = "DOCTOR_TEST_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		folder, err := doctor.LookAt(dir)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(folder)
		}
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// asNobody looks at a folder as a user who owns nothing, also where the tests run as
// root, whom no mode stops.
func asNobody(t *testing.T, dir string) doctor.Folder {
	t.Helper()
	if os.Geteuid() != 0 {
		folder, err := doctor.LookAt(dir)
		if err != nil {
			t.Fatal(err)
		}
		return folder
	}
	program := filepath.Join(t.TempDir(), "test")
	source, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	copied, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(copied, source)
	if err := errors.Join(err, copied.Close()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{program, dir} { // the ways to both are open
		for parent := filepath.Dir(path); len(parent) > len(os.TempDir()); parent = filepath.Dir(parent) {
			chmod(t, parent, 0o755)
		}
	}
	cmd := exec.Command(program)
	cmd.Env = []string{childFolder + "=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	text, err := cmd.Output()
	if err != nil {
		t.Skipf("cannot become another user: %v", err)
	}
	var folder doctor.Folder
	if err := json.Unmarshal(text, &folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	folder, err := doctor.LookAt(filepath.Join(dir, "deeper"))
	if err != nil || folder.Exists || !folder.Writable || folder.Path != filepath.Dir(dir) {
		t.Errorf("not there yet: %+v, %v", folder, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err = doctor.LookAt(dir)
	if err != nil || !folder.Exists || !folder.Writable || folder.Mode.Perm() != 0o700 || folder.Owner != "" || !folder.HasOwners || !folder.FreeKnown || folder.Free == 0 {
		t.Errorf("there: %+v, %v", folder, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if folder, err := doctor.LookAt(path); !errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("%s: %+v, %v", path, folder, err)
		}
	}
}

func TestAReadOnlyFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, ".descope-mgmt")} {
		folder := asNobody(t, path)
		if folder.Writable || folder.Path != dir || folder.Exists != (path == dir) {
			t.Errorf("%s: %+v", path, folder)
		}
		if os.Geteuid() == 0 && folder.Owner != "root" {
			t.Errorf("%s: the owner is %q", path, folder.Owner)
		}
	}
}

func TestLeftovers(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, age := range map[string]time.Duration{
		"a/.our-1.tmp": 2 * time.Hour, "a/b/.our-2.tmp": 3 * time.Hour, ".our-new.tmp": time.Minute, "a/.our-1.json": 2 * time.Hour, "a/their-1.tmp": 2 * time.Hour,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600), os.Chtimes(path, now, now.Add(-age))); err != nil {
			t.Fatal(err)
		}
	}
	paths, whole := doctor.Leftovers(dir, ".our-", ".tmp", now.Add(-time.Hour))
	if !whole || len(paths) != 2 || paths[0] != filepath.Join(dir, "a/.our-1.tmp") || paths[1] != filepath.Join(dir, "a/b/.our-2.tmp") {
		t.Errorf("found %q, %v", paths, whole)
	}
	if paths, whole := doctor.Leftovers(filepath.Join(dir, "nothing"), ".our-", ".tmp", now); len(paths) != 0 || !whole {
		t.Errorf("where nothing is: %q, %v", paths, whole)
	}
}

func TestModeOf(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if _, err := doctor.ModeOf(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not there: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for perm, want := range map[fs.FileMode][2]bool{0o600: {false, false}, 0o640: {true, false}, 0o602: {false, true}, 0o666: {true, true}} {
		chmod(t, path, perm)
		mode, err := doctor.ModeOf(path)
		if err != nil || mode.Perm != perm || mode.Readable != want[0] || mode.Writable != want[1] {
			t.Errorf("%04o: %+v, %v", perm, mode, err)
		}
	}
}
