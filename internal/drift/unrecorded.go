package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// fewNames is how many objects a text names.
const fewNames = 3

// Unknown says of what nobody knows what was applied, as a clause without a full
// stop; empty where all of it is known. What it names may have changed in critical
// fields that the configuration leaves alone, and no finding says so.
func (r Result) Unknown() string {
	switch {
	case !r.Recorded:
		return "nobody knows what was applied here"
	case len(r.Unrecorded) > 0:
		return "nobody knows what was applied to " + namedObjects(r.Unrecorded)
	default:
		return ""
	}
}

// namedObjects counts objects and names the first of them.
func namedObjects(addresses []resource.Address) string {
	names := make([]string, 0, fewNames)
	for _, address := range addresses[:min(fewNames, len(addresses))] {
		names = append(names, string(address))
	}
	text := strings.Join(names, ", ")
	switch rest := len(addresses) - len(names); {
	case len(addresses) == 1:
		return text
	case rest == 0:
		return fmt.Sprintf("%d objects (%s)", len(addresses), text)
	default:
		return fmt.Sprintf("%d objects (%s and %d more)", len(addresses), text, rest)
	}
}

const (
	unknownOrigin = "nobody can tell whether the code or the project has changed"
	unknownRest   = unknownOrigin + ", and changes of critical fields that nobody manages could not be seen"
)

// noteRecords says of what there is no record: the project, objects, or single
// values that only differ. It gives the objects.
func (d *detector) noteRecords() []resource.Address {
	if !d.in.Applied.Known {
		d.note("", NoteNoRecord, "no record of what was applied here: "+unknownRest+"; the next apply makes one")
		return nil
	}
	slices.Sort(d.unrecorded)
	if len(d.unrecorded) > 0 {
		d.note("", NoteUnrecorded, "no record of what was applied to "+namedObjects(d.unrecorded)+": "+unknownRest+"; the next apply records it")
	}
	noted := map[resource.Address]bool{}
	for i := range d.findings {
		address := d.findings[i].Address
		_, missing := slices.BinarySearch(d.unrecorded, address)
		if d.findings[i].State != StateDiffers || missing || noted[address] {
			continue
		}
		noted[address] = true
		d.note(address, NoteNoRecord, "no record of what was applied to it: "+unknownOrigin)
	}
	return d.unrecorded
}
