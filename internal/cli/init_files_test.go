package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestPreCommitNamesATagThatExists: only a release has one; another build runs the
// program that is installed, by the hooks that this repository publishes.
func TestPreCommitNamesATagThatExists(t *testing.T) {
	for version, rev := range map[string]string{
		"1.0.0": "v1.0.0", "1.2.0-rc.1": "v1.2.0-rc.1", "1.0.0-dev": "", "1.0.0-dev+0123abc": "", "1.1.0+0123abc": "",
	} {
		text := preCommit(version)
		if found := strings.Contains(text, "rev: "); found != (rev != "") || found && !strings.Contains(text, "rev: "+rev+"\n") {
			t.Errorf("%s:\n%s", version, text)
		}
		if rev == "" && !strings.Contains(text, "repo: local\n") {
			t.Errorf("%s:\n%s", version, text)
		}
	}
}

func TestLocalHooksAreThoseThatArePublished(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var published []map[string]any
	var local struct {
		Repos []struct{ Hooks []map[string]any }
	}
	if err := yaml.Unmarshal(text, &published); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(preCommit("1.0.0-dev")), &local); err != nil || len(local.Repos) != 1 || len(local.Repos[0].Hooks) != 2 {
		t.Fatalf("%v: %v", err, local)
	}
	for _, hook := range local.Repos[0].Hooks {
		found := false
		for _, other := range published {
			if other["id"] != hook["id"] {
				continue
			}
			found = true
			for _, key := range []string{"name", "entry", "language", "pass_filenames", "require_serial", "files", "exclude"} {
				if hook[key] != other[key] {
					t.Errorf("%v: %s is %v, and published as %v", hook["id"], key, hook[key], other[key])
				}
			}
		}
		if !found {
			t.Errorf("%v is not published", hook["id"])
		}
	}
}
