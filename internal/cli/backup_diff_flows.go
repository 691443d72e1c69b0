package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// heldFlows are the flows that a backup holds, or that are live.
type heldFlows struct {
	byID map[string]heldFlow
	all  bool // a flow that is not among them was not there
	// absent are flows that were not there, also where not all were looked at.
	absent map[string]bool
}

// lacks reports whether a flow is known to have been absent.
func (h heldFlows) lacks(id string) bool {
	_, had := h.byID[id]
	return !had && (h.all || h.absent[id])
}

// heldFlow is one of them.
type heldFlow struct {
	name     string
	document resource.Value
	problem  string // why it cannot be compared; empty when it can
}

// flowsIn are the flows of a backup. An automatic one knows some, and of those that its
// run was about to create that they were not there. Only backup create reads all of them; as each
// project has some, a backup without any did not look.
func flowsIn(document backup.Backup) heldFlows {
	held := heldFlows{byID: map[string]heldFlow{}, all: document.Metadata.Operation == "backup-create" && len(document.Flows) > 0, absent: map[string]bool{}}
	for _, id := range document.Metadata.FlowsAbsent {
		held.absent[id] = true
	}
	for _, entry := range document.Flows {
		one := heldFlow{name: entry.Name}
		var err error
		switch one.document, err = resource.ParseValue(entry.Raw); {
		case entry.Raw == nil:
			one.problem = "the backup holds no document of it"
		case err != nil:
			one.problem = err.Error()
		}
		held.byID[cmp.Or(entry.ID, entry.Template)] = one
	}
	return held
}

// liveFlowsLike exports the flows that a backup holds, and where it holds all, the
// others too. What the key may not see cannot be compared.
func (s *session) liveFlowsLike(ctx context.Context, like heldFlows) (heldFlows, error) {
	held := heldFlows{byID: map[string]heldFlow{}, all: true}
	wanted := map[string]bool{}
	for id, one := range like.byID {
		if one.problem == "" {
			wanted[id] = true
		}
	}
	for id := range like.absent {
		wanted[id] = true
	}
	if like.all {
		listed, err := readable(s.reader.Flows(ctx))
		if err != nil {
			return held, err
		}
		for _, one := range listed {
			wanted[one.ID] = true
		}
	}
	ids := slices.Sorted(maps.Keys(wanted))
	found := make([]*heldFlow, len(ids))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	for i, id := range ids {
		tasks.Go(func() (err error) {
			found[i], err = s.liveFlow(ctx, id)
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return held, err
	}
	for i, id := range ids {
		if found[i] != nil {
			held.byID[id] = *found[i]
		}
	}
	return held, nil
}

// liveFlow exports one flow; nil where there is none.
func (s *session) liveFlow(ctx context.Context, id string) (*heldFlow, error) {
	live, err := s.reader.FlowIfThere(ctx, id)
	switch {
	case err != nil:
		if _, err = readable(live, err); err != nil {
			return nil, fmt.Errorf("read flow %q: %w", id, err)
		}
		return &heldFlow{problem: "it cannot be read with this key"}, nil
	case live == nil:
		return nil, nil
	case s.secretFlow(id, live.Document) != "":
		return &heldFlow{problem: "it " + s.secretFlow(id, live.Document) + ", which no backup has"}, nil
	default:
		return &heldFlow{name: live.Name, document: live.Document}, nil
	}
}

// addFlows adds what the flows of two sides differ in. One that only one side has
// is a difference where the other has looked at all of them.
func (d *backupDifference) addFlows(from, to heldFlows) {
	ids := maps.Clone(from.byID)
	maps.Copy(ids, to.byID)
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		before, had := from.byID[id]
		after, has := to.byID[id]
		problem := cmp.Or(before.problem, after.problem)
		switch {
		case problem != "":
			d.notCompared(id, problem)
		case had && has:
			d.addFlow(id, before, after)
		case had && to.lacks(id):
			d.Changes = append(d.Changes, wholeObject(resource.NewAddress(resource.KindFlow, id), before.name, "removed"))
			d.Summary.Removed++
		case has && from.lacks(id):
			d.Changes = append(d.Changes, wholeObject(resource.NewAddress(resource.KindFlow, id), after.name, "added"))
			d.Summary.Added++
		}
	}
}

// addFlow compares two flows by their meaning.
func (d *backupDifference) addFlow(id string, before, after heldFlow) {
	if before.document.Equal(after.document) {
		return
	}
	first, err := flow.FromValue(before.document)
	if err != nil {
		d.notCompared(id, err.Error())
		return
	}
	second, err := flow.FromValue(after.document)
	if err != nil {
		d.notCompared(id, err.Error())
		return
	}
	found := flow.Diff(first, second)
	if found.IsEmpty() {
		return
	}
	change := newBackupChange(resource.NewAddress(resource.KindFlow, id), "changed")
	for _, field := range plan.FlowFields(found) {
		change.Fields = append(change.Fields, fieldPair{Path: field.Path, Before: field.Before, After: field.After})
	}
	change.Breaking = append(change.Breaking, flow.Breaking(found)...)
	d.Changes = append(d.Changes, change)
	d.Summary.Changed++
}

func (d *backupDifference) notCompared(id, reason string) {
	d.NotCompared = append(d.NotCompared, resource.Note{
		Address: resource.NewAddress(resource.KindFlow, id), Code: "not_comparable", Message: reason,
	})
}
