package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/restore"
)

// restoreOptions are the flags of backup restore.
type restoreOptions struct {
	approveFlags
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
	_ = cmd.Flags().MarkHidden("allow-deletes") // there are none; scripts may still say so
	addOverrideFlag(cmd.Flags(), &options.overrides)
	cmd.Flags().StringArrayVar(&options.target, "target", nil, "restore only addresses that match `GLOB`; repeatable (tenant/acme-*)")
	cmd.Flags().StringArrayVar(&options.exclude, "exclude", nil, "leave out addresses that match `GLOB`; repeatable")
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
	restoring, err := session.newRestoring(document, narrowed)
	if err != nil {
		return err
	}
	session.alike = "is as the backup has it"
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
	if o.only == "flows" {
		return usageError("flows cannot be restored by this version", "leave --only out, or give --only tenants")
	}
	return nil
}

// readBackup reads the backup that a user names, or the latest of this project.
func (s *session) readBackup(ctx context.Context, given string) (backupFile, backup.Backup, error) {
	if s.stateErr != nil {
		return backupFile{}, backup.Backup{}, s.stateErr
	}
	files, err := s.backups()
	if err != nil {
		return backupFile{}, backup.Backup{}, err
	}
	found := backupFile{files: files}
	if given == "latest" {
		infos, err := backup.List(ctx, files)
		if err != nil {
			return backupFile{}, backup.Backup{}, err
		}
		latest, any := backup.Latest(infos, s.host, s.target.ProjectID)
		if !any {
			return backupFile{}, backup.Backup{}, &failure{
				status: StatusError, code: "no_such_backup", message: "there is no backup of " + s.place() + " in the backup folder",
				hint: "descope-mgmt backup list shows all; name a file, or take a backup with descope-mgmt backup create",
			}
		}
		found.name = latest.Name
	} else if found, err = s.app.findBackup(s.records, files, given); err != nil {
		return backupFile{}, backup.Backup{}, err
	}
	document, err := backup.Read(ctx, found.files, found.name)
	if err == nil && !document.Metadata.Sealed() {
		s.app.warn("warning: %s carries no digest: nobody can tell whether it was changed", found.path())
	}
	return found, document, err
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

// restoring is a backup on its way back.
type restoring struct {
	session *session
	options resource.PlanOptions
	was     []restore.Was
	all     map[string]bool // ids of all tenants in the backup
	home    bool            // the backup is of this very project
	notes   []resource.Note
	wants   []resource.Desired // as the last plan had them
}

// newRestoring selects what is to be restored.
func (s *session) newRestoring(document backup.Backup, options resource.PlanOptions) (*restoring, error) {
	r := &restoring{session: s, options: options, all: map[string]bool{}, home: document.Metadata.ProjectID == s.target.ProjectID}
	addresses, outside := []string{}, 0
	for _, entry := range document.Tenants {
		r.all[entry.ID] = true
		address := string(resource.NewAddress(resource.KindTenant, entry.ID))
		addresses = append(addresses, address)
		if len(options.Target) > 0 && !resource.MatchAny(options.Target, address) || resource.MatchAny(options.Exclude, address) {
			continue
		}
		if s.config != nil && !s.config.Manage(s.target.Resources).InScope(entry.ID) {
			outside++
			continue
		}
		one, err := wasOf(entry)
		if err != nil {
			return nil, err
		}
		r.was = append(r.was, one)
	}
	if outside > 0 {
		r.note("outside_scope", "outside of manage.tenants, and therefore left as before: %s of the backup", counted(outside, "tenant"))
	}
	if len(document.Flows) > 0 {
		r.note("kind_not_restored", "left as before, since this version restores tenants: %s of the backup", counted(len(document.Flows), "flow"))
	}
	for _, glob := range options.Target {
		if !slices.ContainsFunc(addresses, glob.Match) {
			return nil, usageError(fmt.Sprintf("--target %q names nothing in the backup", string(glob)), "descope-mgmt backup show lists what is in it")
		}
	}
	return r, nil
}

func (r *restoring) note(code, format string, arguments ...any) {
	r.notes = append(r.notes, resource.Note{Code: code, Message: fmt.Sprintf(format, arguments...)})
}

// plan plans the backup back from what is live now.
func (r *restoring) plan(ctx context.Context, options restoreOptions) (plan.Result, error) {
	s := r.session
	live, err := s.list(ctx)
	if err != nil {
		return plan.Result{}, err
	}
	if err := s.recover(ctx, live); err != nil {
		return plan.Result{}, err
	}
	if err := s.readSettingsOf(ctx, r.keptSettings()); err != nil {
		return plan.Result{}, err
	}
	byID := s.liveByID()
	r.wants = nil
	var losses []resource.Note
	for _, was := range r.was {
		wanted, lost := restore.Tenant(was, byID[was.Tenant.ID])
		if managed, found := s.managed(wanted.ID); found {
			wanted.Protect = managed.Protect
		}
		r.wants, losses = append(r.wants, wanted), append(losses, lost...)
	}
	result, err := s.makePlan(ctx, wanted{
		desired: r.wants,
		manage:  resource.Manage{Configured: true, Orphans: resource.OrphansIgnore},
		options: resource.PlanOptions{Target: []resource.Glob{}, Exclude: []resource.Glob{}},
		guards:  s.thresholds(), allowed: options.overrides,
	}, s.live)
	if err != nil {
		return plan.Result{}, err
	}
	result.Plan.Options = r.options
	if r.home {
		dropNotes(result.Plan, plan.NoteAttributeUndefined)
	}
	addNotes(result.Plan, slices.Concat(r.notes, losses, r.notInBackup()))
	return result, nil
}

// keptSettings are the tenants whose settings the backup holds.
func (r *restoring) keptSettings() map[string]bool {
	ids := map[string]bool{}
	for _, was := range r.was {
		if was.Tenant.HasSettings() {
			ids[was.Tenant.ID] = true
		}
	}
	return ids
}

// notInBackup lists what is live and was not when the backup was taken. It stays.
func (r *restoring) notInBackup() []resource.Note {
	var notes []resource.Note
	if len(r.options.Target) > 0 {
		return nil
	}
	for _, tenant := range r.session.live {
		inScope := r.session.config == nil || r.session.config.Manage(r.session.target.Resources).InScope(tenant.ID)
		if !r.all[tenant.ID] && inScope && !resource.MatchAny(r.options.Exclude, string(tenant.Address())) {
			notes = append(notes, resource.Note{Address: tenant.Address(), Code: "not_in_backup", Message: "it is live and not in the backup; it stays as it is"})
		}
	}
	return notes
}

// compare says how what is live compares with the backup; fresh says that the
// list of live objects is read anew.
func (r *restoring) compare(ctx context.Context, fresh bool) (*resource.Restored, error) {
	s := r.session
	if fresh {
		if _, err := s.list(ctx); err != nil {
			return nil, err
		}
		if err := s.readSettingsOf(ctx, r.keptSettings()); err != nil {
			return nil, err
		}
	}
	byID := s.liveByID()
	result := &resource.Restored{Addresses: len(r.was), Different: []resource.Address{}}
	for _, was := range r.was {
		live := byID[was.Tenant.ID]
		if live != nil {
			wanted, _ := restore.Tenant(was, live)
			if isAsWanted(wanted, *live) {
				result.Equal++
				continue
			}
		}
		result.Different = append(result.Different, was.Tenant.Address())
	}
	slices.Sort(result.Different)
	return result, nil
}
