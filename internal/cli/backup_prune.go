package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// pruned is what machines read about removed backups.
type pruned struct {
	FormatVersion string         `json:"format_version"`
	RetentionDays int            `json:"retention_days"`
	DryRun        bool           `json:"dry_run"`
	Removed       []backupRecord `json:"removed"` // with dry_run: those that would be
}

// mostRetentionDays is the most that a configuration can say too; the time that
// it stands for can still be counted.
const mostRetentionDays = 36_500

func newBackupPruneCommand(a *App) *cobra.Command {
	var dryRun bool
	var days int
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove backups that are older than the retention",
		Long: "Removes backups that are older than the retention (30 days, unless the configuration says otherwise), as each new\n" +
			"backup does by itself. The time inside counts. Never removed: the newest backup of a project on a host, one\n" +
			"that an unfinished run names, one from the future, and any file that is not certainly ours and whole.",
		Example: "  descope-mgmt backup prune --dry-run\n  descope-mgmt backup prune --retention-days 90",
		Args:    exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("retention-days") && (days < 1 || days > mostRetentionDays) {
				return usageError(fmt.Sprintf("--retention-days %d is out of range", days), fmt.Sprintf("give a number from 1 to %d", mostRetentionDays))
			}
			return a.runBackupPrune(cmd.Context(), days, dryRun)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only show what would be removed")
	cmd.Flags().IntVar(&days, "retention-days", notGiven, "keep backups for `N` days, instead of what the configuration says")
	cmd.Flags().Lookup("retention-days").DefValue = "0"
	return exits(cmd, StatusError, StatusIntegrity)
}

func (a *App) runBackupPrune(ctx context.Context, days int, dryRun bool) error {
	settings, records, files, err := a.openBackups(ctx)
	if err != nil {
		return err
	}
	if days == notGiven {
		days = settings.Backup.RetentionDays
	}
	removed, err := a.prune(ctx, files, records, backup.PrunePolicy{Keep: time.Duration(days) * day, DryRun: dryRun})
	document := pruned{FormatVersion: resource.FormatVersion, RetentionDays: days, DryRun: dryRun, Removed: []backupRecord{}}
	for _, info := range removed {
		document.Removed = append(document.Removed, recordOf(files, info))
	}
	if err != nil {
		for _, record := range document.Removed {
			a.notice("removed before it failed: %s", record.Path)
		}
		return err
	}
	return a.show(document, func(w io.Writer) {
		if len(removed) == 0 {
			fmt.Fprintf(w, "No backups older than %s in %s.\n", counted(days, "day"), printableLine(filepath.Dir(files.Path("x"))))
			return
		}
		for _, record := range document.Removed {
			fmt.Fprintln(w, styleOf(w).mark("-", "- "+printableLine(record.Path)))
		}
		done := "removed"
		if dryRun {
			done = "would be removed"
		}
		fmt.Fprintf(w, "%s older than %s %s.\n", counted(len(document.Removed), "backup"), counted(days, "day"), done)
	})
}
