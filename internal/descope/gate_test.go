package descope

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// turnstile is a gate that writes down who came through and how it ended.
type turnstile struct {
	mu       sync.Mutex
	entered  []string
	outcomes []Outcome
	inside   int
	most     int
	waits    []time.Duration // before each entrance; none any longer after the last
	err      error
}

func (g *turnstile) Enter(ctx context.Context, method, path string) (Pass, error) {
	g.mu.Lock()
	wait := time.Duration(0)
	if len(g.waits) > 0 {
		wait, g.waits = g.waits[0], g.waits[1:]
	}
	g.mu.Unlock()
	if err := sleep(ctx, wait); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return nil, g.err
	}
	g.entered = append(g.entered, method+" "+path)
	g.inside++
	g.most = max(g.most, g.inside)
	return &ticket{gate: g}, nil
}

type ticket struct {
	gate *turnstile
	used bool
}

func (p *ticket) Done(outcome Outcome) {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	if p.used {
		panic("a pass was used twice")
	}
	p.used = true
	p.gate.inside--
	p.gate.outcomes = append(p.gate.outcomes, outcome)
}

func behind(gate Gate) func(*Options) {
	return func(opts *Options) { always(0)(opts); opts.Gate = gate }
}

// Every attempt passes the gate, also those of reads and of reading back, and
// the gate hears how each of them ended.
func TestEveryAttemptPassesTheGate(t *testing.T) {
	gate := &turnstile{}
	server := serve(t,
		answer(429, ``, "Retry-After", "7"), answer(429, ``), answer(503, ``, "Retry-After", "3"), answer(500, envelope("E111104", "", "")),
		hangUp, answer(200, `{"id":"acme"}`))
	client := persistent(t, server.url, behind(gate))
	if _, err := client.Writer().CreateTenant(t.Context(), "acme", nil); err != nil {
		t.Fatal(err)
	}
	create, read := "POST /v1/mgmt/tenant/create", "GET /v1/mgmt/tenant"
	server.expect(t, create, create, create, read, create, read)
	if diff := cmp.Diff([]string{create, create, create, read, create, read}, gate.entered); diff != "" {
		t.Error(diff)
	}
	want := []Outcome{
		{Status: 429, RetryAfter: 7 * time.Second, RetryAfterGiven: true},
		{Status: 429, RetryAfter: time.Minute},
		{Status: 503, RetryAfter: 3 * time.Second, RetryAfterGiven: true},
		{Status: 500},
		{},
		{Status: 200},
	}
	if diff := cmp.Diff(want, gate.outcomes); diff != "" || gate.inside != 0 {
		t.Errorf("%d left inside: %s", gate.inside, diff)
	}
}

// Of a request that did not leave the gate hears that too.
func TestTheGateHearsWhatWasNotSent(t *testing.T) {
	gate := &turnstile{}
	client := persistent(t, "http://127.0.0.1:1", behind(gate))
	if _, err := client.Reader().Tenants(t.Context()); failureOf(t, err).Code != CodeUnreachable {
		t.Errorf("error = %v", err)
	}
	want := []Outcome{{Unsent: true}, {Unsent: true}, {Unsent: true}, {Unsent: true}, {Unsent: true}}
	if diff := cmp.Diff(want, gate.outcomes); diff != "" {
		t.Error(diff)
	}
}

// Whatever happens to a call, its pass comes back.
func TestPassesComeBackFromAPanic(t *testing.T) {
	gate := &turnstile{}
	client := persistent(t, "https://api.descope.invalid", behind(gate), func(opts *Options) {
		opts.Transport = roundTripper(func(*http.Request) (*http.Response, error) { panic("a fault of the program") })
	})
	func() {
		defer func() { _ = recover() }()
		_, _ = client.Reader().Tenants(t.Context())
	}()
	if gate.inside != 0 || len(gate.outcomes) != 1 {
		t.Errorf("%d inside, %d outcomes", gate.inside, len(gate.outcomes))
	}
}

func TestGatesThatFail(t *testing.T) {
	broken := errors.New("no budget file, says " + testKey)
	client := persistent(t, serve(t).url, behind(&turnstile{err: broken}))
	_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
	failure := failureOf(t, err)
	if failure.Code != CodePacing || !errors.Is(err, broken) || failure.OutcomeUnknown() || failure.Hint == "" || strings.Contains(err.Error(), testKey) {
		t.Errorf("error = %+v", failure)
	}
	if !strings.Contains(err.Error(), "not let through: no budget file") {
		t.Errorf("text = %q", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = persistent(t, serve(t).url, behind(&turnstile{waits: []time.Duration{time.Hour}})).Writer().CreateTenant(ctx, "acme", nil)
	if failure := failureOf(t, err); failure.Code != CodeCanceled || failure.OutcomeUnknown() || !errors.Is(err, context.Canceled) {
		t.Errorf("stopped at the gate: %+v", failure)
	}
}

// What a write is laid over is not older than five seconds when it leaves: the
// gate's own wait counts. No call waits for a pass while it holds one.
func TestReadsDoNotGrowOldAtTheGate(t *testing.T) {
	read, update := "GET /v1/mgmt/tenant", "POST /v1/mgmt/tenant/update"
	tests := []struct {
		name   string
		waits  []time.Duration // of the gate: for the first read, then for the writes
		want   []string        // requests
		waited time.Duration
	}{
		{"no wait", nil, []string{read, update}, 0},
		{"a short one", []time.Duration{time.Minute, 5 * time.Second}, []string{read, update}, 65 * time.Second},
		{"a long one", []time.Duration{0, 6 * time.Second}, []string{read, read, update}, 6 * time.Second},
		{"two", []time.Duration{0, 6 * time.Second, 7 * time.Second}, []string{read, read, read, update}, 13 * time.Second},
		{
			"more than anybody waits for",
			[]time.Duration{0, 6 * time.Second, 7 * time.Second, 8 * time.Second},
			[]string{read, read, read, update},
			21 * time.Second,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := &turnstile{waits: test.waits}
				var mu sync.Mutex
				var requests []string
				handler := func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					requests = append(requests, r.Method+" "+r.URL.Path)
					mu.Unlock()
					answer(200, `{"id":"acme","name":"Old"}`)(w, r)
				}
				client, _, end := virtual(t, behind(gate), handler)
				client.caller.patch.answer.Store(patchUnknown)
				var waited atomic.Int64
				err := client.Writer().UpdateTenant(CountWaits(t.Context(), &waited), "acme", rename)
				end()
				if diff := cmp.Diff(test.want, requests); err != nil || diff != "" {
					t.Errorf("%v %s", err, diff)
				}
				if len(gate.entered) != len(requests) || gate.inside != 0 || gate.most != 1 {
					t.Errorf("%d passes for %d requests, %d at once, %d left", len(gate.entered), len(requests), gate.most, gate.inside)
				}
				if got := time.Duration(waited.Load()); got != test.waited {
					t.Errorf("waited %v", got)
				}
			})
		})
	}
}

// Time at the gate is not the call's own.
func TestWaitsForTheGateAreNoPartOfTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &turnstile{waits: []time.Duration{time.Hour, time.Hour, time.Hour}}
		change := func(opts *Options) { behind(gate)(opts); opts.Backoff.Budget = time.Minute }
		client, arrived, end := virtual(t, change, answer(503, ``), answer(503, ``), answer(200, `{"tenants":[]}`))
		defer end()
		_, err := client.Reader().Tenants(t.Context())
		if diff := cmp.Diff([]float64{0, 3600, 7200}, secondsOf(arrived())); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

// A read that is stopped before it leaves gives back the pass that it was lent.
func TestLentPassesComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := &turnstile{waits: []time.Duration{0, 10 * time.Second}}
		client, _, end := virtual(t, behind(gate), answer(200, `{"id":"acme"}`))
		defer end()
		stop := errors.New("changed since the plan")
		checked := 0
		edit := resource.TenantEdit{SetAttributes: fields{"a": `1`}, Check: func(resource.Tenant) error {
			if checked++; checked == 2 {
				return stop
			}
			return nil
		}}
		if err := client.Writer().UpdateTenant(t.Context(), "acme", edit); err != stop { //nolint:errorlint // exactly this one
			t.Errorf("error = %v", err)
		}
		if gate.inside != 0 || len(gate.entered) != 2 {
			t.Errorf("%d inside of %d", gate.inside, len(gate.entered))
		}
		lent := &lentPass{pass: &ticket{gate: gate}}
		gate.inside++
		call := call{body: func(context.Context) ([]byte, error) { return nil, stop }}
		if _, err := makeBody(t.Context(), call, lent); !errors.Is(err, stop) || gate.inside != 0 {
			t.Errorf("%v, %d inside", err, gate.inside)
		}
	})
}
