package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// backupList is what machines read about the backups of a place.
type backupList struct {
	FormatVersion string         `json:"format_version"`
	Dir           string         `json:"dir"`
	Backups       []backupRecord `json:"backups"` // newest first; unreadable ones last
}

func newBackupListCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "list",
		Short: "List the backups, newest first",
		Long: "Lists the backups of all projects in the backup folder, newest first by the time inside. With -e or\n" +
			"--project-id only those of that environment or project. Asks Descope nothing, and needs no key. A file that\n" +
			"cannot be read is listed with its problem; descope-mgmt backup verify checks the files as a whole.",
		Example: "  descope-mgmt backup list\n  descope-mgmt backup list -e prod --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runBackupList(cmd.Context()) },
	}, StatusError)
}

func (a *App) runBackupList(ctx context.Context) error {
	_, _, files, err := a.openBackups(ctx)
	if err != nil {
		return err
	}
	infos, err := backup.List(ctx, files)
	if err != nil {
		return err
	}
	document := backupList{FormatVersion: resource.FormatVersion, Dir: filepath.Dir(files.Path("x")), Backups: []backupRecord{}}
	var rows [][]string
	for _, info := range infos {
		if !a.asksFor(info) {
			continue
		}
		record := recordOf(files, info)
		document.Backups = append(document.Backups, record)
		about := record.Name
		if record.Problem != nil {
			about += "  ! " + *record.Problem
		}
		rows = append(rows, []string{secondsOf(record.Timestamp), record.Operation, orDash(record.Environment), record.ProjectID, orDash(record.User), about})
	}
	return a.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "Backups in %s\n\n", printableLine(document.Dir))
		if len(rows) > 0 {
			writeTable(w, []string{"TIME", "OPERATION", "ENVIRONMENT", "PROJECT", "USER", "FILE"}, rows)
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s%s.\n", counted(len(rows), "backup"), otherBackups(len(infos)-len(rows)))
	})
}

// otherBackups says how many the flags have left out: an empty list of what is
// misspelt must not look like an empty folder.
func otherBackups(count int) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("; %s of other environments or projects", counted(count, "backup"))
}

// asksFor reports whether the flags ask for a backup: of one environment, of one
// project, or any.
func (a *App) asksFor(info backup.Info) bool {
	if info.Problem != "" {
		return true
	}
	environment := info.Metadata.Environment
	if wanted := a.flags.environment; wanted != "" && (environment == nil || *environment != wanted) {
		return false
	}
	return a.flags.projectID == "" || info.Metadata.ProjectID == a.flags.projectID
}

// secondsOf is a time as people compare it: to the second.
func secondsOf(timestamp *string) string {
	at, err := time.Parse(time.RFC3339Nano, deref(timestamp))
	if err != nil {
		return orDash(timestamp)
	}
	return at.Format(time.RFC3339)
}

func orDash(text *string) string {
	return cmp.Or(deref(text), "-")
}
