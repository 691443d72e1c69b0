package live_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// cleaningTime is what is left of a test's time for deleting what it has made.
const cleaningTime = 2 * time.Minute

// named is a host that variables name, or a skipped test that says how to run it.
// An interrupt ends the run; what it has made is deleted all the same.
func named(t *testing.T, lookup func(string) string) *host {
	t.Helper()
	target, err := live.ReadTarget(lookup)
	if errors.Is(err, live.ErrNoCredentials) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.WithoutCancel(t.Context()), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	if deadline, limited := t.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-min(cleaningTime, time.Until(deadline)/2)))
		t.Cleanup(cancel)
	}
	h := newHost(ctx, t, target)
	if ip := target.Endpoint.Hostname(); ip != "127.0.0.1" && ip != "localhost" && ip != "::1" { // no emulator
		h = newPacedHost(ctx, t, target, "documented", book(t))
	}
	h.say = func(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) } // a log is shown at the end only
	return h
}

// book is where calls are counted: with the user's own commands, which count at
// the service as well. Where the home folder is on a network, whose locks cannot
// be relied on, the runs of this machine count together at least.
func book(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(home, ".descope-mgmt", "budget")
	if _, notice := pace.OpenShared(own, pace.FileOptions{Now: time.Now}); notice == "" {
		return own
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("descope-mgmt-live-tests-%d", os.Getuid()))
}

// report records what the named host answers into a file, and writes how that
// differs from the emulator. Without a named host it is the emulator's report.
func report(t *testing.T, lookup func(string) string, path string, out io.Writer) {
	t.Helper()
	recorded, text := recordEmulator(t, emulator.Options{})
	_, err := live.ReadTarget(lookup)
	if errors.Is(err, live.ErrNoCredentials) {
		keep(t, path, []byte(text))
		fmt.Fprintf(out, "%s is what the emulator answers to %d questions.\n%v\n", path, len(recorded.Answers), err)
		return
	}
	h := named(t, lookup)
	if err := live.Guard(h.ctx, h.api); err != nil {
		t.Fatal(err)
	}
	sweep(t, h)
	calls := 0
	for _, probe := range live.Probes() {
		calls += probe.Calls()
	}
	h.announce(t, "The questions", calls)
	answered := record(t, h)
	answered.Recorded = time.Now().UTC().Format(time.DateOnly)
	finish(t, h)
	encoded, err := answered.Encode()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, path, encoded)
	fmt.Fprintf(out, "%s is what %s answers. It differs from the emulator in:\n\n%s", path, h.target.Host(), live.Compare(recorded, answered))
}

func keep(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
