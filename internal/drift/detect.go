package drift

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// detector is one run of [Detect].
type detector struct {
	in       Input
	ignore   []resource.Acceptance // those that hold, in a fixed order
	findings []Finding
	notes    []resource.Note
	// unrecorded are the objects that are wanted and live, and have no record.
	unrecorded []resource.Address
	// watchedPaths are looked at in each tenant, also where nobody manages them.
	watchedPaths []resource.Path
}

// Detect compares what is wanted, what is live and what was applied last, path by
// path. The error is a [*plan.InvalidError] where a target names nothing, and any
// other error where the input contradicts itself (a live tenant twice, settings
// that were not read).
func Detect(in Input) (Result, error) { return (*Compared)(nil).Detect(in) }

// Detect is the function of that name where the tenants of the same input were compared
// beforehand.
func (c *Compared) Detect(in Input) (Result, error) {
	d := newDetector(in)
	result := Result{
		FormatVersion: resource.FormatVersion, ToolVersion: in.ToolVersion, Environment: in.Environment, ProjectID: in.ProjectID,
		Host: in.Host, CreatedAt: in.CreatedAt.UTC(), Recorded: in.Applied.Known, Expired: []resource.Acceptance{},
	}
	result.Expired = append(result.Expired, d.accept()...)
	if err := d.checkOptions(); err != nil {
		return Result{}, err
	}
	if c != nil {
		d.findings, d.unrecorded = append(d.findings, c.findings...), append(d.unrecorded, c.unrecorded...)
		d.notes = append(d.notes, c.notes...)
	} else if err := d.tenants(); err != nil {
		return Result{}, err
	}
	if err := d.flows(); err != nil {
		return Result{}, err
	}
	result.Unrecorded = d.noteRecords()
	slices.SortStableFunc(d.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Live, b.Live), cmp.Compare(a.Wanted, b.Wanted))
	})
	slices.SortFunc(d.notes, func(a, b resource.Note) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	result.Findings, result.Notes, result.Summary = d.findings, d.notes, summarise(d.findings)
	return result, nil
}

// Compared is what came of comparing the tenants, while flows were still being read. Nil is
// nothing so far.
type Compared struct {
	findings   []Finding
	notes      []resource.Note
	unrecorded []resource.Address
}

// CompareTenants is the part of [Detect] that is about tenants and asks nothing of
// the flows. Its errors are about an input that contradicts itself.
func CompareTenants(in Input) (*Compared, error) {
	d := newDetector(in)
	d.accept()
	if err := d.tenants(); err != nil {
		return nil, err
	}
	return &Compared{d.findings, d.notes, d.unrecorded}, nil
}

func newDetector(in Input) *detector {
	return &detector{in: in, findings: []Finding{}, notes: []resource.Note{}, watchedPaths: watchedPaths()}
}

// accept takes up the acceptances that hold, and gives those that do not any more.
func (d *detector) accept() (expired []resource.Acceptance) {
	today := d.in.CreatedAt.UTC().Format(time.DateOnly)
	for _, entry := range sortedAcceptances(d.in.Rules.Ignore) {
		if entry.Until != "" && entry.Until < today {
			expired = append(expired, entry)
			continue
		}
		d.ignore = append(d.ignore, entry)
	}
	return expired
}

// sortedAcceptances is a copy in one order, however the entries were found.
func sortedAcceptances(entries []resource.Acceptance) []resource.Acceptance {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b resource.Acceptance) int {
		return cmp.Or(
			cmp.Compare(a.Source.File, b.Source.File), cmp.Compare(a.Source.Line, b.Source.Line), cmp.Compare(a.Source.Column, b.Source.Column),
			cmp.Compare(a.Address, b.Address), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Until, b.Until),
			cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Owner, b.Owner),
		)
	})
	return sorted
}

// WithFirstSeen is the result with the times at which its differences were first
// seen, by [Key].
func (r Result) WithFirstSeen(times map[string]time.Time) Result {
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		if seen, known := times[Key(r.Findings[i])]; known {
			seen = seen.UTC()
			r.Findings[i].FirstSeen = &seen
		}
	}
	return r
}

// AtLeast is the result as if there were no findings below a severity; what has
// expired stays.
func (r Result) AtLeast(severity resource.Severity) Result {
	least := slices.Index(resource.Severities(), severity)
	findings := []Finding{}
	for _, finding := range r.Findings {
		if slices.Index(resource.Severities(), finding.Severity) >= least {
			findings = append(findings, finding)
		}
	}
	r.Findings, r.Summary = findings, summarise(findings)
	return r
}

func summarise(findings []Finding) Summary {
	var s Summary
	states := map[State]*int{
		StatePending: &s.Pending, StateDrifted: &s.Drifted, StateConflict: &s.Conflict,
		StateConverged: &s.Converged, StateOrphan: &s.Orphan, StateDiffers: &s.Differs,
	}
	severities := map[resource.Severity]*int{
		resource.SeverityCritical: &s.Critical, resource.SeverityWarning: &s.Warning, resource.SeverityInfo: &s.Info,
	}
	for i := range findings {
		finding := &findings[i]
		if finding.Accepted != nil {
			s.Accepted++
			continue
		}
		*states[finding.State]++
		if finding.State != StateConverged {
			*severities[finding.Severity]++
		}
	}
	return s
}

// finish settles, of all differences of one object, what depends on the rules and
// on each other, and takes them up.
func (d *detector) finish(list []difference, ways waysOut) {
	for i := range list {
		list[i].Severity = severityOf(&list[i], d.in.Rules.Severity)
	}
	ways.critical = slices.ContainsFunc(list, func(one difference) bool {
		return one.Severity == resource.SeverityCritical && one.State != StateConverged
	})
	ways.environment = d.in.Environment
	for i := range list {
		one := &list[i]
		one.Ways = ways.of(one)
		if one.State != StateConverged {
			one.Accepted = d.acceptanceOf(&one.Finding)
		}
		d.findings = append(d.findings, one.Finding)
	}
}

// acceptanceOf is the first entry that covers a finding; nil for none.
func (d *detector) acceptanceOf(f *Finding) *resource.Acceptance {
	for _, entry := range d.ignore {
		if entry.Address.Match(string(f.Address)) && covers(entry.Path, f.Path) {
			return &entry
		}
	}
	return nil
}

// isSecret reports whether one of the values must not be shown.
func (d *detector) isSecret(values ...resource.Value) bool {
	return d.in.Secret != nil && slices.ContainsFunc(values, d.in.Secret)
}

// liveDigest tells live values apart without showing them.
func (d *detector) liveDigest(one *difference, live resource.Value) string {
	switch {
	case live.IsAbsent():
		return ""
	case !one.Sensitive:
		return live.Digest()
	case d.in.HashOf != nil:
		return "hidden " + d.in.HashOf(one.Address, one.Path, live)
	default:
		return "hidden"
	}
}

func (d *detector) note(address resource.Address, code, message string) {
	d.notes = append(d.notes, resource.Note{Address: address, Code: code, Message: message})
}

// selects reports whether the detection is about an object.
func (d *detector) selects(manage resource.Manage, address resource.Address) bool {
	return manage.InScope(address.ID()) && !resource.MatchAny(d.in.Exclude, string(address)) &&
		(len(d.in.Target) == 0 || resource.MatchAny(d.in.Target, string(address)))
}

// checkOptions refuses a target that names nothing and an exclusion that names
// nothing, and remarks on a pattern of exclusions that drops nothing.
func (d *detector) checkOptions() error {
	if len(d.in.Target)+len(d.in.Exclude) == 0 {
		return nil
	}
	candidates := d.candidates()
	var problems []plan.Problem
	for _, glob := range slices.Compact(slices.Sorted(slices.Values(d.in.Target))) {
		if slices.ContainsFunc(candidates, glob.Match) {
			continue
		}
		problems = append(problems, plan.Problem{
			Code: plan.ProblemTargetNoMatch, Message: fmt.Sprintf("--target %q names nothing in scope that is configured or live", string(glob)),
			Suggestion: resource.SuggestAddress(string(glob), candidates),
		})
	}
	for _, glob := range slices.Compact(slices.Sorted(slices.Values(d.in.Exclude))) {
		problem, note := plan.CheckExclusion(glob, candidates, plan.LeftOut(d.in.Manage, d.in.Live, d.in.Flows))
		if problem != nil {
			problems = append(problems, *problem)
		}
		if note != nil {
			d.notes = append(d.notes, *note)
		}
	}
	if len(problems) > 0 {
		return &plan.InvalidError{Problems: problems}
	}
	return nil
}

// candidates are the addresses of everything in scope, sorted.
func (d *detector) candidates() []string {
	list := []string{}
	add := func(manage resource.Manage, address resource.Address, configured bool) {
		if manage.Configured && manage.InScope(address.ID()) && (configured || !slices.Contains(manage.Elsewhere, address.ID())) {
			list = append(list, string(address))
		}
	}
	for i := range d.in.Desired {
		add(d.in.Manage, d.in.Desired[i].Address(), true)
	}
	for i := range d.in.Live {
		add(d.in.Manage, d.in.Live[i].Address(), false)
	}
	for i := range d.in.Flows.Desired {
		add(d.in.Flows.Manage, d.in.Flows.Desired[i].Address(), true)
	}
	for i := range d.in.Flows.Live {
		add(d.in.Flows.Manage, d.in.Flows.Live[i].Address(), false)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
