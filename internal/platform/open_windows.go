package platform

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// NoFollow are flags of [os.OpenFile] that open a symbolic link itself and not
// what it leads to.
const NoFollow = syscall.FILE_FLAG_OPEN_REPARSE_POINT

// OpenNoFollow is [os.OpenFile] that refuses a symbolic link at the end of the
// path: its error then matches [syscall.ELOOP]. Others may rename the file while
// it is open, as they may elsewhere. Of the flags it knows those for reading,
// writing, appending and creating, alone or not.
//
// The mode counts for nothing: a new file gets the access list of its folder.
func OpenNoFollow(path string, flag int, _ fs.FileMode) (*os.File, error) {
	fail := func(err error) (*os.File, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return fail(err)
	}
	access, create := uint32(windows.GENERIC_READ), uint32(windows.OPEN_EXISTING)
	attributes := uint32(windows.FILE_ATTRIBUTE_NORMAL | windows.FILE_FLAG_OPEN_REPARSE_POINT)
	switch {
	case flag&os.O_APPEND != 0: // without the right to write elsewhere, each write goes to the end
		access |= windows.FILE_APPEND_DATA | windows.FILE_WRITE_ATTRIBUTES | windows.SYNCHRONIZE
	case flag&(os.O_RDWR|os.O_WRONLY) != 0:
		access |= windows.GENERIC_WRITE
	default:
		attributes |= windows.FILE_FLAG_BACKUP_SEMANTICS // a folder opens too, and is refused for what it is
	}
	switch {
	case flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		create = windows.CREATE_NEW
	case flag&os.O_CREATE != 0:
		create = windows.OPEN_ALWAYS
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	handle, err := windows.CreateFile(name, access, share, nil, create, attributes, 0)
	if err != nil {
		return fail(err)
	}
	file := os.NewFile(uintptr(handle), path)
	info, err := file.Stat()
	if err == nil && info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
		err = syscall.ELOOP
	}
	if err != nil {
		_ = file.Close() // nothing was written
		return fail(err)
	}
	return file, nil
}

// SyncFolder does nothing: Windows has no such call for folders, and keeps the
// order of names in the journal of its file system.
func SyncFolder(string) error { return nil }

// ChmodFolder does nothing: the access list of the folder above decides.
func ChmodFolder(string, fs.FileMode) error { return nil }
