package cli

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// formatRecord is what is said of one file; with --diff also what differs.
func (a *App) formatRecord(name string, before, after []byte, flags fmtOptions) formatRecord {
	record := formatRecord{File: name, Changed: !bytes.Equal(before, after)}
	if flags.diff && record.Changed {
		a.hideMarked(before)
		record.Diff = markedOnLine.ReplaceAllString(yamledit.Unified(name, before, after), "${1}"+resource.Redacted)
	}
	return record
}

// markedOnLine finds a value that is marked as secret beside its mark, of any length.
var markedOnLine = regexp.MustCompile(`(!secret[ \t]+)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'|>][^\n,\]}]*)`)

// hideMarked makes unprintable what a text marks as secret, line by line: a difference
// may go into the log of a job.
func (a *App) hideMarked(text []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		if decoder.Decode(&document) != nil {
			return // the end; what cannot be read was refused before
		}
		hideMarkedNodes(a, &document)
	}
}

func hideMarkedNodes(a *App, node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!secret" {
		for line := range strings.Lines(node.Value) {
			a.hide(resource.NewSecret(strings.TrimSpace(line)))
		}
	}
	for _, child := range node.Content {
		hideMarkedNodes(a, child)
	}
}

// writeUnified writes a difference for people. What a terminal would obey is escaped.
func writeUnified(w io.Writer, difference string) {
	look := styleOf(w)
	for line := range strings.Lines(difference) {
		line = printable(strings.TrimSuffix(line, "\n"))
		switch line[0] {
		case '-':
			line = look.mark(roleBefore, line)
		case '+':
			line = look.mark(roleAfter, line)
		}
		fmt.Fprintln(w, line)
	}
}
