package cli

import (
	"context"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// told is what the audit log says of runs that were cut off.
type told struct {
	ended   map[string]bool   // by run
	results map[toldOf]string // the last one of each change
}

type toldOf struct {
	run     string
	address resource.Address
}

// readTold reads what the audit log says of these runs.
func (s *session) readTold(ctx context.Context, runs map[string]bool) (told, error) {
	said := told{ended: map[string]bool{}, results: map[toldOf]string{}}
	for record, err := range s.audit.Records(ctx, audit.Filter{}) {
		switch {
		case err != nil:
			return told{}, err
		case !runs[record.RunID]:
		case record.Event == audit.EventRunEnd:
			said.ended[record.RunID] = true
		case record.Address != "":
			said.results[toldOf{record.RunID, record.Address}] = record.Result
		}
	}
	return said, nil
}

// knows reports whether the log says of a change what was found out about it, or
// something more certain.
func (t told) knows(one resource.Recovered) bool {
	result, found := t.results[toldOf{one.RunID, one.Address}]
	switch one.Found {
	case resource.FoundDone:
		return result == string(resource.StatusSuccess) || result == string(resource.FoundDone)
	case resource.FoundNotDone:
		return result == string(resource.StatusFailed) || result == string(resource.StatusSkipped) || result == string(resource.FoundNotDone)
	default:
		return found
	}
}

// recoveredRecords are what the audit log lacks of runs that did not end by
// themselves: outcomes that they have not recorded or did not know, and their ends.
func (s *session) recoveredRecords(ctx context.Context) ([]audit.Record, error) {
	runs := map[string]bool{}
	for _, journal := range s.known.journals {
		runs[journal.Run.RunID] = true
	}
	if len(runs) == 0 {
		return nil, nil
	}
	said, err := s.readTold(ctx, runs)
	if err != nil {
		return nil, err
	}
	facts, by := s.facts(ctx), "found out by run "+s.app.run()
	var records []audit.Record
	for _, journal := range s.known.journals {
		counts := map[resource.Found]int{}
		for _, one := range s.recovered {
			if one.RunID != journal.Run.RunID {
				continue
			}
			counts[one.Found]++
			if said.knows(one) {
				continue
			}
			record := s.auditRecord(audit.EventRecovered, facts)
			record.RunID, record.Address, record.Action, record.Result = one.RunID, one.Address, one.Action, string(one.Found)
			record.Detail = by
			records = append(records, record)
		}
		if !journal.Ended && !said.ended[journal.Run.RunID] {
			record := s.auditRecord(audit.EventRunEnd, facts)
			record.RunID, record.Result = journal.Run.RunID, "interrupted"
			record.Detail = by + ": " + countsOf(journal, counts)
			records = append(records, record)
		}
	}
	return records, nil
}

// countsOf says how far a run came.
func countsOf(journal store.RunJournal, counts map[resource.Found]int) string {
	return fmt.Sprintf("%d done, %d not done, %d unclear, %d not begun", counts[resource.FoundDone], counts[resource.FoundNotDone],
		counts[resource.FoundUnknown], max(journal.Run.Planned-len(journal.Begun), 0))
}
