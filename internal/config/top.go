package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// supportedVersion is the version of the configuration's format.
const supportedVersion = "1.0"

// topBlock is the table of the top-level keys.
func topBlock() *block[collected] {
	auth := authBlock()
	return newBlock(append(headKeys(auth), bodyKeys()...))
}

// headKeys say how the configuration is to be read and where it goes.
func headKeys(auth *block[access]) []key[collected] {
	return []key[collected]{
		{
			name: "$schema", title: "Schema", example: `"./descope.schema.json"`,
			description: "For editors of JSON files; ignored.",
			schema:      schema{"type": "string"},
			read:        func(l *loader, n *yaml.Node, _ *collected) { l.rawText(n, "$schema") },
		},
		{
			name: "version", title: "Version", example: `"1.0"`, fallback: "required",
			description: "The version of the configuration's format. At least one document must give it, and it must be the same everywhere.",
			schema:      schema{"const": supportedVersion},
			read:        readVersion,
		},
		{
			name: "requires", title: "Required tool version", example: `">=1.0"`,
			description: "Versions of the tool that may read this configuration: comparisons with >=, >, =, < and <=, separated by commas. Only the parts that a comparison names count, and a pre-release counts as its release.",
			schema:      schema{"type": "string", "pattern": `\$\{|^` + requirement + `(,` + requirement + `)*$`},
			read:        readRequires,
		},
		{
			name: "variables", title: "Listed variables", example: `["KEYCLOAK_REALM"]`,
			description: "Variables that may be used in values although their names hold KEY, SECRET, TOKEN or PASSWORD.",
			schema:      schemaTexts(),
			read:        readVariables,
		},
		{
			name: "auth", title: "Sign-in", example: `{ project_id: "${DESCOPE_PROJECT_ID}", management_key: "${DESCOPE_MANAGEMENT_KEY}" }`,
			description: "The project where no environment says otherwise. Variables are looked up only when they are needed.",
			schema:      auth.object(),
			read: func(l *loader, n *yaml.Node, into *collected) {
				l.readAccess(auth, n, &into.auth, "auth", "auth")
			},
		},
		{
			name: "environments", title: "Environments", example: `{ dev: { project_id: "P2dev", management_key: "${DESCOPE_DEV_MANAGEMENT_KEY}" } }`,
			description: "One Descope project for each name. With environments configured, every command that talks to a project needs -e or --project-id.",
			schema:      schema{"type": "object", "propertyNames": schema{"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"}, "additionalProperties": environmentBlock().object()},
			read:        readEnvironments,
		},
	}
}

// requirement is the pattern of one comparison of "requires".
const requirement = `\s*(>=|<=|>|<|=)?\s*v?[0-9]+(\.[0-9]+){0,2}([-+][^,]*)?\s*`

// bodyKeys say what is managed, and how carefully.
func bodyKeys() []key[collected] {
	tenant, aFlow := schema{"$ref": "#/$defs/tenant"}, schema{"$ref": "#/$defs/flow"}
	return []key[collected]{
		manageKey(),
		{
			name: "tenants", title: "Tenants", example: `[{ id: "acme-corp", name: "Acme Corporation" }]`,
			description: "The tenants. Where the key is missing everywhere, tenants are neither read nor planned nor reported.",
			schema:      schema{"type": "array", "items": tenant},
			read:        readTenants,
		},
		{
			name: "tenant", title: "One tenant", example: `{ id: "acme-corp", name: "Acme Corporation" }`,
			description: "A single tenant, for files or streams with one document per tenant; such a document has at most 1 MiB.",
			schema:      tenant,
			read:        single(readTenant),
		},
		{
			name: "flows", title: "Flows", example: `[{ template: "magic-link", name: "Magic link" }]`,
			description: "The authentication flows. Where the key is missing everywhere, flows are neither read nor planned nor reported.",
			schema:      schema{"type": "array", "items": aFlow},
			read:        readFlows,
		},
		{
			name: "flow", title: "One flow", example: `{ template: "magic-link" }`,
			description: "A single flow, for files or streams with one document per flow; such a document has at most 1 MiB.",
			schema:      aFlow,
			read:        single(readFlow),
		},
		guardKey(),
		driftKey(),
		performanceKey(),
		stateKey(),
		backupKey(),
	}
}

// single reads an entry that has its document for itself.
func single(read func(*loader, *yaml.Node, *collected)) func(*loader, *yaml.Node, *collected) {
	return func(l *loader, n *yaml.Node, into *collected) {
		if l.size > maxSingle {
			l.errorAt(n, codeLimit, "a document with a single tenant or flow has more than 1 MiB", "put the entry into a document of its own, or a list under tenants or flows")
			return
		}
		read(l, n, into)
	}
}

func readVersion(l *loader, n *yaml.Node, into *collected) {
	into.version = true
	suggestion := `write version: "` + supportedVersion + `"`
	if kindOf(n) == kindNumber {
		l.errorAt(n, codeVersion, "version must be text, not a number", suggestion)
		return
	}
	if version, ok := l.rawText(n, "version"); ok && version != supportedVersion {
		l.errorAt(n, codeVersion, fmt.Sprintf("version %s is not supported; this version of the tool reads %q", show(version), supportedVersion), suggestion)
	}
}

func readRequires(l *loader, n *yaml.Node, _ *collected) {
	requires := l.text(n, "requires")
	if !requires.given || !l.once("requires", requires.at) {
		return
	}
	ok, known, err := satisfies(requires.value, l.toolVersion)
	switch {
	case err != nil:
		l.errorAt(n, codeValue, "requires "+show(requires.source)+" is no version constraint", `write comparisons like ">=1.0" or ">=1.2, <2"`)
	case !known:
		l.warnAt(n, codeRequires, "requires "+show(requires.source)+" cannot be checked: this is a development build", "")
	case !ok:
		l.errorAt(n, codeRequires, fmt.Sprintf("the configuration requires %s, and this is %s", show(requires.source), l.toolVersion), "install a version that fits")
	}
}

func readVariables(l *loader, n *yaml.Node, into *collected) {
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, "variables", "a list", "")
		return
	}
	for _, child := range n.Content {
		child = dealias(child)
		name, ok := l.rawText(child, "an item of variables")
		switch {
		case !ok:
		case !isVariableName(name):
			l.errorAt(child, codeValue, show(name)+" cannot be the name of a variable", "write the bare name, without $ and braces")
		default:
			into.variables[name] = true
		}
	}
}

// manage is what "manage" says.
type manage struct {
	tenants, flows scope
	orphans        resource.OrphanPolicy
}

// scope is which objects of one kind are planned and reported.
type scope struct{ include, exclude []text }

func manageKey() key[collected] {
	b := manageBlock()
	return key[collected]{
		name: "manage", title: "Scope", example: `{ tenants: { exclude: ["sandbox-*"] }, orphans: report }`,
		description: "What is planned and reported at all.",
		schema:      b.object(),
		read: func(l *loader, n *yaml.Node, into *collected) {
			b.read(l, n, &into.manage, "manage", "manage")
		},
	}
}

func manageBlock() *block[manage] {
	tenants, flows := scopeBlock("tenant"), scopeBlock("flow")
	policies := []string{string(resource.OrphansIgnore), string(resource.OrphansReport), string(resource.OrphansError)}
	return newBlock([]key[manage]{
		{
			name: "tenants", title: "Scope of tenants", example: `{ include: ["*"], exclude: ["sandbox-*"] }`,
			description: "Which tenants this configuration is about.",
			schema:      tenants.object(),
			inParts:     true,
			read: func(l *loader, n *yaml.Node, m *manage) {
				tenants.read(l, n, &m.tenants, "manage.tenants", "manage.tenants")
			},
		},
		{
			name: "flows", title: "Scope of flows", example: `{ exclude: ["legacy-*"] }`,
			description: "Which flows this configuration is about.",
			schema:      flows.object(),
			inParts:     true,
			read: func(l *loader, n *yaml.Node, m *manage) {
				flows.read(l, n, &m.flows, "manage.flows", "manage.flows")
			},
		},
		{
			name: "orphans", title: "Orphans", example: `report`, fallback: "`report`",
			description: "What to do about live tenants and flows in scope that the configuration does not name: `report` (the default), `ignore`, or `error`.",
			schema:      schemaWord(policies),
			read: func(l *loader, n *yaml.Node, m *manage) {
				policy, _ := l.word(n, "orphans", policies)
				m.orphans = resource.OrphanPolicy(policy)
			},
		},
	})
}

// scopeBlock is the table of one kind's scope.
func scopeBlock(kind string) *block[scope] {
	return newBlock([]key[scope]{
		{
			name: "include", title: "Include", example: `["*"]`, fallback: "all",
			description: "Patterns over " + kind + " ids (`*`, `?`, `[a-z]`); " + kind + "s that match none are neither planned nor reported. Left out: all.",
			schema:      schemaTexts(),
			read:        func(l *loader, n *yaml.Node, s *scope) { s.include = l.globs(n, "include", kind) },
		},
		{
			name: "exclude", title: "Exclude", example: `["sandbox-*"]`,
			description: "Patterns over " + kind + " ids that are neither planned nor reported; they win over include.",
			schema:      schemaTexts(),
			read:        func(l *loader, n *yaml.Node, s *scope) { s.exclude = l.globs(n, "exclude", kind) },
		},
	})
}

// globs reads a list of patterns.
func (l *loader) globs(n *yaml.Node, what, kind string) []text {
	items, _ := l.texts(n, what)
	good := items[:0]
	for _, item := range items {
		switch {
		case item.value == "":
			l.reportAt(item.at, SeverityError, codeValue, "a pattern of "+what+" is empty", "drop it")
		case resource.CheckGlob(item.value) != nil:
			l.reportAt(item.at, SeverityError, codeValue, "the pattern "+show(item.source)+" is not well formed", "close the bracket, or escape it with a backslash")
		case strings.HasPrefix(item.value, kind+"/"):
			l.reportAt(item.at, SeverityError, codeValue, "the pattern "+show(item.source)+" is over ids, not addresses", "drop "+kind+"/")
		default:
			good = append(good, item)
		}
	}
	return good
}
