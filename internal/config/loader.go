package config

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// loader reads documents one after the other and gathers what they say
// together. Rules that need the whole are applied by finish.
type loader struct {
	opts        Options
	lookup      func(string) (string, bool)
	toolVersion string

	top    *block[collected]
	tenant *block[rawTenant]
	flow   *block[rawFlow] // made with the first flow
	access *block[access]

	what    string // what is read, as messages name it
	own     bool   // it is the user's own settings
	mayExec bool   // it may name commands to run

	file   string // as shown in positions
	folder string // that the file is in, absolute
	line   int    // line of the current document's first line, less one
	size   int    // of the current document's text

	layer    *overlay          // that is decoded; nil outside of one
	marks    marks             // where !secret may stand just now
	supplied map[string]string // from the file of variables
	wanted                     // base entries whose raw form an overlay needs
	check    *checking         // nil where all tenants are kept

	all           collected
	diagnostics   []Diagnostic
	reported      map[Diagnostic]bool          // aliases and merges visit the same mistake again
	given         map[string]resource.Position // settings by path, for those that may be given once
	uses          []variableUse
	checked       []text         // values that are looked through for keys, besides those of tenants
	checkedValues []checkedValue // the same for values that are no text
	withheld      map[place]bool // lines that may show a secret
	secrets       []string       // what else must not be shown
	budget        int            // what is left of maxExpansion for the document
	bulk          *bulk          // the document that is decoded in parts; nil for none
	parts         bool           // what is read is a part of a list
	bulkFrom      int            // size of documents that are decoded in parts
	bulkPart      int            // size of a part
	workers       int            // documents that are parsed at a time
	aheadSize     int            // size of what one of them takes
	asWhole       bool           // documents must not be decoded in parts
	whole         bool           // one could not be
	incomplete    bool           // a document could not be read: what is missing may stand there
	fields        []sortableField

	flowFiles map[string]readFile     // by folder and path
	preparing map[string]bool         // files of flows that are read beforehand, as flowFiles
	templates map[string]userTemplate // by folder and name
	manifests []source                // of the user's templates that were read
	flowBytes int                     // of all flows so far
	flowLimit int                     // of flowBytes and of fileBytes
	fileBytes int                     // of all their files so far
}

// checkedValue is a value that may hold a key.
type checkedValue struct {
	value resource.Value
	at    resource.Position
}

// place is a line of a file.
type place struct {
	file string
	line int
}

// collected is what all documents say together.
type collected struct {
	version      bool
	variables    map[string]bool
	auth         access
	environments []*environment // in the order of the files
	byName       map[string]*environment
	tenants      []entry
	letGo        int  // tenants that a check did not keep
	hasTenants   bool // the key itself stands somewhere
	flows        []entry
	hasFlows     bool
	flowIDs      map[string]occurrence
	flowKeys     map[string]occurrence
	rawFlows     []*rawFlow           // of each flow, by its number
	rawTenants   map[int32]*rawTenant // of those tenants that an overlay needs, by their numbers
	lists        lists
	lostTenant   bool // an entry has no usable id, so that it is not known which it is
	lostFlow     bool
	levels       *hierarchy // of the base; nil where no tenant has a parent
	names        index
	keys         index
	ids          index
	domains      index
	parents      []parentEdge
	selections   []selector
	manage       manage
	guard        Guard
	drift        driftRules
	secrets      []string // values that are marked as such
	Settings
}

func newLoader(opts Options) *loader {
	l := &loader{
		opts:        opts,
		lookup:      opts.Lookup,
		toolVersion: opts.ToolVersion,
		reported:    map[Diagnostic]bool{},
		given:       map[string]resource.Position{},
		withheld:    map[place]bool{},
		bulkFrom:    bulkFrom,
		bulkPart:    bulkPart,
		workers:     opts.Workers,
		aheadSize:   aheadSize,
		top:         topBlock(),
		tenant:      tenantBlock(),
		flowFiles:   map[string]readFile{},
		preparing:   map[string]bool{},
		templates:   map[string]userTemplate{},
		flowLimit:   maxFlowBytes,
		access:      environmentBlock(),
		what:        "the configuration",
		mayExec:     opts.AllowExec,
	}
	if l.workers <= 0 {
		l.workers = runtime.GOMAXPROCS(0)
	}
	if l.lookup == nil {
		l.lookup = func(string) (string, bool) { return "", false }
	}
	l.lookup = opts.envFile.supply(l.lookup)
	l.all = collected{
		variables: map[string]bool{}, byName: map[string]*environment{}, ids: newIndex(), keys: newIndex(), names: newIndex(), domains: newIndex(),
		flowIDs: map[string]occurrence{}, flowKeys: map[string]occurrence{}, rawTenants: map[int32]*rawTenant{},
		guard: Guard{DeletePercent: defaultDeletePercent, UpdatePercent: defaultUpdatePercent}, Settings: defaultSettings(),
	}
	return l
}

// readSource reads all documents of one file.
func (l *loader) readSource(ctx context.Context, src source) error {
	reader, err := src.open()
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	l.file, l.folder, l.line = src.name, src.folder, 0
	if l.own {
		if err := l.checkWriters(reader); err != nil {
			return fmt.Errorf("read %s: %w", src.name, err)
		}
	}
	if src.json {
		err = l.readJSON(reader)
	} else {
		err = l.readStream(ctx, reader)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", src.name, err)
	}
	return nil
}

// readStream reads the documents of a YAML file.
func (l *loader) readStream(ctx context.Context, reader io.Reader) error {
	documents := l.newAhead()
	defer documents.batches.abandon()
	err := splitDocuments(reader, maxDocument, func(doc document) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return documents.add(doc)
	})
	if err != nil {
		return err
	}
	return documents.finish()
}

func (l *loader) readJSON(reader io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(reader, maxDocument+1))
	if err != nil {
		return err
	}
	if len(text) > maxDocument {
		l.takeDocument(parseDocument(document{line: 1, tooLarge: true}))
		return nil
	}
	l.size = len(text)
	root, failure := parseJSON(text)
	if failure != nil {
		l.fail(failure)
		return nil
	}
	l.decode(root)
	return nil
}

// decode takes over what one document says.
func (l *loader) decode(root *yaml.Node) {
	if root.Kind == yaml.ScalarNode && readScalar(root).kind == kindNull {
		return
	}
	l.budget = maxExpansion
	if !l.surveyAt(root, 0) {
		l.incomplete = true
		return
	}
	if l.own {
		l.top.withholdUnknown(l, root, "management_key_command")
	}
	l.top.read(l, root, &l.all, l.what, "")
}

// fail reports a document that cannot be read at all.
func (l *loader) fail(failure *parseError) {
	l.incomplete = true
	l.report(Diagnostic{
		Severity: SeverityError, Code: failure.code, Message: failure.message, Suggestion: failure.suggestion,
		Position: resource.Position{File: l.file, Line: l.line + failure.line, Column: failure.column},
	})
}

// position is where a node stands.
func (l *loader) position(n *yaml.Node) resource.Position {
	return resource.Position{File: l.file, Line: l.line + n.Line, Column: n.Column}
}

func (l *loader) report(d Diagnostic) {
	if l.opts.WithoutBrokenFlows && d.Severity == SeverityError && slices.Contains(flowCodes(), d.Code) {
		d.Severity = SeverityWarning
	}
	if !l.reported[d] {
		l.reported[d] = true
		l.diagnostics = append(l.diagnostics, d)
	}
}

func (l *loader) errorAt(n *yaml.Node, code, message, suggestion string) {
	l.reportAt(l.position(n), SeverityError, code, message, suggestion)
}

func (l *loader) warnAt(n *yaml.Node, code, message, suggestion string) {
	l.reportAt(l.position(n), SeverityWarning, code, message, suggestion)
}

func (l *loader) reportAt(at resource.Position, severity Severity, code, message, suggestion string) {
	l.report(Diagnostic{Severity: severity, Code: code, Position: at, Message: message, Suggestion: suggestion})
}

// once reports whether a setting is given for the first time; several
// documents may not give it twice.
func (l *loader) once(path string, at resource.Position) bool {
	if first, twice := l.given[path]; twice {
		l.reportAt(at, SeverityError, codeSetTwice, fmt.Sprintf("%s is already set at %s", path, first), "keep one of the two")
		return false
	}
	l.given[path] = at
	return true
}
