package cli

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// listPatience is how long work that no call waits for stays behind lists of flows that
// were not answered so far: a fraction of what a list takes. It is bounded because the
// lists of one environment may be slow, or fail, and others need not wait for that.
const listPatience = 20 * time.Millisecond

// turns are for work that takes the processors for long and that no call waits for:
// decoding lists of tenants and exported flows, and comparing them. One processor stays
// free, because an answer that waits for one keeps a worker from its next call; and it
// begins after the lists of flows, whose answers say which calls come next.
type turns struct {
	room   chan struct{}
	listed chan struct{} // closed once no list of flows is waited for
}

func newTurns() turns {
	return turns{room: make(chan struct{}, max(runtime.GOMAXPROCS(0)-1, 1)), listed: make(chan struct{})}
}

// Lock implements [sync.Locker].
func (t turns) Lock() {
	patience := time.NewTimer(listPatience)
	defer patience.Stop()
	select {
	case <-t.listed:
	case <-patience.C:
	}
	t.room <- struct{}{}
}

// Unlock implements [sync.Locker].
func (t turns) Unlock() { <-t.room }

// decoding are the turns of a member; nil where nobody else reads.
func (m *member) decoding() sync.Locker {
	if m == nil {
		return nil
	}
	return m.gathering.decoding
}

// inTurn does some work that no call waits for.
func (m *member) inTurn(work func()) {
	if decoding := m.decoding(); decoding != nil {
		decoding.Lock()
		defer decoding.Unlock()
	}
	work()
}

// awaitLists counts the members that will list flows, once all have come or gone.
func (g *gathering) awaitLists() {
	for _, m := range g.members {
		m.listing = !m.gone && slices.ContainsFunc(m.loads, func(load pace.Load) bool { return load.Class == pace.ClassOther && load.Calls > 0 })
		if m.listing {
			g.listing++
		}
	}
	if g.listing == 0 {
		close(g.decoding.listed)
	}
}

// listed says that a member's list of flows, the first of its calls of that class, was
// answered, or is not waited for any more.
func (m *member) listed() {
	if !m.listing {
		return
	}
	m.listing = false
	if m.gathering.listing--; m.gathering.listing == 0 {
		close(m.gathering.decoding.listed)
	}
}
