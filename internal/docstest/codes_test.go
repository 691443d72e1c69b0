package docstest_test

import (
	"go/ast"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const errorsPage = "docs/reference/errors.md"

var (
	// codeConstant is how constants are called that hold a code.
	codeConstant = regexp.MustCompile(`^(Problem|Blocked|Note|Code|Conflict|code)[A-Z]`)
	// runCode is how a code of a run looks, ours or Descope's.
	runCode = regexp.MustCompile(`^([a-z][a-z0-9]*([_-][a-z0-9]+)*|E[0-9]{6})$`)
	codeRow = regexp.MustCompile("(?m)^\\| `([A-Za-z0-9_-]+)` \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\|$")
)

// TestCodesAreExplained compares the page with the codes that stand in the source, in both
// directions: what each means, and what to do.
func TestCodesAreExplained(t *testing.T) {
	t.Parallel()
	repository, _ := readRepository(t)
	page, err := fs.ReadFile(repository, errorsPage)
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, row := range codeRow.FindAllStringSubmatch(string(page), -1) {
		if explained[row[1]] {
			t.Errorf("%s is explained twice", row[1])
		}
		explained[row[1]] = true
	}
	used := map[string]string{}
	for place, file := range readSources(t, "internal") {
		if strings.HasPrefix(place, "internal/emulator/") || strings.HasPrefix(place, "internal/config/") {
			continue // the emulator speaks Descope's codes, and those of configurations have a page
		}
		for _, code := range codesIn(file) {
			used[code] = place
		}
	}
	for _, code := range slices.Sorted(maps.Keys(used)) {
		if !explained[code] {
			t.Errorf("%s: %s is not explained in %s", used[code], code, errorsPage)
		}
	}
	for code := range explained {
		if used[code] == "" {
			t.Errorf("%s explains %s, and nothing says it", errorsPage, code)
		}
	}
	if len(used) < 100 {
		t.Errorf("only %d codes were found", len(used))
	}
}

// codesIn are the codes in a file: constants, members called code of composite literals, what
// is assigned to such a member, and what refusals begin with.
func codesIn(file *ast.File) []string {
	var found []string
	add := func(n ast.Expr) {
		if text := unquoted(n); runCode.MatchString(text) {
			found = append(found, text)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if codeConstant.MatchString(n.Names[0].Name) && len(n.Values) == 1 {
				add(n.Values[0])
			}
		case *ast.KeyValueExpr:
			if key, isName := n.Key.(*ast.Ident); isName && strings.EqualFold(key.Name, "code") {
				add(n.Value)
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if member, isMember := left.(*ast.SelectorExpr); isMember && strings.EqualFold(member.Sel.Name, "code") && len(n.Rhs) == len(n.Lhs) {
					add(n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if calledName(n) == "refusedError" && len(n.Args) > 0 {
				add(n.Args[0])
			}
		}
		return true
	})
	return found
}
