//go:build unix

package pace

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestABookIsNoLinkAndNoPipe has something else stand in the place of a book. Nobody
// may be led to another file, neither to read nor to write, and nobody may wait for
// ever: who calls goes on alone, and says so.
func TestABookIsNoLinkAndNoPipe(t *testing.T) {
	t.Parallel()
	rule := tenants(10, time.Minute)
	for name, place := range map[string]struct {
		put  func(path, elsewhere string) error
		says string
	}{
		"a pipe":                  {func(path, _ string) error { return syscall.Mkfifo(path, 0o600) }, "not a regular file"},
		"a link to a device":      {func(path, _ string) error { return os.Symlink("/dev/zero", path) }, "symbolic link"},
		"a link to a file":        {func(path, elsewhere string) error { return os.Symlink(elsewhere, path) }, "symbolic link"},
		"a link that leads away":  {func(path, elsewhere string) error { return os.Symlink(elsewhere+"2", path) }, "symbolic link"},
		"a folder":                {func(path, _ string) error { return os.Mkdir(path, 0o700) }, "directory"},
		"a link beside the book":  {func(path, elsewhere string) error { return os.Symlink(elsewhere+"2", path+".lock") }, "symbolic link"},
		"a folder beside the one": {func(path, _ string) error { return os.Mkdir(path+".lock", 0o700) }, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "private")
			if err := os.WriteFile(elsewhere, []byte("not yours"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := place.put(filepath.Join(dir, fileName(host)), elsewhere); err != nil { // the key of tenants is the host
				t.Fatal(err)
			}
			told := &notices{}
			store := openFile(t, dir, told)
			take(t, store, rule, 0)
			take(t, store, rule, 0)
			told.want(t, place.says)
			if text, err := os.ReadFile(elsewhere); err != nil || string(text) != "not yours" {
				t.Errorf("the other file is %q now: %v", text, err)
			}
			if _, err := os.Lstat(elsewhere + "2"); err == nil {
				t.Error("a file was made elsewhere")
			}
			if strings.Contains(name, "beside") {
				return // Peek takes no lock
			}
			if peeked, err := Peek(dir, host, "P", Rules{rule}, time.Unix(0, 0)); err == nil || !strings.Contains(err.Error(), place.says) {
				t.Errorf("peeked %+v, %v", peeked, err)
			}
		})
	}
}
