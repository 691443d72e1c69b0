package history_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// FuzzHistory: whatever stands in the file, reading it ends with versions or with
// a line, and no version's document is looked for outside of its folder.
func FuzzHistory(f *testing.F) {
	const line = `{"format_version":"1.0","flow_id":"sign-in","n":1,"at":"2026-03-04T05:06:07Z","digest":"sha256:aa","origin":"deployed","user":"","git_commit":"","run_id":"","name":""}`
	for _, seed := range []string{"", line + "\n", `{"format_version":"1.0","flow_id":"sign-in","n":1,"digest":"sha256:../../../etc/passwd","origin":"deployed"}` + "\n", "x\n", "#torn\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		state := store.Open(t.TempDir()).Project("host", "P2")
		folder := state.Folder("flows").Folder("sign-in")
		if err := folder.Make(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder.Dir(), "history.jsonl"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		h := history.Open(state)
		entries, err := h.Entries("sign-in")
		if err != nil {
			if damage, ok := errors.AsType[*store.DamagedError](err); !ok || damage.Line < 1 {
				t.Errorf("got %v", err)
			}
			return
		}
		for i, entry := range entries {
			if entry.N < 1 || i > 0 && entry.N <= entries[i-1].N {
				t.Errorf("version %d stands after others: %+v", entry.N, entries)
			}
			if _, err := h.Document("sign-in", entry.N); err == nil {
				t.Errorf("a document was found that nobody wrote: %+v", entry)
			}
		}
	})
}
