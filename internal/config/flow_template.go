package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	templatesFolder = "templates"
	templateFlow    = "flow.json" // where a manifest names no other
	maxManifest     = 1 << 20
)

// manifestNames are the names that a template's manifest may have; the first counts.
var manifestNames = []string{"template.yaml", "template.yml", "template.json"}

// userTemplate is one that was looked for already.
type userTemplate struct {
	template flow.Template
	found    bool
	usable   bool
}

// findTemplate is the template of a name. What is wrong is reported.
func (l *loader) findTemplate(name text) (flow.Template, bool) {
	own, isOwn := flow.FindTemplate(name.value)
	user := l.userTemplate(l.folder, name.value)
	switch {
	case isOwn && user.found:
		l.reportAt(name.at, SeverityError, codeFlowTemplate, "the template "+show(name.source)+" is one of the tool's own, and also a folder under "+templatesFolder, "rename the folder")
		return flow.Template{}, false
	case isOwn:
		return own, true
	case user.found:
		return user.template, user.usable
	}
	var names []string
	for _, t := range flow.Templates() {
		names = append(names, t.Name)
	}
	l.reportAt(name.at, SeverityError, codeFlowTemplate, "no template is called "+show(name.source), didYouMean(name.source, append(names, userTemplateNames(l.folder)...), "templates"))
	return flow.Template{}, false
}

// userTemplateNames lists the user's own templates beside a configuration file.
func userTemplateNames(folder string) []string {
	root, err := openBelow(folder, templatesFolder)
	if err != nil {
		return nil
	}
	defer func() { _ = root.Close() }()
	file, err := openIn(root, templatesFolder)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	entries, _ := file.ReadDir(maxSnapshotFiles)
	var names []string
	for _, entry := range entries {
		if isFlowName(entry.Name()) && manifestOf(root, entry.Name()) != "" {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names
}

// manifestOf is the path of a template's manifest, or "".
func manifestOf(root *os.Root, name string) string {
	for _, manifest := range manifestNames {
		at := path.Join(templatesFolder, name, manifest)
		if _, err := root.Lstat(filepath.FromSlash(at)); err == nil {
			return at
		}
	}
	return ""
}

// userTemplate reads templates/NAME beside a configuration file, once.
func (l *loader) userTemplate(folder, name string) userTemplate {
	if !isFlowName(name) {
		return userTemplate{}
	}
	key := templateKey(folder, name)
	known, done := l.templates[key]
	if !done {
		known = l.readTemplate(folder, name)
		l.templates[key] = known
	}
	return known
}

func templateKey(folder, name string) string { return folder + "\x00" + name }

func (l *loader) readTemplate(folder, name string) userTemplate {
	root, err := openBelow(folder, templatesFolder)
	if err != nil {
		return userTemplate{}
	}
	defer func() { _ = root.Close() }()
	manifest := manifestOf(root, name)
	if manifest == "" {
		return userTemplate{}
	}
	file, at, line, budget := l.file, l.folder, l.line, l.budget
	defer func() { l.file, l.folder, l.line, l.budget = file, at, line, budget }()
	l.file, l.folder, l.line, l.budget = path.Join(path.Dir(l.file), manifest), filepath.Join(folder, templatesFolder, name), 0, maxExpansion
	text, err := readInner(root, manifest, maxManifest)
	if err != nil {
		l.reportManifest(codeFlowTemplate, "the template's manifest cannot be read: "+neutralise(err.Error()))
		return userTemplate{found: true}
	}
	l.manifests = append(l.manifests, source{name: l.file, open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(string(text))), nil
	}})
	template, ok := l.decodeManifest(name, text, strings.HasSuffix(manifest, ".json"))
	return userTemplate{template: template, found: true, usable: ok}
}

func (l *loader) reportManifest(code, message string) {
	l.reportAt(resource.Position{File: l.file, Line: 1, Column: 1}, SeverityError, code, message, "")
}

// rawManifest is a manifest while it is decoded.
type rawManifest struct {
	manifest flow.Manifest
	flow     text
	places   map[string]resource.Position // of the parameters
}

func (l *loader) decodeManifest(name string, text []byte, isJSON bool) (flow.Template, bool) {
	reported := len(l.diagnostics)
	root := l.parseManifest(text, isJSON)
	if root == nil {
		return flow.Template{}, false
	}
	raw := rawManifest{places: map[string]resource.Position{}}
	raw.manifest.Name, raw.manifest.Version = name, "1.0"
	manifestBlock().read(l, root, &raw, "a template", "")
	if l.hasErrorsSince(reported) {
		return flow.Template{}, false
	}
	at := raw.flow.at
	if !raw.flow.given {
		raw.flow.value, raw.flow.source = templateFlow, templateFlow
		at = resource.Position{File: l.file, Line: 1, Column: 1}
	}
	d, err := l.flowFile(l.folder, raw.flow.value, nil)
	if err != nil {
		l.reportAt(at, SeverityError, codeFlowFile, "the template's flow "+show(raw.flow.source)+": "+neutralise(err.Error()), hintOf(err))
		return flow.Template{}, false
	}
	template, wrong := flow.NewTemplate(raw.manifest, d)
	for _, e := range wrong {
		place, known := raw.places[e.Name]
		if !known {
			place = at
		}
		l.reportAt(place, SeverityError, codeFlowTemplate, neutralise(e.Error()), "")
	}
	return template, len(wrong) == 0
}

func (l *loader) hasErrorsSince(from int) bool {
	return slices.ContainsFunc(l.diagnostics[from:], func(d Diagnostic) bool { return d.Severity == SeverityError })
}

// parseManifest is the one document of a manifest, or nil.
func (l *loader) parseManifest(text []byte, isJSON bool) *yaml.Node {
	fail := func(failure *parseError) *yaml.Node {
		l.report(Diagnostic{
			Severity: SeverityError, Code: failure.code, Message: failure.message, Suggestion: failure.suggestion,
			Position: resource.Position{File: l.file, Line: failure.line, Column: failure.column},
		})
		return nil
	}
	if isJSON {
		root, failure := parseJSON(text)
		if failure != nil {
			return fail(failure)
		}
		return root
	}
	if failure := checkText(text); failure != nil {
		return fail(failure)
	}
	roots, failure := parseYAML(text)
	switch {
	case failure != nil:
		return fail(failure)
	case len(roots) != 1 || len(roots[0].Content) != 1:
		l.reportManifest(codeFlowTemplate, "a template's manifest is one document")
		return nil
	case !l.surveyAt(roots[0].Content[0], 0):
		return nil
	}
	return roots[0].Content[0]
}

// manifestBlock is the table of a template's manifest.
func manifestBlock() *block[rawManifest] {
	parameter := parameterBlock()
	return newBlock([]key[rawManifest]{
		{
			name: "version", title: "Version", example: `"1.0"`, fallback: "\"1.0\"", schema: schemaText(),
			description: "The template's own version, as text. Default \"1.0\".",
			read:        func(l *loader, n *yaml.Node, m *rawManifest) { m.manifest.Version, _ = l.rawText(n, "version") },
		},
		{
			name: "title", title: "Title", example: `"Acme sign-in"`, fallback: "the flow's own", schema: schemaText(),
			description: "The template's name for people. Left out, the flow's own.",
			read:        func(l *loader, n *yaml.Node, m *rawManifest) { m.manifest.Title, _ = l.rawText(n, "title") },
		},
		{
			name: "description", title: "Description", example: `"Sign in with our text messages."`, schema: schemaText(),
			description: "What the template is for.",
			read: func(l *loader, n *yaml.Node, m *rawManifest) {
				m.manifest.Description, _ = l.rawText(n, "description")
			},
		},
		{
			name: "flow", title: "Flow", example: `"flow.json"`, fallback: "`flow.json`", schema: schemaText(),
			description: "The exported flow, with a path from the manifest's folder. Default `flow.json`.",
			read:        func(l *loader, n *yaml.Node, m *rawManifest) { m.flow = l.text(n, "flow") },
		},
		{
			name: "parameters", title: "Parameters", example: `{ greeting: { type: string, default: "Hello!", set: "metadata.description" } }`,
			schema:      schema{"type": "object", "additionalProperties": parameter.object()},
			description: "The parameters by name, in the order in which they are shown.",
			read: func(l *loader, n *yaml.Node, m *rawManifest) {
				members, _ := l.members(n, "parameters")
				for _, member := range members {
					p := flow.ManifestParameter{Parameter: flow.Parameter{Name: member.name}}
					m.places[member.name] = l.position(member.key)
					parameter.read(l, member.value, &p, "the parameter "+show(member.name), "")
					m.manifest.Parameters = append(m.manifest.Parameters, p)
				}
			},
		},
	})
}

// parameterBlock is the table of one parameter in a manifest.
func parameterBlock() *block[flow.ManifestParameter] {
	value := schema{"$ref": "#/$defs/value"}
	return newBlock([]key[flow.ManifestParameter]{
		{
			name: "type", title: "Type", example: "string", fallback: "required", schema: schemaWord(flow.ParameterTypes()),
			description: "`boolean`, `integer`, `string`, or `list` (of text). Required.",
			read: func(l *loader, n *yaml.Node, p *flow.ManifestParameter) {
				word, _ := l.word(n, "type", flow.ParameterTypes())
				p.Type = flow.ParameterType(word)
			},
		},
		{
			name: "set", title: "Paths", example: `"metadata.description"`, fallback: "required", schema: schema{"anyOf": []any{schemaText(), schemaNames()}},
			description: "The path that the value fills, or a list of them, as under `set` of a flow. Required.",
			read:        readPaths,
		},
		{
			name: "description", title: "Description", example: `"What the first page says."`, schema: schemaText(),
			description: "What the parameter is for.",
			read: func(l *loader, n *yaml.Node, p *flow.ManifestParameter) {
				p.Description, _ = l.rawText(n, "description")
			},
		},
		{
			name: "default", title: "Default", example: `"Hello!"`, schema: value,
			description: "The value where an entry gives none. A parameter without a default must be given.",
			read:        func(l *loader, n *yaml.Node, p *flow.ManifestParameter) { p.Default, _ = l.any(n, "default") },
		},
		{
			name: "example", title: "Example", example: `"Welcome back!"`, schema: value,
			description: "A value to show.",
			read:        func(l *loader, n *yaml.Node, p *flow.ManifestParameter) { p.Example, _ = l.any(n, "example") },
		},
		boundKey("minimum", "Minimum", "The least value of an integer.", func(p *flow.ManifestParameter) **int64 { return &p.Minimum }),
		boundKey("maximum", "Maximum", "The greatest value of an integer.", func(p *flow.ManifestParameter) **int64 { return &p.Maximum }),
		{
			name: "enum", title: "Allowed", example: `["Hello!", "Welcome back!"]`, schema: schemaTexts(),
			description: "The texts that a string, or an item of a list, may be.",
			read: func(l *loader, n *yaml.Node, p *flow.ManifestParameter) {
				items, _ := l.texts(n, "enum")
				for _, item := range items {
					p.Enum = append(p.Enum, item.value)
				}
			},
		},
		{
			name: "min_items", title: "Fewest items", example: "1", schema: schema{"type": "integer", "minimum": 0},
			description: "How many items a list has at least.",
			read: func(l *loader, n *yaml.Node, p *flow.ManifestParameter) {
				least, _ := l.wholeNumber(n, "min_items", 0, maxInt32)
				p.MinItems = int(least)
			},
		},
	})
}

// boundKey is one end of an integer's range.
func boundKey(name, title, description string, into func(*flow.ManifestParameter) **int64) key[flow.ManifestParameter] {
	return key[flow.ManifestParameter]{
		name: name, title: title, example: "1", description: description, schema: schema{"type": "integer"},
		read: func(l *loader, n *yaml.Node, p *flow.ManifestParameter) {
			if value, ok := l.wholeNumber(n, name, math.MinInt64, math.MaxInt64); ok {
				*into(p) = &value
			}
		},
	}
}

func readPaths(l *loader, n *yaml.Node, p *flow.ManifestParameter) {
	if kindOf(n) == kindText {
		if path, ok := l.rawText(n, "set"); ok {
			p.Set = []string{path}
		}
		return
	}
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, "set", "a path or a list of paths", "")
		return
	}
	for _, item := range n.Content {
		if path, ok := l.rawText(dealias(item), "an item of set"); ok {
			p.Set = append(p.Set, path)
		}
	}
}

// FlowTemplates lists our own templates of flows, and those in the folder
// "templates" beside each configuration file, sorted by name. What is wrong with
// the latter is returned, sorted by position; such a template is left out. Without
// a configuration there are only ours. Errors are those of the file system, and
// the context's.
func FlowTemplates(ctx context.Context, opts Options) ([]flow.Template, []Diagnostic, error) {
	list := flow.Templates()
	sources, err := discover(opts)
	if _, missing := errors.AsType[*NotFoundError](err); err != nil && (!missing || len(opts.Paths) > 0) {
		return nil, nil, err
	}
	l := newLoader(opts)
	seen := map[string]bool{}
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		l.file, l.folder = src.name, src.folder
		for _, name := range userTemplateNames(src.folder) {
			if seen[src.folder+"\x00"+name] {
				continue
			}
			seen[src.folder+"\x00"+name] = true
			user := l.userTemplate(src.folder, name)
			if other := slices.IndexFunc(list, func(t flow.Template) bool { return t.Name == name }); other >= 0 {
				at := resource.Position{File: path.Join(path.Dir(src.name), templatesFolder, name), Line: 1, Column: 1}
				l.reportAt(at, SeverityError, codeFlowTemplate, fmt.Sprintf("there is another template called %s", show(name)), "rename the folder")
				continue
			}
			if user.usable {
				list = append(list, user.template)
			}
		}
	}
	slices.SortFunc(list, func(a, b flow.Template) int { return strings.Compare(a.Name, b.Name) })
	l.checkUses()
	l.settle(nil)
	return list, l.diagnostics, nil
}
