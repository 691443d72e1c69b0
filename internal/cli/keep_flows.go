package cli

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// keptFlows are the entries of the live flows that a plan touches, as they were
// exported for it.
func (r *run) keptFlows() []backup.Flow {
	entries := []backup.Flow{}
	for _, change := range r.result.Plan.Changes {
		if change.Flow == nil || change.Flow.Before.IsAbsent() || !change.Action.Writes() {
			continue
		}
		live, err := resource.Flow{ID: change.ID}.WithDocument(json.RawMessage(change.Flow.Before))
		if err == nil {
			entries = r.session.addFlow(entries, live)
		}
	}
	return entries
}

// absentFlows are the flows that the run is about to create.
func (r *run) absentFlows() []string {
	var ids []string
	for _, change := range r.result.Plan.Changes {
		if change.Kind == resource.KindFlow && change.Action == resource.ActionCreate {
			ids = append(ids, change.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// addFlow adds the entry of one flow. One that holds a loaded secret is left out:
// a flow without a part of it is none.
func (s *session) addFlow(entries []backup.Flow, live resource.Flow) []backup.Flow {
	if why := s.secretFlow(live.ID, live.Document); why != "" {
		s.app.warn("warning: flow %q %s: it is not in the backup, and cannot come back from it", live.ID, why)
		return entries
	}
	entry := backup.Flow{
		ID: live.ID, Name: live.Name, Template: live.ID, Enabled: !live.Disabled, Raw: json.RawMessage(live.Document),
	}
	if managed, found := s.managedFlow(live.ID); found && managed.Flow != nil && managed.Flow.Template != "" {
		entry.Template = managed.Flow.Template
	}
	if listed, err := resource.ParseValue(live.Raw); err == nil {
		if version := string(listed.Get("version")); version != "" && version != "null" {
			entry.Version = &version
		}
	}
	return append(entries, entry)
}

// allFlows exports every flow, for a backup that holds everything. What the key
// may not see is left out.
func (s *session) allFlows(ctx context.Context, live []resource.Flow) ([]backup.Flow, error) {
	ids := make([]string, len(live))
	for i := range live {
		ids[i] = live[i].ID
	}
	if err := s.readDocuments(ctx, live, ids); err != nil {
		return nil, err
	}
	entries := []backup.Flow{}
	for _, one := range live {
		entries = s.addFlow(entries, one)
	}
	return entries, nil
}

// wantedFlows are the flows of a backup as they are wanted back.
func wantedFlows(document backup.Backup) (plan.Flows, error) {
	flows := plan.Flows{
		Manage: resource.Manage{Configured: true, Orphans: resource.OrphansIgnore}, Known: map[string]bool{},
	}
	for _, entry := range document.Flows {
		if entry.Raw == nil {
			continue // the backup of another tool, which holds no document
		}
		live, err := resource.Flow{ID: entry.ID}.WithDocument(entry.Raw)
		if err != nil {
			return plan.Flows{}, err
		}
		flows.Desired = append(flows.Desired, restore.Flow(live.Document))
		flows.Known[entry.ID] = true // somebody has kept it
	}
	return flows, nil
}
