package restore

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Flow wants a flow to be as it was, its switch included.
func Flow(document resource.Value) resource.Desired {
	id, _ := document.Get("flowId").AsString()
	return resource.Desired{
		Kind: resource.KindFlow, ID: id, Restored: true, Flow: &resource.DesiredFlow{Document: document, ManagesSwitch: true},
	}
}

// flow takes the change of a flow back. The service gives back an import in
// another form, so that flows are compared by their meaning.
func (u *undoing) flow(done Done, now *resource.Flow) {
	if done.Status == resource.StatusSkipped || done.Status == resource.StatusFailed {
		return // an import is one call: it took effect or it did not
	}
	documents := done.Change.Flow
	if documents == nil {
		u.conflict(done, ConflictNoBackup, "the versions of the flow before and after the run are not kept here")
		return
	}
	switch {
	case done.Change.Action == resource.ActionDelete && now == nil:
		u.Desired = append(u.Desired, Flow(documents.Before))
	case done.Change.Action == resource.ActionDelete:
		if done.Status == resource.StatusSuccess {
			u.conflict(done, ConflictBack, "somebody has created it again since the run deleted it; it is left as it is")
		}
	case now == nil && done.Change.Action == resource.ActionUpdate:
		u.conflict(done, ConflictGone, "it was deleted since the run updated it")
	case now == nil: // gone already, or never made
	case flow.Same(now.Document, documents.After) && done.Change.Action == resource.ActionCreate:
		u.Desired = append(u.Desired, resource.Desired{Kind: resource.KindFlow, ID: done.Change.ID, Absent: true})
	case flow.Same(now.Document, documents.After):
		u.Desired = append(u.Desired, Flow(documents.Before))
	case done.Change.Action == resource.ActionUpdate && flow.Same(now.Document, documents.Before): // it is back already
	default:
		u.conflict(done, ConflictChanged, "somebody has changed it since the run wrote it; it is left as it is")
	}
}
