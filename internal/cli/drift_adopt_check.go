package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// checkAgreement refuses an object of which the environments do not have the same:
// one value is to count for all of them.
func (d *adoption) checkAgreement(address resource.Address) error {
	paths := map[string]bool{}
	kinds := map[string][]string{} // what is the matter with the whole object, by environment
	for _, side := range d.sides {
		for _, finding := range side.of(address, d.flags) {
			switch {
			case finding.State == drift.StateOrphan:
				kinds["live and not configured"] = append(kinds["live and not configured"], side.target.Environment)
			case finding.Change != drift.ChangeField:
				kinds[string(finding.Change)] = append(kinds[string(finding.Change)], side.target.Environment)
			case finding.Kind == resource.KindTenant && !finding.Sensitive:
				paths[finding.Path] = true
			}
		}
	}
	for what, where := range kinds {
		if having := d.having(address); len(where) != len(having) || what == "live and not configured" && len(where) != len(d.sides) {
			d.obstacle(address, "", "the environments do not agree: %s in %s only; adopt it there with -e", what, strings.Join(where, ", "))
		}
	}
	if len(kinds) > 0 {
		return nil
	}
	for _, path := range keysOf(paths) {
		if err := d.agreeOn(address, path); err != nil {
			return err
		}
	}
	return d.agreeOnFlow(address)
}

// having are the environments that have an object, configured or live.
func (d *adoption) having(address resource.Address) []*adoptSide {
	var list []*adoptSide
	for _, side := range d.sides {
		has := func(one resource.Desired) bool { return one.Address() == address }
		if slices.ContainsFunc(side.in.Desired, has) || slices.ContainsFunc(side.in.Flows.Desired, has) || len(side.of(address, d.flags)) > 0 {
			list = append(list, side)
		}
	}
	return list
}

// agreeOn compares what is live at one path of a tenant.
func (d *adoption) agreeOn(address resource.Address, name string) error {
	var texts []string
	var first resource.Value
	agree, seen := true, false
	for _, side := range d.having(address) {
		finding := drift.Finding{Address: address, Path: name}
		path, known := adoptPath(side, finding)
		live, found := side.liveByID()[address.ID()]
		if !known || !found {
			agree = false
			texts = append(texts, side.target.Environment+" has none")
			continue
		}
		if path.Field == keySettings && !live.HasSettings() {
			agree = false
			texts = append(texts, side.target.Environment+" was not read, because it manages no settings")
			continue
		}
		value, err := live.Value(path)
		if err != nil {
			return err
		}
		shape := resource.ShapeOf(path)
		value = shape.Canonical(value)
		texts = append(texts, side.target.Environment+" has "+orWord(value, "none", side.app.redact.holdsValue(value) || side.secretPaths.Has(address, path.String())))
		agree = agree && (!seen || shape.Equal(first, value))
		if !seen {
			first, seen = value, true
		}
	}
	if !agree {
		d.obstacle(address, name, "the environments do not agree: %s; adopt it in each with -e", strings.Join(texts, ", "))
	}
	return nil
}

// agreeOnFlow compares the live documents, beyond what is set in each environment.
func (d *adoption) agreeOnFlow(address resource.Address) error {
	if address.Kind() != resource.KindFlow {
		return nil
	}
	var first *flow.Document
	firstName := ""
	for _, side := range d.having(address) {
		live, found := side.liveFlow(address.ID())
		at := slices.IndexFunc(side.in.Flows.Desired, func(one resource.Desired) bool { return one.Address() == address })
		if !found || at < 0 || side.in.Flows.Desired[at].Flow == nil {
			d.obstacle(address, "", "the environments do not agree: %s has no such flow; adopt it in each with -e", side.target.Environment)
			return nil
		}
		document, err := flow.FromValue(live.Document)
		if err != nil {
			return err
		}
		if first == nil {
			first, firstName = &document, side.target.Environment
			continue
		}
		difference, _, err := flow.DiffBeyond(*first, document, side.in.Flows.Desired[at].Flow.Set)
		if err != nil {
			return err
		}
		if !difference.IsEmpty() {
			d.obstacle(address, "", "the environments do not agree: the flows of %s and %s differ; adopt it in each with -e", firstName, side.target.Environment)
			return nil
		}
	}
	return nil
}

// load reads the configuration as it will be.
func (d *adoption) load(ctx context.Context) (*config.Config, error) {
	options := d.app.configOptions(need{configuration: true, editing: true})
	options.Replaced = d.files.replaced()
	return config.Load(ctx, options)
}

// check reads the configuration as it will be, and refuses it where it is not valid,
// where the next plan would not leave alone what was taken over, and where anything
// else would change.
func (d *adoption) check(ctx context.Context) error {
	loaded, err := d.load(ctx)
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		var texts []string
		for _, diagnostic := range invalid.Errors() {
			texts = append(texts, diagnostic.String())
		}
		return notAdoptable([]string{"the configuration would not be valid: " + strings.Join(texts, "; ")})
	}
	if err != nil {
		return err
	}
	var obstacles []string
	for _, side := range d.sides {
		remaining, err := d.remaining(side, loaded)
		if err != nil {
			return err
		}
		obstacles = append(obstacles, remaining...)
	}
	before := d.sides[0].config
	for _, environment := range everyView(before) {
		for _, address := range changedDesired(before, loaded, environment) {
			if d.isMeant(environment, address) {
				continue
			}
			obstacles = append(obstacles, alsoChanged(address, environment))
		}
	}
	if len(obstacles) > 0 {
		return notAdoptable(obstacles)
	}
	return nil
}

// alsoChanged says that something is about to change that nobody has meant.
func alsoChanged(address resource.Address, environment string) string {
	if environment == "" {
		return string(address) + " would also change"
	}
	return fmt.Sprintf("%s would also change in environment %s", address, environment)
}

// everyView are all environments that a configuration is read for. Where there are
// some, what stands for all of them is nobody's own: it counts as they use it.
func everyView(loaded *config.Config) []string {
	if names := loaded.Environments(); len(names) > 0 {
		return names
	}
	return []string{""}
}

// isMeant reports whether an object of an environment may be another than before.
func (d *adoption) isMeant(environment string, address resource.Address) bool {
	if !slices.Contains(d.addresses, address) {
		return false
	}
	return slices.ContainsFunc(d.sides, func(side *adoptSide) bool { return side.target.Resources == environment })
}

// remaining is what a plan with the configuration as it will be would still do to
// what was taken over.
func (d *adoption) remaining(side *adoptSide, loaded *config.Config) ([]string, error) {
	environment := side.target.Resources
	in := plan.Input{
		ToolVersion: side.in.ToolVersion, Environment: side.in.Environment, ProjectID: side.in.ProjectID, Host: side.in.Host, CreatedAt: side.in.CreatedAt,
		Manage: loaded.Manage(environment), Desired: loaded.Desired(environment), Live: side.in.Live,
		Flows:      plan.Flows{Manage: loaded.ManageFlows(environment), Desired: loaded.DesiredFlows(environment), Live: side.in.Flows.Live, Known: side.in.Flows.Known},
		Thresholds: plan.Thresholds{DeletePercent: 100, UpdatePercent: 100},
		Secret:     side.app.redact.holdsValue, SecretPaths: loaded.SecretPaths(),
	}
	var texts []string
	configured := slices.Concat(in.Desired, in.Flows.Desired)
	for _, address := range d.addresses {
		switch {
		case slices.ContainsFunc(configured, func(one resource.Desired) bool { return one.Address() == address }):
			in.Options.Target = append(in.Options.Target, address.Glob())
		case slices.ContainsFunc(d.edits, func(edit adoptEdit) bool { return edit.Address == address }) && len(side.of(address, d.flags)) > 0:
			texts = append(texts, fmt.Sprintf("%s would not be configured in %s", address, side.place()))
		}
	}
	if len(in.Options.Target) == 0 {
		return texts, nil
	}
	result, err := plan.Make(in)
	if problems, ok := errors.AsType[*plan.InvalidError](err); ok {
		return []string{problems.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, change := range result.Plan.Changes {
		if !slices.Contains(d.addresses, change.Address) || !change.Action.Writes() {
			continue
		}
		for _, path := range d.stillPlanned(change) {
			texts = append(texts, strings.TrimSpace(fmt.Sprintf("%s %s: a plan for %s would still %s it", change.Address, path, side.place(), change.Action)))
		}
	}
	return texts, nil
}

// stillPlanned are the paths of a change that were taken over; one empty path for a
// change of the whole object.
func (d *adoption) stillPlanned(change resource.Change) []string {
	mine := func(path string) bool {
		return slices.ContainsFunc(d.edits, func(edit adoptEdit) bool {
			return edit.Address == change.Address && (edit.Path == path || edit.Path == "" || edit.Path == "state" || change.Kind == resource.KindFlow)
		})
	}
	var paths []string
	for _, field := range change.Fields {
		if mine(field.Path) {
			paths = append(paths, field.Path)
		}
	}
	if len(change.Fields) == 0 && mine("") {
		paths = append(paths, "")
	}
	return paths
}

// changedDesired are the objects of an environment that two configurations want
// differently.
func changedDesired(before, after *config.Config, environment string) []resource.Address {
	texts := func(loaded *config.Config) map[resource.Address]string {
		wanted := map[resource.Address]string{}
		for _, one := range slices.Concat(loaded.Desired(environment), loaded.DesiredFlows(environment)) {
			wanted[one.Address()] = desiredText(one)
		}
		return wanted
	}
	old, now := texts(before), texts(after)
	var changed []resource.Address
	for address, text := range old {
		if now[address] != text {
			changed = append(changed, address)
		}
	}
	for address := range now {
		if _, known := old[address]; !known {
			changed = append(changed, address)
		}
	}
	slices.Sort(changed)
	return changed
}

// desiredText is everything that is wanted of an object, but for where it stands.
func desiredText(one resource.Desired) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%t %t\n", one.Absent, one.Protect)
	for _, field := range one.Fields {
		fmt.Fprintf(&text, "%s %t %s\n", field.Path, field.Remove, field.Value)
	}
	if one.Flow != nil {
		fmt.Fprintf(&text, "%s %t %q", one.Flow.Document, one.Flow.ManagesSwitch, one.Flow.Set)
	}
	return text.String()
}
