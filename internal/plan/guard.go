package plan

import (
	"fmt"

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
	add(p.refuseShare(CodeDeleteThreshold, "deleted", plan.Summary.Delete, p.in.Thresholds.DeletePercent, minLiveForDeletes))
	add(p.refuseShare(CodeUpdateThreshold, "updated", plan.Summary.Update, p.in.Thresholds.UpdatePercent, minLiveForUpdates))
	add(p.refuseDeleteAll(plan))
	add(p.refuseOrphans(plan))
	return refusals
}

func refuseBlocked(plan *resource.Plan) (Refusal, bool) {
	reasons := []string{}
	for i := range plan.Changes {
		if change := &plan.Changes[i]; change.Blocked != nil {
			reasons = append(reasons, fmt.Sprintf("%s (%s)", change.Address, change.Blocked.Code))
		}
	}
	return Refusal{
		Code:    CodeBlocked,
		Message: fmt.Sprintf("%s blocked: %s", counted(len(reasons), "change is", "changes are"), listed(reasons, ", ")),
		Hint:    "remove the causes that the plan names; plan and apply can also drop the changes with --exclude",
	}, len(reasons) > 0
}

// refuseShare holds a number of changes against its threshold.
func (p *planner) refuseShare(code, done string, count, percent, minLive int) (Refusal, bool) {
	if p.inScope < minLive || count*100 <= percent*p.inScope || p.in.Overridden[code] {
		return Refusal{}, false
	}
	return Refusal{
		Code: code,
		Message: fmt.Sprintf("%d of %d live tenants in scope (%.1f %%) would be %s, and the guard allows %d %%",
			count, p.inScope, float64(count)*100/float64(p.inScope), done, percent),
		Hint: fmt.Sprintf("look at the plan; if it is meant, give --override-guard %s, or set guard: in the configuration", code),
	}, true
}

// refuseDeleteAll keeps pruning from leaving nothing: what removes everything
// is far more often a configuration that was not read than a wish.
func (p *planner) refuseDeleteAll(plan *resource.Plan) (Refusal, bool) {
	pruned := 0
	for i := range plan.Changes {
		if p.pruned[plan.Changes[i].ID] && plan.Changes[i].Blocked == nil {
			pruned++
		}
	}
	return Refusal{
		Code:    CodeDeleteAll,
		Message: fmt.Sprintf("pruning would leave none of the %s in scope", counted(p.inScope, "live tenant", "live tenants")),
		Hint:    "check that the configuration is whole; to delete the last tenants all the same, declare them with state: absent",
	}, pruned > 0 && plan.Summary.Delete == p.inScope
}

func (p *planner) refuseOrphans(plan *resource.Plan) (Refusal, bool) {
	return Refusal{
		Code:    CodeOrphansError,
		Message: fmt.Sprintf("%s not in the configuration: %s", counted(len(plan.Orphans), "live tenant is", "live tenants are"), listed(plan.Orphans, ", ")),
		Hint:    "configure them, leave them out with manage.tenants.exclude, or set manage.orphans to report",
	}, p.in.Manage.Orphans == resource.OrphansError && len(plan.Orphans) > 0
}

func counted(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}
