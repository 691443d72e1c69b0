package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Store is one state folder. It is safe for concurrent use, also by several
// processes.
type Store struct {
	dir   string
	modes modes
}

// Open names the state folder. Nothing is read or made before it is needed, and
// what is made is for this user only: folders 0700, files 0600.
func Open(dir string) *Store { return &Store{dir: dir, modes: modes{folder: 0o700, file: 0o600}} }

// OpenShared is [Open] for a folder that a team shares: folders are made with
// mode 2770, so that what lies in them belongs to the folder's group, and files
// with 0660, whatever the umask is.
func OpenShared(dir string) *Store {
	return &Store{dir: dir, modes: modes{folder: 0o770 | fs.ModeSetgid, file: 0o660, shared: true}}
}

// Project is the state of one project on one host. Both names may be any
// strings: different ones never share a folder, and none leads out of the store.
// Host names are compared without regard to case.
func (s *Store) Project(host, projectID string) *ProjectState {
	return &ProjectState{
		dir: filepath.Join(s.dir, "projects", segment(strings.ToLower(host)), segment(projectID)), modes: s.modes,
	}
}

// ProjectState is the state of one project on one host.
type ProjectState struct {
	dir   string
	modes modes
}

// Dir is the project's folder; it need not exist.
func (p *ProjectState) Dir() string { return p.dir }

// Segment makes a file name of any text, a different one for each. It holds
// letters, digits and the characters . _ - % ~ only, and begins with no dot.
func Segment(text string) string { return segment(text) }

// maxSegment is well under the 255 bytes that file systems allow, since other
// names are made from folder names.
const maxSegment = 120

// segment makes a file name of any text, a different one for each: letters,
// digits, '.', '_' and '-' stand for themselves, but for a dot at the start, and
// every other byte becomes % and two hex digits. What grows too long is cut, and
// a '~', which no other segment holds, and a digest follow. The empty text is "~".
func segment(text string) string {
	var out strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.' && i > 0:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	name := out.String()
	switch {
	case name == "":
		return "~"
	case len(name) <= maxSegment:
		return name
	}
	digest := sha256.Sum256([]byte(text))
	tail := "~" + hex.EncodeToString(digest[:16])
	return name[:maxSegment-len(tail)] + tail
}
