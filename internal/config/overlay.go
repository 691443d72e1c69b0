package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// overlay is what one environment lays over the entries of the configuration,
// while it is decoded. Its entries are judged when all documents are read, because
// those that they lie over may stand anywhere.
type overlay struct {
	at                   []resource.Position // of each mapping, in the order of the files
	hasTenants, hasFlows bool                // the keys stand there
	tenants              []*rawTenant
	flows                []*rawFlow
	missing              []MissingVariable
}

// MissingVariable is a variable that an overlay uses and that is not set.
type MissingVariable struct {
	Name string
	At   resource.Position // where it is used
}

// null is one null in an overlay: what stands at the path in the base is not
// managed in the environment.
type null struct {
	name string // of the key, for messages
	path resource.Path
	at   resource.Position
}

// unmanageField is what null does at a key of a tenant.
func unmanageField(name string, path resource.Path) func(*rawTenant, resource.Position) {
	return func(raw *rawTenant, at resource.Position) {
		raw.hasRemoved = raw.hasRemoved || path.Field == fieldRemoved
		raw.nulls = append(raw.nulls, null{name, path, at})
	}
}

// unmanageFlow is what null does at a key of a flow.
func unmanageFlow(name string) func(*rawFlow, resource.Position) {
	return func(raw *rawFlow, at resource.Position) {
		raw.nulls = append(raw.nulls, null{name, resource.Path{Field: name}, at})
	}
}

// unmanages takes the null of one member of a flow's mapping.
func (l *loader) unmanages(m member, field string, raw *rawFlow) bool {
	if l.layer == nil || kindOf(m.value) != kindNull {
		return false
	}
	path := resource.Path{Field: field, Key: m.name}
	raw.nulls = append(raw.nulls, null{path.String(), path, l.position(m.value)})
	return true
}

func overlayKey() key[access] {
	b := overlayBlock()
	return key[access]{
		name: "overlay", title: "Overlay", example: `{ tenants: [{ id: "acme-corp", custom_attributes: { plan: "trial" } }] }`,
		description: "What is different in this environment: entries that are laid over those of the configuration, and entries of its own.",
		schema:      schema{"$ref": "#/$defs/overlay"},
		inParts:     true,
		read: func(l *loader, n *yaml.Node, into *access) {
			if into.overlay == nil {
				into.overlay = &overlay{}
			}
			into.overlay.at = append(into.overlay.at, l.position(n))
			l.layer = into.overlay
			defer func() { l.layer = nil }()
			b.read(l, n, into.overlay, "an overlay", "")
		},
	}
}

// overlayBlock is the table of an environment's overlay.
func overlayBlock() *block[overlay] {
	entries := func(kind string) schema { return schema{"type": "array", "items": schema{"$ref": "#/$defs/" + kind}} }
	return newBlock([]key[overlay]{
		{
			name: "tenants", title: "Tenants of the overlay", example: `[{ key: "acme", id: "T2prd0000000000000000000000" }]`,
			description: "Tenants by `key`, or else by `id`. With a key, `id` is the tenant's id in this environment. An id that no entry of the configuration has makes a tenant of this environment alone.",
			schema:      entries("overlay_tenant"),
			read:        readOverlayTenants,
		},
		{
			name: "flows", title: "Flows of the overlay", example: `[{ id: "sign-in", references: { connectors: { "SMS gateway": "CI2prd0000000000000000000000" } } }]`,
			description: "Flows by `key`, or else by their id: `id`, or the one in the file, or the template's name. What an overlay names replaces what the entry has, and the flow is made and checked anew.",
			schema:      entries("overlay_flow"),
			read:        readOverlayFlows,
		},
	})
}

// readOverlayTenants decodes the list. Its nodes are not let go of: an alias of the
// environment may lead to them again.
func readOverlayTenants(l *loader, n *yaml.Node, into *overlay) {
	into.hasTenants = true
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, "tenants", "a list", "")
		return
	}
	for _, child := range n.Content {
		raw, unset := &rawTenant{at: l.position(child)}, len(into.missing)
		if !l.decodeTenant(child, raw) {
			continue
		}
		raw.unresolved = len(into.missing) > unset
		if !raw.hasID && !raw.key.given && !hasKey(dealias(child), "key") {
			l.reportAt(raw.at, SeverityError, codeID, "a tenant of an overlay has neither id nor key", "add key: or id: of the entry that it lies over")
		}
		l.refuseSelection(raw.only, raw.except)
		l.checkKey(raw.key)
		l.checkName(raw.name)
		if problem := impossible(raw.parent.value, "/"); raw.parent.given && raw.parent.value != "" && problem != "" {
			l.reportAt(raw.parent.at, SeverityError, codeParent, "the parent "+show(raw.parent.source)+" "+problem, "write the id of a tenant")
			raw.parent = text{}
		}
		l.want(raw.id, raw.key)
		l.check.wantTenant(raw)
		into.tenants = append(into.tenants, raw)
	}
}

func readOverlayFlows(l *loader, n *yaml.Node, into *overlay) {
	into.hasFlows = true
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, "flows", "a list", "")
		return
	}
	for _, child := range n.Content {
		raw, unset := &rawFlow{}, len(into.missing)
		if !l.decodeFlow(child, raw) {
			continue
		}
		raw.unresolved = len(into.missing) > unset
		target := dealias(child)
		hasTemplate, hasFile := hasKey(target, "template"), hasKey(target, "file")
		switch {
		case hasTemplate && hasFile:
			l.reportAt(raw.at, SeverityError, codeFlowSource, "a flow has both template and file", "keep one of the two")
			continue
		case !raw.hasID && !hasTemplate && !hasFile && !hasKey(target, "key"):
			l.reportAt(raw.at, SeverityError, codeID, "a flow of an overlay has neither id nor key", "add key: or id: of the entry that it lies over")
		}
		l.refuseSelection(raw.only, raw.except)
		l.checkKey(raw.key)
		if raw.name.given {
			l.checkFlowName(raw.name)
		}
		into.flows = append(into.flows, raw)
	}
}

// refuseSelection refuses only and except, which have no sense in an environment.
func (l *loader) refuseSelection(only, except selector) {
	for name, s := range map[string]selector{"only": only, "except": except} {
		if s.given {
			l.reportAt(s.at, SeverityError, codeOverlay, name+" may not stand in an overlay: its entries belong to its environment", "drop the key, or put it into the entry that this one lies over")
		}
	}
}

// wanted names the entries whose raw form the overlays need.
type wanted struct{ ids, keys map[string]bool }

func (w *wanted) want(id, key text) {
	if w.ids == nil {
		w.ids, w.keys = map[string]bool{}, map[string]bool{}
	}
	if id.given {
		w.ids[id.value] = true
	}
	if key.given {
		w.keys[key.value] = true
	}
}

// remember keeps the raw form of a tenant that an overlay needs, under the number
// that the entry gets.
func (l *loader) remember(raw *rawTenant) {
	if !raw.id.given || !l.ids[raw.id.value] && !(raw.key.given && l.keys[raw.key.value]) {
		return
	}
	l.check.wantTenant(raw)
	l.all.rawTenants[int32(len(l.all.tenants))] = raw.clone() //nolint:gosec // the documents' limit is far below
}

// errAgain says that an overlay needs the raw form of entries that were read before
// it. The raw form of every entry would take much memory, and nearly none is needed,
// so the load starts again and knows then which to keep.
var errAgain = errors.New("the configuration must be read again")

// maxReads is how often a load starts; the second time all is known, unless the
// files change meanwhile.
const maxReads = 4

// loadWithOverlays loads until every entry that an overlay lies over was kept.
func (l *loader) loadWithOverlays(ctx context.Context, sources []source) (*Config, error) {
	for range maxReads {
		cfg, err := l.load(ctx, sources)
		if !errors.Is(err, errAgain) {
			return cfg, err
		}
		next := newLoader(l.opts)
		next.asWhole, next.bulkFrom, next.bulkPart, next.flowLimit, next.workers = l.asWhole, l.bulkFrom, l.bulkPart, l.flowLimit, l.workers
		next.check, next.aheadSize = l.check.next(), l.aheadSize
		next.flowFiles, next.fileBytes, next.wanted = l.flowFiles, l.fileBytes, l.wanted
		l = next
	}
	if l.check != nil {
		return nil, errExact
	}
	return nil, errors.New("the configuration changes while it is read")
}

// lacksEntries reports whether an overlay lies over an entry whose raw form was not
// kept.
func (l *loader) lacksEntries() bool {
	if l.incomplete {
		return false // overlays are not judged then
	}
	for _, env := range l.all.environments {
		if env.overlay == nil {
			continue
		}
		for _, over := range env.overlay.tenants {
			if number, found := l.tenantBelow(over); found && l.all.rawTenants[number] == nil {
				return true
			}
		}
	}
	return false
}

// tenantBelow is the number of the entry that an overlay's entry lies over.
func (l *loader) tenantBelow(over *rawTenant) (number int32, found bool) {
	below, found := occurrence{}, false
	if over.key.given {
		below, found = l.all.keys.first[over.key.value]
	} else if over.id.given {
		below, found = l.all.ids.first[over.id.value]
	}
	return below.tenant, found
}

// layOverlays makes the effective entries of every environment that has an overlay,
// and applies the rules to them. While documents are missing nothing is said: what
// an overlay lies over may stand there.
func (l *loader) layOverlays() {
	for _, env := range l.all.environments {
		over := env.overlay
		if over == nil {
			continue
		}
		env.overlayAt, env.missing, env.overlay = over.at, over.missing, nil
		if l.incomplete {
			continue
		}
		l.layTenants(env, over)
		l.layFlows(env, over)
	}
}

// reportNulls refuses what an entry of an environment alone unmanages, and warns of
// null where the base manages nothing.
func (l *loader) reportNulls(nulls []null, kind string, below *resource.Position, managed func(resource.Path) bool) {
	for _, n := range nulls {
		switch {
		case below == nil:
			l.reportAt(n.at, SeverityError, codeOverlay, n.name+" is null, and the "+kind+" stands in this overlay alone, so that there is nothing to unmanage", "write a value, or drop the key")
		case !managed(n.path):
			l.reportAt(n.at, SeverityWarning, codeOverlayEffect, fmt.Sprintf("%s is null, and the entry at %s does not manage it", n.name, below), "drop the key")
		}
	}
}

// reportElsewhere warns of an overlay over an entry of other environments.
func (l *loader) reportElsewhere(env *environment, at resource.Position, kind, id string, below resource.Position) {
	l.reportAt(at, SeverityWarning, codeOverlayEffect, fmt.Sprintf("the %s %s (%s) does not belong to the environment %s, so that what lies over it takes no effect", kind, show(id), below, env.name), "drop the entry, or change only and except of the one below it")
}

// reportUnknownKey refuses a key that is no entry's.
func (l *loader) reportUnknownKey(key text, kind string, known map[string]occurrence) {
	hint := "add the key to the entry that this one lies over, or id: for a " + kind + " of this environment alone"
	if meant := resource.DidYouMean(key.source, slices.Sorted(maps.Keys(known))); meant != "" {
		hint = meant
	}
	l.reportAt(key.at, SeverityError, codeOverlay, fmt.Sprintf("no %s has the key %s", kind, show(key.source)), hint)
}

// reportOtherKey refuses an id whose entry goes by another key, or by none.
func (l *loader) reportOtherKey(key, id text, kind string, below resource.Position) {
	l.reportAt(key.at, SeverityError, codeOverlay, fmt.Sprintf("no %s has the key %s; the id %s stands at %s", kind, show(key.source), show(id.source), below), "write the key of that entry, or drop key")
}

func (l *loader) reportTwiceInOverlay(at resource.Position, env *environment, kind, id string, first resource.Position) {
	l.reportAt(at, SeverityError, codeTwice, fmt.Sprintf("the overlay of %s already has the %s %s at %s", env.name, kind, show(id), first), "keep one of the two entries")
}
