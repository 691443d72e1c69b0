package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// settle leaves out what validation refuses, and what a configuration cannot say in a
// way that means the same, until the rest is a valid configuration that a plan against
// the state just read has nothing to do for. Each round leaves something out, so it ends.
func (x *exporter) settle(ctx context.Context) error {
	for {
		files, err := x.configFiles(configHead{}, false)
		if err != nil {
			return err
		}
		loaded, err := x.loadTexts(ctx, files)
		if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
			dropped, dropErr := x.dropInvalid(files[0].text, invalid)
			if dropErr != nil {
				return dropErr
			}
			if dropped {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("the configuration that would be written is not valid: %w", err)
		}
		remaining, err := x.remaining(loaded, "")
		if err != nil {
			return err
		}
		dropped := false
		for _, one := range remaining {
			dropped = x.dropAddress(one.Address, one.path, "a configuration cannot say it as it is") || dropped
		}
		if dropped {
			continue
		}
		if len(remaining) > 0 {
			return fmt.Errorf("the configuration that would be written does not say what is live: %s %s", remaining[0].Address, remaining[0].Path)
		}
		slices.SortFunc(x.left, func(a, b adoptLeft) int {
			return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Path, b.Path))
		})
		return nil
	}
}

// loadTexts loads a configuration that is not on the disk. Only empty files stand
// there, for the time it takes, because a configuration is found by its files.
func (x *exporter) loadTexts(ctx context.Context, files []namedText) (loaded *config.Config, err error) {
	folder, err := os.MkdirTemp("", "descope-mgmt-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	options := x.app.configOptions(need{editing: true})
	options.Paths, options.WorkDir, options.Replaced = nil, folder, map[string][]byte{}
	for _, file := range files {
		place := filepath.Join(folder, file.name)
		if err := os.WriteFile(place, nil, 0o600); err != nil {
			return nil, err
		}
		options.Paths = append(options.Paths, place)
		options.Replaced[place] = []byte(file.text)
	}
	for name, text := range x.documents {
		options.Replaced[filepath.Join(folder, filepath.FromSlash(name))] = text
	}
	return config.Load(ctx, options)
}

// exportRemaining is what a plan with the exported configuration would still do.
type exportRemaining struct {
	Address resource.Address `json:"address"`
	Path    string           `json:"path"` // empty for the object as a whole
	Reason  string           `json:"reason"`

	path resource.Path
}

// remaining is what a plan would do with a configuration against what was read.
func (x *exporter) remaining(loaded *config.Config, environment string) ([]exportRemaining, error) {
	in := x.planInput(loaded, environment)
	result, err := plan.Make(in)
	if invalid, ok := errors.AsType[*plan.InvalidError](err); ok {
		var found []exportRemaining
		for _, problem := range invalid.Problems {
			found = append(found, exportRemaining{Address: problem.Address, Reason: problem.Message})
		}
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	var found []exportRemaining
	for _, change := range result.Plan.Changes {
		if !change.Action.Writes() && change.Blocked == nil {
			continue
		}
		found = append(found, stillChanged(in, change)...)
	}
	return found, nil
}

// planInput is a configuration beside what was read.
func (x *exporter) planInput(loaded *config.Config, environment string) plan.Input {
	in := plan.Input{
		ToolVersion: currentBuild().Version, Environment: x.environment(), ProjectID: x.target.ProjectID, Host: x.host, CreatedAt: x.app.Now().UTC(),
		Thresholds: plan.Thresholds{DeletePercent: 100, UpdatePercent: 100}, Secret: x.app.redact.holdsValue, SecretPaths: x.secretPaths,
	}
	if x.kinds.tenants {
		in.Manage, in.Desired, in.Live = loaded.Manage(environment), loaded.Desired(environment), x.live
	}
	if x.kinds.flows {
		in.Flows = plan.Flows{Manage: loaded.ManageFlows(environment), Desired: loaded.DesiredFlows(environment), Live: x.flowsNow, Known: map[string]bool{}}
		for _, live := range x.flowsNow {
			in.Flows.Known[live.ID] = true // the export itself makes it known
		}
	}
	return in
}

// recordAdopted writes down that the configuration says what is live, as an apply that
// finds nothing to do does: from then on drift can be told from what was never applied.
// The files are what was asked for: where the records cannot follow it is a warning.
func (x *exporter) recordAdopted(ctx context.Context, loaded *config.Config, environment string) {
	in := x.planInput(loaded, environment)
	result, err := plan.Make(in)
	if err == nil {
		x.session.config, x.target.Resources, x.asked = loaded, environment, nil
		x.applies = &wanted{desired: in.Desired, manage: in.Manage, flows: in.Flows}
		err = x.recordFound(ctx, result.Plan)
	}
	if err != nil {
		x.app.warn("warning: %s", notRecorded(err))
	}
}

// stillChanged names what a change would do, value by value.
func stillChanged(in plan.Input, change resource.Change) []exportRemaining {
	if change.Kind == resource.KindFlow || len(change.Fields) == 0 {
		return []exportRemaining{{Address: change.Address, Reason: "a plan would " + string(change.Action) + " it"}}
	}
	var found []exportRemaining
	for _, field := range change.Fields {
		one := exportRemaining{Address: change.Address, Path: field.Path, Reason: "a plan would " + string(change.Action) + " it"}
		for _, desired := range in.Desired {
			if desired.ID != change.ID {
				continue
			}
			for _, wanted := range desired.Fields {
				if wanted.Path.String() == field.Path {
					one.path = wanted.Path
				}
			}
		}
		found = append(found, one)
	}
	return found
}

// entryOf is the entry of an object.
func (x *exporter) entryOf(address resource.Address) *exportEntry {
	entries := x.tenants
	if address.Kind() == resource.KindFlow {
		entries = x.flows
	}
	at, found := slices.BinarySearchFunc(entries, address, func(e *exportEntry, address resource.Address) int { return cmp.Compare(e.address, address) })
	if !found {
		return nil
	}
	return entries[at]
}

// dropAddress takes one value, or without a path the whole of an object, out.
func (x *exporter) dropAddress(address resource.Address, at resource.Path, reason string) bool {
	e := x.entryOf(address)
	if e == nil {
		return false
	}
	if at.Field == "" {
		at.Field = keyID
	}
	return x.drop(e, at, reason)
}

// placedValue is one value that can be left out, and where its key stands.
type placedValue struct {
	line, column int
	entry        *exportEntry
	path         resource.Path
}

// otherPlace is where a message says that something else stands. Lines move until the
// file is written.
var otherPlace = regexp.MustCompile(` at ` + regexp.QuoteMeta(configName) + `:\d+:\d+,?`)

// dropInvalid takes out what the errors of a configuration are about: each belongs to
// the last key before its place.
func (x *exporter) dropInvalid(text string, invalid *config.InvalidError) (bool, error) {
	file, err := yamledit.Parse([]byte(text), yamledit.YAML)
	if err != nil {
		return false, err
	}
	places := x.places(file)
	dropped := false
	for _, diagnostic := range invalid.Errors() {
		at := diagnostic.Position
		next := sort.Search(len(places), func(i int) bool {
			return places[i].line > at.Line || places[i].line == at.Line && places[i].column > at.Column
		})
		if next == 0 || at.IsZero() {
			continue
		}
		found := places[next-1]
		dropped = x.drop(found.entry, found.path, otherPlace.ReplaceAllString(diagnostic.Message, "")) || dropped
	}
	return dropped, nil
}

// places are all values that can be left out, in the order of the text.
func (x *exporter) places(file *yamledit.File) []placedValue {
	var places []placedValue
	add := func(entry *exportEntry, at yamledit.Path, path resource.Path) {
		if line, column, there := file.Place(at); there {
			places = append(places, placedValue{line, column, entry, path})
		}
	}
	for _, list := range [][]*exportEntry{x.tenants, x.flows} {
		for i, entry := range staying(list) {
			item := yamledit.Document(0).Key(listNames[entry.address.Kind()]).Item(i)
			for _, member := range entry.written() {
				add(entry, item.Key(member.Key), resource.Path{Field: member.Key})
				inner, isMap := member.Value.AsObject()
				for _, key := range keysOf(inner) {
					if isMap {
						add(entry, item.Key(member.Key, key), resource.Path{Field: member.Key, Key: key})
					}
				}
			}
		}
	}
	return places
}
