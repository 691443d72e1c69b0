package emulator_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestParseLimits(t *testing.T) {
	for _, test := range []struct {
		name  string
		specs []string
		want  string // or the problem
		ok    bool
	}{
		{"nothing", nil, "off", true},
		{"off", []string{"off"}, "off", true},
		{"seed", []string{"seed"}, "tenant=200/1m0s other=1000/10s user=500/1m0s user-create=100/1m0s user-update=200/1m0s", true},
		{"documented", []string{"documented"}, "tenant+other=100/1m0s user=500/1m0s user-create=100/1m0s user-update=200/1m0s", true},
		{"classes", []string{"tenant=50/3s", "user-create=1/500ms"}, "tenant=50/3s user-create=1/500ms", true},
		{"a profile among others", []string{"seed", "tenant=50/3s"}, "a profile stands alone", false},
		{"a class twice", []string{"tenant=50/3s", "tenant=60/3s"}, "is given twice", false},
		{"an unknown class", []string{"tenants=50/3s"}, `there is no class "tenants", only tenant, user, user-create, user-update, other`, false},
		{"an unknown profile", []string{"strict"}, "expected off, documented, seed or CLASS=N/WINDOW", false},
		{"no window", []string{"tenant=50"}, "expected off", false},
		{"no calls", []string{"tenant=0/3s"}, "above zero", false},
		{"calls that are no number", []string{"tenant=x/3s"}, "above zero", false},
		{"a window without a unit", []string{"tenant=5/3"}, "no duration", false},
		{"a window of nothing", []string{"tenant=5/0s"}, "no duration", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			limits, err := emulator.ParseLimits(test.specs)
			switch {
			case test.ok && (err != nil || limits.String() != test.want):
				t.Errorf("got %s, %v", limits, err)
			case !test.ok && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// pipeListener hands out in-memory connections, which a synctest bubble can wait for.
type pipeListener struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (p *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "127.0.0.1:80" }

// pipes is a listener and a client transport that reaches it.
func pipes() (*pipeListener, *http.Transport) {
	listener := &pipeListener{make(chan net.Conn), make(chan struct{})}
	return listener, &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case listener.connections <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

// inMemory runs an emulator over in-memory connections. The caller, inside a
// bubble, calls stop, which waits until the emulator has ended.
func inMemory(t *testing.T, options emulator.Options) (h *harness, stop func()) {
	t.Helper()
	options.Projects = []emulator.Project{{ID: projectID, ManagementKey: projectKey}, {ID: otherID, ManagementKey: otherKey}}
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	listener, transport := pipes()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	h = &harness{t: t, url: emulator.URL(listener), bearer: projectID + ":" + projectKey, client: &http.Client{Transport: transport}, server: server}
	return h, func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

// inBubble runs a test against an emulator in virtual time.
func inBubble(t *testing.T, options emulator.Options, test func(h *harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h, stop := inMemory(t, options)
		defer stop()
		test(h)
	})
}

func limits(t *testing.T, specs ...string) emulator.Limits {
	t.Helper()
	limits, err := emulator.ParseLimits(specs)
	if err != nil {
		t.Fatal(err)
	}
	return limits
}

// get makes one call and returns its status and Retry-After.
func (h *harness) get(path string) (int, string) {
	h.t.Helper()
	status, header, body, err := h.send("GET", path, "", map[string]string{"Authorization": "Bearer " + h.bearer})
	if err != nil {
		h.t.Fatal(err)
	}
	if status == 429 && !strings.Contains(body, `"errorCode":"E130429"`) {
		h.t.Errorf("429 with %s", body)
	}
	return status, header.Get("Retry-After")
}

func TestLimitBlocksForOneWindow(t *testing.T) {
	inBubble(t, emulator.Options{Limits: limits(t, "tenant=3/3s")}, func(h *harness) {
		steps := []struct {
			after      time.Duration // since the step before
			status     int
			retryAfter string
		}{
			{0, 200, ""},
			{time.Second, 200, ""},
			{time.Second, 200, ""},             // at 0, 1 and 2 s
			{500 * time.Millisecond, 429, "3"}, // 2.5 s: over the limit, blocked until 5.5 s
			{200 * time.Millisecond, 429, "3"}, // 2.8 s to go, rounded up
			{1300 * time.Millisecond, 429, "2"},
			{1499 * time.Millisecond, 429, "1"}, // 5.499 s: the calls meanwhile prolong nothing
			{time.Millisecond, 200, ""},         // 5.5 s
			{0, 200, ""},
			{0, 200, ""}, // the window is empty again
			{2999 * time.Millisecond, 429, "3"},
			{3 * time.Second, 200, ""},
		}
		for i, step := range steps {
			time.Sleep(step.after) // virtual
			status, retryAfter := h.get("/v1/mgmt/tenant/all")
			if status != step.status || retryAfter != step.retryAfter {
				t.Errorf("step %d: %d %q, want %d %q", i, status, retryAfter, step.status, step.retryAfter)
			}
		}
		got := h.stats("tenant")
		if got.Calls != 12 || got.Limited != 5 || got.Limit != 3 || got.WindowMS != 3000 || got.MaxInWindow != 6 { // at 5.5 s: 2.7, 4, 5.499 and three
			t.Errorf("stats %+v", got)
		}
		if status, _ := h.get("/v1/mgmt/license"); status != 200 {
			t.Error("a class without a limit was limited")
		}
	})
}

func TestWindowSlides(t *testing.T) {
	inBubble(t, emulator.Options{Limits: limits(t, "other=2/1s")}, func(h *harness) {
		for i := range 20 { // a call each half second: never more than two in a window
			if status, _ := h.get("/v1/mgmt/license"); status != 200 {
				t.Fatalf("call %d: %d", i, status)
			}
			time.Sleep(500 * time.Millisecond)
		}
		if got := h.stats("other"); got.MaxInWindow != 2 || got.Limited != 0 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestLimitScopes(t *testing.T) {
	const hour = "/1h"
	inBubble(t, emulator.Options{Limits: limits(t, "tenant=1"+hour, "user=1"+hour, "user-create=1"+hour, "user-update=1"+hour, "other=1"+hour)}, func(h *harness) {
		other := h.as(otherID, otherKey)
		for _, test := range []struct {
			method, path string
			perProject   bool
		}{
			{"GET", "/v1/mgmt/tenant/all", false},
			{"GET", "/v1/mgmt/license", false},
			{"GET", "/v1/mgmt/user?loginId=x", true},
			{"POST", "/v1/mgmt/user/create", true},
			{"POST", "/v2/mgmt/user/search", true},
		} {
			if status, _ := h.call(test.method, test.path, ""); status == 429 {
				t.Errorf("%s: the first call was limited", test.path)
			}
			if status, _ := h.call(test.method, test.path, ""); status != 429 {
				t.Errorf("%s: the second call got %d", test.path, status)
			}
			if status, _ := other.call(test.method, test.path, ""); (status == 429) == test.perProject {
				t.Errorf("%s: the other project got %d", test.path, status)
			}
		}
	})
}

func TestDocumentedLimitsAreShared(t *testing.T) {
	inBubble(t, emulator.Options{Limits: limits(t, "documented")}, func(h *harness) {
		for i := range 100 {
			path := []string{"/v1/mgmt/tenant/all", "/v1/mgmt/license"}[i%2]
			if status, _ := h.get(path); status != 200 {
				t.Fatalf("call %d: %d", i, status)
			}
		}
		if status, after := h.get("/v1/mgmt/license"); status != 429 || after != "60" {
			t.Errorf("call 101: %d %s", status, after)
		}
		if got := h.stats("tenant"); got.Limit != 100 || got.MaxInWindow != 101 || got.Calls != 50 || got.Limited != 0 || strings.Join(got.SharedWith, "") != "other" {
			t.Errorf("tenant %+v", got)
		}
		if got := h.stats("user"); got.Limit != 500 || got.SharedWith != nil {
			t.Errorf("user %+v", got)
		}
	})
}

func TestLimitsOffAreMeasured(t *testing.T) {
	inBubble(t, emulator.Options{}, func(h *harness) {
		for range 30 {
			h.get("/v1/mgmt/tenant/all")
			time.Sleep(3 * time.Second)
		}
		if got := h.stats("tenant"); got.Calls != 30 || got.MaxInWindow != 20 || got.Limit != 0 || got.WindowMS != 60_000 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestLatencyIsVirtualInABubble(t *testing.T) {
	inBubble(t, emulator.Options{Latency: time.Hour}, func(h *harness) {
		started := time.Now()
		h.createTenant("acme")
		if took := time.Since(started); took != time.Hour {
			t.Errorf("took %v", took)
		}
		if log := h.requests(); log[0].DurationMS != time.Hour.Milliseconds() {
			t.Errorf("log %+v", log)
		}
		h.fault(`{"match":{"nth":1},"do":{"slow":"3s"}}`)
		started = time.Now()
		h.call("GET", "/v1/mgmt/license", "")
		if took := time.Since(started); took < time.Hour+3*time.Second-time.Millisecond || took > time.Hour+3*time.Second {
			t.Errorf("slow took %v", took)
		}
	})
}
