package cli

import (
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// assumedLatency is what a call is taken to last where none was made so far.
const assumedLatency = plan.AssumedLatency

// reads are the calls that a plan makes to compare, known from the configuration
// alone: as if everything in it were live.
func (w *wanted) reads() []pace.Load {
	var loads []pace.Load
	add := func(class pace.Class, calls int) {
		if calls > 0 {
			loads = append(loads, pace.Load{Class: class, Calls: calls})
		}
	}
	if w.manage.Configured {
		add(pace.ClassTenant, 1)
	}
	if w.flows.Manage.Configured {
		flows := w.flows
		flows.Live = nil
		for _, desired := range flows.Desired {
			flows.Live = append(flows.Live, resource.Flow{ID: desired.ID})
		}
		if w.flows.Live == nil {
			loads = append(loads, pace.Load{Class: pace.ClassOther, Calls: 1, Beside: len(loads) > 0})
		}
		add(pace.ClassOther, len(plan.NeedDocuments(flows, w.options)))
		if w.needsRoles() {
			add(pace.ClassOther, 1)
		}
	}
	live := make([]resource.Tenant, len(w.desired))
	for i := range w.desired {
		live[i].ID = w.desired[i].ID
	}
	add(pace.ClassTenant, len(plan.NeedSettings(w.desired, live, w.manage, w.options)))
	return loads
}

// tellIfKnown says how long the reads take, once it is known how long a call does:
// when everybody's lists have arrived, or somebody is already further.
func (g *gathering) tellIfKnown() {
	if g.told || g.open > 0 || len(g.samples) == 0 {
		return
	}
	known := true
	for _, m := range g.members {
		if m.answered > listCalls {
			known = true
			break
		}
		known = known && (m.gone || m.answered >= min(listCalls, callsOf(m.loads)))
	}
	if !known {
		return
	}
	// The first calls open the connections, and lists are long: what comes then is
	// as fast as the fastest of them.
	slices.Sort(g.samples)
	g.tell(g.samples[len(g.samples)/4])
}

// listCalls is how many calls come before most of the others: the lists.
const listCalls = 2

func callsOf(loads []pace.Load) int {
	calls := 0
	for _, load := range loads {
		calls += load.Calls
	}
	return calls
}

// mustWait reports whether nobody will hear anything for a while: the limits hold
// back the very first call.
func (g *gathering) mustWait() bool {
	first := time.Duration(-1)
	for _, m := range g.members {
		if len(m.loads) == 0 || len(m.taken) > 0 {
			return false
		}
		wait := time.Duration(0)
		for _, usage := range m.usages {
			if slices.Contains(usage.Rule.Classes, m.loads[0].Class) {
				wait, _ = usage.NextFree()
			}
		}
		if first < 0 || wait < first {
			first = wait
		}
	}
	return first > time.Second
}

// tell says how many calls are made, and how long that takes.
func (g *gathering) tell(latency time.Duration) {
	g.told = true
	calls, reading := 0, 0
	for _, m := range g.members {
		if !m.failed() {
			calls, reading = calls+callsOf(m.loads), reading+1
		}
	}
	if calls == 0 {
		return
	}
	where := counted(reading, "environment")
	if len(g.members) == 1 {
		where = g.members[0].session.place()
	}
	g.app.notice("Reading %s: %s, about %s", where, counted(calls, "call"), roughly(g.begun.Sub(g.started)+g.estimate(latency)))
}

// failed reports whether a member has ended before it had read everything.
func (m *member) failed() bool { return m.gone && m.answered < callsOf(m.loads) }

// estimate is how long all reads take, from the first call on.
func (g *gathering) estimate(latency time.Duration) time.Duration {
	longest := time.Duration(0)
	for _, together := range g.byHost() {
		parties := make([]pace.Party, len(together))
		for i, m := range together {
			parties[i] = pace.Party{
				Project: m.session.target.ProjectID, Usages: m.usages, Loads: m.loads, Workers: m.session.workers(), Reserved: m.taken,
			}
			if m.failed() {
				parties[i].Loads = nil
			}
			for _, other := range m.before {
				parties[i].After = append(parties[i].After, slices.Index(together, other))
			}
		}
		longest = max(longest, pace.EstimateTogether(parties, together[0].crew.size, latency))
	}
	return longest
}
