package apply

import (
	"errors"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// job is one change that writes, on its way through the run. Only the goroutine
// that called [Run] touches it, except for the plan's part, which nobody changes.
type job struct {
	change resource.Change
	steps  []Step

	done     int             // steps that were answered with success
	status   resource.Status // empty until the change has an outcome
	fault    *resource.Fault // why it is not a success
	cause    resource.Fault  // the fault of the step that ended it, as the call gave it
	recorded bool            // Options.Record was called
	duration int64           // milliseconds
	waited   int64           // milliseconds, of the duration
	attempts int
}

func (j *job) result() resource.Result {
	return resource.Result{
		Address: j.change.Address, Action: j.change.Action, Status: j.status,
		Error: j.fault, DurationMS: j.duration, Attempts: j.attempts, WaitedMS: j.waited,
	}
}

// prepare checks the whole plan and works out every call before the first is
// made, so that a plan which cannot be carried out changes nothing.
func prepare(plan *resource.Plan, kinds []Kind) ([]*job, error) {
	if plan == nil {
		return nil, errors.New("apply: there is no plan")
	}
	byName := make(map[resource.Kind]Kind, len(kinds))
	for _, kind := range kinds {
		byName[kind.Name()] = kind
	}
	var jobs []*job
	for _, change := range plan.Changes {
		if err := checkChange(change); err != nil {
			return nil, fmt.Errorf("plan: %s: %w; nothing was sent", change.Address, err)
		}
		if !change.Action.Writes() {
			continue
		}
		kind, known := byName[change.Kind]
		if !known {
			return nil, fmt.Errorf("plan: %s: changes of kind %q cannot be applied; nothing was sent", change.Address, change.Kind)
		}
		steps, err := kind.Steps(change)
		if err != nil {
			return nil, fmt.Errorf("plan: %s: %w; nothing was sent", change.Address, err)
		}
		jobs = append(jobs, &job{change: change, steps: steps})
	}
	return jobs, nil
}

func checkChange(change resource.Change) error {
	if change.Blocked != nil {
		return fmt.Errorf("the change is blocked (%s): %s", change.Blocked.Code, change.Blocked.Message)
	}
	switch change.Action {
	case resource.ActionCreate, resource.ActionUpdate, resource.ActionDelete, resource.ActionNoChange:
	default:
		return fmt.Errorf("unknown action %q", change.Action)
	}
	if change.ID == "" || change.Address != resource.NewAddress(change.Kind, change.ID) {
		return fmt.Errorf("the address does not agree with kind %q and id %q", change.Kind, change.ID)
	}
	return nil
}
