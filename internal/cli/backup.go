package cli

import (
	"context"
	"path/filepath"
	"strings"
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

// place is where one backup is: a place, and its name there.
type backupFile struct {
	files backup.Files
	name  string
}

func (f backupFile) path() string { return f.files.Path(f.name) }

// findBackup finds the file that a user names: a path, or the name of a backup in
// the usual place.
func (a *App) findBackup(records *store.Store, usual backup.Files, given string) (backupFile, error) {
	if given == "" {
		return backupFile{}, usageError("the backup's name is empty", "see descope-mgmt backup list")
	}
	if !strings.ContainsRune(given, filepath.Separator) && a.hasBackup(usual, given) {
		return backupFile{files: usual, name: given}, nil
	}
	path := a.absolute(given)
	files, err := backup.OpenDirectory(records, filepath.Dir(path))
	if err != nil {
		return backupFile{}, err
	}
	if !a.hasBackup(files, filepath.Base(path)) {
		return backupFile{}, &failure{
			status: StatusError, code: "no_such_backup", message: "there is no backup " + given,
			hint: "descope-mgmt backup list shows those in " + filepath.Dir(usual.Path("x")),
		}
	}
	return backupFile{files: files, name: filepath.Base(path)}, nil
}

func (a *App) hasBackup(files backup.Files, name string) bool {
	all, err := files.List(context.Background())
	if err != nil {
		return false
	}
	for _, file := range all {
		if file.Name == name {
			return true
		}
	}
	return false
}
