package backup_test

import (
	"path/filepath"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

// FuzzParseName: what is taken for the name of a backup is that name, and no path.
func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"2025-11-10_14-30-15_pre-tenant-sync.json", "2025-11-10_14-30-15_pre-../../x.json", "2025-11-10_14-30-15_pre-x-2.json", "../x.json", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, ok := backup.ParseName(text)
		if ok && (name.String() != text || filepath.Base(text) != text || name.Number < 1) {
			t.Errorf("%q was read as %+v", text, name)
		}
	})
}
