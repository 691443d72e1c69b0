package pace

import (
	"context"
	"slices"
	"time"
)

// Load is calls that can be made side by side. Loads of a list are made one
// after the other: each starts when the one before it has ended.
type Load struct {
	Class   Class
	Calls   int // of weight 1
	Longest int // the most of them that must follow one another; 0 and 1 are none
}

// Estimate is how long loads take: exactly so, under the limits and with what
// counts against them now, when at most workers calls are in flight, each takes
// the given latency, nobody else calls, and nothing is refused. Calls that are in
// flight now are taken to end after the latency. A class that no usage covers
// has no limit.
func Estimate(loads []Load, usages []Usage, workers int, latency time.Duration) time.Duration {
	workers = max(workers, 1)
	lanes := make([]forecast, len(usages))
	for i, usage := range usages {
		lanes[i] = newForecast(usage, latency)
	}
	end := time.Duration(0)
	for _, load := range loads {
		end = estimateLoad(load, laneOf(lanes, load.Class), end, workers, latency)
	}
	return end
}

// Estimate is [Estimate] from the state of this budget now.
func (b *Budget) Estimate(ctx context.Context, loads []Load, workers int, latency time.Duration) (time.Duration, error) {
	usages, err := b.Usages(ctx)
	return Estimate(loads, usages, workers, latency), err
}

// estimateLoad gives the end of a load that starts at a moment.
func estimateLoad(load Load, lane *forecast, start time.Duration, workers int, latency time.Duration) time.Duration {
	end := start
	busy := make([]time.Duration, min(workers, load.Calls)) // when each worker is free, a ring: they end in the order in which they began
	for i := range busy {
		busy[i] = start
	}
	for i := range load.Calls {
		leave := busy[i%len(busy)]
		if lane != nil {
			leave = lane.take(leave, latency)
		}
		busy[i%len(busy)] = leave + latency
		end = leave + latency
	}
	return max(end, start+time.Duration(load.Longest)*latency)
}

// forecast is a limit in the future.
type forecast struct {
	rule  Rule
	slots []time.Duration // when each slot comes free, in that order
	from  time.Duration   // nothing leaves before
}

func newForecast(usage Usage, latency time.Duration) forecast {
	f := forecast{rule: usage.Rule, from: usage.Blocked}
	for range usage.Limit - usage.Current() {
		f.slots = append(f.slots, 0)
	}
	for _, one := range usage.Returns {
		f.slots = slices.AppendSeq(f.slots, repeat(one.After, one.Weight))
	}
	f.slots = slices.AppendSeq(f.slots, repeat(latency+usage.Rule.Window, usage.InFlight))
	f.slots = f.slots[max(0, usage.Current()-usage.Limit):] // what is over the limit comes back to nobody
	return f
}

func repeat(value time.Duration, times int) func(yield func(time.Duration) bool) {
	return func(yield func(time.Duration) bool) {
		for range times {
			if !yield(value) {
				return
			}
		}
	}
}

// take gives the moment from a given one on at which a call can leave.
func (f *forecast) take(earliest, latency time.Duration) time.Duration {
	leave := max(earliest, f.from, f.slots[0])
	f.slots = append(f.slots[1:], leave+latency+f.rule.Window)
	return leave
}

func laneOf(lanes []forecast, class Class) *forecast {
	for i := range lanes {
		if slices.Contains(lanes[i].rule.Classes, class) {
			return &lanes[i]
		}
	}
	return nil
}
