package doctor_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
)

// place makes a folder "tools/bin" with a program in it, for this user alone.
func place(t *testing.T) (root, program string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(root, "tools", "bin", "program")
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return root, program
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// chown gives a path to another user and group, which only root can.
func chown(t *testing.T, path string, user, group int) {
	t.Helper()
	if err := os.Lchown(path, user, group); err != nil {
		t.Skipf("cannot give a file away: %v", err)
	}
}

func TestExposures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(t *testing.T, root, program string)
		want   []string // the ends of what is said, in its order
	}{
		"for this user alone": {func(*testing.T, string, string) {}, nil},
		"the file": {
			func(t *testing.T, _, program string) { chmod(t, program, 0o777) },
			[]string{"tools/bin/program can be written by everybody"},
		},
		"its folder, and the one above it": {
			func(t *testing.T, root, _ string) {
				chmod(t, filepath.Join(root, "tools", "bin"), 0o757)
				chmod(t, filepath.Join(root, "tools"), 0o777)
			},
			[]string{"tools can be written by everybody", "tools/bin can be written by everybody"},
		},
		"a folder in which each may replace just their own": {
			func(t *testing.T, root, _ string) { chmod(t, filepath.Join(root, "tools"), 0o777|fs.ModeSticky) }, nil,
		},
		"a stranger's file in such a folder": {
			func(t *testing.T, root, program string) {
				chmod(t, filepath.Join(root, "tools"), 0o777|fs.ModeSticky)
				chown(t, program, 54321, 0)
			},
			[]string{"tools/bin/program belongs to uid 54321"},
		},
		"a group": {
			func(t *testing.T, root, _ string) {
				chown(t, filepath.Join(root, "tools"), os.Geteuid(), 54322)
				chmod(t, filepath.Join(root, "tools"), 0o775)
			},
			[]string{"tools can be written by the group gid 54322"},
		},
		"a stranger's folder": {
			func(t *testing.T, root, _ string) { chown(t, filepath.Join(root, "tools"), 54321, 0) },
			[]string{"tools belongs to uid 54321"},
		},
		"the gravest first": {
			func(t *testing.T, root, program string) {
				chown(t, filepath.Join(root, "tools"), 54321, 0)
				chmod(t, program, 0o777)
			},
			[]string{"tools/bin/program can be written by everybody", "tools belongs to uid 54321"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, program := place(t)
			test.change(t, root, program)
			want(t, root, program, test.want)
		})
	}
}

// want wants what is said of a path, from the root of the test on.
func want(t *testing.T, root, path string, ends []string) {
	t.Helper()
	exposures, err := doctor.Exposures(path)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, one := range exposures {
		if rest, below := strings.CutPrefix(one.String(), root+"/"); below {
			said = append(said, rest)
		}
	}
	if !slices.Equal(said, ends) {
		t.Errorf("said %q, want %q", said, ends)
	}
}

// TestExposuresFollowLinks: whoever can replace a link, or a folder that a link leads
// through, can replace the program.
func TestExposuresFollowLinks(t *testing.T) {
	t.Parallel()
	root, program := place(t)
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
	want(t, root, second, nil)
	chmod(t, open, 0o777)
	want(t, root, second, []string{"open can be written by everybody"})
	want(t, root, program, nil)
	chmod(t, open, 0o755)
	chmod(t, filepath.Join(root, "tools"), 0o777)
	want(t, root, second, []string{"tools can be written by everybody"})
}

func TestExposuresOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	root, _ := place(t)
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
