package docstest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

// generatedPart is a part of a page that is made from a schema, or from a document of a
// real run.
var generatedPart = regexp.MustCompile("(?ms)^<!-- generated: (keys|example) ([a-z-]+) -->\n(.*?)^<!-- end -->\n")

// TestFormatsAreDescribed makes one document of each kind by a real run, holds each against
// its schema, and the pages of the formats against both. With -update it writes them.
func TestFormatsAreDescribed(t *testing.T) {
	t.Parallel()
	repository, _ := readRepository(t)
	documents := makeDocuments(t)
	paths, err := filepath.Glob(filepath.Join(root, "docs", "reference", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		current := generatedPart.ReplaceAllStringFunc(string(content), func(part string) string {
			names := generatedPart.FindStringSubmatch(part)
			what, name := names[1], names[2]
			if described[what+" "+name] {
				t.Errorf("%s: the %s of %s stand twice", path, what, name)
			}
			described[what+" "+name] = true
			text := "```json\n" + documents[name] + "```\n"
			if what == "keys" {
				if text, err = docstest.SchemaTable(repository, name+".schema.json"); err != nil {
					t.Fatal(err)
				}
			}
			return fmt.Sprintf("<!-- generated: %s %s -->\n%s<!-- end -->\n", what, name, text)
		})
		switch {
		case current == string(content):
		case *update:
			if err := os.WriteFile(path, []byte(current), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is not current: run make docs (-want +got)\n%s", path, cmp.Diff(current, string(content)))
		}
	}
	for name := range schemas(t, false) {
		kind := strings.TrimSuffix(name, ".schema.json")
		if !described["keys "+kind] || !described["example "+kind] && name != ofTheMachine {
			t.Errorf("no page of the reference has the keys and an example of %s", name)
		}
	}
}

// ofTheMachine is the document whose example is made by hand, because a real one tells of
// the machine that it was made on.
const ofTheMachine = "doctor.schema.json"

// TestDocumentsInPagesAreValid holds blocks that say they are a document against its schema.
func TestDocumentsInPagesAreValid(t *testing.T) {
	_, pages := readRepository(t)
	strict, found := schemas(t, true), 0
	for name, page := range pages {
		for _, block := range page.Blocks {
			if block.Language != "json" || block.Info != "document" {
				continue
			}
			found++
			if known, err := strict.Check([]byte(block.Text)); known == "" || err != nil {
				t.Errorf("%s:%d: taken for %q: %v", name, block.Line, known, err)
			}
		}
	}
	if found == 0 {
		t.Error("no page has a document")
	}
}

// makeDocuments runs the script that makes them, and settles what differs between runs. Each
// is held against its schema before and after.
func makeDocuments(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "documents.sh"))
	if err != nil {
		t.Fatal(err)
	}
	page := parse(t, "documents.sh", "```sh\n"+string(text)+"```\n")
	script, err := docstest.NewScript(page)
	if err != nil {
		t.Fatal(err)
	}
	folder, home := t.TempDir(), t.TempDir()
	if err := programRunner(t).Run(t.Context(), script, folder, home); err != nil {
		t.Fatal(err)
	}
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	replaced := map[string]string{folder: "/home/ana", home: "/home/ana", `"` + machine + `"`: `"build-7"`}
	strict := schemas(t, true)
	documents := map[string]string{}
	for name := range strict {
		kind := strings.TrimSuffix(name, ".schema.json")
		if name == ofTheMachine {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, kind+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, bytes.TrimSpace(raw), "", "  "); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		settled := docstest.SettleExample(indented.String(), replaced)
		for _, document := range [][]byte{raw, []byte(settled)} {
			if known, err := strict.Check(document); known != name || err != nil {
				t.Errorf("%s: taken for %q: %v", kind, known, err)
			}
		}
		documents[kind] = settled + "\n"
	}
	return documents
}

func TestSchemaTable(t *testing.T) {
	table, err := docstest.SchemaTable(os.DirFS(root), "several-environments.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| `environments` | list of object | The environments, in the order of promotion. |\n",
		"| `environments[].project_id` | text or null | The project; null where it is not known. |\n",
		"| `environments[].plan` | [plan](plan.md) | Left out where there is none. |\n",
		"| `environments[].error.diagnostics[].severity` | `error`, `warning`, `note` | How grave it is. |\n",
		"| `summary.exit_status` | whole number | The status of the command. |\n",
	} {
		if !strings.Contains(strings.ReplaceAll(table, "|  Left", "| Left"), row) {
			t.Errorf("no row %q in\n%s", row, table)
		}
	}
	rows := strings.Split(table, "\n")
	if first := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, "| `format_version`") }); first != 2 {
		t.Errorf("format_version stands in row %d", first)
	}
}
