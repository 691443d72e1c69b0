package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	Unreadable    int            `json:"unreadable"`
}

// verifiedFile is the verdict on one file.
type verifiedFile struct {
	Path    string  `json:"path"`
	Status  string  `json:"status"` // "whole", "unsealed", "damaged" or "unreadable"
	Reason  *string `json:"reason"` // null unless it is damaged or cannot be read
	Digest  *string `json:"sha256"` // null where it has none
	Tenants int     `json:"tenants"`
	Flows   int     `json:"flows"`
}

func newBackupVerifyCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "verify [FILE|latest...]",
		Short: "Check that backups are as they were written",
		Long: "Reads each file to its end and checks its form and its digest, which covers every byte. Without FILE it checks\n" +
			"all backups in the backup folder. A file of another tool that carries no digest is readable, and nobody can\n" +
			"tell whether it was changed: it is called unsealed. A file that is not there or cannot be read keeps no other from\n" +
			"being checked. latest is the newest backup of the project that no restore and no undo has taken. With --quiet\n" +
			"only files that are not whole are printed.",
		Example: "  descope-mgmt backup verify\n  descope-mgmt backup verify 2026-11-25_14-22-33_pre-tenant-sync.json",
		Args:    rangeArgs(0, notGiven),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runBackupVerify(cmd.Context(), args) },
	}, StatusError, StatusAuth, StatusIntegrity)
}

func (a *App) runBackupVerify(ctx context.Context, given []string) error {
	document := verification{FormatVersion: resource.FormatVersion, Files: []verifiedFile{}}
	var folder string
	var err error
	if len(given) > 0 {
		err = a.verifyGiven(ctx, &document, given)
	} else {
		folder, err = a.verifyAll(ctx, &document)
	}
	if err != nil {
		return err
	}
	if err := a.show(document, func(w io.Writer) { writeVerification(w, document, folder, a.flags.quiet) }); err != nil {
		return err
	}
	switch {
	case document.Damaged > 0:
		return &failure{status: StatusIntegrity, code: "damaged_backup"}
	case document.Unreadable > 0:
		return &failure{status: StatusError, code: "unreadable_backup"}
	default:
		return nil
	}
}

// verifyGiven checks the files that somebody names. One that is not there, or is
// no file, keeps no other from being checked.
func (a *App) verifyGiven(ctx context.Context, document *verification, given []string) error {
	find, err := a.backupFinder(ctx, given)
	if err != nil {
		return err
	}
	for _, name := range given {
		found, err := find(name)
		if StatusOf(err) == StatusUsage {
			return err
		}
		verdict := verifiedFile{Path: a.absolute(name)}
		if err == nil {
			verdict, err = verdictOn(ctx, found)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			reason := err.Error()
			verdict.Status, verdict.Reason = statusUnreadable, &reason
		}
		document.add(verdict)
	}
	return nil
}

// verifyAll checks all backups of the folder, which it names.
func (a *App) verifyAll(ctx context.Context, document *verification) (folder string, err error) {
	_, _, files, err := a.openBackups(ctx)
	if err != nil {
		return "", err
	}
	infos, err := backup.List(ctx, files)
	if err != nil {
		return "", err
	}
	for _, info := range infos {
		verdict, err := verdictOn(ctx, backupFile{files: files, name: info.Name})
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody has just removed it
		}
		if err != nil {
			return "", err
		}
		document.add(verdict)
	}
	return filepath.Dir(files.Path("x")), nil
}

func (v *verification) add(file verifiedFile) {
	switch file.Status {
	case statusDamaged:
		v.Damaged++
	case statusUnreadable:
		v.Unreadable++
	}
	v.Files = append(v.Files, file)
}

// What a check of one file found.
const (
	statusWhole      = "whole"
	statusUnsealed   = "unsealed"
	statusDamaged    = "damaged"
	statusUnreadable = "unreadable"
)

// verdictOn checks one file. An error says that the check was ended, or that the
// file is not there.
func verdictOn(ctx context.Context, one backupFile) (verifiedFile, error) {
	verdict := verifiedFile{Path: one.path(), Status: statusWhole}
	result, err := backup.Verify(ctx, one.files, one.name)
	if damage, ok := errors.AsType[*backup.DamagedError](err); ok {
		verdict.Status, verdict.Reason = statusDamaged, &damage.Reason
		return verdict, nil
	}
	if reason, ok := unreadable(ctx, err); ok {
		verdict.Status, verdict.Reason = statusUnreadable, &reason
		return verdict, nil
	}
	if err != nil {
		return verdict, err
	}
	verdict.Tenants, verdict.Flows = result.Tenants, result.Flows
	if !result.Sealed {
		verdict.Status = statusUnsealed
		return verdict, nil
	}
	verdict.Digest = &result.Digest
	return verdict, nil
}

// unreadable says why the disk does not give a file that is there.
func unreadable(ctx context.Context, err error) (reason string, ok bool) {
	if err == nil || ctx.Err() != nil || errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	return err.Error(), true
}

// writeVerification writes the verdicts for people; quietly those that are not "whole",
// and nothing where there are none.
func writeVerification(w io.Writer, document verification, folder string, quiet bool) {
	shown := false
	for _, file := range document.Files {
		if quiet && file.Status == statusWhole {
			continue
		}
		shown = true
		switch file.Status {
		case statusDamaged, statusUnreadable:
			fmt.Fprintf(w, "%s\n    %s\n", styleOf(w).mark("!", fmt.Sprintf("! %-10s  %s", file.Status, printableLine(file.Path))), printableLine(*file.Reason))
		case statusUnsealed:
			fmt.Fprintf(w, "%s  (it can be read, but carries no digest: nobody can tell whether it was changed)\n", styleOf(w).mark("?", "? unsealed    "+printableLine(file.Path)))
		default:
			fmt.Fprintf(w, "= whole       %s  (%s)\n", printableLine(file.Path), counted(file.Tenants, "tenant"))
		}
	}
	if len(document.Files) == 0 {
		fmt.Fprintf(w, "No backups in %s.\n", printableLine(folder))
		return
	}
	if quiet && !shown {
		return
	}
	unreadable := ""
	if document.Unreadable > 0 {
		unreadable = fmt.Sprintf(", %d could not be read", document.Unreadable)
	}
	fmt.Fprintf(w, "\n%s checked, %d damaged%s.\n", counted(len(document.Files), "backup"), document.Damaged, unreadable)
}
