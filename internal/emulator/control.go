package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

const (
	controlRoot   = "/_emulator"
	controlPrefix = controlRoot + "/v1/"
	// controlHeader is what a web page cannot send without asking first, which
	// the emulator never grants.
	controlHeader = "X-Descope-Emulator"
	// maxControlBody lets a state of some 100,000 tenants in.
	maxControlBody = 256 << 20
)

// controlError is a refused request to the control API.
type controlError struct {
	status  int
	message string
}

func (e *controlError) Error() string { return e.message }

// controlCalls are the control API, by path behind the prefix and by method.
func controlCalls() map[string]map[string]func(*Server, []byte) (any, error) {
	return map[string]map[string]func(*Server, []byte) (any, error){
		"requests": {http.MethodGet: (*Server).controlRequests},
		"stats":    {http.MethodGet: (*Server).controlStats},
		"faults": {
			http.MethodGet: (*Server).controlFaults, http.MethodPost: (*Server).controlAddFaults,
			http.MethodDelete: (*Server).controlDropFaults,
		},
		"state": {http.MethodGet: (*Server).controlState, http.MethodPut: (*Server).controlPutState},
		"reset": {http.MethodPost: (*Server).controlReset},
	}
}

// serveControl answers the control API. Its calls are never logged, counted,
// limited or delayed.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request, path string) {
	status := http.StatusOK
	result, err := s.control(w, r, path)
	if err != nil {
		status = http.StatusInternalServerError
		if refused, ok := errors.AsType[*controlError](err); ok {
			status = refused.status
		}
		result = map[string]string{"error": err.Error()}
	}
	body, encodeErr := encodeControl(result)
	if encodeErr != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"cannot encode the answer"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func encodeControl(result any) ([]byte, error) {
	if state, ok := result.(State); ok {
		return encodeState(state)
	}
	return json.Marshal(result)
}

func (s *Server) control(w http.ResponseWriter, r *http.Request, path string) (any, error) {
	if err := guardControl(r); err != nil {
		return nil, err
	}
	methods, known := controlCalls()[strings.TrimPrefix(path, controlPrefix)]
	if !known || !strings.HasPrefix(path, controlPrefix) {
		return nil, &controlError{http.StatusNotFound, fmt.Sprintf("the control API has no %s: expected %sfaults, requests, reset, state or stats", path, controlPrefix)}
	}
	handle, known := methods[r.Method]
	if !known {
		return nil, &controlError{http.StatusMethodNotAllowed, fmt.Sprintf("%s does not know the method %s", path, r.Method)}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBody))
	if err != nil {
		return nil, &controlError{http.StatusBadRequest, fmt.Sprintf("read the body: %v", err)}
	}
	return handle(s, body)
}

// guardControl keeps web pages out: a page can reach loopback, directly or
// under a name of its own that resolves there, but it cannot send the header
// without a preflight, and it always sends the Host and Origin that it came from.
func guardControl(r *http.Request) error {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	switch {
	case !isLoopback(host):
		return &controlError{http.StatusForbidden, "the control API answers on loopback host names only"}
	case r.Header.Get("Origin") != "":
		return &controlError{http.StatusForbidden, "the control API does not answer web pages"}
	case r.Header.Get(controlHeader) != "1":
		return &controlError{http.StatusForbidden, "the control API demands the header " + controlHeader + ": 1"}
	}
	return nil
}

func badRequest(err error) error { return &controlError{http.StatusBadRequest, err.Error()} }

func (s *Server) controlRequests([]byte) (any, error) {
	return map[string][]callEntry{"requests": s.calls.list()}, nil
}

func (s *Server) controlStats([]byte) (any, error) {
	return map[string][]classStats{"classes": s.limiter.stats()}, nil
}

func (s *Server) controlFaults([]byte) (any, error) {
	return map[string][]faultStatus{"faults": s.faults.list()}, nil
}

// controlAddFaults arms faults behind those that there are.
func (s *Server) controlAddFaults(body []byte) (any, error) {
	faults, err := parseFaults(body)
	if err != nil {
		return nil, badRequest(err)
	}
	s.faults.add(faults)
	return s.controlFaults(nil)
}

func (s *Server) controlDropFaults([]byte) (any, error) {
	s.faults.clear()
	return s.controlFaults(nil)
}

func (s *Server) controlState([]byte) (any, error) { return s.getState(), nil }

// controlPutState replaces the content of the projects that the body names.
func (s *Server) controlPutState(body []byte) (any, error) {
	state, err := parseState(body)
	if err != nil {
		return nil, badRequest(fmt.Errorf("state: %w", err))
	}
	contents, err := s.contents(state)
	if err != nil {
		return nil, badRequest(fmt.Errorf("state: %w", err))
	}
	return struct{}{}, s.replace(contents)
}

// controlReset goes back to the start: state, log, counts, faults and windows.
// Projects and their keys stay.
func (s *Server) controlReset([]byte) (any, error) {
	if err := s.resetState(); err != nil {
		return nil, fmt.Errorf("reset: %w", err)
	}
	s.calls.clear()
	s.faults.clear()
	s.limiter.clear()
	return struct{}{}, nil
}
