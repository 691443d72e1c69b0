package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// FuzzLockFile: whatever stands in the file of a lock, looking at it ends with a
// holder or with a line.
func FuzzLockFile(f *testing.F) {
	for _, seed := range []string{
		"", "{}", `{"format_version":"1.0","run_id":"r","user":"u","host":"h","pid":1,"started":"2026-11-26T00:00:00Z"}`, `{"format_version":"2.0"}`, `{"format_version":"1.0","pid":-1}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		state := store.OpenShared(t.TempDir()).Project("h", "P")
		folder := filepath.Join(state.Dir(), "lock")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "1.json"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := state.LockInfo(store.Process{}, testTime)
		if damage, ok := errors.AsType[*store.DamagedError](err); err != nil && (!ok || damage.Line != 1 || damage.Hint == "") {
			t.Errorf("got %v", err)
		}
	})
}
