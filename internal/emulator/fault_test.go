package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// waits records how long the emulator wanted to wait, without waiting.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d > 0 {
		w.all = append(w.all, d)
	}
	return ctx.Err()
}

func (w *waits) take() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.all
	w.all = nil
	return taken
}

func (h *harness) fault(body string) {
	h.t.Helper()
	h.controlOK("POST", "faults", body)
}

func (h *harness) exists(id string) bool {
	h.t.Helper()
	return strings.Contains(h.controlOK("GET", "state", ""), fmt.Sprintf(`"id":%q`, id))
}

// create sends one create and returns what the client sees.
func (h *harness) create(id string) (status int, header http.Header, body string, err error) {
	h.t.Helper()
	return h.send("POST", "/v1/mgmt/tenant/create", fmt.Sprintf(`{"id":%q,"name":%q}`, id, id), map[string]string{"Authorization": "Bearer " + h.bearer})
}

func TestFaultStatus(t *testing.T) {
	for _, test := range []struct {
		name, do    string
		status      int
		body        string
		contentType string
		effect      bool
	}{
		{"a bare status", `{"status":503}`, 503, "", "", false},
		{"with an effect", `{"status":503,"effect":true}`, 503, "", "", true},
		{"a limit", `{"status":429,"headers":{"Retry-After":"1"}}`, 429, `{"errorCode":"E130429","errorDescription":"Rate limit exceeded","errorMessage":"Rate limit exceeded","message":"Rate limit exceeded"}`, "application/json", false},
		{"a page", `{"status":502,"body":"<html>Bad gateway</html>"}`, 502, "<html>Bad gateway</html>", "text/html; charset=utf-8", false},
		{"text under a type of its own", `{"status":500,"body":"oops","headers":{"content-type":"text/x-own"}}`, 500, "oops", "text/x-own", false},
		{"JSON", `{"status":500,"body":{"errorCode":"E1","n":9007199254740993}}`, 500, `{"errorCode":"E1","n":9007199254740993}`, "application/json", false},
		{"a redirect", `{"status":307,"headers":{"Location":"http://127.0.0.1:1/"}}`, 307, "", "", false},
		{"an empty success", `{"status":204,"effect":true}`, 204, "", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, emulator.Options{})
			h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			h.fault(`{"do":` + test.do + `,"match":{"nth":1}}`)
			status, header, body, err := h.create("acme")
			if err != nil || status != test.status || body != test.body || header.Get("Content-Type") != test.contentType {
				t.Errorf("%d %q %q %v", status, body, header.Get("Content-Type"), err)
			}
			if test.status == 429 && header.Get("Retry-After") != "1" {
				t.Errorf("headers %v", header)
			}
			if h.exists("acme") != test.effect {
				t.Errorf("effect %v", !test.effect)
			}
			if log := h.requests(); len(log) != 1 || log[0].Status != test.status {
				t.Errorf("log %+v", log)
			}
		})
	}
}

func TestFaultReset(t *testing.T) {
	for _, test := range []struct {
		when   string
		effect bool
	}{{"before", false}, {"after", true}} {
		t.Run(test.when, func(t *testing.T) {
			h := start(t, emulator.Options{})
			h.fault(`{"match":{"nth":1},"do":{"reset":"` + test.when + `"}}`)
			if status, _, _, err := h.create("acme"); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("status %d, error %v", status, err)
			}
			if h.exists("acme") != test.effect {
				t.Errorf("effect %v", !test.effect)
			}
			if log := h.requests(); len(log) != 1 || log[0].Status != 0 {
				t.Errorf("log %+v", log)
			}
			h.createTenant("next")
		})
	}
}

func TestFaultTruncate(t *testing.T) {
	whole := `{"id":"acme"}`
	for _, test := range []struct{ do, got string }{
		{`{"truncate":true}`, whole[:6]},
		{`{"truncate":4}`, whole[:4]},
		{`{"truncate":0}`, ""},
		{`{"truncate":1000}`, whole[:len(whole)-1]},
		{`{"truncate":true,"slow":"1s"}`, whole[:6]},
	} {
		t.Run(test.do, func(t *testing.T) {
			h := start(t, emulator.Options{Sleep: new(waits).sleep})
			h.fault(`{"match":{"nth":1},"do":` + test.do + `}`)
			status, header, body, err := h.create("acme")
			if status != 200 || !errors.Is(err, io.ErrUnexpectedEOF) || body != test.got || header.Get("Content-Length") != fmt.Sprint(len(whole)) {
				t.Errorf("%d %q %v %v", status, body, header, err)
			}
			if !h.exists("acme") {
				t.Error("no effect")
			}
			h.createTenant("next")
		})
	}
}

func TestFaultDelayAndSlow(t *testing.T) {
	waits := &waits{}
	h := start(t, emulator.Options{Latency: 50 * time.Millisecond, Sleep: waits.sleep})
	h.fault(`{"match":{"nth":1},"do":{"delay":"2s"}}`)
	h.createTenant("delayed")
	if got := waits.take(); len(got) != 1 || got[0] != 2050*time.Millisecond {
		t.Errorf("waited %v", got)
	}
	h.fault(`{"match":{"nth":1},"do":{"slow":"3s"}}`)
	if status, _, body, err := h.create("slow"); status != 200 || body != `{"id":"slow"}` || err != nil {
		t.Errorf("%d %q %v", status, body, err)
	}
	total := time.Duration(0)
	got := waits.take()
	for _, one := range got {
		total += one
	}
	if len(got) != 1+len(`{"id":"slow"}`) || total < 3040*time.Millisecond || total > 3050*time.Millisecond {
		t.Errorf("waited %v, %v", total, got)
	}
}

func TestLatencyJitter(t *testing.T) {
	waits := &waits{}
	h := start(t, emulator.Options{
		Latency: 10 * time.Millisecond, LatencyJitter: 20 * time.Millisecond, Sleep: waits.sleep, Rand: rand.New(rand.NewPCG(1, 2)),
	})
	for range 200 {
		h.call("GET", "/v1/mgmt/license", "")
	}
	got := waits.take()
	least, most := time.Hour, time.Duration(0)
	for _, one := range got {
		least, most = min(least, one), max(most, one)
	}
	if len(got) != 200 || least < 10*time.Millisecond || least > 12*time.Millisecond || most < 28*time.Millisecond || most > 30*time.Millisecond {
		t.Errorf("%d waits from %v to %v", len(got), least, most)
	}
	h.control("GET", "stats", "")
	if got := waits.take(); len(got) != 0 {
		t.Errorf("the control API waited %v", got)
	}
}

func TestFaultMatching(t *testing.T) {
	const a, b = "/v1/mgmt/tenant/all", "/v1/mgmt/license"
	for _, test := range []struct {
		name, faults string
		calls        []string // paths
		want         string   // statuses
	}{
		{"everything", `{"do":{"status":503}}`, []string{a, b, a}, "503 503 503"},
		{"one path", `{"match":{"path":"/v1/mgmt/license"},"do":{"status":503}}`, []string{a, b, a, b}, "200 503 200 503"},
		{"a pattern", `{"match":{"path":"/v1/mgmt/tenant/*"},"do":{"status":503}}`, []string{a, b}, "503 200"},
		{"another method", `{"match":{"method":"post"},"do":{"status":503}}`, []string{a}, "200"},
		{"the method in small letters", `{"match":{"method":"get"},"do":{"status":503}}`, []string{a}, "503"},
		{"nth is once", `{"match":{"nth":2},"do":{"status":503}}`, []string{a, a, a, a}, "200 503 200 200"},
		{"nth counts what matches", `{"match":{"nth":2,"path":"/v1/mgmt/license"},"do":{"status":503}}`, []string{a, b, a, b, b}, "200 200 200 503 200"},
		{"nth and count", `{"match":{"nth":2,"count":2},"do":{"status":503}}`, []string{a, a, a, a}, "200 503 503 200"},
		{"nth and all after", `{"match":{"nth":2,"count":0},"do":{"status":503}}`, []string{a, a, a, a}, "200 503 503 503"},
		{"count alone", `{"match":{"count":2},"do":{"status":503}}`, []string{a, a, a}, "503 503 200"},
		{"the first of two", `[{"match":{"nth":1},"do":{"status":503}},{"match":{"nth":2},"do":{"status":502}}]`, []string{a, a, a}, "503 502 200"},
		{"the first of two that trigger", `[{"match":{"count":1},"do":{"status":503}},{"match":{"count":1},"do":{"status":502}}]`, []string{a, a, a}, "503 502 200"},
		{"over a wrong key too", `{"match":{"path":"/v1/mgmt/nothing"},"do":{"status":503}}`, []string{"/v1/mgmt/nothing"}, "503"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := start(t, emulator.Options{})
			h.fault(test.faults)
			var got []string
			for _, path := range test.calls {
				status, _ := h.call("GET", path, "")
				got = append(got, fmt.Sprint(status))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
			h.controlOK("DELETE", "faults", "")
			if status, _ := h.call("GET", a, ""); status != 200 {
				t.Errorf("after the faults were deleted: %d", status)
			}
		})
	}
}

func TestFaultList(t *testing.T) {
	h := start(t, emulator.Options{})
	h.fault(`{"match":{"path":"/v1/mgmt/license","nth":2},"do":{"status":503,"headers":{"A":"b"}}}`)
	for range 3 {
		h.call("GET", "/v1/mgmt/license", "")
	}
	want := `{"faults":[{"match":{"path":"/v1/mgmt/license","nth":2},"do":{"status":503,"headers":{"A":"b"}},"matched":3,"fired":1}]}`
	if got := h.controlOK("GET", "faults", ""); got != want {
		t.Errorf("got %s", got)
	}
}

func TestFaultProbability(t *testing.T) {
	h := start(t, emulator.Options{Rand: rand.New(rand.NewPCG(3, 4))})
	h.fault(`{"match":{"probability":0.25},"do":{"status":503}}`)
	failed := 0
	for range 400 {
		if status, _ := h.call("GET", "/v1/mgmt/license", ""); status == 503 {
			failed++
		}
	}
	if failed < 70 || failed > 130 {
		t.Errorf("%d of 400 failed", failed)
	}
}

func TestFaultRefusals(t *testing.T) {
	h := start(t, emulator.Options{})
	for _, test := range []struct{ name, body, problem string }{
		{"nothing", ``, "not valid JSON"},
		{"a number", `5`, "fault 1: expected an object"},
		{"does nothing", `{"match":{}}`, "does nothing"},
		{"an unknown key", `{"when":{},"do":{"status":503}}`, `unknown field "when"`},
		{"an unknown key of match", `{"match":{"url":"/"},"do":{"status":503}}`, `unknown field "url"`},
		{"an unknown key of do", `{"do":{"code":503}}`, `unknown field "code"`},
		{"a key twice", `{"do":{"status":503,"status":504}}`, `key "status" occurs twice`},
		{"a bad pattern", `{"match":{"path":"/v1/["},"do":{"status":503}}`, "syntax error in pattern"},
		{"a path without a slash", `{"match":{"path":"v1/mgmt/license"},"do":{"status":503}}`, "starts with a slash"},
		{"nth 0", `{"match":{"nth":0},"do":{"status":503}}`, "counted from 1"},
		{"a negative count", `{"match":{"count":-1},"do":{"status":503}}`, "must not be negative"},
		{"a probability of 0", `{"match":{"probability":0},"do":{"status":503}}`, "above 0"},
		{"a probability of 2", `{"match":{"probability":2},"do":{"status":503}}`, "at most 1"},
		{"a status", `{"do":{"status":99}}`, "expected 200 to 599"},
		{"a body alone", `{"do":{"body":"x"}}`, "go with a status"},
		{"an effect alone", `{"do":{"effect":true,"delay":"1s"}}`, "go with a status"},
		{"a body for 204", `{"do":{"status":204,"body":"x"}}`, "has no body"},
		{"a reset sometime", `{"do":{"reset":"sometime"}}`, "expected"},
		{"a reset with a status", `{"do":{"reset":"after","status":503}}`, "has no answer"},
		{"a delay without a unit", `{"do":{"delay":"2"}}`, "expected a duration"},
		{"a negative slow", `{"do":{"slow":"-2s"}}`, "expected a duration"},
		{"a truncate of half a byte", `{"do":{"truncate":0.5}}`, "expected true or how many"},
		{"a content length", `{"do":{"status":503,"headers":{"content-length":"5"}}}`, "set by the emulator"},
		{"the second of two", `[{"do":{"status":503}},{"do":{}}]`, "fault 2: do: does nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := h.control("POST", "faults", test.body)
			if message := decode[map[string]string](t, body)["error"]; status != 400 || !strings.Contains(message, test.problem) {
				t.Errorf("%d %s, want %s", status, body, test.problem)
			}
			if got := h.controlOK("GET", "faults", ""); got != `{"faults":[]}` {
				t.Errorf("faults: %s", got)
			}
		})
	}
}

// A call that was received takes effect even when its client has gone.
func TestEffectWithoutClient(t *testing.T) {
	waiting, release := make(chan struct{}), make(chan struct{})
	h := start(t, emulator.Options{Latency: time.Second, Sleep: func(ctx context.Context, d time.Duration) error {
		if d > 0 {
			close(waiting)
			<-release
		}
		return ctx.Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "POST", h.url+"/v1/mgmt/tenant/create", strings.NewReader(`{"id":"acme","name":"Acme"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+h.bearer)
	gone := make(chan error, 1)
	go func() {
		response, err := h.client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		gone <- err
	}()
	<-waiting
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("client: %v", err)
	}
	close(release)
	for h.requests()[0].Status == 0 {
	}
	if !h.exists("acme") {
		t.Error("no effect")
	}
}
