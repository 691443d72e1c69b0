package config

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// maxSourceLine is the longest line that diagnostics carry, in bytes.
const maxSourceLine = 4096

// withhold keeps the lines of a node out of diagnostics: it may hold a
// credential that does not belong there.
func (l *loader) withhold(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		l.withheld[place{l.file, l.line + n.Line}] = true
		for _, child := range n.Content {
			l.withhold(child)
		}
		return
	}
	if segments, err := parseTemplate(n.Value); err == nil {
		if name, sole := soleVariable(segments); sole && !looksLikeKey(name) {
			return
		}
	}
	l.withheld[place{l.file, l.line + n.Line}] = true
	for word := range strings.FieldsSeq(n.Value) {
		if len(word) >= shortKey {
			l.secrets = append(l.secrets, word)
		}
	}
}

// conceal removes secrets from the texts of all diagnostics.
func (l *loader) conceal() {
	secrets := l.secrets
	for _, key := range slices.Concat(l.loadedKeys(), l.all.secrets) {
		if len(key) >= shortKey {
			secrets = append(secrets, key, neutralise(key))
		}
	}
	if len(secrets) == 0 {
		return
	}
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		pairs = append(pairs, secret, resource.Redacted)
	}
	replacer := strings.NewReplacer(pairs...)
	for i := range l.diagnostics {
		d := &l.diagnostics[i]
		d.Message, d.Suggestion = replacer.Replace(d.Message), replacer.Replace(d.Suggestion)
		if d.SourceLine != "" && containsAny(d.SourceLine, secrets) {
			d.SourceLine = ""
		}
	}
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// attachSources gives diagnostics their lines of source. The files are read
// again, because documents are let go of once they are decoded; that costs
// nothing where all is well. A file that has gone meanwhile just gives no lines.
func (l *loader) attachSources(sources []source) {
	wanted := map[string]map[int][]int{} // diagnostics by file and line
	for i, d := range l.diagnostics {
		at := place{d.Position.File, d.Position.Line}
		if l.withheld[at] {
			continue
		}
		if wanted[at.file] == nil {
			wanted[at.file] = map[int][]int{}
		}
		wanted[at.file][at.line] = append(wanted[at.file][at.line], i)
	}
	for _, src := range sources {
		if lines := wanted[src.name]; lines != nil && !src.leadsOut() {
			l.attachFrom(src, lines)
		}
	}
}

// leadsOut reports whether a file is a link that leads out of its folder. A commit
// can hold a link to any file of whoever checks it out, and what that file says
// must not come to stand in the log of a job. Links inside of the folder, as
// mounted configuration has them, are as good as files.
func (s source) leadsOut() bool {
	if s.path == "" {
		return false
	}
	folder, err := filepath.EvalSymlinks(s.folder)
	if err != nil {
		return true
	}
	file, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return true
	}
	inside, err := filepath.Rel(folder, file)
	return err != nil || !filepath.IsLocal(inside)
}

func (l *loader) attachFrom(src source, wanted map[int][]int) {
	file, err := src.open()
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	reader := bufio.NewReaderSize(file, maxSourceLine)
	previous := ""
	for number, left := 1, len(wanted); left > 0; number++ {
		line, long, err := readLine(reader)
		if indexes, found := wanted[number]; found {
			left--
			for _, i := range indexes {
				d := &l.diagnostics[i]
				if !long && (!unreadable(d.Code) || !maySecret(previous, line)) {
					d.SourceLine = line
				}
			}
		}
		if err != nil {
			return
		}
		if strings.TrimSpace(line) != "" {
			previous = line
		}
	}
}

// readLine reads one line without its break; of a long one only the beginning.
func readLine(reader *bufio.Reader) (line string, long bool, err error) {
	text, err := reader.ReadSlice('\n')
	line = strings.ToValidUTF8(string(bytes.TrimRight(bytes.TrimPrefix(text, byteOrderMark), "\r\n")), "\ufffd")
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		_, err = reader.ReadSlice('\n')
	}
	if errors.Is(err, io.EOF) || err == nil {
		return line, long, err
	}
	return "", false, err
}

// unreadable reports whether the code means that a document could not be
// decoded, so that nothing is known about what its lines hold.
func unreadable(code string) bool {
	return code == codeSyntax || code == codeEncoding || code == codeLimit
}

// maySecret guesses whether a line, or the one that it continues, holds a
// credential that is written out.
func maySecret(lines ...string) bool {
	for _, line := range lines {
		if strings.Contains(line, secretTag) {
			return true
		}
		if soundsSecret(line) && !strings.Contains(line, "${") {
			return true
		}
	}
	return false
}
