package docstest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var codeName = regexp.MustCompile(`^(Problem|Blocked|Note|Code)[A-Z]`)

// TestPlanCodesAreExplained wants every code of a plan in the page of diagnostics.
func TestPlanCodesAreExplained(t *testing.T) {
	repository, _ := readRepository(t)
	page, err := fs.ReadFile(repository, "docs/diagnostics.md")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(root, "internal", "plan", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			constant, ok := n.(*ast.ValueSpec)
			if !ok || !codeName.MatchString(constant.Names[0].Name) || len(constant.Values) == 0 {
				return true
			}
			literal, ok := constant.Values[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			code, err := strconv.Unquote(literal.Value)
			if err != nil {
				return true
			}
			found++
			if !strings.Contains(string(page), "| `"+code+"` |") {
				t.Errorf("%s: %s is not explained", path, code)
			}
			return true
		})
	}
	if found < 20 {
		t.Errorf("only %d codes were found", found)
	}
}
