package config

import (
	"iter"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// layers is what an environment lays over the base, and what came of it.
type layers struct {
	tenants, flows layer
	overlayAt      []resource.Position // of the overlay's mappings, in the order of the files
	missing        []MissingVariable
}

// layer is one kind's entries that an environment has in another form than the base.
type layer struct {
	configured bool              // the overlay has the kind's key
	laid       map[int]laidEntry // by the number of the entry of the base
	added      []entry           // of the environment alone
	keys       map[string]string // logical names of those, by id
}

// laidEntry is an entry as it is in the environment.
type laidEntry struct {
	entry
	at  resource.Position // of the overlay's entry; zero where only a parent has another id
	out bool              // a variable of it is not set
}

// add takes an entry of the environment alone.
func (y *layer) add(e entry, key text) {
	y.added = append(y.added, e)
	if !key.given {
		return
	}
	if y.keys == nil {
		y.keys = map[string]string{}
	}
	y.keys[e.desired.ID] = key.value
}

// lists are the places of the top-level lists.
type lists struct{ tenants, flows []resource.Position }

func (c *Config) layersOf(environment string) layers {
	if env := c.environment(environment); env != nil {
		return env.layers
	}
	return layers{}
}

// effective goes through the entries that belong to an environment, as they are there.
func effective(base []entry, over layer, environment string) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for i, e := range base {
			if laid, found := over.laid[i]; found {
				if laid.out {
					continue
				}
				e = laid.entry
			}
			if e.selectedIn(environment) && !yield(e) {
				return
			}
		}
		for _, e := range over.added {
			if !yield(e) {
				return
			}
		}
	}
}

func selected(base []entry, over layer, environment string) []resource.Desired {
	desired := make([]resource.Desired, 0, len(base)+len(over.added))
	for e := range effective(base, over, environment) {
		desired = append(desired, e.desired)
	}
	return desired
}

// manage is the scope of one kind. What the files name for other environments only
// is no orphan: entries that are not selected, ids of other environments, and the
// base's id where this environment has another.
func (c *Config) manage(base []entry, configured bool, s globs, environment string, of func(*layers) *layer) resource.Manage {
	manage := resource.Manage{Configured: configured, Include: slices.Clone(s.include), Exclude: slices.Clone(s.exclude), Orphans: c.orphans}
	over := layer{}
	laid := false
	for _, env := range c.environments {
		one := of(&env.layers)
		laid = laid || len(one.laid)+len(one.added) > 0
		if env.name == environment {
			over = *one
			manage.Configured = manage.Configured || one.configured
		}
	}
	if !laid {
		for _, e := range base {
			if !e.selectedIn(environment) {
				manage.Elsewhere = append(manage.Elsewhere, e.desired.ID)
			}
		}
		slices.Sort(manage.Elsewhere)
		return manage
	}
	here, seen := map[string]bool{}, map[string]bool{}
	for e := range effective(base, over, environment) {
		here[e.desired.ID] = true
	}
	for e := range c.named(base, of) {
		if id := e.desired.ID; !here[id] && !seen[id] {
			seen[id] = true
			manage.Elsewhere = append(manage.Elsewhere, id)
		}
	}
	slices.Sort(manage.Elsewhere)
	return manage
}

// named goes through everything that the files name for some environment.
func (c *Config) named(base []entry, of func(*layers) *layer) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for _, e := range base {
			if !yield(e) {
				return
			}
		}
		for _, env := range c.environments {
			one := of(&env.layers)
			for _, laid := range one.laid {
				if !yield(laid.entry) {
					return
				}
			}
			for _, e := range one.added {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// count is how many entries there are, over all environments. One that several
// environments make for themselves counts once.
func (c *Config) count(base []entry, of func(*layers) *layer) int {
	alone := map[string]bool{}
	for _, env := range c.environments {
		for _, e := range of(&env.layers).added {
			alone[e.desired.ID] = true
		}
	}
	return len(base) + len(alone)
}

// layered lists what the overlays make, for rules that go through all entries.
func (l *loader) layered(of func(*layers) *layer) [][]entry {
	var all [][]entry
	for _, env := range l.all.environments {
		one := of(&env.layers)
		list := slices.Clone(one.added)
		for _, laid := range one.laid {
			list = append(list, laid.entry)
		}
		all = append(all, list)
	}
	return all
}

// tenantKeys are the logical names of the base's tenants, by number.
func (l *loader) tenantKeys() map[int]string { return byNumber(l.all.keys.first) }

func (l *loader) logicalFlowKeys() map[int]string { return byNumber(l.all.flowKeys) }

func byNumber(keys map[string]occurrence) map[int]string {
	if len(keys) == 0 {
		return nil
	}
	names := make(map[int]string, len(keys))
	for key, o := range keys {
		names[int(o.tenant)] = strings.Clone(key)
	}
	return names
}

// MissingVariables lists the variables that the overlay of an environment uses and
// that are not set, in the order of the files. The entries that use them are left
// out of [Config.Desired] and [Config.DesiredFlows], and [Resolve] refuses the
// environment.
func (c *Config) MissingVariables(environment string) []MissingVariable {
	return slices.Clone(c.layersOf(environment).missing)
}

// missingVariable is the refusal of an environment whose overlay is not complete.
func (c *Config) missingVariable(environment string) error {
	missing := c.layersOf(environment).missing
	if len(missing) == 0 {
		return nil
	}
	first := missing[0]
	return &MissingCredentialError{
		What: "overlay", Variable: first.Name, Hint: "set " + first.Name,
		Message: "the overlay of " + environment + " uses the variable " + first.Name + " (" + first.At.String() + "), which is not set",
	}
}
