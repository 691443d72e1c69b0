package cli

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// editPatience is how long a command waits for others that edit the same configuration.
const editPatience = time.Minute

// editing makes a command the only one of this user that edits the configuration in
// some folders. It begins before the configuration is read and lasts until the files
// are written, so that what a command writes back is never older than what it
// replaces. Of nil, nothing is held.
type editing struct {
	app   *App
	locks []*store.Lock
}

// editConfiguration is for a command that edits the configuration that is there. Where
// none is found, whoever reads it says so.
func (a *App) editConfiguration(ctx context.Context, options config.Options) (*editing, error) {
	files, err := config.Files(options)
	if err != nil {
		return nil, nil //nolint:nilerr // reading it fails in the same way, and tells
	}
	var folders []string
	for _, file := range files {
		folders = append(folders, filepath.Dir(resolved(file.Path)))
	}
	return a.editFolders(ctx, folders...)
}

// editFolders is for a command that edits what lies in folders; one need not be there.
// All are taken in one order, so that no two commands wait for each other.
func (a *App) editFolders(ctx context.Context, folders ...string) (*editing, error) {
	user, err := a.loadUser(ctx)
	if err != nil {
		return nil, err
	}
	state, err := a.openStore(config.MergeSettings(nil, user, ""))
	if err != nil {
		return nil, err
	}
	holder, err := a.holder("")
	if err != nil {
		return nil, err
	}
	for i := range folders {
		folders[i] = resolved(folders[i])
	}
	slices.Sort(folders)
	e := &editing{app: a}
	for _, folder := range slices.Compact(folders) {
		patience := cmp.Or(a.EditPatience, editPatience)
		lock, err := state.LockEditing(ctx, folder, store.LockRequest{
			Holder: holder, Now: a.Now, Timeout: patience, Jitter: a.chance,
			Waiting: func(other store.Holder) {
				a.notice("waiting up to %s for another command that edits the configuration: %s", patience, other)
			},
		})
		if err != nil {
			e.end()
			return nil, err
		}
		e.locks = append(e.locks, lock)
	}
	return e, nil
}

// check is nil as long as nobody else edits: it stands before the first write.
func (e *editing) check() error {
	if e == nil {
		return nil
	}
	for _, lock := range e.locks {
		if err := lock.Check(); err != nil {
			return err
		}
	}
	return nil
}

// end lets others edit. What was written stays as it is, so that a failure is a remark.
func (e *editing) end() {
	if e == nil {
		return
	}
	for _, lock := range slices.Backward(e.locks) {
		if err := lock.Release(); err != nil {
			e.app.notice("warning: the lock of the configuration could not be released: %v", err)
		}
	}
}
