package audit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
)

func TestWriterKeepsTheOrderOfEachCaller(t *testing.T) {
	log := open(t.TempDir())
	writer := audit.NewWriter(log)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 600 {
				if err := writer.Add(change(fmt.Sprintf("%d-%04d", worker, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	must(t, writer.Close(t.Context()), writer.Close(t.Context()))
	if err := writer.Add(change("late")); err == nil {
		t.Error("a closed writer took a record")
	}
	if got := verified(t, log); got.Records != 2400 || got.Pending {
		t.Errorf("got %+v", got)
	}
	last := map[string]string{}
	for _, record := range collect(t, log, audit.Filter{}) {
		worker, number, _ := strings.Cut(record.Address.ID(), "-")
		if number <= last[worker] {
			t.Errorf("%s after %s", record.Address, last[worker])
		}
		last[worker] = number
	}
}

func TestWriterWithoutRecordsLeavesNoTrace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	must(t, audit.NewWriter(open(dir)).Close(t.Context()))
	if _, err := os.Lstat(dir); err == nil {
		t.Error("a folder was made")
	}
}

func TestWriterStopsAtTheFirstFailure(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	must(t, os.WriteFile(dir, nil, 0o600)) // a file where the folder should be
	writer := audit.NewWriter(open(dir))
	must(t, writer.Add(change("a")))
	failure := <-writer.Failed()
	if _, ok := errors.AsType[*audit.WriteError](failure); !ok {
		t.Errorf("got %v", failure)
	}
	must(t, os.Remove(dir))
	for _, err := range []error{writer.Add(change("b")), writer.Close(t.Context())} {
		if !errors.Is(err, failure) {
			t.Errorf("got %v", err)
		}
	}
	select {
	case err := <-writer.Failed():
		t.Errorf("told twice: %v", err)
	default:
	}
	if got := verified(t, open(dir)); got.Records != 0 {
		t.Errorf("something was written after a failure: %+v", got)
	}
}

func TestClosingDoesNotWaitForALockLongerThanItsContext(t *testing.T) {
	log := open(t.TempDir())
	must(t, log.Append(t.Context(), change("a")))
	holder := flock.New(strings.TrimSuffix(log.Path(), ".jsonl") + ".lock")
	must(t, holder.Lock())
	writer := audit.NewWriter(log)
	must(t, writer.Add(change("b")))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := writer.Close(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	must(t, holder.Unlock())
	if got := verified(t, log); got.Records != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestEndedContextAppendsNothing(t *testing.T) {
	log := open(t.TempDir())
	must(t, log.Append(t.Context(), change("a")))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := log.Append(ended, change("b")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, err := range log.Records(ended, audit.Filter{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	if got := verified(t, log); got.Records != 1 {
		t.Errorf("got %+v", got)
	}
}
