package drift

import (
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// State says where a difference comes from.
type State string

// The states of a difference.
const (
	StatePending   State = "pending"   // the code has changed and was not applied
	StateDrifted   State = "drifted"   // what is live has changed outside of this tool
	StateConflict  State = "conflict"  // both have changed
	StateConverged State = "converged" // both have changed, to the same: nothing is to be done
	StateOrphan    State = "orphan"    // live, and not in the configuration
	StateDiffers   State = "differs"   // nobody knows what was applied last
)

// Change says what became of a whole object.
type Change string

// The changes. ChangeField is one of a single field, or of one place in a flow.
const (
	ChangeField   Change = "field"
	ChangeMissing Change = "missing" // wanted, and not live
	ChangeExtra   Change = "extra"   // live, and either not configured or declared absent
)

// Finding is one difference. A tenant has one for each path that differs, a flow one
// for each operation between the two graphs, and an object that is missing or too
// much has a single one.
type Finding struct {
	Address  resource.Address  `json:"address"`
	Kind     resource.Kind     `json:"kind"`
	ID       string            `json:"id"`
	Path     string            `json:"path"` // empty for a whole object
	Change   Change            `json:"change"`
	State    State             `json:"state"`
	Severity resource.Severity `json:"severity"`
	// Managed is false for an orphan, and for a critical field that the configuration
	// leaves alone and that was changed all the same.
	Managed bool `json:"managed"`
	// Applied is what was applied last, Live what is live, Wanted what the
	// configuration has; absent (null) where there is none, and for a sensitive
	// field always. An operation in a flow has Live and Wanted only, but for a switch
	// that the configuration leaves alone, which has Applied and Live.
	Applied   resource.Value `json:"applied"`
	Live      resource.Value `json:"live"`
	Wanted    resource.Value `json:"wanted"`
	Sensitive bool           `json:"sensitive"`
	// Source is where the configuration has the value; null where it has none.
	Source *resource.Position `json:"source"`
	// FirstSeen is when a detection first saw this difference; null where nobody keeps
	// that in mind.
	FirstSeen *time.Time `json:"first_seen"`
	// Accepted is the entry of drift.ignore that covers it; null for none. One that
	// has expired accepts nothing.
	Accepted *resource.Acceptance `json:"accepted"`
	// Ways are the two ways out; a command is empty where there is none.
	Ways Ways `json:"ways"`

	// LiveDigest tells one live value from another also where the value itself is not
	// shown, as [Key] needs it; empty where nothing is live.
	LiveDigest string `json:"-"`
}

// Ways are the commands that end a difference.
type Ways struct {
	Apply string `json:"apply"` // puts the code's value back
	Adopt string `json:"adopt"` // takes the live value over into the code
}

// Result is what a detection found in one environment. Its JSON form is the drift
// document.
type Result struct {
	FormatVersion string    `json:"format_version"`
	ToolVersion   string    `json:"tool_version"`
	Environment   *string   `json:"environment"`
	ProjectID     string    `json:"project_id"`
	Host          string    `json:"host"`
	CreatedAt     time.Time `json:"created_at"`
	// Recorded says that it is known what was applied here last; without it every
	// difference only differs, and what the configuration leaves alone cannot be judged.
	Recorded bool `json:"recorded"`
	// Unrecorded are the objects that are wanted and live, and that alone have no
	// record, sorted. A note counts them.
	Unrecorded []resource.Address `json:"-"`
	// Findings are the differences, those that are accepted included, sorted by
	// address and path.
	Findings []Finding `json:"findings"`
	// Expired are the entries of drift.ignore whose day is past: while there is one,
	// the detection fails.
	Expired []resource.Acceptance `json:"expired"`
	Notes   []resource.Note       `json:"notes"`
	Summary Summary               `json:"summary"`
}

// Summary counts the findings that are not accepted, by state and by severity, and
// those that are. States and severities add up to the same number, but for what
// converged, which has no severity.
type Summary struct {
	Pending   int `json:"pending"`
	Drifted   int `json:"drifted"`
	Conflict  int `json:"conflict"`
	Converged int `json:"converged"`
	Orphan    int `json:"orphan"`
	Differs   int `json:"differs"`

	Critical int `json:"critical"`
	Warning  int `json:"warning"`
	Info     int `json:"info"`

	Accepted int `json:"accepted"`
}

// Differences is the number of findings that ask for something to be done.
func (s Summary) Differences() int { return s.Pending + s.Drifted + s.Conflict + s.Orphan + s.Differs }

// Applied is what this tool has last applied to a project.
type Applied struct {
	// Known is false where there is no record of the project at all.
	Known   bool
	Objects map[resource.Address]Object
}

// Object is one object as it was after the last apply that was about it.
type Object struct {
	At     time.Time `json:"at"`
	RunID  string    `json:"run_id"`
	Commit string    `json:"commit"` // of the configuration; empty when unknown
	// Absent says that the object was deleted, or declared absent and not there.
	Absent bool `json:"absent"`
	// Values are the live values of a tenant by path ("custom_attributes.plan"), all
	// that were known and not only the managed ones. A secret value is not here but
	// in Hidden, as a keyed hash; an empty one says that there was a value and that
	// nobody here can tell which. What is in neither was not set, but for settings,
	// which are known only where one of them is in the record.
	Values map[string]resource.Value `json:"values"`
	Hidden map[string]string         `json:"hidden"`
	// Managed are the paths that the configuration had, sorted.
	Managed []string `json:"managed"`
	// Document is a flow's management export as it was wanted; absent for tenants.
	Document resource.Value `json:"-"`
}
