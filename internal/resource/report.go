package resource

// Status is the outcome of one planned change.
type Status string

// The outcomes.
const (
	StatusSuccess Status = "success"
	StatusFailed  Status = "failed"
	StatusSkipped Status = "skipped" // not sent: a dependency failed, or the run was stopped
	StatusUnknown Status = "unknown" // sent, and nobody could find out whether it took effect
)

// Report is what an apply did. Its JSON form is the report document. The
// results stand in the plan's order, one for each change that writes.
type Report struct {
	FormatVersion string        `json:"format_version"`
	RunID         string        `json:"run_id"`
	Environment   *string       `json:"environment"`
	ProjectID     string        `json:"project_id"`
	Plan          *Plan         `json:"plan"`
	Results       []Result      `json:"results"`
	Summary       ReportSummary `json:"summary"`
	Backup        *string       `json:"backup"` // path; null when none was taken
	Undo          *string       `json:"undo"`   // command; null when there is nothing to undo with
	DurationMS    int64         `json:"duration_ms"`

	// Rollback are the commands that put single flows back to their earlier
	// versions; empty where no flow was changed.
	Rollback []string `json:"rollback,omitempty"`

	// Conflicts are objects that an undo has left alone because somebody has changed
	// them since, and why; empty elsewhere.
	Conflicts []Note `json:"conflicts,omitempty"`

	// Restored says, after a restore, how what is live compares with the backup;
	// nil elsewhere.
	Restored *Restored `json:"restored,omitempty"`

	// Recovered says what earlier runs of this project had begun that did not end
	// by themselves; empty when there were none.
	Recovered []Recovered `json:"recovered,omitempty"`
}

// Restored compares what is live after a restore with the backup.
type Restored struct {
	Addresses int       `json:"addresses"` // objects of the backup that were to be restored
	Equal     int       `json:"equal"`     // of these, those that are as the backup has them
	Different []Address `json:"different"` // the others, sorted
}

// Recovered is one change that an earlier run had begun.
type Recovered struct {
	RunID   string  `json:"run_id"`
	Address Address `json:"address"`
	Action  Action  `json:"action"`
	Found   Found   `json:"found"`
}

// Found is what is known about a change that an earlier run had begun, from its
// journal or from what is live.
type Found string

// What can be found.
const (
	FoundDone    Found = "done"
	FoundNotDone Found = "not_done"
	FoundUnknown Found = "unknown" // in part, or nobody can tell; the next plan shows what is left
)

// Result is the outcome of one change.
type Result struct {
	Address    Address `json:"address"`
	Action     Action  `json:"action"`
	Status     Status  `json:"status"`
	Error      *Fault  `json:"error"` // null on success
	DurationMS int64   `json:"duration_ms"`
	Attempts   int     `json:"attempts"`  // requests sent for this change
	WaitedMS   int64   `json:"waited_ms"` // of the duration: waits for the rate limiter and between attempts
}

// Fault is an error as documents show it.
type Fault struct {
	Code    string `json:"code"`    // Descope's error code, or one of ours
	Status  int    `json:"status"`  // HTTP status; 0 when there was no answer
	Message string `json:"message"` // what happened, where
	Hint    string `json:"hint"`    // the next step; may be empty
}

// ReportSummary counts the plan (first four) and the outcomes: succeeded +
// failed + skipped + unknown = create + update + delete.
type ReportSummary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	NoChange  int `json:"no_change"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped"`
	Unknown   int `json:"unknown"`
}

// Complete reports whether every planned change succeeded.
func (s ReportSummary) Complete() bool { return s.Failed+s.Skipped+s.Unknown == 0 }
