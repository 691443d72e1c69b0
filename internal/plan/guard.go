package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// From these numbers of live objects on the thresholds count: below them, one
// change is a large share.
const (
	minLiveForDeletes = 10
	minLiveForUpdates = 20
)

// refusals lists why an apply of the plan is refused. Blocked changes are
// counted as blocked only: they are not made.
func (p *planner) refusals(plan *resource.Plan) []Refusal {
	refusals := []Refusal{}
	add := func(refusal Refusal, refused bool) {
		if refused {
			refusals = append(refusals, refusal)
		}
	}
	add(refuseBlocked(plan))
	for _, kind := range []struct {
		name    resource.Kind
		inScope int
	}{{resource.KindTenant, p.inScope}, {resource.KindFlow, p.flowsInScope()}} {
		deletes, updates := writesOf(plan, kind.name)
		add(p.refuseShare(kind.name, CodeDeleteThreshold, "deleted", deletes, kind.inScope, p.in.Thresholds.DeletePercent, minLiveForDeletes))
		add(p.refuseShare(kind.name, CodeUpdateThreshold, "updated", updates, kind.inScope, p.in.Thresholds.UpdatePercent, minLiveForUpdates))
	}
	add(p.refuseDeleteAll(plan))
	add(p.refuseOrphans(plan))
	return refusals
}

func refuseBlocked(plan *resource.Plan) (Refusal, bool) {
	reasons, hints := []string{}, []string{}
	for i := range plan.Changes {
		change := &plan.Changes[i]
		if change.Blocked == nil {
			continue
		}
		reasons = append(reasons, fmt.Sprintf("%s (%s)", change.Address, change.Blocked.Code))
		if hint := wayOut(change.Blocked.Code); !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	return Refusal{
		Code:    CodeBlocked,
		Message: fmt.Sprintf("%s blocked: %s", counted(len(reasons), "change is", "changes are"), listed(reasons, ", ")),
		Hint:    strings.Join(hints, "; "),
	}, len(reasons) > 0
}

// wayOut is the next step for a blocked change.
func wayOut(code string) string {
	switch code {
	case BlockedSSO:
		return "if the loss is meant, give --allow-sso-loss; disabled: true shuts the tenant and loses nothing"
	case BlockedBreaking:
		return "if that is meant, give --allow-breaking-changes"
	case BlockedUnmanaged:
		return "take the flow over with descope-mgmt flow export, or give --replace-unmanaged"
	default:
		return "remove the causes that the plan names; plan and apply can also drop the changes with --exclude"
	}
}

// refuseShare holds a number of changes against its threshold.
func (p *planner) refuseShare(kind resource.Kind, code, done string, count, inScope, percent, minLive int) (Refusal, bool) {
	if inScope < minLive || count*100 <= percent*inScope || p.in.Overridden[code] {
		return Refusal{}, false
	}
	return Refusal{
		Code: code,
		Message: fmt.Sprintf("%d of %d live %ss in scope (%.1f %%) would be %s, and the guard allows %d %%",
			count, inScope, kind, float64(count)*100/float64(inScope), done, percent),
		Hint: fmt.Sprintf("look at the plan; if it is meant, give --override-guard %s, or set guard: in the configuration", code),
	}, true
}

// writesOf counts what a plan deletes and updates of a kind, without what is
// blocked.
func writesOf(plan *resource.Plan, kind resource.Kind) (deletes, updates int) {
	for i := range plan.Changes {
		change := &plan.Changes[i]
		switch {
		case change.Kind != kind || change.Blocked != nil:
		case change.Action == resource.ActionDelete:
			deletes++
		case change.Action == resource.ActionUpdate:
			updates++
		}
	}
	return deletes, updates
}

func (p *planner) flowsInScope() int {
	count := 0
	for i := range p.in.Flows.Live {
		if p.in.Flows.Manage.InScope(p.in.Flows.Live[i].ID) {
			count++
		}
	}
	return count
}

// refuseDeleteAll keeps pruning from leaving nothing: what removes everything
// is far more often a configuration that was not read than a wish.
func (p *planner) refuseDeleteAll(plan *resource.Plan) (Refusal, bool) {
	pruned := 0
	for i := range plan.Changes {
		change := &plan.Changes[i]
		if change.Kind == resource.KindTenant && p.pruned[change.ID] && change.Blocked == nil {
			pruned++
		}
	}
	deletes, _ := writesOf(plan, resource.KindTenant)
	return Refusal{
		Code:    CodeDeleteAll,
		Message: fmt.Sprintf("pruning would leave none of the %s in scope", counted(p.inScope, "live tenant", "live tenants")),
		Hint:    "check that the configuration is whole; to delete the last tenants all the same, declare them with state: absent",
	}, pruned > 0 && deletes == p.inScope
}

func (p *planner) refuseOrphans(plan *resource.Plan) (Refusal, bool) {
	noun, scope := string(resource.KindTenant), string(resource.KindTenant)
	if len(plan.Orphans) > 0 {
		noun, scope = string(plan.Orphans[0].Kind()), string(plan.Orphans[0].Kind())
		if plan.Orphans[len(plan.Orphans)-1].Kind() != resource.Kind(noun) { // they are sorted
			noun = "object"
		}
	}
	return Refusal{
		Code:    CodeOrphansError,
		Message: fmt.Sprintf("%s not in the configuration: %s", counted(len(plan.Orphans), "live "+noun+" is", "live "+noun+"s are"), listed(plan.Orphans, ", ")),
		Hint:    fmt.Sprintf("configure them, leave them out with manage.%ss.exclude, or set manage.orphans to report", scope),
	}, len(plan.Orphans) > 0 && (p.in.Manage.Orphans == resource.OrphansError || p.in.Flows.Manage.Orphans == resource.OrphansError)
}

func counted(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}
