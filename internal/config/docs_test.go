package config

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

var update = flag.Bool("update", false, "write the generated parts of the documentation")

// The pages with generated tables.
const (
	page            = "../../docs/configuration.md"
	diagnosticsPage = "../../docs/diagnostics.md"
	keysPage        = "../../docs/reference/keys.md"
)

// templateTable is the reference of the tool's own templates.
func templateTable() string {
	var out strings.Builder
	out.WriteString("| template | parameter | default | it takes |\n|---|---|---|---|\n")
	for _, t := range flow.Templates() {
		for _, p := range t.Parameters {
			allowed := strings.TrimPrefix(p.Allowed(), "it takes ")
			fmt.Fprintf(&out, "| `%s` | `%s` | `%s` | %s. %s |\n", t.Name, p.Name, p.Default, allowed, p.Description)
		}
	}
	return out.String()
}

func codeTable() string {
	var out strings.Builder
	out.WriteString("| code | severity | cause |\n|---|---|---|\n")
	for _, c := range diagnosticCodes() {
		fmt.Fprintf(&out, "| [%s](#%s) | %s | %s |\n", c.code, strings.ToLower(c.code), c.severity, c.meaning)
	}
	return out.String()
}

// TestDocumentationIsGenerated compares the tables of the pages with those of
// the code; -update writes them.
func TestDocumentationIsGenerated(t *testing.T) {
	checkGenerated(t, diagnosticsPage, map[string]string{"codes": codeTable()})
	checkGenerated(t, keysPage, keyTables())
}

func checkGenerated(t *testing.T, page string, tables map[string]string) {
	t.Helper()
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for name, table := range tables {
		begin, end := "<!-- generated: "+name+" -->\n", "<!-- end -->"
		before, rest, found := strings.Cut(text, begin)
		old, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Errorf("the page has no place for %q", name)
			continue
		}
		if !*update {
			if diff := gocmp.Diff(table, old); diff != "" {
				t.Errorf("%s is out of date; run go test ./internal/config -run Documentation -update (-want +got):\n%s", name, diff)
			}
			continue
		}
		text = before + begin + table + end + after
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// marked finds the blocks of the page that are marked as a configuration, or
// with the codes that they give.
var marked = regexp.MustCompile("(?ms)^(?:<!-- gives ([A-Z0-9 ]+) -->\n```yaml|```(yaml|json) config)\n(.*?)^```$")

// documented is a block of a page that is a configuration, or gives diagnostics.
type documented struct {
	place, language, text string
	codes                 []string
}

// readDocumented finds the blocks of all pages.
func readDocumented(t *testing.T) []documented {
	t.Helper()
	paths := []string{"../../README.md"}
	for _, pattern := range []string{"../../docs/*.md", "../../docs/*/*.md"} {
		below, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, below...)
	}
	var found []documented
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range marked.FindAllStringSubmatch(string(content), -1) {
			found = append(found, documented{
				place: fmt.Sprintf("%s %d %s", filepath.Base(path), i, b[1]), language: cmp.Or(b[2], "yaml"), text: b[3], codes: strings.Fields(b[1]),
			})
		}
	}
	if len(found) < 50 {
		t.Fatalf("only %d blocks are marked", len(found))
	}
	return found
}

// TestDocumentedConfigurationsLoad loads every block that is marked, and holds each
// against the schema: it accepts what is valid, and refuses what is wrong in a way that
// it can see.
func TestDocumentedConfigurationsLoad(t *testing.T) {
	schemas := compileSchemas(t)
	for _, block := range readDocumented(t) {
		t.Run(block.place, func(t *testing.T) {
			cfg, err := loadDocumented(t, block)
			var got []string
			for _, d := range diagnosticsOf(t, cfg, err) {
				if d.Severity != SeverityNote || slices.Contains(block.codes, d.Code) {
					got = append(got, d.Code)
				}
			}
			slices.Sort(got)
			if diff := gocmp.Diff(block.codes, slices.Compact(got), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if slices.ContainsFunc(block.codes, func(code string) bool {
				return code == codeSyntax || code == codeLimit || code == codeTag || code == codeDuplicate
			}) {
				return // it is no document of JSON's types
			}
			bad := slices.ContainsFunc(block.codes, func(code string) bool {
				// Of ids and attributes the schema knows less than the loader.
				return slices.Contains(structural, code) && code != codeID && code != codeAttribute
			})
			for name, refused := range refusals(t, schemas, block) {
				if refused != nil && err == nil || refused == nil && bad {
					t.Errorf("%s says %v", name, refused)
				}
			}
		})
	}
}

// loadDocumented loads a block beside the files of the example that pages use.
func loadDocumented(t *testing.T, block documented) (*Config, error) {
	t.Helper()
	folder, err := filepath.Abs("../../examples/flows")
	if err != nil {
		t.Fatal(err)
	}
	sources := texts{"descope." + block.language: block.text}.sources()
	for i := range sources {
		sources[i].folder = folder
	}
	return loadSources(t.Context(), Options{Lookup: variables{}.lookup, ToolVersion: "1.2.3"}, sources)
}

// refusals are what the validators say about the documents of a block.
func refusals(t *testing.T, schemas validators, block documented) map[string]error {
	t.Helper()
	found := map[string]error{}
	for text := range strings.SplitSeq(block.text, "\n---\n") {
		var value any
		if err := yaml.Load([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		document, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for name, validate := range schemas {
			found[name] = errors.Join(found[name], validate(document))
		}
	}
	return found
}

// TestEveryCodeIsExplained wants for each code its own part of the page, with what to
// do and an example: a configuration that gives it, or commands that look for it.
func TestEveryCodeIsExplained(t *testing.T) {
	content, err := os.ReadFile(diagnosticsPage)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, part := range strings.Split(string(content), "\n### ")[1:] {
		code, text, _ := strings.Cut(part, "\n")
		parts[code] = text
	}
	for _, c := range diagnosticCodes() {
		text, found := parts[c.code]
		advice, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
		commands := strings.Contains(text, "```sh\n") && strings.Contains(text, "grep "+c.code)
		if !found || len(advice) < 20 || !commands && !strings.Contains(text, "<!-- gives "+c.code+" -->\n```yaml\n") {
			t.Errorf("%s is not explained with an example of its own", c.code)
		}
		delete(parts, c.code)
	}
	for code := range parts {
		if strings.HasPrefix(code, "CFG") {
			t.Errorf("%s is explained, and there is no such code", code)
		}
	}
}

// TestDocumentedUserSettingsLoad loads the page's settings of the user.
func TestDocumentedUserSettingsLoad(t *testing.T) {
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "<!-- the user's own settings -->\n```yaml\n")
	text, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatal("the page shows no settings of the user")
	}
	user, err := loadUserText(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(user.own().Backup.After) == 0 || len(user.Warnings()) > 0 {
		t.Errorf("got %+v, warnings %v", user.own().Backup, user.Warnings())
	}
}
