package plan

import (
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// narrowing decides which objects a plan is about: those in scope that a
// target names, or that are the parents of one, and that no exclusion drops.
// Wanted and orphaned objects are narrowed alike.
type narrowing struct {
	manage          resource.Manage
	target, exclude []resource.Glob
	pulled          map[string]bool // ids of the parents of targets
}

func newNarrowing(desired map[string]*resource.Desired, live map[string]*resource.Tenant, manage resource.Manage, options resource.PlanOptions) narrowing {
	n := narrowing{manage: manage, target: options.Target, exclude: options.Exclude, pulled: map[string]bool{}}
	if len(n.target) == 0 {
		return n
	}
	for id, wanted := range desired {
		if !wanted.Absent && n.admits(id) && resource.MatchAny(n.target, string(wanted.Address())) {
			n.pullParents(desired, live, id)
		}
	}
	return n
}

// pullParents follows the parents upwards. It stops at what is not wanted, at
// what goes, and at what is excluded: from there on nothing is planned.
func (n narrowing) pullParents(desired map[string]*resource.Desired, live map[string]*resource.Tenant, id string) {
	for {
		id = parentOf(desired[id], live[id])
		parent := desired[id]
		if parent == nil || parent.Absent || n.pulled[id] || !n.admits(id) {
			return
		}
		n.pulled[id] = true
	}
}

// parentOf is the id of the parent that an object has after the plan: the
// wanted one, else the live one; empty at the top level.
func parentOf(wanted *resource.Desired, live *resource.Tenant) string {
	if wanted != nil {
		if parent, managed := wantedParent(wanted); managed {
			return parent
		}
	}
	if live != nil {
		return live.Parent
	}
	return ""
}

func wantedParent(wanted *resource.Desired) (parent string, managed bool) {
	field, managed := wanted.Field(resource.Path{Field: "parent"})
	if !managed {
		return "", false
	}
	parent, _ = field.Value.AsString()
	return parent, true
}

// admits reports whether an object may be part of a plan at all.
func (n narrowing) admits(id string) bool {
	if !n.manage.InScope(id) {
		return false
	}
	return len(n.exclude) == 0 || !resource.MatchAny(n.exclude, tenantAddress(id))
}

// selects reports whether the plan is about an object.
func (n narrowing) selects(id string) bool {
	if !n.admits(id) {
		return false
	}
	return len(n.target) == 0 || n.pulled[id] || resource.MatchAny(n.target, tenantAddress(id))
}

func tenantAddress(id string) string { return string(resource.NewAddress(resource.KindTenant, id)) }

// NeedSettings gives the ids of the live tenants whose settings must be read
// before [Make], sorted: those whose configuration names a key of the settings,
// and that the plan is about.
func NeedSettings(desired []resource.Desired, live []resource.Tenant, manage resource.Manage, options resource.PlanOptions) []string {
	ids := []string{}
	if !manage.Configured || !slices.ContainsFunc(desired, func(d resource.Desired) bool { return managesSettings(&d) }) {
		return ids
	}
	desiredByID := make(map[string]*resource.Desired, len(desired))
	for i := range desired {
		desiredByID[desired[i].ID] = &desired[i]
	}
	liveByID := make(map[string]*resource.Tenant, len(live))
	for i := range live {
		liveByID[live[i].ID] = &live[i]
	}
	narrow := newNarrowing(desiredByID, liveByID, manage, options)
	for id, wanted := range desiredByID {
		if liveByID[id] != nil && managesSettings(wanted) && narrow.selects(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// managesSettings reports whether comparing a live object costs a read of its settings.
func managesSettings(wanted *resource.Desired) bool {
	return !wanted.Absent && slices.ContainsFunc(wanted.Fields, func(field resource.DesiredField) bool {
		return field.Path.Field == settingsField
	})
}

// checkOptions reports patterns that cannot mean what was meant: a malformed
// one, and a target or an exclusion that names nothing.
func (p *planner) checkOptions() {
	p.checkExclusions()
	candidates := []string(nil)
	for _, glob := range sortedGlobs(p.in.Options.Target) {
		if !p.checkGlob("--target", glob) {
			continue
		}
		if candidates == nil {
			candidates = p.targetable()
		}
		if !slices.ContainsFunc(candidates, glob.Match) {
			p.problems = append(p.problems, Problem{
				Code: ProblemTargetNoMatch, Message: fmt.Sprintf("--target %q names nothing in scope that is configured or live", string(glob)),
				Suggestion: resource.SuggestAddress(string(glob), candidates),
			})
		}
	}
}

func (p *planner) checkGlob(flag string, glob resource.Glob) bool {
	err := resource.CheckGlob(string(glob))
	if err != nil {
		p.problems = append(p.problems, Problem{
			Code: ProblemInvalidPattern, Message: fmt.Sprintf("%s: %v", flag, err),
			Suggestion: `patterns are those of a shell over addresses, such as "tenant/acme-*"`,
		})
	}
	return err == nil
}

// targetable are the addresses of everything in scope, sorted.
func (p *planner) targetable() []string {
	candidates := p.targetableFlows()
	if !p.in.Manage.Configured {
		return candidates
	}
	for id := range p.desired {
		if p.in.Manage.InScope(id) {
			candidates = append(candidates, tenantAddress(id))
		}
	}
	for id := range p.live {
		if p.desired[id] == nil && p.in.Manage.InScope(id) && !slices.Contains(p.in.Manage.Elsewhere, id) {
			candidates = append(candidates, tenantAddress(id))
		}
	}
	slices.Sort(candidates)
	return candidates
}

// targetableFlows are the addresses of all flows in scope, sorted.
func (p *planner) targetableFlows() []string {
	candidates := []string{}
	flows := p.in.Flows
	if !flows.Manage.Configured {
		return candidates
	}
	for i := range flows.Desired {
		if flows.Manage.InScope(flows.Desired[i].ID) {
			candidates = append(candidates, string(flows.Desired[i].Address()))
		}
	}
	for i := range flows.Live {
		if flows.Manage.InScope(flows.Live[i].ID) && !slices.Contains(flows.Manage.Elsewhere, flows.Live[i].ID) {
			candidates = append(candidates, string(flows.Live[i].Address()))
		}
	}
	return sortedIDs(candidates)
}
