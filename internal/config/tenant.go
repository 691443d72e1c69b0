package config

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// rawTenant is one tenant entry while it is decoded.
type rawTenant struct {
	at     resource.Position
	id     text
	key    text
	name   text
	parent text

	absent, protect    bool
	hasID, hasState    bool // the keys themselves stand there
	hasProtect         bool
	hasRemoved         bool
	unresolved         bool // of an overlay: a variable in it is not set
	only, except       selector
	stateAt, protectAt resource.Position

	fields  []resource.DesiredField
	removed []text
	nulls   []null // of an overlay: what it unmanages
	domains []text // of every list, for the rule that a domain has one tenant

	list struct { // self_provisioning_domains
		given bool
		at    resource.Position
	}
	pair domainPair
}

// domainPair is what domains and self_provisioning say.
type domainPair struct {
	domains, enabled     bool // given
	readable             bool // the domains could be read
	broken               bool // self_provisioning could not
	on                   bool
	domainsAt, enabledAt resource.Position
	values               []string
}

// entry is what stays of a tenant.
type entry struct {
	desired resource.Desired
	only    []string // environments; nil for all
	except  []string
	file    string // absolute, that a flow is made from; "" for none
	parts   *entryParts
}

// selector is the value of only or except.
type selector struct {
	given bool
	at    resource.Position
	names []text
}

func (s selector) values() []string {
	if !s.given {
		return nil
	}
	values := make([]string, len(s.names))
	for i, name := range s.names {
		values[i] = name.value
	}
	return values
}

// readTenants decodes the list, and lets go of each node once it is decoded:
// the nodes of a large list are many times its text.
func readTenants(l *loader, n *yaml.Node, into *collected) {
	into.hasTenants = true
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, "tenants", "a list", "")
		return
	}
	if !l.parts {
		into.lists.tenants = append(into.lists.tenants, l.position(n))
	}
	if l.isBulkList(n) {
		l.readParts(into)
		return
	}
	if l.check == nil {
		into.tenants = slices.Grow(into.tenants, len(n.Content))
	}
	released := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	for i, child := range n.Content {
		readTenant(l, child, into)
		if n.Anchor == "" {
			n.Content[i] = released
		}
	}
}

// readTenant decodes one entry and takes it over.
func readTenant(l *loader, n *yaml.Node, into *collected) {
	into.hasTenants = true
	raw := rawTenant{at: l.position(n)}
	if !l.decodeTenant(n, &raw) {
		return
	}
	l.checkTenant(&raw)
	l.remember(&raw)
	l.settleDomains(&raw)
	l.settleRemoved(&raw)
	if raw.absent {
		l.settleAbsent(&raw)
	}
	l.keep(&raw)
}

// decodeTenant reads one entry as it stands.
func (l *loader) decodeTenant(n *yaml.Node, raw *rawTenant) bool {
	target := dealias(n)
	if target.Kind != yaml.MappingNode {
		l.wrongType(target, "a tenant", "a mapping", `write it as { id: "…", name: "…" }`)
		return false
	}
	raw.fields = make([]resource.DesiredField, 0, 8)
	l.tenant.read(l, target, raw, "a tenant", "")
	raw.hasID = raw.hasID || hasKey(target, "id")
	return true
}

// hasKey reports whether a mapping has the key itself, with whatever value.
func hasKey(n *yaml.Node, name string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

// kept takes fields out of the room that they were gathered in; none are nil.
func kept(fields []resource.DesiredField) []resource.DesiredField {
	return slices.Clip(append([]resource.DesiredField(nil), fields...))
}

// keep stores the entry. One whose id could not be read is left out; that was
// reported.
func (l *loader) keep(raw *rawTenant) {
	if !raw.id.given {
		l.all.lostTenant = true
		return
	}
	l.noteSelection(raw.only, raw.except)
	if l.lets(raw) {
		return
	}
	l.sortFields(raw.fields)
	at := int32(len(l.all.tenants)) //nolint:gosec // the documents' limit is far below
	l.all.tenants = append(l.all.tenants, entry{
		desired: resource.Desired{
			Kind: resource.KindTenant, ID: raw.id.value, Absent: raw.absent, Protect: raw.protect,
			Fields: kept(raw.fields), Source: raw.at,
		},
		only: raw.only.values(), except: raw.except.values(),
		parts: partsOf(entryParts{key: raw.key, state: raw.stateAt, protect: raw.protectAt}),
	})
	l.checkTwice(raw, at)
	if raw.parent.given && raw.parent.value != "" && !raw.absent {
		l.all.parents = append(l.all.parents, parentEdge{child: at, parent: raw.parent.value, at: raw.parent.at})
	}
}

// sortableField carries a field with the text that it is sorted by.
type sortableField struct {
	path  string
	field resource.DesiredField
}

// sortFields sorts by the paths' text, which is made once for each field.
func (l *loader) sortFields(fields []resource.DesiredField) {
	sortable := l.fields[:0]
	for _, field := range fields {
		sortable = append(sortable, sortableField{path: field.Path.String(), field: field})
	}
	slices.SortFunc(sortable, func(a, b sortableField) int { return cmp.Compare(a.path, b.path) })
	for i := range sortable {
		fields[i] = sortable[i].field
	}
	l.fields = sortable
}

func (raw *rawTenant) add(path resource.Path, value resource.Value, at resource.Position) {
	raw.fields = append(raw.fields, resource.DesiredField{Path: path, Value: value, Source: at})
}

// settleDomains turns the pair domains and self_provisioning into the one
// field that Descope knows.
func (l *loader) settleDomains(raw *rawTenant) {
	pair := &raw.pair
	if pair.broken || (!pair.domains && !pair.enabled) {
		return
	}
	if raw.list.given {
		at, other := pair.domainsAt, "domains"
		if !pair.domains {
			at, other = pair.enabledAt, "self_provisioning"
		}
		l.reportAt(at, SeverityError, codeDomainPair, fmt.Sprintf("%s and self_provisioning_domains (%s) are two ways to say one thing", other, raw.list.at), "keep self_provisioning_domains only")
		return
	}
	path := resource.Path{Field: fieldDomains}
	switch {
	case !pair.enabled:
		l.reportAt(pair.domainsAt, SeverityWarning, codeNoEffect, "domains take no effect without self_provisioning", "write self_provisioning: true, or self_provisioning_domains instead of domains")
	case !pair.on:
		if pair.domains && len(pair.values) > 0 {
			l.reportAt(pair.domainsAt, SeverityWarning, codeNoEffect, "domains take no effect while self_provisioning is false", "drop domains, or write self_provisioning: true")
		}
		raw.add(path, "[]", pair.enabledAt)
	case !pair.domains || (pair.readable && len(pair.values) == 0):
		l.reportAt(pair.enabledAt, SeverityError, codeDomainPair, "self_provisioning: true needs at least one domain", `add domains: ["example.com"]`)
	case pair.readable:
		raw.add(path, resource.StringsValue(pair.values), pair.domainsAt)
	}
}

// settleRemoved turns remove_attributes into fields.
func (l *loader) settleRemoved(raw *rawTenant) {
	if len(raw.removed) == 0 {
		return
	}
	set := make(map[string]resource.Position, len(raw.fields))
	for _, field := range raw.fields {
		if field.Path.Field == fieldAttributes {
			set[field.Path.Key] = field.Source
		}
	}
	done := make(map[string]bool, len(raw.removed))
	for _, name := range raw.removed {
		at, isSet := set[name.value]
		switch {
		case done[name.value]:
			l.reportAt(name.at, SeverityWarning, codeRepeated, show(name.source)+" stands twice in remove_attributes", "drop one of the two")
		case isSet:
			l.reportAt(name.at, SeverityError, codeAttribute, fmt.Sprintf("the attribute %s is also set at %s", show(name.source), at), "keep one of the two")
		default:
			path := resource.Path{Field: fieldAttributes, Key: name.value}
			raw.fields = append(raw.fields, resource.DesiredField{Path: path, Remove: true, Source: name.at})
		}
		done[name.value] = true
	}
}

// settleAbsent drops what a tenant that is to be deleted says beyond that. It
// warns and does not refuse: "state: absent" added to an entry is the smallest
// change that a reviewer can read, and taking it out brings the entry back.
func (l *loader) settleAbsent(raw *rawTenant) {
	seen := map[string]bool{}
	for _, field := range raw.fields {
		name := field.Path.Field
		if field.Remove {
			name = "remove_attributes"
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		l.reportAt(field.Source, SeverityWarning, codeAbsent, name+" takes no effect on a tenant with state: absent", "drop everything but id, key, state, only, except and protect")
	}
	raw.fields = nil
}
