package doctor

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Who is somebody else that can replace a file.
type Who int

// From the one that is least to be wondered at.
const (
	Owner     Who = iota // of a place on the way, neither the user nor root
	GroupOf              // all members of a group
	Everybody            // every user of the machine
)

// Exposure is a place on the way to a file at which somebody else can put another
// one in its place.
type Exposure struct {
	Path string
	Who  Who
	Name string // of the owner or group
}

// String says it in words.
func (e Exposure) String() string {
	switch e.Who {
	case Everybody:
		return e.Path + " can be written by everybody"
	case GroupOf:
		return fmt.Sprintf("%s can be written by the group %s", e.Path, e.Name)
	default:
		return fmt.Sprintf("%s belongs to %s", e.Path, e.Name)
	}
}

// maxLinks is how many links one way may have, as the kernel has it.
const maxLinks = 40

// Exposures lists who else can replace a file or folder, which must exist: by
// writing it, or by writing a folder on the way to it, links included. The path must
// be absolute. In a folder with the sticky bit everybody may write, and replace just
// what is their own. Root is trusted, and so is the user's own group, which has the
// user's name. Access lists are not seen. The result is sorted by path, the gravest
// first; it is empty where the system has no such modes.
func Exposures(path string) ([]Exposure, error) {
	walk := &walk{seen: map[string]bool{}}
	if err := walk.to(path); err != nil {
		return nil, err
	}
	slices.SortFunc(walk.found, func(a, b Exposure) int {
		return cmp.Or(cmp.Compare(b.Who, a.Who), strings.Compare(a.Path, b.Path))
	})
	return slices.Compact(walk.found), nil
}

// walk is the way to a file.
type walk struct {
	seen  map[string]bool
	links int
	found []Exposure
}

// to goes from the root to a path, and follows each link on the way.
func (w *walk) to(path string) error {
	path = filepath.Clean(path)
	if w.seen[path] {
		return nil
	}
	w.seen[path] = true
	if parent := filepath.Dir(path); parent != path {
		if err := w.to(parent); err != nil {
			return err
		}
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	w.look(path, info)
	if info.Mode()&fs.ModeSymlink == 0 {
		return nil
	}
	if w.links++; w.links > maxLinks {
		return &fs.PathError{Op: "follow", Path: path, Err: fmt.Errorf("more than %d links", maxLinks)}
	}
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	return w.to(target)
}

// look notes who can write one place.
func (w *walk) look(path string, info fs.FileInfo) {
	owner, group, known := ownerOf(info)
	if !known {
		return
	}
	if !owner.trusted() {
		w.found = append(w.found, Exposure{path, Owner, owner.name()})
	}
	mode := info.Mode()
	if mode&fs.ModeSymlink != 0 || mode.IsDir() && mode&fs.ModeSticky != 0 {
		return // a link has no mode of its own
	}
	switch {
	case mode.Perm()&0o002 != 0:
		w.found = append(w.found, Exposure{path, Everybody, ""})
	case mode.Perm()&0o020 != 0 && !group.trusted():
		w.found = append(w.found, Exposure{path, GroupOf, group.name()})
	}
}
