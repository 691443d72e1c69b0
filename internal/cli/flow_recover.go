package cli

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// recordCutOffVersions notes the versions of flows that runs have written, as
// recover has found out, and did not come to note.
func (s *session) recordCutOffVersions() error {
	for _, journal := range s.known.journals {
		for _, begun := range journal.Begun {
			done := slices.ContainsFunc(s.recovered, func(one resource.Recovered) bool {
				return one.RunID == journal.Run.RunID && one.Address == begun.Change.Address && one.Found == resource.FoundDone
			})
			if !done || begun.Change.Kind != resource.KindFlow {
				continue
			}
			if err := s.recordCutOff(journal.Run, begun.Change); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordCutOff notes one version. Its commit is not known any more.
func (s *session) recordCutOff(run store.JournalRun, change resource.Change) error {
	entries, err := s.history().Entries(change.ID)
	if err != nil {
		return err
	}
	noted := slices.ContainsFunc(entries, func(entry history.Entry) bool {
		return entry.RunID == run.RunID && entry.Origin != history.OriginFound
	})
	documents, err := s.documentsOf(change)
	if err != nil || noted || documents == nil {
		return err
	}
	entry := history.Entry{At: runStarted(run.RunID), Origin: originOf(run.Command), User: s.app.redact.text(run.User), RunID: run.RunID}
	if entry.At.IsZero() {
		entry.At = s.app.Now()
	}
	entry.Name, _ = documents.After.Get("metadata").Get("name").AsString()
	if change.Action == resource.ActionDelete {
		entry.Origin = history.OriginDeleted
	}
	if documents.After.IsAbsent() && entry.Origin != history.OriginDeleted {
		return nil // it held a loaded key, and is kept nowhere
	}
	_, err = s.history().Record(change.ID, documents.After, entry)
	return err
}

// originOf is how the flows of a command come to be written.
func originOf(command string) history.Origin {
	for end, origin := range map[string]history.Origin{
		" flow import": history.OriginImported, " flow rollback": history.OriginRolledBack,
		" undo": history.OriginRestored, " backup restore": history.OriginRestored,
	} {
		if strings.HasSuffix(command, end) {
			return origin
		}
	}
	return history.OriginDeployed
}
