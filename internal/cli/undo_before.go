package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// before reads how the tenants were that a run has deleted, from its backup. One
// that is not there any more leaves them unknown, and why is said.
func (s *session) before(ctx context.Context, journal store.RunJournal) (was map[string]restore.Was, lost string, err error) {
	deleted := slices.ContainsFunc(journal.Begun, func(begun store.BegunChange) bool { return begun.Change.Action == resource.ActionDelete })
	if !deleted || journal.Run.Backup == "" {
		return nil, "", nil
	}
	document, lost, err := s.backupOf(ctx, journal.Run)
	if err != nil || lost != "" {
		return nil, lost, err
	}
	was = map[string]restore.Was{}
	for _, entry := range document.Tenants {
		one, err := wasOf(entry)
		if err != nil {
			return nil, "", err
		}
		was[entry.ID] = one
	}
	return was, "", nil
}

// backupOf finds the backup of a run: where its journal says, else under the same
// name in the folder where backups are kept now. What else has the name in one of
// the two does not stand in the way of the other. lost says in words that neither
// has it; a damaged file is an error then, since it may be the one.
func (s *session) backupOf(ctx context.Context, run store.JournalRun) (found backup.Backup, lost string, err error) {
	recorded, name := filepath.Dir(run.Backup), filepath.Base(run.Backup)
	lost = "the backup of the run is gone: " + run.Backup
	var damaged error
	for _, open := range []func() (backup.Files, error){
		func() (backup.Files, error) { return backup.OpenDirectory(s.records, recorded) },
		s.backups,
	} {
		files, failure := open()
		var document backup.Backup
		if failure == nil {
			document, failure = backup.Read(ctx, files, name)
		}
		switch {
		case ctx.Err() != nil:
			return backup.Backup{}, "", context.Cause(ctx)
		case failure == nil && document.Metadata.RunID == run.RunID:
			return document, "", nil
		case failure == nil:
			lost = fmt.Sprintf("%s is the backup of another run", files.Path(name))
		case !errors.Is(failure, fs.ErrNotExist) && damaged == nil:
			damaged = failure
		}
	}
	return backup.Backup{}, lost, damaged
}
