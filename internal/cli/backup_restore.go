package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
)

// restoreOptions are the flags of backup restore.
type restoreOptions struct {
	approveFlags
	flowFlags
	target, exclude []string
	only            string
	intoProject     string
	dryRun          bool
	detailed        bool
	overrides       []string
}

// restorable are the kinds that --only knows.
var restorable = []string{"tenants", "flows"}

func newBackupRestoreCommand(a *App) *cobra.Command {
	var options restoreOptions
	cmd := &cobra.Command{
		Use:   "restore FILE|latest",
		Short: "Put back what a backup holds; deletes nothing",
		Long: "Plans what is in a backup back: missing tenants are created again, parents before children, others get the values\n" +
			"that they had. It deletes nothing: what is live and not in the backup is listed. What cannot come back (members of\n" +
			"a deleted tenant, secrets) is listed too. The plan is previewed, approved, backed up and verified like an apply, and\n" +
			"afterwards each object is compared with the backup. latest is this project's newest backup that no restore and no\n" +
			"undo has taken. A backup of another project or host is refused unless --into-project names the target.",
		Example: "  descope-mgmt backup restore latest -e dev --dry-run\n  descope-mgmt backup restore latest -e dev --yes\n" +
			"  descope-mgmt backup restore saved.json --target 'tenant/acme-*' --yes",
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runRestore(cmd.Context(), options, args[0]) },
	}
	options.approveFlags.AddFlags(cmd.Flags())
	options.flowFlags.AddFlags(cmd.Flags())
	_ = cmd.Flags().MarkHidden("allow-deletes") // there are none; scripts may still say so
	addOverrideFlag(cmd.Flags(), &options.overrides)
	cmd.Flags().StringArrayVar(&options.target, "target", nil, "restore only addresses that match `GLOB`; repeatable (tenant/acme-*)")
	cmd.Flags().StringArrayVar(&options.exclude, "exclude", nil, "leave out addresses that match `GLOB`; one without wildcards must exist; repeatable")
	cmd.Flags().StringVar(&options.only, "only", "", "restore one `KIND` only: tenants or flows")
	cmd.Flags().StringVar(&options.intoProject, "into-project", "", "restore into the project `ID` although the backup is of another project or host")
	cmd.Flags().BoolVar(&options.dryRun, "dry-run", false, "only show the plan")
	cmd.Flags().BoolVar(&options.detailed, "detailed-exitcode", false, "with --dry-run: exit 2 when changes are present")
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func (a *App) runRestore(ctx context.Context, options restoreOptions, given string) error {
	if err := checkOverrides(options.overrides); err != nil {
		return err
	}
	narrowed, err := (&planFlags{target: options.target, exclude: options.exclude}).options()
	if err != nil {
		return err
	}
	if err := options.checkOnly(); err != nil {
		return err
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	found, document, err := session.readBackup(ctx, given)
	if err != nil {
		return err
	}
	if err := session.checkOrigin(document.Metadata, options.intoProject); err != nil {
		return err
	}
	a.notice("restoring from %s", found.path())
	restoring, err := session.newRestoring(document, narrowed, options.only)
	if err != nil {
		return err
	}
	session.alike, session.origin = "is as the backup has it", history.OriginRestored
	proposed, err := propose(ctx, func(ctx context.Context) (plan.Result, error) { return restoring.plan(ctx, options) })
	if err != nil {
		return err
	}
	if options.dryRun {
		return session.showPlan(proposed.result, options.detailed, "")
	}
	session.restored = restoring.compare
	return session.carryOut(ctx, proposed, options.approveFlags)
}

func (o restoreOptions) checkOnly() error {
	if o.only != "" && !slices.Contains(restorable, o.only) {
		return usageError(fmt.Sprintf("--only %q", o.only), suggestion(o.only, restorable))
	}
	return nil
}

// readBackup reads the backup that a user names, or the latest of this project.
func (s *session) readBackup(ctx context.Context, given string) (backupFile, backup.Backup, error) {
	found, err := s.findBackup(ctx, given)
	if err != nil {
		return backupFile{}, backup.Backup{}, err
	}
	document, err := backup.Read(ctx, found.files, found.name)
	if err == nil && !document.Metadata.Sealed() {
		s.app.warn("warning: %s carries no digest: nobody can tell whether it was changed", found.path())
	}
	return found, document, err
}

// findBackup finds the backup that a user names, or the latest of this project.
func (s *session) findBackup(ctx context.Context, given string) (backupFile, error) {
	if s.stateErr != nil {
		return backupFile{}, s.stateErr
	}
	files, err := s.backups()
	if err != nil {
		return backupFile{}, err
	}
	if given != latestBackup {
		return s.app.findBackup(ctx, s.records, files, given)
	}
	infos, err := backup.List(ctx, files)
	if err != nil {
		return backupFile{}, err
	}
	latest, ahead, any := backup.Latest(infos, s.host, s.target.ProjectID, s.app.Now())
	if len(ahead) > 0 {
		s.app.warn("warning: %s is dated in the future, %s, and is not taken for the latest%s: was a clock wrong?",
			files.Path(ahead[0].Name), ahead[0].Metadata.Timestamp.UTC().Format(time.RFC3339), andOthers(len(ahead)-1))
	}
	if !any {
		return backupFile{}, &failure{
			status: StatusError, code: "no_such_backup", message: "there is no backup of " + s.place() + " in the backup folder",
			hint: "descope-mgmt backup list shows all; name a file, or take a backup with descope-mgmt backup create",
		}
	}
	return backupFile{files: files, name: latest.Name}, nil
}

// andOthers says of how many others a sentence holds too.
func andOthers(count int) string {
	if count == 0 {
		return ""
	}
	return " (nor " + counted(count, "other") + ")"
}

// checkOrigin refuses a backup of another project or host, unless the target is
// named.
func (s *session) checkOrigin(m backup.Metadata, into string) error {
	if into != "" && into != s.target.ProjectID {
		return usageError(fmt.Sprintf("--into-project %s, but the target is the project %s", into, s.target.ProjectID), "select that project with -e or --project-id, or correct the id")
	}
	if into != "" || m.ProjectID == s.target.ProjectID && (m.Host == "" || strings.EqualFold(m.Host, s.host)) {
		return nil
	}
	whose := "the project " + m.ProjectID
	if m.Host != "" {
		whose += " on " + m.Host
	}
	return refusedError("other_project",
		fmt.Sprintf("refused, nothing was sent: the backup is of %s, and the target is the project %s on %s", whose, s.target.ProjectID, s.host),
		"if that is meant, give --into-project "+s.target.ProjectID)
}
