package apply_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// hold waits until its call is cancelled, and answers as a client does then.
func hold(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("send: %w", ctx.Err())
}

// lasting is a call that takes so long, and obeys its context.
func lasting(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return &callError{text: "stopped before an answer came", unknown: true}
		}
	}
}

func TestInterruption(t *testing.T) {
	const interruptAt = time.Second
	changes := []resource.Change{create("early"), create("late"), create("waiting"), after(create("child"), "late"), after(create("grandchild"), "child")}
	cases := []struct {
		name    string
		calls   map[string]behaviour
		grace   time.Duration
		abortAt time.Duration // zero: never
		want    []string
		took    time.Duration
	}{
		{
			name:  "a call in flight ends within the grace",
			calls: map[string]behaviour{"create late": {wait: lasting(3 * time.Second)}, "create early": {wait: lasting(2 * time.Second)}},
			grace: 5 * time.Second,
			want:  []string{"early success", "late success", "waiting skipped interrupted", "child skipped interrupted", "grandchild skipped interrupted"},
			took:  3 * time.Second,
		},
		{
			name:  "a call in flight is cut off at its end",
			calls: map[string]behaviour{"create late": {wait: hold}, "create early": {wait: lasting(2 * time.Second)}},
			grace: 5 * time.Second,
			want:  []string{"early success", "late unknown no_answer", "waiting skipped interrupted", "child skipped dependency", "grandchild skipped dependency"},
			took:  6 * time.Second,
		},
		{
			name:  "the client's own word on a call that was cut off",
			calls: map[string]behaviour{"create late": {wait: lasting(time.Hour)}, "create early": {wait: lasting(time.Hour)}},
			grace: 5 * time.Second,
			want:  []string{"early unknown E999", "late unknown E999", "waiting skipped interrupted", "child skipped dependency", "grandchild skipped dependency"},
			took:  6 * time.Second,
		},
		{
			name:  "no grace",
			calls: map[string]behaviour{"create late": {wait: hold}, "create early": {wait: hold}},
			want:  []string{"early unknown no_answer", "late unknown no_answer", "waiting skipped interrupted", "child skipped dependency", "grandchild skipped dependency"},
			took:  time.Second,
		},
		{
			name:  "aborted in the grace",
			calls: map[string]behaviour{"create late": {wait: hold}, "create early": {wait: hold}},
			grace: 5 * time.Second, abortAt: 2 * time.Second,
			want: []string{"early unknown no_answer", "late unknown no_answer", "waiting skipped interrupted", "child skipped dependency", "grandchild skipped dependency"},
			took: 2 * time.Second,
		},
		{
			name:  "an abort before the interruption ends the grace as soon as it begins",
			calls: map[string]behaviour{"create late": {wait: hold}, "create early": {wait: hold}},
			grace: 5 * time.Second, abortAt: time.Millisecond,
			want: []string{"early unknown no_answer", "late unknown no_answer", "waiting skipped interrupted", "child skipped dependency", "grandchild skipped dependency"},
			took: time.Second,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService()
				s.behave = failing(c.calls)
				ctx, cancel := context.WithCancel(t.Context())
				defer time.AfterFunc(interruptAt, cancel).Stop()
				opts := options()
				opts.Workers, opts.Grace = 2, c.grace
				if c.abortAt > 0 {
					abort := make(chan struct{})
					defer time.AfterFunc(c.abortAt, func() { close(abort) }).Stop()
					opts.Abort = abort
				}
				begin := time.Now()
				outcome, err := s.runContext(ctx, opts, changes...)
				if err != nil {
					t.Fatal(err)
				}
				checkSums(t, outcome)
				if diff := cmp.Diff(c.want, brief(outcome)); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(begin); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if !outcome.Interrupted || outcome.Verified || !outcome.Sent || s.lists != 0 {
					t.Errorf("interrupted %v, verified %v, sent %v, %d lists", outcome.Interrupted, outcome.Verified, outcome.Sent, s.lists)
				}
			})
		})
	}
}

func TestCutOffCallsSayWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.behave = failing(map[string]behaviour{"create single": {wait: hold}, "settings double": {wait: hold}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		outcome, err := s.runContext(ctx, options(), create("single"), create("double", field("settings.enabled", "", `true`)))
		if err != nil {
			t.Fatal(err)
		}
		checkSums(t, outcome)
		for id, want := range map[string]string{
			"single": "cut off by the interruption: send: context canceled",
			"double": "create done, settings cut off by the interruption: send: context canceled",
		} {
			if got := result(t, outcome, id).Error.Message; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestInterruptedBeforeTheFirstCallSendsNothing(t *testing.T) {
	s := newService()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stops int
	opts := options()
	opts.Events = func(event apply.Event) {
		if event.Type == apply.EventStopping {
			stops++
		}
	}
	outcome, err := s.runContext(ctx, opts, create("a"), after(create("b"), "a"), remove("c"))
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, outcome)
	if diff := cmp.Diff([]string{"a skipped interrupted", "b skipped interrupted", "c skipped interrupted"}, brief(outcome)); diff != "" {
		t.Error(diff)
	}
	if len(s.calls)+s.lists != 0 || outcome.Sent || !outcome.Interrupted || stops != 1 {
		t.Errorf("calls %v, sent %v, interrupted %v, %d stops", s.sent(), outcome.Sent, outcome.Interrupted, stops)
	}
}

// TestNothingStartsAfterTheInterruption, not even what is ready while the
// engine has other things to look at.
func TestNothingStartsAfterTheInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			s := newService()
			ctx, cancel := context.WithCancel(t.Context())
			opts := options()
			opts.Workers = 2
			started := 0
			opts.Events = func(event apply.Event) {
				switch event.Type {
				case apply.EventStarted:
					started++
				case apply.EventFinished:
					synctest.Wait() // both workers are ready to take the next one
					cancel()
				}
			}
			outcome, err := s.runContext(ctx, opts, create("a"), after(create("b"), "a"), after(create("c"), "b"))
			if err != nil {
				t.Fatal(err)
			}
			checkSums(t, outcome)
			want := []string{"a success", "b skipped interrupted", "c skipped interrupted"}
			if diff := cmp.Diff(want, brief(outcome)); diff != "" || started != 1 {
				t.Fatalf("%d started: %s", started, diff)
			}
		}
	})
}
