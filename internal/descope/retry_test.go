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
	}{
		{"missing", "", time.Minute},
		{"seconds", "2", 2 * time.Second},
		{"at once", "0", 0},
		{"with space", " 7 ", 7 * time.Second},
		{"five minutes", "300", 5 * time.Minute},
		{"longer", "301", 5 * time.Minute},
		{"more than any number holds", strings.Repeat("9", 30), 5 * time.Minute},
		{"date", "Tue, 01 Sep 2026 12:00:30 GMT", 30 * time.Second},
		{"old date form", "Tuesday, 01-Sep-26 12:00:31 GMT", 31 * time.Second},
		{"date in the past", "Tue, 01 Sep 2026 11:00:00 GMT", 0},
		{"date far ahead", "Wed, 01 Sep 2027 12:00:00 GMT", 5 * time.Minute},
		{"fraction", "1.5", time.Minute},
		{"negative", "-3", time.Minute},
		{"word", "soon", time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := retryAfter(test.header, now); got != test.want {
				t.Errorf("wait = %v, want %v", got, test.want)
			}
		})
	}
}

func TestRateLimitIsObeyedOnce(t *testing.T) {
	tests := []struct {
		name    string
		limited http.HandlerFunc
		wait    time.Duration
		notice  string
	}{
		{"JSON and seconds", answer(429, envelope("E130429", "Rate limit exceeded", ""), "Retry-After", "2"), 2 * time.Second, "rate limited, waiting 2 s"},
		{"HTML and no header", answer(429, `<html>`, "Content-Type", "text/html"), time.Minute, "rate limited, waiting 60 s"},
		{"nothing at all", answer(429, ``, "Retry-After", "Tue, 01 Sep 2026 12:00:05 GMT"), 5 * time.Second, "rate limited, waiting 5 s"},
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
			server := serve(t, test.limited, answer(200, `{"id":"acme"}`), test.limited, test.limited)
			writer := connect(t, server.url, change).Writer()
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
				t.Errorf("second refusal: %+v", failure)
			}
			if !strings.Contains(failure.Hint, "in "+seconds(test.wait)) {
				t.Errorf("hint = %q", failure.Hint)
			}
			if diff := cmp.Diff([]string{test.notice, test.notice}, notices); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is laid over a read is read anew after a wait: it may have changed.
func TestWaitsDoNotLetReadsGrowOld(t *testing.T) {
	limited := answer(429, ``, "Retry-After", "60")
	server := serve(t, answer(200, `{"id":"acme","new":1}`), limited, answer(200, `{"id":"acme","new":2}`), answer(200, ``))
	client := connect(t, server.url)
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
	ctx, cancel := context.WithCancelCause(t.Context())
	server := serve(t, answer(429, ``))
	client := connect(t, server.url, func(opts *Options) {
		opts.Sleep = nil // the real one
		opts.Notice = func(string) { cancel(stop) }
	})
	_, err := client.Writer().CreateTenant(ctx, "acme", nil)
	failure := failureOf(t, err)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, stop) || !IsRateLimited(err) || failure.OutcomeUnknown() {
		t.Errorf("error = %+v", failure)
	}
	if !strings.Contains(failure.Hint, "cut short") {
		t.Errorf("hint = %q", failure.Hint)
	}
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
