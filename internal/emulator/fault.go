package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// What a fault can do to a connection, and to a body.
const (
	resetBefore = "before"
	resetAfter  = "after"

	keepAll  = -1
	keepHalf = -2

	// slowPieces is into how many pieces a slow body is cut at most.
	slowPieces = 20
)

// fault is what happens to one call.
type fault struct {
	status int // 0: the real answer
	effect bool
	body   json.RawMessage
	header map[string]string
	delay  time.Duration
	reset  string
	keep   int // bytes of the body to send, or keepAll, or keepHalf
	slow   time.Duration
}

// noFault leaves a call alone.
var noFault = fault{keep: keepAll}

// answer is the call's answer; perform makes the call take effect.
func (f fault) answer(perform func() answer) answer {
	if f.status == 0 {
		return perform()
	}
	if f.effect {
		_ = perform() // its own answer is lost, which is the point
	}
	result := answer{status: f.status, header: map[string]string{}}
	switch {
	case f.body == nil && f.status == http.StatusTooManyRequests:
		result.body = errRateLimit.body()
	case len(f.body) > 0 && f.body[0] == '"':
		result.body = []byte(decoded[string](f.body))
		result.header["Content-Type"] = http.DetectContentType(result.body)
	default:
		result.body = f.body
	}
	for name, value := range f.header {
		result.header[http.CanonicalHeaderKey(name)] = value
	}
	return result
}

// write sends the answer, cut or slowed down as the fault says.
func (f fault) write(w http.ResponseWriter, a answer, sleep func(time.Duration) error) {
	header := w.Header()
	if a.body != nil {
		header.Set("Content-Type", "application/json")
	}
	for name, value := range a.header {
		header.Set(name, value)
	}
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		w.WriteHeader(a.status)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	body := a.body
	switch {
	case f.keep == keepHalf:
		body = body[:len(body)/2]
	case f.keep >= 0:
		body = body[:max(0, min(f.keep, len(body)-1))]
	}
	// net/http closes the connection when less is written than announced.
	if f.slow == 0 {
		_, _ = w.Write(body)
		return
	}
	writeSlowly(w, body, f.slow, sleep)
}

// writeSlowly spreads the body evenly over the time.
func writeSlowly(w http.ResponseWriter, body []byte, over time.Duration, sleep func(time.Duration) error) {
	controller := http.NewResponseController(w)
	pieces := max(1, min(slowPieces, len(body)))
	for i := range pieces {
		_ = controller.Flush() // the header, and what was written
		if sleep(over/time.Duration(pieces)) != nil {
			return
		}
		if _, err := w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces]); err != nil {
			return // the client has gone
		}
	}
}

// armedFault is a fault that waits for its calls.
type armedFault struct {
	spec    faultSpec
	do      fault
	matched int // calls since the fault was posted
	fired   int
}

// faultStatus is a fault as the control API lists it.
type faultStatus struct {
	faultSpec
	Matched int `json:"matched"`
	Fired   int `json:"fired"`
}

// faultList holds the posted faults in their order.
type faultList struct {
	mu     sync.Mutex
	faults []*armedFault
}

// next counts the call for every fault that matches it, and returns what the
// first one that triggers does.
func (l *faultList) next(method, path string, chance *random) fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	action := noFault
	found := false
	for _, f := range l.faults {
		if !f.spec.Match.matches(method, path) {
			continue
		}
		f.matched++
		if !found && f.triggers(chance) {
			f.fired++
			action, found = f.do, true
		}
	}
	return action
}

func (f *armedFault) triggers(chance *random) bool {
	match := f.spec.Match
	if f.matched < match.first() || match.most() > 0 && f.fired >= match.most() {
		return false
	}
	return match.Probability == nil || chance.chance(*match.Probability)
}

func (l *faultList) add(faults []*armedFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, faults...)
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

func (l *faultList) list() []faultStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []faultStatus{}
	for _, f := range l.faults {
		list = append(list, faultStatus{f.spec, f.matched, f.fired})
	}
	return list
}
