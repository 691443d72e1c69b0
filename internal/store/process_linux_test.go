package store_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestMain(m *testing.M) {
	if status, played := processtest.Play(roles); played {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

var roles = map[string]processtest.Role{
	"own":   ownForever,
	"write": writeForever,
	"limit": writeUnderLimit,

	"lock":          lockInTurn,
	"hold":          lockForever,
	"journal":       journalForever,
	"journal-limit": journalUnderLimit,
}

// ownForever records one object after the other, and says so after each; with a
// second argument it stops after so many.
func ownForever(args []string) error {
	state := store.Open(args[0]).Project("h", "P")
	limit, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for i := range limit {
		name := resource.Address(fmt.Sprintf("tenant/%s-%d", args[1], i))
		if err := state.Own(testTime, name, name+"-x"); err != nil {
			return err
		}
		if i%3 == 0 {
			if err := state.Disown(testTime, name); err != nil {
				return err
			}
		}
		fmt.Println(name)
	}
	return nil
}

// content is one of two files that cannot be mistaken for a part of the other.
func content(letter byte) []byte { return bytes.Repeat([]byte{letter}, 300_000) }

func writeForever(args []string) error {
	for i := 0; ; i++ {
		if err := store.WriteFile(args[0], content("AB"[i%2]), 0o600); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// writeUnderLimit writes more than the process may.
func writeUnderLimit(args []string) error {
	if err := processtest.LimitFiles(1000); err != nil {
		return err
	}
	err := store.WriteFile(args[0], content('B'), 0o600)
	fmt.Println(err)
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("want EFBIG, got %w", err)
	}
	return nil
}

// kill ends the process as nothing can be caught, and returns what it had
// printed by then.
func kill(t *testing.T, command *exec.Cmd, out *bufio.Scanner) []string {
	t.Helper()
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for out.Scan() {
		lines = append(lines, out.Text())
	}
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) {
		t.Fatalf("the process ended by itself: %v", err)
	}
	return lines
}

// TestConcurrentProcessesLoseNothing: each call is one line, and all are there.
func TestConcurrentProcessesLoseNothing(t *testing.T) {
	const processes, calls = 6, 60
	dir := t.TempDir()
	var wait sync.WaitGroup
	for i := range processes {
		command, out := processtest.Start(t, "own", dir, fmt.Sprintf("p%d", i), strconv.Itoa(calls))
		wait.Go(func() {
			for out.Scan() {
				continue
			}
			if err := command.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	state := store.Open(dir).Project("h", "P")
	wait.Go(func() { // a reader beside the writers never sees damage
		for range 200 {
			if _, err := state.Owned(); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wait.Wait()
	owned, err := state.Owned()
	if err != nil {
		t.Fatal(err)
	}
	for i := range processes {
		for k := range calls {
			name := resource.Address(fmt.Sprintf("tenant/p%d-%d", i, k))
			_, first := owned[name]
			_, second := owned[name+"-x"]
			if first != (k%3 != 0) || !second {
				t.Errorf("%s: %v, %v", name, first, second)
			}
		}
	}
	if want := processes * calls * 5 / 3; len(owned) != want {
		t.Errorf("%d objects, want %d", len(owned), want)
	}
}

// TestKilledOwnerLosesNothingItHadSaid, and its record can be continued.
func TestKilledOwnerLosesNothingItHadSaid(t *testing.T) {
	dir := t.TempDir()
	state := store.Open(dir).Project("h", "P")
	said := map[string]bool{}
	for round := range 8 {
		command, out := processtest.Start(t, "own", dir, fmt.Sprintf("r%d", round), "1000000")
		for range 5 * round {
			if out.Scan() {
				said[out.Text()] = true
			}
		}
		for _, line := range kill(t, command, out) {
			said[line] = true
		}
	}
	if len(said) < 100 {
		t.Fatalf("only %d calls were made", len(said))
	}
	if err := state.Own(testTime, "tenant/last"); err != nil {
		t.Fatal(err)
	}
	owned, err := state.Owned()
	if err != nil {
		t.Fatal(err)
	}
	for name := range said {
		if owned[resource.Address(name+"-x")].IsZero() {
			t.Errorf("%s was said and is lost", name)
		}
		number := name[strings.LastIndex(name, "-")+1:]
		if n, err := strconv.Atoi(number); err != nil || !owned[resource.Address(name)].IsZero() != (n%3 != 0) {
			t.Errorf("%s: %v, %v", name, owned[resource.Address(name)], err)
		}
	}
	if owned["tenant/last"].IsZero() {
		t.Error("the record could not be continued")
	}
}

// TestKilledWriterLeavesAWholeFile, the old one or the new one, and nothing
// that could be taken for it.
func TestKilledWriterLeavesAWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.json")
	if err := os.WriteFile(path, content('A'), 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 10 {
		command, out := processtest.Start(t, "write", path)
		for range round {
			out.Scan()
		}
		kill(t, command, out)
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, content('A')) && !bytes.Equal(got, content('B')) {
			t.Fatalf("round %d: the file is torn: %d bytes, %v", round, len(got), err)
		}
	}
	for _, name := range names(t, dir) {
		if name != "backup.json" && (!strings.HasPrefix(name, ".descope-mgmt-") || !strings.HasSuffix(name, ".tmp")) {
			t.Errorf("%s was left behind", name)
		}
	}
}

// TestFailedWriteLeavesTheOldFileAndNothingElse, with a limit for a full disk.
func TestFailedWriteLeavesTheOldFileAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	command, out := processtest.Start(t, "limit", path)
	out.Scan()
	text := out.Text()
	if err := command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if want := "cannot write " + path + ": file too large"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("the old file holds %q, %v", got, err)
	}
	if list := names(t, dir); len(list) != 1 {
		t.Errorf("left behind: %v", list)
	}
}
