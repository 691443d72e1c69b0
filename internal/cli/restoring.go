package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// restoring is a backup on its way back.
type restoring struct {
	session *session
	options resource.PlanOptions
	was     []restore.Was
	all     map[string]bool // ids of all tenants in the backup
	// addresses are those of everything in the backup.
	addresses []string
	home      bool       // the backup is of this very project
	only      string     // a kind in the plural; empty means all
	flows     plan.Flows // what is wanted of flows
	held      heldFlows  // the flows that the backup holds, or knows to have been absent
	notes     []resource.Note
	wants     []resource.Desired // as the last plan had them
}

// newRestoring selects what is to be restored.
func (s *session) newRestoring(document backup.Backup, options resource.PlanOptions, only string) (*restoring, error) {
	r := &restoring{
		session: s, options: options, only: only, all: map[string]bool{}, home: document.Metadata.ProjectID == s.target.ProjectID,
		held: flowsIn(document),
	}
	var addresses []string
	outside := 0
	for _, entry := range document.Tenants {
		r.all[entry.ID] = true
		address := string(resource.NewAddress(resource.KindTenant, entry.ID))
		addresses = append(addresses, address)
		if only == "flows" || !r.selects(address) {
			continue
		}
		if s.config != nil && !s.config.Manage(s.target.Resources).InScope(entry.ID) {
			outside++
			continue
		}
		one, err := wasOf(entry)
		if err != nil {
			return nil, err
		}
		r.was = append(r.was, one)
	}
	if outside > 0 {
		r.note("outside_scope", "outside of manage.tenants, and therefore left as before: %s of the backup", counted(outside, "tenant"))
	}
	for _, entry := range document.Flows {
		addresses = append(addresses, string(resource.NewAddress(resource.KindFlow, entry.ID)))
	}
	if err := r.selectFlows(document); err != nil {
		return nil, err
	}
	for _, glob := range options.Target {
		if !slices.ContainsFunc(addresses, glob.Match) {
			return nil, usageError(fmt.Sprintf("--target %q names nothing in the backup", string(glob)), cmp.Or(resource.SuggestAddress(string(glob), addresses), "descope-mgmt backup show lists what is in it"))
		}
	}
	r.addresses = addresses
	return r, nil
}

// selects reports whether the flags let an address through.
func (r *restoring) selects(address string) bool {
	return (len(r.options.Target) == 0 || resource.MatchAny(r.options.Target, address)) && !resource.MatchAny(r.options.Exclude, address)
}

// checkExclusions refuses to leave out an object that is neither in the backup nor
// live: another one was meant, and would be written.
func (r *restoring) checkExclusions() error {
	for _, glob := range r.options.Exclude {
		if !glob.IsLiteral() || slices.ContainsFunc(r.addresses, glob.Match) || slices.ContainsFunc(addressesOf(r.session.live), glob.Match) {
			continue
		}
		return usageError(fmt.Sprintf("--exclude %q names nothing in the backup and nothing live", string(glob)), cmp.Or(resource.SuggestAddress(string(glob), r.addresses), "descope-mgmt backup show lists what is in it"))
	}
	return nil
}

func (r *restoring) note(code, format string, arguments ...any) {
	r.notes = append(r.notes, resource.Note{Code: code, Message: fmt.Sprintf(format, arguments...)})
}

// plan plans the backup back from what is live now.
func (r *restoring) plan(ctx context.Context, options restoreOptions) (plan.Result, error) {
	s := r.session
	live, err := s.list(ctx)
	if err != nil {
		return plan.Result{}, err
	}
	if err := s.recover(ctx, live); err != nil {
		return plan.Result{}, err
	}
	if err := s.readSettingsOf(ctx, r.keptSettings()); err != nil {
		return plan.Result{}, err
	}
	byID := s.liveByID()
	if err := r.checkExclusions(); err != nil {
		return plan.Result{}, err
	}
	r.wants = nil
	var losses []resource.Note
	for _, was := range r.was {
		wanted, lost := restore.Tenant(was, byID[was.Tenant.ID])
		if managed, found := s.managed(wanted.ID); found {
			wanted.Protect = managed.Protect
		}
		r.wants, losses = append(r.wants, wanted), append(losses, lost...)
	}
	want, err := s.withFlows(ctx, wanted{
		desired: r.wants,
		manage:  resource.Manage{Configured: r.only != "flows", Orphans: resource.OrphansIgnore},
		flows:   r.flows,
		options: resource.PlanOptions{
			Target: []resource.Glob{}, Exclude: []resource.Glob{}, AllowBreaking: options.breaking, ReplaceUnmanaged: options.unmanaged,
		},
		guards: s.thresholds(), allowed: options.overrides,
	})
	if err != nil {
		return plan.Result{}, err
	}
	result, err := s.makePlan(ctx, want, s.live)
	if err != nil {
		return plan.Result{}, err
	}
	nameExclusions(result)
	result.Plan.Options.Target, result.Plan.Options.Exclude = r.options.Target, r.options.Exclude
	if r.home {
		dropNotes(result.Plan, plan.NoteAttributeUndefined)
	}
	flows, err := r.flowsNotInBackup(ctx, want.flows.Live)
	if err != nil {
		return plan.Result{}, err
	}
	addNotes(result.Plan, slices.Concat(r.notes, losses, r.notInBackup(), flows))
	return result, nil
}

// maxNamed is how many objects a hint names.
const maxNamed = 10

// nameExclusions says, where changes are blocked, how the others come back.
func nameExclusions(result plan.Result) {
	var flags []string
	for _, change := range result.Plan.Changes {
		if change.Blocked != nil {
			flags = append(flags, "--exclude "+shellWord(string(change.Address)))
		}
	}
	if len(flags) > maxNamed {
		flags = append(flags[:maxNamed], "and so on for the others that the plan shows as blocked")
	}
	for i := range result.Refusals {
		if refusal := &result.Refusals[i]; refusal.Code == plan.CodeBlocked {
			refusal.Hint = "the rest comes back with " + strings.Join(flags, " ") + "; or else: " + refusal.Hint
		}
	}
}

// keptSettings are the tenants whose settings the backup holds.
func (r *restoring) keptSettings() map[string]bool {
	ids := map[string]bool{}
	for _, was := range r.was {
		if was.Tenant.HasSettings() {
			ids[was.Tenant.ID] = true
		}
	}
	return ids
}

// notInBackup lists what is live and was not when the backup was taken. It stays.
func (r *restoring) notInBackup() []resource.Note {
	var notes []resource.Note
	if len(r.options.Target) > 0 || r.only == "flows" {
		return nil
	}
	for _, tenant := range r.session.live {
		inScope := r.session.config == nil || r.session.config.Manage(r.session.target.Resources).InScope(tenant.ID)
		if !r.all[tenant.ID] && inScope && !resource.MatchAny(r.options.Exclude, string(tenant.Address())) {
			notes = append(notes, resource.Note{Address: tenant.Address(), Code: "not_in_backup", Message: "it is live and not in the backup; it stays as it is"})
		}
	}
	return notes
}

// flowsNotInBackup lists the flows that are live and were not when the backup was
// taken, as far as it knows. They stay. The list of live flows may be nil: then nobody
// has asked for it.
func (r *restoring) flowsNotInBackup(ctx context.Context, live []resource.Flow) ([]resource.Note, error) {
	s := r.session
	if len(r.options.Target) > 0 || r.only == "tenants" || !r.held.all && len(r.held.absent) == 0 {
		return nil, nil
	}
	if live == nil {
		var err error
		if live, err = readable(s.reader.Flows(ctx)); err != nil {
			return nil, err
		}
	}
	var notes []resource.Note
	for _, one := range live {
		inScope := s.config == nil || s.config.ManageFlows(s.target.Resources).InScope(one.ID)
		if !r.held.lacks(one.ID) || !inScope || resource.MatchAny(r.options.Exclude, string(one.Address())) {
			continue
		}
		message := "it is live and not in the backup; it stays as it is"
		if r.held.absent[one.ID] {
			message = "it was created after the backup was taken; it stays as it is"
		}
		notes = append(notes, resource.Note{Address: one.Address(), Code: "not_in_backup", Message: message})
	}
	return notes, nil
}

// compare says how what is live compares with the backup; fresh says that the
// list of live objects is read anew.
func (r *restoring) compare(ctx context.Context, fresh bool) (*resource.Restored, error) {
	s := r.session
	if fresh {
		if _, err := s.list(ctx); err != nil {
			return nil, err
		}
		if err := s.readSettingsOf(ctx, r.keptSettings()); err != nil {
			return nil, err
		}
	}
	byID := s.liveByID()
	result := &resource.Restored{Addresses: len(r.was) + len(r.flows.Desired), Different: []resource.Address{}}
	for _, was := range r.was {
		live := byID[was.Tenant.ID]
		if live != nil {
			wanted, _ := restore.Tenant(was, live)
			if isAsWanted(wanted, *live) {
				result.Equal++
				continue
			}
		}
		result.Different = append(result.Different, was.Tenant.Address())
	}
	if err := r.compareFlows(ctx, result); err != nil {
		return nil, err
	}
	slices.Sort(result.Different)
	return result, nil
}

// selectFlows selects the flows that are to be restored. Somebody has kept them,
// so that they are no flows that this tool does not know.
func (r *restoring) selectFlows(document backup.Backup) error {
	if r.only == "tenants" {
		return nil
	}
	flows, err := wantedFlows(document)
	if err != nil {
		return err
	}
	if missing := len(document.Flows) - len(flows.Desired); missing > 0 {
		r.note("kind_not_restored", "left as before, since the backup holds no document of them: %s", counted(missing, "flow"))
	}
	s := r.session
	flows.Desired = slices.DeleteFunc(flows.Desired, func(wanted resource.Desired) bool {
		outside := s.config != nil && !s.config.ManageFlows(s.target.Resources).InScope(wanted.ID)
		return outside || !r.selects(string(wanted.Address()))
	})
	for i := range flows.Desired {
		if managed, found := s.managedFlow(flows.Desired[i].ID); found {
			flows.Desired[i].Protect = managed.Protect
		}
	}
	flows.Manage.Configured = len(flows.Desired) > 0
	r.flows = flows
	return nil
}

// compareFlows adds how the live flows compare with the backup.
func (r *restoring) compareFlows(ctx context.Context, result *resource.Restored) error {
	for _, wanted := range r.flows.Desired {
		live, err := r.session.reader.FlowIfThere(ctx, wanted.ID)
		if err != nil {
			return err
		}
		if live != nil && flow.Same(live.Document, wanted.Flow.Document) {
			result.Equal++
			continue
		}
		result.Different = append(result.Different, wanted.Address())
	}
	return nil
}
