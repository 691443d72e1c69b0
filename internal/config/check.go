package config

import (
	"context"
	"errors"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Checked is what a check says of a configuration without errors.
type Checked struct{ cfg *Config }

// Files lists what was read, in order, as positions name it.
func (c *Checked) Files() []string { return c.cfg.Files() }

// Warnings lists the warnings and notes, sorted by position.
func (c *Checked) Warnings() []Diagnostic { return c.cfg.Warnings() }

// TenantCount is how many tenants the configuration names, over all environments.
func (c *Checked) TenantCount() int { return c.cfg.TenantCount() }

// FlowCount is how many flows the configuration names, over all environments.
func (c *Checked) FlowCount() int { return c.cfg.FlowCount() }

// EnvFile is as [Config.EnvFile].
func (c *Checked) EnvFile() string { return c.cfg.EnvFile() }

// Secrets is as [Config.Secrets].
func (c *Checked) Secrets() []resource.Secret { return c.cfg.Secrets() }

// Check finds the configuration and checks it as [Load] does, with the same errors and
// the same diagnostics, but keeps no tenant that nothing is compared with: memory grows
// with fingerprints of what must be unique, eight bytes each. Where a rule needs
// earlier tenants, the files are read again, and those are kept.
func Check(ctx context.Context, opts Options) (*Checked, error) {
	sources, err := opts.find()
	if err != nil {
		return nil, err
	}
	if opts.envFile, err = opts.readEnvFile(sources); err != nil {
		return nil, err
	}
	return checkSources(ctx, opts, sources)
}

func checkSources(ctx context.Context, opts Options, sources []source) (*Checked, error) {
	l := newLoader(opts)
	l.check = newChecking()
	cfg, err := l.loadAll(ctx, sources)
	if errors.Is(err, errExact) {
		cfg, err = loadSources(ctx, opts, sources)
	}
	if err != nil {
		return nil, err
	}
	return &Checked{cfg}, nil
}

// errExact says that a check needs all tenants.
var errExact = errors.New("the configuration must be loaded with all its tenants")

// trait is what tenants must not share, or refer to each other by.
type trait uint8

const (
	traitID trait = iota
	traitKey
	traitName
	traitDomain
	traits
)

// checking is how a check does without tenants. Each of their traits leaves its
// fingerprint. Two tenants with the same trait have the same fingerprint, so that as
// long as no fingerprint comes twice nothing stands twice. One that does come twice is
// wanted: the files are read again, and whatever has it is kept, so that the values
// themselves are compared. Fingerprints that are equal by chance cost a read and never
// lead to a wrong answer. The same holds for tenants that others name as parents, and
// for those that overlays lie over.
type checking struct {
	seeds  [traits]maphash.Seed
	wanted map[uint64]bool // fingerprints
	again  bool            // a tenant that is wanted was let go

	// Rules about single tenants need what may stand behind them. It is taken as it is
	// when the first one is let go, and compared at the end.
	around  *surroundings
	exact   map[string]bool // variables whose uses are all kept
	perhaps map[string]bool // variables of which uses were not kept

	seen    fingerprints // of the tenants that were read
	holding []finding    // values that hold a key
}

// surroundings are what the rules about single tenants take from the rest of the
// configuration.
type surroundings struct {
	keys  []string // that are loaded
	scope globs
}

func (s *surroundings) equal(other *surroundings) bool {
	return slices.Equal(s.keys, other.keys) && slices.Equal(s.scope.include, other.scope.include) && slices.Equal(s.scope.exclude, other.scope.exclude)
}

func newChecking() *checking {
	c := &checking{wanted: map[uint64]bool{}, exact: map[string]bool{}, perhaps: map[string]bool{}}
	for i := range c.seeds {
		c.seeds[i] = maphash.MakeSeed()
	}
	return c
}

// next is for another read of the same files.
func (c *checking) next() *checking {
	if c == nil {
		return nil
	}
	clear(c.seen.slots)
	return &checking{
		seeds: c.seeds, wanted: c.wanted, around: c.around, exact: c.exact, perhaps: map[string]bool{},
		seen: fingerprints{slots: c.seen.slots},
	}
}

func (c *checking) fingerprint(of trait, value string) uint64 {
	return max(maphash.String(c.seeds[of], value), 1) // zero is a free slot
}

// want keeps every tenant with a trait from now on.
func (c *checking) want(of trait, value text) {
	if c != nil && value.given {
		c.wantFingerprint(c.fingerprint(of, value.value))
	}
}

func (c *checking) wantFingerprint(print uint64) {
	if !c.wanted[print] {
		c.wanted[print] = true
		c.again = c.again || c.seen.has(print)
	}
}

// wantTenant keeps every tenant that shares a trait with one.
func (c *checking) wantTenant(raw *rawTenant) {
	if c == nil {
		return
	}
	c.want(traitID, raw.id)
	c.want(traitID, raw.parent)
	c.want(traitKey, raw.key)
	c.want(traitName, raw.name)
	for _, domain := range raw.domains {
		c.want(traitDomain, domain)
	}
}

// needs notes the traits of a tenant, and reports whether it must be kept.
func (c *checking) needs(raw *rawTenant) bool {
	if raw.parent.given && raw.parent.value != "" && !raw.absent {
		c.want(traitID, raw.id)
		c.want(traitID, raw.parent)
	}
	needed := false
	note := func(of trait, value text) {
		if !value.given {
			return
		}
		print := c.fingerprint(of, value.value)
		if !c.seen.add(print) {
			c.wantFingerprint(print)
		}
		needed = needed || c.wanted[print]
	}
	note(traitID, raw.id)
	note(traitKey, raw.key)
	if !raw.absent {
		note(traitName, raw.name)
		for _, domain := range raw.domains {
			note(traitDomain, domain)
		}
	}
	return needed
}

// lets reports whether a tenant can be let go, and applies the rules that otherwise
// would wait for the end.
func (l *loader) lets(raw *rawTenant) bool {
	if l.check == nil || l.check.needs(raw) {
		return false
	}
	l.all.letGo++
	if l.check.around == nil {
		l.check.around = l.surroundings()
	}
	around := l.check.around
	one := entry{desired: resource.Desired{ID: raw.id.value, Fields: raw.fields, Source: raw.at}}
	if !around.scope.empty() {
		l.checkScopeOf("tenant", []entry{one}, around.scope)
	}
	if len(around.keys) > 0 {
		l.check.holding = append(l.check.holding, keysIn(one.desired, around.keys)...)
	}
	return true
}

func (l *loader) surroundings() *surroundings {
	return &surroundings{keys: l.loadedKeys(), scope: l.all.manage.tenants.globs()}
}

// passes reports whether a use of a variable need not be kept: it is set, and neither
// its name nor, as far as it is known by now, its use elsewhere is that of a secret.
func (c *checking) passes(use variableUse) bool {
	if c == nil || use.usage != usedInValue || use.unset || soundsSecret(use.name) || c.exact[use.name] {
		return false
	}
	if !c.perhaps[use.name] {
		c.perhaps[strings.Clone(use.name)] = true
	}
	return true
}

// lacks says what is missing of a check that has read all files: [errAgain] when some
// tenant that was let go is needed after all.
func (c *checking) lacks(l *loader) error {
	if c == nil {
		return nil
	}
	again := c.again
	if now := l.surroundings(); c.around != nil && !c.around.equal(now) {
		c.around, again = now, true
	}
	for _, name := range slices.Sorted(maps.Keys(l.credentials())) {
		if c.perhaps[name] {
			c.exact[name], again = true, true
		}
	}
	if again {
		return errAgain
	}
	for _, env := range l.all.environments {
		if env.overlay == nil || l.incomplete {
			continue
		}
		for _, over := range env.overlay.tenants {
			if _, found := l.tenantBelow(over); !found && (over.key.given && !over.id.given || over.id.given && !over.name.given && !over.absent) {
				return errExact // the keys or ids of all tenants are looked through for one like it
			}
		}
	}
	return nil
}

// fingerprints is a set that takes some ten bytes for each member.
type fingerprints struct {
	slots []uint64 // zero for a free one
	count int
}

// slot is where a fingerprint stands, or would.
func (f *fingerprints) slot(print uint64) int {
	at := int(print & uint64(len(f.slots)-1)) //nolint:gosec // the mask keeps it below the length
	for f.slots[at] != 0 && f.slots[at] != print {
		at = (at + 1) & (len(f.slots) - 1)
	}
	return at
}

func (f *fingerprints) has(print uint64) bool {
	return len(f.slots) > 0 && f.slots[f.slot(print)] != 0
}

// add reports whether the fingerprint was not there before.
func (f *fingerprints) add(print uint64) bool {
	if 4*(f.count+1) > 3*len(f.slots) {
		old := f.slots
		f.slots = make([]uint64, max(1024, 2*len(old)))
		for _, one := range old {
			if one != 0 {
				f.slots[f.slot(one)] = one
			}
		}
	}
	at := f.slot(print)
	if f.slots[at] != 0 {
		return false
	}
	f.slots[at] = print
	f.count++
	return true
}
