package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ownershipFile is a log of JSON lines that is only ever appended to. Each call
// is one line, written at once; it counts once its line feed is there, so it
// counts as a whole or not at all.
const ownershipFile = "ownership.jsonl"

// tornMark ends a line that a killed process or a full disk has left
// unfinished. Without it such a rest would be damage once another line follows.
// No JSON object ends like this.
const tornMark = "#torn"

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
	path := p.ownershipPath()
	content, err := os.ReadFile(path)
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
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(content, []byte{'\n'})
		if !whole {
			return owned, nil
		}
		content = rest
		if bytes.HasSuffix(line, []byte(tornMark)) {
			continue
		}
		record, damage := parseOwnership(line)
		if damage != nil {
			damage.File, damage.Line = path, number
			return nil, damage
		}
		for _, address := range record.Addresses {
			if record.Op == opOwn {
				owned[address] = record.At
			} else {
				delete(owned, address)
			}
		}
	}
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
		if err := checkAddress(address); err != nil {
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
		if err := checkAddress(address); err != nil {
			return fmt.Errorf("ownership record: %w", err)
		}
	}
	if err := os.MkdirAll(p.dir, folderMode); err != nil {
		return &FileError{Op: "make the state folder", Path: p.dir, Err: err, state: true}
	}
	path := p.ownershipPath()
	if err := appendLine(path, ownershipRecord{FormatVersion: ownershipFormat, Op: op, At: at.UTC(), Addresses: addresses}, op == opDisown); err != nil {
		return &FileError{Op: "write the ownership record", Path: path, Err: err, state: true}
	}
	return nil
}

// appendLine adds a record with one write, which the system puts behind those
// of all other processes. The rest of a torn line gets its mark in the same
// write; where that is cut short too, the next one marks it again.
func appendLine(path string, record ownershipRecord, durable bool) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	torn, err := endsTorn(file)
	if err == nil {
		line, _ := json.Marshal(record) // strings and the times of a clock always encode
		if torn {
			line = append([]byte(tornMark+"\n"), line...)
		}
		_, err = file.Write(append(line, '\n'))
	}
	if err == nil && durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// endsTorn reports whether the file ends in the middle of a line.
func endsTorn(file *os.File) (bool, error) {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// checkAddress refuses what a line could not give back as it was.
func checkAddress(address resource.Address) error {
	if address.Kind() == "" || address.ID() == "" || !utf8.ValidString(string(address)) {
		return fmt.Errorf("%q is no address of an object", string(address))
	}
	return nil
}

func (p *ProjectState) ownershipPath() string { return filepath.Join(p.dir, ownershipFile) }
