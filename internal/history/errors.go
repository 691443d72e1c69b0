package history

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// NoVersionError is a version of a flow that is not kept.
type NoVersionError struct {
	ID     string
	N      int    // the number that was asked for; 0 where it was a digest
	Digest string // the digest that was asked for
	Last   int    // the number of the newest version; 0 where there is none
	Bare   bool   // the version is known, and has no document
}

// Error names flow and version.
func (e *NoVersionError) Error() string {
	switch {
	case e.Last == 0:
		return fmt.Sprintf("no version of flow %q is kept here", e.ID)
	case e.Bare:
		return fmt.Sprintf("version %d of flow %q is its deletion, and has no document", e.N, e.ID)
	case e.Digest != "":
		return fmt.Sprintf("no version of flow %q has the digest %q", e.ID, e.Digest)
	default:
		return fmt.Sprintf("flow %q has no version %d", e.ID, e.N)
	}
}

// Fault is the error as documents show it.
func (e *NoVersionError) Fault() resource.Fault {
	hint := "the versions of a flow are kept once it was deployed or exported, per host and project: is this the right environment?"
	if e.Last > 0 {
		hint = fmt.Sprintf("descope-mgmt flow history %s shows them; the newest is %d", e.ID, e.Last)
	}
	return resource.Fault{Code: "no_such_version", Message: e.Error(), Hint: hint}
}

func (h *History) damage(id string, number int, reason string) *store.DamagedError {
	damage := damagedLine(reason)
	damage.File, damage.Line = h.of(id).Path(linesFile), number
	return damage
}

// damagedLine lacks its place.
func damagedLine(reason string) *store.DamagedError {
	return &store.DamagedError{
		Reason: "the flow's history is damaged: " + reason,
		Hint:   "restore or correct the file; without it this tool knows no earlier version of the flow, and takes it for one that it never wrote",
	}
}

func damagedDocument(path, reason string) *store.DamagedError {
	return &store.DamagedError{
		File: path, Line: 1, Reason: "the document of a version is damaged: " + reason,
		Hint: "use another version, or a backup: descope-mgmt backup list",
	}
}
