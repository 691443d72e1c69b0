package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// clone copies what is changed when an entry is settled.
func (raw *rawTenant) clone() *rawTenant {
	copied := *raw
	copied.fields = slices.Clone(raw.fields)
	return &copied
}

// paths is a set of paths. A field without a key stands for all of its keys.
type paths map[resource.Path]bool

func (p paths) has(path resource.Path) bool {
	return p[path] || p[resource.Path{Field: path.Field}]
}

// paths are those that the entry names, to set, to remove or to unmanage.
func (raw *rawTenant) paths() paths {
	named := make(paths, len(raw.fields)+len(raw.removed)+len(raw.nulls)+1)
	for _, field := range raw.fields {
		named[field.Path] = true
	}
	for _, name := range raw.removed {
		named[resource.Path{Field: fieldAttributes, Key: name.value}] = true
	}
	for _, n := range raw.nulls {
		named[n.path] = true
	}
	if raw.list.given || raw.pair.domains || raw.pair.enabled || raw.pair.broken {
		named[resource.Path{Field: fieldDomains}] = true
	}
	return named
}

// manages reports whether an entry manages a path, or some key of a field.
func (raw *rawTenant) manages() func(resource.Path) bool {
	named := raw.paths()
	for path := range raw.paths() {
		named[resource.Path{Field: path.Field}] = named[resource.Path{Field: path.Field}] || path.Key != ""
	}
	return func(path resource.Path) bool {
		return named[path] || path.Field == fieldRemoved && len(raw.removed) > 0
	}
}

// layTenant is the raw form of a base entry with an overlay's entry laid over it,
// path by path. Neither of the two is changed.
func layTenant(base, over *rawTenant) *rawTenant {
	laid := *base
	named := over.paths()
	if over.id.given && over.id.value != base.id.value {
		laid.id = over.id
	}
	if over.hasState {
		laid.absent, laid.hasState, laid.stateAt = over.absent, true, over.stateAt
	}
	if over.hasProtect {
		laid.protect, laid.hasProtect, laid.protectAt = over.protect, true, over.protectAt
	}
	if named.has(resource.Path{Field: fieldName}) {
		laid.name = over.name
	}
	if named.has(resource.Path{Field: fieldParent}) {
		laid.parent = over.parent
	}
	laid.fields = make([]resource.DesiredField, 0, len(base.fields)+len(over.fields)+2)
	for _, field := range base.fields {
		if !named.has(field.Path) {
			laid.fields = append(laid.fields, field)
		}
	}
	laid.fields = append(laid.fields, over.fields...)
	laid.removed = slices.DeleteFunc(slices.Clone(base.removed), func(name text) bool {
		return named.has(resource.Path{Field: fieldAttributes, Key: name.value})
	})
	if over.hasRemoved {
		laid.removed = over.removed
	}
	if named.has(resource.Path{Field: fieldDomains}) {
		laid.layDomains(base, over)
	}
	return &laid
}

// layDomains lays the three keys that make one field: the list, which is one side,
// and the pair, of which each half may be laid alone. Over a list, the pair lies as
// over the pair that means the same.
func (raw *rawTenant) layDomains(base, over *rawTenant) {
	cleared := over.list.given || slices.ContainsFunc(over.nulls, func(n null) bool { return n.path.Field == fieldDomains })
	pair, domains := base.pair, base.domains
	switch {
	case cleared:
		pair, domains = domainPair{}, nil
	case base.list.given:
		pair = base.listAsPair()
	}
	if over.pair.domains {
		pair.domains, pair.domainsAt, pair.values, pair.readable = true, over.pair.domainsAt, over.pair.values, over.pair.readable
	}
	if over.pair.domains || over.list.given {
		domains = over.domains
	}
	switch {
	case over.pair.enabled || over.pair.broken:
		pair.enabled, pair.broken, pair.on, pair.enabledAt = over.pair.enabled, over.pair.broken, over.pair.on, over.pair.enabledAt
	case over.pair.domains && pair.on:
		pair.enabledAt = over.pair.domainsAt // for the message that there must be a domain
	}
	if !over.pair.domains && pair.enabled && !pair.on { // what the base lists is switched off on purpose
		pair.domains, pair.values, domains = false, nil, nil
	}
	raw.list, raw.pair, raw.domains = over.list, pair, domains
}

// listAsPair is the pair that means the same as self_provisioning_domains.
func (raw *rawTenant) listAsPair() (pair domainPair) {
	pair = domainPair{domains: true, domainsAt: raw.list.at, enabled: true, enabledAt: raw.list.at}
	for _, field := range raw.fields {
		if field.Path.Field == fieldDomains {
			pair.values, pair.readable = field.Value.AsStrings()
		}
	}
	pair.on = len(pair.values) > 0
	return pair
}

// laidTenant is an entry of an overlay with what it makes.
type laidTenant struct {
	number int32 // of the entry below it; those of the environment alone count on
	over   *rawTenant
	raw    *rawTenant // as it is in the environment
	base   *rawTenant // nil for a tenant of the environment alone
}

// revived reports whether the entry is declared absent in the base and not here.
func (t *laidTenant) revived() bool { return t.base != nil && t.base.absent && !t.raw.absent }

// tenantLayer is the tenants of one environment while they are made.
type tenantLayer struct {
	*loader
	env     *environment
	tenants []*laidTenant         // in the order of their numbers
	below   map[int32]*laidTenant // by number; nil for one of which a variable is not set
	renamed map[string]string     // the base's ids that are others here
	entries map[int32]entry       // as they are here
}

func (l *loader) layTenants(env *environment, over *overlay) {
	y := &tenantLayer{loader: l, env: env, below: map[int32]*laidTenant{}, renamed: map[string]string{}, entries: map[int32]entry{}}
	env.tenants.configured, env.tenants.laid = over.hasTenants, map[int]laidEntry{}
	y.match(over.tenants)
	slices.SortStableFunc(y.tenants, func(a, b *laidTenant) int { return int(a.number) - int(b.number) })
	for _, t := range y.tenants {
		y.renameParent(t)
		y.settle(t)
	}
	y.renameOtherParents()
	y.checkTwice()
	y.checkParents()
	l.checkScopeOf("tenant", y.scoped(), l.all.manage.tenants.globs())
}

// match finds what each entry of the overlay lies over.
func (y *tenantLayer) match(overs []*rawTenant) {
	next := int32(len(y.all.tenants)) //nolint:gosec // the documents' limit is far below
	alone, keys, seen := map[string]resource.Position{}, map[string]resource.Position{}, map[int32]resource.Position{}
	for _, over := range overs {
		number, found := y.tenantBelow(over)
		switch {
		case found:
			y.take(over, number, seen)
		case over.key.given && !over.id.given:
			if !over.hasID && !y.all.lostTenant {
				y.reportUnknownKey(over.key, "tenant", y.all.keys.first)
			}
		case !over.id.given || y.all.lostTenant: // that was reported, or it is not known which it is
		case over.key.given && y.isBase(over.id):
			y.reportOtherKey(over.key, over.id, "tenant", y.all.ids.first[over.id.value].at)
		case !alone[over.id.value].IsZero():
			y.reportTwiceInOverlay(over.at, y.env, "tenant", over.id.source, alone[over.id.value])
		default:
			alone[over.id.value] = over.at
			y.checkKeyTwice(over.key, keys)
			y.checkID(over.id)
			y.reportNulls(over.nulls, "tenant", nil, nil)
			y.reportNearly(over)
			if !over.unresolved {
				y.tenants = append(y.tenants, &laidTenant{number: next, over: over, raw: over.clone()})
				next++
			}
		}
	}
}

// reportNearly warns of an entry that lies over nothing and nearly has the id of one
// of the base: without a name of its own it is hardly meant to be another tenant.
func (y *tenantLayer) reportNearly(over *rawTenant) {
	if over.name.given || over.absent {
		return
	}
	if meant := resource.DidYouMean(over.id.source, slices.Sorted(maps.Keys(y.all.ids.first))); meant != "" {
		y.reportAt(over.id.at, SeverityWarning, codeOverlayEffect, fmt.Sprintf("the tenant %s stands in the overlay of %s alone, and lies over no other entry", show(over.id.source), y.env.name),
			meant+" if it is another tenant, give it a name")
	}
}

// checkKeyTwice refuses a key that two entries of one environment alone have.
func (l *loader) checkKeyTwice(key text, keys map[string]resource.Position) {
	if !key.given {
		return
	}
	if first, twice := keys[key.value]; twice {
		l.reportAt(key.at, SeverityError, codeTwice, fmt.Sprintf("the key %s already stands at %s", show(key.source), first), "give each entry a key of its own")
		return
	}
	keys[key.value] = key.at
}

func (y *tenantLayer) isBase(id text) bool {
	_, found := y.all.ids.first[id.value]
	return found
}

// take lays an entry over the base's one.
func (y *tenantLayer) take(over *rawTenant, number int32, seen map[int32]resource.Position) {
	below, base := y.all.tenants[number], y.all.rawTenants[number]
	if first, twice := seen[number]; twice {
		y.reportTwiceInOverlay(over.at, y.env, "tenant", below.desired.ID, first)
		return
	}
	seen[number] = over.at
	if !below.selectedIn(y.env.name) {
		y.reportElsewhere(y.env, over.at, "tenant", below.desired.ID, below.desired.Source)
		return
	}
	y.reportNulls(over.nulls, "tenant", &base.at, base.manages())
	if over.unresolved || over.hasID && !over.id.given {
		y.below[number] = nil
		y.env.tenants.laid[int(number)] = laidEntry{entry: below, at: over.at, out: true}
		return
	}
	t := &laidTenant{number: number, over: over, raw: layTenant(base, over), base: base}
	y.tenants, y.below[number] = append(y.tenants, t), t
	if t.raw.id.value != base.id.value {
		y.checkID(t.raw.id)
		y.renamed[base.id.value] = t.raw.id.value
	}
}

// settle makes the entry.
func (y *tenantLayer) settle(t *laidTenant) {
	raw := t.raw
	y.settleDomains(raw)
	y.settleRemoved(raw)
	if raw.absent {
		y.warnAbsent(t)
		raw.fields = nil
	}
	y.sortFields(raw.fields)
	e := entry{desired: resource.Desired{
		Kind: resource.KindTenant, ID: raw.id.value, Absent: raw.absent, Protect: raw.protect, Fields: kept(raw.fields), Source: raw.at,
	}}
	parts := entryParts{key: raw.key, state: raw.stateAt, protect: raw.protectAt}
	if t.base != nil && raw.id.value != t.base.id.value {
		parts.id = raw.id.at
	}
	e.parts = partsOf(parts)
	if t.base == nil {
		y.env.tenants.add(e, t.over.key)
	} else {
		e.only, e.except = y.all.tenants[t.number].only, y.all.tenants[t.number].except
		y.env.tenants.laid[int(t.number)] = laidEntry{entry: e, at: t.over.at}
	}
	y.entries[t.number] = e
}

// warnAbsent warns of what the overlay itself says about an absent tenant; what the
// entry below it says is there for the other environments.
func (y *tenantLayer) warnAbsent(t *laidTenant) {
	from := map[resource.Position]bool{t.over.pair.domainsAt: true, t.over.pair.enabledAt: true}
	for _, field := range t.over.fields {
		from[field.Source] = true
	}
	for _, name := range t.over.removed {
		from[name.at] = true
	}
	own := *t.raw
	own.fields = slices.DeleteFunc(slices.Clone(own.fields), func(field resource.DesiredField) bool { return !from[field.Source] })
	y.settleAbsent(&own)
}

// scoped are the entries whose ids the base does not have.
func (y *tenantLayer) scoped() []entry {
	var list []entry
	for _, t := range y.tenants {
		if t.base == nil || t.base.id.value != t.raw.id.value {
			e := y.entries[t.number]
			e.desired.Source = t.over.at
			list = append(list, e)
		}
	}
	return list
}
