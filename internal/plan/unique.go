package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// unique is a field whose values belong to one tenant of a project at a time.
type unique struct {
	field string
	code  string // of the block
	noun  string
	// values gives the single values of the field, in the form in which the
	// service tells them apart.
	values func(resource.Value) []string
}

// uniqueFields is the table of them. Domain names know no case.
func uniqueFields() []unique {
	return []unique{
		{field: nameField, code: BlockedNameTaken, noun: "name", values: func(value resource.Value) []string {
			if name, ok := value.AsString(); ok && name != "" {
				return []string{name}
			}
			return nil
		}},
		{field: domainsField, code: BlockedDomainTaken, noun: "domain", values: func(value resource.Value) []string {
			domains, _ := value.AsStrings()
			for i := range domains {
				domains[i] = strings.ToLower(domains[i])
			}
			return domains
		}},
	}
}

// orderByUniqueValues lets an object take a name or a domain only after the one
// that has it has given it up, and blocks it where nobody gives it up.
func (p *planner) orderByUniqueValues() {
	for _, u := range uniqueFields() {
		takers := p.takers(u)
		if len(takers) == 0 {
			continue
		}
		holders := p.holders(u, takers)
		for _, value := range slices.Sorted(maps.Keys(takers)) {
			p.orderTakers(u, value, takers[value], holders[value])
		}
	}
}

// takers maps each value that an object does not have yet to the ids, sorted,
// of those that want it.
func (p *planner) takers(u unique) map[string][]string {
	takers := map[string][]string{}
	for i := range p.changes {
		change := &p.changes[i]
		field := findField(change, u.field)
		if field == nil {
			continue
		}
		had := u.values(field.Before)
		for _, value := range u.values(field.After) {
			if !slices.Contains(had, value) && !slices.Contains(takers[value], change.ID) {
				takers[value] = append(takers[value], change.ID)
			}
		}
	}
	return takers
}

// holders maps the wanted ones of the values to the live objects that have them.
func (p *planner) holders(u unique, wanted map[string][]string) map[string][]string {
	holders := map[string][]string{}
	table, _ := resource.FindField(resource.TenantFields(), u.field)
	for id, tenant := range p.live {
		value, err := tenant.Member(table.Wire)
		if err != nil {
			continue // cannot be: a tenant is read whole
		}
		for _, held := range u.values(value) {
			if wanted[held] != nil {
				holders[held] = append(holders[held], id)
			}
		}
	}
	for _, ids := range holders {
		slices.Sort(ids)
	}
	return holders
}

func (p *planner) orderTakers(u unique, value string, takers, holders []string) {
	for _, taker := range takers {
		change := p.changeFor(taker)
		for _, holder := range holders {
			if holder == taker {
				continue
			}
			if giver := p.changeFor(holder); giver != nil && givesUp(u, giver, value) {
				waitFor(change, giver.Address)
				continue
			}
			block(change, u.code, "%s wants the %s %q, which belongs to %s", change.Address, u.noun, value, tenantAddress(holder))
		}
		if len(takers) > 1 {
			others := slices.DeleteFunc(slices.Clone(takers), func(id string) bool { return id == taker })
			block(change, u.code, "%s wants the %s %q, and so does tenant %s", change.Address, u.noun, value, quotedList(others))
		}
	}
}

// givesUp reports whether a live object no longer has a value after its change.
func givesUp(u unique, change *resource.Change, value string) bool {
	if change.Action == resource.ActionDelete {
		return true
	}
	field := findField(change, u.field)
	return field != nil && !slices.Contains(u.values(field.After), value)
}
