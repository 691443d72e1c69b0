package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// verification is what machines read about a check of backups.
type verification struct {
	FormatVersion string         `json:"format_version"`
	Files         []verifiedFile `json:"files"`
	Damaged       int            `json:"damaged"`
}

// verifiedFile is the verdict on one file.
type verifiedFile struct {
	Path    string  `json:"path"`
	Status  string  `json:"status"` // "whole", "unsealed" or "damaged"
	Reason  *string `json:"reason"` // null unless it is damaged
	Digest  *string `json:"sha256"` // null where it has none
	Tenants int     `json:"tenants"`
	Flows   int     `json:"flows"`
}

func newBackupVerifyCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "verify [FILE...]",
		Short: "Check that backups are as they were written",
		Long: "Reads each file to its end and checks its form and its digest, which covers every byte. Without FILE it checks\n" +
			"all backups in the backup folder. A file of another tool that carries no digest is readable, and nobody can\n" +
			"tell whether it was changed: it is called unsealed.",
		Example: "  descope-mgmt backup verify\n  descope-mgmt backup verify 2026-11-25_14-22-33_pre-tenant-sync.json",
		Args:    rangeArgs(0, notGiven),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runBackupVerify(cmd.Context(), args) },
	}, StatusError, StatusIntegrity)
}

func (a *App) runBackupVerify(ctx context.Context, given []string) error {
	_, records, files, err := a.openBackups(ctx)
	if err != nil {
		return err
	}
	var wanted []backupFile
	for _, name := range given {
		found, err := a.findBackup(records, files, name)
		if err != nil {
			return err
		}
		wanted = append(wanted, found)
	}
	if len(given) == 0 {
		infos, err := backup.List(ctx, files)
		if err != nil {
			return err
		}
		for _, info := range infos {
			wanted = append(wanted, backupFile{files: files, name: info.Name})
		}
	}
	document := verification{FormatVersion: resource.FormatVersion, Files: []verifiedFile{}}
	for _, one := range wanted {
		verdict, err := verdictOn(ctx, one)
		if err != nil {
			return err
		}
		if verdict.Reason != nil {
			document.Damaged++
		}
		document.Files = append(document.Files, verdict)
	}
	if err := a.show(document, func(w io.Writer) { writeVerification(w, document, filepath.Dir(files.Path("x"))) }); err != nil {
		return err
	}
	if document.Damaged > 0 {
		return &failure{status: StatusIntegrity, code: "damaged_backup"}
	}
	return nil
}

// verdictOn checks one file. An error is not about the file's content.
func verdictOn(ctx context.Context, one backupFile) (verifiedFile, error) {
	verdict := verifiedFile{Path: one.path(), Status: "whole"}
	result, err := backup.Verify(ctx, one.files, one.name)
	if damage, ok := errors.AsType[*backup.DamagedError](err); ok {
		verdict.Status, verdict.Reason = "damaged", &damage.Reason
		return verdict, nil
	}
	if err != nil {
		return verdict, err
	}
	verdict.Tenants, verdict.Flows = result.Tenants, result.Flows
	if !result.Sealed {
		verdict.Status = "unsealed"
		return verdict, nil
	}
	verdict.Digest = &result.Digest
	return verdict, nil
}

func writeVerification(w io.Writer, document verification, folder string) {
	for _, file := range document.Files {
		switch file.Status {
		case "damaged":
			fmt.Fprintf(w, "! damaged   %s\n    %s\n", printableLine(file.Path), printableLine(*file.Reason))
		case "unsealed":
			fmt.Fprintf(w, "? unsealed  %s  (readable; it carries no digest)\n", printableLine(file.Path))
		default:
			fmt.Fprintf(w, "= whole     %s  (%s)\n", printableLine(file.Path), counted(file.Tenants, "tenant"))
		}
	}
	if len(document.Files) == 0 {
		fmt.Fprintf(w, "No backups in %s.\n", printableLine(folder))
		return
	}
	fmt.Fprintf(w, "\n%s checked, %d damaged.\n", counted(len(document.Files), "backup"), document.Damaged)
}
