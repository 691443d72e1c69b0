package docstest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDependenciesHaveReasons compares the page with the direct requirements of
// the module, and with where they are imported.
func TestDependenciesHaveReasons(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "reference", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (program|tests) \\| (.{10,}) \\|$").FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	module, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	imported := importedByTheProgram(t)
	required := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(module), -1) {
		name := line[1]
		required[name] = true
		want := "tests"
		if regexp.MustCompile(`"` + regexp.QuoteMeta(name) + `["/]`).MatchString(imported) {
			want = "program"
		}
		if listed[name] != want {
			t.Errorf("%s is required for %s, and the page says %q", name, want, listed[name])
		}
	}
	for name := range listed {
		if !required[name] {
			t.Errorf("%s is on the page, and go.mod does not require it", name)
		}
	}
	if len(required) < 10 {
		t.Errorf("found %d requirements only", len(required))
	}
}

// importedByTheProgram are the imports of all files that are no tests and belong to
// no package for them.
func importedByTheProgram(t *testing.T) string {
	t.Helper()
	var imports strings.Builder
	block := regexp.MustCompile(`(?ms)^import (\(.*?^\)|"[^"]+")`)
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, outside := range []string{"archtest", "docstest", "release", "gendocs"} {
				if strings.Contains(filepath.ToSlash(path), "/"+outside+"/") {
					return nil
				}
			}
			text, err := os.ReadFile(path)
			imports.WriteString(strings.Join(block.FindAllString(string(text), -1), "\n"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return imports.String()
}
