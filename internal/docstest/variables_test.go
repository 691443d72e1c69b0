package docstest_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const variablesPage = "docs/reference/environment-variables.md"

// variableName is how a literal looks that can only be a variable of ours.
var variableName = regexp.MustCompile(`^DESCOPE_[A-Z_]*[A-Z]$`)

// variableReaders are the functions that look a variable up by its name.
var variableReaders = []string{"lookup", "lookupReal", "Getenv", "LookupEnv"}

// systemVariables are those that Go's own packages read for us, and those of which the first
// that is set counts.
var systemVariables = []string{"USER", "USERNAME", "HOME", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// TestEnvironmentVariablesAreExplained compares the page with the variables that stand in
// the source, in both directions.
func TestEnvironmentVariablesAreExplained(t *testing.T) {
	t.Parallel()
	repository, _ := readRepository(t)
	page, err := fs.ReadFile(repository, variablesPage)
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		if explained[row[1]] {
			t.Errorf("%s is explained twice", row[1])
		}
		explained[row[1]] = true
	}
	read := map[string]string{}
	for _, name := range systemVariables {
		read[name] = "Go"
	}
	for place, file := range readSources(t, "internal") {
		for name := range variablesIn(file) {
			read[name] = place
		}
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if !explained[name] {
			t.Errorf("%s: %s is not explained in %s", read[name], name, variablesPage)
		}
	}
	for name := range explained {
		if read[name] == "" {
			t.Errorf("%s explains %s, and nothing reads it", variablesPage, name)
		}
	}
	if len(read) < 12 {
		t.Errorf("only %d variables were found", len(read))
	}
}

// variablesIn are the names of variables in a file: literals that look like one of ours, what
// is looked up, and constants that say they are a variable's name.
func variablesIn(file *ast.File) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text := unquoted(n); variableName.MatchString(text) {
				found[text] = true
			}
		case *ast.ValueSpec: // a name that may be short; others so called are variables of Go
			if strings.HasSuffix(n.Names[0].Name, "Variable") && len(n.Values) == 1 && !strings.Contains(unquoted(n.Values[0]), ".") {
				found[unquoted(n.Values[0])] = true
			}
		case *ast.CallExpr:
			if name := calledName(n); slices.Contains(variableReaders, name) && len(n.Args) == 1 {
				if text := unquoted(n.Args[0]); text != "" {
					found[text] = true
				}
			}
		}
		return true
	})
	delete(found, "")
	return found
}

// calledName is the bare name of the function or method that is called.
func calledName(call *ast.CallExpr) string {
	switch function := call.Fun.(type) {
	case *ast.Ident:
		return function.Name
	case *ast.SelectorExpr:
		return function.Sel.Name
	default:
		return ""
	}
}

// unquoted is the text of a literal; empty for anything else.
func unquoted(n ast.Expr) string {
	literal, isLiteral := n.(*ast.BasicLit)
	if !isLiteral || literal.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(text)
}
