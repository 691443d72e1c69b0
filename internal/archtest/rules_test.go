package archtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/archtest"
)

// parse makes the files of a fixture from their source texts.
func parse(t *testing.T, sources map[string]string) []archtest.File {
	t.Helper()
	var files []archtest.File
	for name, source := range sources {
		file, err := archtest.ParseFile(name, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// expect compares the violations with the parts of text that they must carry,
// one for one.
func expect(t *testing.T, found []archtest.Violation, wanted []string) {
	t.Helper()
	if len(found) != len(wanted) {
		t.Fatalf("found %d violations, want %d: %v", len(found), len(wanted), found)
	}
	for i, text := range wanted {
		if !strings.Contains(found[i].String(), text) {
			t.Errorf("violation %d is\n  %s\nwithout %q", i, found[i], text)
		}
		if found[i].Why == "" {
			t.Errorf("violation %d gives no reason: %s", i, found[i])
		}
	}
}

func TestImportRules(t *testing.T) {
	own := func(name string) string { return `import _ "` + archtest.Module + "/internal/" + name + `"` }
	cases := map[string]struct {
		name, imports string
		wanted        []string
	}{
		"plan may import resource":                 {"internal/plan/a.go", own("resource"), nil},
		"plan must not import descope":             {"internal/plan/a.go", own("descope"), []string{"internal/plan/a.go:2: internal/plan imports internal/descope (why not: it is pure"}},
		"resource imports nothing of ours":         {"internal/resource/a.go", own("plan"), []string{"it is the vocabulary"}},
		"apply must not know the client":           {"internal/apply/a.go", own("descope"), []string{"its own small interfaces"}},
		"the emulator must not know the client":    {"internal/emulator/a.go", own("descope"), []string{"agree on the same mistake"}},
		"the emulator shares not even data":        {"internal/emulator/a.go", own("resource"), []string{"agree on the same mistake"}},
		"nobody imports the command layer":         {"internal/store/a.go", own("cli"), []string{"internal/store imports internal/cli"}},
		"the root package is ours too":             {"internal/cli/a.go", `import _ "` + archtest.Module + `"`, []string{"internal/cli imports ."}},
		"a test may import anything of ours":       {"internal/plan/a_test.go", own("descope"), nil},
		"a package that is not in the table":       {"internal/surprise/a.go", "", []string{"internal/surprise: is a package that the table does not name"}},
		"a test package that is not in the table":  {"internal/surprise/a_test.go", "", []string{"internal/surprise"}},
		"plan must not import net":                 {"internal/plan/a.go", `import _ "net"`, []string{"imports net (why not: it must work offline"}},
		"config must not import net/http":          {"internal/config/a.go", `import _ "net/http"`, []string{"imports net/http"}},
		"the ban takes what is below":              {"internal/config/a.go", `import _ "net/http/httptrace"`, []string{"imports net/http/httptrace"}},
		"net/url only takes addresses apart":       {"internal/config/a.go", `import _ "net/url"`, nil},
		"resource must not start programs":         {"internal/resource/a.go", `import _ "os/exec"`, []string{"imports os/exec"}},
		"plan must not import the terminal":        {"internal/plan/a.go", `import _ "golang.org/x/term"`, []string{"whether there is a terminal"}},
		"plan must not open files":                 {"internal/plan/a.go", `import _ "os"`, []string{"it is pure"}},
		"config may open files":                    {"internal/config/a.go", `import _ "os"`, nil},
		"text/template":                            {"internal/cli/a.go", `import _ "text/template"`, []string{"dead-code elimination"}},
		"html/template":                            {"internal/cli/a.go", `import _ "html/template"`, []string{"dead-code elimination"}},
		"encoding/json/v2":                         {"internal/descope/a.go", `import _ "encoding/json/v2"`, []string{"unknown fields"}},
		"testing":                                  {"internal/emulator/a.go", `import _ "testing"`, []string{"no place in the shipped binary"}},
		"the vendor's SDK":                         {"internal/descope/a.go", `import _ "github.com/descope/go-sdk/descope/client"`, []string{"a witness in tests only"}},
		"the vendor's SDK in a test":               {"internal/emulator/a_test.go", `import _ "github.com/descope/go-sdk/descope/client"`, nil},
		"the documentation generator":              {"internal/cli/a.go", `import _ "github.com/spf13/cobra/doc"`, []string{"gendocs"}},
		"the documentation generator where it may": {"internal/cli/gendocs/a.go", `import _ "github.com/spf13/cobra/doc"`, nil},
		"commands below the command layer":         {"internal/apply/a.go", `import _ "github.com/spf13/cobra"`, []string{"belong to internal/cli"}},
		"the database outside of the emulator":     {"internal/store/a.go", `import _ "modernc.org/sqlite"`, []string{"serves internal/emulator only"}},
		"the database in the emulator":             {"internal/emulator/a.go", `import _ "modernc.org/sqlite"`, nil},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			files := parse(t, map[string]string{test.name: "package a\n" + test.imports + "\n"})
			expect(t, archtest.CheckImports(archtest.Layers(), files), test.wanted)
		})
	}
}

func TestAllowances(t *testing.T) {
	layers := []archtest.Layer{{Path: "internal/plan", May: []string{"internal/resource", "internal/flow"}, Why: "it is pure"}, {Path: "internal/store"}}
	own := func(name string) string { return `import _ "` + archtest.Module + "/internal/" + name + `"` }
	files := parse(t, map[string]string{
		"internal/plan/a.go":      "package plan\n" + own("resource"),
		"internal/plan/a_test.go": "package plan\n" + own("flow"),
		"internal/store/a.go":     "package store\n" + own("flow"),
	})
	expect(t, archtest.CheckAllowances(layers, files), []string{"internal/plan: may import internal/flow and does not"})
}

func TestSourceRules(t *testing.T) {
	body := func(imported, statement string) string {
		return "package a\n\nimport \"" + imported + "\"\n\nfunc f() { " + statement + " }\n"
	}
	long := func(lines int) string { return strings.Repeat("\n", lines) }
	cases := map[string]struct {
		name, source string
		wanted       []string
	}{
		"exit deep inside":              {"internal/apply/a.go", body("os", "os.Exit(1)"), []string{"internal/apply/a.go:5: uses os.Exit (why not: a process"}},
		"exit in the command layer":     {"internal/cli/a.go", body("os", "os.Exit(1)"), []string{"uses os.Exit"}},
		"exit in main.go":               {"cmd/descope-mgmt/main.go", body("os", "os.Exit(1)"), nil},
		"exit beside main.go":           {"cmd/descope-mgmt/other.go", body("os", "os.Exit(1)"), []string{"uses os.Exit"}},
		"exit in a generator":           {"internal/cli/gendocs/main.go", body("os", "os.Exit(1)"), nil},
		"exit in disguise":              {"internal/cli/a.go", body("log", "log.Fatalf(``)"), []string{"uses log.Fatalf"}},
		"exit under another name":       {"internal/cli/a.go", "package a\nimport system \"os\"\nfunc f() { system.Exit(1) }\n", []string{"uses os.Exit"}},
		"exit through a dot":            {"internal/cli/a.go", "package a\nimport . \"os\"\nfunc f() { Exit(1) }\n", []string{"imports os with a dot"}},
		"exit in a test":                {"internal/apply/a_test.go", body("os", "os.Exit(1)"), nil},
		"init":                          {"internal/cli/a.go", "package a\n\nfunc init() {}\n", []string{"internal/cli/a.go:3: declares func init"}},
		"a method called init":          {"internal/cli/a.go", "package a\n\ntype t int\n\nfunc (t) init() {}\n", nil},
		"printing below the commands":   {"internal/plan/a.go", body("fmt", "fmt.Println()"), []string{"uses fmt.Println"}},
		"writing to a given writer":     {"internal/plan/a.go", body("fmt", "fmt.Fprintln(nil)"), nil},
		"printing to stderr below":      {"internal/apply/a.go", body("os", "_ = os.Stderr"), []string{"uses os.Stderr"}},
		"printing in the command layer": {"internal/cli/a.go", body("fmt", "fmt.Println()"), nil},
		"environment below":             {"internal/config/a.go", body("os", "os.Getenv(``)"), []string{"uses os.Getenv"}},
		"environment looked up below":   {"internal/emulator/a.go", body("os", "os.LookupEnv(``)"), []string{"uses os.LookupEnv"}},
		"environment in the commands":   {"internal/cli/a.go", body("os", "os.Getenv(``)"), nil},
		"clock in config":               {"internal/config/a.go", body("time", "time.Now()"), []string{"uses time.Now (why not: the clock"}},
		"clock in plan":                 {"internal/plan/a.go", body("time", "time.Since(x)"), []string{"uses time.Since"}},
		"clock as a value":              {"internal/apply/a.go", body("time", "_ = time.Now"), []string{"uses time.Now"}},
		"clock in the emulator":         {"internal/emulator/a.go", body("time", "time.Now()"), nil},
		"durations are no clock":        {"internal/plan/a.go", body("time", "_ = time.Second"), nil},
		"a template of cobra's":         {"internal/cli/a.go", "package a\n\nfunc f() { command.SetUsageTemplate(``) }\n", []string{"calls SetUsageTemplate"}},
		"a file named after nothing":    {"internal/cli/utils.go", "package a\n", []string{`is named "utils"`}},
		"a test named after nothing":    {"internal/cli/helpers_test.go", "package a\n", []string{`is named "helpers"`}},
		"a folder named after nothing":  {"internal/common/a.go", "package a\n", []string{`is named "common"`}},
		"a package named after nothing": {"internal/cli/a.go", "package misc\n", []string{`is named "misc"`}},
		"a file of 399 lines":           {"internal/cli/a.go", "package a\n" + long(398), nil},
		"a file of 400 lines":           {"internal/cli/a.go", "package a\n" + long(399), []string{"has 400 lines"}},
		"a test of 400 lines":           {"internal/cli/a_test.go", "package a\n" + long(399), nil},
		"a function of 59 lines":        {"internal/cli/a.go", "package a\n\nfunc f() {" + long(58) + "}\n", nil},
		"a function of 60 lines":        {"internal/cli/a.go", "package a\n\nfunc f() {" + long(59) + "}\n", []string{"internal/cli/a.go:3: f has 60 lines"}},
		"a literal of 60 lines":         {"internal/cli/a.go", "package a\n\nvar f = func() {" + long(59) + "}\n", []string{"a function literal has 60 lines"}},
		"a main.go of 15 lines":         {"cmd/descope-mgmt/main.go", "package main\n" + long(14), nil},
		"a main.go of 16 lines":         {"cmd/descope-mgmt/main.go", "package main\n" + long(15), []string{"has 16 lines; the bound is 15"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			files := parse(t, map[string]string{test.name: test.source})
			expect(t, archtest.CheckSource(archtest.Layers(), files), test.wanted)
		})
	}
}

func TestTableRules(t *testing.T) {
	cases := map[string]struct {
		layers []archtest.Layer
		wanted []string
	}{
		"one direction": {[]archtest.Layer{{Path: "a", May: []string{"b", "c"}}, {Path: "b", May: []string{"c"}}, {Path: "c"}}, nil},
		"a cycle":       {[]archtest.Layer{{Path: "a", May: []string{"b"}}, {Path: "b", May: []string{"a"}}}, []string{"a → b → a"}},
		"itself":        {[]archtest.Layer{{Path: "a", May: []string{"a"}}}, []string{"a → a"}},
		"twice":         {[]archtest.Layer{{Path: "a"}, {Path: "a"}}, []string{"stands twice"}},
		"no such row":   {[]archtest.Layer{{Path: "a", May: []string{"b"}}}, []string{"b: is an allowed import without a row"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) { expect(t, archtest.CheckTable(test.layers), test.wanted) })
	}
}

func TestLinkedRules(t *testing.T) {
	linked := []string{
		"fmt", "text/template", "testing", "testing/internal/testdeps", "internal/testlog", "html/template",
		"github.com/descope/go-sdk/descope", archtest.Module + "/internal/archtest", archtest.Module + "/internal/cli",
	}
	expect(t, archtest.CheckLinked("cmd/x", linked), []string{
		"cmd/x: links testing (", "links testing/internal", "links html/template", "links github.com/descope/go-sdk/descope", "internal/archtest",
	})
}

// TestScanOfAModule runs the two readers on a module that breaks rules: an
// import, and a package that only a library of tests would link.
func TestScanOfAModule(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                        "module " + archtest.Module + "\n\ngo 1.26.0\n",
		"cmd/descope-mgmt/main.go":      "package main\n\nimport _ \"" + archtest.Module + "/internal/plan\"\n\nfunc main() {}\n",
		"internal/plan/plan.go":         "package plan\n\nimport _ \"testing\"\n",
		"internal/plan/plan_plan9.go":   "package plan\n\nimport _ \"net\"\n",
		"internal/plan/testdata/bad.go": "package (\n",
		"tools/go.mod":                  "module elsewhere\n",
		"tools/bad.go":                  "package (\n",
		"_ignored/bad.go":               "package (\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := archtest.ScanModule(dir)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, archtest.CheckImports(archtest.Layers(), files), []string{
		"cmd/descope-mgmt/main.go:3: cmd/descope-mgmt imports internal/plan",
		"internal/plan/plan.go:3: internal/plan imports testing",
		"internal/plan/plan_plan9.go:3: internal/plan imports net (",
	})
	packages, err := archtest.LinkedPackages(t.Context(), dir, "cmd/descope-mgmt")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, archtest.CheckLinked("cmd/descope-mgmt", packages), []string{"links testing ("})
	if _, err := archtest.LinkedPackages(t.Context(), dir, "cmd/absent"); err == nil || !strings.Contains(err.Error(), "cmd/absent") {
		t.Errorf("a program that does not exist gives %v", err)
	}
}

func TestDepguard(t *testing.T) {
	rules := archtest.Depguard([]archtest.Layer{
		{Path: "internal/a", May: []string{"internal/b"}, Why: "a knows b", Bans: []archtest.Group{{Name: "quiet", Bans: []archtest.Ban{{Import: "net", Why: "no network"}, {Import: "os/...", Why: "no files"}}}}},
		{Path: "internal/b", Why: "b knows nobody"},
	})
	wanted := `        layer-internal-a:
          list-mode: lax
          files:
            - "**/internal/a/*.go"
            - "!$test"
          allow:
            - MODULE/internal/b$
          deny:
            - { pkg: "MODULE", desc: "a knows b" }
        layer-internal-b:
          list-mode: lax
          files:
            - "**/internal/b/*.go"
            - "!$test"
          deny:
            - { pkg: "MODULE", desc: "b knows nobody" }
        quiet:
          list-mode: lax
          files:
            - "**/internal/a/*.go"
            - "!$test"
          deny:
            - { pkg: "net$", desc: "no network" }
            - { pkg: "os", desc: "no files" }
`
	if wanted = strings.ReplaceAll(wanted, "MODULE", archtest.Module); rules != wanted {
		t.Errorf("the rules are\n%s\nwant\n%s", rules, wanted)
	}
}

func TestSpliceDepguard(t *testing.T) {
	before := "rules:\n  # The rules below are written by: make docs (from internal/archtest/layers.go)\nold\n  # End of the written rules.\nrest\n"
	after, err := archtest.SpliceDepguard(before, "new\n")
	if err != nil {
		t.Fatal(err)
	}
	if wanted := strings.Replace(before, "old", "new", 1); after != wanted {
		t.Errorf("spliced:\n%s\nwant\n%s", after, wanted)
	}
	if again, err := archtest.SpliceDepguard(after, "new\n"); err != nil || again != after {
		t.Errorf("splicing twice gives %q, %v", again, err)
	}
	if _, err := archtest.SpliceDepguard("rules: {}\n", "new\n"); err == nil {
		t.Error("a configuration without the marker lines is accepted")
	}
}
