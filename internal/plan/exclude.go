package plan

import (
	"fmt"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// CheckExclusion looks at an exclusion that drops nothing: what was meant would be
// written all the same. Where it names one object it is a problem; a pattern may match
// nothing, and so may the name of an object that is left out anyway, and both are noted.
// Candidates are the addresses in scope, sorted, and others those that are known and are
// left out. Both results are nil for an exclusion that drops something.
func CheckExclusion(glob resource.Glob, candidates []string, others []resource.Address) (*Problem, *resource.Note) {
	isMeant := func(address resource.Address) bool { return glob.Match(string(address)) }
	switch {
	case slices.ContainsFunc(candidates, glob.Match):
		return nil, nil
	case glob.IsLiteral() && !slices.ContainsFunc(others, isMeant):
		suggestion := resource.SuggestAddress(string(glob), candidates)
		if suggestion == "" {
			suggestion = `correct it, or drop it; a pattern like "tenant/acme-*" may match nothing`
		}
		return &Problem{
			Code: ProblemExcludeNoMatch, Message: fmt.Sprintf("--exclude %q names nothing in scope that is configured or live", string(glob)),
			Suggestion: suggestion,
		}, nil
	default:
		return nil, &resource.Note{
			Code: NoteExcludeUnmatched, Message: fmt.Sprintf("--exclude %q matches nothing in scope that is configured or live", string(glob)),
		}
	}
}

// LeftOut are the addresses of what is live or configured for other environments, in
// scope or not.
func LeftOut(manage resource.Manage, live []resource.Tenant, flows Flows) []resource.Address {
	var known []resource.Address
	for i := range live {
		known = append(known, live[i].Address())
	}
	for _, id := range manage.Elsewhere {
		known = append(known, resource.NewAddress(resource.KindTenant, id))
	}
	for i := range flows.Live {
		known = append(known, flows.Live[i].Address())
	}
	for _, id := range flows.Manage.Elsewhere {
		known = append(known, resource.NewAddress(resource.KindFlow, id))
	}
	return known
}

// checkExclusions refuses and notes exclusions that drop nothing.
func (p *planner) checkExclusions() {
	if !p.in.Manage.Configured && !p.in.Flows.Manage.Configured || len(p.in.Options.Exclude) == 0 {
		return
	}
	candidates := p.targetable()
	others := LeftOut(p.in.Manage, p.in.Live, p.in.Flows)
	for _, glob := range sortedGlobs(p.in.Options.Exclude) {
		if !p.checkGlob("--exclude", glob) {
			continue
		}
		problem, note := CheckExclusion(glob, candidates, others)
		if problem != nil {
			p.problems = append(p.problems, *problem)
		}
		if note != nil {
			p.notes = append(p.notes, *note)
		}
	}
}
