package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)

// TestEveryFuzzTargetHasACorpus: what has once been found, and what is known to be
// hostile, runs with every test, and a folder without a target runs never.
func TestEveryFuzzTargetHasACorpus(t *testing.T) {
	targets := map[string]bool{} // their folders
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range fuzzTarget.FindAllSubmatch(text, -1) {
			targets[filepath.Join(filepath.Dir(path), "testdata", "fuzz", string(match[1]))] = true
		}
		return err
	})
	if err != nil || len(targets) < 40 {
		t.Fatalf("found %d fuzz targets only: %v", len(targets), err)
	}
	for folder := range targets {
		if entries, err := os.ReadDir(folder); err != nil || len(entries) < 3 {
			t.Errorf("%s has %d entries, too few for a corpus of hostile ones: %v", folder, len(entries), err)
		}
	}
	folders, err := filepath.Glob(filepath.Join(root, "internal", "*", "testdata", "fuzz", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !targets[folder] {
			t.Errorf("%s has no target", folder)
		}
	}
}
