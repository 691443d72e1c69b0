package store

import (
	"context"
	"errors"
	"path/filepath"
	"time"
)

// editingFolder holds a lock for each folder in which somebody edits configuration.
const editingFolder = "editing"

// editingPoll is how often a lock is looked at that is held for a moment only.
const editingPoll = 50 * time.Millisecond

// LockEditing makes the caller the only one that edits the configuration in a folder,
// as [ProjectState.Lock] does for a project. The folder is its absolute path without
// links; nothing in it is touched. The RunID of the request is not asked for.
func (s *Store) LockEditing(ctx context.Context, folder string, request LockRequest) (*Lock, error) {
	place := &ProjectState{dir: filepath.Join(s.dir, editingFolder, segment(folder)), modes: s.modes}
	request.RunID, request.poll = nil, editingPoll
	lock, err := place.Lock(ctx, request)
	if locked, ok := errors.AsType[*LockedError](err); ok {
		locked.editing = folder
	}
	if damaged, ok := errors.AsType[*DamagedError](err); ok {
		damaged.Hint = "make sure that nobody edits the configuration, then remove " + place.lockDir()
	}
	return lock, err
}
