package doctor_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// yard is a folder "tools/bin" with a program in it, for this user alone.
type yard struct {
	t             *testing.T
	root, program string
}

func newYard(t *testing.T) yard {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	y := yard{t, root, filepath.Join(root, "tools", "bin", "program")}
	if err := os.MkdirAll(filepath.Dir(y.program), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(y.program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return y
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func (y yard) chmod(name string, mode fs.FileMode) {
	y.t.Helper()
	chmod(y.t, filepath.Join(y.root, name), mode)
}

// chown gives a place to another user and group, which only root can.
func (y yard) chown(name string, user, group int) {
	y.t.Helper()
	if err := os.Lchown(filepath.Join(y.root, name), user, group); err != nil {
		y.t.Skipf("cannot give a file away: %v", err)
	}
}

func TestExposures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(y yard)
		want   []string // the ends of what is said, in its order
	}{
		"for this user alone": {func(yard) {}, nil},
		"the file": {
			func(y yard) { y.chmod("tools/bin/program", 0o777) },
			[]string{"tools/bin/program can be written by everybody"},
		},
		"its folder, and the one above it": {
			func(y yard) {
				y.chmod("tools/bin", 0o757)
				y.chmod("tools", 0o777)
			},
			[]string{"tools can be written by everybody", "tools/bin can be written by everybody"},
		},
		"a folder in which each may replace just their own": {
			func(y yard) { y.chmod("tools", 0o777|fs.ModeSticky) }, nil,
		},
		"a stranger's file in such a folder": {
			func(y yard) {
				y.chmod("tools", 0o777|fs.ModeSticky)
				y.chown("tools/bin/program", 54321, 0)
			},
			[]string{"tools/bin/program belongs to uid 54321"},
		},
		"a group": {
			func(y yard) {
				y.chown("tools", os.Geteuid(), 54322)
				y.chmod("tools", 0o775)
			},
			[]string{"tools can be written by the group gid 54322"},
		},
		"a stranger's folder": {
			func(y yard) { y.chown("tools", 54321, 0) },
			[]string{"tools belongs to uid 54321"},
		},
		"the gravest first": {
			func(y yard) {
				y.chown("tools", 54321, 0)
				y.chmod("tools/bin/program", 0o777)
			},
			[]string{"tools/bin/program can be written by everybody", "tools belongs to uid 54321"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t)
			test.change(y)
			y.want(y.program, test.want)
		})
	}
}

// want wants what is said of a path, from the root of the test on.
func (y yard) want(path string, ends []string) {
	y.t.Helper()
	exposures, err := doctor.Exposures(path)
	if err != nil {
		y.t.Fatal(err)
	}
	var said []string
	for _, one := range exposures {
		if rest, below := strings.CutPrefix(one.String(), y.root+"/"); below {
			said = append(said, rest)
		}
	}
	if !slices.Equal(said, ends) {
		y.t.Errorf("said %q, want %q", said, ends)
	}
}

// TestExposuresFollowLinks: whoever can replace a link, or a folder that a link leads
// through, can replace the program.
func TestExposuresFollowLinks(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	root, program := y.root, y.program
	open := filepath.Join(root, "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	link, second := filepath.Join(open, "link"), filepath.Join(root, "second")
	for path, target := range map[string]string{link: program, second: "open/link"} {
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	y.want(second, nil)
	y.chmod("open", 0o777)
	y.want(second, []string{"open can be written by everybody"})
	y.want(program, nil)
	y.chmod("open", 0o755)
	y.chmod("tools", 0o777)
	y.want(second, []string{"tools can be written by everybody"})
}

func TestExposuresOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	root := newYard(t).root
	if _, err := doctor.Exposures(filepath.Join(root, "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	one, two := filepath.Join(root, "one"), filepath.Join(root, "two")
	if err := errors.Join(os.Symlink(two, one), os.Symlink(one, two)); err != nil {
		t.Fatal(err)
	}
	if _, err := doctor.Exposures(one); err != nil { // each place is looked at once, so that it ends
		t.Errorf("a circle of links: %v", err)
	}
}

// TestALongWayOfLinks: it is followed as far as a system does, and no further.
func TestALongWayOfLinks(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	next := y.program
	for i := range 41 {
		link := filepath.Join(y.root, "link-"+strconv.Itoa(i))
		if err := os.Symlink(next, link); err != nil {
			t.Fatal(err)
		}
		next = link
	}
	if _, err := doctor.Exposures(filepath.Join(y.root, "link-39")); err != nil {
		t.Errorf("40 links: %v", err)
	}
	if _, err := doctor.Exposures(next); err == nil || !strings.Contains(err.Error(), "more than 40 links") {
		t.Errorf("41 links: %v", err)
	}
}
