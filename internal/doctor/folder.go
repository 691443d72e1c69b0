package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Folder is how a folder was found.
type Folder struct {
	Path   string // the folder, or the nearest one above it that is there
	Exists bool   // the folder itself is there
	Mode   fs.FileMode
	// Owner is whose it is; empty for this user, and where the system does not tell.
	Owner     string
	HasOwners bool // the system has owners and modes
	Writable  bool
	Free      uint64 // bytes; zero also where FreeKnown is false
	FreeKnown bool
}

// LookAt looks at a folder without making it. Where it is not there, Writable and
// Free are about the folder in which it would be made. The error is that of the file
// system, or says that something else is in its place.
func LookAt(dir string) (Folder, error) {
	at := filepath.Clean(dir)
	for {
		info, err := os.Stat(at)
		if err == nil {
			return describe(at, at == filepath.Clean(dir), info)
		}
		parent := filepath.Dir(at)
		if !errors.Is(err, fs.ErrNotExist) || parent == at {
			return Folder{}, err
		}
		at = parent
	}
}

func describe(path string, exists bool, info fs.FileInfo) (Folder, error) {
	if !info.IsDir() {
		return Folder{}, &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	folder := Folder{Path: path, Exists: exists, Mode: info.Mode(), Writable: mayWrite(path)}
	folder.Free, folder.FreeKnown = free(path)
	if owner, _, known := ownerOf(info); known {
		folder.HasOwners = true
		if !owner.isUser() {
			folder.Owner = owner.name()
		}
	}
	return folder, nil
}

// mostEntries bounds a search for leftovers, so that it ends soon on a slow disk.
const mostEntries = 20_000

// Leftovers counts the files below a folder that have a name of the given form and
// were last written before a time. What cannot be read is passed over, links are not
// followed, and the search ends after 20,000 entries; whole says that it did not have
// to. A folder that is not there has none.
func Leftovers(dir, prefix, suffix string, before time.Time) (paths []string, whole bool) {
	entries := 0
	whole = true
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if entries++; entries > mostEntries {
			whole = false
			return fs.SkipAll
		}
		ours := err == nil && entry.Type().IsRegular() && strings.HasPrefix(entry.Name(), prefix) && strings.HasSuffix(entry.Name(), suffix)
		if !ours {
			return nil
		}
		if info, err := entry.Info(); err == nil && info.ModTime().Before(before) {
			paths = append(paths, path)
		}
		return nil
	}) // each error is passed over
	return paths, whole
}

// Mode is how others can use a file.
type Mode struct {
	Perm fs.FileMode
	// Readable and Writable say that group or others can, by its mode. They are false
	// where the system has no such modes.
	Readable, Writable bool
}

// ModeOf looks at a file's mode, where a link leads to. The error is that of the
// file system.
func ModeOf(path string) (Mode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Mode{}, err
	}
	mode := Mode{Perm: info.Mode().Perm()}
	if _, _, known := ownerOf(info); known {
		mode.Readable, mode.Writable = mode.Perm&0o044 != 0, mode.Perm&0o022 != 0
	}
	return mode, nil
}
