package docstest_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const troubleshootingPage = "docs/troubleshooting.md"

var (
	symptomRow = regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]* \| [^|]+ \|$`)
	quotedText = regexp.MustCompile("`([^`]+)`")
)

// TestSymptomsAreReal: what the page quotes of messages is what the program says. Quoted is
// what has a space in it; commands, keys and codes have their own tests.
func TestSymptomsAreReal(t *testing.T) {
	var said strings.Builder
	for _, file := range readSources(t, "internal") {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, isExpr := n.(ast.Expr); isExpr {
				said.WriteString(unquoted(literal) + "\n")
			}
			return true
		})
	}
	texts := said.String()
	page, err := os.ReadFile(filepath.Join(root, troubleshootingPage))
	if err != nil {
		t.Fatal(err)
	}
	symptoms, quoted := 0, 0
	for _, row := range symptomRow.FindAllStringSubmatch(string(page), -1) {
		if row[1] == "you see" || strings.HasPrefix(row[1], "---") {
			continue
		}
		symptoms++
		for _, span := range quotedText.FindAllStringSubmatch(row[1], -1) {
			for piece := range strings.SplitSeq(span[1], "…") {
				piece = strings.TrimSpace(piece)
				if !strings.Contains(piece, " ") || strings.HasPrefix(piece, "audit ") {
					continue
				}
				quoted++
				if !strings.Contains(texts, piece) {
					t.Errorf("nothing says %q", piece)
				}
			}
		}
	}
	if symptoms < 25 || quoted < 25 {
		t.Errorf("%d symptoms, %d quotations", symptoms, quoted)
	}
}
