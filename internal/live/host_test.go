package live_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/live"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The credentials of every emulated project. The key is a canary: it may never
// stand in anything that the suite or the program prints or writes.
const (
	emulatedProject = "P2livelivelivelivelivelive001"
	emulatedKey     = "K2canarycanarycanarycanarycanary"
)

// host is where the suite runs, and what it needs there.
type host struct {
	ctx     context.Context // ends when the run is to stop; what it has made is deleted all the same
	target  live.Target
	api     *live.API
	run     live.Run
	cleaner *live.Cleaner
	limits  string // of the program, as DESCOPE_MGMT_RATE_LIMITS
	home    string // of the program
	// say tells whoever waits for the run something at once.
	say func(format string, args ...any)
	// calls counts all calls that the host was sent, those of the program
	// included; nil where nobody can know.
	calls func() int
}

// newHost prepares a run on a target that has no limits.
func newHost(ctx context.Context, t *testing.T, target live.Target) *host {
	t.Helper()
	return newPacedHost(ctx, t, target, "off", "")
}

// newPacedHost prepares a run under limits, which are those of a flag. The book
// is the folder where calls are counted: the program counts its own there too,
// and so do other runs.
func newPacedHost(ctx context.Context, t *testing.T, target live.Target, limits, book string) *host {
	t.Helper()
	run, err := live.NewRun(rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	h := &host{ctx: ctx, target: target, run: run, limits: limits, home: t.TempDir(), say: t.Logf}
	rules, err := pace.ParseRules(nil, []string{limits})
	if err != nil {
		t.Fatal(err)
	}
	store, wait := pace.NewMemoryStore(time.Now), hasty
	if limits != "off" {
		var notice string
		if store, notice = pace.OpenShared(book, pace.FileOptions{Now: time.Now}); notice != "" {
			t.Fatal(notice) // the program would count for itself
		}
		wait = sleep
		state := filepath.Join(h.home, ".descope-mgmt")
		if err := errors.Join(os.Mkdir(state, 0o700), os.Symlink(book, filepath.Join(state, "budget"))); err != nil {
			t.Fatal(err)
		}
	}
	h.api = newAPI(t, target, live.Options{Rules: rules, Store: store, RequestID: run.Prefix, Sleep: wait})
	h.cleaner = live.NewCleaner(h.api, run)
	return h
}

// newAPI fills in what a test leaves out.
func newAPI(t *testing.T, target live.Target, options live.Options) *live.API {
	t.Helper()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 4}
	t.Cleanup(transport.CloseIdleConnections)
	options.Client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if options.Sleep == nil {
		options.Sleep = sleep
	}
	if options.Store == nil {
		options.Store = pace.NewMemoryStore(time.Now)
	}
	api, err := live.NewAPI(target, options)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// hasty waits a hundredth of the time: an emulator does not recover any later.
func hasty(ctx context.Context, d time.Duration) error { return sleep(ctx, d/100) }

// emulated is a target on an emulator behind a real listener, until the test
// ends. Options without projects get the canary's.
func emulated(t *testing.T, options emulator.Options) live.Target {
	t.Helper()
	if options.Projects == nil {
		options.Projects = []emulator.Project{{ID: emulatedProject, ManagementKey: emulatedKey, Name: "Rehearsal"}}
	}
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	listener, err := emulator.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	variables := map[string]string{
		live.VariableProject: emulatedProject, live.VariableKey: emulatedKey, live.VariableBaseURL: emulator.URL(listener),
	}
	target, err := live.ReadTarget(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// control makes one call of the emulator's control API.
func control(t *testing.T, target live.Target, method, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, target.Endpoint.String()+"/_emulator/v1/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Descope-Emulator", "1")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var text json.RawMessage
	if response.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if response.StatusCode != http.StatusNoContent {
		if err := json.NewDecoder(response.Body).Decode(&text); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return string(text)
}

// countCalls is how many calls of the API an emulator has answered, and how many
// of them with the given status.
func countCalls(t *testing.T, target live.Target, status int) (all, with int) {
	t.Helper()
	var log struct {
		Requests []struct {
			Status int `json:"status"`
		} `json:"requests"`
	}
	if err := json.Unmarshal([]byte(control(t, target, http.MethodGet, "requests", "")), &log); err != nil {
		t.Fatal(err)
	}
	for _, one := range log.Requests {
		if one.Status == status {
			with++
		}
	}
	return len(log.Requests), with
}

// noKeyBelow looks for the key in every file of a folder.
func noKeyBelow(t *testing.T, folder string, key resource.Secret) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), key.Reveal()) {
			t.Errorf("the management key stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
