package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockFolder holds one file for the present holder of the lock, named by its
// generation; those of holders before it are removed on occasion, and the
// highest number counts. Taking the lock is making the file with the next
// number, which a file system, also a network's, lets only one process do, so
// that two takers of a dead lock cannot both believe that they have it. A number
// is never given twice, because the highest file is never removed: a lock is
// released by a mark in it.
const lockFolder = "lock"

const lockSuffix = ".json"

// lockFormat is the version of a lock's file: minor additions are allowed, a
// new major is refused by readers.
const lockFormat = "1.0"

// maxLockFile is more than any lock's file has; what is longer is none.
const maxLockFile = 1 << 20

// lockRecord is the content of a lock's file.
type lockRecord struct {
	FormatVersion string `json:"format_version"`
	Holder
	Released bool `json:"released"`
}

func (p *ProjectState) lockDir() string { return filepath.Join(p.dir, lockFolder) }

func (p *ProjectState) lockPath(generation int) string {
	return filepath.Join(p.lockDir(), strconv.Itoa(generation)+lockSuffix)
}

// generations lists the numbers of the lock's files, in no order.
func (p *ProjectState) generations() ([]int, error) {
	entries, err := os.ReadDir(p.lockDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &FileError{Op: "read the folder of the lock", Path: p.lockDir(), Err: err, state: true}
	}
	var numbers []int
	for _, entry := range entries {
		digits, named := strings.CutSuffix(entry.Name(), lockSuffix)
		number, err := strconv.Atoi(digits)
		if named && err == nil && number > 0 && strconv.Itoa(number) == digits {
			numbers = append(numbers, number)
		}
	}
	return numbers, nil
}

// generation is the highest number; 0 when there is none.
func (p *ProjectState) generation() (int, error) {
	numbers, err := p.generations()
	highest := 0
	for _, number := range numbers {
		highest = max(highest, number)
	}
	return highest, err
}

// readLock reads the file that counts. It may be removed between looking and
// reading, and then there is a higher one.
func (p *ProjectState) readLock() (generation int, record lockRecord, err error) {
	for range maxRestarts {
		generation, err = p.generation()
		if err != nil || generation == 0 {
			return generation, lockRecord{}, err
		}
		record, err = readLockFile(p.lockPath(generation))
		if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESTALE) {
			return generation, record, err
		}
	}
	return generation, lockRecord{}, err
}

func readLockFile(path string) (lockRecord, error) {
	content, err := readStartOf(path, maxLockFile+1)
	if err != nil {
		return lockRecord{}, &FileError{Op: "read the lock", Path: path, Err: err, state: true}
	}
	var record lockRecord
	if len(content) > maxLockFile {
		err = fmt.Errorf("it is longer than %d bytes", maxLockFile)
	} else {
		err = json.Unmarshal(content, &record)
	}
	if err != nil {
		return lockRecord{}, &DamagedError{
			File: path, Line: 1, Reason: "the lock's record is damaged: " + err.Error(),
			Hint: "make sure that nobody is writing to the project, then run descope-mgmt lock release --force",
		}
	}
	if major, _, _ := strings.Cut(record.FormatVersion, "."); major != "1" {
		return lockRecord{}, &DamagedError{
			File: path, Line: 1, Reason: fmt.Sprintf("the lock's record has the format %q, and this version reads 1.x", record.FormatVersion),
			Hint: "use the version of descope-mgmt that wrote it, or a newer one",
		}
	}
	return record, nil
}

// takeLock makes the file of a generation, whole or not at all, and reports
// whether this process was the one that made it.
func (p *ProjectState) takeLock(generation int, record lockRecord) (bool, error) {
	path := p.lockPath(generation)
	if err := p.modes.makeFolder(p.lockDir()); err != nil {
		return false, &FileError{Op: "make the folder of the lock", Path: p.lockDir(), Err: err, state: true}
	}
	content, err := encodeLine(record)
	if err == nil {
		err = create(path, content, p.modes.file)
	}
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, &FileError{Op: "take the lock", Path: path, Err: err, state: true}
	}
	// Between looking and making the file others may have gone through this
	// number and removed it: then a higher one exists, and this one is nobody's.
	numbers, err := p.generations()
	if err != nil {
		return false, errors.Join(err, removeIfThere(path))
	}
	for _, number := range numbers {
		if number > generation {
			return false, removeIfThere(path)
		}
	}
	for _, number := range numbers {
		if number < generation {
			_ = removeIfThere(p.lockPath(number)) // it counts no longer, and the next taker tries again
		}
	}
	return true, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &FileError{Op: "remove", Path: path, Err: err, state: true}
	}
	return nil
}
