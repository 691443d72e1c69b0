package history_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestMain(m *testing.M) {
	if status, played := processtest.Play(map[string]processtest.Role{"record": recordMany, "limit": recordUnderLimit}); played {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// recordMany records one version after the other, and says after each which
// number it has.
func recordMany(args []string) error {
	limit, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for i := range limit {
		text := fmt.Sprintf("%s-%d", args[1], i)
		recorded, err := open(args[0]).Record("f", document(text), entry(history.OriginDeployed))
		if err != nil {
			return err
		}
		fmt.Println(recorded.N, text)
	}
	return nil
}

// recordUnderLimit records until files may grow no more.
func recordUnderLimit(args []string) error {
	if err := processtest.LimitFiles(2000); err != nil {
		return err
	}
	for i := 0; ; i++ {
		_, err := open(args[0]).Record("f", document(fmt.Sprint(i)), entry(history.OriginDeployed))
		if failure, ok := errors.AsType[*store.FileError](err); ok && errors.Is(err, syscall.EFBIG) && failure.Fault().Hint != "" {
			fmt.Println(i)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// TestKilledProcessLosesNothingItHadRecorded, and leaves a history that goes on.
func TestKilledProcessLosesNothingItHadRecorded(t *testing.T) {
	dir := t.TempDir()
	said := map[int]string{}
	note := func(line string) {
		var n int
		var text string
		if _, err := fmt.Sscan(line, &n, &text); err != nil || said[n] != "" {
			t.Fatalf("%q: %v, %q before", line, err, said[n])
		}
		said[n] = text
	}
	for round := range 8 {
		command, out := processtest.Start(t, "record", dir, strconv.Itoa(round), "1000000")
		for range 3*round + 1 {
			if out.Scan() {
				note(out.Text())
			}
		}
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() {
			note(out.Text())
		}
		_ = command.Wait() // it was killed
	}
	entries, err := open(dir).Entries("f")
	if err != nil || len(entries) < len(said) || len(said) < 50 {
		t.Fatalf("%d entries, %d said, %v", len(entries), len(said), err)
	}
	for _, e := range entries { // also those that nobody could say
		doc, err := open(dir).Document("f", e.N)
		if err != nil || (said[e.N] != "" && doc != document(said[e.N])) {
			t.Errorf("version %d is %s, want %s, %v", e.N, doc, said[e.N], err)
		}
	}
}

// TestTwoProcesses record at once: every version is there, under its own number.
func TestTwoProcesses(t *testing.T) {
	const each = 60
	dir := t.TempDir()
	first, outOfFirst := processtest.Start(t, "record", dir, "a", strconv.Itoa(each))
	second, outOfSecond := processtest.Start(t, "record", dir, "b", strconv.Itoa(each))
	said := map[int]string{}
	for _, out := range []*bufio.Scanner{outOfFirst, outOfSecond} {
		for out.Scan() {
			var n int
			var text string
			if _, err := fmt.Sscan(out.Text(), &n, &text); err != nil || said[n] != "" {
				t.Errorf("%q: %v, %q has that number too", out.Text(), err, said[n])
			}
			said[n] = text
		}
	}
	if err := errors.Join(first.Wait(), second.Wait()); err != nil {
		t.Fatal(err)
	}
	entries, err := open(dir).Entries("f")
	if err != nil || len(entries) != 2*each || len(said) != 2*each {
		t.Fatalf("%d entries, %d said, %v", len(entries), len(said), err)
	}
	for i, e := range entries {
		if doc, err := open(dir).Document("f", e.N); err != nil || e.N != i+1 || doc != document(said[e.N]) {
			t.Errorf("version %d is %d, %s, want %s, %v", i+1, e.N, doc, said[e.N], err)
		}
	}
}

// TestFullDisk: a version that does not fit is not there, all others are, and the
// history goes on once there is space.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	command, out := processtest.Start(t, "limit", dir)
	out.Scan()
	fitted, err := strconv.Atoi(out.Text())
	if err = errors.Join(err, command.Wait()); err != nil || fitted < 3 {
		t.Fatalf("%d fitted, %v", fitted, err)
	}
	h := open(dir)
	if entries, err := h.Entries("f"); err != nil || len(entries) != fitted {
		t.Errorf("%d entries, want %d, %v", len(entries), fitted, err)
	}
	if next := record(t, h, "f", document("later"), history.OriginDeployed); next.N != fitted+1 {
		t.Errorf("the next one is %d", next.N)
	}
}
