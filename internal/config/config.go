package config

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Options say what to load and what the loader may know of its surroundings.
type Options struct {
	// Paths are files, folders, or patterns over files (*, ?, [a-z], and ** for any
	// folders); relative ones are under WorkDir. Empty means the usual places.
	Paths   []string
	WorkDir string // absolute
	Home    string // the user's home folder; empty when unknown
	// Lookup gives the value of an environment variable; nil means none is set.
	Lookup func(name string) (string, bool)
	// Reading says that the command only reads, so that ~/.descope/config.yaml
	// may serve too.
	Reading     bool
	ToolVersion string // for "requires"
	// AllowExec says that the configuration is trusted to name commands to run.
	AllowExec bool
	// Replaced are texts that count instead of files, by absolute path: what a
	// command is about to write, read before it is written. A file of a flow need not
	// exist; one of the configuration must, because it is found on the disk.
	Replaced map[string][]byte
	// Workers is how many documents are parsed at a time; zero means as many as there
	// are processors. What comes of it is the same.
	Workers int
	// EnvFile is a file of variables, absolute; empty means .env beside the first
	// file of the configuration, where there is one. NoEnvFile reads none.
	EnvFile   string
	NoEnvFile bool

	// WithoutBrokenFlows lets flows be wrong: what is wrong with a flow, or with its
	// file, is a warning, and the flow may have no document. It is for the command that
	// writes such files; with such a configuration nothing can be planned.
	WithoutBrokenFlows bool

	envFile *envFile // as it was read
}

// Config is a loaded configuration without errors. It does not change, and may
// be used by several goroutines.
type Config struct {
	files        []string
	warnings     []Diagnostic
	auth         access
	environments []*environment
	tenants      []entry
	letGo        int // tenants that were checked and not kept; none in what [Load] gives
	hasTenants   bool
	tenantScope  globs
	flows        []entry
	hasFlows     bool
	flowScope    globs
	orphans      resource.OrphanPolicy
	guard        Guard
	drift        driftRules
	settings     Settings
	given        map[string]resource.Position // settings by path, such as "state.dir"
	tenantKeys   map[int]string               // logical names by the number of the entry
	flowKeys     map[int]string
	lists        lists
	secrets      []string // values that are marked as secret
	supplied     map[string]string
	home         string // the user's, for paths of key files
	envPath      string
}

// Load finds the configuration and reads all of it. Errors: [*NotFoundError]
// when there is none; [*InvalidError] with every error at once when it is not
// valid; otherwise an error of the file system that names the file, or the
// context's.
func Load(ctx context.Context, opts Options) (*Config, error) {
	sources, err := opts.find()
	if err != nil {
		return nil, err
	}
	return loadSources(ctx, opts, sources)
}

// find finds the files to read, and reads the file of variables.
func (o *Options) find() ([]source, error) {
	sources, err := discover(*o)
	if err == nil {
		o.envFile, err = o.readEnvFile(sources)
	}
	return sources, err
}

func loadSources(ctx context.Context, opts Options, sources []source) (*Config, error) {
	return newLoader(opts).loadAll(ctx, sources)
}

// loadAll loads, in parts what can be read in parts.
func (l *loader) loadAll(ctx context.Context, sources []source) (*Config, error) {
	cfg, err := l.loadWithOverlays(ctx, sources)
	if errors.Is(err, errWhole) {
		next := newLoader(l.opts)
		next.asWhole, next.check = true, l.check.next()
		return next.loadWithOverlays(ctx, sources)
	}
	return cfg, err
}

func (l *loader) load(ctx context.Context, sources []source) (*Config, error) {
	diagnostics, err := l.read(ctx, sources)
	if err != nil {
		return nil, err
	}
	return &Config{
		files: names(sources), warnings: diagnostics,
		auth: l.all.auth, environments: l.all.environments,
		tenants: slices.Clip(l.all.tenants), letGo: l.all.letGo, hasTenants: l.all.hasTenants,
		tenantScope: l.all.manage.tenants.globs(), orphans: l.all.manage.orphans,
		flows: slices.Clip(l.all.flows), hasFlows: l.all.hasFlows, flowScope: l.all.manage.flows.globs(),
		guard: l.all.guard, drift: l.all.drift, settings: l.all.Settings, given: l.given,
		tenantKeys: l.tenantKeys(), flowKeys: l.logicalFlowKeys(), lists: l.all.lists, secrets: l.all.secrets, supplied: l.supplied, home: l.opts.Home, envPath: l.opts.envFile.where(),
	}, nil
}

// read reads all files and returns the warnings and notes about them; an
// [*InvalidError] when there are errors.
func (l *loader) read(ctx context.Context, sources []source) ([]Diagnostic, error) {
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := l.readSource(ctx, src); err != nil {
			return nil, err
		}
	}
	if err := l.check.lacks(l); err != nil {
		return nil, err
	}
	if l.lacksEntries() {
		return nil, errAgain
	}
	diagnostics := l.finish(sources)
	if slices.ContainsFunc(diagnostics, func(d Diagnostic) bool { return d.Severity == SeverityError }) {
		return nil, &InvalidError{Diagnostics: diagnostics}
	}
	return diagnostics, nil
}

func names(sources []source) []string {
	names := make([]string, len(sources))
	for i, src := range sources {
		names[i] = src.name
	}
	return names
}

// finish applies the rules that need all documents, and returns what is to be
// said about them, in order.
func (l *loader) finish(sources []source) []Diagnostic {
	if !l.own && !l.all.version && !l.incomplete && len(sources) > 0 {
		l.reportAt(resource.Position{File: sources[0].name, Line: 1, Column: 1}, SeverityError, codeVersion,
			"the version is missing", `add version: "`+supportedVersion+`"`)
	}
	l.checkSelections()
	l.checkScope()
	l.checkParents()
	l.layOverlays()
	l.checkUses()
	l.checkKeys()
	l.checkKeyPlaces()
	l.supplied = l.settleEnvFile()
	l.settle(sources)
	return l.diagnostics
}

// settle makes the diagnostics ready to be shown.
func (l *loader) settle(sources []source) {
	if len(l.diagnostics) == 0 {
		return
	}
	l.attachSources(slices.Concat(sources, l.manifests))
	l.conceal()
	sortDiagnostics(l.diagnostics)
}

// checkSelections refuses environments in only and except that do not exist.
func (l *loader) checkSelections() {
	if l.incomplete {
		return
	}
	var names []string
	for _, env := range l.all.environments {
		names = append(names, env.name)
	}
	for _, s := range l.all.selections {
		for _, name := range s.names {
			if !slices.Contains(names, name.value) {
				suggestion := didYouMean(name.source, names, "configured environments")
				if len(names) == 0 {
					suggestion = "configure it under environments"
				}
				l.reportAt(name.at, SeverityError, codeEnvironment, "no environment is called "+show(name.source), suggestion)
			}
		}
	}
}

// checkScope warns of entries that manage leaves out: they look managed and are not.
func (l *loader) checkScope() {
	l.checkScopeOf("tenant", l.all.tenants, l.all.manage.tenants.globs())
	l.checkScopeOf("flow", l.all.flows, l.all.manage.flows.globs())
}

func (l *loader) checkScopeOf(kind string, entries []entry, s globs) {
	if s.empty() {
		return
	}
	within := resource.Manage{Include: s.include, Exclude: s.exclude}
	for _, e := range entries {
		if !within.InScope(e.desired.ID) {
			l.reportAt(e.desired.Source, SeverityWarning, codeOutside, fmt.Sprintf("the %s %s is outside of manage.%ss, so its entry takes no effect", kind, show(e.desired.ID), kind), fmt.Sprintf("widen manage.%ss, or drop the entry", kind))
		}
	}
}

// globs are the patterns of one kind.
type globs struct{ include, exclude []resource.Glob }

func (g globs) empty() bool { return len(g.include)+len(g.exclude) == 0 }

func (s scope) globs() globs {
	return globs{include: globValues(s.include), exclude: globValues(s.exclude)}
}

func globValues(patterns []text) []resource.Glob {
	var globs []resource.Glob
	for _, pattern := range patterns {
		globs = append(globs, resource.Glob(pattern.value))
	}
	return globs
}

// Files lists what was read, in order, as positions name it.
func (c *Config) Files() []string { return slices.Clone(c.files) }

// Warnings lists the warnings and notes, sorted by position.
func (c *Config) Warnings() []Diagnostic { return slices.Clone(c.warnings) }

// Environments lists the names of the configured environments, in the order of the files.
func (c *Config) Environments() []string {
	names := make([]string, len(c.environments))
	for i, env := range c.environments {
		names[i] = env.name
	}
	return names
}

// Desired lists the tenants that belong to an environment, with what its overlay
// says laid over them, in the order of the files and those of the overlay alone at
// last; the empty name stands for none. Entries of which a variable is not set are
// left out (see [Config.MissingVariables]). The fields are shared with the
// configuration and must not be changed.
func (c *Config) Desired(environment string) []resource.Desired {
	return selected(c.tenants, c.layersOf(environment).tenants, environment)
}

// Manage is the scope of tenants in an environment.
func (c *Config) Manage(environment string) resource.Manage {
	return c.manage(c.tenants, c.hasTenants, c.tenantScope, environment, func(of *layers) *layer { return &of.tenants })
}

// Guard is how much one plan may change.
func (c *Config) Guard() Guard { return c.guard }

// gives reports whether the configuration gives a setting.
func (c *Config) gives(path string) bool {
	_, given := c.given[path]
	return given
}
