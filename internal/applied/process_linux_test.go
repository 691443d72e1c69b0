package applied_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestMain(m *testing.M) {
	if status, played := processtest.Play(map[string]processtest.Role{"update": updateMany, "limit": updateUnderLimit, "key": makeKey, "seen": seeMany}); played {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// updateMany records one object after the other, each with a flow that changes,
// and says after each which it was.
func updateMany(args []string) error {
	limit, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for i := range limit {
		id := fmt.Sprintf("%s-%d", args[1], i)
		err := open(args[0], "").Update(context.Background(), batch(id, map[resource.Address]applied.Change{
			resource.NewAddress(resource.KindTenant, id):      tenant(map[string]resource.Value{"name": resource.StringValue(id)}),
			resource.NewAddress(resource.KindFlow, args[1]):   flow(id),
			resource.NewAddress(resource.KindFlow, "contest"): flow(id),
		}))
		if err != nil {
			return err
		}
		fmt.Println(id)
	}
	return nil
}

// updateUnderLimit records until files may grow no more.
func updateUnderLimit(args []string) error {
	if err := processtest.LimitFiles(4000); err != nil {
		return err
	}
	for i := 0; ; i++ {
		err := open(args[0], "").Update(context.Background(), batch("one", map[resource.Address]applied.Change{
			resource.NewAddress(resource.KindTenant, strconv.Itoa(i)): tenant(nil),
		}))
		if failure, ok := errors.AsType[*store.FileError](err); ok && errors.Is(err, syscall.EFBIG) && failure.Fault().Hint != "" {
			fmt.Println(i)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// makeKey records a secret value, and says its hash.
func makeKey(args []string) error {
	records, secret := open(args[0], ""), resource.StringValue(canary)
	err := records.Update(context.Background(), batch("one", map[resource.Address]applied.Change{
		"tenant/a": tenant(map[string]resource.Value{"x": secret}),
	}))
	if err != nil {
		return err
	}
	hash, err := records.Hash("tenant/a", "x", secret)
	fmt.Println(hash)
	return err
}

// seeMany sees one difference after the other.
func seeMany(args []string) error {
	for i := range 40 {
		if _, err := open(args[0], "").Seen(context.Background(), []string{fmt.Sprintf("%s-%d", args[1], i)}, testTime, false); err != nil {
			return err
		}
	}
	return nil
}

// TestKilledProcessLosesNothingItHadRecorded, leaves whole files, and nothing that
// does not go with a later update.
func TestKilledProcessLosesNothingItHadRecorded(t *testing.T) {
	dir := t.TempDir()
	said := map[string]bool{}
	for round := range 8 {
		command, out := processtest.Start(t, "update", dir, strconv.Itoa(round), "1000000")
		for range 4*round + 1 {
			if out.Scan() {
				said[out.Text()] = true
			}
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() {
			said[out.Text()] = true
		}
		_ = command.Wait() // it was killed
		found := read(t, open(dir, "")).Objects
		for id := range said {
			if found[resource.NewAddress(resource.KindTenant, id)].RunID != id {
				t.Errorf("round %d: %s is lost", round, id)
			}
		}
	}
	if len(said) < 50 {
		t.Fatalf("only %d updates were looked at", len(said))
	}
	records := open(dir, "")
	later := batch("last", map[resource.Address]applied.Change{"flow/contest": flow("last")})
	later.At = time.Now().AddDate(0, 0, 1)
	update(t, records, later)
	folder := filepath.Dir(records.Path())
	rests, err := filepath.Glob(filepath.Join(folder, ".*"))
	more, failure := filepath.Glob(filepath.Join(folder, "flows", "*"))
	if err = errors.Join(err, failure); err != nil || len(rests) != 0 || len(more) != 9 {
		t.Errorf("left: %v, %v, %v", rests, more, err)
	}
}

// TestTwoProcesses update at once: no line is lost, and every document is there.
func TestTwoProcesses(t *testing.T) {
	const each = 40
	dir := t.TempDir()
	first, _ := processtest.Start(t, "update", dir, "a", strconv.Itoa(each))
	second, _ := processtest.Start(t, "update", dir, "b", strconv.Itoa(each))
	if err := errors.Join(first.Wait(), second.Wait()); err != nil {
		t.Fatal(err)
	}
	found := read(t, open(dir, "")).Objects
	if len(found) != 2*each+3 {
		t.Errorf("%d objects", len(found))
	}
	for _, side := range []string{"a", "b"} {
		if got := found[resource.NewAddress(resource.KindFlow, side)].Document; got != document(fmt.Sprintf("%s-%d", side, each-1)) {
			t.Errorf("the flow of %s is %s", side, got)
		}
	}
}

// TestReadersSeeWholeRecords while another process replaces them, and the
// documents with them.
func TestReadersSeeWholeRecords(t *testing.T) {
	dir := t.TempDir()
	command, out := processtest.Start(t, "update", dir, "a", "150")
	reads := 0
	for out.Scan() {
		if found, err := open(dir, "").Read(); err != nil || !found.Known || found.Objects["flow/contest"].Document.IsAbsent() {
			t.Fatalf("%+v, %v", found, err)
		}
		reads++
	}
	if err := command.Wait(); err != nil || reads != 150 {
		t.Fatal(reads, err)
	}
}

// TestKeyIsMadeOnce, also by two processes that need it at the same moment.
func TestKeyIsMadeOnce(t *testing.T) {
	for range 5 {
		dir := t.TempDir()
		first, outOfFirst := processtest.Start(t, "key", dir)
		second, outOfSecond := processtest.Start(t, "key", dir)
		outOfFirst.Scan()
		outOfSecond.Scan()
		if err := errors.Join(first.Wait(), second.Wait()); err != nil {
			t.Fatal(err)
		}
		if outOfFirst.Text() == "" || outOfFirst.Text() != outOfSecond.Text() {
			t.Errorf("hashes %q and %q", outOfFirst.Text(), outOfSecond.Text())
		}
	}
}

func TestTwoProcessesSeeDifferences(t *testing.T) {
	dir := t.TempDir()
	first, _ := processtest.Start(t, "seen", dir, "a")
	second, _ := processtest.Start(t, "seen", dir, "b")
	if err := errors.Join(first.Wait(), second.Wait()); err != nil {
		t.Fatal(err)
	}
	for _, side := range []string{"a", "b"} {
		for i := range 40 {
			key := fmt.Sprintf("%s-%d", side, i)
			seen, err := open(dir, "").Seen(t.Context(), []string{key}, testTime.AddDate(1, 0, 0), false)
			if err != nil || !seen[key].Equal(testTime) {
				t.Fatalf("%s: %v, %v", key, seen, err)
			}
		}
	}
}

// TestFullDisk: what does not fit is not there, all that was there before is.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	command, out := processtest.Start(t, "limit", dir)
	out.Scan()
	fitted, err := strconv.Atoi(out.Text())
	if err = errors.Join(err, command.Wait()); err != nil || fitted < 3 {
		t.Fatalf("%d fitted, %v", fitted, err)
	}
	records := open(dir, "")
	if found := read(t, records).Objects; len(found) != fitted {
		t.Errorf("%d objects, want %d", len(found), fitted)
	}
	rests, err := filepath.Glob(filepath.Join(filepath.Dir(records.Path()), ".*"))
	if err != nil || len(rests) > 0 {
		t.Errorf("left: %v, %v", rests, err)
	}
	update(t, records, batch("two", map[resource.Address]applied.Change{"tenant/later": tenant(nil)}))
}

// TestReadOnlyFolder: nothing can be written, all can be read, and where nothing
// differs nobody notices.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	records := open(dir, "")
	same := map[resource.Address]applied.Change{"tenant/a": tenant(nil), "flow/f": flow("one")}
	update(t, records, batch("one", same))
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o444))
		}
		return os.Chmod(path, 0o555)
	})
	for parent := filepath.Dir(dir); err == nil && len(parent) > len(os.TempDir()); parent = filepath.Dir(parent) {
		err = os.Chmod(parent, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return os.Chmod(path, 0o700) })
	})
	processtest.AsNobody(t, func() {
		if found, err := records.Read(); err != nil || len(found.Objects) != 2 {
			t.Errorf("%+v, %v", found, err)
		}
		if err := records.Update(t.Context(), batch("two", same)); err != nil {
			t.Errorf("nothing differs: %v", err)
		}
		err := records.Update(t.Context(), batch("two", map[resource.Address]applied.Change{"tenant/b": tenant(nil)}))
		if failure, ok := errors.AsType[*store.FileError](err); !ok || !errors.Is(err, os.ErrPermission) || !strings.Contains(failure.Fault().Hint, "--home") {
			t.Errorf("got %v", err)
		}
		seen, err := records.Seen(t.Context(), []string{"x"}, testTime, true)
		if _, ok := errors.AsType[*store.FileError](err); !ok || !seen["x"].Equal(testTime) {
			t.Errorf("got %v, %v", seen, err)
		}
	})
}

// TestNobodyWaitsForEver for a process that was stopped while it held the lock.
func TestNobodyWaitsForEver(t *testing.T) {
	dir := t.TempDir()
	state := store.Open(dir)
	own := state.Project("h", "P").Folder("applied")
	records := applied.Open(applied.Options{Host: "h", ProjectID: "P", Folder: own, Own: own, Keys: state.Folder("applied"), Patience: time.Millisecond})
	update(t, records, batch("one", map[resource.Address]applied.Change{"tenant/a": tenant(nil)}))
	held := flock.New(own.Path("applied.lock"))
	if err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	next := batch("two", map[resource.Address]applied.Change{"tenant/b": tenant(nil)})
	err := records.Update(t.Context(), next)
	if failure, ok := errors.AsType[*store.FileError](err); !ok || !strings.Contains(failure.Error(), "another process holds the lock") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := records.Update(ended, next); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := held.Unlock(); err != nil {
		t.Fatal(err)
	}
	update(t, records, next)
}
