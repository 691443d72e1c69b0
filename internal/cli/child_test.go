package cli

import (
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// TestChildForgetsNothing wants every field of App either shared with a child or
// here, with the reason why it is not.
func TestChildForgetsNothing(t *testing.T) {
	own := map[string]string{
		"SaveMemory": "the memory that it limits is for one project, and several are read",
		"drawn":      "each draws its own line of progress",
		"logFile":    "whoever has opened it closes it",
		"runID":      "a child of the same run is given its id, and the others find their own",
		"helpErr":    "a child shows no help",
		"flags":      "they have the environment's name, and are otherwise the same: see below",
		"asked":      "each is approved by itself",
		"part":       "it is the child's place among several",
		"member":     "it is the child's place among those that read together",
	}
	parent := fullApp()
	child := parent.child("staging")

	from, to := reflect.ValueOf(parent).Elem(), reflect.ValueOf(child).Elem()
	for i := range from.NumField() {
		name := from.Type().Field(i).Name
		if _, listed := own[name]; listed {
			delete(own, name)
			continue
		}
		if from.Field(i).IsZero() {
			t.Errorf("%s is a field that this test does not fill", name)
		} else if !same(from.Field(i), to.Field(i)) {
			t.Errorf("the child does not share %s, and nothing here says why", name)
		}
	}
	if len(own) != 0 {
		t.Errorf("App has no fields %v", slices.Sorted(maps.Keys(own)))
	}

	want := parent.flags
	want.environment = "staging"
	if !reflect.DeepEqual(child.flags, want) {
		t.Errorf("flags are %+v, want %+v", child.flags, want)
	}
	if parent.flags.environment != "dev" {
		t.Error("the parent's flags have changed")
	}
	if of := parent.forEnvironment("staging"); of.run() != "run" || of.flags.environment != "staging" {
		t.Errorf("a child of the same run has the id %q", of.run())
	}
	if grandchild := child.child("prod"); grandchild.Random != child.Random || grandchild.answers != parent.answers {
		t.Error("a child of a child has other chance, or other answers")
	}
}

// fullApp has something in every field that a child shares.
func fullApp() *App {
	errs := io.Writer(&strings.Builder{})
	app := &App{
		In: strings.NewReader("y"), Out: io.Discard, Err: errs, Environ: []string{"A=b"}, WorkDir: "/project", Home: "/home",
		Now: time.Now, Random: strings.NewReader("chance"), Terminal: Terminal{Interactive: true},
		Backoff: descope.Backoff{Attempts: 3}, HookLimit: time.Second, EditPatience: time.Second,
		abort: make(chan struct{}), log: slog.New(slog.DiscardHandler), flags: globalFlags{environment: "dev", config: []string{"a"}, yes: true},
		command: "env diff", redact: newRedactor(io.Discard, errs), env: map[string]string{"A": "b"},
		supplied: map[string]string{"C": "d"}, reporting: "drift", forOthers: true, loaded: &config.Config{},
	}
	app.limiters = &limiters{}
	app.limiters.once.Do(func() { app.limiters.one = pace.NewLimiter(pace.NewMemoryStore(time.Now)) })
	app.nameRun("run")
	return app
}

// same reports whether two values are one: the same pointers, and equal otherwise.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Func, reflect.Map, reflect.Slice:
		return a.Pointer() == b.Pointer()
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	default:
		return a.Equal(b)
	}
}
