package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

const (
	projectID  = "P2TestProject0000000000000001"
	projectKey = "K2TestKey000000000000000000001"
	otherID    = "P2TestProject0000000000000002"
	otherKey   = "K2TestKey000000000000000000002"
)

// harness is an emulator behind a real listener, and a client of it.
type harness struct {
	t      testing.TB
	url    string
	bearer string
	client *http.Client
	server *emulator.Server
}

// start runs an emulator with two projects until the test ends.
func start(t testing.TB, options emulator.Options) *harness {
	t.Helper()
	if options.Projects == nil {
		options.Projects = []emulator.Project{{ID: projectID, ManagementKey: projectKey}, {ID: otherID, ManagementKey: otherKey}}
	}
	server, err := emulator.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, server)
}

func serve(t testing.TB, server *emulator.Server) *harness {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	listener, err := emulator.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	h := &harness{
		t: t, url: emulator.URL(listener), bearer: projectID + ":" + projectKey, server: server,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return h
}

// in is the same harness for a subtest.
func (h *harness) in(t testing.TB) *harness {
	t.Helper()
	other := *h
	other.t = t
	return &other
}

// send makes one request and returns its status and whole body.
func (h *harness) send(method, path, body string, header map[string]string) (int, http.Header, string, error) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(name, value)
	}
	response, err := h.client.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(text), err
}

// call makes one authorized call.
func (h *harness) call(method, path, body string) (int, string) {
	h.t.Helper()
	status, _, text, err := h.send(method, path, body, map[string]string{"Authorization": "Bearer " + h.bearer})
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, text
}

// ok is a call that must succeed.
func (h *harness) ok(method, path, body string) string {
	h.t.Helper()
	status, text := h.call(method, path, body)
	if status != http.StatusOK {
		h.t.Fatalf("%s %s %s: status %d: %s", method, path, body, status, text)
	}
	return text
}

// refused is a call that must fail with a status and a code; it returns the message.
func (h *harness) refused(method, path, body string, status int, code string) string {
	h.t.Helper()
	got, text := h.call(method, path, body)
	envelope := decode[map[string]string](h.t, text)
	if got != status || envelope["errorCode"] != code {
		h.t.Fatalf("%s %s %s: got %d %s, want %d %s", method, path, body, got, text, status, code)
	}
	if envelope["errorDescription"] == "" || envelope["message"] != envelope["errorMessage"] || len(envelope) != 4 {
		h.t.Fatalf("incomplete envelope: %s", text)
	}
	return envelope["message"]
}

// control makes one call to the control API.
func (h *harness) control(method, path, body string) (int, string) {
	h.t.Helper()
	status, _, text, err := h.send(method, "/_emulator/v1/"+path, body, map[string]string{"X-Descope-Emulator": "1"})
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, text
}

// controlOK is a control call that must succeed.
func (h *harness) controlOK(method, path, body string) string {
	h.t.Helper()
	status, text := h.control(method, path, body)
	if status != http.StatusOK {
		h.t.Fatalf("control %s %s %s: status %d: %s", method, path, body, status, text)
	}
	return text
}

func (h *harness) createTenant(id string) {
	h.t.Helper()
	h.ok("POST", "/v1/mgmt/tenant/create", `{"id":"`+id+`","name":"Name of `+id+`"}`)
}

func (h *harness) tenant(id string) map[string]json.RawMessage {
	h.t.Helper()
	return decode[map[string]json.RawMessage](h.t, h.ok("GET", "/v1/mgmt/tenant?id="+id, ""))
}

type logEntry struct {
	Time, Method, Path, Project string
	Status                      int
	DurationMS                  int64 `json:"duration_ms"`
}

func (h *harness) requests() []logEntry {
	h.t.Helper()
	return decode[struct{ Requests []logEntry }](h.t, h.controlOK("GET", "requests", "")).Requests
}

type classStats struct {
	Class       string
	Calls       int
	Limited     int
	MaxInWindow int `json:"max_in_window"`
	Limit       int
	WindowMS    int64    `json:"window_ms"`
	SharedWith  []string `json:"shared_with"`
}

func (h *harness) stats(class string) classStats {
	h.t.Helper()
	for _, one := range decode[struct{ Classes []classStats }](h.t, h.controlOK("GET", "stats", "")).Classes {
		if one.Class == class {
			return one
		}
	}
	h.t.Fatalf("no class %s", class)
	return classStats{}
}

func decode[T any](t testing.TB, text string) (value T) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	return value
}

// assertMember compares one member of an object byte for byte.
func assertMember(t testing.TB, object map[string]json.RawMessage, key, want string) {
	t.Helper()
	if got := string(object[key]); got != want {
		t.Errorf("%s: got %s, want %s", key, got, want)
	}
}
