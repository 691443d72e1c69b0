package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// knowledge is what the project's records said directly before its live state
// was listed.
type knowledge struct {
	lock     store.LockInfo
	journals []store.RunJournal // of runs that are not at work any longer
}

// lookAttempts is how often records that change under the reader are read anew.
const lookAttempts = 10

// look reads the lock and the journals as they are at one moment: a journal that
// is open while its run holds the lock is none of ours, and a run that ended
// between the two looks must not be taken for a dead one.
func (s *session) look() (knowledge, error) {
	if s.state == nil {
		return knowledge{}, nil // nowhere to keep records, so there are none
	}
	self, err := store.ThisProcess()
	if err != nil {
		return knowledge{}, fmt.Errorf("find out which process this is: %w", err)
	}
	var known knowledge
	for range lookAttempts {
		before, err := s.state.LockInfo(self, s.app.Now())
		if err != nil {
			return knowledge{}, err
		}
		journals, err := s.state.OpenJournals()
		if err != nil {
			return knowledge{}, err
		}
		after, err := s.state.LockInfo(self, s.app.Now())
		if err != nil {
			return knowledge{}, err
		}
		known = knowledge{lock: after}
		if before.Generation != after.Generation || before.State != after.State {
			continue
		}
		for _, journal := range journals {
			if after.State != store.LockHeld || journal.Run.RunID != after.Holder.RunID {
				known.journals = append(known.journals, journal)
			}
		}
		return known, nil
	}
	return known, nil // one run after the other is at work, and none of their journals is for us
}

// list reads the project's records, and then all live tenants.
func (s *session) list(ctx context.Context) ([]resource.Tenant, error) {
	known, err := s.look()
	if err != nil {
		return nil, err
	}
	return s.listKnowing(ctx, known)
}

// listKnowing is list for records that were read just now.
func (s *session) listKnowing(ctx context.Context, known knowledge) (_ []resource.Tenant, err error) {
	s.known, s.going, s.roles, s.projectPassword = known, nil, nil, nil
	if s.live, err = s.reader.Tenants(ctx); err != nil {
		return nil, err
	}
	s.listedAt = s.app.Now()
	return s.live, nil
}

// recover says what runs that did not end by themselves had begun, and what has
// become of it. Nothing is written: what it found out is kept in the session.
func (s *session) recover(ctx context.Context, live []resource.Tenant) error {
	s.recovered = nil
	if len(s.known.journals) == 0 {
		return nil
	}
	views, err := s.viewsOfBegun(ctx, live)
	if err != nil {
		return err
	}
	for _, journal := range s.known.journals {
		slices.SortFunc(journal.Begun, func(a, b store.BegunChange) int { return cmp.Compare(a.Change.Address, b.Change.Address) })
		var found []resource.Recovered
		open := 0
		for _, begun := range journal.Begun {
			one, err := trace(journal.Run.RunID, begun, views)
			if err != nil {
				return fmt.Errorf("journal of run %s: %w", journal.Run.RunID, err)
			}
			if begun.Open() {
				open++
			}
			found = append(found, one)
		}
		if journal.Ended && open == 0 {
			continue // it was killed when all was done but for the journal's name
		}
		if !s.told[journal.Run.RunID] { // a plan may be made twice
			s.told[journal.Run.RunID] = true
			s.tellRecovered(journal, found)
		}
		s.recovered = append(s.recovered, found...)
	}
	return nil
}

// view is what is live of one kind, and how it shows what a change has done.
type view struct {
	kind     apply.Kind
	observed apply.Observed
}

// viewsOfBegun reads what is live of the objects whose changes nobody knows the
// outcome of. Tenants are listed where this command has not done so.
func (s *session) viewsOfBegun(ctx context.Context, live []resource.Tenant) (map[resource.Kind]view, error) {
	changes := map[resource.Kind][]resource.Change{}
	for i := range s.known.journals {
		for j := range s.known.journals[i].Begun {
			begun := &s.known.journals[i].Begun[j]
			if !begun.Open() {
				continue
			}
			if begun.Change.Kind == resource.KindFlow {
				documents, err := s.documentsOf(begun.Change)
				if err != nil {
					return nil, err
				}
				begun.Change.Flow = documents
			}
			changes[begun.Change.Kind] = append(changes[begun.Change.Kind], begun.Change)
		}
	}
	views := map[resource.Kind]view{}
	if open := changes[resource.KindTenant]; len(open) > 0 {
		if s.listedAt.IsZero() {
			var err error
			if live, err = s.list(ctx); err != nil {
				return nil, err
			}
		}
		kind := apply.Tenants(nil, listed(live), apply.TenantOptions{})
		observed, err := kind.Observe(ctx, open)
		if err != nil {
			return nil, err
		}
		views[resource.KindTenant] = view{kind, observed}
	}
	if open := changes[resource.KindFlow]; len(open) > 0 {
		kind := apply.Flows(nil, s.reader, apply.FlowOptions{Workers: s.workers()})
		observed, err := kind.Observe(ctx, open)
		if err != nil {
			return nil, err
		}
		views[resource.KindFlow] = view{kind, observed}
	}
	return views, nil
}

// trace says what became of one change that a run had begun.
func trace(runID string, begun store.BegunChange, views map[resource.Kind]view) (resource.Recovered, error) {
	one := resource.Recovered{RunID: runID, Address: begun.Change.Address, Action: begun.Change.Action}
	seen, looked := views[begun.Change.Kind]
	switch {
	case begun.Status == resource.StatusSuccess:
		one.Found = resource.FoundDone
		return one, nil
	case !begun.Open():
		one.Found = resource.FoundNotDone
		return one, nil
	case !looked || begun.Change.Kind == resource.KindFlow && begun.Change.Flow == nil:
		one.Found = resource.FoundUnknown
		return one, nil
	}
	found, err := apply.Trace(seen.kind, seen.observed, begun.Change)
	one.Found = found
	return one, err
}

var foundWords = map[resource.Found]string{
	resource.FoundDone: "done", resource.FoundNotDone: "not done",
	resource.FoundUnknown: "in part, or nobody can tell; the plan shows what is left",
}

// tellRecovered says it to people: one sentence, and one line for each change
// whose outcome the run itself had not known (with --verbose for all).
func (s *session) tellRecovered(journal store.RunJournal, found []resource.Recovered) {
	run, counts := journal.Run, map[resource.Found]int{}
	for _, one := range found {
		counts[one.Found]++
	}
	ending := "was cut off"
	switch unsure := slices.ContainsFunc(journal.Begun, store.BegunChange.Open); {
	case journal.Ended:
		ending = "ended without knowing all outcomes"
	case !unsure && len(found) > 0 && len(found) >= run.Planned:
		ending = "was cut off before it had recorded its end"
	}
	who := ""
	if run.User != "" {
		who = fmt.Sprintf(" of %s on %s (%s)", run.User, run.Host, run.Command)
	}
	s.app.notice("run %s%s %s: of %d changes %d are done, %d not done, %d unclear, and %d were not begun",
		run.RunID, who, ending, max(run.Planned, len(found)), counts[resource.FoundDone], counts[resource.FoundNotDone],
		counts[resource.FoundUnknown], max(run.Planned-len(found), 0))
	for i, one := range found {
		if journal.Begun[i].Open() {
			s.app.notice("  %s %s: found out now: %s", one.Action, one.Address, foundWords[one.Found])
		} else if s.app.flags.verbose {
			s.app.notice("  %s %s: %s", one.Action, one.Address, foundWords[one.Found])
		}
	}
}

// written is the record of what this tool owns and when it last wrote it, with
// what cut-off runs had done and not yet noted.
func (s *session) written() (map[resource.Address]time.Time, error) {
	if s.state == nil {
		return nil, s.stateErr
	}
	owned, err := s.state.Owned()
	if err != nil {
		return nil, err
	}
	for _, one := range s.recovered {
		switch {
		case one.Found != resource.FoundDone:
		case one.Action == resource.ActionDelete:
			delete(owned, one.Address)
		case owned[one.Address].IsZero():
			owned[one.Address] = runStarted(one.RunID)
		}
	}
	return owned, nil
}

// tellEmptied warns where the record of what this tool owns is there and says
// nothing: whoever prunes would otherwise take "nothing to delete" for the truth.
func (s *session) tellEmptied() {
	path := s.state.OwnershipPath()
	if emptied, _ := s.state.OwnershipEmptied(); emptied && !s.told[path] { // it was read just now
		s.told[path] = true // a plan may be made twice
		s.app.warn("warning: %s; %s", ownershipEmptied(s.state), hintOwnership)
	}
}

// settleJournals writes down what recover has found out: who owns what, and that
// the journals need no further look.
func (s *session) settleJournals(ctx context.Context, by string) error {
	records, err := s.recoveredRecords(ctx)
	if err != nil {
		return err
	}
	if err := s.audit.Append(ctx, records...); err != nil {
		return err
	}
	return s.closeRecovered(by)
}

// closeRecovered writes down who owns what cut-off runs have made, and that their
// journals need no further look. The audit log has it by then.
func (s *session) closeRecovered(by string) error {
	if len(s.known.journals) == 0 {
		return nil
	}
	recorded, err := s.state.Owned()
	if err != nil {
		return err
	}
	var disown []resource.Address
	own := map[time.Time][]resource.Address{}
	for _, one := range s.recovered {
		switch {
		case one.Found != resource.FoundDone:
		case one.Action == resource.ActionDelete && !recorded[one.Address].IsZero():
			disown = append(disown, one.Address)
		case one.Action != resource.ActionDelete && recorded[one.Address].IsZero():
			at := runStarted(one.RunID)
			own[at] = append(own[at], one.Address)
		}
	}
	for at, addresses := range own {
		if err := s.state.Own(at, addresses...); err != nil {
			return err
		}
	}
	if err := s.state.Disown(s.app.Now(), disown...); err != nil {
		return err
	}
	if err := s.recordCutOffVersions(); err != nil {
		return err
	}
	for _, journal := range s.known.journals {
		if err := s.state.SettleJournal(journal, by, s.app.Now()); err != nil {
			return err
		}
	}
	s.known.journals = nil
	return nil
}

// listed are live tenants that have been read already.
type listed []resource.Tenant

// Tenants gives them.
func (l listed) Tenants(context.Context) ([]resource.Tenant, error) { return l, nil }
