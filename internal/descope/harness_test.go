package descope

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	testProject = "P2testproject000000000000001"
	testKey     = "K2canary0secret0value0000000000000000000001"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// request is what the scripted server saw.
type request struct {
	method, path, query, body string
	header                    http.Header
}

// script is a server that gives the answers of a list, one after the other.
type script struct {
	url string

	mu       sync.Mutex
	requests []request
}

// serve starts a server with one handler per expected request; one more
// request fails the test.
func serve(t *testing.T, answers ...http.HandlerFunc) *script {
	t.Helper()
	s := &script{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number := s.record(r)
		if number > len(answers) {
			t.Errorf("request %d was not expected: %s %s", number, r.Method, r.URL)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		answers[number-1](w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *script) record(r *http.Request) int {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request{
		method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, body: string(body), header: r.Header.Clone(),
	})
	return len(s.requests)
}

// seen lists the requests so far.
func (s *script) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

// expect asserts method and path of all requests so far.
func (s *script) expect(t *testing.T, lines ...string) []request {
	t.Helper()
	seen := s.seen()
	got := make([]string, 0, len(seen))
	for _, request := range seen {
		got = append(got, request.method+" "+request.path)
	}
	if len(got) != len(lines) {
		t.Fatalf("requests = %q, want %q", got, lines)
	}
	for i := range lines {
		if got[i] != lines[i] {
			t.Fatalf("requests = %q, want %q", got, lines)
		}
	}
	return seen
}

// answer is a handler with a fixed answer; headers are name, value pairs.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cutOff announces a longer answer than it gives.
func cutOff(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+100))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// hang answers nothing until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// trickle begins an answer and never ends it.
func trickle(beginning string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, beginning)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// envelope is Descope's error body.
func envelope(code, description, message string) string {
	body, _ := json.Marshal(map[string]string{
		"errorCode": code, "errorDescription": description, "errorMessage": message, "message": message,
	})
	return string(body)
}

// waits records what a client slept for, and sleeps for nothing.
type waits struct {
	mu    sync.Mutex
	slept []time.Duration
}

func (w *waits) sleep(ctx context.Context, duration time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slept = append(w.slept, duration)
	return ctx.Err()
}

func (w *waits) list() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Duration(nil), w.slept...)
}

func testOptions(url string) Options {
	return Options{
		ProjectID: testProject, ManagementKey: resource.NewSecret(testKey), BaseURL: url, Version: "1.2.3",
		Sleep: (&waits{}).sleep,
		Now:   time.Now,
	}
}

// connect makes a client of a server that makes each call once, and closes it
// with the test.
func connect(t *testing.T, url string, change ...func(*Options)) *Client {
	t.Helper()
	client := persistent(t, url, change...)
	client.caller.rules = nil
	return client
}

// persistent makes a client that repeats its calls, and waits for nothing.
func persistent(t *testing.T, url string, change ...func(*Options)) *Client {
	t.Helper()
	opts := testOptions(url)
	for _, change := range change {
		change(&opts)
	}
	client, err := Connect(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// failureOf asserts that an error is one of the package's own.
func failureOf(t *testing.T, err error) *Error {
	t.Helper()
	failure, ok := err.(*Error) //nolint:errorlint // calls return it unwrapped
	if !ok {
		t.Fatalf("error = %T %v, want an *Error", err, err)
	}
	return failure
}

// quiet is a log for servers that are expected to complain.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
