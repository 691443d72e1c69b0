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
		"top": keyTable(topBlock()), "auth": keyTable(authBlock()), "environment": keyTable(environmentBlock()),
		"manage": keyTable(manageBlock()), "scope": keyTable(scopeBlock()), "guard": keyTable(guardBlock()),
		"performance": keyTable(performanceBlock()), "tenant": keyTable(tenantBlock()), "settings": keyTable(settingsBlock()),
		"codes": codeTable(),
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

// TestDocumentedConfigurationsLoad loads every block that is marked as a
// configuration, and every one that is marked with the codes it gives.
func TestDocumentedConfigurationsLoad(t *testing.T) {
	content, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```(yaml|json) (config|gives [A-Z0-9 ]+)\n(.*?)^```$").FindAllStringSubmatch(string(content), -1)
	if len(blocks) < 10 {
		t.Fatalf("only %d blocks are marked", len(blocks))
	}
	compiled := compileSchema(t)
	for i, b := range blocks {
		t.Run(fmt.Sprintf("%d %s", i, b[2]), func(t *testing.T) {
			cfg, err := loadTexts(texts{"descope." + b[1]: b[3]}, variables{"REGION": "eu"})
			diagnostics := diagnosticsOf(t, cfg, err)
			codes, _ := strings.CutPrefix(b[2], "gives ")
			if b[2] == "config" {
				codes = ""
				if err == nil && !strings.Contains(b[3], "\n---") {
					if err := compiled.Validate(instance(t, b[3])); err != nil {
						t.Error(err)
					}
				}
			}
			var got []string
			for _, d := range diagnostics {
				if d.Severity != SeverityNote {
					got = append(got, d.Code)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(strings.Fields(codes), slices.Compact(got)); diff != "" && (codes != "" || len(got) > 0) {
				for _, d := range diagnostics {
					t.Log(d.Render())
				}
				t.Error(diff)
			}
		})
	}
}
