package store

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
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
// are kept; empty when there is none. Runs of one second are told apart by what
// their journals say.
func (p *ProjectState) NewestRun() (string, error) {
	var newest string
	var began time.Time
	for _, suffix := range []string{finishedSuffix, openSuffix} {
		names, err := p.journals(suffix)
		if err != nil {
			return "", err
		}
		for _, name := range slices.Backward(names) {
			if newest != "" && second(name) < second(newest) {
				break
			}
			start, err := readStart(filepath.Join(p.journalDir(), name))
			if errors.Is(err, fs.ErrNotExist) || err == nil && start.JournalRun == nil {
				continue // it was finished meanwhile, or its run was killed before it had begun
			}
			if err != nil {
				return "", err
			}
			if newest == "" || start.At.After(began) {
				newest, began = start.RunID, start.At
			}
		}
	}
	return newest, nil
}

// second is the time in a run's id.
func second(name string) string {
	stamp, _, _ := strings.Cut(name, "-")
	return stamp
}

// readStart reads the first line of a journal; it is empty where the line was
// not written to its end.
func readStart(path string) (journalLine, error) {
	file, err := os.Open(path)
	if err != nil {
		return journalLine{}, &FileError{Op: "read the journal", Path: path, Err: err, state: true}
	}
	defer func() { _ = file.Close() }() // only read
	text, err := bufio.NewReaderSize(file, maxStartLine).ReadSlice('\n')
	if err != nil {
		return journalLine{}, nil
	}
	line, damage := parseJournalLine(text)
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
