package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func newBackupCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "backup",
		Short:   "Take, check, compare and restore backups",
		Example: "  descope-mgmt backup create -e dev\n  descope-mgmt backup list\n  descope-mgmt backup restore latest -e dev --dry-run",
	})
	cmd.AddCommand(
		newBackupCreateCommand(a), newBackupListCommand(a), newBackupShowCommand(a), newBackupVerifyCommand(a),
		newBackupDiffCommand(a), newBackupRestoreCommand(a), newBackupPruneCommand(a),
	)
	return group(cmd)
}

// backupRecord is a backup as documents of these commands show it.
type backupRecord struct {
	Name        string  `json:"name"`
	Path        string  `json:"path"`
	Bytes       int64   `json:"bytes"`
	Problem     *string `json:"problem"` // null where the file can be read
	Timestamp   *string `json:"timestamp"`
	Operation   string  `json:"operation"`
	User        *string `json:"user"`
	GitCommit   *string `json:"git_commit"`
	Environment *string `json:"environment"`
	ProjectID   string  `json:"project_id"`
	Host        string  `json:"host"`
	RunID       string  `json:"run_id"`
	Sealed      bool    `json:"sealed"`
}

func recordOf(files backup.Files, info backup.Info) backupRecord {
	record := backupRecord{Name: info.Name, Path: files.Path(info.Name), Bytes: info.Size}
	if info.Problem != "" {
		record.Problem = &info.Problem
		return record
	}
	m := info.Metadata
	at := m.Timestamp.UTC().Format(time.RFC3339Nano)
	record.Timestamp, record.Operation, record.User, record.GitCommit, record.Environment = &at, m.Operation, m.User, m.GitCommit, m.Environment
	record.ProjectID, record.Host, record.RunID, record.Sealed = m.ProjectID, m.Host, m.RunID, m.Sealed()
	return record
}

// backupFile is where one backup is: a place, and its name there.
type backupFile struct {
	files backup.Files
	name  string
}

func (f backupFile) path() string { return f.files.Path(f.name) }

// findBackup finds the file that a user names: a path, or the name of a backup in
// the usual place. What is there and cannot be a backup is another error than what
// is not there.
func (a *App) findBackup(ctx context.Context, records *store.Store, usual backup.Files, given string) (backupFile, error) {
	if given == "" {
		return backupFile{}, usageError("the backup's name is empty", "see descope-mgmt backup list")
	}
	if !strings.ContainsRune(given, filepath.Separator) {
		if err := canOpen(ctx, usual, given); !errors.Is(err, fs.ErrNotExist) {
			return backupFile{files: usual, name: given}, err
		}
	}
	path := a.absolute(given)
	files, err := backup.OpenDirectory(records, filepath.Dir(path))
	if err == nil {
		err = canOpen(ctx, files, filepath.Base(path))
	}
	if isMissing(err) {
		return backupFile{}, a.noBackup(ctx, usual, given)
	}
	return backupFile{files: files, name: filepath.Base(path)}, err
}

// canOpen tries a file.
func canOpen(ctx context.Context, files backup.Files, name string) error {
	file, err := files.Open(ctx, name)
	if err != nil {
		return err
	}
	return file.Close()
}

// isMissing reports whether a path leads nowhere.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}

func (a *App) noBackup(ctx context.Context, usual backup.Files, given string) error {
	return &failure{
		status: StatusError, code: "no_such_backup", message: fmt.Sprintf("there is no backup %q", given),
		hint: cmp.Or(meantBackup(ctx, usual, given), "descope-mgmt backup list shows those in "+printableLine(filepath.Dir(usual.Path("x")))),
	}
}

// latestBackup is the word for the newest backup of the selected project.
const latestBackup = "latest"

// backupFinder finds backups for a command that asks Descope nothing. One that
// is wanted as the latest is that of a project, which has to be selected then.
func (a *App) backupFinder(ctx context.Context, given []string) (func(given string) (backupFile, error), error) {
	if slices.Contains(given, latestBackup) {
		session, err := a.open(ctx, need{offline: true})
		return func(given string) (backupFile, error) { return session.findBackup(ctx, given) }, err
	}
	_, records, files, err := a.openBackups(ctx)
	return func(given string) (backupFile, error) { return a.findBackup(ctx, records, files, given) }, err
}
