package descope

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestHeaders(t *testing.T) {
	server := serve(t, answer(200, `{"tenants":[]}`), answer(200, ``))
	client := connect(t, server.url+"/", func(opts *Options) { opts.Version = "" })
	if _, err := client.Reader().Tenants(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Writer().DeleteTenant(t.Context(), "acme", resource.TenantDelete{}); err != nil {
		t.Fatal(err)
	}
	for i, seen := range server.expect(t, "GET /v1/mgmt/tenant/all", "POST /v1/mgmt/tenant/delete") {
		want := map[string]string{
			"Authorization": "Bearer " + testProject + ":" + testKey, "X-Descope-Project-Id": testProject,
			"User-Agent": "descope-mgmt/dev", "Accept": "application/json", "Content-Type": []string{"", "application/json"}[i],
		}
		for name, value := range want {
			if got := seen.header.Get(name); got != value {
				t.Errorf("request %d: %s = %q, want %q", i, name, got, value)
			}
		}
	}
}

func TestBasePathIsKept(t *testing.T) {
	server := serve(t, answer(200, `{"tenants":[]}`), answer(200, `{"tenants":[]}`))
	for _, base := range []string{"/gate/", "/a%2Fb"} {
		if _, err := connect(t, server.url+base).Reader().Tenants(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	server.expect(t, "GET /gate/v1/mgmt/tenant/all", "GET /a/b/v1/mgmt/tenant/all")
}

// countConnections starts a server that counts the connections made to it.
func countConnections(t *testing.T, handler http.HandlerFunc, start func(*httptest.Server)) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	start(server)
	t.Cleanup(server.Close)
	return server, &connections
}

// A hundred calls of ten workers share ten connections, whatever the answers
// are: lists, refusals with a body, empty answers.
func TestConnectionsAreReused(t *testing.T) {
	var number atomic.Int64
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch number.Add(1) % 4 {
		case 0:
			answer(500, envelope("E111104", "x", strings.Repeat("long ", 2000)))(w, r)
		case 1:
			answer(502, "<html>"+strings.Repeat("page ", 20_000))(w, r)
		case 2:
			answer(200, `{"tenants":[]} `+strings.Repeat(" ", 50_000))(w, r)
		default:
			answer(200, string(tenantList(50)))(w, r)
		}
	}
	server, connections := countConnections(t, handler, (*httptest.Server).Start)
	client := connect(t, server.URL)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			for range 10 {
				_, _ = client.Reader().Tenants(t.Context())
				_ = client.Writer().DeleteTenant(t.Context(), "acme", resource.TenantDelete{})
			}
		})
	}
	group.Wait()
	if number.Load() != 200 || connections.Load() > 10 {
		t.Errorf("%d calls over %d connections", number.Load(), connections.Load())
	}
}

func TestMaxConnections(t *testing.T) {
	server, connections := countConnections(t, answer(200, `{"tenants":[]}`), (*httptest.Server).Start)
	client := connect(t, server.URL, func(opts *Options) { opts.MaxConnections = 2 })
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := client.Reader().Tenants(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if connections.Load() > 2 {
		t.Errorf("%d connections", connections.Load())
	}
}

func TestTLS(t *testing.T) {
	var protocol atomic.Value
	handler := func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(r.Proto)
		answer(200, `{"tenants":[]}`)(w, r)
	}
	server, connections := countConnections(t, handler, func(server *httptest.Server) {
		server.EnableHTTP2 = true
		server.Config.ErrorLog = quiet()
		server.StartTLS()
	})
	client := connect(t, server.URL)
	_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
	failure := failureOf(t, err)
	if failure.Code != CodeTLS || failure.Status != 0 || failure.OutcomeUnknown() || !strings.Contains(failure.Hint, "not trusted by this machine") {
		t.Errorf("an unknown authority: %+v", failure)
	}
	if strings.Count(failure.Error(), "tls:") != 1 || !strings.HasSuffix(failure.Hint, HintDoctor) {
		t.Errorf("an unknown authority: %v; %s", failure, failure.Hint)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("cause of %v is lost", err)
	}

	insecure := connect(t, server.URL, func(opts *Options) { opts.InsecureSkipVerify = true })
	before := connections.Load()
	for range 3 {
		if _, err := insecure.Reader().Tenants(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if protocol.Load() != "HTTP/1.1" || connections.Load() != before+1 {
		t.Errorf("%v over %d connections", protocol.Load(), connections.Load()-before)
	}
}

// net/http repeats a GET on its own when a warm connection breaks; then a call
// would be made that nobody decided on, counted or logged.
func TestBrokenConnectionsAreNotRepairedSilently(t *testing.T) {
	var bodies atomic.Int64
	ok := func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 || len(r.TransferEncoding) > 0 || r.Header.Get("Content-Length") != "" {
			bodies.Add(1)
		}
		answer(200, `{"tenants":[]}`)(w, r)
	}
	server := serve(t, ok, hangUp, ok)
	reader := connect(t, server.url).Reader()
	if _, err := reader.Tenants(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := reader.Tenants(t.Context())
	if failure := failureOf(t, err); failure.Code != CodeNoAnswer {
		t.Errorf("error = %+v", failure)
	}
	server.expect(t, "GET /v1/mgmt/tenant/all", "GET /v1/mgmt/tenant/all")
	if _, err := reader.Tenants(t.Context()); err != nil {
		t.Errorf("after a broken connection: %v", err)
	}
	if bodies.Load() != 0 {
		t.Errorf("%d reads came with a body", bodies.Load())
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	server, _ := countConnections(t, answer(200, `{}`), func(server *httptest.Server) {
		server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
		server.Config.ErrorLog = quiet()
		server.StartTLS()
	})
	_, err := connect(t, server.URL, func(opts *Options) { opts.InsecureSkipVerify = true }).Reader().Tenants(t.Context())
	if failure := failureOf(t, err); failure.Code != CodeTLS {
		t.Errorf("error = %+v", failure)
	}
}

func TestServerWithoutTLS(t *testing.T) {
	server := serve(t)
	_, err := connect(t, strings.Replace(server.url, "http:", "https:", 1)).Reader().Tenants(t.Context())
	failure := failureOf(t, err)
	if failure.Code != CodeTLS || !strings.Contains(failure.Hint, "does not speak TLS") {
		t.Errorf("error = %+v", failure)
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, base, hint string }{
		{"nobody listens", "http://" + closed, "is the emulator running there?"},
		{"no such host", "https://api.descope.invalid", "check the network, HTTPS_PROXY, and the base URL: api.descope.invalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := connect(t, test.base)
			_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
			failure := failureOf(t, err)
			if failure.Code != CodeUnreachable || failure.OutcomeUnknown() || !strings.Contains(failure.Hint, test.hint) || !strings.HasSuffix(failure.Hint, HintDoctor) {
				t.Errorf("error = %+v", failure)
			}
			if !strings.HasPrefix(err.Error(), "POST /v1/mgmt/tenant/create: unreachable: ") {
				t.Errorf("text = %q", err)
			}
		})
	}
}

// The key goes to the endpoint and nowhere else, wherever that one points.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := serve(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		first := serve(t, answer(status, ``, "Location", other.url+"/v1/mgmt/tenant/all"))
		_, err := connect(t, first.url).Reader().Tenants(t.Context())
		if failure := failureOf(t, err); failure.Code != CodeRedirect || failure.Status != status {
			t.Errorf("error = %+v", failure)
		}
		first.expect(t, "GET /v1/mgmt/tenant/all")
	}
	other.expect(t)
}

// A proxy is never asked for loopback, and a broken setting does not show the
// password that may stand in it.
func TestProxy(t *testing.T) {
	opts := withDefaults(testOptions(""))
	local, err := Endpoint("P2", "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if newTransport(opts, local).Proxy != nil {
		t.Error("a proxy for loopback")
	}
	remote, err := Endpoint("P2", "")
	if err != nil {
		t.Fatal(err)
	}
	if newTransport(opts, remote).Proxy == nil {
		t.Error("no proxy for the network")
	}
	broken := func(*http.Request) (*url.URL, error) { return nil, errors.New("bad http://user:hunter2@proxy") }
	if _, err := quietProxy(broken)(nil); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v", err)
	}
	client := connect(t, "https://api.descope.invalid")
	client.caller.transport.(*http.Transport).Proxy = quietProxy(broken)
	_, err = client.Reader().Tenants(t.Context())
	if failure := failureOf(t, err); failure.Code != CodeUnreachable || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %v", err)
	}
}

func TestProxyThatCannotBeReached(t *testing.T) {
	client := connect(t, "https://api.descope.invalid")
	client.caller.transport.(*http.Transport).Proxy = func(*http.Request) (*url.URL, error) {
		return &url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("user", "hunter2")}, nil
	}
	_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
	failure := failureOf(t, err)
	if failure.Code != CodeUnreachable || failure.OutcomeUnknown() || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error = %+v", failure)
	}
}

// What answers and does not speak HTTP is no matter of the network.
func TestAnswersThatAreNoHTTP(t *testing.T) {
	answers := map[string]string{
		"no HTTP at all":       "SSH-2.0-OpenSSH_9.6\r\n",
		"no status":            "HTTP/1.1 fine\r\n\r\n",
		"header without colon": "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"broken chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
	}
	for name, text := range answers {
		t.Run(name, func(t *testing.T) {
			server := serve(t, rawAnswer(func(string) string { return text }))
			_, err := connect(t, server.url).Reader().Tenants(t.Context())
			if failure := failureOf(t, err); !strings.Contains(failure.Hint, "no HTTP") {
				t.Errorf("error = %+v, hint = %s", failure, failure.Hint)
			}
		})
	}
	server := serve(t, hangUp)
	_, err := connect(t, server.url).Reader().Tenants(t.Context())
	if failure := failureOf(t, err); !strings.Contains(failure.Hint, "the connection broke") {
		t.Errorf("hint = %s", failure.Hint)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// Of a transport that is not ours nobody knows when it sends: to be safe, it did.
func TestForeignTransport(t *testing.T) {
	broken := roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") })
	client := connect(t, "https://api.descope.invalid", func(opts *Options) { opts.Transport = broken })
	_, err := client.Writer().CreateTenant(t.Context(), "acme", nil)
	if failure := failureOf(t, err); failure.Code != CodeNoAnswer || !failure.OutcomeUnknown() {
		t.Errorf("error = %+v", failure)
	}
}

func TestConnectNeedsAClock(t *testing.T) {
	if _, err := Connect(Options{ProjectID: "P2", ManagementKey: resource.NewSecret(testKey)}); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Fatalf("error = %v", err)
	}
}

func TestConnect(t *testing.T) {
	key := resource.NewSecret(testKey)
	tests := []struct {
		name    string
		opts    Options
		want    string
		missing bool
	}{
		{"no project", Options{ManagementKey: key}, "DESCOPE_PROJECT_ID", true},
		{"no key", Options{ProjectID: "P2"}, "DESCOPE_MANAGEMENT_KEY", true},
		{"two values in the project", Options{ProjectID: "P2:K2", ManagementKey: key}, "cannot be a project id", true},
		{"a line in the project", Options{ProjectID: "P2\nX: y", ManagementKey: key}, "cannot be a project id", true},
		{"a line in the key", Options{ProjectID: "P2", ManagementKey: resource.NewSecret(testKey + "\n")}, "white space", true},
		{"a letter of another script in the key", Options{ProjectID: "P2", ManagementKey: resource.NewSecret(testKey + "é")}, "characters that no key has", true},
		{"a bad base URL", Options{ProjectID: "P2", ManagementKey: key, BaseURL: "http://example.com"}, "plain http", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.opts.Now = time.Now
			client, err := Connect(test.opts)
			if client != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error = %v", err)
			}
			if errors.Is(err, ErrCredentials) != test.missing || IsAuth(err) != test.missing {
				t.Errorf("error %v is about credentials: %v", err, !test.missing)
			}
			if strings.Contains(err.Error(), testKey[:10]) {
				t.Errorf("error %q shows the key", err)
			}
		})
	}
	client := connect(t, "https://api.descope.com/")
	if endpoint := client.caller.endpoint.String(); endpoint != "https://api.descope.com" {
		t.Errorf("endpoint = %s", endpoint)
	}
	foreign := connect(t, "", func(opts *Options) { opts.Transport = roundTripper(nil) })
	foreign.Close()
}

func TestCloseLeavesCallsInFlightAlone(t *testing.T) {
	var client *Client
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		client.Close()
		answer(200, `{"tenants":[]}`)(w, r)
	})
	client = connect(t, server.url)
	if _, err := client.Reader().Tenants(context.Background()); err != nil {
		t.Error(err)
	}
}
