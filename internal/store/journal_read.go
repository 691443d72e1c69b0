package store

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// RunJournal is what a run has written down.
type RunJournal struct {
	// Run says whose it is. A run that was killed at its very beginning has only
	// its id.
	Run     JournalRun
	Started time.Time     // zero for a run that was killed at its very beginning
	Begun   []BegunChange // in the order in which they were begun
	Ended   bool          // the run ended by itself

	name string // of the file, without its suffix
}

// BegunChange is a change that a run was about to send.
type BegunChange struct {
	// Change has the address, the action, and the fields as far as the journal
	// keeps them: sensitive ones without their values.
	Change resource.Change
	// Status is the outcome that the run has written down; empty when it came to
	// none.
	Status resource.Status
	// Seen is the digest of the object when the run had verified its result; empty
	// when it did not, or when the object was gone then.
	Seen string
}

// Open reports whether nobody knows yet what became of the change.
func (b BegunChange) Open() bool { return b.Status == "" || b.Status == resource.StatusUnknown }

// OpenJournals reads the journals that somebody may have to look at, oldest
// first, the one of the run that is writing now among them. A last line that was
// not written to its end is ignored, anything else that cannot be read is a
// *[DamagedError].
func (p *ProjectState) OpenJournals() ([]RunJournal, error) {
	names, err := p.journals(openSuffix)
	if err != nil {
		return nil, err
	}
	var open []RunJournal
	for _, name := range names {
		journal, settled, err := p.readJournal(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its run has just finished it
		}
		if err != nil {
			return nil, err
		}
		if !settled {
			open = append(open, journal)
		}
	}
	return open, nil
}

// readJournal reads the journal of that file name. It reports whether a later
// run has settled it already and was killed before it could rename it.
func (p *ProjectState) readJournal(name string) (journal RunJournal, settled bool, err error) {
	path := filepath.Join(p.journalDir(), name)
	content, err := readRegular(path)
	if err != nil {
		return RunJournal{}, false, &FileError{Op: "read the journal", Path: path, Err: err, state: true}
	}
	base := strings.TrimSuffix(strings.TrimSuffix(name, openSuffix), finishedSuffix)
	journal = RunJournal{Run: JournalRun{RunID: base}, name: base}
	settled, err = journal.read(path, content)
	if err == nil && !strings.HasSuffix(name, openSuffix) {
		err = journal.checkFinished(path, settled)
	}
	return journal, settled, err
}

// checkFinished wants a journal that has been finished to have all of its parts: a
// file that was cut off, or emptied, must not look like a run that did nothing. Of
// a run that was killed at its very beginning there is only what the later one said.
func (j *RunJournal) checkFinished(path string, settled bool) error {
	damage := damagedJournal("its end is missing")
	switch {
	case j.Ended && j.Started.IsZero(), !j.Ended && !settled:
	case j.Ended && j.Run.Planned > 0 && len(j.Begun) > j.Run.Planned:
		damage = damagedJournal(fmt.Sprintf("it has begun %d changes, and only %d were planned", len(j.Begun), j.Run.Planned))
	default:
		return nil
	}
	damage.File, damage.Line = path, 1
	return damage
}

// SettleJournal notes that a run has said what had happened in another one, and
// gives that one's journal its final name.
func (p *ProjectState) SettleJournal(journal RunJournal, by string, now time.Time) error {
	path := filepath.Join(p.journalDir(), journal.name+openSuffix)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil // another run has done it
	}
	line := journalLine{Type: lineRecovered, At: now.UTC(), By: by}
	if err := p.modes.appendLine(path, line, true); err != nil {
		return &FileError{Op: "write the journal", Path: path, Err: err, state: true}
	}
	return p.finishJournal(journal.name)
}

// read takes over the lines. It reports whether a later run has settled the
// journal already and was killed before it could rename it.
func (j *RunJournal) read(path string, content []byte) (settled bool, err error) {
	at := map[resource.Address]int{}
	sum := sha256.New()
	err = eachLine(content, func(number int, text []byte) error {
		line, damage := parseJournalLine(text)
		if damage == nil {
			damage = j.take(line, number, at)
		}
		if damage == nil && line.Sum != "" && line.Sum != sumText(sum) {
			damage = damagedJournal("the lines before its end are not as they were written")
		}
		_, _ = sum.Write(text) // it never fails
		_, _ = sum.Write([]byte{'\n'})
		if damage != nil {
			damage.File, damage.Line = path, number
			return damage
		}
		settled = settled || line.Type == lineRecovered
		return nil
	})
	return settled, err
}

// take adds one line. The error lacks its place.
func (j *RunJournal) take(line journalLine, number int, at map[resource.Address]int) *DamagedError {
	index, begun := at[line.Address]
	switch {
	case line.Type == lineRecovered: // also of a journal without any line
	case (line.Type == lineStart) != (number == 1):
		return damagedJournal("its first line, and no other, says which run it is")
	case line.Type == lineStart && line.JournalRun == nil:
		return damagedJournal("it does not say which run it is")
	case line.Type == lineStart:
		j.Run, j.Started = *line.JournalRun, line.At
	case line.Type == lineIntent && begun:
		return damagedJournal(string(line.Address) + " is begun twice")
	case line.Type == lineIntent:
		at[line.Address] = len(j.Begun)
		j.Begun = append(j.Begun, BegunChange{Change: line.change()})
	case line.Type == lineOutcome && !begun:
		return damagedJournal(string(line.Address) + " has an outcome and was never begun")
	case line.Type == lineOutcome:
		j.Begun[index].Status = line.Status
	case line.Type == lineSeen && !begun:
		return damagedJournal(string(line.Address) + " was seen and was never begun")
	case line.Type == lineSeen:
		j.Begun[index].Seen = line.Digest
	case line.Type == lineEnd:
		j.Ended = true
	}
	return nil
}

// change is the change that an intent is about.
func (l journalLine) change() resource.Change {
	change := resource.Change{
		Address: l.Address, Kind: l.Address.Kind(), ID: l.Address.ID(), Action: l.Action, Cascade: l.Cascade, Users: l.Users, WantedDigest: l.Wanted,
	}
	if l.Base != "" {
		change.BaseDigest = &l.Base
	}
	for _, field := range l.Fields {
		path := resource.Path{Field: field.Field, Key: field.Key}
		change.Fields = append(change.Fields, resource.FieldChange{
			Path: path.String(), At: path, Sensitive: field.Sensitive, Before: field.Before, After: field.After,
		})
	}
	return change
}

// parseJournalLine reads one line and checks what it must hold. The error lacks
// its place.
func parseJournalLine(text []byte) (journalLine, *DamagedError) {
	var line journalLine
	if err := json.Unmarshal(text, &line); err != nil {
		return line, damagedJournal(err.Error())
	}
	switch line.Type {
	case lineStart:
		if major, _, _ := strings.Cut(line.FormatVersion, "."); major != "1" {
			return line, &DamagedError{
				Reason: fmt.Sprintf("the journal has the format %q, and this version reads 1.x", line.FormatVersion),
				Hint:   "use the version of descope-mgmt that wrote it, or a newer one",
			}
		}
	case lineIntent, lineOutcome, lineSeen:
		if err := line.Address.Check(); err != nil {
			return line, damagedJournal(err.Error())
		}
		if line.Type == lineIntent && !slices.Contains(journalActions(), line.Action) {
			return line, damagedJournal(fmt.Sprintf("unknown action %q", line.Action))
		}
		if line.Type == lineOutcome && !slices.Contains(journalOutcomes(), line.Status) {
			return line, damagedJournal(fmt.Sprintf("unknown outcome %q", line.Status))
		}
	case lineEnd, lineRecovered:
	default:
		return line, damagedJournal(fmt.Sprintf("unknown type %q", line.Type))
	}
	return line, nil
}

func journalActions() []resource.Action {
	return []resource.Action{resource.ActionCreate, resource.ActionUpdate, resource.ActionDelete}
}

func journalOutcomes() []resource.Status {
	return []resource.Status{resource.StatusSuccess, resource.StatusFailed, resource.StatusSkipped, resource.StatusUnknown}
}

func damagedJournal(reason string) *DamagedError {
	return &DamagedError{
		Reason: "the journal is damaged: " + reason,
		Hint:   "run plan after moving the file away: it shows what is live and what is left, but not what that run had done",
	}
}
