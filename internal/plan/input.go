package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Input is everything that a plan depends on. [Make] changes none of it.
type Input struct {
	ToolVersion string
	Environment *string // nil when none is selected
	ProjectID   string
	Host        string
	CreatedAt   time.Time // shown in the plan; no decision depends on it

	Options resource.PlanOptions
	Manage  resource.Manage
	Desired []resource.Desired // tenants, in any order
	// Live are all tenants of the project, in any order, those outside of
	// Manage included: they hold names, domains and children. Those that
	// [NeedSettings] names carry their settings.
	Live []resource.Tenant
	// Flows are the flows of the project, and what is wanted of them.
	Flows Flows
	// Owned are the objects that this tool created or updated; only they can be pruned.
	Owned map[resource.Address]bool

	Thresholds Thresholds
	// Overridden names the threshold guards that the user has lifted:
	// [CodeDeleteThreshold], [CodeUpdateThreshold].
	Overridden map[string]bool
	// Cascade lets deletes take the users with them. Only a delete command that
	// the user has confirmed with their number sets it.
	Cascade bool
	// SSO says of live tenants, by id, which SSO configuration a delete would lose,
	// in words that complete "it has …". Those that have none are not in it.
	SSO map[string]string
	// Secret reports whether a value holds something that must not be shown; nil
	// means that none does. The fields of such values are sensitive.
	Secret func(resource.Value) bool
	// SecretPaths are the places whose values are sensitive, whatever they are.
	SecretPaths resource.SecretPaths
	// Keyed turns text into a hash of it that only those can make who hold the
	// project's key; nil leaves out what it would stand for.
	Keyed func(text string) string
}

// Thresholds bound how much of a kind one plan may change, in percent of its
// live objects in scope. They are taken literally: zero allows nothing, 100
// everything. The usual ones are [DefaultThresholds].
type Thresholds struct {
	DeletePercent int // counts from ten live objects on
	UpdatePercent int // counts from twenty live objects on
}

// DefaultThresholds are the bounds that hold where the configuration sets none.
func DefaultThresholds() Thresholds { return Thresholds{DeletePercent: 10, UpdatePercent: 50} }

// Result is a plan and the reasons, if any, why an apply of it is refused.
type Result struct {
	Plan     *resource.Plan
	Refusals []Refusal // in a fixed order: blocked, thresholds, delete_all, orphans_error
}

// Refusal is one reason why a plan can be looked at but not applied.
type Refusal struct {
	Code    string // one of the Code constants
	Message string // what is wrong, with the numbers
	Hint    string // the next step
}

// The codes of refusals.
const (
	CodeBlocked         = "blocked"
	CodeDeleteThreshold = "delete_threshold"
	CodeUpdateThreshold = "update_threshold"
	CodeDeleteAll       = "delete_all"
	CodeOrphansError    = "orphans_error"
)

// The codes of blocked changes.
const (
	BlockedProtected     = "protected_object"   // a protected object would be deleted or disabled
	BlockedParentDiffers = "parent_differs"     // a parent is set at creation only
	BlockedParentMissing = "parent_missing"     // the parent will not be there when the child is created
	BlockedHasChildren   = "has_children"       // a child stays behind
	BlockedNameTaken     = "name_taken"         // another tenant has the name, or wants it too
	BlockedDomainTaken   = "domain_taken"       // another tenant has the domain, or wants it too
	BlockedCycle         = "order_cycle"        // no order lets these changes succeed
	BlockedSSO           = "sso_configured"     // a delete would lose an SSO configuration for good
	BlockedDependency    = "depends_on_blocked" // it waits for a change that is blocked itself
)

// The codes of notes.
const (
	NoteAttributeUndefined = "attribute_undefined" // an attribute key that no live tenant carries
	NoteBreaking           = "breaking_change"     // an update of a flow that was allowed to break sign-ins
	NoteDeepNesting        = "deep_nesting"        // a tenant below the third level
	NoteDisableFirst       = "disable_first"       // a delete, where disabling could be taken back
	NoteExcludeUnmatched   = "exclude_no_match"    // an --exclude pattern that drops nothing, as it may
)

// Problem is one fault of the wanted state that shows only against the live one.
type Problem struct {
	Code       string
	Position   resource.Position // zero when the value came from a flag
	Address    resource.Address  // empty for a fault of the options
	Message    string
	Suggestion string // may be empty
}

// The codes of problems.
const (
	ProblemInvalidID      = "invalid_id"
	ProblemInvalidName    = "invalid_name"
	ProblemMissingName    = "missing_name"
	ProblemUnknownParent  = "unknown_parent"
	ProblemInvalidPattern = "invalid_pattern"
	ProblemTargetNoMatch  = "target_no_match"
	ProblemExcludeNoMatch = "exclude_no_match"
	ProblemDuplicate      = "duplicate"
)

// String is "file:line:column: message", without the place where there is none.
func (p Problem) String() string {
	text := p.Message
	if p.Suggestion != "" {
		text += " (" + p.Suggestion + ")"
	}
	if p.Position.IsZero() {
		return text
	}
	return p.Position.String() + ": " + text
}

// InvalidError says that no plan can be made from what is wanted. The problems
// are all there are, sorted by position and address.
type InvalidError struct{ Problems []Problem }

// Error gives one line for each problem.
func (e *InvalidError) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].String()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d problems in what is wanted", len(e.Problems))
	for _, problem := range e.Problems {
		text.WriteString("\n" + problem.String())
	}
	return text.String()
}
