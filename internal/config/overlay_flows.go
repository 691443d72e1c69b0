package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowLayer is the flows of one environment while they are made.
type flowLayer struct {
	*loader
	env   *environment
	below map[int32]bool // the numbers of the base's entries that something lies over
	made  []madeFlow
}

// madeFlow is a flow that the overlay made.
type madeFlow struct {
	entry entry
	id    text
	at    resource.Position // of the overlay's entry
	fresh bool              // the base does not have the id for it
}

func (l *loader) layFlows(env *environment, over *overlay) {
	y := &flowLayer{loader: l, env: env, below: map[int32]bool{}}
	env.flows.configured, env.flows.laid = over.hasFlows, map[int]laidEntry{}
	seen, alone, keys := map[int32]resource.Position{}, map[string]resource.Position{}, map[string]resource.Position{}
	for _, raw := range over.flows {
		number, found, id := y.match(raw)
		switch {
		case found && !seen[number].IsZero():
			y.reportTwiceInOverlay(raw.at, env, "flow", l.all.flows[number].desired.ID, seen[number])
		case found:
			seen[number] = raw.at
			y.take(raw, number)
		case id.given && !alone[id.value].IsZero():
			y.reportTwiceInOverlay(raw.at, env, "flow", id.source, alone[id.value])
		case id.given:
			alone[id.value] = raw.at
			y.checkKeyTwice(raw.key, keys)
			y.add(raw)
		}
	}
	y.checkTwice()
}

// match finds what an entry lies over. For one that lies over nothing the id is
// given; otherwise that was reported.
func (y *flowLayer) match(over *rawFlow) (number int32, found bool, alone text) {
	if over.key.given {
		if below, found := y.all.flowKeys[over.key.value]; found {
			return below.tenant, true, text{}
		}
		if !over.hasID && !over.template.given && !over.file.given {
			if !y.all.lostFlow {
				y.reportUnknownKey(over.key, "flow", y.all.flowKeys)
			}
			return 0, false, text{}
		}
	}
	id, known := y.idOf(over)
	if !known {
		return 0, false, text{}
	}
	below, found := y.all.flowIDs[id.value]
	switch {
	case found && over.key.given:
		y.reportOtherKey(over.key, id, "flow", below.at)
		return 0, false, text{}
	case found:
		return below.tenant, true, text{}
	case y.all.lostFlow: // it may be the one whose id is not known
		return 0, false, text{}
	default:
		id.given = true
		return 0, false, id
	}
}

// idOf is the id that an entry of an overlay says itself.
func (y *flowLayer) idOf(over *rawFlow) (text, bool) {
	switch {
	case over.hasID:
		return over.id, over.id.given
	case over.template.given:
		return over.template, true
	case over.file.given:
		base, made := y.baseFlow(over)
		return y.flowID(over, base, made)
	default:
		return text{}, false
	}
}

// take lays an entry over the base's one, makes the flow anew and checks it.
func (y *flowLayer) take(over *rawFlow, number int32) {
	below, base := y.all.flows[number], y.all.rawFlows[number]
	if !below.selectedIn(y.env.name) {
		y.reportElsewhere(y.env, over.at, "flow", below.desired.ID, below.desired.Source)
		return
	}
	y.reportNulls(over.nulls, "flow", &base.at, base.manages())
	y.below[number] = true
	y.env.flows.laid[int(number)] = laidEntry{entry: below, at: over.at, out: true}
	if over.unresolved {
		return
	}
	laid := layFlow(base, over)
	if !y.checkFlow(laid, laid.template.given, laid.file.given) {
		return
	}
	one, id, known := y.makeFlow(laid)
	if !known {
		return
	}
	one.desired.Source = below.desired.Source
	y.env.flows.laid[int(number)] = laidEntry{entry: one, at: over.at}
	y.made = append(y.made, madeFlow{one, id, over.at, id.value != below.desired.ID})
}

// add makes a flow of the environment alone.
func (y *flowLayer) add(over *rawFlow) {
	y.reportNulls(over.nulls, "flow", nil, nil)
	if over.unresolved || y.reportNearly(over) || !y.checkFlow(over, over.template.given, over.file.given) {
		return
	}
	if one, id, known := y.makeFlow(over); known {
		y.env.flows.add(one, over.key)
		y.made = append(y.made, madeFlow{one, id, over.at, true})
	}
}

// reportNearly refuses an entry that is made of nothing, and reports whether it nearly
// has the id of one of the base. What is near none is refused elsewhere.
func (y *flowLayer) reportNearly(over *rawFlow) bool {
	if over.template.given || over.file.given || over.absent || !over.id.given {
		return false
	}
	meant := resource.DidYouMean(over.id.source, slices.Sorted(maps.Keys(y.all.flowIDs)))
	if meant != "" {
		y.reportAt(over.id.at, SeverityError, codeOverlay, "no flow has the id "+show(over.id.source), meant)
	}
	return meant != ""
}

// checkTwice applies the rules that need all flows of the environment.
func (y *flowLayer) checkTwice() {
	ids := map[string]resource.Position{}
	for _, m := range y.made {
		if !m.fresh {
			ids[m.id.value] = m.id.at
		}
	}
	var scoped []entry
	for _, m := range y.made {
		if !m.fresh {
			continue
		}
		first, twice := ids[m.id.value]
		if below, found := y.all.flowIDs[m.id.value]; found && !y.below[below.tenant] {
			first, twice = below.at, true
		}
		if twice {
			y.reportAt(m.id.at, SeverityError, codeTwice, fmt.Sprintf("the id %s already stands at %s", show(m.id.source), first), "keep one of the two entries, or give one of them another id")
			continue
		}
		ids[m.id.value] = m.id.at
		m.entry.desired.Source = m.at
		scoped = append(scoped, m.entry)
	}
	y.checkScopeOf("flow", scoped, y.all.manage.flows.globs())
}
