package cli

import (
	"context"
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

const (
	// listCalls is how many calls of each come before most of the others. They open
	// the connections and are long, and say little about the others.
	listCalls = 2
	// enoughSamples is how many of the others say how long a call takes. The first of
	// them still wait for processors that decode the lists.
	enoughSamples = 16
)

// tellIfKnown says how long the reads take, once it is known how long a call does,
// or does not matter because the limits will hold back what comes after the lists.
func (g *gathering) tellIfKnown() {
	if g.told || g.open > 0 || len(g.lists) == 0 {
		return
	}
	listed, left := true, 0 // what has come after the lists, or is to come
	for _, m := range g.members {
		if !m.gone {
			listed = listed && m.answered >= min(listCalls, callsOf(m.loads))
			left += max(callsOf(m.loads)-max(m.answered, listCalls), 0)
		}
	}
	switch {
	case len(g.samples) >= enoughSamples, listed && left == 0 && len(g.samples) > 0:
		g.tell(usual(g.samples))
	case listed && (left == 0 || g.heldBack()):
		g.tell(slices.Min(g.lists))
	}
}

// heldBack reports whether the limits hold back the next call of all for a while.
func (g *gathering) heldBack() bool {
	for _, m := range g.members {
		class, more := m.next()
		if m.gone || !more {
			continue
		}
		wait, _, err := m.session.budget.NextFree(context.Background(), class)
		if err != nil || wait <= time.Second || m.holds() {
			return false
		}
	}
	return true
}

// next is the class of the call that follows those that were answered.
func (m *member) next() (class pace.Class, more bool) {
	calls := 0
	for _, load := range m.loads {
		if calls += load.Calls; calls > m.answered {
			return load.Class, true
		}
	}
	return 0, false
}

// holds reports whether a member has slots that it has taken beforehand.
func (m *member) holds() bool {
	for _, slots := range m.slots {
		if len(slots) > 0 {
			return true
		}
	}
	return false
}

// usual is how long calls take that were not held up: the lower third of all.
func usual(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/3]
}

// middle is the median.
func middle(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

func callsOf(loads []pace.Load) int {
	calls := 0
	for _, load := range loads {
		calls += load.Calls
	}
	return calls
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
	first := time.Duration(0) // by how much the lists have taken longer than the other calls do
	if len(g.lists) > 0 {
		first = max(middle(g.lists)-latency, 0)
	}
	where := counted(reading, "environment")
	if len(g.members) == 1 {
		where = g.members[0].session.place()
	}
	g.app.notice("Reading %s: %s, about %s", where, counted(calls, "call"), roughly(g.begun.Sub(g.started)+first+g.estimate(latency)))
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
