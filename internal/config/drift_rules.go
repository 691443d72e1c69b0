package config

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// driftRules is what "drift" says, over all documents.
type driftRules struct {
	ignore   []acceptance
	severity []resource.SeverityRule
}

// acceptance is one entry of drift.ignore.
type acceptance struct {
	resource.Acceptance
	only []string // environments; nil for all
}

// rawDrift is one entry of drift.ignore or drift.severity while it is decoded.
type rawDrift struct {
	address, path, until, reason, owner text
	severity                            resource.Severity
	only                                selector
	broken                              bool // a value could not be read; that was reported
}

func driftKey() key[collected] {
	b := driftBlock()
	return key[collected]{
		name: "drift", title: "Drift", example: `{ severity: [{ path: "custom_attributes.*", severity: info }] }`,
		description: "Which differences between the code and the live projects are accepted, and how grave others are. The lists of several documents are joined.",
		schema:      b.object(),
		read: func(l *loader, n *yaml.Node, into *collected) {
			b.read(l, n, &into.drift, "drift", "")
		},
	}
}

func driftBlock() *block[driftRules] {
	ignore, severity := acceptanceBlock(), severityBlock()
	accepted := ignore.object()
	accepted["required"] = []string{"address", "reason", "owner"}
	rule := severity.object()
	rule["required"] = []string{"severity"}
	rule["anyOf"] = []any{schema{"required": []string{"address"}}, schema{"required": []string{"path"}}}
	return newBlock([]key[driftRules]{
		{
			name: "ignore", title: "Accepted drift", example: `[{ address: "tenant/acme-corp", path: "name", until: "2026-12-31", reason: "renamed by sales", owner: "ana@example.com" }]`,
			description: "Differences that somebody has accepted. They do not count as drift while they hold; one whose day has passed fails `drift detect` until it is renewed or dropped.",
			schema:      schema{"type": "array", "items": accepted},
			read: func(l *loader, n *yaml.Node, into *driftRules) {
				l.driftEntries(ignore, n, "drift.ignore", func(raw *rawDrift, at resource.Position) {
					if one, ok := l.acceptance(raw, at); ok {
						into.ignore = append(into.ignore, one)
					}
				})
			},
		},
		{
			name: "severity", title: "Severities", example: `[{ address: "flow/*", path: "metadata.*", severity: info }]`,
			description: "How grave differences are, instead of what the tool's own table says. The last entry that matches counts.",
			schema:      schema{"type": "array", "items": rule},
			read: func(l *loader, n *yaml.Node, into *driftRules) {
				l.driftEntries(severity, n, "drift.severity", func(raw *rawDrift, at resource.Position) {
					if one, ok := l.severityRule(raw, at); ok {
						into.severity = append(into.severity, one)
					}
				})
			},
		},
	})
}

// driftEntries decodes a list entry by entry.
func (l *loader) driftEntries(b *block[rawDrift], n *yaml.Node, what string, take func(raw *rawDrift, at resource.Position)) {
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, what, "a list", "")
		return
	}
	for _, child := range n.Content {
		raw, target := &rawDrift{}, dealias(child)
		if target.Kind != yaml.MappingNode {
			l.wrongType(target, "an entry of "+what, "a mapping", "")
			continue
		}
		b.read(l, target, raw, "an entry of "+what, "")
		// A key whose value was refused is not reported as missing too.
		for _, k := range b.keys {
			raw.broken = raw.broken || hasKey(target, k.name) && !raw.has(k.name)
		}
		take(raw, l.position(child))
	}
}

// has reports whether a key was given and could be read.
func (raw *rawDrift) has(name string) bool {
	switch name {
	case "address":
		return raw.address.given
	case "path":
		return raw.path.given
	case "until":
		return raw.until.given
	case "reason":
		return raw.reason.given
	case "owner":
		return raw.owner.given
	case "severity":
		return raw.severity != ""
	default:
		return true // only
	}
}

// placeKeys say which differences an entry is about.
func placeKeys() []key[rawDrift] {
	return []key[rawDrift]{
		{
			name: "address", title: "Address", example: `"tenant/acme-*"`,
			description: "A pattern over addresses (`*`, `?`, `[a-z]`).",
			schema:      schema{"type": "string", "pattern": `^(tenant|flow)/|^[^/]*[*?\[\\]|\$\{`},
			read:        func(l *loader, n *yaml.Node, raw *rawDrift) { raw.address = l.addressGlob(n) },
		},
		{
			name: "path", title: "Path", example: `"custom_attributes.*"`, fallback: "all, and whole objects",
			description: "A pattern over the paths of fields, as plans and drift reports name them. Left out: all, and whole objects.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawDrift) { raw.path = l.glob(n, "path") },
		},
	}
}

// acceptanceBlock is the table of an entry of drift.ignore.
func acceptanceBlock() *block[rawDrift] {
	return newBlock(append(placeKeys(), []key[rawDrift]{
		{
			name: "until", title: "Last day", example: `"2026-12-31"`, fallback: "for ever",
			description: "The last day on which it holds (UTC), with or without quotes. Left out: for ever.",
			schema:      schema{"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$|\$\{`},
			read:        func(l *loader, n *yaml.Node, raw *rawDrift) { raw.until = l.day(n, "until") },
		},
		{
			name: "reason", title: "Reason", example: `"renamed by sales, TICKET-12"`, fallback: "required",
			description: "Why it is accepted, required.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawDrift) { raw.reason = l.said(n, "reason") },
		},
		{
			name: "owner", title: "Owner", example: `"ana@example.com"`, fallback: "required",
			description: "Who answers for it, required.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawDrift) { raw.owner = l.said(n, "owner") },
		},
		{
			name: "only", title: "Only in environments", example: `["dev", "test"]`, fallback: "all",
			description: "The environments in which it holds. Left out: all.",
			schema:      schemaNames(),
			read:        func(l *loader, n *yaml.Node, raw *rawDrift) { raw.only = l.selector(n, "only") },
		},
	}...))
}

// severityBlock is the table of an entry of drift.severity.
func severityBlock() *block[rawDrift] {
	severities := make([]string, 0, 3)
	for _, severity := range resource.Severities() {
		severities = append(severities, string(severity))
	}
	return newBlock(append(placeKeys(), key[rawDrift]{
		name: "severity", title: "Severity", example: `critical`, fallback: "required",
		description: "`info`, `warning` or `critical`, required.",
		schema:      schemaWord(severities),
		read: func(l *loader, n *yaml.Node, raw *rawDrift) {
			severity, _ := l.word(n, "severity", severities)
			raw.severity = resource.Severity(severity)
		},
	}))
}

// acceptance makes the entry. Whether its day has passed is for those who know
// the day.
func (l *loader) acceptance(raw *rawDrift, at resource.Position) (acceptance, bool) {
	missing := func(given bool, name, suggestion string) {
		if !given && !raw.broken {
			l.reportAt(at, SeverityError, codeDriftRule, "an entry of drift.ignore has no "+name, suggestion)
		}
	}
	missing(raw.address.given, "address", `add address: with a pattern like "tenant/acme-*"`)
	missing(raw.reason.given, "reason", "add reason: why the difference is accepted")
	missing(raw.owner.given, "owner", "add owner: who answers for it")
	if raw.only.given {
		l.all.selections = append(l.all.selections, raw.only)
	}
	return acceptance{
		Acceptance: resource.Acceptance{
			Address: resource.Glob(raw.address.value), Path: resource.Glob(raw.path.value), Until: raw.until.value,
			Reason: raw.reason.value, Owner: raw.owner.value, Source: at,
		},
		only: raw.only.values(),
	}, raw.address.given && raw.reason.given && raw.owner.given && !raw.broken
}

func (l *loader) severityRule(raw *rawDrift, at resource.Position) (resource.SeverityRule, bool) {
	if raw.broken {
		return resource.SeverityRule{}, false
	}
	if raw.severity == "" {
		l.reportAt(at, SeverityError, codeDriftRule, "an entry of drift.severity has no severity", "add severity: info, warning or critical")
	}
	if !raw.address.given && !raw.path.given {
		l.reportAt(at, SeverityError, codeDriftRule, "an entry of drift.severity has neither address nor path", `add address: with a pattern like "tenant/acme-*", or path: with one like "custom_attributes.*"`)
		return resource.SeverityRule{}, false
	}
	return resource.SeverityRule{
		Address: resource.Glob(raw.address.value), Path: resource.Glob(raw.path.value), Severity: raw.severity, Source: at,
	}, raw.severity != ""
}

// glob reads one pattern; what cannot be one counts as not given.
func (l *loader) glob(n *yaml.Node, what string) text {
	pattern := l.text(n, what)
	switch {
	case !pattern.given:
		return text{}
	case pattern.value == "":
		l.errorAt(n, codeValue, what+" is empty", "write a pattern, or drop the key")
		return text{}
	case resource.CheckGlob(pattern.value) != nil:
		l.errorAt(n, codeValue, "the pattern "+show(pattern.source)+" is not well formed", "close the bracket, or escape it with a backslash")
		return text{}
	}
	l.checked = append(l.checked, pattern)
	return pattern
}

// addressGlob reads a pattern over addresses.
func (l *loader) addressGlob(n *yaml.Node) text {
	pattern := l.glob(n, "address")
	if !pattern.given {
		return text{}
	}
	kind, _, isAddress := strings.Cut(pattern.value, "/")
	literal := !strings.ContainsAny(kind, `*?[\`)
	known := kind == string(resource.KindTenant) || kind == string(resource.KindFlow)
	if literal && !(isAddress && known) {
		l.errorAt(n, codeValue, "the pattern "+show(pattern.source)+" matches no address", "begin it with tenant/ or flow/")
		return text{}
	}
	return pattern
}

// said reads a text that must say something.
func (l *loader) said(n *yaml.Node, what string) text {
	read := l.text(n, what)
	if read.given && strings.TrimSpace(read.value) == "" {
		l.errorAt(n, codeValue, what+" is empty", "")
		return text{}
	}
	l.checked = append(l.checked, read)
	return read
}

// day reads a day of the calendar, YYYY-MM-DD.
func (l *loader) day(n *yaml.Node, what string) text {
	read := l.text(n, what)
	if !read.given {
		return text{}
	}
	if _, err := time.Parse(time.DateOnly, read.value); err != nil {
		l.errorAt(n, codeValue, what+" must be a day like 2026-12-31, not "+show(read.source), "")
		return text{}
	}
	return read
}

// Drift is what the configuration says about drift in an environment; the
// empty name stands for none.
func (c *Config) Drift(environment string) resource.DriftRules {
	rules := resource.DriftRules{Severity: slices.Clone(c.drift.severity)}
	for _, one := range c.drift.ignore {
		if one.only == nil || slices.Contains(one.only, environment) {
			rules.Ignore = append(rules.Ignore, one.Acceptance)
		}
	}
	return rules
}
