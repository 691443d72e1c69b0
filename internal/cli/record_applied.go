package cli

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/applied"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// settingsField is the field that a tenant's list does not show.
const settingsField = "settings"

// recordApplied writes down what the run has made of the project: what was written
// successfully, and, where the configuration says what is wanted, what was as it
// wants it. What failed, and what nobody knows, keeps its record.
func (r *run) recordApplied(ctx context.Context, outcome apply.Outcome) error {
	made := following{
		session: r.session, plan: r.result.Plan, planned: byID(r.planned), seen: byID(r.seen), settings: r.settings.byID,
		written: map[resource.Address]bool{},
	}
	for _, result := range outcome.Results {
		if result.Status == resource.StatusSuccess {
			made.written[result.Address] = true
		}
	}
	return made.update(ctx, r.id)
}

// recordFound writes down that a project needs no change.
func (s *session) recordFound(ctx context.Context, made *resource.Plan) error {
	if s.applies == nil {
		return nil // others have said what is wanted, and the rest is not looked at
	}
	return following{session: s, plan: made, planned: byID(s.live)}.update(ctx, s.app.run())
}

// following lets the records follow a plan that was carried out, or that had
// nothing to do.
type following struct {
	session  *session
	plan     *resource.Plan
	planned  map[string]*resource.Tenant // as the plan has seen them
	seen     map[string]*resource.Tenant // as they were found afterwards, where somebody has looked
	settings map[string]resource.Tenant  // as they were written, as a whole
	written  map[resource.Address]bool   // successfully
}

// writtenSettings are the settings that a run has written, by the id of their
// tenant. Several goroutines may add to them at once.
type writtenSettings struct {
	mutex sync.Mutex
	byID  map[string]resource.Tenant
}

func (w *writtenSettings) add(settings resource.Tenant) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.byID == nil {
		w.byID = map[string]resource.Tenant{}
	}
	w.byID[settings.ID] = settings
}

func byID(tenants []resource.Tenant) map[string]*resource.Tenant {
	found := make(map[string]*resource.Tenant, len(tenants))
	for i := range tenants {
		found[tenants[i].ID] = &tenants[i]
	}
	return found
}

func (f following) update(ctx context.Context, runID string) error {
	s := f.session
	records, err := s.appliedRecords()
	if err != nil {
		return err
	}
	// What was written is to be recorded also after an interruption.
	ctx = context.WithoutCancel(ctx)
	return records.Update(ctx, applied.Batch{
		At: s.app.Now(), RunID: runID, Changes: f.changes(), Forget: f.forget(),
		Commit: func() string { return deref(s.facts(ctx).commit) },
	})
}

// changes are the objects of the plan about which something is known now.
func (f following) changes() iter.Seq2[resource.Address, applied.Change] {
	managed := f.session.managedPaths()
	return func(yield func(resource.Address, applied.Change) bool) {
		for _, change := range f.plan.Changes {
			var now drift.Object
			known := f.written[change.Address] || !change.Action.Writes() && f.session.applies != nil
			switch {
			case !known:
				continue
			case change.Action == resource.ActionDelete:
				now.Absent = true
			case change.Kind == resource.KindFlow:
				now, known = f.flow(change)
			case change.Kind == resource.KindTenant:
				now = f.tenant(change)
			}
			now.Managed = managed[change.Address]
			partial := change.Action == resource.ActionUpdate && change.Kind == resource.KindTenant && f.session.applies == nil
			if known && !yield(change.Address, applied.Change{Object: now, Wrote: f.written[change.Address], Partial: partial, Keep: f.keep(change, now.Managed)}) {
				return
			}
		}
	}
}

// tenant is a tenant that was written, or that needed no change. Of one that the
// configuration wants, and of a new one, everything is known; of another only what
// was written. Settings are written as a whole, so that all of them are known where
// one was. What somebody else has changed since the plan was made is not taken
// for applied.
func (f following) tenant(change resource.Change) drift.Object {
	planned, seen := f.planned[change.ID], f.seen[change.ID]
	values := map[string]resource.Value{}
	if whole, wrote := f.settings[change.ID]; wrote {
		addSettings(values, whole)
	}
	switch {
	case change.Action == resource.ActionNoChange && planned == nil:
		return drift.Object{Absent: true}
	case change.Action == resource.ActionCreate && seen != nil:
		addValues(values, *seen)
	case change.Action != resource.ActionCreate && planned != nil && f.session.applies != nil:
		addValues(values, *planned)
	}
	for _, field := range change.Fields {
		shape := resource.ShapeOf(field.At)
		value := field.After
		if seen != nil { // the service may write the same in another form
			if live, err := seen.Value(field.At); err == nil && shape.Equal(live, value) {
				value = live
			}
		}
		values[field.At.String()] = shape.Canonical(value)
	}
	return drift.Object{Values: values}
}

// keep leaves what the configuration does not manage, and what is watched all the
// same, as it was recorded: an apply that is about other fields must not hide that
// somebody has changed it. A new object is recorded as it is.
func (f following) keep(change resource.Change, managed []string) func(before, now drift.Object) drift.Object {
	written := map[string]bool{}
	for _, field := range change.Fields {
		written[field.At.String()] = true
	}
	switch {
	case change.Action == resource.ActionCreate, f.session.applies == nil && change.Kind == resource.KindFlow:
		return nil
	case f.session.applies == nil:
		return func(before, now drift.Object) drift.Object { return keepSettings(before, now, written) }
	case change.Kind == resource.KindFlow:
		if f.session.managesSwitch(change.ID) {
			return nil
		}
		return keepSwitch
	}
	return func(before, now drift.Object) drift.Object {
		if before.Absent || now.Absent {
			return now
		}
		now.Values, now.Hidden = maps.Clone(now.Values), maps.Clone(now.Hidden)
		for path := range watchedPaths() {
			name := path.String()
			if written[name] || slices.Contains(managed, name) {
				continue
			}
			value, plain := before.Values[name]
			hash, hidden := before.Hidden[name]
			if path.Field == settingsField && !plain && !hidden {
				continue // it was not known
			}
			delete(now.Values, name)
			delete(now.Hidden, name)
			if plain {
				now.Values = with(now.Values, name, value)
			}
			if hidden {
				now.Hidden = with(now.Hidden, name, hash)
			}
		}
		return now
	}
}

// keepSettings leaves the settings as they were recorded, but for those that were
// written: the others went along as they were found, whoever has changed them.
func keepSettings(before, now drift.Object, written map[string]bool) drift.Object {
	now.Values, now.Hidden = maps.Clone(now.Values), maps.Clone(now.Hidden)
	isKept := func(path string) bool { return strings.HasPrefix(path, settingsField+".") && !written[path] }
	for path, value := range before.Values {
		if isKept(path) {
			delete(now.Hidden, path)
			now.Values = with(now.Values, path, value)
		}
	}
	for path, hash := range before.Hidden {
		if isKept(path) {
			delete(now.Values, path)
			now.Hidden = with(now.Hidden, path, hash)
		}
	}
	return now
}

func with[V any](values map[string]V, name string, value V) map[string]V {
	if values == nil {
		values = map[string]V{}
	}
	values[name] = value
	return values
}

// watchedPaths are the paths of tenants that are looked at also where nobody
// manages them.
func watchedPaths() iter.Seq[resource.Path] {
	return func(yield func(resource.Path) bool) {
		for _, field := range resource.WritableTenantFields() {
			paths := []resource.Path{{Field: field.Name}}
			if field.Name == settingsField {
				paths = paths[:0]
				for _, setting := range resource.TenantSettingsFields() {
					paths = append(paths, resource.Path{Field: field.Name, Key: setting.Name})
				}
			}
			for _, path := range paths {
				if drift.IsWatched(path) && !yield(path) {
					return
				}
			}
		}
	}
}

// keepSwitch leaves the switch of a flow as it was recorded.
func keepSwitch(before, now drift.Object) drift.Object {
	recorded := before.Document.Get("metadata").Get("disabled")
	document, err := flow.FromValue(now.Document)
	if before.Document.IsAbsent() || now.Document.IsAbsent() || err != nil {
		return now
	}
	now.Document = document.WithMetadata("disabled", recorded).Value()
	return now
}

// managesSwitch reports whether the configuration says that a flow is on or off.
func (s *session) managesSwitch(id string) bool {
	at := slices.IndexFunc(s.applies.flows.Desired, func(wanted resource.Desired) bool { return wanted.ID == id })
	return at < 0 || s.applies.flows.Desired[at].Flow == nil || s.applies.flows.Desired[at].Flow.ManagesSwitch
}

// addValues adds all values of a live tenant that are known, by path.
func addValues(values map[string]resource.Value, live resource.Tenant) {
	for _, field := range resource.WritableTenantFields() {
		switch {
		case field.Name == settingsField:
			addSettings(values, live)
		case field.Shape == resource.ShapeMap:
			keys, _ := live.Keys(field.Name) // the field is in the table
			for _, key := range keys {
				if key != "" { // such a key has no path
					addValue(values, live, resource.Path{Field: field.Name, Key: key})
				}
			}
		default:
			addValue(values, live, resource.Path{Field: field.Name})
		}
	}
}

// addSettings adds all settings of a tenant, also those that are not set, where they
// are known.
func addSettings(values map[string]resource.Value, live resource.Tenant) {
	if !live.HasSettings() {
		return
	}
	for _, setting := range resource.TenantSettingsFields() {
		addValue(values, live, resource.Path{Field: settingsField, Key: setting.Name})
	}
}

// addValue adds one value. Where the tenant has no such value that could be read
// there is nothing to add, but for a setting, which is not set.
func addValue(values map[string]resource.Value, live resource.Tenant, path resource.Path) {
	if value, err := live.Value(path); err == nil && (!value.IsAbsent() || path.Field == settingsField) {
		values[path.String()] = resource.ShapeOf(path).Canonical(value)
	}
}

// flow is a flow that was written, or that needed no change, as it was wanted. A
// switch that is not managed is the live one.
func (f following) flow(change resource.Change) (now drift.Object, known bool) {
	if change.Flow != nil {
		return drift.Object{Document: change.Flow.After}, true
	}
	desired, live := f.session.applies.flows.Desired, f.session.flowsNow
	at := slices.IndexFunc(desired, func(wanted resource.Desired) bool { return wanted.ID == change.ID })
	there := slices.IndexFunc(live, func(one resource.Flow) bool { return one.ID == change.ID })
	switch {
	case at < 0:
		return drift.Object{}, false
	case desired[at].Absent:
		return drift.Object{Absent: true}, true
	case there < 0 || desired[at].Flow.ManagesSwitch:
		return drift.Object{Document: desired[at].Flow.Document}, true
	}
	document, err := flow.FromValue(desired[at].Flow.Document)
	if err != nil {
		return drift.Object{}, false // the plan has read it, so that this does not happen
	}
	switched := document.WithMetadata("disabled", live[there].Document.Get("metadata").Get("disabled"))
	return drift.Object{Document: switched.Value()}, true
}

// managedPaths are the paths that the configuration has, by address.
func (s *session) managedPaths() map[resource.Address][]string {
	paths := map[resource.Address][]string{}
	if s.config == nil {
		return paths
	}
	for _, desired := range s.config.Desired(s.target.Resources) {
		for _, field := range desired.Fields {
			paths[desired.Address()] = append(paths[desired.Address()], field.Path.String())
		}
	}
	return paths
}

// forget finds what nobody needs to know about any more: what is neither wanted nor
// live. A plan about a part of the objects forgets nothing.
func (f following) forget() func(resource.Address) bool {
	applies := f.session.applies
	if applies == nil || len(applies.options.Target) > 0 || len(applies.options.Exclude) > 0 {
		return nil
	}
	keep := make(map[resource.Address]bool, len(f.plan.Changes))
	for _, change := range f.plan.Changes {
		keep[change.Address] = true
	}
	for _, live := range f.planned {
		keep[live.Address()] = true
	}
	for _, live := range f.session.flowsNow {
		keep[live.Address()] = true
	}
	looked := map[resource.Kind]bool{
		resource.KindTenant: applies.manage.Configured, resource.KindFlow: applies.flows.Manage.Configured,
	}
	return func(address resource.Address) bool {
		return looked[address.Kind()] && !keep[address]
	}
}
