package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
)

// TestNoLinesOfLinkedFiles has files of somebody else under the name of a
// configuration, as a commit can bring them.
func TestNoLinesOfLinkedFiles(t *testing.T) {
	const private = "aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY\n"
	tests := []struct {
		name   string
		make   func(t *testing.T, folder, outside string)
		quoted bool
	}{
		{"a file", func(t *testing.T, folder, _ string) { put(t, filepath.Join(folder, "descope.yaml"), private) }, true},
		{"a link inside", func(t *testing.T, folder, _ string) {
			put(t, filepath.Join(folder, "..data", "descope.yaml"), private)
			link(t, filepath.Join("..data", "descope.yaml"), filepath.Join(folder, "descope.yaml"))
		}, true},
		{"a link out", func(t *testing.T, folder, outside string) {
			link(t, outside, filepath.Join(folder, "descope.yaml"))
		}, false},
		{"a link to a link out", func(t *testing.T, folder, outside string) {
			link(t, outside, filepath.Join(folder, "second"))
			link(t, "second", filepath.Join(folder, "descope.yaml"))
		}, false},
		{"a folder that is a link out", func(t *testing.T, folder, outside string) {
			link(t, filepath.Dir(outside), filepath.Join(folder, "away"))
			link(t, filepath.Join("away", filepath.Base(outside)), filepath.Join(folder, "descope.yaml"))
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			folder, outside := filepath.Join(root, "repository"), filepath.Join(root, "home", "credentials")
			put(t, outside, private)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			test.make(t, folder, outside)
			_, err := config.Load(t.Context(), config.Options{WorkDir: folder, ToolVersion: "1.0.0"})
			invalid, ok := errors.AsType[*config.InvalidError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			for _, diagnostic := range invalid.Diagnostics {
				if quoted := diagnostic.SourceLine != ""; quoted != test.quoted {
					t.Errorf("%s: its line is quoted: %v", diagnostic.Message, quoted)
				}
			}
		})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
