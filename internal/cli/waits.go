package cli

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// longWait is how long the limits may hold back a call without a word.
const longWait = 3 * time.Second

// waits tells, once in a session, that the limits hold it back for long.
type waits struct{ told atomic.Bool }

// acquire takes a slot for one call, and tells when it is long in coming.
func (w *waits) acquire(ctx context.Context, budget *pace.Budget, class pace.Class, tell func(message string)) (pace.Slot, error) {
	if w.told.Load() {
		return budget.Acquire(ctx, class, 1)
	}
	timer := time.AfterFunc(longWait, func() {
		if !w.told.Swap(true) {
			tell(waitText(ctx, budget, class))
		}
	})
	defer timer.Stop()
	return budget.Acquire(ctx, class, 1)
}

// waitText says for what a call waits, and how long from now where that is known.
func waitText(ctx context.Context, budget *pace.Budget, class pace.Class) string {
	left, _, err := budget.NextFree(ctx, class)
	if err != nil || left < time.Second {
		return fmt.Sprintf("waiting for the rate limit of %s calls", class)
	}
	return fmt.Sprintf("waiting %s for the rate limit of %s calls", left.Round(time.Second), class)
}
