package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)

// fuzzTargets are the names of all targets, and the folders of their corpora.
func fuzzTargets(t *testing.T) (names, corpora map[string]bool) {
	t.Helper()
	names, corpora = map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range fuzzTarget.FindAllSubmatch(text, -1) {
			names[string(match[1])] = true
			corpora[filepath.Join(filepath.Dir(path), "testdata", "fuzz", string(match[1]))] = true
		}
		return err
	})
	if err != nil || len(names) < 40 {
		t.Fatalf("found %d fuzz targets only: %v", len(names), err)
	}
	return names, corpora
}

// TestEveryFuzzTargetHasACorpus: what has once been found, and what is known to be
// hostile, runs with every test, and a folder without a target runs never.
func TestEveryFuzzTargetHasACorpus(t *testing.T) {
	_, corpora := fuzzTargets(t)
	for folder := range corpora {
		if entries, err := os.ReadDir(folder); err != nil || len(entries) < 3 {
			t.Errorf("%s has %d entries, too few for a corpus of hostile ones: %v", folder, len(entries), err)
		}
	}
	folders, err := filepath.Glob(filepath.Join(root, "internal", "*", "testdata", "fuzz", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !corpora[folder] {
			t.Errorf("%s has no target", folder)
		}
	}
}

// TestReviewNamesEveryFuzzTarget holds the table of parsers against the targets.
func TestReviewNamesEveryFuzzTarget(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "security-review.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile(`\bFuzz[A-Z]\w+`).FindAllString(string(page), -1) {
		named[name] = true
	}
	targets, _ := fuzzTargets(t)
	for name := range targets {
		if !named[name] {
			t.Errorf("docs/security-review.md does not say what %s is for", name)
		}
	}
	for name := range named {
		if !targets[name] {
			t.Errorf("docs/security-review.md names %s, and there is none", name)
		}
	}
}
