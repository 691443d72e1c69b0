package live

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Probe is one question about the service that no public source answers, and the
// calls that answer it. In paths and bodies {run} stands for the prefix of the
// run, {marker} for its marker, {attribute} for [MarkerAttribute] and {domain}
// for a domain of the run.
type Probe struct {
	ID       string // its name in reports
	Question string
	Makes    []Object  // what it may leave, with {run} in the ids
	Needs    []Request // made before; each has to be done
	Ask      Request   // the one whose answer is recorded
	Look     Request   // made afterwards, where Path is not empty: what came of it
	// See are the paths whose values are recorded, of the answer to Look where
	// there is one, else to Ask: "tenants.0.name".
	See []string
	// NotEmulated says that the emulator has no such endpoint, so that its answer
	// is none to compare.
	NotEmulated bool
}

// Calls is how many calls the probe makes, the deletes of what it makes included.
func (p Probe) Calls() int {
	calls := len(p.Needs) + 1 + len(p.Makes)
	for _, made := range p.Makes {
		if made.Kind.known() {
			calls++ // it is looked up first
		}
	}
	if p.Look.Path != "" {
		calls++
	}
	return calls
}

// Recorder asks probes.
type Recorder struct {
	api     *API
	run     Run
	cleaner *Cleaner
}

// NewRecorder returns the recorder of a run.
func NewRecorder(api *API, run Run, cleaner *Cleaner) *Recorder {
	return &Recorder{api: api, run: run, cleaner: cleaner}
}

// Ask asks one probe. What it makes is deleted when the test ends. A call that
// does not get through is part of the finding, and no error; the error is that of
// a context that has ended.
func (r *Recorder) Ask(ctx context.Context, t Registrar, p Probe) (Finding, error) {
	t.Helper()
	for _, made := range p.Makes {
		made.ID = r.fill(made.ID)
		r.cleaner.Expect(t, made)
	}
	finding := Finding{ID: p.ID, Question: p.Question, Request: p.Ask.String(), NotEmulated: p.NotEmulated}
	for _, need := range p.Needs {
		if _, err := r.api.Do(ctx, r.filled(need)); err != nil {
			finding.Problem = r.mask("not prepared: " + err.Error())
			return finding, context.Cause(ctx)
		}
	}
	answer, err := r.api.Call(ctx, r.filled(p.Ask))
	if err == nil {
		finding.take(answer, r.mask)
		if p.Look.Path != "" {
			answer, err = r.api.Call(ctx, r.filled(p.Look))
		}
	}
	if err == nil {
		err = finding.see(answer, p.See, r.mask)
	}
	if err != nil {
		finding.Problem = r.mask(err.Error())
	}
	return finding, context.Cause(ctx)
}

func (r *Recorder) filled(request Request) Request {
	request.Path, request.Body = r.fill(request.Path), r.fill(request.Body)
	return request
}

func (r *Recorder) fill(text string) string {
	return strings.NewReplacer(
		"{run}", r.run.Prefix, "{marker}", r.run.Marker, "{attribute}", MarkerAttribute, "{domain}", r.run.Domain("probe"),
	).Replace(text)
}

// mask takes out of a text what belongs to this run or to this project alone.
func (r *Recorder) mask(text string) string {
	text = strings.NewReplacer(
		r.api.target.Key.Reveal(), "{key}", r.run.Domain("probe"), "{domain}", r.run.Marker, "{marker}", r.run.Prefix, "{run}",
		r.api.target.ProjectID, "{project}",
	).Replace(text)
	return generatedID.ReplaceAllString(text, "{id}")
}

// CheckProbes finds probes that cannot be: two of one name, and ids that do not
// have the name of the run.
func CheckProbes(probes []Probe) error {
	var failures []error
	seen := map[string]bool{}
	for _, p := range probes {
		if p.ID == "" || p.Question == "" || seen[p.ID] {
			failures = append(failures, fmt.Errorf("probe %q: it needs a name of its own and a question", p.ID))
		}
		seen[p.ID] = true
		for _, made := range p.Makes {
			if !strings.HasPrefix(made.ID, "{run}-") {
				failures = append(failures, fmt.Errorf("probe %q makes %s, which does not have the name of the run", p.ID, made))
			}
		}
	}
	return errors.Join(failures...)
}
