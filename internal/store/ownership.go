package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ownershipFile is a log of JSON lines that is only ever appended to. Each call
// is one line, written at once; it counts once its line feed is there, so it
// counts as a whole or not at all.
const ownershipFile = "ownership.jsonl"

// ownershipFormat is the version of a line: minor additions are allowed, a new
// major is refused by readers.
const ownershipFormat = "1.0"

// ownershipRecord is one line.
type ownershipRecord struct {
	FormatVersion string             `json:"format_version"`
	Op            string             `json:"op"`
	At            time.Time          `json:"at"`
	Addresses     []resource.Address `json:"addresses,omitempty"`
}

// The operations.
const (
	opOwn    = "own"    // this tool created or updated the objects
	opDisown = "disown" // this tool deleted the objects
)

// Owned is what this tool created or updated and has not deleted since, each
// with the time of the last such write: an object that the service dates later
// is another one under the same id. Without a record it is empty. A last line that was not written
// to its end is ignored, anything else that cannot be read is a *[DamagedError].
func (p *ProjectState) Owned() (map[resource.Address]time.Time, error) {
	path := p.OwnershipPath()
	content, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[resource.Address]time.Time{}, nil
	}
	if err != nil {
		return nil, &FileError{Op: "read the ownership record", Path: path, Err: err, state: true}
	}
	return readOwnership(path, content)
}

func readOwnership(path string, content []byte) (map[resource.Address]time.Time, error) {
	owned := map[resource.Address]time.Time{}
	err := eachLine(content, func(number int, line []byte) error {
		record, damage := parseOwnership(line)
		if damage != nil {
			damage.File, damage.Line = path, number
			return damage
		}
		for _, address := range record.Addresses {
			if record.Op == opOwn {
				owned[address] = record.At
			} else {
				delete(owned, address)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return owned, nil
}

// parseOwnership reads one line. The error lacks its place.
func parseOwnership(line []byte) (ownershipRecord, *DamagedError) {
	damaged := func(reason string) *DamagedError {
		return &DamagedError{
			Reason: "the ownership record is damaged: " + reason,
			Hint:   "restore or correct the file; without it this tool owns nothing here, and --prune deletes nothing",
		}
	}
	var record ownershipRecord
	if err := json.Unmarshal(line, &record); err != nil {
		return record, damaged(err.Error())
	}
	if major, _, _ := strings.Cut(record.FormatVersion, "."); major != "1" {
		return record, &DamagedError{
			Reason: fmt.Sprintf("the ownership record has the format %q, and this version reads 1.x", record.FormatVersion),
			Hint:   "use the version of descope-mgmt that wrote it, or a newer one",
		}
	}
	if record.Op != opOwn && record.Op != opDisown {
		return record, damaged(fmt.Sprintf("unknown operation %q", record.Op))
	}
	for _, address := range record.Addresses {
		if err := address.Check(); err != nil {
			return record, damaged(err.Error())
		}
	}
	return record, nil
}

// Own records that this tool created or updated the objects at that time.
func (p *ProjectState) Own(at time.Time, addresses ...resource.Address) error {
	return p.record(opOwn, at, addresses)
}

// Disown records that this tool deleted the objects. Unlike the other record it
// is on disk when Disown returns: an object that somebody else creates later
// under the same id must not count as ours, not even after a power failure.
func (p *ProjectState) Disown(at time.Time, addresses ...resource.Address) error {
	return p.record(opDisown, at, addresses)
}

func (p *ProjectState) record(op string, at time.Time, addresses []resource.Address) error {
	if len(addresses) == 0 {
		return nil
	}
	for _, address := range addresses {
		if err := address.Check(); err != nil {
			return fmt.Errorf("ownership record: %w", err)
		}
	}
	if err := p.modes.makeFolder(p.dir); err != nil {
		return &FileError{Op: "make the state folder", Path: p.dir, Err: err, state: true}
	}
	path := p.OwnershipPath()
	line := ownershipRecord{FormatVersion: ownershipFormat, Op: op, At: at.UTC(), Addresses: addresses}
	if err := p.modes.appendLine(path, line, op == opDisown); err != nil {
		return &FileError{Op: "write the ownership record", Path: path, Err: err, state: true}
	}
	return nil
}

// OwnershipPath is the file of the record; it need not exist.
func (p *ProjectState) OwnershipPath() string { return filepath.Join(p.dir, ownershipFile) }
