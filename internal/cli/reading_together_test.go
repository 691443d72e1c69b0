package cli

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// reader is one environment of a test: its limits and how many calls it makes.
type reader struct {
	profile string
	calls   int
}

// gather lets sessions with these limits come together on one host.
func gather(t *testing.T, readers ...reader) ([]*member, *bytes.Buffer) {
	t.Helper()
	var errs bytes.Buffer
	app := &App{Now: time.Now, Err: &errs, log: slog.New(slog.DiscardHandler)}
	_, members := newGathering(app, len(readers), time.Now())
	limiter := pace.NewLimiter(pace.NewMemoryStore(time.Now))
	for i, one := range readers {
		rules, err := pace.ParseRules(nil, []string{one.profile})
		if err != nil {
			t.Fatal(err)
		}
		budget, err := limiter.Budget("host", "P", rules)
		if err != nil {
			t.Fatal(err)
		}
		session := &session{
			app: &App{member: members[i]}, host: "host", limits: rules, budget: budget, target: config.Target{Environment: "dev"},
			settings: config.Settings{Performance: config.Performance{MaxWorkers: 10}},
		}
		members[i].connect(session)
		members[i].come(t.Context(), session, []pace.Load{{Class: pace.ClassTenant, Calls: 1}, {Class: pace.ClassOther, Calls: one.calls - 1}})
	}
	return members, &errs
}

func TestStrictestLimitsTakeTheirSlotsFirst(t *testing.T) {
	for _, test := range []struct {
		name     string
		readers  []reader
		reserved []int   // by each
		before   [][]int // whom each waits for
	}{
		{"alike", []reader{{"seed", 50}, {"seed", 50}}, []int{0, 0}, [][]int{nil, nil}},
		{"all are off", []reader{{"off", 50}, {"off", 50}}, []int{0, 0}, [][]int{nil, nil}},
		{"the strict one fits", []reader{{"seed", 50}, {"documented", 50}, {"seed", 50}}, []int{0, 50, 0}, [][]int{nil, nil, nil}},
		{"two strict ones fit", []reader{{"documented", 50}, {"documented", 50}, {"off", 9}}, []int{50, 50, 0}, [][]int{nil, nil, nil}},
		{"the second does not", []reader{{"documented", 50}, {"documented", 60}, {"seed", 9}}, []int{50, 50, 0}, [][]int{nil, nil, {1}}},
		{"three degrees", []reader{{"off", 9}, {"seed", 9}, {"documented", 101}}, []int{0, 0, 100}, [][]int{{1, 2}, {2}, nil}},
	} {
		t.Run(test.name, func(t *testing.T) {
			members, _ := gather(t, test.readers...)
			for i, m := range members {
				reserved := 0
				for _, count := range m.taken {
					reserved += count
				}
				var before []int
				for _, other := range m.before {
					before = append(before, other.index)
				}
				slices.Sort(before)
				if reserved != test.reserved[i] || !slices.Equal(before, test.before[i]) {
					t.Errorf("%d has taken %d and waits for %v, want %d and %v", i, reserved, before, test.reserved[i], test.before[i])
				}
			}
		})
	}
}

func TestSlotsThatWereTakenComeBack(t *testing.T) {
	members, _ := gather(t, reader{"documented", 3}, reader{"seed", 3})
	strict := members[0]
	slot, taken := strict.reserved(pace.ClassOther)
	if !taken {
		t.Fatal("no slot was taken beforehand")
	}
	slot.Done()
	strict.end(t.Context())
	if _, taken := strict.reserved(pace.ClassOther); taken {
		t.Error("a slot is left after the end")
	}
	if used, _, err := strict.session.budget.Usage(t.Context(), pace.ClassOther); err != nil || used.Current() != 1 {
		t.Errorf("%d slots are in use, want the one of the call (%v)", used.Current(), err)
	}
}

func TestEstimateIsToldOnceAndInTime(t *testing.T) {
	answer := func(m *member, class pace.Class, took time.Duration) {
		_ = m.enter(context.Background())
		m.leave(class, time.Now().Add(-took), descope.Outcome{Status: 200})
	}
	const line = "Reading 2 environments: 104 calls, about 600ms\n"
	for name, test := range map[string]struct {
		readers []reader
		ended   []int // before the first answer
		answers []int // whose
		want    string
	}{
		"after a few calls that are no lists":  {[]reader{{"off", 52}, {"off", 52}}, nil, append([]int{0, 1, 0, 1}, slices.Repeat([]int{0}, enoughSamples)...), line},
		"not before them":                      {[]reader{{"off", 52}, {"off", 52}}, nil, append([]int{0, 1, 0, 1}, slices.Repeat([]int{0}, enoughSamples-1)...), ""},
		"when one is further than the others":  {[]reader{{"off", 52}, {"off", 52}}, nil, slices.Repeat([]int{1}, listCalls+enoughSamples), line},
		"without those that have failed":       {[]reader{{"off", 52}, {"off", 52}, {"off", 52}}, []int{1}, append([]int{0, 2, 0, 2, 2, 2}, slices.Repeat([]int{0}, enoughSamples-2)...), line},
		"where there are only lists":           {[]reader{{"off", 2}, {"off", 2}}, nil, []int{0, 1, 0, 1}, "Reading 2 environments: 4 calls, about 100ms\n"},
		"where few calls come after the lists": {[]reader{{"off", 3}}, nil, []int{0, 0, 0}, "Reading environment dev: 3 calls, about 100ms\n"},
		"once":                                 {[]reader{{"off", 52}, {"off", 52}}, nil, slices.Repeat([]int{0}, 52), line},
		"before the limit holds back the rest": {[]reader{{"tenant=1/60s,other=1/60s", 3}}, nil, []int{0, 0}, "Reading environment dev: 3 calls, about 1m0.2s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				members, errs := gather(t, test.readers...)
				for _, i := range test.ended {
					members[i].end(t.Context())
				}
				for _, i := range test.answers {
					class, _ := members[i].next()
					slot, err := members[i].session.budget.Acquire(t.Context(), class, 1)
					if err != nil {
						t.Fatal(err)
					}
					slot.Done()
					answer(members[i], class, 50*time.Millisecond)
				}
				if got := errs.String(); got != test.want {
					t.Errorf("told %q, want %q", got, test.want)
				}
			})
		})
	}
	t.Run("at once when the limit is used up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			members, errs := gather(t, reader{"tenant=1/1m", 1})
			slot, err := members[0].session.budget.Acquire(t.Context(), pace.ClassTenant, 1)
			if err != nil {
				t.Fatal(err)
			}
			slot.Done()
			again, _ := newGathering(members[0].gathering.app, 1, time.Now())
			again.members, again.open = []*member{{gathering: again, session: members[0].session, loads: members[0].loads, crew: &crew{size: 1}, ended: make(chan struct{})}}, 1
			again.crews["host"] = again.members[0].crew
			again.arrived(t.Context())
			if got := errs.String(); got != "Reading environment dev: 1 call, about 1m0.3s\n" {
				t.Errorf("told %q", got)
			}
		})
	})
}

func TestNobodyBeginsBeforeAllHaveComeOrGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, members := newGathering(&App{Now: time.Now, Err: &bytes.Buffer{}}, 3, time.Now())
		begun := make(chan int, 3)
		for i := range 2 {
			session := &session{app: &App{member: members[i]}, host: "host", settings: config.Settings{Performance: config.Performance{MaxWorkers: 1}}}
			budget, err := pace.NewLimiter(pace.NewMemoryStore(time.Now)).Budget("host", "P", nil)
			if err != nil {
				t.Fatal(err)
			}
			session.budget = budget
			members[i].connect(session)
			go func() {
				_ = session.begin(t.Context(), nil)
				begun <- i
			}()
		}
		synctest.Wait()
		if len(begun) > 0 {
			t.Error("one began before the last had come")
		}
		members[2].end(t.Context())
		synctest.Wait()
		if len(begun) != 2 {
			t.Errorf("%d of 2 have begun", len(begun))
		}
	})
}

func TestCrewServesTheFirstEnvironmentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{}
		c.widen(1)
		if err := c.enter(t.Context(), 9); err != nil {
			t.Fatal(err)
		}
		var served []int
		for _, index := range []int{2, 0, 1, 0} {
			go func() {
				if c.enter(t.Context(), index) == nil {
					served = append(served, index)
					c.leave()
				}
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() { gaveUp <- c.enter(ctx, 0) }()
		synctest.Wait()
		cancel()
		if err := <-gaveUp; err == nil {
			t.Error("who gave up has got a worker")
		}
		c.leave()
		synctest.Wait()
		if want := []int{0, 0, 1, 2}; !slices.Equal(served, want) {
			t.Errorf("served %v, want %v", served, want)
		}
		if c.busy != 0 || len(c.waiting) != 0 {
			t.Errorf("%d are busy and %d wait at the end", c.busy, len(c.waiting))
		}
	})
}

func TestPrefixedPutsTheNameInFrontOfEachLine(t *testing.T) {
	for name, c := range map[string]struct {
		whole  bool
		writes []string
		want   string
	}{
		"lines":                    {false, []string{"a\nb\n", "c\n"}, "dev: a\ndev: b\ndev: c\n"},
		"a line in pieces":         {false, []string{"a", "b", "\nc\n"}, "dev: ab\ndev: c\n"},
		"an empty line":            {false, []string{"a\n\nb\n"}, "dev: a\ndev: \ndev: b\n"},
		"a line drawn anew":        {false, []string{clearLine + "1 of 2", clearLine + "2 of 2", clearLine, "done\n"}, clearLine + "dev: 1 of 2" + clearLine + "dev: 2 of 2" + clearLine + "dev: done\n"},
		"whole lines":              {true, []string{"a", "b\nc"}, "dev: ab\ndev: c\n"},
		"whole lines and an end":   {true, []string{"a\n"}, "dev: a\n"},
		"a line that has no break": {true, []string{"a"}, "dev: a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := &prefixed{to: &out, name: "dev: ", whole: c.whole}
			for _, text := range c.writes {
				if n, err := p.Write([]byte(text)); err != nil || n != len(text) {
					t.Fatalf("wrote %d: %v", n, err)
				}
			}
			p.end()
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}

// TestForetoldAlsoInOneEnvironment runs a command that tells how long it reads also
// where it is about one environment.
func TestForetoldAlsoInOneEnvironment(t *testing.T) {
	names := []string{"dev"}
	address := startTestEmulator(t, emulator.Options{Projects: everywhereProjects(names...)})
	app, _, errs := inProcess(t, everywhereConfig(address, names, "[ { id: acme, name: Acme } ]"), formatTable)
	app.flags.environment = "dev"
	app.flags.timeout = time.Minute
	err := app.inEnvironments(t.Context(), false, everywhere{foretold: true}, func(ctx context.Context, a *App) error {
		return a.runPlan(ctx, planOptions{})
	})
	if err != nil || !strings.HasPrefix(errs.String(), "Reading environment dev: 1 call, about ") {
		t.Errorf("%v: %s", err, errs)
	}
}
