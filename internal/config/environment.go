package config

import (
	"cmp"
	"math"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Environment is what is known of a configured environment without asking
// Descope.
type Environment struct {
	Name string
	// Order is its place in the order of promotion, at least 0; nil where it has none.
	Order *int
	// Protected says that its project is protected, by itself or by another
	// environment that has the same project.
	Protected bool
	// ProjectID is the project that it stands for; empty where that is not known,
	// because a variable is not set or its value cannot be a project id.
	ProjectID string
}

// highestOrder is a limit that nobody meets and that every int holds.
const highestOrder = math.MaxInt32

func orderKey() key[access] {
	return key[access]{
		name: "order", title: "Order of promotion", example: `2`,
		description: "The environment's place in the order of promotion, a whole number from 0 up. Runs over all environments write in this order. Environments without one come after those with one, in the order of the files.",
		schema:      schema{"type": "integer", "minimum": 0, "maximum": highestOrder},
		read: func(l *loader, n *yaml.Node, into *access) {
			if order, ok := l.wholeNumber(n, "order", 0, highestOrder); ok {
				place := int(order)
				into.order = &place
			}
		},
	}
}

func environmentPerformanceKey() key[access] {
	b := performanceBlock()
	return key[access]{
		name: "performance", title: "Performance", example: `{ rate_limits: documented }`,
		description: "How fast the tool works in this environment, laid over the top-level `performance` key by key; `rate_limits` as a whole.",
		schema:      b.object(),
		inParts:     true,
		read: func(l *loader, n *yaml.Node, into *access) {
			path := into.path + ".performance"
			b.read(l, n, &into.performance, path, path)
		},
	}
}

// environment finds an environment by its name; nil for none.
func (c *Config) environment(name string) *environment {
	for _, env := range c.environments {
		if env.name == name {
			return env
		}
	}
	return nil
}

// EnvironmentList lists the configured environments in the order of promotion:
// by their order, those without one last, and else as the files have them.
// Lookup gives the value of an environment variable; nil means none is set.
func (c *Config) EnvironmentList(lookup func(name string) (string, bool)) []Environment {
	if lookup == nil {
		lookup = func(string) (string, bool) { return "", false }
	}
	list := make([]Environment, 0, len(c.environments))
	for _, env := range c.environments {
		r := &resolver{cfg: c, sel: Selection{Lookup: lookup, Reading: true}, own: env}
		one := Environment{Name: env.name, Protected: env.isProtected()}
		if env.order != nil {
			order := *env.order
			one.Order = &order
		}
		one.ProjectID = r.knownProject()
		if one.ProjectID != "" {
			one.Protected, _ = r.protection(one.ProjectID)
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b Environment) int { return cmp.Compare(promotion(a), promotion(b)) })
	return list
}

// promotion is where an environment comes in the order of promotion.
func promotion(env Environment) int {
	if env.Order == nil {
		return highestOrder + 1
	}
	return *env.Order
}

// knownProject is the project id of the resolver's environment; empty where nothing
// gives a usable one.
func (r *resolver) knownProject() string {
	project, err := r.pick(r.projectCandidate(r.own))
	if err != nil || checkProjectID(project.value) != nil || r.isKey(project.value) {
		return ""
	}
	return project.value
}

// Performance is how fast the tool may work in an environment: what the
// top-level key says, and key by key what the environment says instead. The
// empty name stands for none.
func (c *Config) Performance(environment string) Performance {
	base := c.settings.Performance
	if own := c.environment(environment); own != nil {
		base = c.overPerformance(base, own.path+".performance", own.performance)
	}
	return base.clone()
}

// overPerformance lays what stands under a path over a base.
func (c *Config) overPerformance(base Performance, path string, over Performance) Performance {
	if c.gives(path + ".max_workers") {
		base.MaxWorkers = over.MaxWorkers
	}
	if c.gives(path + ".rate_limit_buffer") {
		base.RateLimitBuffer = over.RateLimitBuffer
	}
	if c.gives(path + ".rate_limits") {
		base.RateLimits = over.RateLimits
	}
	return base
}

// Credentials are the values of all variables that serve as management keys in
// the configuration and are set, sorted. Whatever holds one of them must not be
// shown or kept.
func (c *Config) Credentials(lookup func(name string) (string, bool)) []resource.Secret {
	if c == nil || lookup == nil {
		return nil
	}
	r := &resolver{cfg: c, sel: Selection{Lookup: lookup}}
	values := r.keys()
	slices.Sort(values)
	var secrets []resource.Secret
	for _, value := range slices.Compact(values) {
		secrets = append(secrets, resource.NewSecret(value))
	}
	return secrets
}
