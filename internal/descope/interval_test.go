package descope

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// virtual serves the answers of a list in a bubble of virtual time, the last of
// them for ever, and tells when each request arrived, in time since the first.
// The returned function ends everything.
func virtual(t *testing.T, change func(*Options), answers ...http.HandlerFunc) (client *Client, arrived func() []time.Duration, end func()) {
	t.Helper()
	var mu sync.Mutex
	var times []time.Time
	network := NewPipes()
	server := &http.Server{ErrorLog: quiet(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		times = append(times, time.Now())
		at := min(len(times), len(answers)) - 1
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice a client that goes
		answers[at](w, r)
	})}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(network) }()
	transport := &http.Transport{DialContext: network.Dial}
	opts := testOptions("http://127.0.0.1:1")
	opts.Sleep, opts.Transport = nil, transport
	if change != nil {
		change(&opts)
	}
	client, err := Connect(opts)
	if err != nil {
		t.Fatal(err)
	}
	arrived = func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		var since []time.Duration
		for _, at := range times {
			since = append(since, at.Sub(times[0]))
		}
		return since
	}
	return client, arrived, func() {
		client.Close()
		_ = server.Close()
		<-served
	}
}

// always is a random source that is not.
func always(part float64) func(*Options) {
	return func(opts *Options) { opts.Backoff.Random = func() float64 { return part } }
}

// secondsOf makes a list of durations readable.
func secondsOf(durations []time.Duration) []float64 {
	var out []float64
	for _, duration := range durations {
		out = append(out, duration.Seconds())
	}
	return out
}

func TestIntervals(t *testing.T) {
	unavailable := answer(503, ``)
	tests := []struct {
		name    string
		change  func(*Options)
		answers []http.HandlerFunc
		want    []float64 // when the requests arrive, in seconds
	}{
		{"they double", always(1), []http.HandlerFunc{unavailable}, []float64{0, 1, 3, 7, 15}},
		{"a part of each", always(0.5), []http.HandlerFunc{unavailable}, []float64{0, 0.5, 1.5, 3.5, 7.5}},
		{"none of each", always(0), []http.HandlerFunc{unavailable}, []float64{0, 0, 0, 0, 0}},
		{
			"up to the longest", func(opts *Options) { always(1)(opts); opts.Backoff.Attempts = 10 },
			[]http.HandlerFunc{unavailable},
			[]float64{0, 1, 3, 7, 15, 31, 63, 123, 183, 243},
		},
		{"until it goes well", always(1), []http.HandlerFunc{unavailable, unavailable, answer(200, `{"tenants":[]}`)}, []float64{0, 1, 3}},
		{"a rate limit that says how long", always(1), []http.HandlerFunc{answer(429, ``, "Retry-After", "20")}, []float64{0, 20, 40, 60, 80}},
		{"a rate limit that is shorter than the interval", always(1), []http.HandlerFunc{answer(429, ``, "Retry-After", "0")}, []float64{0, 1, 3, 7, 15}},
		{"a rate limit that does not say", always(1), []http.HandlerFunc{answer(429, `<html>`)}, []float64{0, 60, 120, 180, 240}},
		{"a service that says how long", always(0), []http.HandlerFunc{answer(503, ``, "Retry-After", "7")}, []float64{0, 7, 14, 21, 28}},
		{"no longer than the budget", always(0), []http.HandlerFunc{answer(429, ``, "Retry-After", "290")}, []float64{0, 290, 580}},
		{
			"a budget of one's own", func(opts *Options) { always(1)(opts); opts.Backoff.Budget = 4 * time.Second },
			[]http.HandlerFunc{unavailable},
			[]float64{0, 1, 3},
		},
		{
			"intervals of one's own",
			func(opts *Options) {
				opts.Backoff = Backoff{Attempts: 4, First: time.Minute, Most: 90 * time.Second, Random: func() float64 { return 1 }}
			},
			[]http.HandlerFunc{unavailable},
			[]float64{0, 60, 150, 240},
		},
		{"an attempt that takes its time", always(1), []http.HandlerFunc{hang}, []float64{0, 61, 123, 187, 255}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, arrived, end := virtual(t, test.change, test.answers...)
				_, _ = client.Reader().Tenants(t.Context())
				end()
				if diff := cmp.Diff(test.want, secondsOf(arrived())); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// The parts are random where nobody says otherwise: from all of the interval.
func TestIntervalsAreJittered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, arrived, end := virtual(t, nil, answer(503, ``))
		defer end()
		for range 100 {
			_, _ = client.Reader().Tenants(t.Context())
		}
		times := arrived()
		var first []time.Duration
		for i := 0; i+4 < len(times); i += 5 {
			first = append(first, times[i+1]-times[i])
		}
		if least, most := slices.Min(first), slices.Max(first); len(first) != 100 || least > 200*time.Millisecond || most < 800*time.Millisecond || most > time.Second {
			t.Errorf("%d first waits from %v to %v", len(first), least, most)
		}
	})
}

// A write and the reads that belong to it share one budget, however long both go on failing.
func TestReadsOfAWriteShareItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		change := func(opts *Options) {
			always(1)(opts)
			opts.Backoff.Budget = 15500 * time.Millisecond
		}
		client, arrived, end := virtual(t, change, answer(503, ``))
		_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
		end()
		if failure := failureOf(t, err); !failure.OutcomeUnknown() || failure.Method != http.MethodPost {
			t.Errorf("error = %+v", failure)
		}
		// The create at 0; its read at 1, 2, 4 and 8. A fifth would come at 16.
		if diff := cmp.Diff([]float64{0, 1, 2, 4, 8}, secondsOf(arrived())); diff != "" {
			t.Error(diff)
		}
	})
}

// When the budget is spent, a lost answer is still looked up, once.
func TestSpentBudgetsAreReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		change := func(opts *Options) { opts.Backoff.Budget = time.Minute }
		client, arrived, end := virtual(t, change, hang, answer(200, `{"id":"acme"}`))
		_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
		end()
		if diff := cmp.Diff([]float64{0, 60}, secondsOf(arrived())); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func TestWaitsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, end := virtual(t, always(1), answer(503, ``), answer(404, ``), answer(429, ``, "Retry-After", "5"), answer(200, `{}`))
		defer end()
		var waited, requests atomic.Int64
		ctx := CountWaits(CountAttempts(t.Context(), &requests), &waited)
		if _, err := client.Writer().CreateTenant(ctx, "acme", nil); err != nil {
			t.Fatal(err)
		}
		// One second before reading back, five at the rate limit.
		if got := time.Duration(waited.Load()); got != 6*time.Second || requests.Load() != 4 {
			t.Errorf("waited %v in %d requests", got, requests.Load())
		}
	})
}

func TestWaitsEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, end := virtual(t, nil, answer(429, ``, "Retry-After", "60"))
		defer end()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.Reader().Tenants(ctx)
		if took := time.Since(start); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// Before anything was sent nothing can be in doubt, so nothing is read back.
func TestConnectionsThatFailAreTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		refusals int
		took     time.Duration
		requests int
	}{"two": {2, 3 * time.Second, 1}, "all": {5, 15 * time.Second, 0}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				refusals := test.refusals
				change := func(opts *Options) {
					always(1)(opts)
					transport := opts.Transport.(*http.Transport)
					dial := transport.DialContext
					transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
						if refusals > 0 {
							refusals--
							return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
						}
						return dial(ctx, network, address)
					}
				}
				client, arrived, end := virtual(t, change, answer(200, `{}`))
				start := time.Now()
				_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
				took := time.Since(start)
				end()
				if refusals != 0 || took != test.took || len(arrived()) != test.requests {
					t.Errorf("%d requests after %v", len(arrived()), took)
				}
				if (err == nil) != (test.requests == 1) {
					t.Errorf("error = %v", err)
				}
				if err != nil && (failureOf(t, err).Code != CodeUnreachable || failureOf(t, err).OutcomeUnknown()) {
					t.Errorf("error = %+v", err)
				}
			})
		})
	}
}

func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var notices []string
		change := func(opts *Options) {
			always(0.75)(opts)
			opts.Notice = func(message string) { notices = append(notices, message) }
		}
		client, _, end := virtual(t, change, answer(503, ``), answer(502, ``), hangUp, answer(429, ``, "Retry-After", "9"), answer(200, `{"tenants":[]}`))
		defer end()
		if _, err := client.Reader().Tenants(t.Context()); err != nil {
			t.Fatal(err)
		}
		// What is over within a second is not worth a line.
		want := []string{"service unavailable, trying again in 2 s", "no answer, trying again in 3 s", "rate limited, waiting 9 s"}
		if diff := cmp.Diff(want, notices); diff != "" {
			t.Error(diff)
		}
	})
}
