package store

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// JournalGoneError is a journal that somebody has removed or replaced while its
// run was at work: what is written to it now nobody will ever read.
type JournalGoneError struct{ Path string }

// Error names the path.
func (e *JournalGoneError) Error() string {
	return fmt.Sprintf("the journal of the run is not there any more: %s", e.Path)
}

// Fault is the error as documents show it.
func (e *JournalGoneError) Fault() resource.Fault {
	return resource.Fault{
		Code: "journal_gone", Message: e.Error(),
		Hint: "find out who moves or removes the state folder, then run again: the next plan shows what is left",
	}
}

// Check is nil as long as the journal's file is still the one under its name;
// otherwise it is a *[JournalGoneError]. It costs two looks at the file system, so
// that it can stand before every single write.
func (j *Journal) Check() error {
	ours, err := j.file.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Lstat(j.file.Name()); err == nil && os.SameFile(ours, there) {
			return nil
		}
	}
	return &JournalGoneError{Path: j.file.Name()}
}
