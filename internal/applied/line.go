package applied

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// format is the version of the lines: minor additions are allowed, a new major is
// refused by readers.
const format = "1.0"

// The keys of a line, in their order. Those from keyAt on are facts of the last run
// that changed the others.
const (
	keyAddress  = "address"
	keyAbsent   = "absent"
	keyDocument = "document"
	keyManaged  = "managed"
	keyValues   = "values"
	keyHidden   = "hidden"
	keyAt       = "at"
	keyRun      = "run_id"
	keyCommit   = "commit"
	keySum      = "sha256"
)

var keys = []string{keyAddress, keyAbsent, keyDocument, keyManaged, keyValues, keyHidden, keyAt, keyRun, keyCommit, keySum}

// line is one object as it stands in the file. Its object has no document, only the
// digest of one.
type line struct {
	address resource.Address
	drift.Object
	digest  string                    // of the document; empty where there is none
	unknown map[string]resource.Value // what a newer version of this program has added
}

// writer makes the texts of lines. It is there to be used for many.
type writer struct {
	quoted map[string]string // paths, of which there are few, as JSON
	paths  []string
	text   []byte
}

func newWriter() *writer { return &writer{quoted: map[string]string{}} }

// content is the text of a line up to its facts. Equal contents have equal texts.
// It holds until the next call.
func (w *writer) content(l *line) []byte {
	out := append(w.text[:0], `{"`+keyAddress+`":`...)
	out = append(out, resource.StringValue(string(l.address))...)
	out = append(out, `,"`+keyAbsent+`":`...)
	out = append(out, resource.BoolValue(l.Absent)...)
	if l.digest != "" {
		out = append(out, `,"`+keyDocument+`":`...)
		out = append(out, resource.StringValue(l.digest)...)
	}
	out = append(out, `,"`+keyManaged+`":[`...)
	for i, path := range l.Managed {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, w.quote(path)...)
	}
	out = append(out, `],"`+keyValues+`":{`...)
	for i, path := range w.sorted(maps.Keys(l.Values)) {
		value := l.Values[path]
		if value.IsAbsent() {
			value = "null"
		}
		out = w.appendMember(out, i, path, value)
	}
	out = append(out, `},"`+keyHidden+`":{`...)
	for i, path := range w.sorted(maps.Keys(l.Hidden)) {
		out = w.appendMember(out, i, path, resource.StringValue(l.Hidden[path]))
	}
	w.text = append(out, `},"`+keyAt+`":`...)
	return w.text
}

func (w *writer) appendMember(out []byte, at int, path string, value resource.Value) []byte {
	if at > 0 {
		out = append(out, ',')
	}
	out = append(out, w.quote(path)...)
	out = append(out, ':')
	return append(out, value...)
}

// sorted are texts in order; they hold until the next call.
func (w *writer) sorted(texts iter.Seq[string]) []string {
	w.paths = slices.AppendSeq(w.paths[:0], texts)
	slices.Sort(w.paths)
	return w.paths
}

func (w *writer) quote(path string) string {
	quoted, known := w.quoted[path]
	if !known {
		quoted = string(resource.StringValue(path))
		w.quoted[path] = quoted
	}
	return quoted
}

// encode is the whole line, without its end.
func (w *writer) encode(l *line) []byte {
	content := w.content(l)
	out := append(make([]byte, 0, len(content)+256), content...)
	out = append(out, resource.StringValue(l.At.UTC().Format(time.RFC3339))...)
	out = append(out, `,"`+keyRun+`":`...)
	out = append(out, resource.StringValue(l.RunID)...)
	out = append(out, `,"`+keyCommit+`":`...)
	out = append(out, resource.StringValue(l.Commit)...)
	for i, key := range slices.Sorted(maps.Keys(l.unknown)) {
		out = w.appendMember(out, i+1, key, l.unknown[key])
	}
	return seal(out)
}

const (
	sealHead = `,"` + keySum + `":"`
	sealTail = `"}`
	sumSize  = 2 * sha256.Size
	sealSize = len(sealHead) + sumSize + len(sealTail)
)

// seal ends a line with the digest of all that stands before.
func seal(text []byte) []byte {
	sum := sha256.Sum256(text)
	return append(append(append(text, sealHead...), hex.EncodeToString(sum[:])...), sealTail...)
}

// isSealed reports whether a line carries the digest of its content.
func isSealed(text []byte) bool {
	at := len(text) - sealSize
	if at < 0 {
		return false
	}
	sum := sha256.Sum256(text[:at])
	return string(text[at:]) == sealHead+hex.EncodeToString(sum[:])+sealTail
}

// addressOf is the address of a line.
func addressOf(text []byte) (resource.Address, error) {
	// As this program writes it, the address comes first.
	const head = `{"` + keyAddress + `":"`
	if rest, found := strings.CutPrefix(string(text[:min(len(text), len(head)+1024)]), head); found {
		if plain, _, ended := strings.Cut(rest, `"`); ended && !strings.Contains(plain, `\`) {
			return resource.Address(plain), resource.Address(plain).Check()
		}
	}
	whole, err := resource.ParseValue(text)
	if err != nil {
		return "", err
	}
	name, _ := whole.Get(keyAddress).AsString()
	return resource.Address(name), resource.Address(name).Check()
}

// parseLine reads a line whose seal was checked.
func parseLine(text []byte) (line, error) {
	whole, err := resource.ParseValue(text)
	if err != nil {
		return line{}, err
	}
	members, isObject := whole.AsObject()
	if !isObject {
		return line{}, errors.New("it is no JSON object")
	}
	l := line{unknown: map[string]resource.Value{}}
	for key, value := range members {
		if !slices.Contains(keys, key) {
			l.unknown[key] = value
		}
	}
	name, _ := members[keyAddress].AsString()
	l.address = resource.Address(name)
	if err := l.address.Check(); err != nil {
		return line{}, err
	}
	l.Absent = members[keyAbsent] == resource.BoolValue(true)
	l.RunID, _ = members[keyRun].AsString()
	l.Commit, _ = members[keyCommit].AsString()
	at, _ := members[keyAt].AsString()
	if l.At, err = time.Parse(time.RFC3339, at); err != nil {
		return line{}, fmt.Errorf("%q is no time", at)
	}
	l.At = l.At.UTC()
	if l.digest, _ = members[keyDocument].AsString(); l.digest != "" && !isDigest(l.digest) {
		return line{}, fmt.Errorf("%q is no digest of a document", l.digest)
	}
	var known bool
	if l.Managed, known = members[keyManaged].AsStrings(); !known {
		return line{}, errors.New("it does not say which paths were managed")
	}
	if l.Values, known = members[keyValues].AsObject(); !known {
		return line{}, errors.New("it has no values")
	}
	for path, value := range l.Values {
		if value == "null" {
			l.Values[path] = resource.Absent
		}
	}
	hidden, known := members[keyHidden].AsObject()
	if !known {
		return line{}, errors.New("it does not say which values are hidden")
	}
	l.Hidden = make(map[string]string, len(hidden))
	for path, hash := range hidden {
		l.Hidden[path], _ = hash.AsString()
	}
	return l, nil
}

const digestPrefix = "sha256:"

// isDigest reports whether a text is a digest, and so makes a harmless file name.
func isDigest(text string) bool {
	digits, found := strings.CutPrefix(text, digestPrefix)
	return found && isHex(digits)
}

func isHex(digits string) bool {
	return len(digits) == sumSize && strings.Trim(digits, "0123456789abcdef") == ""
}
