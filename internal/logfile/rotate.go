package logfile

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
)

// makeRoom rotates the file, under the lock, when so many bytes more would pass
// the limit, and returns [errRotated] then. An empty file takes a line of any
// length.
func (f *File) makeRoom(more int64) error {
	size, err := f.size()
	fits := size == 0 || size+more <= f.options.Limit && size < f.options.Limit
	if err != nil || fits || f.stuck || !f.alone {
		return err
	}
	if err := f.shift(); err != nil {
		f.stuck = true // and not tried again with each line
		return &FileError{Op: "rotate", Path: f.path, Err: err}
	}
	next, err := open(f.path)
	if err != nil {
		return &FileError{Op: "open", Path: f.path, Err: err} // the line goes into the old file
	}
	_ = f.file.Close() // and its lock goes with it
	f.file, f.alone = next, false
	return errRotated
}

// shift gives each file the next number, the last first, so that a kill between
// two renames loses nothing: it leaves a gap, and the next shift ends there. Only
// where there is no gap the oldest file is replaced.
func (f *File) shift() error {
	free := 1
	for ; free < f.options.Keep; free++ {
		_, err := os.Lstat(f.numbered(free))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
	}
	for number := free; number > 0; number-- {
		if err := os.Rename(f.numbered(number-1), f.numbered(number)); err != nil {
			return err
		}
	}
	return nil
}

// numbered is the name of an older file; 0 is the file that is written.
func (f *File) numbered(number int) string {
	if number == 0 {
		return f.path
	}
	return f.path + "." + strconv.Itoa(number)
}
