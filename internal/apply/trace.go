package apply

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Trace says what the live state shows of a change that an earlier run was about
// to send, and of which nobody knows whether it did: whether all of it took
// effect, nothing of it, or neither can be said. A change whose values are not
// all known, because they are sensitive, cannot be told. Nothing is sent.
func Trace(kind Kind, observed Observed, change resource.Change) (resource.Found, error) {
	if err := checkChange(change); err != nil {
		return resource.FoundUnknown, fmt.Errorf("%s: %w", change.Address, err)
	}
	for _, field := range change.Fields {
		if field.Sensitive {
			return resource.FoundUnknown, nil
		}
	}
	steps, err := kind.Steps(change)
	if err != nil {
		return resource.FoundUnknown, fmt.Errorf("%s: %w", change.Address, err)
	}
	done := 0
	for i, step := range steps {
		switch observed.Effect(change, step).State {
		case EffectDone:
			done++
		case EffectNone:
			if i == 0 { // steps are sent in order, so none of the others was
				return resource.FoundNotDone, nil
			}
		}
	}
	if done == len(steps) {
		return resource.FoundDone, nil
	}
	return resource.FoundUnknown, nil
}
