package apply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// schedule is the order of a run as plain data: which jobs may start, and which
// wait for what. It knows neither goroutines nor outcomes. Jobs are named by
// their place in the plan.
//
// Kinds follow each other in stages: a job may start when all jobs of earlier
// kinds are settled, whatever came of them, and all that it needs are.
type schedule struct {
	stages [][]int // ready jobs by stage, first in, first out
	stage  []int   // of each job
	open   []int   // how many jobs of each stage are not settled yet
	now    int     // the stage whose jobs may start

	needs      [][]int // jobs that must be settled before, in the order of Change.After
	dependants [][]int // the same arrows the other way round, ascending; one named twice stands twice
	waiting    []int   // how many of needs are not settled yet
}

// newSchedule reads the dependencies. A dependency on a change that writes
// nothing is fulfilled from the start; one on an address that is not in the
// plan at all or whose kind comes later, the same address twice, and a circle are
// errors.
// The kinds stand in the order of their stages.
func newSchedule(plan *resource.Plan, jobs []*job, kinds []Kind) (*schedule, error) {
	at := make(map[resource.Address]int, len(jobs))
	for i, job := range jobs {
		at[job.change.Address] = i
	}
	const writesNothing = -1
	known := make(map[resource.Address]bool, len(plan.Changes))
	for _, change := range plan.Changes {
		if known[change.Address] {
			return nil, fmt.Errorf("plan: %s stands in it twice; nothing was sent", change.Address)
		}
		known[change.Address] = true
		if !change.Action.Writes() {
			at[change.Address] = writesNothing
		}
	}
	s := &schedule{
		needs: make([][]int, len(jobs)), dependants: make([][]int, len(jobs)), waiting: make([]int, len(jobs)),
	}
	s.layOut(jobs, kinds)
	for i, job := range jobs {
		for _, address := range job.change.After {
			need, found := at[address]
			if !found {
				return nil, fmt.Errorf("plan: %s waits for %s, which the plan does not contain; nothing was sent", job.change.Address, address)
			}
			if need == writesNothing {
				continue
			}
			if s.stage[need] > s.stage[i] {
				return nil, fmt.Errorf("plan: %s waits for %s, whose kind comes later; nothing was sent", job.change.Address, address)
			}
			s.needs[i] = append(s.needs[i], need)
			s.dependants[need] = append(s.dependants[need], i)
		}
		s.waiting[i] = len(s.needs[i])
		if s.waiting[i] == 0 {
			s.admit(i)
		}
	}
	if circle := s.circle(); circle != nil {
		return nil, fmt.Errorf("plan: the changes wait for each other in a circle: %s; nothing was sent", addresses(jobs, circle))
	}
	return s, nil
}

// layOut gives each job its stage.
func (s *schedule) layOut(jobs []*job, kinds []Kind) {
	s.stage, s.stages, s.open = make([]int, len(jobs)), make([][]int, max(len(kinds), 1)), make([]int, max(len(kinds), 1))
	for i, job := range jobs {
		at := slices.IndexFunc(kinds, func(kind Kind) bool { return kind.Name() == job.change.Kind })
		s.stage[i] = max(at, 0)
		s.open[s.stage[i]]++
	}
	s.advance()
}

// advance goes on to the first stage that has a job which is not settled.
func (s *schedule) advance() {
	for s.now < len(s.open)-1 && s.open[s.now] == 0 {
		s.now++
	}
}

// next is the job that may start now, if there is one.
func (s *schedule) next() (int, bool) {
	if len(s.stages[s.now]) == 0 {
		return 0, false
	}
	return s.stages[s.now][0], true
}

// take removes the job that next gave.
func (s *schedule) take() { s.stages[s.now] = s.stages[s.now][1:] }

// settle says that a job has its outcome. It returns the jobs that waited for
// it last, in plan order; the caller makes them ready, or skips them.
func (s *schedule) settle(job int) (released []int) {
	s.open[s.stage[job]]--
	s.advance()
	for _, dependant := range s.dependants[job] {
		s.waiting[dependant]--
		if s.waiting[dependant] == 0 {
			released = append(released, dependant)
		}
	}
	return released
}

// admit makes a released job ready.
func (s *schedule) admit(job int) { s.stages[s.stage[job]] = append(s.stages[s.stage[job]], job) }

// circle returns the jobs of one circle in the order in which they wait, or nil.
func (s *schedule) circle() []int {
	waiting := slices.Clone(s.waiting)
	free := slices.Concat(s.stages...)
	for k := 0; k < len(free); k++ {
		for _, dependant := range s.dependants[free[k]] {
			waiting[dependant]--
			if waiting[dependant] == 0 {
				free = append(free, dependant)
			}
		}
	}
	if len(free) == len(waiting) {
		return nil
	}
	// Every job that is left waits for another that is left: following these
	// arrows from any of them must come back to a job seen before.
	at := slices.IndexFunc(waiting, func(n int) bool { return n > 0 })
	var trail []int
	visited := make([]bool, len(waiting))
	for !visited[at] {
		visited[at] = true
		trail = append(trail, at)
		for _, need := range s.needs[at] {
			if waiting[need] > 0 {
				at = need
				break
			}
		}
	}
	return trail[slices.Index(trail, at):]
}

func addresses(jobs []*job, circle []int) string {
	var names []string
	for _, i := range circle {
		names = append(names, string(jobs[i].change.Address))
	}
	return strings.Join(append(names, names[0]), " → ")
}
