//go:build unix

package backup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// TestALinkThatLeadsInACircle is said in words.
func TestALinkThatLeadsInACircle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backups")
	if err := os.Symlink(dir, dir); err != nil {
		t.Fatal(err)
	}
	_, err := backup.OpenDirectory(store.Open(t.TempDir()), dir)
	if err == nil || !strings.HasSuffix(err.Error(), dir+": it is a link that leads in a circle") {
		t.Errorf("got %v", err)
	}
}
