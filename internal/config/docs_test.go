package config

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

var update = flag.Bool("update", false, "write the generated parts of the documentation")

const page = "../../docs/configuration.md"

// keyTable is the reference of one block of keys, as Markdown.
func keyTable[T any](b *block[T]) string {
	var out strings.Builder
	out.WriteString("| key | example | meaning |\n|---|---|---|\n")
	for _, k := range b.keys {
		if k.unsupported {
			continue
		}
		name := "`" + k.name + "`"
		if k.wire != "" {
			name += " (`" + k.wire + "`)"
		}
		cell := strings.NewReplacer("|", "\\|", "\n", " ").Replace
		fmt.Fprintf(&out, "| %s | `%s` | %s |\n", name, cell(k.example), cell(k.description))
	}
	return out.String()
}

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
	out.WriteString("| code | severity | meaning |\n|---|---|---|\n")
	for _, c := range diagnosticCodes() {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", c.code, c.severity, c.meaning)
	}
	return out.String()
}

// TestDocumentationIsGenerated compares the tables of the page with those of
// the code; -update writes them.
func TestDocumentationIsGenerated(t *testing.T) {
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for name, table := range map[string]string{
		"top": keyTable(topBlock()), "auth": keyTable(authBlock()), "environment": keyTable(environmentBlock()), "overlay": keyTable(overlayBlock()),
		"manage": keyTable(manageBlock()), "scope": keyTable(scopeBlock("tenant")), "flow-scope": keyTable(scopeBlock("flow")), "guard": keyTable(guardBlock()),
		"performance": keyTable(performanceBlock()), "state": keyTable(stateBlock()), "backup": keyTable(backupBlock()), "user": keyTable(userBlock()), "tenant": keyTable(tenantBlock()), "settings": keyTable(settingsBlock()),
		"flow": keyTable(flowBlock()), "references": keyTable(referencesBlock()), "template": keyTable(manifestBlock()), "parameter": keyTable(parameterBlock()),
		"flow templates": templateTable(),
		"codes":          codeTable(),
	} {
		begin, end := "<!-- generated: "+name+" -->\n", "<!-- end -->"
		before, rest, found := strings.Cut(text, begin)
		old, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Errorf("the page has no place for %q", name)
			continue
		}
		if !*update {
			if diff := cmp.Diff(table, old); diff != "" {
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

// TestDocumentedConfigurationsLoad loads every block that is marked.
func TestDocumentedConfigurationsLoad(t *testing.T) {
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := marked.FindAllStringSubmatch(string(content), -1)
	if len(blocks) < 10 {
		t.Fatalf("only %d blocks are marked", len(blocks))
	}
	compiled := compileSchema(t)
	for i, b := range blocks {
		codes, language, text := strings.Fields(b[1]), b[2], b[3]
		if language == "" {
			language = "yaml"
		}
		t.Run(fmt.Sprintf("%d %s", i, b[1]), func(t *testing.T) {
			cfg, err := loadTexts(texts{"descope." + language: text}, nil)
			var got []string
			for _, d := range diagnosticsOf(t, cfg, err) {
				if d.Severity != SeverityNote {
					got = append(got, d.Code)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(codes, slices.Compact(got), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if err == nil && !strings.Contains(text, "\n---") {
				if err := compiled.Validate(instance(t, text)); err != nil {
					t.Error(err)
				}
			}
		})
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
	if len(user.Backup().After) == 0 || len(user.Warnings()) > 0 {
		t.Errorf("got %+v, warnings %v", user.Backup(), user.Warnings())
	}
}
