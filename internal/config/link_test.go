package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
)

// TestNoLinesOfLinkedFiles has files of somebody else under the name of a
// configuration, as a commit can bring them.
func TestNoLinesOfLinkedFiles(t *testing.T) {
	const private = "aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY\n"
	tests := []struct {
		name   string
		files  map[string]string // below the folder; what leads elsewhere begins with ->
		quoted bool
	}{
		{"a file", map[string]string{"descope.yaml": private}, true},
		{"a link inside", map[string]string{"..data/descope.yaml": private, "descope.yaml": "->..data/descope.yaml"}, true},
		{"a link out", map[string]string{"descope.yaml": "->../home/credentials"}, false},
		{"a link to a link out", map[string]string{"descope.yaml": "->second", "second": "->../home/credentials"}, false},
		{"a folder that is a link out", map[string]string{"descope.yaml": "->away/credentials", "away": "->../home"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			folder, outside := filepath.Join(root, "repository"), filepath.Join(root, "home", "credentials")
			put(t, outside, private)
			for name, text := range test.files {
				put(t, filepath.Join(folder, filepath.FromSlash(name)), text)
			}
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
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	target, isLink := strings.CutPrefix(text, "->")
	switch {
	case err == nil && isLink:
		err = os.Symlink(filepath.FromSlash(target), path)
	case err == nil:
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
