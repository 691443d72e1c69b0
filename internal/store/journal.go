package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	journalFolder = "journals"
	// openSuffix ends the name of a journal that somebody may have to look at: its
	// run goes on, was killed, or has left changes whose outcome nobody knows.
	openSuffix     = ".open.jsonl"
	finishedSuffix = ".jsonl"

	// keptJournals is how many finished journals of a project are kept: so many
	// runs can be undone.
	keptJournals = 50
)

// journalFormat is the version of a journal: minor additions are allowed, a new
// major is refused by readers.
const journalFormat = "1.0"

// The types of a journal's lines.
const (
	lineStart     = "start"     // the run, once, at the top
	lineIntent    = "intent"    // a change is about to be sent
	lineOutcome   = "outcome"   // what came of it; the last one counts
	lineSeen      = "seen"      // what was live when the run had verified its result
	lineEnd       = "end"       // the run ended by itself
	lineRecovered = "recovered" // a later run has said what had happened
)

// journalLine is one line; each type has its own fields.
type journalLine struct {
	FormatVersion string    `json:"format_version,omitempty"` // start
	Type          string    `json:"type"`
	At            time.Time `json:"at"`
	Order         int       `json:"order,omitempty"` // start: higher than that of each run before, whatever the clock says
	*JournalRun             // start

	Address resource.Address `json:"address,omitempty"` // intent, outcome
	Action  resource.Action  `json:"action,omitempty"`  // intent
	Cascade bool             `json:"cascade,omitempty"` // intent
	Users   *int             `json:"users,omitempty"`   // intent: members of what is deleted
	Base    string           `json:"base,omitempty"`    // intent, of a flow: the digest of its document before
	Wanted  string           `json:"wanted,omitempty"`  // likewise, of the document that it is to have
	Fields  []journalField   `json:"fields,omitempty"`  // intent
	Status  resource.Status  `json:"status,omitempty"`  // outcome
	Code    string           `json:"code,omitempty"`    // outcome: of the error, if any
	Digest  string           `json:"digest,omitempty"`  // seen
	By      string           `json:"by,omitempty"`      // recovered: the later run
	Sum     string           `json:"sum,omitempty"`     // end: SHA-256 of all lines before, with their line feeds
}

// journalField is one managed value before and after, so that a later run can
// recognise what it finds. Sensitive values are left out.
type journalField struct {
	Field     string         `json:"field"`
	Key       string         `json:"key,omitempty"`
	Sensitive bool           `json:"sensitive,omitempty"`
	Before    resource.Value `json:"before"`
	After     resource.Value `json:"after"`
}

// JournalRun says whose journal it is.
type JournalRun struct {
	RunID      string `json:"run_id"`
	User       string `json:"user"`
	Host       string `json:"host"`
	PID        int    `json:"pid"`
	Command    string `json:"command"`
	PlanDigest string `json:"plan_digest"`
	Planned    int    `json:"planned"`          // changes that write
	Backup     string `json:"backup,omitempty"` // path of the backup taken before
}

// Journal is what one run writes down: each change before it is sent, and what
// came of it. A line is one write, so that a process which is killed loses no
// line that was there; an intent is also on disk before [Journal.Intent]
// returns. It is safe for concurrent use. After the first failed write nothing
// more is written, and everything fails with that error.
type Journal struct {
	project *ProjectState
	name    string // of the file, without its suffix
	now     func() time.Time
	file    *os.File
	flush   func() error // brings the file to disk

	mu       sync.Mutex
	turn     *sync.Cond // somebody has finished a sync
	written  int        // lines
	synced   int        // lines of which it is certain that they are on disk
	syncing  bool
	failure  error
	sum      hash.Hash                 // of the lines
	unsolved map[resource.Address]bool // begun, without a certain outcome
}

func (p *ProjectState) journalDir() string { return filepath.Join(p.dir, journalFolder) }

// StartJournal begins the journal of a run; the caller must call [Journal.End]
// or [Journal.Leave].
// It is on disk when StartJournal returns. Errors are of type *[FileError].
func (p *ProjectState) StartJournal(run JournalRun, now func() time.Time) (*Journal, error) {
	name := segment(run.RunID)
	path := filepath.Join(p.journalDir(), name+openSuffix)
	if err := p.modes.makeFolder(p.journalDir()); err != nil {
		return nil, &FileError{Op: "make the folder of the journals", Path: p.journalDir(), Err: err, state: true}
	}
	order, err := p.nextOrder()
	if err != nil {
		return nil, err
	}
	file, err := p.modes.open(path, os.O_EXCL)
	if err == nil {
		err = platform.SyncFolder(p.journalDir())
	}
	if err != nil {
		return nil, &FileError{Op: "begin the journal", Path: path, Err: err, state: true}
	}
	journal := &Journal{project: p, name: name, now: now, file: file, flush: file.Sync, sum: sha256.New(), unsolved: map[resource.Address]bool{}}
	journal.turn = sync.NewCond(&journal.mu)
	if err := journal.add(journalLine{FormatVersion: journalFormat, Type: lineStart, Order: order, JournalRun: &run}, true); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return journal, nil
}

// Intent says that a change is about to be sent. When it returns nil the line is
// on disk. Concurrent calls share their syncs.
func (j *Journal) Intent(change resource.Change) error {
	line := journalLine{Type: lineIntent, Address: change.Address, Action: change.Action, Cascade: change.Cascade, Users: change.Users}
	if change.Kind == resource.KindFlow {
		line.Wanted = change.WantedDigest
		if change.Flow != nil && !change.Flow.Before.IsAbsent() {
			line.Base = change.Flow.Before.Digest()
		}
	}
	for _, changed := range change.Fields {
		field := journalField{Field: changed.At.Field, Key: changed.At.Key, Sensitive: changed.Sensitive}
		if !changed.Sensitive {
			field.Before, field.After = changed.Before, changed.After
		}
		line.Fields = append(line.Fields, field)
	}
	return j.add(line, true)
}

// Outcome says what came of a change. A later outcome of the same change
// replaces it. The line is on disk at the latest with the next intent, or with
// the end: should the machine fail before, the next run looks at what is live.
func (j *Journal) Outcome(result resource.Result) error {
	line := journalLine{Type: lineOutcome, Address: result.Address, Status: result.Status}
	if result.Error != nil {
		line.Code = result.Error.Code
	}
	return j.add(line, false)
}

// Seen notes the digest of an object as it was when the run had verified its
// result, so that a later look can tell whether somebody has changed it since.
func (j *Journal) Seen(address resource.Address, digest string) error {
	return j.add(journalLine{Type: lineSeen, Address: address, Digest: digest}, false)
}

// End closes the journal of a run that ended by itself, and removes the oldest
// of those that nobody needs. Where the outcome of a change is unknown the next
// run looks at it.
func (j *Journal) End() error {
	err := j.add(journalLine{Type: lineEnd}, true)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure == nil {
		j.failure = &FileError{Op: "write the journal", Path: j.file.Name(), Err: os.ErrClosed}
	}
	if failure := j.file.Close(); err == nil && failure != nil {
		err = &FileError{Op: "write the journal", Path: j.file.Name(), Err: failure, state: true}
	}
	if err != nil || len(j.unsolved) > 0 {
		return err
	}
	return j.project.finishJournal(j.name)
}

// Leave closes the journal of a run whose end could not be recorded elsewhere. It
// stays open to the next run, which looks at it as at that of a killed one.
func (j *Journal) Leave() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure != nil {
		return errors.Join(j.failure, j.file.Close())
	}
	err := errors.Join(j.flush(), j.file.Close())
	if j.fail(os.ErrClosed); err != nil {
		return &FileError{Op: "write the journal", Path: j.file.Name(), Err: err, state: true}
	}
	return nil
}

// add writes one line. With durable it returns when the line is on disk: one of
// the waiting goroutines syncs for all whose lines were written by then.
func (j *Journal) add(line journalLine, durable bool) error {
	line.At = j.now().UTC()
	text, err := encodeLine(line)
	j.mu.Lock()
	defer j.mu.Unlock()
	if line.Type == lineEnd {
		line.Sum = sumText(j.sum)
		text, err = encodeLine(line)
	}
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if j.failure != nil {
		return j.failure
	}
	if _, err := j.file.Write(text); err != nil {
		j.fail(err)
		return j.failure
	}
	j.note(line)
	_, _ = j.sum.Write(text) // it never fails
	j.written++
	for mine := j.written; durable && j.synced < mine && j.failure == nil; {
		if j.syncing {
			j.turn.Wait()
			continue
		}
		j.sync()
	}
	return j.failure
}

// note keeps count of the changes whose outcome is not certain.
func (j *Journal) note(line journalLine) {
	switch {
	case line.Type == lineIntent:
		j.unsolved[line.Address] = true
	case line.Type != lineOutcome:
	case line.Status == resource.StatusUnknown:
		j.unsolved[line.Address] = true
	default:
		delete(j.unsolved, line.Address)
	}
}

// sync brings everything written so far to disk. It is called with the mutex
// held, and gives it up in between.
func (j *Journal) sync() {
	j.syncing = true
	upTo := j.written
	j.mu.Unlock()
	err := j.flush()
	j.mu.Lock()
	j.syncing = false
	if err != nil {
		j.fail(err)
	} else {
		j.synced = upTo
	}
	j.turn.Broadcast()
}

func (j *Journal) fail(err error) {
	if j.failure == nil {
		j.failure = &FileError{Op: "write the journal", Path: j.file.Name(), Err: err, state: true}
	}
}

// finishJournal gives a journal its final name, and removes the oldest of those
// that have one, never this one. A journal that somebody else has finished is no error.
func (p *ProjectState) finishJournal(name string) error {
	path := filepath.Join(p.journalDir(), name+openSuffix)
	err := os.Rename(path, filepath.Join(p.journalDir(), name+finishedSuffix))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &FileError{Op: "finish the journal", Path: path, Err: err, state: true}
	}
	names, err := p.journals(finishedSuffix)
	if err != nil {
		return err
	}
	if len(names) <= keptJournals {
		return nil
	}
	names = slices.DeleteFunc(p.inOrder(names), func(other string) bool { return other == name+finishedSuffix })
	for len(names) >= keptJournals {
		if err := removeIfThere(filepath.Join(p.journalDir(), names[0])); err != nil {
			return err
		}
		names = names[1:]
	}
	return nil
}

// sumText is a sum as lines show it.
func sumText(sum hash.Hash) string { return "sha256:" + hex.EncodeToString(sum.Sum(nil)) }

// journals lists the names of the open or of the finished journals, sorted: a
// run's id begins with its time, as its clock had it.
func (p *ProjectState) journals(suffix string) ([]string, error) {
	entries, err := os.ReadDir(p.journalDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &FileError{Op: "read the folder of the journals", Path: p.journalDir(), Err: err, state: true}
	}
	var names []string
	for _, entry := range entries {
		open := strings.HasSuffix(entry.Name(), openSuffix)
		if strings.HasSuffix(entry.Name(), suffix) && open == (suffix == openSuffix) {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
