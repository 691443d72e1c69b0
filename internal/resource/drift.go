package resource

// Severity is how grave a difference between code and a live project is.
type Severity string

// The severities, from the least.
const (
	SeverityInfo     Severity = "info"
	SeverityWarning  Severity = "warning"
	SeverityCritical Severity = "critical"
)

// Severities are all of them, from the least.
func Severities() []Severity { return []Severity{SeverityInfo, SeverityWarning, SeverityCritical} }

// DriftRules are what a configuration says about drift.
type DriftRules struct {
	Ignore   []Acceptance
	Severity []SeverityRule // the last one that matches counts
}

// Acceptance is one entry of drift.ignore: a difference that somebody has accepted.
type Acceptance struct {
	Address Glob `json:"address"`
	Path    Glob `json:"path"` // empty for all paths, and for whole objects
	// Until is the last day on which it holds, YYYY-MM-DD in UTC; empty for ever.
	Until  string   `json:"until"`
	Reason string   `json:"reason"`
	Owner  string   `json:"owner"`
	Source Position `json:"source"`
}

// SeverityRule is one entry of drift.severity: it says how grave differences are.
type SeverityRule struct {
	Address  Glob // empty for all
	Path     Glob // empty for all
	Severity Severity
	Source   Position
}
