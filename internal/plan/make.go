package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// planner is one run of [Make]. Its steps stand in Make in their order; each
// adds to what the ones before it have found.
type planner struct {
	in      Input
	narrow  narrowing
	desired map[string]*resource.Desired // all that are wanted, by id
	live    map[string]*resource.Tenant  // all that are live, by id
	inScope int                          // live objects in scope; targets do not narrow it

	changes  []resource.Change // of tenants; sorted by address, once all are found
	flows    []resource.Change // likewise, of flows
	byID     map[string]int    // index into changes
	orphans  []resource.Address
	pruned   map[string]bool // ids of the orphans that the plan deletes
	notes    []resource.Note
	problems []Problem
	scratch  []byte
}

// Make plans. The error is an [*InvalidError] where what is wanted cannot be
// planned, and any other error where the input contradicts itself (a live tenant
// twice, settings that were not read). A plan that an apply must refuse is no
// error: see [Result].
func Make(in Input) (Result, error) {
	p := &planner{in: in, pruned: map[string]bool{}}
	if err := p.indexInput(); err != nil {
		return Result{}, err
	}
	p.checkOptions()
	if in.Manage.Configured {
		if err := p.findChanges(); err != nil {
			return Result{}, err
		}
		if err := p.findOrphans(); err != nil {
			return Result{}, err
		}
	}
	p.sortChanges()
	p.orderByParents()
	p.orderByUniqueValues()
	if len(p.problems) > 0 {
		return Result{}, p.invalid()
	}
	p.settleOrder()
	if err := p.planFlows(); err != nil {
		return Result{}, err
	}
	if len(p.problems) > 0 {
		return Result{}, p.invalid()
	}
	p.changes = append(p.flows, p.changes...) // in the order of their addresses
	p.addNotes()
	p.markSecrets()
	plan := p.document()
	return Result{Plan: plan, Refusals: p.refusals(plan)}, nil
}

// indexInput prepares the look-ups.
func (p *planner) indexInput() error {
	p.desired = make(map[string]*resource.Desired, len(p.in.Desired))
	for i := range p.in.Desired {
		wanted := &p.in.Desired[i]
		if wanted.Kind != resource.KindTenant {
			return fmt.Errorf("plan %s: objects of kind %q are not planned", wanted.Address(), wanted.Kind)
		}
		if first, twice := p.desired[wanted.ID]; twice {
			p.addDuplicate(first, wanted)
			continue
		}
		p.desired[wanted.ID] = wanted
	}
	p.live = make(map[string]*resource.Tenant, len(p.in.Live))
	for i := range p.in.Live {
		tenant := &p.in.Live[i]
		if _, twice := p.live[tenant.ID]; twice {
			return fmt.Errorf("plan: the list of live tenants names %q twice", tenant.ID)
		}
		p.live[tenant.ID] = tenant
		if p.in.Manage.InScope(tenant.ID) {
			p.inScope++
		}
	}
	p.narrow = newNarrowing(p.desired, p.live, p.in.Manage, p.in.Options)
	return nil
}

// addDuplicate reports an object that is wanted twice at the later place,
// whichever of the two came first.
func (p *planner) addDuplicate(a, b *resource.Desired) {
	if comparePositions(b.Source, a.Source) < 0 {
		a, b = b, a
	}
	message := fmt.Sprintf("%s is configured twice", b.Address())
	if !a.Source.IsZero() {
		message += ", first at " + a.Source.String()
	}
	p.problems = append(p.problems, Problem{Code: ProblemDuplicate, Position: b.Source, Address: b.Address(), Message: message})
}

// findChanges compares everything that is wanted and selected.
func (p *planner) findChanges() error {
	p.changes = make([]resource.Change, 0, len(p.desired))
	for i := range p.in.Desired {
		wanted := &p.in.Desired[i]
		if p.desired[wanted.ID] != wanted || !p.narrow.selects(wanted.ID) {
			continue
		}
		change, err := p.changeOf(wanted, p.live[wanted.ID])
		if err != nil {
			return fmt.Errorf("plan %s: %w", wanted.Address(), err)
		}
		p.changes = append(p.changes, change)
	}
	return nil
}

// findOrphans lists what is live and selected but in no configuration, and
// deletes of it, where pruning is asked for, what this tool owns.
func (p *planner) findOrphans() error {
	elsewhere := make(map[string]bool, len(p.in.Manage.Elsewhere))
	for _, id := range p.in.Manage.Elsewhere {
		elsewhere[id] = true
	}
	for i := range p.in.Live {
		tenant := &p.in.Live[i]
		if p.desired[tenant.ID] != nil || elsewhere[tenant.ID] || !p.narrow.selects(tenant.ID) {
			continue
		}
		address := tenant.Address()
		if p.in.Options.Prune && p.in.Owned[address] {
			change, err := p.deleteOf(tenant)
			if err != nil {
				return fmt.Errorf("plan %s: %w", address, err)
			}
			p.changes = append(p.changes, change)
			p.pruned[tenant.ID] = true
			continue
		}
		if p.in.Manage.Orphans != resource.OrphansIgnore {
			p.orphans = append(p.orphans, address)
		}
	}
	slices.Sort(p.orphans)
	return nil
}

func (p *planner) sortChanges() {
	slices.SortFunc(p.changes, func(a, b resource.Change) int { return cmp.Compare(a.Address, b.Address) })
	p.byID = make(map[string]int, len(p.changes))
	for i := range p.changes {
		p.byID[p.changes[i].ID] = i
	}
}

// changeFor is the planned change of an object, nil when there is none.
func (p *planner) changeFor(id string) *resource.Change {
	if i, found := p.byID[id]; found {
		return &p.changes[i]
	}
	return nil
}

// block stops a change. The first reason stays.
func block(change *resource.Change, code, format string, args ...any) {
	if change.Blocked == nil {
		change.Blocked = &resource.Blocked{Code: code, Message: fmt.Sprintf(format, args...)}
	}
}

// waitFor lets a change run only after another one has succeeded.
func waitFor(change *resource.Change, address resource.Address) {
	if !slices.Contains(change.After, address) {
		change.After = append(change.After, address)
	}
}

// document puts the plan together.
func (p *planner) document() *resource.Plan {
	plan := &resource.Plan{
		FormatVersion: resource.FormatVersion,
		ToolVersion:   p.in.ToolVersion,
		Environment:   p.in.Environment,
		ProjectID:     p.in.ProjectID,
		Host:          p.in.Host,
		CreatedAt:     p.in.CreatedAt.UTC(),
		Options: resource.PlanOptions{
			Target: sortedGlobs(p.in.Options.Target), Exclude: sortedGlobs(p.in.Options.Exclude), Prune: p.in.Options.Prune,
			AllowSSOLoss: p.in.Options.AllowSSOLoss, AllowBreaking: p.in.Options.AllowBreaking, ReplaceUnmanaged: p.in.Options.ReplaceUnmanaged,
		},
		Changes: orEmpty(p.changes),
		Orphans: orEmpty(p.orphans),
		Notes:   orEmpty(p.notes),
	}
	plan.Summary = summarise(plan)
	plan.PlanDigest = Digest(plan)
	calls := CountCalls(plan, p.reads())
	plan.CallsEstimate = calls.Total()
	plan.DurationEstimateMS = calls.Duration(AssumedLatency, AssumedWorkers).Milliseconds()
	return plan
}

func (p *planner) reads() Reads {
	return Reads{
		Tenants: p.in.Manage.Configured, Settings: p.settingsReads(),
		Flows: p.in.Flows.Manage.Configured, Documents: p.documentReads(), Roles: p.in.Flows.Roles != nil,
	}
}

func summarise(plan *resource.Plan) resource.PlanSummary {
	summary := resource.PlanSummary{Orphan: len(plan.Orphans)}
	for i := range plan.Changes {
		change := &plan.Changes[i]
		switch {
		case change.Blocked != nil:
			summary.Blocked++
		case change.Action == resource.ActionCreate:
			summary.Create++
		case change.Action == resource.ActionUpdate:
			summary.Update++
		case change.Action == resource.ActionDelete:
			summary.Delete++
		default:
			summary.NoChange++
		}
	}
	return summary
}

// invalid sorts the problems that were found.
func (p *planner) invalid() error {
	slices.SortFunc(p.problems, func(a, b Problem) int {
		return cmp.Or(comparePositions(a.Position, b.Position), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Message, b.Message))
	})
	return &InvalidError{Problems: p.problems}
}

func comparePositions(a, b resource.Position) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// sortedGlobs is a copy without repetition, so that the order in which patterns
// are given has no meaning.
func sortedGlobs(globs []resource.Glob) []resource.Glob {
	sorted := slices.Clone(globs)
	slices.Sort(sorted)
	return orEmpty(slices.Compact(sorted))
}

// orEmpty keeps null out of documents.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
