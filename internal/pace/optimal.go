package pace

import "time"

// The bounds of [OptimalWorkers].
const (
	leastWorkers = 1
	mostWorkers  = 20
)

// OptimalWorkers is the number of parallel calls that keeps a limit busy: calls
// per second times the latency in seconds times the safety factor, rounded down,
// plus one, and from 1 to 20. For 200 calls in 60 s, a latency of 0.5 s and a
// factor of 0.8 it is 2.
func OptimalWorkers(limit int, window, latency time.Duration, safety float64) int {
	if window <= 0 {
		return mostWorkers
	}
	workers := float64(limit) / window.Seconds() * latency.Seconds() * safety
	if !(workers > 0) { // also where it is no number
		return leastWorkers
	}
	return min(mostWorkers, int(min(workers, mostWorkers))+1)
}
