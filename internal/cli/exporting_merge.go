package cli

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// merging brings what is live into a configuration that is there: into the entries
// that count for all, or, where an environment is selected, into its overlay.
type merging struct {
	*exporter
	*adoption
	side        *adoptSide
	byID        map[string]*resource.Tenant // what is live
	environment string
	added       map[resource.Kind][]*exportEntry
	remaining   []exportRemaining
	loaded      *config.Config // as it will be on the disk
}

// merge prepares all edits and checks what comes of them. Nothing is written.
func (x *exporter) merge(ctx context.Context) (*merging, error) {
	environment := x.target.Resources
	side := &adoptSide{session: x.session}
	m := &merging{
		exporter: x, side: side, byID: x.liveByID(), environment: environment, added: map[resource.Kind][]*exportEntry{},
		adoption: &adoption{app: x.app, sides: []*adoptSide{side}, files: &fileEdits{app: x.app}},
	}
	if err := m.compare(); err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{m.mergeTenants, m.mergeFlows, m.mergeMissing}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	for _, kind := range []resource.Kind{resource.KindTenant, resource.KindFlow} {
		if err := m.appendNew(kind); err != nil {
			return nil, err
		}
	}
	return m, m.checkMerged(ctx)
}

// compare is what the engine of drift adopt wants to know.
func (m *merging) compare() error {
	loaded := m.side.config
	in := drift.Input{
		ToolVersion: currentBuild().Version, Environment: m.side.session.environment(), ProjectID: m.side.target.ProjectID, Host: m.side.host,
		CreatedAt: m.side.app.Now().UTC(), Secret: m.side.app.redact.holdsValue, SecretPaths: m.secretPaths,
	}
	if m.kinds.tenants {
		in.Manage, in.Desired, in.Live = loaded.Manage(m.environment), loaded.Desired(m.environment), m.side.live
	}
	if m.kinds.flows {
		in.Flows = plan.Flows{Manage: loaded.ManageFlows(m.environment), Desired: loaded.DesiredFlows(m.environment), Live: m.flowsNow, Known: map[string]bool{}}
	}
	m.side.in = in
	var err error
	m.side.result, err = drift.Detect(in)
	return err
}

func (m *merging) mergeTenants(ctx context.Context) error {
	wanted := desiredByID(m.side.in.Desired)
	for _, e := range staying(m.exporter.tenants) {
		desired, configured := wanted[e.address.ID()]
		var err error
		switch {
		case !configured:
			m.added[resource.KindTenant] = append(m.added[resource.KindTenant], e)
		case desired.Absent:
			err = m.mergePresent(ctx, e)
		default:
			err = m.mergeTenant(e, desired)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mergePresent takes the declaration back that a tenant is absent, and then writes what
// the rest of its entry does not say.
func (m *merging) mergePresent(ctx context.Context, e *exportEntry) error {
	entry, err := m.entry(e.address)
	if err != nil || len(entry.path) == 0 {
		return err
	}
	present := resource.StringValue("present")
	if entry.overlay {
		err = entry.set(keyState, present, keyState)
	} else {
		err = entry.remove(keyState, keyState)
	}
	if err != nil {
		return err
	}
	entry.note(adoptEdit{Path: keyState, Before: resource.StringValue("absent"), After: present, Severity: resource.SeverityInfo}, keyState)
	loaded, err := m.load(ctx)
	if err != nil {
		return err
	}
	desired, found := desiredByID(loaded.Desired(m.environment))[e.address.ID()]
	if !found || desired.Absent {
		return nil // an obstacle, which was noted
	}
	for i := range desired.Fields {
		desired.Fields[i].Source = resource.Position{} // the file has changed since
	}
	return m.mergeTenant(e, desired)
}

// keyState is the key that declares an object absent.
const keyState = "state"

func desiredByID(list []resource.Desired) map[string]resource.Desired {
	byID := make(map[string]resource.Desired, len(list))
	for _, one := range list {
		byID[one.ID] = one
	}
	return byID
}

// mergeTenant writes what is live in another way than the entry says, and what the
// entry does not say.
func (m *merging) mergeTenant(e *exportEntry, desired resource.Desired) error {
	differences, err := m.differences(e, desired)
	if err != nil || len(differences) == 0 {
		return err
	}
	entry, err := m.entry(e.address)
	if err != nil || len(entry.path) == 0 {
		return err
	}
	for _, one := range differences {
		free, err := entry.isFree(one.finding.Path, one.finding.Source, one.finding.Live)
		if err != nil {
			return err
		}
		if !free {
			continue
		}
		if err := m.mergeField(entry, one); err != nil {
			return err
		}
	}
	return nil
}

// tenantDifference is one value that is to be written.
type tenantDifference struct {
	finding drift.Finding
	path    resource.Path
}

func (m *merging) differences(e *exportEntry, desired resource.Desired) ([]tenantDifference, error) {
	live := m.byID[e.address.ID()]
	var found []tenantDifference
	add := func(path resource.Path, before, now resource.Value, source *resource.Position) {
		left := func(left adoptLeft) bool {
			return left.Address == e.address && (left.Path == path.String() || left.Path == path.Field)
		}
		if slices.ContainsFunc(m.exporter.left, left) || m.hidden(e.address, path, now) != "" {
			return // what is managed and differs is seen in the plan
		}
		found = append(found, tenantDifference{path: path, finding: drift.Finding{
			Address: e.address, Kind: resource.KindTenant, Path: path.String(), Severity: resource.SeverityInfo,
			Wanted: before, Live: resource.ShapeOf(path).Canonical(now), Source: source, Managed: source != nil,
		}})
	}
	for _, field := range desired.Fields {
		now, err := live.Value(field.Path)
		if err != nil {
			return nil, err
		}
		if shape := resource.ShapeOf(field.Path); field.Remove && !now.IsAbsent() || !field.Remove && !shape.Equal(now, field.Value) {
			add(field.Path, field.Value, now, &field.Source)
		}
	}
	for _, member := range e.members[1:] {
		if member.Key != keyAttributes && member.Key != keySettings {
			if path := (resource.Path{Field: member.Key}); !manages(desired, path) {
				add(path, resource.Absent, member.Value, nil)
			}
			continue
		}
		inner, _ := member.Value.AsObject()
		for _, key := range keysOf(inner) {
			if path := (resource.Path{Field: member.Key, Key: key}); !manages(desired, path) {
				add(path, resource.Absent, inner[key], nil)
			}
		}
	}
	return found, nil
}

func manages(desired resource.Desired, path resource.Path) bool {
	_, found := desired.Field(path)
	return found
}

// mergeField writes one value. An attribute that is gone is taken out of the entry,
// and not listed as one to remove: nothing is left to be removed.
func (m *merging) mergeField(entry *adoptEntry, one tenantDifference) error {
	gone := one.finding.Live.IsAbsent()
	switch {
	case gone && one.path.Field == keyAttributes && !entry.overlay:
		keys := []string{keyAttributes, one.path.Key}
		if attributes, _ := entry.get(keyAttributes).AsObject(); len(attributes) == 1 {
			keys = keys[:1]
		}
		if err := entry.remove(one.finding.Path, keys...); err != nil {
			return err
		}
		entry.note(adoptEdit{Path: one.finding.Path, Before: one.finding.Wanted, Severity: one.finding.Severity}, keyAttributes)
		return nil
	case gone && one.path.Field != keyAttributes && resource.ShapeOf(one.path).Zero().IsAbsent():
		m.obstacle(entry.address, one.finding.Path, "nothing is live there, and no value stands for that: drop the key by hand")
		return nil
	default:
		return entry.adoptField(m.side, one.finding, one.path)
	}
}

// mergeFlows takes over each configured flow that differs.
func (m *merging) mergeFlows(ctx context.Context) error {
	wanted := desiredByID(m.side.in.Flows.Desired)
	findings := map[resource.Address][]drift.Finding{}
	for _, finding := range m.side.result.Findings {
		if finding.Kind == resource.KindFlow && finding.Change == drift.ChangeField {
			findings[finding.Address] = append(findings[finding.Address], finding)
		}
	}
	for _, e := range staying(m.exporter.flows) {
		desired, configured := wanted[e.address.ID()]
		var err error
		switch {
		case !configured:
			m.added[resource.KindFlow] = append(m.added[resource.KindFlow], e)
		case desired.Absent:
			err = m.adoptState(ctx, m.side, drift.Finding{Address: e.address, Kind: resource.KindFlow, Change: drift.ChangeExtra, Severity: resource.SeverityInfo})
		case len(findings[e.address]) > 0:
			err = m.adoptFlow(m.side, findings[e.address])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mergeMissing declares absent what is configured and not live.
func (m *merging) mergeMissing(ctx context.Context) error {
	there := map[resource.Address]bool{}
	for _, one := range m.side.in.Live {
		there[one.Address()] = true
	}
	for _, one := range m.side.in.Flows.Live {
		there[one.Address()] = true
	}
	for _, one := range slices.Concat(m.side.in.Desired, m.side.in.Flows.Desired) {
		if one.Absent || there[one.Address()] || !m.isExported(one.Kind, one.ID) {
			continue
		}
		if err := m.adoptState(ctx, m.side, drift.Finding{Address: one.Address(), Kind: one.Kind, Change: drift.ChangeMissing, Severity: resource.SeverityInfo}); err != nil {
			return err
		}
	}
	return nil
}

// appendNew makes entries of what is live and not in the configuration.
func (m *merging) appendNew(kind resource.Kind) error {
	added := m.added[kind]
	if len(added) == 0 {
		return nil
	}
	file, list, err := m.listFor(added[0].address, m.placeOf(added[0].address))
	if err != nil {
		return err
	}
	var entries [][]yamledit.Member
	var edits []adoptEdit
	first := countItems(file.now, list)
	for _, e := range added {
		members := e.written()
		if kind == resource.KindFlow {
			name, err := m.newFile(e, file)
			if err != nil || name == "" {
				if err != nil {
					return err
				}
				continue
			}
			members[0].Value = resource.StringValue(name) // the file
		}
		after := make(map[string]resource.Value, len(members))
		for _, member := range members {
			after[member.Key] = member.Value
		}
		edits = append(edits, adoptEdit{
			Address: e.address, After: resource.ObjectValue(after), Severity: resource.SeverityInfo, file: file, at: list.Item(first + len(entries)),
		})
		entries = append(entries, members)
	}
	edited, err := file.now.AppendAll(list, entries)
	if err != nil {
		return (&adoptEntry{adoption: m.adoption, address: added[0].address, file: file}).explain("", err, resource.Absent)
	}
	file.take(edited)
	m.edits = append(m.edits, edits...)
	return nil
}

// newFile puts the document of a new flow beside the configuration, unless another one
// is there under that name: then the name is empty, and that is an obstacle.
func (m *merging) newFile(e *exportEntry, like *fileEdit) (string, error) {
	given, _ := e.members[1].Value.AsString()
	name := given
	if m.environment != "" {
		name = path.Join("flows", store.Segment(m.environment), path.Base(given))
	}
	folder := filepath.Dir(m.side.app.absolute(like.name))
	to := filepath.Join(folder, filepath.FromSlash(name))
	if err := leadsOut(folder, to, name); err != nil {
		return "", err
	}
	text := m.documents[given]
	if before, err := os.ReadFile(to); err == nil && !bytes.Equal(before, text) {
		m.obstacle(e.address, "", "%s is there already with something else in it, and is not written over: move it away", to)
		return "", nil
	}
	_, err := m.files.put(to, text, like.mode)
	return name, err
}
