package emulator

import (
	"slices"
	"sync"
	"time"
)

// keptCalls is how many calls the log holds at least.
const keptCalls = 20_000

// callEntry is one call as the control API lists it. Status is 0 until the
// call is answered, and stays 0 when its connection was reset.
type callEntry struct {
	Time       time.Time `json:"time"` // of arrival
	Method     string    `json:"method"`
	Path       string    `json:"path"` // without query
	Project    string    `json:"project"`
	Status     int       `json:"status"`
	DurationMS int64     `json:"duration_ms"`
	// ExternalRequestID is what the caller sent as x-external-rid.
	ExternalRequestID string `json:"external_request_id"`
}

// callLog holds the newest calls in the order of their arrival.
type callLog struct {
	mu      sync.Mutex
	entries []*callEntry
}

// begin notes a call that has arrived. The time is taken under the lock, so that
// the order of the log is the order of its times.
func (l *callLog) begin(now func() time.Time, entry callEntry) *callEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) == 2*keptCalls {
		l.entries = slices.Clone(l.entries[keptCalls:])
	}
	entry.Time = now()
	l.entries = append(l.entries, &entry)
	return &entry
}

func (l *callLog) end(entry *callEntry, status int, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry.Status, entry.DurationMS = status, took.Milliseconds()
}

// list copies the entries, oldest first.
func (l *callLog) list() []callEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := make([]callEntry, len(l.entries))
	for i, entry := range l.entries {
		entries[i] = *entry
	}
	return entries
}

func (l *callLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}
