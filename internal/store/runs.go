package store

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxStartLine bounds the first line of a journal, which says whose it is.
const maxStartLine = 64 << 10

// Journal reads the journal of a run, finished or not. Where there is none, or
// none any more, the error matches [fs.ErrNotExist].
func (p *ProjectState) Journal(runID string) (RunJournal, error) {
	name := segment(runID)
	journal, _, err := p.readJournal(name + finishedSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		journal, _, err = p.readJournal(name + openSuffix)
	}
	return journal, err
}

// NewestRun is the id of the run that was begun last, of those whose journals
// are kept; empty when there is none. Runs that do not say their order, since an
// older version wrote them, come before all others, by their times. A journal that
// may be that of the newest run and cannot be read is a *[DamagedError].
func (p *ProjectState) NewestRun() (string, error) {
	var newest journalLine
	var name string
	var damaged error
	var damagedName string
	for _, suffix := range []string{finishedSuffix, openSuffix} {
		names, err := p.journals(suffix)
		if err != nil {
			return "", err
		}
		for _, one := range names {
			start, err := readStart(filepath.Join(p.journalDir(), one))
			switch {
			case errors.Is(err, fs.ErrNotExist): // it was finished meanwhile
			case err != nil:
				if second(one) >= second(damagedName) {
					damaged, damagedName = err, one
				}
			case start.JournalRun == nil: // its run was killed before it had begun
			case name == "" || startsLater(start, newest):
				newest, name = start, one
			}
		}
	}
	if damaged != nil && second(damagedName) >= second(name) {
		return "", damaged
	}
	if name == "" {
		return "", nil
	}
	return newest.RunID, nil
}

// startsLater compares two starts.
func startsLater(a, b journalLine) bool {
	return cmp.Or(cmp.Compare(a.Order, b.Order), a.At.Compare(b.At)) > 0
}

// nextOrder is the number of a run that begins now. One run at a time does that.
func (p *ProjectState) nextOrder() (int, error) {
	highest := 0
	for _, suffix := range []string{finishedSuffix, openSuffix} {
		names, err := p.journals(suffix)
		if err != nil {
			return 0, err
		}
		for _, name := range names {
			if start, err := readStart(filepath.Join(p.journalDir(), name)); err == nil {
				highest = max(highest, start.Order)
			}
		}
	}
	return highest + 1, nil
}

// inOrder sorts names of journals, the run that was begun first in front. Those
// that cannot be read count as the oldest.
func (p *ProjectState) inOrder(names []string) []string {
	starts := map[string]journalLine{}
	for _, name := range names {
		if start, err := readStart(filepath.Join(p.journalDir(), name)); err == nil {
			starts[name] = start
		}
	}
	return slices.SortedStableFunc(slices.Values(names), func(a, b string) int { return cmp.Compare(starts[a].Order, starts[b].Order) })
}

// second is the time in a run's id.
func second(name string) string {
	stamp, _, _ := strings.Cut(name, "-")
	return stamp
}

// readStart reads the first line of a journal; it is empty where the line was
// not written to its end, which in a finished journal is damage.
func readStart(path string) (journalLine, error) {
	file, err := openRegular(path, os.O_RDONLY, 0)
	if err != nil {
		return journalLine{}, &FileError{Op: "read the journal", Path: path, Err: err, state: true}
	}
	defer func() { _ = file.Close() }() // only read
	text, err := bufio.NewReaderSize(file, maxStartLine).ReadSlice('\n')
	finished := !strings.HasSuffix(path, openSuffix)
	if err != nil && !finished || bytes.HasSuffix(text, []byte(tornMark+"\n")) {
		return journalLine{}, nil
	}
	var line journalLine
	damage := damagedJournal("it does not say which run it is")
	if err == nil {
		line, damage = parseJournalLine(text)
	}
	if damage != nil {
		damage.File, damage.Line = path, 1
		return journalLine{}, damage
	}
	return line, nil
}

// BackupsInUse gives the paths of the backups that unfinished journals name, of
// all projects and hosts: somebody may still have to go back to them.
func (s *Store) BackupsInUse() (map[string]bool, error) {
	journals, err := filepath.Glob(filepath.Join(globEscape(s.dir), "projects", "*", "*", journalFolder, "*"+openSuffix))
	if err != nil {
		return nil, err
	}
	inUse := map[string]bool{}
	for _, path := range journals {
		start, err := readStart(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its run has just finished it
		}
		if err != nil {
			return nil, err
		}
		if start.JournalRun != nil && start.Backup != "" {
			inUse[start.Backup] = true
		}
	}
	return inUse, nil
}

// globEscape makes a pattern that matches just this path.
func globEscape(path string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "?", "\\?", "[", "\\[").Replace(path)
}
