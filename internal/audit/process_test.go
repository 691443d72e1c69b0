//go:build unix

package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
)

// roles are what the test binary does as another process.
func roles() map[string]processtest.Role {
	return map[string]processtest.Role{"append": appendRecords, "append-ticking": appendTicking, "limit": appendUnderLimit}
}

// appendRecords appends batches under one name, and says after each how far it
// has come.
func appendRecords(args []string) error {
	log := open(args[0])
	limit, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for done := 0; done < limit; {
		var batch []audit.Record
		for range min(1+rand.IntN(4), limit-done) {
			record := change(fmt.Sprintf("%s-%d", args[1], done))
			record.Detail = strings.Repeat("x", rand.IntN(5000)) // over several pages
			batch = append(batch, record)
			done++
		}
		if err := log.Append(context.Background(), batch...); err != nil {
			return err
		}
		fmt.Println(done)
	}
	return nil
}

// appendTicking is the same and prints all the time, so that whoever reads can
// count to a moment in the middle of an append.
func appendTicking(args []string) error {
	go func() {
		for {
			fmt.Println("tick")
		}
	}()
	return appendRecords(args)
}

// appendUnderLimit appends until the file may grow no more.
func appendUnderLimit(args []string) error {
	log := open(args[0])
	if err := processtest.LimitFiles(20_000); err != nil {
		return err
	}
	written := 0
	var err error
	for ; err == nil; written += 3 {
		err = log.Append(context.Background(), changes(written, written+3)...)
	}
	if failure, ok := errors.AsType[*audit.WriteError](err); !ok || !errors.Is(err, syscall.EFBIG) || failure.Fault().Hint == "" {
		return fmt.Errorf("want EFBIG, got %w", err)
	}
	fmt.Println(written - 3)
	return nil
}

// TestKilledProcessLosesNothingItHadSaid: at whatever moment it is killed, the
// log can be verified as it is and continued, and all that was committed is there.
func TestKilledProcessLosesNothingItHadSaid(t *testing.T) {
	const rounds = 40
	dir := t.TempDir()
	log := open(dir)
	said, pending := map[string]int{}, 0
	for round := range rounds {
		name := fmt.Sprintf("r%d", round)
		command, out := processtest.Start(t, "append-ticking", dir, name, "1000000")
		note := func() {
			if done, err := strconv.Atoi(out.Text()); err == nil {
				said[name] = max(said[name], done)
			}
		}
		for ticks := rand.IntN(20_000); (ticks > 0 || said[name] == 0) && out.Scan(); ticks-- {
			note()
		}
		must(t, command.Process.Kill())
		for out.Scan() {
			note()
		}
		var exit *exec.ExitError
		if err := command.Wait(); !errors.As(err, &exit) {
			t.Fatalf("the process ended by itself: %v", err)
		}
		before := verified(t, log)
		if before.Pending {
			pending++
		}
		must(t, log.Append(t.Context(), change("after")))
		if after := verified(t, log); after.Records != before.Records+1 || after.Pending {
			t.Fatalf("round %d: from %+v to %+v", round, before, after)
		}
	}
	found := map[string]int{}
	for _, record := range collect(t, log, audit.Filter{Address: "tenant/r*"}) {
		name, number, _ := strings.Cut(record.Address.ID(), "-")
		if strconv.Itoa(found[name]) != number {
			t.Errorf("%s is lost or out of order, %s stands there", name, number)
		}
		found[name]++
	}
	for name, done := range said {
		if found[name] < done || done == 0 {
			t.Errorf("%s has said %d, %d are there", name, done, found[name])
		}
	}
	t.Logf("%d of %d appends were cut off", pending, rounds)
}

func TestTwoProcessesShareOneChain(t *testing.T) {
	const calls = 200
	dir := t.TempDir()
	var wait sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		command, out := processtest.Start(t, "append", dir, name, strconv.Itoa(calls))
		wait.Go(func() {
			for out.Scan() {
				continue
			}
			if err := command.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	log := open(dir)
	wait.Go(func() { // a reader beside the writers never sees a break
		for range 100 {
			if summary, err := log.Verify(t.Context()); err != nil || summary.Pending {
				t.Errorf("%+v, %v", summary, err)
				return
			}
		}
	})
	wait.Wait()
	if got := verified(t, log); got.Records != 2*calls || got.Pending {
		t.Errorf("got %+v", got)
	}
	count := map[string]int{}
	for _, record := range collect(t, log, audit.Filter{}) {
		name, number, _ := strings.Cut(record.Address.ID(), "-")
		if number != strconv.Itoa(count[name]) {
			t.Errorf("%s comes after %d", record.Address, count[name])
		}
		count[name]++
	}
}
