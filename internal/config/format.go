package config

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
)

// File is one file of the configuration.
type File struct {
	Name string // as positions show it
	Path string // absolute
	JSON bool
}

// Open opens the file, which must be a regular one or lead to one. Errors name it.
func (f File) Open() (io.ReadCloser, error) { return openRegular(f.Path, f.Name) }

// Files lists the files that [Load] would read, in order. Errors are those of Load.
func Files(opts Options) ([]File, error) {
	sources, err := discover(opts)
	if err != nil {
		return nil, err
	}
	files := make([]File, len(sources))
	for i, src := range sources {
		files[i] = File{Name: src.name, Path: src.path, JSON: src.json}
	}
	return files, nil
}

// CompareText loads the configuration as it is and with other texts in place of some
// files, by absolute path, and returns an error where the two do not say the same in
// every environment: other values, or, where it is not valid, other errors. Places do
// not count. What keeps both from being loaded is no difference.
func CompareText(ctx context.Context, opts Options, replaced map[string][]byte) error {
	before, failure := Load(ctx, opts)
	opts.Replaced = replaced
	after, failureAfter := Load(ctx, opts)
	return compareLoaded(before, after, failure, failureAfter, opts.Lookup)
}

// CompareDocument is the same for a text that is no file, by itself. Its relative paths
// begin at the working folder.
func CompareDocument(ctx context.Context, opts Options, isJSON bool, before, after []byte) error {
	load := func(text []byte) (*Config, error) {
		return loadSources(ctx, opts, []source{{name: "-", folder: opts.WorkDir, json: isJSON, open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(text)), nil
		}}})
	}
	first, failure := load(before)
	second, failureAfter := load(after)
	return compareLoaded(first, second, failure, failureAfter, opts.Lookup)
}

func compareLoaded(before, after *Config, failure, failureAfter error, lookup func(string) (string, bool)) error {
	if failure != nil || failureAfter != nil {
		return compareFailures(failure, failureAfter)
	}
	return before.sameAs(after, func(name string) (string, bool) {
		if name == environmentVariable || lookup == nil {
			return "", false // each environment is named
		}
		return lookup(name)
	})
}

// sameAs returns an error where another configuration says something else.
func (c *Config) sameAs(other *Config, lookup func(string) (string, bool)) error {
	if !slices.Equal(c.Environments(), other.Environments()) {
		return errors.New("the environments are others")
	}
	for _, environment := range append([]string{""}, c.Environments()...) {
		before, err := c.Effective(Selection{Environment: environment, Lookup: lookup})
		if err != nil {
			return err
		}
		after, err := other.Effective(Selection{Environment: environment, Lookup: lookup})
		if err != nil {
			return err
		}
		if before.Protected != after.Protected || before.ProjectID != after.ProjectID || !slices.EqualFunc(before.Settings, after.Settings, sameSetting) {
			return fmt.Errorf("the environment %s says something else", show(environment))
		}
	}
	return nil
}

// sameSetting compares without places.
func sameSetting(a, b Setting) bool {
	return a.Key == b.Key && a.Value == b.Value && a.Address == b.Address && a.Reference == b.Reference && a.Origin.Variable == b.Origin.Variable &&
		slices.EqualFunc(a.Members, b.Members, sameSetting) && slices.EqualFunc(a.Entries, b.Entries, sameSetting)
}

// placeInText is a place that a message names.
var placeInText = regexp.MustCompile(`[^ ()]+:[0-9]+:[0-9]+`)

// compareFailures compares two loads of which one at least was refused.
func compareFailures(before, after error) error {
	var refused, refusedAfter *InvalidError
	switch {
	case before == nil || after == nil:
		return fmt.Errorf("only one of the two can be read: %w", cmp.Or(before, after))
	case !errors.As(before, &refused) || !errors.As(after, &refusedAfter):
		if before.Error() == after.Error() {
			return nil
		}
		return fmt.Errorf("it cannot be read any more: %w", after)
	case !slices.Equal(bareErrors(refused), bareErrors(refusedAfter)):
		return errors.New("there are other errors in it")
	default:
		return nil
	}
}

// bareErrors are the errors without their places, sorted.
func bareErrors(invalid *InvalidError) []string {
	var texts []string
	for _, d := range invalid.Errors() {
		texts = append(texts, d.Code+" "+placeInText.ReplaceAllString(d.Message, ""))
	}
	slices.Sort(texts)
	return texts
}

// keyTree is the order of the keys of a mapping, and of what is below them.
type keyTree struct {
	ranks map[string]int
	below map[string]*keyTree // by key; "[]" for the items of a list, "*" for any key
}

// treeOf takes the order of a block's table over. Both spellings of a key have the
// same rank.
func treeOf[T any](b *block[T], below map[string]*keyTree) *keyTree {
	tree := &keyTree{ranks: map[string]int{}, below: below}
	maps.Copy(tree.ranks, b.index)
	return tree
}

func listOf(tree *keyTree) *keyTree { return &keyTree{below: map[string]*keyTree{"[]": tree}} }

// documentTree is the order of the keys of a document.
func documentTree() *keyTree {
	performance, scope := treeOf(performanceBlock(), nil), treeOf(scopeBlock("tenant"), nil)
	tenant := treeOf(tenantBlock(), map[string]*keyTree{fieldSettings: treeOf(settingsBlock(), nil)})
	aFlow := treeOf(flowBlock(), map[string]*keyTree{"references": treeOf(referencesBlock(), nil)})
	over := treeOf(overlayBlock(), map[string]*keyTree{"tenants": listOf(tenant), "flows": listOf(aFlow)})
	environment := treeOf(environmentBlock(), map[string]*keyTree{"performance": performance, "overlay": over})
	return treeOf(topBlock(), map[string]*keyTree{
		"auth":         treeOf(authBlock(), nil),
		"environments": {below: map[string]*keyTree{"*": environment}},
		"manage":       treeOf(manageBlock(), map[string]*keyTree{"tenants": scope, "flows": scope}),
		"tenants":      listOf(tenant), "tenant": tenant,
		"flows": listOf(aFlow), "flow": aFlow,
		"guard": treeOf(guardBlock(), nil),
		"drift": treeOf(driftBlock(), map[string]*keyTree{
			"ignore": listOf(treeOf(acceptanceBlock(), nil)), "severity": listOf(treeOf(severityBlock(), nil)),
		}),
		"performance": performance,
		"state":       treeOf(stateBlock(), nil),
		"backup":      treeOf(backupBlock(), nil),
	})
}

// KeyRanks says in which order the keys of the configuration stand, as the reference
// has them. The function that it returns gives the rank of each key of the mapping
// that a path leads to (keys, and "[]" for any item of a list); nil where there is no
// order.
func KeyRanks() func(path []string) map[string]int {
	root := documentTree()
	return func(path []string) map[string]int {
		tree := root
		for _, step := range path {
			next := tree.below[step]
			if next == nil {
				next = tree.below["*"]
			}
			if next == nil {
				return nil
			}
			tree = next
		}
		return tree.ranks
	}
}
