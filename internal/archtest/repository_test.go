package archtest_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/archtest"
)

var update = flag.Bool("update", false, "write the layer table into .golangci.yml")

const root = "../.."

// TestRepositoryKeepsItsRules is the point of this package: each violation is
// one line with its place and the reason for the rule.
func TestRepositoryKeepsItsRules(t *testing.T) {
	layers := archtest.Layers()
	files, err := archtest.ScanModule(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found %d Go files only: the scan misses the repository", len(files))
	}
	found := slices.Concat(
		archtest.CheckTable(layers),
		archtest.CheckImports(layers, files),
		archtest.CheckAllowances(layers, files),
		archtest.CheckSource(layers, files),
	)
	for _, violation := range found {
		t.Error(violation)
	}
}

// TestTableNamesTheDesignedPackages keeps a row from being dropped to get rid of its rule.
func TestTableNamesTheDesignedPackages(t *testing.T) {
	designed := []string{
		"cmd/descope-mgmt", "internal/resource", "internal/config", "internal/plan", "internal/flow", "internal/drift",
		"internal/apply", "internal/pace", "internal/descope", "internal/backup", "internal/audit", "internal/store",
		"internal/emulator", "internal/report", "internal/cli",
	}
	layers := archtest.Layers()
	for _, path := range designed {
		if _, found := archtest.FindLayer(layers, path); !found {
			t.Errorf("the table has no row for %s", path)
		}
	}
	for _, layer := range layers {
		if layer.Why == "" {
			t.Errorf("the row of %s gives no reason", layer.Path)
		}
	}
	for _, path := range []string{"internal/resource", "internal/plan", "internal/config"} {
		layer, _ := archtest.FindLayer(layers, path)
		for _, banned := range []string{"net", "net/http", "os/exec", "golang.org/x/term"} {
			if !slices.ContainsFunc(layer.Bans, func(group archtest.Group) bool {
				return slices.ContainsFunc(group.Bans, func(ban archtest.Ban) bool { return ban.Covers(banned) })
			}) {
				t.Errorf("%s may import %s", path, banned)
			}
		}
		if layer.ReadsClock || layer.ReadsEnv || layer.Prints {
			t.Errorf("%s may read the clock or the environment, or print", path)
		}
	}
}

// TestShippedBinaryLinksNoTestCode looks at what libraries bring with them.
func TestShippedBinaryLinksNoTestCode(t *testing.T) {
	readForTheTestCache(t, filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum"))
	const program = "cmd/descope-mgmt"
	packages, err := archtest.LinkedPackages(t.Context(), root, program)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(packages, archtest.Module+"/internal/resource") {
		t.Fatalf("the list of linked packages lacks our own: %d packages", len(packages))
	}
	for _, violation := range archtest.CheckLinked(program, packages) {
		t.Error(violation)
	}
}

// TestLinterKnowsTheTable keeps the early warning in step with the rules.
func TestLinterKnowsTheTable(t *testing.T) {
	path := filepath.Join(root, ".golangci.yml")
	configuration, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := archtest.SpliceDepguard(string(configuration), archtest.Depguard(archtest.Layers()))
	if err != nil {
		t.Fatal(err)
	}
	if wanted == string(configuration) {
		return
	}
	if !*update {
		t.Fatal(".golangci.yml differs from internal/archtest/layers.go; write it again with: make docs")
	}
	if err := os.WriteFile(path, []byte(wanted), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestArchitecturePageNamesEachPackage keeps the walk through the code complete.
func TestArchitecturePageNamesEachPackage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := archtest.ScanModule(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range archtest.Packages(files) {
		if !strings.Contains(string(page), "`"+path+"`") {
			t.Errorf("docs/architecture.md does not name `%s`", path)
		}
	}
}

// readForTheTestCache opens files that only a child process reads, so that the
// go command does not answer from its cache after they have changed.
func readForTheTestCache(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
}
