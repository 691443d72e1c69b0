package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// backupFolder is the folder inside the state folder where backups are kept
// unless something names another one.
const backupFolder = "backups"

// operation is what a command is called in the names of backups: "tenant-sync".
func (a *App) operation() string {
	return strings.ReplaceAll(strings.TrimPrefix(a.command, "descope-mgmt "), " ", "-")
}

// backupFiles names the place where backups are kept. Nothing is made yet.
func (a *App) backupFiles(settings config.Settings, records *store.Store) (backup.Files, error) {
	folder, err := a.backupDir(settings)
	if err != nil {
		return nil, err
	}
	return backup.OpenDirectory(records, folder)
}

// backupDir is the folder of the backups: that of the flag, of the variable, of
// the configuration or the user's own settings, or the one in the state folder.
func (a *App) backupDir(settings config.Settings) (string, error) {
	if a.flags.backupDir != "" {
		return a.absolute(a.flags.backupDir), nil
	}
	if dir, found := a.lookup("DESCOPE_BACKUP_DIR"); found {
		return a.absolute(dir), nil
	}
	if settings.Backup.Dir != "" {
		return a.absolute(settings.Backup.Dir), nil
	}
	state, err := a.stateDir(settings.State.Dir)
	if err != nil {
		return "", err
	}
	return filepath.Join(state, backupFolder), nil
}

// openBackups finds the place of the backups for a command that needs no project.
func (a *App) openBackups(ctx context.Context) (config.Settings, *store.Store, backup.Files, error) {
	loaded, err := a.loadConfig(ctx, need{})
	if err != nil {
		return config.Settings{}, nil, nil, err
	}
	user, err := a.loadUser(ctx)
	if err != nil {
		return config.Settings{}, nil, nil, err
	}
	settings := config.MergeSettings(loaded, user, a.flags.environment)
	records, err := a.openStore(settings)
	if err != nil {
		return config.Settings{}, nil, nil, err
	}
	files, err := a.backupFiles(settings, records)
	if err == nil {
		a.tellMissing(filepath.Dir(files.Path("x")))
	}
	return settings, records, files, err
}

// tellMissing says that a folder which somebody has named is not there: what is
// misspelt must not look like a folder without backups.
func (a *App) tellMissing(folder string) {
	_, named := a.lookup("DESCOPE_BACKUP_DIR")
	if _, err := os.Lstat(folder); (named || a.flags.backupDir != "") && errors.Is(err, fs.ErrNotExist) {
		a.warn("warning: there is no folder %s", printableLine(folder))
	}
}

// day is what a retention counts in.
const day = 24 * time.Hour

// prune removes the backups that are older than the policy keeps and that nobody
// needs, or says which. The names stay in any case.
func (a *App) prune(ctx context.Context, files backup.Files, records *store.Store, policy backup.PrunePolicy, names ...string) ([]backup.Info, error) {
	inUse, err := records.BackupsInUse()
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for path := range inUse {
		named[filepath.Base(path)] = true
	}
	for _, name := range names {
		named[name] = true
	}
	policy.Now, policy.Named = a.Now(), named
	return backup.Prune(ctx, files, policy)
}
