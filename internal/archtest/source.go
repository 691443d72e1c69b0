package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// Bounds on size. A file or function that grows past them is split by idea.
const (
	maxFileLines     = 400 // a file has fewer
	maxFunctionLines = 60  // a function has fewer
	maxMainLines     = 15  // cmd/descope-mgmt/main.go has at most so many
)

// mainFile is the one place where the process ends itself.
const mainFile = "cmd/descope-mgmt/main.go"

// uses are names of other packages that only some layers may use.
var uses = []struct {
	names   []string // "package path.Name"; a * at the end stands for the rest of the name
	allowed func(layer Layer, file File) bool
	why     string
}{
	{
		[]string{"os.Exit", "log.Fatal*", "runtime.Goexit"},
		func(layer Layer, file File) bool {
			return layer.Exits && (layer.Path != path.Dir(mainFile) || file.Path == mainFile)
		},
		"a process that ends deep inside prints no report and runs no clean-up: return an error",
	},
	{
		[]string{"fmt.Print*", "os.Stdout", "os.Stderr", "os.Stdin", "log.Print*"},
		func(layer Layer, _ File) bool { return layer.Prints },
		"stdout carries exactly one document, and only the command layer knows which",
	},
	{
		[]string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.Setenv", "os.Unsetenv", "os.UserHomeDir"},
		func(layer Layer, _ File) bool { return layer.ReadsEnv },
		"the environment comes in through options, so that tests can run in parallel and precedence is in one place",
	},
	{
		[]string{"time.Now", "time.Since", "time.Until"},
		func(layer Layer, _ File) bool { return layer.ReadsClock },
		"the clock comes in through options, so that the same input gives the same output",
	},
}

// templateSetters are the methods of cobra's command that defeat dead-code elimination.
var templateSetters = []string{"SetUsageTemplate", "SetHelpTemplate", "SetVersionTemplate", "SetErrPrefixTemplate"}

// namesOfNothing say nothing about what is inside.
var namesOfNothing = []string{"util", "utils", "helper", "helpers", "common", "misc"}

// CheckSource checks names and sizes of all files, and what the files outside
// of tests do.
func CheckSource(layers []Layer, files []File) []Violation {
	var found []Violation
	for _, file := range files {
		found = append(found, checkNames(file)...)
		if file.Test {
			continue
		}
		found = append(found, checkSizes(file)...)
		found = append(found, checkInit(file)...)
		if layer, known := FindLayer(layers, file.Package); known {
			found = append(found, checkUses(layer, file)...)
		}
	}
	return found
}

func checkNames(file File) []Violation {
	base := strings.TrimSuffix(strings.TrimSuffix(path.Base(file.Path), ".go"), "_test")
	var found []Violation
	for _, name := range []string{base, path.Base(file.Package), strings.TrimSuffix(file.syntax.Name.Name, "_test")} {
		if slices.Contains(namesOfNothing, name) {
			found = append(found, Violation{file.Path, fmt.Sprintf("is named %q", name), "a name says what is inside"})
			break
		}
	}
	return found
}

func checkSizes(file File) []Violation {
	var found []Violation
	if file.Lines >= maxFileLines {
		found = append(found, Violation{file.Path, fmt.Sprintf("has %d lines; the bound is < %d", file.Lines, maxFileLines), "split it by idea: a newcomer reads one thing at a time"})
	}
	if file.Path == mainFile && file.Lines > maxMainLines {
		found = append(found, Violation{file.Path, fmt.Sprintf("has %d lines; the bound is %d", file.Lines, maxMainLines), "main makes one call and exits with its number"})
	}
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		var name string
		switch node := node.(type) {
		case *ast.FuncDecl:
			name = node.Name.Name
		case *ast.FuncLit:
			name = "a function literal"
		default:
			return true
		}
		if lines := file.span(node); lines >= maxFunctionLines {
			found = append(found, Violation{file.at(node), fmt.Sprintf("%s has %d lines; the bound is < %d", name, lines, maxFunctionLines), "a function does one thing"})
			return false
		}
		return true
	})
	return found
}

func checkInit(file File) []Violation {
	var found []Violation
	for _, declaration := range file.syntax.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if ok && function.Recv == nil && function.Name.Name == "init" {
			found = append(found, Violation{file.at(function), "declares func init", "work at start-up is paid by every command and cannot be injected"})
		}
	}
	return found
}

func checkUses(layer Layer, file File) []Violation {
	var found []Violation
	imported := importNames(file)
	if spec, dotted := imported["."]; dotted {
		found = append(found, Violation{file.Path, "imports " + spec + " with a dot", "a reader, and these rules, must see where a name comes from"})
	}
	ast.Inspect(file.syntax, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if slices.Contains(templateSetters, selector.Sel.Name) {
			found = append(found, Violation{file.at(selector), "calls " + selector.Sel.Name, "it links text/template with the methods of everything: 8 MB in the binary; use SetHelpFunc"})
		}
		scope, ok := selector.X.(*ast.Ident)
		if !ok || imported[scope.Name] == "" {
			return true
		}
		used := imported[scope.Name] + "." + selector.Sel.Name
		for _, rule := range uses {
			if matchesAny(rule.names, used) && !rule.allowed(layer, file) {
				found = append(found, Violation{file.at(selector), "uses " + used, rule.why})
			}
		}
		return true
	})
	return found
}

// importNames maps the names under which a file knows its imports to their paths.
func importNames(file File) map[string]string {
	names := map[string]string{}
	for _, spec := range file.syntax.Imports {
		imported := importPath(spec)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	return names
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if prefix, open := strings.CutSuffix(pattern, "*"); open {
			return strings.HasPrefix(name, prefix)
		}
		return name == pattern
	})
}
