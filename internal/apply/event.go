package apply

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

// EventType says what an event tells.
type EventType string

// The events of a run. Every change gets exactly one EventFinished, preceded by
// one EventStarted when it was handed to a worker.
const (
	EventStarted   EventType = "started"   // a change was handed to a worker
	EventFinished  EventType = "finished"  // a change has its outcome, subject to verification
	EventStopping  EventType = "stopping"  // nothing further starts: the run was cancelled, or stopped
	EventVerifying EventType = "verifying" // the live state is being read
	EventCorrected EventType = "corrected" // the live state gave a change another outcome
	EventWarning   EventType = "warning"   // the same sentence also stands in the outcome
)

// Event is one step of progress.
type Event struct {
	Type EventType
	// Result is the change's outcome for EventFinished and EventCorrected; for
	// EventStarted only its address and action are set.
	Result resource.Result
	// Finished of Total changes have an outcome.
	Finished, Total int
	// Message is a sentence for EventWarning, and the reason for EventStopping where
	// the run was not simply cancelled.
	Message string
}
