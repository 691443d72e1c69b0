package emulator

import (
	"context"
	"time"
)

// fine is from which rest on [ExactSleep] lets the system wait. On Linux the timers of
// Go's runtime are up to a millisecond late where nothing else happens: it waits in whole
// milliseconds.
const fine = 1500 * time.Microsecond

// ExactSleep waits as nil for [Options.Sleep] does, only that it ends within some 0.1 ms of
// its time. The clock of a test cannot stand in for the system's.
func ExactSleep(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	if err := sleep(ctx, d-fine); err != nil {
		return err
	}
	pause(time.Until(end))
	return ctx.Err()
}
