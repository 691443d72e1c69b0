package config

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// claim is one use of an id, name or domain in an environment.
type claim struct {
	at      resource.Position
	tenant  *laidTenant // nil for an entry that nothing lies over
	id      string      // of the tenant
	revived bool
}

// checkTwice applies the rules that need all tenants of the environment. Only what
// the overlay brings can clash: the rest was compared when the base was read.
func (y *tenantLayer) checkTwice() {
	ids := map[string]claim{}
	for _, t := range y.tenants {
		if t.base != nil && t.base.id.value == t.raw.id.value {
			ids[t.raw.id.value] = claim{at: t.raw.id.at}
		}
	}
	for _, t := range y.tenants {
		if t.base != nil && t.base.id.value == t.raw.id.value {
			continue
		}
		first, twice := ids[t.raw.id.value]
		if below, found := y.all.ids.first[t.raw.id.value]; found && !y.isLaid(below.tenant) {
			first, twice = claim{at: below.at}, true
		}
		if twice {
			y.reportAt(t.raw.id.at, SeverityError, codeTwice, fmt.Sprintf("the id %s already stands at %s", show(t.raw.id.source), first.at), "keep one of the two entries")
			continue
		}
		ids[t.raw.id.value] = claim{at: t.raw.id.at}
	}
	y.checkValues(y.all.names, func(raw *rawTenant) []text {
		if !raw.name.given {
			return nil
		}
		return []text{raw.name}
	}, func(over *rawTenant) bool { return over.name.given }, func(at resource.Position, name text, first claim) {
		y.reportAt(at, SeverityError, codeTwice, fmt.Sprintf("the name %s already stands at %s", show(name.source), first.at), "names are unique in a project")
	})
	y.checkValues(y.all.domains, func(raw *rawTenant) []text { return raw.domains }, func(over *rawTenant) bool {
		return over.list.given || over.pair.domains
	}, func(at resource.Position, domain text, first claim) {
		y.reportAt(at, SeverityError, codeDomainTwice, fmt.Sprintf("the domain %s already stands at %s, with the tenant %s", show(domain.source), first.at, show(first.id)), "a domain belongs to one tenant")
	})
}

// isLaid reports whether an entry of the base is another one here.
func (y *tenantLayer) isLaid(number int32) bool {
	_, laid := y.below[number]
	return laid
}

// checkValues compares the names or domains. First come those of the base, which
// clash only where an entry that was absent is not so here; then those of the
// overlay. A clash is shown where the overlay causes it.
func (y *tenantLayer) checkValues(base index, values func(*rawTenant) []text, ofOverlay func(*rawTenant) bool, report func(resource.Position, text, claim)) {
	claims := map[string]claim{}
	take := func(t *laidTenant, own bool) {
		if t.raw.absent || (t.base == nil || ofOverlay(t.over)) != own {
			return
		}
		for _, value := range values(t.raw) {
			at := value.at
			if !own {
				at = t.over.at
			}
			mine := claim{at: value.at, tenant: t, id: t.raw.id.value, revived: t.revived()}
			first, twice := claims[value.value]
			if twice && first.tenant != t {
				if own || mine.revived || first.revived {
					report(at, value, first)
				}
				continue
			}
			claims[value.value] = mine
			if other, found := y.baseClaim(base, value.value); found && (own || mine.revived) {
				report(at, value, other)
			}
		}
	}
	for _, own := range []bool{false, true} {
		for _, t := range y.tenants {
			take(t, own)
		}
	}
}

// baseClaim finds a use of a value in an entry that belongs to the environment and
// that nothing lies over.
func (y *tenantLayer) baseClaim(base index, value string) (claim, bool) {
	first, found := base.first[value]
	if !found {
		return claim{}, false
	}
	for _, o := range append([]occurrence{first}, base.others[value]...) {
		if e := y.all.tenants[o.tenant]; !y.isLaid(o.tenant) && e.selectedIn(y.env.name) {
			return claim{at: o.at, id: e.desired.ID}, true
		}
	}
	return claim{}, false
}
