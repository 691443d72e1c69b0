package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzPattern: no pattern finds a file that is not below the folder that it names,
// or what is no configuration by its name.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"*.yaml", "**/*.yaml", "[", "a*a*a*a*a*a*b", "**/**/**/**/*", "../*", "{a,b}", "\x00*", "?/[a-z].json"} {
		f.Add(seed)
	}
	root := f.TempDir()
	folder := filepath.Join(root, "in")
	for _, name := range []string{"in/a.yaml", "in/b/c.json", "in/b/.hidden/d.yaml", "in/notes.txt", "out/e.yaml"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(root, "out"), filepath.Join(folder, "b", "link")); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		if strings.Contains(pattern, "..") || strings.Count(pattern, "*") > 12 {
			return // it is named to lead elsewhere, or only takes its time
		}
		found, err := matching(filepath.Join(folder, pattern))
		if err != nil {
			return
		}
		for _, path := range found {
			if !strings.HasPrefix(path, folder+string(filepath.Separator)) || !isConfigurationFile(filepath.Base(path)) {
				t.Errorf("%q finds %s", pattern, path)
			}
		}
	})
}
