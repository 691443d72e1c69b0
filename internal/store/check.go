package store

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// FinishedJournals is what a look at the journals of runs that are over has found.
type FinishedJournals struct {
	Kept int // journals
	// Newest says why the run that was begun last could not be undone; nil where it
	// could, and where there is none.
	Newest error
	// Damaged are those whose beginning cannot be read, oldest first, the newest one
	// among them where it is such a one. Each is a *[DamagedError] or a *[FileError].
	Damaged []error
}

// CheckFinished looks at the journals as somebody would who wants to undo a run: it
// reads that of the run that was begun last to its end, and the beginning of each
// other one. The error is a *[FileError].
func (p *ProjectState) CheckFinished() (FinishedJournals, error) {
	names, err := p.journals(finishedSuffix)
	if err != nil {
		return FinishedJournals{}, err
	}
	found := FinishedJournals{Kept: len(names)}
	for _, name := range names {
		if _, err := readStart(filepath.Join(p.journalDir(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			found.Damaged = append(found.Damaged, err)
		}
	}
	newest, err := p.NewestRun()
	if err == nil && newest != "" {
		_, err = p.Journal(newest)
	}
	if !errors.Is(err, fs.ErrNotExist) { // otherwise somebody has just removed it
		found.Newest = err
	}
	return found, nil
}

// OwnershipEmptied reports whether there is a record of ownership without a single
// whole line. None of ours is left so but by a machine or a disk that failed at the
// very first write: it counts as a record of nothing, and so nothing would be pruned.
// Errors are those of [ProjectState.Owned], but for damage.
func (p *ProjectState) OwnershipEmptied() (bool, error) {
	path := p.OwnershipPath()
	content, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, &FileError{Op: "read the ownership record", Path: path, Err: err, state: true}
	}
	lines := 0
	_ = eachLine(content, func(int, []byte) error { lines++; return nil }) // no line is refused
	return lines == 0, nil
}
