package descope

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestProbe runs every answer to the first PATCH: what is remembered of it, and
// what the second update then sends.
func TestProbe(t *testing.T) {
	fallback := []string{"PATCH /v1/mgmt/tenant/patch", "GET /v1/mgmt/tenant", "POST /v1/mgmt/tenant/update"}
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		says    int32
		succeed bool // the first update
	}{
		{"success", answer(200, ``), patchKnown, true},
		{"404 without a body", answer(404, ``), patchUnknown, true},
		{"404 with HTML", answer(404, `<html>`), patchUnknown, true},
		{"404 with the code of an unknown route", answer(404, envelope("E010009", "Unknown server error", "")), patchUnknown, true},
		{"404 with a tenant's code", answer(404, envelope("E111104", "Failed to load tenants", "")), patchKnown, false},
		{"405", answer(405, `{}`), patchUnknown, true},
		{"405 with some text", answer(405, `Method Not Allowed`, "Content-Type", "text/plain"), patchUnknown, true},
		{"500 with the code of an unknown route", answer(500, envelope("E010009", "Unknown server error", "")), patchUnknown, true},
		{"500 with a tenant's code", answer(500, envelope("E111102", "Failed to update tenant", "")), patchKnown, false},
		{"400 invalid", answer(400, envelope("E011003", "Request is invalid", "")), patchKnown, false},
		{"400 without a code", answer(400, `{}`), patchUntried, false},
		{"401", answer(401, envelope("E011001", "", "")), patchUntried, false},
		{"403", answer(403, envelope("E011001", "", "")), patchUntried, false},
		{"502", answer(502, `<html>`), patchUntried, false},
		{"no answer", hangUp, patchUntried, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answers, want := []http.HandlerFunc{test.answer}, fallback[:1:1]
			if test.says == patchUnknown {
				answers, want = append(answers, answer(200, live), answer(200, ``)), fallback[:3:3]
			}
			second := []string{"PATCH /v1/mgmt/tenant/patch"}
			if test.says == patchUnknown {
				second = fallback[1:]
				answers = append(answers, answer(200, live))
			}
			server := serve(t, append(answers, answer(200, ``))...)
			client := connect(t, server.url)
			err := client.Writer().UpdateTenant(t.Context(), "acme", rename)
			if (err == nil) != test.succeed {
				t.Errorf("update: %v", err)
			}
			if got := client.caller.patch.answer.Load(); got != test.says {
				t.Errorf("remembered %d, want %d", got, test.says)
			}
			server.expect(t, want...)
			if err := client.Writer().UpdateTenant(t.Context(), "acme", rename); err != nil {
				t.Errorf("second update: %v", err)
			}
			server.expect(t, append(want, second...)...)
		})
	}
}

// A rate limit and a failed read before it say nothing about PATCH.
func TestProbeThatNeverArrived(t *testing.T) {
	limited := answer(429, ``, "Retry-After", "1")
	server := serve(t, limited, answer(503, ``), answer(200, live))
	client := connect(t, server.url)
	stop := errors.New("stop")
	attributes := resource.TenantEdit{RemoveAttributes: []string{"a"}, Check: func(resource.Tenant) error { return stop }}
	for _, edit := range []resource.TenantEdit{rename, attributes, attributes} {
		if err := client.Writer().UpdateTenant(t.Context(), "acme", edit); err == nil {
			t.Error("no error")
		}
		if got := client.caller.patch.answer.Load(); got != patchUntried {
			t.Errorf("remembered %d", got)
		}
	}
}

// While the first partial update waits for its answer, the others wait too;
// then all go the way that it found, and at the same time.
func TestProbeConcurrency(t *testing.T) {
	tests := []struct {
		name          string
		answer        error
		patches, rest int32
	}{
		{"known", nil, 10, 0},
		{"unknown", &Error{Path: pathTenantPatch, Status: 404, Code: "http_404"}, 1, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				support := newPatchSupport()
				release := make(chan struct{})
				var inFlight, patches, rest atomic.Int32
				patch := func(kind) error {
					patches.Add(1)
					inFlight.Add(1)
					<-release
					inFlight.Add(-1)
					return test.answer
				}
				for range 10 {
					go func() {
						if known, _ := support.try(t.Context(), patch); !known {
							rest.Add(1)
						}
					}()
				}
				synctest.Wait()
				if inFlight.Load() != 1 {
					t.Fatalf("%d probes at once", inFlight.Load())
				}
				release <- struct{}{}
				synctest.Wait()
				if want := test.patches - 1; inFlight.Load() != want {
					t.Errorf("%d in flight after the probe, want %d", inFlight.Load(), want)
				}
				close(release)
				synctest.Wait()
				if patches.Load() != test.patches || rest.Load() != test.rest {
					t.Errorf("%d patches, %d others", patches.Load(), rest.Load())
				}
			})
		})
	}
}

// A probe without a verdict hands over to the next one, one at a time.
func TestProbeIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		support := newPatchSupport()
		var inFlight, most, count atomic.Int32
		patch := func(kind) error {
			most.Store(max(most.Load(), inFlight.Add(1)))
			time.Sleep(time.Second)
			inFlight.Add(-1)
			if count.Add(1) < 3 {
				return &Error{Path: pathTenantPatch, Code: CodeNoAnswer}
			}
			return nil
		}
		start := time.Now()
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() { _, _ = support.try(t.Context(), patch) })
		}
		group.Wait()
		// Three probes one after the other, then the other three together.
		if took := time.Since(start); took != 4*time.Second || most.Load() != 3 || count.Load() != 6 {
			t.Errorf("took %v, %d at once, %d in all", took, most.Load(), count.Load())
		}
	})
}

func TestWaitingForTheProbeCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		support := newPatchSupport()
		release := make(chan struct{})
		go func() { _, _ = support.try(t.Context(), func(kind) error { <-release; return nil }) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() {
			_, err := support.try(ctx, func(kind) error { return ctx.Err() })
			result <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v", err)
		}
		close(release)
	})
}

// The same over HTTP: ten workers, a host without PATCH, one probe.
func TestOneProbeOverHTTP(t *testing.T) {
	var patches, updates atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPatch:
			patches.Add(1)
			answer(500, envelope("E010009", "Unknown server error", ""))(w, r)
		case r.Method == http.MethodGet:
			answer(200, `{"id":"`+r.URL.Query().Get("id")+`"}`)(w, r)
		default:
			updates.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	writer := connect(t, server.URL).Writer()
	var group sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		group.Go(func() {
			if err := writer.UpdateTenant(t.Context(), id, rename); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if patches.Load() != 1 || updates.Load() != 10 {
		t.Errorf("%d probes, %d updates", patches.Load(), updates.Load())
	}
}
