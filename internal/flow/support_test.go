package flow_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// corpusVariable names the folder with real exports, which are not ours to keep.
const corpusVariable = "FLOW_CORPUS"

// read parses a file, or a folder as a snapshot.
func read(tb testing.TB, path string) flow.Document {
	tb.Helper()
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	var d flow.Document
	if info.IsDir() {
		d, err = flow.ParseSnapshot(folder(tb, path))
	} else {
		var data []byte
		if data, err = os.ReadFile(path); err == nil {
			d, err = flow.Parse(data)
		}
	}
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return d
}

func folder(tb testing.TB, path string) map[string][]byte {
	tb.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		relative, _ := filepath.Rel(path, name)
		files[filepath.ToSlash(relative)] = data
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// fixtures are our own documents, one of each shape.
func fixtures() []string {
	return []string{"testdata/sign-in.json", "testdata/sign-up-console.json", "testdata/snapshot"}
}

// samples are our fixtures and, where the corpus is there, all real exports.
func samples(tb testing.TB) []string {
	tb.Helper()
	return append(fixtures(), corpus(tb)...)
}

func corpus(tb testing.TB) []string {
	tb.Helper()
	root := os.Getenv(corpusVariable)
	if root == "" {
		tb.Logf("%s is not set: the real exports are skipped", corpusVariable)
		return nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		tb.Fatal(err)
	}
	var paths []string
	for _, entry := range entries {
		path := filepath.Join(root, entry.Name())
		_, noSnapshot := os.Stat(filepath.Join(path, "metadata.json"))
		if entry.IsDir() && noSnapshot == nil || filepath.Ext(path) == ".json" {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		tb.Fatalf("%s=%s holds no flow", corpusVariable, root)
	}
	return paths
}

// value parses JSON that the test wrote.
func value(tb testing.TB, json string) resource.Value {
	tb.Helper()
	v, err := resource.ParseValue([]byte(json))
	if err != nil {
		tb.Fatalf("%s: %v", json, err)
	}
	return v
}

// parse reads a document that the test wrote.
func parse(tb testing.TB, json string) flow.Document {
	tb.Helper()
	d, err := flow.Parse([]byte(json))
	if err != nil {
		tb.Fatalf("%s: %v", json, err)
	}
	return d
}

// edited is a document with one text replaced, which must stand there exactly so often.
func edited(tb testing.TB, d flow.Document, times int, old, replacement string) flow.Document {
	tb.Helper()
	text := string(d.Encode())
	if count := strings.Count(text, old); count != times {
		tb.Fatalf("%q stands %d times in the document, want %d", old, count, times)
	}
	return parse(tb, strings.ReplaceAll(text, old, replacement))
}

// oneLine says what an operation does, for messages.
func oneLine(o flow.Operation) string {
	out := fmt.Sprintf("%s %s task=%s screen=%s subject=%s %s→%s", o.Object, o.Action, o.Task, o.Screen, o.Subject, o.From, o.To)
	for _, f := range o.Fields {
		out += fmt.Sprintf(" [%s: %s → %s]", f.Path, f.Before, f.After)
	}
	return out
}

func allLines(d flow.Difference) string {
	var out strings.Builder
	for _, o := range d.Operations {
		out.WriteString("\n  " + oneLine(o))
	}
	return out.String()
}
