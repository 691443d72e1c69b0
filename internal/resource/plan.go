package resource

import (
	"encoding/json"
	"time"
)

// FormatVersion is the version of the plan and report documents: minor
// additions are allowed, a new major is refused by readers.
const FormatVersion = "1.0"

// Action is what a plan does to one object.
type Action string

// The actions.
const (
	ActionCreate   Action = "create"
	ActionUpdate   Action = "update"
	ActionDelete   Action = "delete"
	ActionNoChange Action = "no_change"
)

// Writes reports whether the action changes anything at the service.
func (a Action) Writes() bool { return a != ActionNoChange }

// Plan is what an apply would do, exactly. Its JSON form is the plan document.
// Changes, Orphans and Notes are sorted by address, so that the same inputs
// give the same bytes.
type Plan struct {
	FormatVersion      string      `json:"format_version"`
	ToolVersion        string      `json:"tool_version"`
	Environment        *string     `json:"environment"` // null when none is selected
	ProjectID          string      `json:"project_id"`
	Host               string      `json:"host"` // host name, with a port where it is not the default one
	CreatedAt          time.Time   `json:"created_at"`
	PlanDigest         string      `json:"plan_digest"`
	CallsEstimate      int         `json:"calls_estimate"`
	DurationEstimateMS int64       `json:"duration_estimate_ms"`
	Options            PlanOptions `json:"options"`
	Changes            []Change    `json:"changes"`
	Orphans            []Address   `json:"orphans"`
	Notes              []Note      `json:"notes"`
	Summary            PlanSummary `json:"summary"`
}

// PlanOptions are the options that narrow or widen a plan. A saved plan is
// accepted only when they are given again.
type PlanOptions struct {
	Target  []Glob `json:"target"`
	Exclude []Glob `json:"exclude"`
	Prune   bool   `json:"prune"`
	// AllowSSOLoss lets a tenant go whose SSO configuration goes with it.
	AllowSSOLoss bool `json:"allow_sso_loss,omitempty"`
	// AllowBreaking lets flows lose what people sign in with.
	AllowBreaking bool `json:"allow_breaking_changes,omitempty"`
	// ReplaceUnmanaged lets flows be replaced that this tool has never written.
	ReplaceUnmanaged bool `json:"replace_unmanaged,omitempty"`
}

// Change is what a plan does to one object.
type Change struct {
	Address    Address       `json:"address"`
	Kind       Kind          `json:"kind"`
	ID         string        `json:"id"`
	Action     Action        `json:"action"`
	Fields     []FieldChange `json:"fields"`
	BaseDigest *string       `json:"base_digest"` // null for a create
	Source     *Position     `json:"source"`      // null for a pruned orphan and for flags
	Blocked    *Blocked      `json:"blocked"`

	// After lists the addresses whose changes must have succeeded before this
	// one is sent: a parent's create, the deletes of children.
	After []Address `json:"-"`
	// Cascade deletes the users and access keys that belong to this tenant
	// alone. Never set by a plan from configuration.
	Cascade bool `json:"cascade,omitempty"`
	// Flow holds the documents of a change of a flow; nil for other kinds.
	Flow *FlowChange `json:"-"`
	// WantedDigest identifies the document that a flow is to have; empty for other
	// kinds and for deletes.
	WantedDigest string `json:"wanted_digest,omitempty"`
	// Users is the number of users that a delete takes out of the tenant; nil
	// when it was not counted or not readable.
	Users *int `json:"users,omitempty"`
}

// FlowChange is what a flow was and is to be, as management exports.
type FlowChange struct {
	Before Value // absent for a create
	After  Value // absent for a delete
}

// FieldChange is one managed value before and after. Absent values are null,
// and so are those of a sensitive field in every document.
type FieldChange struct {
	Path      string `json:"path"`
	Before    Value  `json:"before"`
	After     Value  `json:"after"`
	Sensitive bool   `json:"sensitive"`
	// ValuesDigest stands for the values of a sensitive field: a hash that only those
	// can make who hold the project's key. Empty for other fields, and without a key.
	ValuesDigest string `json:"values_digest,omitempty"`

	// At is the path in its parts, for the engine; zero for what a flow shows.
	At Path `json:"-"`
}

// MarshalJSON implements [json.Marshaler]. A sensitive field has no values.
func (f FieldChange) MarshalJSON() ([]byte, error) {
	type document FieldChange
	if f.Sensitive {
		f.Before, f.After = Absent, Absent
	}
	return json.Marshal(document(f))
}

// Blocked says why a change cannot be made. A plan shows it; an apply refuses
// the whole plan until the change is excluded or its cause is gone.
type Blocked struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Note is a remark on an object that stops nothing.
type Note struct {
	Address Address `json:"address"` // empty for a remark on the whole plan
	Code    string  `json:"code"`
	Message string  `json:"message"`
}

// PlanSummary counts the changes. A blocked change counts as blocked only, so
// that the five numbers without orphans add up to the number of changes.
type PlanSummary struct {
	Create   int `json:"create"`
	Update   int `json:"update"`
	Delete   int `json:"delete"`
	NoChange int `json:"no_change"`
	Orphan   int `json:"orphan"`
	Blocked  int `json:"blocked"`
}

// Writes is the number of changes that an apply would make.
func (s PlanSummary) Writes() int { return s.Create + s.Update + s.Delete }
