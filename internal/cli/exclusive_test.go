package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// stateOf is the state of the scripted project that an App of [person] uses.
func stateOf(t *testing.T, app *App, address string) *store.ProjectState {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return store.Open(filepath.Join(app.Home, ".descope-mgmt")).Project(descope.HostName(base), scriptProject)
}

// watched is an error stream that tells when a text has been written to it.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	word string
	seen chan struct{}
}

func watchFor(word string) *watched { return &watched{word: word, seen: make(chan struct{})} }

func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := strings.Contains(w.text.String(), w.word)
	w.text.Write(text)
	if !before && strings.Contains(w.text.String(), w.word) {
		close(w.seen)
	}
	return len(text), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// TestWhatChangesWhileARunWaits: after the wait the plan is made again, with one
// more list call, and only what was approved is sent.
func TestWhatChangesWhileARunWaits(t *testing.T) {
	const configuration = "version: \"1.0\"\ntenants:\n  - { id: acme, name: Acme }\n  - { id: beta, name: Beta }\n"
	cases := map[string]struct {
		args  string
		other string // what somebody else does meanwhile
		want  Status
		code  string
		calls int // lists
		made  int
	}{
		"nothing":                        {"apply --yes", "", StatusOK, "", 3, 2},
		"all of it":                      {"apply --yes", "tenant create acme --name Acme --yes; tenant create beta --name Beta --yes", StatusOK, "", 2, 0},
		"a part of it":                   {"apply --yes", "tenant create acme --name Acme --yes", StatusRefused, "stale_plan", 2, 0},
		"something else in its place":    {"apply --yes", "tenant create acme --name Other --yes", StatusRefused, "stale_plan", 2, 0},
		"what is not in the way":         {"apply --yes", "tenant create other --name Other --yes", StatusOK, "", 3, 2},
		"the same single tenant":         {"tenant create acme --name Acme --yes", "tenant create acme --name Acme --yes", StatusError, "already_exists", 2, 0},
		"nothing, for a single tenant":   {"tenant create acme --name Acme --yes", "", StatusOK, "", 3, 1},
		"an orphan, where that is wrong": {"apply --yes -c strict.yaml", "tenant create other --name Other --yes", StatusRefused, "orphans_error", 2, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address := startTestEmulator(t, emulator.Options{})
			app, out, _ := person(t, address, configuration)
			strict := strings.Replace(configuration, "tenants:", "manage: { orphans: error }\ntenants:", 1)
			writeFile(t, filepath.Join(app.WorkDir, "strict.yaml"), strict)
			errs := watchFor("waiting up to")
			app.Err = errs
			self, err := store.ThisProcess()
			if err != nil {
				t.Fatal(err)
			}
			lock, err := stateOf(t, app, address).Lock(t.Context(), store.LockRequest{
				Holder: store.Holder{User: "alice", Process: self, RunID: "other"}, Now: time.Now,
			})
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan Status, 1)
			go func() {
				ended <- app.Run(t.Context(), append(strings.Fields(c.args), "--format", "json", "--lock-timeout", "60s"))
			}()
			<-errs.seen
			for line := range strings.SplitSeq(c.other, "; ") {
				if line == "" {
					continue
				}
				other, _, otherErrs := person(t, address, configuration)
				if status := other.Run(t.Context(), strings.Fields(line)); status != StatusOK {
					t.Errorf("%s: status %d\n%s", line, status, otherErrs)
				}
			}
			before := requests(t, address)
			if err := lock.Release(); err != nil {
				t.Error(err)
			}
			if status := <-ended; status != c.want {
				t.Errorf("status %d, want %d\n%s%s", status, c.want, out, errs)
			}
			after := requests(t, address)
			// One list was made before the wait.
			if lists := 1 + after["/v1/mgmt/tenant/all"] - before["/v1/mgmt/tenant/all"]; lists != c.calls {
				t.Errorf("%d list calls, want %d", lists, c.calls)
			}
			if made := after["/v1/mgmt/tenant/create"] - before["/v1/mgmt/tenant/create"]; made != c.made {
				t.Errorf("%d creates, want %d", made, c.made)
			}
			if !strings.Contains(errs.String(), "planning again") {
				t.Errorf("it does not say that it plans again:\n%s", errs)
			}
			if c.code != "" && !strings.Contains(out.String(), `"code": "`+c.code+`"`) {
				t.Errorf("the code %s is missing in\n%s", c.code, out)
			}
		})
	}
}

// TestARunWhoseLeaseIsOverSendsNothingMore: the clock jumps by two minutes, as
// when a laptop wakes up, at any moment of a run. What was sent is reported as it
// is, what was not is skipped, and the next run converges.
func TestARunWhoseLeaseIsOverSendsNothingMore(t *testing.T) {
	t.Parallel()
	const tenants = 20
	var text strings.Builder
	text.WriteString("version: \"1.0\"\ntenants:\n")
	for i := range tenants {
		fmt.Fprintf(&text, "  - { id: tenant-%02d, name: T%d }\n", i, i)
	}
	ends := map[Status]int{}
	for readings := int64(1); readings < 160; readings += 6 {
		address := startTestEmulator(t, emulator.Options{})
		app, out, errs := person(t, address, text.String())
		var read atomic.Int64
		app.Now = func() time.Time {
			if read.Add(1) > readings {
				return time.Now().Add(2 * time.Minute)
			}
			return time.Now()
		}
		status := app.Run(t.Context(), []string{"apply", "--yes", "--format", "json", "--max-workers", "2"})
		ends[status]++
		made := requests(t, address)["/v1/mgmt/tenant/create"]
		switch status {
		case StatusOK:
			if made != tenants {
				t.Errorf("after %d readings: %d creates", readings, made)
			}
		case StatusLocked:
			if made != 0 || !strings.Contains(out.String(), `"code": "lock_lost"`) {
				t.Errorf("after %d readings: %d creates\n%s", readings, made, out)
			}
		case StatusPartial:
			var report resource.Report
			if err := json.Unmarshal(out.Bytes(), &report); err != nil {
				t.Fatal(err)
			}
			if report.Summary.Succeeded != made || report.Summary.Skipped != tenants-made {
				t.Errorf("after %d readings: %d creates, %+v", readings, made, report.Summary)
			}
			for _, result := range report.Results {
				if result.Status == resource.StatusSkipped && (result.Error.Code != "stopped" || !strings.Contains(result.Error.Message, "the lock was lost")) {
					t.Errorf("got %+v", result.Error)
				}
			}
			if !strings.Contains(errs.String(), "stopping: the lock was lost") || !strings.Contains(errs.String(), "warning: the run was stopped") {
				t.Errorf("it does not say why:\n%s", errs)
			}
		default:
			t.Errorf("after %d readings: status %d\n%s%s", readings, status, out, errs)
		}
		app.Now = time.Now
		out.Reset()
		if again := app.Run(t.Context(), []string{"apply", "--yes"}); again != StatusOK {
			t.Errorf("after %d readings: the next run: status %d\n%s%s", readings, again, out, errs)
		}
		if total := requests(t, address)["/v1/mgmt/tenant/create"]; total != tenants {
			t.Errorf("after %d readings: %d creates in all", readings, total)
		}
	}
	for _, status := range []Status{StatusOK, StatusLocked, StatusPartial} {
		if ends[status] == 0 {
			t.Errorf("no run ended with status %d: %v", status, ends)
		}
	}
}

func TestReleasingALivingRunsLockIsAsked(t *testing.T) {
	for answer, want := range map[string]struct {
		status Status
		state  store.LockState
	}{"yes\n": {StatusOK, store.LockFree}, "y\n": {StatusRefused, store.LockHeld}, "": {StatusRefused, store.LockHeld}} {
		app, out, errs := person(t, "http://127.0.0.1:9", twoTenants)
		state := stateOf(t, app, "http://127.0.0.1:9")
		self, err := store.ThisProcess()
		if err != nil {
			t.Fatal(err)
		}
		lock, err := state.Lock(t.Context(), store.LockRequest{Holder: store.Holder{User: "alice", Process: self, RunID: "other"}, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		app.In = strings.NewReader(answer)
		if status := app.Run(t.Context(), []string{"lock", "release", "--force"}); status != want.status {
			t.Errorf("%q: status %d\n%s%s", answer, status, out, errs)
		}
		if !strings.Contains(errs.String(), " from the run of alice on ") {
			t.Errorf("%q: asked\n%s", answer, errs)
		}
		if info, err := state.LockInfo(self, time.Now()); err != nil || info.State != want.state {
			t.Errorf("%q: the lock is %s, %v", answer, info.State, err)
		}
		_ = lock.Release()
	}
}

// TestTheLockIsReleasedWhateverEndsARun: a fault of the program, and an
// interruption.
func TestTheLockIsReleasedWhateverEndsARun(t *testing.T) {
	address := startTestEmulator(t, emulator.Options{})
	app, out, errs := person(t, address, twoTenants)
	app.Now = func() time.Time {
		// The journal's first line is the first that asks for the time while it exists.
		if files, _ := filepath.Glob(filepath.Join(app.Home, ".descope-mgmt", "projects", "*", "*", "journals", "*")); len(files) > 0 {
			panic("odd")
		}
		return time.Now()
	}
	if status := app.Run(t.Context(), []string{"apply", "--yes"}); status != StatusInternal {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	self, err := store.ThisProcess()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := stateOf(t, app, address).LockInfo(self, time.Now()); err != nil || info.State != store.LockFree || info.Generation != 1 {
		t.Errorf("the lock is %+v, %v", info, err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// requests counts the calls that the emulator has seen, by path.
func requests(t *testing.T, address string) map[string]int {
	t.Helper()
	answer := controlEmulator(t, http.MethodGet, address, "requests", "")
	var log struct {
		Requests []struct {
			Path string `json:"path"`
		} `json:"requests"`
	}
	if err := json.Unmarshal(answer, &log); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, request := range log.Requests {
		counts[request.Path]++
	}
	return counts
}
