package compare

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Input is what a comparison has to know.
type Input struct {
	ToolVersion string
	CreatedAt   time.Time
	A, B        Project
	// Target and Exclude narrow the comparison to objects of which the name or one of
	// the two addresses matches; no target means all.
	Target, Exclude []resource.Glob
	// Secret reports whether a value must not be shown; nil hides nothing.
	Secret func(resource.Value) bool
	// SecretPaths are the places whose values must not be shown, by the address on
	// either side.
	SecretPaths resource.SecretPaths
}

// Project is what is live in one of the two projects.
type Project struct {
	Side

	Tenants []resource.Tenant // with their settings, where those were read
	Flows   []resource.Flow   // with their documents, where both projects have them
	// Keys are the logical names that the configuration gives objects of this
	// environment: an object that has another id in the other one is matched by it.
	Keys map[resource.Address]string
}

// NoteSettings says that not all settings were compared, because they were not read.
const NoteSettings = "settings_not_compared"

// Compare says in what two projects differ. Objects are matched by their logical
// name where the configuration gives both sides one, and else by their address.
// Of tenants everything is compared that can be written, and the settings where
// both sides have read them; flows are compared by their meaning, and their fields
// are the operations from A to B. Ids and the times of creation are no difference.
// It is an error when a flow that both have comes without its document, and when a
// side has an address or a logical name twice.
func Compare(in Input) (Comparison, error) {
	pairs, err := match(in)
	if err != nil {
		return Comparison{}, err
	}
	c := &comparer{in: in, names: newNames(in)}
	result := Comparison{
		FormatVersion: resource.FormatVersion, ToolVersion: in.ToolVersion, CreatedAt: in.CreatedAt,
		A: in.A.Side, B: in.B.Side, Differences: []Difference{}, Notes: []resource.Note{},
	}
	for _, one := range pairs {
		difference, err := c.pair(one)
		if err != nil {
			return Comparison{}, err
		}
		switch difference.Place {
		case "":
			result.Summary.Same++
			continue
		case PlaceA:
			result.Summary.OnlyInA++
		case PlaceB:
			result.Summary.OnlyInB++
		case PlaceBoth:
			result.Summary.Differ++
		}
		result.Differences = append(result.Differences, difference)
	}
	if c.withSettings < c.tenantPairs {
		result.Notes = append(result.Notes, resource.Note{
			Code: NoteSettings,
			Message: fmt.Sprintf("session settings: compared for %d of %d shared tenants, those whose settings the configuration names",
				c.withSettings, c.tenantPairs),
		})
	}
	return result, nil
}

// Match is one object that both projects have.
type Match struct {
	Name string
	A, B resource.Address
}

// Shared lists what both projects have and the comparison is about, sorted by
// name: of these objects alone [Compare] needs more than the lists show. It fails
// as Compare does.
func Shared(in Input) ([]Match, error) {
	pairs, err := match(in)
	if err != nil {
		return nil, err
	}
	shared := []Match{}
	for _, one := range pairs {
		if one.a.isThere() && one.b.isThere() {
			shared = append(shared, Match{Name: one.name, A: one.a.address, B: one.b.address})
		}
	}
	return shared, nil
}

// object is one live object, or none.
type object struct {
	address resource.Address
	tenant  *resource.Tenant
	flow    *resource.Flow
}

func (o object) isThere() bool { return o.address != "" }

// title is what the field "name" of an object says.
func (o object) title() string {
	if o.tenant != nil {
		return o.tenant.Name
	}
	return o.flow.Name
}

// pair is one object, on one side or on both.
type pair struct {
	identity
	a, b object
}

// match pairs the objects that the comparison is about, sorted by name.
func match(in Input) ([]pair, error) {
	names := newNames(in)
	if names.err != nil {
		return nil, names.err
	}
	places, pairs := map[identity]int{}, []pair{}
	place := func(id identity) *pair {
		at, known := places[id]
		if !known {
			at = len(pairs)
			places[id] = at
			pairs = append(pairs, pair{identity: id})
		}
		return &pairs[at]
	}
	for one := range in.A.objects() {
		p := place(names.of(one.address, names.a, names.b))
		if p.a.isThere() {
			return nil, twice(in.A, one.address)
		}
		p.a = one
	}
	for one := range in.B.objects() {
		p := place(names.of(one.address, names.b, names.a))
		if p.b.isThere() {
			return nil, twice(in.B, one.address)
		}
		p.b = one
	}
	pairs = slices.DeleteFunc(pairs, func(p pair) bool { return !in.selects(p) })
	slices.SortFunc(pairs, func(x, y pair) int {
		switch {
		case x.name != y.name || x.logical == y.logical:
			return cmp.Compare(x.name, y.name)
		case x.logical: // the other one is called so by its id, and comes first
			return 1
		default:
			return -1
		}
	})
	return pairs, nil
}

func twice(side Project, address resource.Address) error {
	return fmt.Errorf("%s stands twice in the list of %s", address, side.called())
}

// called names a side in messages.
func (s Side) called() string {
	if s.Environment != "" {
		return "environment " + s.Environment
	}
	return "project " + s.ProjectID
}

// objects walks what is live.
func (p Project) objects() func(yield func(object) bool) {
	return func(yield func(object) bool) {
		for i := range p.Tenants {
			if !yield(object{address: p.Tenants[i].Address(), tenant: &p.Tenants[i]}) {
				return
			}
		}
		for i := range p.Flows {
			if !yield(object{address: p.Flows[i].Address(), flow: &p.Flows[i]}) {
				return
			}
		}
	}
}

// selects reports whether the comparison is about an object.
func (in Input) selects(p pair) bool {
	matches := func(globs []resource.Glob) bool {
		return resource.MatchAny(globs, p.name) || p.a.isThere() && resource.MatchAny(globs, string(p.a.address)) ||
			p.b.isThere() && resource.MatchAny(globs, string(p.b.address))
	}
	return !matches(in.Exclude) && (len(in.Target) == 0 || matches(in.Target))
}
