package drift

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Input is everything that a detection depends on. [Detect] changes none of it.
type Input struct {
	ToolVersion string
	Environment *string // nil when none is selected
	ProjectID   string
	Host        string
	// CreatedAt is shown in the result; its day, in UTC, is the one against which
	// acceptances run out.
	CreatedAt time.Time

	// Target and Exclude narrow what is compared, by address; no target means all. A
	// target pulls nothing else in.
	Target, Exclude []resource.Glob

	Manage  resource.Manage    // of tenants
	Desired []resource.Desired // tenants, in any order
	// Live are all tenants of the project, in any order. Those that
	// [plan.NeedSettings] names carry their settings.
	Live []resource.Tenant
	// Flows are the flows of the project and what is wanted of them. Those that
	// [plan.NeedDocuments] names carry their documents. Known says for which of them
	// a deploy needs no further flag; nil where that was not looked up.
	Flows plan.Flows
	// Alike are the flows, by id, of which [Alike] has said that they mean the same,
	// while others were still being read. Nil where nobody has asked.
	Alike map[string]bool

	Applied Applied
	Rules   resource.DriftRules

	// Secret reports whether a value holds something that must not be shown; nil
	// means that none does.
	Secret func(resource.Value) bool
	// SecretPaths are the places whose values must not be shown, whatever they are.
	SecretPaths resource.SecretPaths
	// HashOf is the keyed hash of the value at a path of an object, as records hold it
	// where the value must not be shown; nil where nobody has the key. Sets come in
	// sorted, without repetition.
	HashOf func(address resource.Address, path string, value resource.Value) string
}

// Key names one difference, so that it is known again the next time: its object,
// its path, and what is live there. When the live value changes again it is another
// difference; when the code does it stays the same one.
func Key(f Finding) string {
	text := resource.StringsValue([]string{string(f.Address), f.Path, string(f.Change), f.LiveDigest})
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// The codes of notes.
const (
	NoteNoRecord   = "no_record"       // it is not known what was applied last
	NoteUnrecorded = "unrecorded"      // it is not known of some objects
	NoteUnmanaged  = "unmanaged_field" // a critical field has changed that the configuration leaves alone
)
