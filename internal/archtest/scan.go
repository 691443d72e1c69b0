package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Violation is one broken rule: where, what, and the reason for the rule.
type Violation struct {
	Where string // "file:line", a file, or a package
	What  string
	Why   string
}

// String is one line that an editor can jump to.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (why not: %s)", v.Where, v.What, v.Why)
}

// File is one parsed Go file of the module, whatever its build constraints.
type File struct {
	Path    string // slash-separated, below the module's root
	Package string // the folder of Path
	Test    bool   // a _test.go file
	Lines   int

	set    *token.FileSet
	syntax *ast.File
}

// ParseFile reads one file's source text.
func ParseFile(name string, source []byte) (File, error) {
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return File{}, fmt.Errorf("parse %s: %w", name, err)
	}
	return File{
		Path:    name,
		Package: path.Dir(name),
		Test:    strings.HasSuffix(name, "_test.go"),
		Lines:   bytes.Count(source, []byte("\n")),
		set:     set,
		syntax:  syntax,
	}, nil
}

// ScanModule parses all Go files below the module's root. Folders that the go
// command skips (testdata, and names that begin with a dot or an underscore)
// and nested modules are left out.
func ScanModule(root string) ([]File, error) {
	module := os.DirFS(root)
	var files []File
	err := fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && skipFolder(module, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		source, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		file, err := ParseFile(name, source)
		if err != nil {
			return err
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("scan module %s: %w", root, err)
	}
	return files, nil
}

func skipFolder(module fs.FS, name string) bool {
	base := path.Base(name)
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(module, path.Join(name, "go.mod"))
	return err == nil
}

// at is the place of a node as "file:line".
func (f File) at(node ast.Node) string {
	return f.Path + ":" + strconv.Itoa(f.set.Position(node.Pos()).Line)
}

// span is the number of lines that a node takes.
func (f File) span(node ast.Node) int {
	return f.set.Position(node.End()).Line - f.set.Position(node.Pos()).Line + 1
}

func importPath(spec *ast.ImportSpec) string {
	text, _ := strconv.Unquote(spec.Path.Value) // the parser has accepted it
	return text
}
