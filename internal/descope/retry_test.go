package descope

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name, header string
		want         time.Duration
		given        bool
	}{
		{"missing", "", time.Minute, false},
		{"seconds", "2", 2 * time.Second, true},
		{"at once", "0", 0, true},
		{"with space", " 7 ", 7 * time.Second, true},
		{"five minutes", "300", 5 * time.Minute, true},
		{"longer", "301", 5 * time.Minute, true},
		{"more than any number holds", strings.Repeat("9", 30), 5 * time.Minute, true},
		{"date", "Tue, 01 Sep 2026 12:00:30 GMT", 30 * time.Second, true},
		{"old date form", "Tuesday, 01-Sep-26 12:00:31 GMT", 31 * time.Second, true},
		{"date in the past", "Tue, 01 Sep 2026 11:00:00 GMT", 0, true},
		{"date far ahead", "Wed, 01 Sep 2027 12:00:00 GMT", 5 * time.Minute, true},
		{"fraction", "1.5", time.Minute, false},
		{"negative", "-3", time.Minute, false},
		{"word", "soon", time.Minute, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, given := retryAfter(test.header, now); got != test.want || given != test.given {
				t.Errorf("wait = %v, given %v, want %v, %v", got, given, test.want, test.given)
			}
		})
	}
}

// least makes every wait as short as the service allows.
func least(opts *Options) { opts.Backoff.Random = func() float64 { return 0 } }

func TestRateLimitsAreWaitedOut(t *testing.T) {
	limitedJSON := envelope("E130429", "Rate limit exceeded", "")
	tests := []struct {
		name    string
		limited http.HandlerFunc
		wait    time.Duration
		notice  string
	}{
		{"JSON and seconds", answer(429, limitedJSON, "Retry-After", "2"), 2 * time.Second, "rate limited, waiting 2 s"},
		{"HTML and no header", answer(429, `<html>`, "Content-Type", "text/html"), time.Minute, "rate limited, waiting 60 s"},
		{"nothing at all", answer(429, ``, "Retry-After", "Tue, 01 Sep 2026 12:00:05 GMT"), 5 * time.Second, "rate limited, waiting 5 s"},
		{"with another status", answer(503, limitedJSON), time.Minute, "rate limited, waiting 60 s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var slept waits
			var notices []string
			change := func(opts *Options) {
				opts.Sleep = slept.sleep
				opts.Now = func() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }
				opts.Notice = func(message string) { notices = append(notices, message) }
			}
			limited := test.limited
			server := serve(t, limited, answer(200, `{"id":"acme"}`), limited, limited, limited, limited, limited)
			writer := persistent(t, server.url, least, change).Writer()
			if _, err := writer.CreateTenant(t.Context(), "acme", fields{"name": `"A"`}); err != nil {
				t.Errorf("after the wait: %v", err)
			}
			if diff := cmp.Diff([]time.Duration{test.wait}, slept.list()); diff != "" {
				t.Error(diff)
			}
			seen := server.seen()
			if len(seen) != 2 || seen[0].body != seen[1].body || seen[1].body == "" {
				t.Errorf("requests = %+v", seen)
			}

			_, err := writer.CreateTenant(t.Context(), "acme", nil)
			failure := failureOf(t, err)
			if !IsRateLimited(err) || failure.RetryAfter != test.wait || failure.OutcomeUnknown() {
				t.Errorf("when it is never lifted: %+v", failure)
			}
			if !strings.Contains(failure.Hint, "in "+seconds(test.wait)) {
				t.Errorf("hint = %q", failure.Hint)
			}
			if len(server.seen()) != 2+5 {
				t.Errorf("%d requests, want 5 attempts", len(server.seen())-2)
			}
			want := []string{test.notice, test.notice, test.notice, test.notice, test.notice}
			if diff := cmp.Diff(want, notices); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is laid over a read is read anew after a wait: it may have changed.
func TestWaitsDoNotLetReadsGrowOld(t *testing.T) {
	limited := answer(429, ``, "Retry-After", "60")
	server := serve(t, answer(200, `{"id":"acme","new":1}`), limited, answer(200, `{"id":"acme","new":2}`), answer(200, ``))
	client := persistent(t, server.url)
	client.caller.patch.answer.Store(patchUnknown)
	checked := 0
	edit := resource.TenantEdit{Set: rename.Set, Check: func(resource.Tenant) error { checked++; return nil }}
	if err := client.Writer().UpdateTenant(t.Context(), "acme", edit); err != nil {
		t.Fatal(err)
	}
	seen := server.expect(t, "GET /v1/mgmt/tenant", "POST /v1/mgmt/tenant/update", "GET /v1/mgmt/tenant", "POST /v1/mgmt/tenant/update")
	if want := `{"id":"acme","name":"New <&>","new":2}`; seen[3].body != want || checked != 2 {
		t.Errorf("body = %s, checked %d times", seen[3].body, checked)
	}
}

func TestWaitsCanBeStopped(t *testing.T) {
	stop := errors.New("stopped by a signal")
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		hint    string
		unknown bool // for a write
	}{
		{"at a rate limit", answer(429, ``), "rate limit (60 s) was cut short", false},
		{"before the next attempt", answer(503, ``, "Retry-After", "7"), "next attempt (7 s) was cut short", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, write := range []bool{false, true} {
				ctx, cancel := context.WithCancelCause(t.Context())
				server := serve(t, test.answer)
				client := persistent(t, server.url, func(opts *Options) {
					opts.Sleep = nil // the real one
					opts.Notice = func(string) { cancel(stop) }
				})
				var err error
				if write {
					_, err = client.Writer().CreateTenant(ctx, "acme", nil)
				} else {
					_, err = client.Reader().Tenants(ctx)
				}
				failure := failureOf(t, err)
				if !errors.Is(err, context.Canceled) || !errors.Is(err, stop) || failure.OutcomeUnknown() != (write && test.unknown) {
					t.Errorf("error = %+v", failure)
				}
				want := test.hint
				if failure.OutcomeUnknown() {
					want = hintPlan
				}
				if !strings.Contains(failure.Hint, want) {
					t.Errorf("hint = %q", failure.Hint)
				}
			}
		})
	}
}

// A caller whose time is over while a call is in flight gets that call's
// failure: nothing is waited for, repeated or read back.
func TestNothingFollowsTheEndOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slept waits
		client, arrived, end := virtual(t, func(opts *Options) { opts.Sleep = slept.sleep }, hang)
		for _, write := range []bool{false, true} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			var err error
			if write {
				_, err = client.Writer().CreateTenant(ctx, "acme", nil)
			} else {
				_, err = client.Reader().Tenants(ctx)
			}
			cancel()
			failure := failureOf(t, err)
			if failure.Code != CodeTimeout || failure.OutcomeUnknown() != write || strings.Contains(failure.Hint, "cut short") {
				t.Errorf("error = %+v", failure)
			}
		}
		end()
		if len(slept.list()) != 0 || len(arrived()) != 2 {
			t.Errorf("%d waits, %d requests", len(slept.list()), len(arrived()))
		}
	})
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := sleep(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute {
			t.Errorf("slept %v, %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute+time.Second {
			t.Errorf("slept %v, %v", time.Since(start), err)
		}
	})
}
