package pace

import (
	"context"
	"time"
)

// Load is calls that can be made side by side. Loads of a list are made one
// after the other: each starts when the one before it has ended.
type Load struct {
	Class   Class
	Calls   int // of weight 1
	Longest int // the most of them that must follow one another; 0 and 1 are none
	// Beside says that it starts with the load before it, and not after it.
	Beside bool
}

// Estimate is how long loads take: exactly so, under the limits and with what
// counts against them now, when at most workers calls are in flight, each takes
// the given latency, nobody else calls, and nothing is refused. Calls that are in
// flight now are taken to end after the latency. A class that no usage covers
// has no limit.
func Estimate(loads []Load, usages []Usage, workers int, latency time.Duration) time.Duration {
	return EstimateTogether([]Party{{Usages: usages, Loads: loads, Workers: workers}}, workers, latency)
}

// Estimate is [Estimate] from the state of this budget now.
func (b *Budget) Estimate(ctx context.Context, loads []Load, workers int, latency time.Duration) (time.Duration, error) {
	usages, err := b.Usages(ctx)
	return Estimate(loads, usages, workers, latency), err
}
