package config

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Place is where an object of an environment stands in the files, for commands that
// edit them. Positions are zero where there is none.
type Place struct {
	Base    resource.Position // of the entry that counts for all environments
	Overlay resource.Position // of the entry in the environment's overlay
	Key     string            // the logical name; empty for none
	BaseID  string            // the id in the base; empty where the overlay alone has the entry

	// OverlayBlock is the environment's "overlay" mapping: the one that holds the
	// entry, else the first. Environment is its first mapping under "environments".
	// As everywhere, the place of a mapping in block style is that of its first key.
	OverlayBlock resource.Position
	Environment  resource.Position

	// TenantsList and FlowsList are the top-level lists: the one in the file of the
	// base's entry, else the first. A list in block style stands at its first dash.
	TenantsList resource.Position
	FlowsList   resource.Position
}

// Place finds an object by its address in an environment; the empty name stands for
// the base alone. Of an object that the files do not name, only the places of the
// environment and the lists are known. An entry of the base that does not belong to
// the environment is found by its id there.
func (c *Config) Place(environment string, address resource.Address) Place {
	place := Place{}
	base, keys, over := c.tenants, c.tenantKeys, c.layersOf(environment).tenants
	if address.Kind() == resource.KindFlow {
		base, keys, over = c.flows, c.flowKeys, c.layersOf(environment).flows
	}
	if kind := address.Kind(); kind == resource.KindTenant || kind == resource.KindFlow {
		place.find(base, over, keys, address.ID())
	}
	place.TenantsList, place.FlowsList = listNear(c.lists.tenants, place.Base), listNear(c.lists.flows, place.Base)
	if env := c.environment(environment); env != nil {
		place.Environment, place.OverlayBlock = env.at, blockOf(env.overlayAt, place.Overlay)
	}
	return place
}

func (p *Place) find(base []entry, over layer, keys map[int]string, id string) {
	for _, e := range over.added {
		if e.desired.ID == id {
			p.Overlay, p.Key = e.desired.Source, over.keys[id]
			return
		}
	}
	for i, e := range base {
		laid, found := over.laid[i]
		here := e
		if found && !laid.out {
			here = laid.entry
		}
		if here.desired.ID == id {
			p.Base, p.Overlay, p.Key, p.BaseID = e.desired.Source, laid.at, keys[i], e.desired.ID
			return
		}
	}
}

// listNear is the first list in the file of an entry, else the first of all.
func listNear(lists []resource.Position, entry resource.Position) resource.Position {
	for _, at := range lists {
		if at.File == entry.File {
			return at
		}
	}
	if len(lists) == 0 {
		return resource.Position{}
	}
	return lists[0]
}

// blockOf is the last mapping of the entry's file that begins before the entry, else
// the first of all.
func blockOf(blocks []resource.Position, entry resource.Position) resource.Position {
	var found resource.Position
	for _, at := range blocks {
		if at.File == entry.File && (at.Line < entry.Line || at.Line == entry.Line && at.Column < entry.Column) {
			found = at
		}
	}
	if found.IsZero() && len(blocks) > 0 {
		return blocks[0]
	}
	return found
}

// Keys are the logical names of the objects of an environment that have one, by their
// addresses there. The same name in two environments stands for the same object,
// whatever its ids.
func (c *Config) Keys(environment string) map[resource.Address]string {
	names := map[resource.Address]string{}
	over := c.layersOf(environment)
	add := func(kind resource.Kind, base []entry, over layer, keys map[int]string) {
		for number, key := range keys {
			e := base[number]
			laid, found := over.laid[number]
			if found {
				e = laid.entry
			}
			if !laid.out && e.selectedIn(environment) {
				names[resource.NewAddress(kind, e.desired.ID)] = key
			}
		}
		for id, key := range over.keys {
			names[resource.NewAddress(kind, id)] = key
		}
	}
	add(resource.KindTenant, c.tenants, over.tenants, c.tenantKeys)
	add(resource.KindFlow, c.flows, over.flows, c.flowKeys)
	return names
}
