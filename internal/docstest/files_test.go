package docstest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

// placeholders are the words of the page that stand for something, and what that looks like.
var placeholders = strings.NewReplacer(
	"HOST", `[A-Za-z0-9._%-]+`, "PROJECT", `[A-Za-z0-9._-]+`, "FOLDER", `[^/]+`, "FLOW", `[a-z-]+`, "DIGEST", `[0-9a-f]{64}`,
	"RUN", `[0-9TZ]+-[0-9a-f]{16}`, "TIME", `[0-9_-]+`, "COMMAND", `[a-z0-9-]+`, "NAME", `[^/]+?`, "N.", `[0-9]+.`,
)

// TestFilesAreListed runs commands, and wants each file that they leave in the state folder in
// the table of the page, with the modes that it promises, and each row of the table but those
// of special cases to have a file.
func TestFilesAreListed(t *testing.T) {
	t.Parallel()
	repository, _ := readRepository(t)
	page, err := fs.ReadFile(repository, "docs/reference/files.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## The state folder\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := map[string]*regexp.Regexp{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(table, -1) {
		rows[row[1]] = regexp.MustCompile("^" + placeholders.Replace(row[1]) + "$")
	}
	used := map[string]bool{"config.yaml": true, "projects/HOST/PROJECT/journals/RUN.open.jsonl": true}
	state := leaveFiles(t)
	err = filepath.WalkDir(state, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(state, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want, listed := fs.FileMode(0o600), false
		if entry.IsDir() {
			want, listed = 0o700, true
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
		for row, pattern := range rows {
			if !listed && pattern.MatchString(filepath.ToSlash(name)) {
				listed, used[row] = true, true
			}
		}
		if !listed {
			t.Errorf("%s is not listed", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for row := range rows {
		if !used[row] {
			t.Errorf("%s is listed, and no command left one", row)
		}
	}
}

// leaveFiles runs the commands, and returns the state folder.
func leaveFiles(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "files.sh"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := docstest.NewScript(parse(t, "files.sh", "```sh emulator\n"+string(text)+"```\n"))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := programRunner(t).Run(t.Context(), script, t.TempDir(), home); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, ".descope-mgmt")
}
