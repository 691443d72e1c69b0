package config

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	// sketchBytes is how much of a configuration a sketch reads.
	sketchBytes = 32 << 20
	// sketchFrame is how much of one document, without its list of tenants, a sketch
	// parses.
	sketchFrame = 512 << 10
)

// SketchQuery says which objects a sketch is to name.
type SketchQuery struct {
	Kind        resource.Kind // empty for none
	Prefix      string        // with which their ids begin
	Environment string        // whose overlay counts too; empty for all
	// Most is how many may be named with everything that is known of them. Where there
	// are more, only their ids are given.
	Most int
}

// Sketch is what a configuration says at a glance: enough to complete a word in a
// shell, and nothing to rely on. Texts that need a variable which is not set are
// empty, and what is marked as secret is left out.
type Sketch struct {
	Environments []SketchedEnvironment // in the order of the files
	// ProjectID and BaseURL are those of auth.
	ProjectID, BaseURL string
	// StateDir, AppliedDir and BackupDir are absolute, begin with "~/", or are empty.
	StateDir, AppliedDir, BackupDir string
	Objects                         []SketchedObject // that the query is about, in the order of the files; an id may come twice
}

// SketchedEnvironment is an environment at a glance.
type SketchedEnvironment struct{ Name, ProjectID, BaseURL string }

// SketchedObject is an object at a glance. Name may be empty.
type SketchedObject struct{ ID, Name string }

// Environment finds an environment; the zero value where there is none of that name.
func (s Sketch) Environment(name string) SketchedEnvironment {
	for _, one := range s.Environments {
		if one.Name == name {
			return one
		}
	}
	return SketchedEnvironment{}
}

// ReadSketch reads a configuration for a completion. It never fails: what is not
// there, cannot be read or is wrong is passed over, entry by entry. The work is
// bounded, however large the files are: 32 MiB are read, and of a long list only
// those entries are parsed that the query asks for. Nothing is run, and no rule is
// checked.
func ReadSketch(ctx context.Context, opts Options, query SketchQuery) Sketch {
	sources, err := opts.find()
	if err != nil {
		return Sketch{}
	}
	s := &sketcher{query: query, lookup: opts.Lookup, left: sketchBytes}
	if s.lookup == nil {
		s.lookup = func(string) (string, bool) { return "", false }
	}
	if file, err := opts.readEnvFile(sources); err == nil {
		s.lookup = file.supply(s.lookup)
	}
	for _, src := range sources {
		if ctx.Err() != nil || s.left <= 0 {
			break
		}
		s.readSource(src)
	}
	return s.finish()
}

// sketcher makes a sketch.
type sketcher struct {
	query  SketchQuery
	lookup func(string) (string, bool)
	left   int64  // bytes that may still be read
	folder string // of the file that is read
	sketch Sketch
	pieces []sketchPiece // candidates whose text is not parsed yet
}

// sketchPiece is the text of an entry that seems to have an id.
type sketchPiece struct {
	id   string
	text []byte
}

func (s *sketcher) readSource(src source) {
	reader, err := src.open()
	if err != nil {
		return
	}
	defer func() { _ = reader.Close() }()
	s.folder = src.folder
	limited := &io.LimitedReader{R: reader, N: s.left}
	defer func() { s.left = limited.N }()
	if src.json {
		if text, err := io.ReadAll(limited); err == nil {
			s.readJSON(text)
		}
		return
	}
	_ = splitDocuments(limited, maxDocument, func(doc document) error { // what was read until then counts
		if !doc.tooLarge {
			s.readDocument(doc.text)
		}
		return nil
	})
}

// readJSON takes the lists out of a document, so that only the rest is parsed as YAML,
// which JSON is.
func (s *sketcher) readJSON(text []byte) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return
	}
	var tenants []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if s.query.Kind == resource.KindTenant && json.Unmarshal(members["tenants"], &tenants) == nil {
		for _, one := range tenants {
			s.found(one.ID, one.Name)
		}
	}
	delete(members, "tenants")
	if frame, err := json.Marshal(members); err == nil {
		s.readFrame(frame)
	}
}

// readDocument reads a YAML document. Its block list of tenants is cut into entries; a
// document that is one tenant is one.
func (s *sketcher) readDocument(text []byte) {
	if isTenantDocument(text) {
		s.note(text)
		return
	}
	cut, long := cutBulk(text, 1)
	if !long {
		s.readFrame(text)
		return
	}
	if s.query.Kind == resource.KindTenant {
		for _, part := range cut.parts {
			s.note(part.text)
		}
	}
	s.readFrame(withoutEmptyLines(cut.frame))
}

// withoutEmptyLines saves the time to parse those that stand for what was cut out.
func withoutEmptyLines(text []byte) []byte {
	kept := make([]byte, 0, min(len(text), sketchFrame))
	for line := range bytes.Lines(text) {
		if len(line) > 1 {
			kept = append(kept, line...)
		}
	}
	return kept
}

// isTenantDocument recognises a document of a stream: "tenant:" is its first key.
func isTenantDocument(text []byte) bool {
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimSpace(line)
		if len(trimmed) == 0 || trimmed[0] == '#' || trimmed[0] == '%' {
			continue
		}
		rest, isMarker := bytes.CutPrefix(trimmed, []byte("---"))
		if rest = bytes.TrimSpace(rest); isMarker && (len(rest) == 0 || rest[0] == '#') {
			continue
		}
		return bytes.HasPrefix(rest, []byte("tenant:"))
	}
	return false
}

// note keeps the text of an entry when its id seems to begin with the prefix.
func (s *sketcher) note(text []byte) {
	if s.query.Kind != resource.KindTenant {
		return
	}
	if id := roughID(text); id != "" && strings.HasPrefix(id, s.query.Prefix) {
		piece := sketchPiece{id: id}
		if len(s.pieces) <= s.query.Most {
			piece.text = bytes.Clone(text)
		}
		s.pieces = append(s.pieces, piece)
	}
}

// roughID is the id in the text of an entry as far as it can be seen without parsing
// it; empty where it cannot.
func roughID(text []byte) string {
	for at := 0; ; {
		next := bytes.Index(text[at:], []byte("id"))
		if next < 0 {
			return ""
		}
		start, end := at+next, at+next+len("id")
		at = end
		if start > 0 && !bytes.ContainsRune([]byte(" \n{,\"'"), rune(text[start-1])) {
			continue
		}
		value, isKey := bytes.CutPrefix(bytes.TrimLeft(text[end:], `"' `), []byte(":"))
		if !isKey {
			continue
		}
		value = bytes.TrimLeft(value, " ")
		closing := ",}\n\r #"
		if len(value) > 0 && (value[0] == '"' || value[0] == '\'') {
			closing, value = string(value[:1])+"\n", value[1:]
		}
		length := bytes.IndexAny(value, closing)
		if length < 0 {
			length = len(value)
		}
		if value = value[:length]; bytes.ContainsAny(value, "\\$!&*") {
			return ""
		}
		return string(value)
	}
}

func (s *sketcher) found(id, name string) {
	if strings.Contains(id, "${") || !strings.HasPrefix(id, s.query.Prefix) || id == "" {
		return
	}
	if strings.Contains(name, "${") {
		name = ""
	}
	s.sketch.Objects = append(s.sketch.Objects, SketchedObject{ID: id, Name: name})
}

// finish parses the entries that were kept.
func (s *sketcher) finish() Sketch {
	if len(s.pieces)+len(s.sketch.Objects) > s.query.Most {
		for _, piece := range s.pieces {
			s.found(piece.id, "")
		}
		return s.sketch
	}
	for _, piece := range s.pieces {
		root := sketchRoot(piece.text)
		if root != nil && root.Kind == yaml.MappingNode { // a document
			root = sketchMember(root, "tenant")
		} else if root != nil && len(root.Content) == 1 { // an item of a list
			root = dealias(root.Content[0])
		}
		s.takeEntry(root)
	}
	return s.sketch
}

// sketchRoot parses a small text; nil where it does not parse.
func sketchRoot(text []byte) *yaml.Node {
	if len(text) > sketchFrame || checkText(text) != nil {
		return nil
	}
	roots, failure := parseYAML(text)
	if failure != nil || len(roots) != 1 || len(roots[0].Content) != 1 {
		return nil
	}
	return dealias(roots[0].Content[0])
}

// sketchMember is the value of a key, no alias; nil where there is none.
func sketchMember(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if dealias(n.Content[i]).Value == key {
			return dealias(n.Content[i+1])
		}
	}
	return nil
}

// sketchText is the text of a member as it stands; empty where it is none, or secret.
func sketchText(n *yaml.Node, key string) string {
	value := sketchMember(n, key)
	if value == nil || value.Kind != yaml.ScalarNode || value.Style&yaml.TaggedStyle != 0 {
		return ""
	}
	return value.Value
}

// expanded is the text of a member with its variables; empty where one is not set.
func (s *sketcher) expanded(n *yaml.Node, key string) string {
	raw := sketchText(n, key)
	if !strings.Contains(raw, "${") {
		return raw
	}
	segments, err := parseTemplate(raw)
	if err != nil {
		return ""
	}
	value, missing := expand(segments, s.lookup)
	if len(missing) > 0 {
		return ""
	}
	return value
}
