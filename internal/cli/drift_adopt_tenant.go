package cli

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The keys of a tenant that need more than their value.
const (
	keyDomains     = "self_provisioning_domains"
	keyAttributes  = "custom_attributes"
	keyRemoved     = "remove_attributes"
	keySettings    = "settings"
	keyPairDomains = "domains"
	keyPairSwitch  = "self_provisioning"
)

// adoptState declares an object absent that is gone, or present that is live.
func (d *adoption) adoptState(ctx context.Context, side *adoptSide, finding drift.Finding) error {
	state := resource.StringValue("absent")
	if finding.Change == drift.ChangeExtra {
		state = resource.StringValue("present")
	}
	e, err := d.entry(finding.Address)
	if err != nil || len(e.path) == 0 {
		return err
	}
	if err := e.set("state", state, "state"); err != nil {
		return err
	}
	before := resource.StringValue("present")
	if state == before {
		before = resource.StringValue("absent")
	}
	e.note(adoptEdit{Path: "state", Before: before, After: state, Severity: finding.Severity}, "state")
	if finding.Change != drift.ChangeExtra {
		return nil
	}
	return d.adoptPresent(ctx, side, e)
}

// adoptPresent takes over what an entry that is present again says beyond its state
// and what is live in another way.
func (d *adoption) adoptPresent(ctx context.Context, side *adoptSide, e *adoptEntry) error {
	loaded, err := d.load(ctx)
	if err != nil {
		return err
	}
	in := side.in
	in.Applied = drift.Applied{}
	in.Desired, in.Flows.Desired = loaded.Desired(side.target.Resources), loaded.DesiredFlows(side.target.Resources)
	result, err := drift.Detect(in)
	if err != nil {
		return err
	}
	var findings []drift.Finding
	for _, finding := range result.Findings {
		if finding.Address == e.address && finding.Change == drift.ChangeField {
			finding.Source = nil // the file has changed since
			findings = append(findings, finding)
		}
	}
	next := *side
	next.in = in
	switch {
	case len(findings) == 0:
		return nil
	case e.address.Kind() == resource.KindFlow:
		return d.adoptFlow(&next, findings)
	default:
		return d.adoptTenant(&next, findings)
	}
}

// adoptTenant writes the live values of one tenant.
func (d *adoption) adoptTenant(side *adoptSide, findings []drift.Finding) error {
	address := findings[0].Address
	var wanted []drift.Finding
	known := len(d.obstacles)
	for _, finding := range findings {
		path, configurable := adoptPath(side, finding)
		switch {
		case finding.Sensitive:
			d.obstacle(address, finding.Path, "the value must not be shown, and is not written into a file")
		case !configurable:
			d.recorded = append(d.recorded, adoptRecorded{
				Environment: side.session.environment(), Address: address, Path: finding.Path, Before: finding.Applied, After: finding.Live, Severity: finding.Severity, side: side,
			})
		case finding.Live.IsAbsent() && resource.ShapeOf(path).Zero().IsAbsent() && path.Field != keyAttributes:
			d.obstacle(address, finding.Path, "nothing is live there, and no value stands for that: drop the key by hand")
		default:
			wanted = append(wanted, finding)
		}
	}
	if len(wanted) == 0 || len(d.obstacles) > known {
		return nil
	}
	e, err := d.entry(address)
	if err != nil || len(e.path) == 0 {
		return err
	}
	for _, finding := range wanted {
		free, err := e.isFree(finding.Path, finding.Source, finding.Live)
		if err != nil {
			return err
		}
		if !free {
			continue
		}
		path, _ := adoptPath(side, finding)
		if err := e.adoptField(side, finding, path); err != nil {
			return err
		}
	}
	return nil
}

// adoptPath is the path of a finding in its parts, and whether a configuration has a
// key for it.
func adoptPath(side *adoptSide, finding drift.Finding) (resource.Path, bool) {
	for _, desired := range side.in.Desired {
		if desired.Address() != finding.Address {
			continue
		}
		for _, field := range desired.Fields {
			if field.Path.String() == finding.Path {
				return field.Path, true
			}
		}
	}
	for _, field := range resource.TenantFields() {
		if field.Name == finding.Path {
			return resource.Path{Field: field.Name}, true
		}
	}
	for _, field := range resource.TenantSettingsFields() {
		if path := (resource.Path{Field: keySettings, Key: field.Name}); path.String() == finding.Path {
			return path, true
		}
	}
	return resource.Path{}, false
}

// adoptField writes one live value into the entry.
func (e *adoptEntry) adoptField(side *adoptSide, finding drift.Finding, path resource.Path) error {
	value := finding.Live
	if value.IsAbsent() {
		value = resource.ShapeOf(path).Zero()
	}
	edit := adoptEdit{Path: finding.Path, Before: finding.Wanted, After: finding.Live, Severity: finding.Severity}
	keys := []string{path.Field}
	var err error
	switch {
	case path.Field == keyAttributes && finding.Live.IsAbsent():
		keys, err = []string{keyRemoved}, e.removeAttribute(side, finding.Path, path.Key)
	case path.Field == keyAttributes:
		keys = append(keys, path.Key)
		err = e.setAttribute(finding.Path, value, path.Key)
	case path.Field == keySettings:
		keys = append(keys, e.settingKey(path.Key))
		err = e.set(finding.Path, value, keys...)
	case path.Field == keyDomains && (e.has(keyPairDomains) || e.has(keyPairSwitch)):
		keys, err = []string{keyPairSwitch}, e.setPair(finding.Path, value)
	case resource.ShapeOf(path) == resource.ShapeSet:
		err = e.set(finding.Path, e.inFileOrder(value, keys...), keys...)
	default:
		err = e.set(finding.Path, value, keys...)
	}
	if err != nil {
		return err
	}
	e.note(edit, keys...)
	return nil
}

// settingKey is the spelling of a setting that the entry has already.
func (e *adoptEntry) settingKey(name string) string {
	field, _ := resource.FindField(resource.TenantSettingsFields(), name)
	if e.has(keySettings, field.Wire) {
		return field.Wire
	}
	return name
}

// setAttribute writes an attribute, and no longer lists it as removed.
func (e *adoptEntry) setAttribute(path string, value resource.Value, name string) error {
	if removed, ok := e.get(keyRemoved).AsStrings(); ok && slices.Contains(removed, name) {
		rest := slices.DeleteFunc(removed, func(other string) bool { return other == name })
		var err error
		if len(rest) == 0 && !e.overlay {
			err = e.remove(path, keyRemoved)
		} else {
			err = e.set(path, resource.StringsValue(rest), keyRemoved)
		}
		if err != nil {
			return err
		}
	}
	return e.set(path, value, keyAttributes, name)
}

// removeAttribute lists an attribute as removed that is not live, and no longer sets
// it. A list in an overlay replaces the one below it, and so has all of its names.
func (e *adoptEntry) removeAttribute(side *adoptSide, path, name string) error {
	removed, ok := e.get(keyRemoved).AsStrings()
	if !ok && e.overlay {
		for _, desired := range side.in.Desired {
			for _, field := range desired.Fields {
				if desired.Address() == e.address && field.Remove && !e.has(keyAttributes, field.Path.Key) {
					removed = append(removed, field.Path.Key)
				}
			}
		}
	}
	if err := e.set(path, resource.StringsValue(append(slices.Clone(removed), name)), keyRemoved); err != nil {
		return err
	}
	if attributes, _ := e.get(keyAttributes).AsObject(); len(attributes) == 1 && !attributes[name].IsAbsent() {
		return e.remove(path, keyAttributes)
	}
	return e.remove(path, keyAttributes, name)
}

// setPair writes the domains where the entry has them in two keys.
func (e *adoptEntry) setPair(path string, value resource.Value) error {
	if value == "[]" {
		if err := e.remove(path, keyPairDomains); err != nil {
			return err
		}
		return e.set(path, resource.BoolValue(false), keyPairSwitch)
	}
	if err := e.set(path, e.inFileOrder(value, keyPairDomains), keyPairDomains); err != nil {
		return err
	}
	return e.set(path, resource.BoolValue(true), keyPairSwitch)
}

// inFileOrder is a set in the order that the entry has it in, what is new at its end.
func (e *adoptEntry) inFileOrder(value resource.Value, keys ...string) resource.Value {
	live, ok := value.AsStrings()
	old, known := e.get(keys...).AsStrings()
	if !ok || !known {
		return value
	}
	ordered := []string{}
	for _, item := range slices.Concat(old, live) {
		if slices.Contains(live, item) && !slices.Contains(ordered, item) {
			ordered = append(ordered, item)
		}
	}
	return resource.StringsValue(ordered)
}

// itemsOf are the items of a list.
func itemsOf(value resource.Value) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal([]byte(value), &items) != nil {
		return nil
	}
	return items
}
