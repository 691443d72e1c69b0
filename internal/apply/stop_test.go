package apply_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// stopError is an error that ends a run.
type stopError struct{}

func (stopError) Error() string { return "the lock was lost" }
func (stopError) Fault() resource.Fault {
	return resource.Fault{Code: "lock_lost", Message: "the lock was lost", Hint: "look at the lock"}
}

// diary notes, in order, what a run tells and what it sends.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func TestEachChangeIsAnnouncedBeforeAndToldAfter(t *testing.T) {
	s, diary := newService(), &diary{}
	s.behave = func(op, id string) behaviour {
		diary.note("send " + op + " " + id)
		return map[string]behaviour{"b": {before: errRefused}, "c": {after: errLost}}[id]
	}
	opts := options()
	opts.Workers = 1
	opts.Before = func(change resource.Change) error {
		diary.note("before " + change.ID)
		return nil
	}
	opts.After = func(result resource.Result) error {
		diary.note("after " + result.Address.ID() + " " + string(result.Status))
		return nil
	}
	outcome := s.run(t, opts, create("a", field("settings.enabled", "", `true`)), create("b"), create("c"), after(create("d"), "b"))
	want := []string{
		"before a", "send create a", "send settings a", "after a success",
		"before b", "send create b", "after b failed",
		"before c", "send create c", "after c unknown",
		"after c success", // the verification has found it
	}
	if diff := cmp.Diff(want, diary.lines); diff != "" {
		t.Error(diff)
	}
	if outcome.Stopped != nil {
		t.Errorf("it was stopped: %v", outcome.Stopped)
	}
}

func TestAnnouncementsOfSeveralWorkersWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, opts := newService(), options()
		opts.Before = func(resource.Change) error {
			time.Sleep(time.Second) // virtual
			return nil
		}
		began := time.Now()
		s.run(t, opts, create("a"), create("b"), create("c"), create("d"))
		if took := time.Since(began); took != time.Second {
			t.Errorf("four workers took %s", took)
		}
	})
}

func TestWhatStopsARun(t *testing.T) {
	const skipped = "skipped stopped"
	changes := func() []resource.Change {
		return []resource.Change{create("a"), create("b"), after(create("c"), "a"), create("d"), create("e")}
	}
	cases := []struct {
		name string
		hook func(opts *apply.Options)
		want []string
		sent bool
	}{
		{"before the first change", func(opts *apply.Options) {
			opts.Before = func(resource.Change) error { return stopError{} }
		}, []string{"a " + skipped, "b " + skipped, "c " + skipped, "d " + skipped, "e " + skipped}, false},
		{"before a later change", func(opts *apply.Options) {
			opts.Before = func(change resource.Change) error {
				if change.ID == "b" {
					return stopError{}
				}
				return nil
			}
		}, []string{"a success", "b " + skipped, "c " + skipped, "d " + skipped, "e " + skipped}, true},
		{"after a change", func(opts *apply.Options) {
			opts.After = func(resource.Result) error { return stopError{} }
		}, []string{"a success", "b " + skipped, "c " + skipped, "d " + skipped, "e " + skipped}, true},
		{"a fault of ours before a change", func(opts *apply.Options) {
			opts.Before = func(resource.Change) error { panic("odd") }
		}, []string{"a " + skipped, "b " + skipped, "c " + skipped, "d " + skipped, "e " + skipped}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, opts := newService(), options()
			opts.Workers = 1
			c.hook(&opts)
			var stopping []string
			opts.Events = func(event apply.Event) {
				if event.Type == apply.EventStopping {
					stopping = append(stopping, event.Message)
				}
			}
			outcome := s.run(t, opts, changes()...)
			if diff := cmp.Diff(c.want, brief(outcome)); diff != "" {
				t.Error(diff)
			}
			if outcome.Sent != c.sent || outcome.Verified != c.sent || outcome.Interrupted || outcome.Stopped == nil {
				t.Errorf("sent %v, verified %v, interrupted %v, stopped %v", outcome.Sent, outcome.Verified, outcome.Interrupted, outcome.Stopped)
			}
			if len(stopping) != 1 || stopping[0] == "" || len(outcome.Warnings) != 1 || !strings.Contains(outcome.Warnings[0], stopping[0]) {
				t.Errorf("told %q, warned %q", stopping, outcome.Warnings)
			}
		})
	}
}

// TestStopCutsCallsInFlight, and the verification says what became of them.
func TestStopCutsCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, opts := newService(), options()
		s.behave = func(_, id string) behaviour {
			if id == "quick" {
				return behaviour{}
			}
			return behaviour{wait: func(ctx context.Context) error {
				<-ctx.Done() // as a call does that waits for its next attempt
				return ctx.Err()
			}}
		}
		stop := make(chan error, 1)
		opts.Workers, opts.Stop = 2, stop
		time.AfterFunc(3*time.Second, func() { stop <- stopError{} })
		began := time.Now()
		outcome := s.run(t, opts, create("quick"), create("slow-1"), create("slow-2"), create("waits"))
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
		want := []string{"quick success", "slow-1 failed not_applied", "slow-2 failed not_applied", "waits skipped stopped"}
		if diff := cmp.Diff(want, brief(outcome)); diff != "" {
			t.Error(diff)
		}
		if !errors.Is(outcome.Stopped, stopError{}) || !outcome.Verified || outcome.Interrupted {
			t.Errorf("stopped %v, verified %v, interrupted %v", outcome.Stopped, outcome.Verified, outcome.Interrupted)
		}
		fault := result(t, outcome, "waits").Error
		if fault.Message != "not sent: the run was stopped before: the lock was lost" || !strings.HasPrefix(fault.Hint, "look at the lock; ") {
			t.Errorf("got %+v", fault)
		}
	})
}

// TestFirstReasonToStopHolds, whatever else happens.
func TestFirstReasonToStopHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, opts := newService(), options()
		ctx, cancel := context.WithCancel(t.Context())
		opts.Workers = 1
		opts.Before = func(resource.Change) error { return stopError{} }
		opts.Events = func(event apply.Event) {
			if event.Type == apply.EventStopping {
				cancel()
			}
		}
		outcome, err := s.runContext(ctx, opts, create("a"), create("b"))
		if err != nil || !outcome.Interrupted || outcome.Stopped == nil {
			t.Fatalf("got %+v, %v", outcome, err)
		}
		if diff := cmp.Diff([]string{"a skipped stopped", "b skipped stopped"}, brief(outcome)); diff != "" {
			t.Error(diff)
		}
	})
}
