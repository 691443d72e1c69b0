package backup_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestMain(m *testing.M) {
	if status, played := processtest.Play(map[string]processtest.Role{"save": saveForever, "save-one": saveOne, "limit": saveUnderLimit}); played {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// large is a backup of a few hundred kilobytes.
func large() (backup.Backup, error) {
	b := backup.Backup{Metadata: backup.Metadata{Timestamp: testTime, Operation: "tenant-sync", Host: "h", ProjectID: "P"}}
	for i := range 300 {
		live, err := resource.ParseTenant(fmt.Appendf(nil, `{"id":"t%d","name":%q}`, i, strings.Repeat("n", 600)))
		if err != nil {
			return b, err
		}
		entry, err := backup.NewTenant(live, backup.Extras{}, backup.Omit{})
		if err != nil {
			return b, err
		}
		b.Tenants = append(b.Tenants, entry)
	}
	return b, nil
}

// saveForever saves backups of the same second, and says so after each.
func saveForever(args []string) error {
	dir := args[0]
	b, err := large()
	if err != nil {
		return err
	}
	files, err := backup.OpenDirectory(store.Open(dir), dir)
	for err == nil {
		var saved backup.Saved
		if saved, err = backup.Save(context.Background(), files, b); err == nil {
			fmt.Println(saved.Name)
		}
	}
	return err
}

// saveOne says that it is ready, waits for a line, and saves one backup.
func saveOne(args []string) error {
	dir := args[0]
	b, err := large()
	if err != nil {
		return err
	}
	files, err := backup.OpenDirectory(store.Open(dir), dir)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	saved, err := backup.Save(context.Background(), files, b)
	fmt.Println(saved.Name)
	return err
}

// saveUnderLimit saves more than the process may write.
func saveUnderLimit(args []string) error {
	dir := args[0]
	if err := processtest.LimitFiles(100_000); err != nil {
		return err
	}
	b, err := large()
	if err != nil {
		return err
	}
	files, err := backup.OpenDirectory(store.Open(dir), dir)
	if err != nil {
		return err
	}
	if _, err = backup.Save(context.Background(), files, b); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("want EFBIG, got %w", err)
	}
	fmt.Println(err)
	return nil
}

// start runs the test binary in a role. The scanner gives what it prints.
func start(t *testing.T, role, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	command := processtest.Command(t, role, dir)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return command, bufio.NewScanner(out)
}

// TestKilledSaveLeavesNoTornFile kills at many moments: under a final name there
// are whole files only, and none that was reported is missing.
func TestKilledSaveLeavesNoTornFile(t *testing.T) {
	dir := t.TempDir()
	files := directory(t, dir)
	said := map[string]bool{}
	leftovers := 0
	for round := range 25 {
		command, out := start(t, "save", dir)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		for range 1 + round%3 {
			if out.Scan() {
				said[out.Text()] = true
			}
		}
		for range round * 40 { // another moment of the next save in each round
			runtime.Gosched()
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() {
			said[out.Text()] = true
		}
		_ = command.Wait() // killed
		for _, name := range names(t, dir) {
			if strings.HasPrefix(name, ".") {
				leftovers++
				continue
			}
			result, err := backup.Verify(t.Context(), files, name)
			if err != nil || !result.Sealed || result.Tenants != 300 {
				t.Errorf("round %d: %s: %+v, %v", round, name, result, err)
			}
			delete(said, name)
			if err := os.Remove(files.Path(name)); err != nil {
				t.Fatal(err)
			}
		}
		if len(said) > 0 {
			t.Fatalf("round %d: lost: %v", round, said)
		}
	}
	if leftovers == 0 {
		t.Error("no kill hit a file that was being written")
	}
	if _, err := backup.Prune(t.Context(), files, backup.PrunePolicy{Now: time.Now().Add(48 * time.Hour)}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{}, names(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoProcessesInOneSecondGetTwoFiles(t *testing.T) {
	dir := t.TempDir()
	const processes = 4
	var outs []*bufio.Scanner
	var goes []func() error
	for range processes {
		command, out := start(t, "save-one", dir)
		in, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = command.Wait() })
		outs, goes = append(outs, out), append(goes, in.Close)
	}
	for _, out := range outs {
		out.Scan()
	}
	for _, run := range goes {
		if err := run(); err != nil {
			t.Fatal(err)
		}
	}
	said := map[string]bool{}
	for _, out := range outs {
		out.Scan()
		said[out.Text()] = true
	}
	found := names(t, dir)
	if len(found) != processes || len(said) != processes {
		t.Errorf("%d processes said %v and left %v", processes, said, found)
	}
	for _, name := range found {
		if _, err := backup.Verify(t.Context(), directory(t, dir), name); err != nil || !said[name] {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	t.Run("limit", func(t *testing.T) {
		dir := t.TempDir()
		command, _ := start(t, "limit", dir)
		command.Stdout = nil
		said, err := command.Output()
		if err != nil || !strings.HasPrefix(string(said), "the backup could not be saved: cannot write "+filepath.Join(dir, firstName)) {
			t.Errorf("%s, %v", said, err)
		}
		if diff := cmp.Diff([]string{}, names(t, dir)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("small file system", func(t *testing.T) {
		dir := t.TempDir()
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=100k"); err != nil {
			t.Skipf("cannot mount a file system: %v", err)
		}
		defer func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		}()
		b, err := large()
		if err != nil {
			t.Fatal(err)
		}
		_, err = backup.Save(t.Context(), directory(t, dir), b)
		checkSaveError(t, err, syscall.ENOSPC, dir)
		if failure, ok := errors.AsType[*backup.SaveError](err); !ok || !strings.Contains(failure.Fault().Hint, "free some space") {
			t.Errorf("got %+v", err)
		}
		b.Tenants = b.Tenants[:10]
		save(t, directory(t, dir), b)
	})
}

// TestReadOnlyFolder runs as a user who may not write there, also where the tests
// run as root.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for parent := filepath.Dir(dir); len(parent) > len(os.TempDir()); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files, b := directory(t, dir), sample(t)
	done := make(chan error)
	var failure error
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		var err error
		if os.Geteuid() == 0 {
			err = syscall.Setfsuid(65534)
		}
		if err == nil {
			_, failure = backup.Save(context.Background(), files, b)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Skipf("cannot become another user: %v", err)
	}
	checkSaveError(t, failure, syscall.EACCES, dir)
}

func TestFolderThatGoesAwayMeanwhile(t *testing.T) {
	for _, call := range []string{"written", "open"} {
		dir := filepath.Join(t.TempDir(), "backups")
		files := &hooked{Files: directory(t, dir), before: func(at, _ string) error {
			if at == call {
				return os.RemoveAll(dir)
			}
			return nil
		}}
		_, err := backup.Save(t.Context(), files, sample(t))
		checkSaveError(t, err, os.ErrNotExist, filepath.Dir(dir))
	}
}

// TestNobodyWaitsForWhatIsNoFile: a pipe under a backup's name is not waited for.
func TestNobodyWaitsForWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	files := directory(t, dir)
	if err := errors.Join(syscall.Mkfifo(files.Path(firstName), 0o600), os.Mkdir(files.Path(secondName), 0o700)); err != nil {
		t.Fatal(err)
	}
	if infos, err := backup.List(t.Context(), files); err != nil || len(infos) != 2 || infos[0].Problem == "" || infos[1].Problem == "" {
		t.Errorf("got %+v, %v", infos, err)
	}
	for _, name := range []string{firstName, secondName} {
		if _, err := backup.Verify(t.Context(), files, name); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("got %v", err)
		}
	}
}
