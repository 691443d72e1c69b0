package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFolderIsMended: whatever stands in the folder, afterwards it has the pages, and
// what is no page is left alone.
func TestFolderIsMended(t *testing.T) {
	pages := map[string]string{"README.md": "index\n", "plan.md": "plan\n"}
	cases := map[string]struct {
		before map[string]string
		stale  []string
	}{
		"nothing":       {nil, []string{"README.md", "plan.md"}},
		"current":       {pages, nil},
		"an old text":   {map[string]string{"README.md": "index\n", "plan.md": "old\n"}, []string{"plan.md"}},
		"an old page":   {map[string]string{"README.md": "index\n", "plan.md": "plan\n", "gone.md": "gone\n"}, []string{"gone.md"}},
		"another file":  {map[string]string{"README.md": "index\n", "plan.md": "plan\n", "picture.png": "x"}, nil},
		"an empty page": {map[string]string{"README.md": "", "plan.md": "plan\n"}, []string{"README.md"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "commands")
			for file, text := range test.before {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			stale, err := compare(dir, pages)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.stale, stale.names()); diff != "" {
				t.Error(diff)
			}
			if err := stale.mend(dir); err != nil {
				t.Fatal(err)
			}
			if again, err := compare(dir, pages); err != nil || len(again) > 0 {
				t.Errorf("afterwards %v differ, %v", again.names(), err)
			}
			if _, had := test.before["picture.png"]; had {
				if _, err := os.Stat(filepath.Join(dir, "picture.png")); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
