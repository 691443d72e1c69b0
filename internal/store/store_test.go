package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestProjectsHaveTheirOwnFolders(t *testing.T) {
	long := strings.Repeat("x", 300)
	cases := []struct{ name, host, project, want string }{
		{"plain", "api.descope.com", "P2abcXYZ", "api.descope.com/P2abcXYZ"},
		{"port", "127.0.0.1:8787", "P2", "127.0.0.1%3A8787/P2"},
		{"IPv6", "[::1]:80", "P2", "%5B%3A%3A1%5D%3A80/P2"},
		{"host in capitals", "API.Descope.com", "P2", "api.descope.com/P2"},
		{"nothing", "", "", "~/~"},
		{"upwards", "..", "../../etc/passwd", "%2E./%2E.%2F..%2Fetc%2Fpasswd"},
		{"here", ".", "./", "%2E/%2E%2F"},
		{"hidden", ".host", ".ssh", "%2Ehost/%2Essh"},
		{"odd bytes", "a\x00b", "é\n\\", "a%00b/%C3%A9%0A%5C"},
		{"the escapes themselves", "a%3a", "~", "a%253a/%7E"},
		{"too long", "h", long, "h/" + long[:87] + "~"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := store.Open("/state").Project(c.host, c.project).Dir()
			if strings.HasSuffix(c.want, "~") && c.project != "" { // a digest follows
				if len(filepath.Base(got)) != 120 {
					t.Errorf("the name has %d bytes: %s", len(filepath.Base(got)), got)
				}
				got = got[:len(got)-32]
			}
			if want := "/state/projects/" + c.want; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// TestFoldersNeverMeetNorEscape for any two names.
func TestFoldersNeverMeetNorEscape(t *testing.T) {
	text := rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("aA%~.:/\\\x00é-")), 0, 6, -1),
		rapid.StringOfN(rapid.RuneFrom([]rune("a:")), 100, 200, -1),
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(raw []byte) string { return string(raw) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		dirA, dirB := store.Open("/s").Project("h", a).Dir(), store.Open("/s").Project("h", b).Dir()
		if (a == b) != (dirA == dirB) {
			t.Errorf("%q and %q give %s and %s", a, b, dirA, dirB)
		}
		if filepath.Dir(dirA) != "/s/projects/h" || filepath.Clean(dirA) != dirA || len(filepath.Base(dirA)) > 120 {
			t.Errorf("%q gives %q", a, dirA)
		}
	})
}

func TestNothingIsMadeBeforeItIsNeeded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	project := store.Open(dir).Project("h", "P")
	owned, err := project.Owned()
	if err != nil || owned == nil || len(owned) != 0 {
		t.Errorf("got %v, %v", owned, err)
	}
	if err := errors.Join(project.Own(testTime), project.Disown(testTime)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestFoldersAndFilesAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := store.Open(dir).Project("h", "P").Own(testTime, "tenant/a"); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestProjectsDoNotShareOwnership(t *testing.T) {
	state := store.Open(t.TempDir())
	if err := state.Project("api.descope.com", "P1").Own(testTime, "tenant/a"); err != nil {
		t.Fatal(err)
	}
	for _, other := range []*store.ProjectState{state.Project("127.0.0.1:8787", "P1"), state.Project("api.descope.com", "P2")} {
		if owned, err := other.Owned(); err != nil || len(owned) != 0 {
			t.Errorf("%s: %v, %v", other.Dir(), owned, err)
		}
	}
	if owned, err := state.Project("API.descope.com", "P1").Owned(); err != nil || owned[resource.Address("tenant/a")].IsZero() {
		t.Errorf("got %v, %v", owned, err)
	}
}
