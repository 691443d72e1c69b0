package cli

import (
	"context"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// flowsOf gives the changes of flows their documents back, as far as they are
// kept, and lists the live flows; those that the changes are about carry their
// documents. Without such changes nothing is read.
func (s *session) flowsOf(ctx context.Context, done []restore.Done) ([]resource.Flow, error) {
	var ids []string
	for i := range done {
		change := &done[i].Change
		if change.Kind != resource.KindFlow {
			continue
		}
		ids = append(ids, change.ID)
		var err error
		if change.Flow, err = s.documentsOf(*change); err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	live, err := s.reader.Flows(ctx)
	if err != nil {
		return nil, err
	}
	return live, s.readDocuments(ctx, live, ids)
}

// exported are the flows that carry their documents.
func exported(live []resource.Flow) []resource.Flow {
	return slices.DeleteFunc(slices.Clone(live), func(flow resource.Flow) bool { return flow.Document.IsAbsent() })
}

// wantUndone is what takes a run back, as a plan wants it. The flows are known:
// the run has written them.
func (s *session) wantUndone(ctx context.Context, undoing restore.Undoing, live []resource.Flow, options undoOptions) (wanted, error) {
	want := wanted{
		options: resource.PlanOptions{
			Target: []resource.Glob{}, Exclude: []resource.Glob{}, AllowSSOLoss: options.ssoLoss,
			AllowBreaking: options.breaking, ReplaceUnmanaged: options.unmanaged,
		},
		manage: resource.Manage{Configured: true, Orphans: resource.OrphansIgnore},
		guards: s.thresholds(), allowed: options.overrides,
	}
	want.flows.Live, want.flows.Known = live, map[string]bool{}
	for _, desired := range undoing.Desired {
		find := s.managed
		if desired.Kind == resource.KindFlow {
			find = s.managedFlow
		}
		if managed, found := find(desired.ID); found {
			desired.Protect = managed.Protect
		}
		if desired.Kind == resource.KindFlow {
			want.flows.Desired = append(want.flows.Desired, desired)
			want.flows.Known[desired.ID] = true
			continue
		}
		want.desired = append(want.desired, desired)
	}
	want.flows.Manage = resource.Manage{Configured: len(want.flows.Desired) > 0, Orphans: resource.OrphansIgnore}
	return s.withFlows(ctx, want)
}
