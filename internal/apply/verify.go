package apply

import (
	"context"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// verify reads the live state of every kind that was written, once, and lets it
// correct the outcomes. Where it cannot be read they stay as they are, with a
// warning.
func (r *runner) verify(ctx context.Context, kinds []Kind) {
	r.emit(Event{Type: EventVerifying})
	r.outcome.Verified = true
	for _, kind := range kinds {
		jobs := r.written(kind.Name())
		if len(jobs) == 0 {
			continue
		}
		var observed Observed
		caught, err := protect("", func() (err error) {
			observed, err = kind.Observe(ctx, changesOf(jobs))
			return err
		})
		if err == nil {
			caught, err = protect("", func() error {
				r.compare(observed, jobs)
				return nil
			})
		}
		if caught != nil {
			r.outcome.Panics = append(r.outcome.Panics, *caught)
		}
		if err != nil {
			r.outcome.Verified = false
			fault := faultOf(err)
			r.warn(hints("the result could not be verified: "+fault.Message, fault.Hint, "run plan to see what is live"))
		}
	}
}

// written are the jobs of a kind of which a call may have reached the service.
func (r *runner) written(kind resource.Kind) []*job {
	var jobs []*job
	for _, job := range r.jobs {
		if job.change.Kind == kind && job.status != resource.StatusSkipped {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

func changesOf(jobs []*job) []resource.Change {
	changes := make([]resource.Change, len(jobs))
	for i, job := range jobs {
		changes[i] = job.change
	}
	return changes
}

func (r *runner) compare(observed Observed, jobs []*job) {
	for _, job := range jobs {
		before := job.status
		switch before {
		case resource.StatusSuccess:
			job.checkDone(observed)
		case resource.StatusUnknown:
			job.resolve(observed)
		}
		if job.status != before {
			r.emit(Event{Type: EventCorrected, Result: job.result()})
			r.record(job)
			r.after(job)
		}
	}
}

// checkDone turns a job into a failure when a call of it that was answered with
// success has left no trace.
func (j *job) checkDone(observed Observed) {
	for _, step := range j.steps[:j.done] {
		effect := observed.Effect(j.change, step)
		if effect.State == EffectNone || effect.State == EffectOther {
			j.fail(resource.Fault{
				Code:    CodeNotInEffect,
				Message: step.Name + " was accepted, but " + effect.Detail,
			}, hintAgain)
			return
		}
	}
}

// resolve finds out what became of the call whose answer was lost.
func (j *job) resolve(observed Observed) {
	if j.checkDone(observed); j.status != resource.StatusUnknown {
		return
	}
	step := j.steps[j.done]
	effect := observed.Effect(j.change, step)
	fault := resource.Fault{Status: j.cause.Status}
	switch effect.State {
	case EffectHidden:
		return
	case EffectDone:
		j.done++
		if j.done == len(j.steps) {
			j.status, j.fault = resource.StatusSuccess, nil
			return
		}
		fault.Code = CodeIncomplete
		fault.Message = step.Name + " took effect although its answer was lost (" + j.cause.Message + "); " + stepNames(j.steps[j.done:]) + " not sent"
		j.fail(fault, "")
	case EffectNone:
		fault.Code = CodeNotApplied
		fault.Message = located(j.steps, j.done, "did not take effect", j.cause.Message)
		if len(j.steps) < 2 {
			fault.Message = "the write did not take effect: " + j.cause.Message
		}
		j.fail(fault, hintAgain)
	case EffectOther:
		fault.Code = CodeConflict
		fault.Message = located(j.steps, j.done, "unanswered", j.cause.Message) + "; now " + effect.Detail
		j.fail(fault, hintReplan)
	}
}
