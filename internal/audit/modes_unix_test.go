//go:build unix

package audit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestModes(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	cases := map[string]struct {
		open         func(string) *store.Store
		folder, file fs.FileMode
	}{
		"own":    {store.Open, 0o700 | fs.ModeDir, 0o600},
		"shared": {store.OpenShared, 0o770 | fs.ModeSetgid | fs.ModeDir, 0o660},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			log := audit.Open(c.open(filepath.Join(t.TempDir(), "state")), testHost, testProject)
			must(t, log.Append(t.Context(), change("a")), log.Append(t.Context(), change("b")))
			base := strings.TrimSuffix(log.Path(), ".jsonl")
			for path, want := range map[string]fs.FileMode{
				filepath.Dir(base): c.folder, log.Path(): c.file, base + ".head.json": c.file, base + ".lock": c.file,
			} {
				info, err := os.Stat(path)
				must(t, err)
				if info.Mode() != want {
					t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
				}
			}
		})
	}
}
