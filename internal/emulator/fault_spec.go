package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"path"
	"strings"
	"time"
)

// faultSpec is a fault as the control API takes it.
type faultSpec struct {
	Match faultMatch `json:"match"`
	Do    faultDo    `json:"do"`
}

// faultMatch says which calls a fault meets. Everything left out matches all.
type faultMatch struct {
	Method      string   `json:"method,omitempty"`
	Path        string   `json:"path,omitempty"`        // exact, or a pattern of path.Match
	Nth         *int     `json:"nth,omitempty"`         // the first matching call that can trigger, from 1
	Count       *int     `json:"count,omitempty"`       // how many trigger; 0 is all; left out: 1 with nth, else all
	Probability *float64 `json:"probability,omitempty"` // of each call that can trigger; left out: 1
}

// faultDo says what happens to a call.
type faultDo struct {
	Status   int               `json:"status,omitempty"` // answer this; without an effect, unless Effect
	Effect   bool              `json:"effect,omitempty"`
	Body     json.RawMessage   `json:"body,omitempty"` // a string is sent as it is, other JSON as JSON
	Headers  map[string]string `json:"headers,omitempty"`
	Delay    string            `json:"delay,omitempty"`    // wait before anything else, on top of the latency
	Reset    string            `json:"reset,omitempty"`    // break the connection: before or after the effect
	Truncate json.RawMessage   `json:"truncate,omitempty"` // true, or how many bytes of the body to send
	Slow     string            `json:"slow,omitempty"`     // spread the body over this time
}

// parseFaults reads one fault or a list of them.
func parseFaults(data []byte) ([]*armedFault, error) {
	raw, err := parseValue(data)
	if err != nil {
		return nil, err
	}
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		items = decoded[[]json.RawMessage](raw)
	}
	faults := make([]*armedFault, 0, len(items))
	for i, item := range items {
		one, err := parseFault(item)
		if err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
		faults = append(faults, one)
	}
	return faults, nil
}

func parseFault(raw json.RawMessage) (*armedFault, error) {
	if raw[0] != '{' {
		return nil, errors.New("expected an object")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var spec faultSpec
	if err := decoder.Decode(&spec); err != nil {
		return nil, err
	}
	if err := spec.Match.check(); err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	action, err := spec.Do.action()
	if err != nil {
		return nil, fmt.Errorf("do: %w", err)
	}
	return &armedFault{spec: spec, do: action}, nil
}

func (m faultMatch) check() error {
	if _, err := path.Match(m.Path, ""); err != nil {
		return fmt.Errorf("path %q: %w", m.Path, err)
	}
	switch {
	case m.Path != "" && !strings.HasPrefix(m.Path, "/"):
		return fmt.Errorf("path %q: a path starts with a slash", m.Path)
	case m.Nth != nil && *m.Nth < 1:
		return fmt.Errorf("nth %d: calls are counted from 1", *m.Nth)
	case m.Count != nil && *m.Count < 0:
		return fmt.Errorf("count %d: must not be negative; 0 means all", *m.Count)
	case m.Probability != nil && (*m.Probability <= 0 || *m.Probability > 1):
		return fmt.Errorf("probability %v: must be above 0 and at most 1", *m.Probability)
	}
	return nil
}

func (m faultMatch) matches(method, urlPath string) bool {
	if m.Method != "" && !strings.EqualFold(m.Method, method) {
		return false
	}
	if m.Path == "" || m.Path == urlPath {
		return true
	}
	matched, err := path.Match(m.Path, urlPath)
	return err == nil && matched
}

// first is the number of the first matching call that can trigger.
func (m faultMatch) first() int {
	if m.Nth == nil {
		return 1
	}
	return *m.Nth
}

// most is how many calls trigger; 0 means all.
func (m faultMatch) most() int {
	switch {
	case m.Count != nil:
		return *m.Count
	case m.Nth != nil:
		return 1
	default:
		return 0
	}
}

// action checks the parts against each other and makes them ready to run.
func (d faultDo) action() (fault, error) {
	action := noFault
	var err error
	if action.delay, err = parseWait("delay", d.Delay); err != nil {
		return fault{}, err
	}
	if action.slow, err = parseWait("slow", d.Slow); err != nil {
		return fault{}, err
	}
	if action.keep, err = parseTruncate(d.Truncate); err != nil {
		return fault{}, err
	}
	action.status, action.effect, action.reset = d.Status, d.Effect, d.Reset
	action.header, action.body = d.Headers, d.Body
	return action, d.check(action)
}

func (d faultDo) check(action fault) error {
	switch {
	case d.Reset != "" && d.Reset != resetBefore && d.Reset != resetAfter:
		return fmt.Errorf("reset %q: expected %q or %q the effect", d.Reset, resetBefore, resetAfter)
	case d.Status != 0 && (d.Status < 200 || d.Status > 599):
		return fmt.Errorf("status %d: expected 200 to 599", d.Status)
	case d.Status == 0 && (d.Body != nil || d.Headers != nil || d.Effect):
		return errors.New("body, headers and effect go with a status")
	case d.Reset != "" && (d.Status != 0 || d.Slow != "" || action.keep != keepAll):
		return errors.New("a reset connection has no answer: leave out status, truncate and slow")
	case d.Status == 0 && d.Reset == "" && d.Delay == "" && d.Slow == "" && action.keep == keepAll:
		return errors.New("does nothing: expected status, delay, reset, truncate or slow")
	case (d.Status == http.StatusNoContent || d.Status == http.StatusNotModified) && d.Body != nil:
		return fmt.Errorf("status %d: has no body", d.Status)
	}
	for name := range d.Headers {
		if textproto.CanonicalMIMEHeaderKey(name) == "Content-Length" {
			return errors.New("header Content-Length: set by the emulator, use truncate to cut the body")
		}
	}
	return nil
}

func parseWait(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait <= 0 {
		return 0, fmt.Errorf("%s %q: expected a duration above zero, such as %q", name, text, "2s")
	}
	return wait, nil
}

func parseTruncate(raw json.RawMessage) (int, error) {
	keep := 0
	switch {
	case len(raw) == 0 || string(raw) == "false":
		return keepAll, nil
	case string(raw) == "true":
		return keepHalf, nil
	case json.Unmarshal(raw, &keep) != nil || keep < 0:
		return 0, fmt.Errorf("truncate %s: expected true or how many bytes to send", raw)
	}
	return keep, nil
}
