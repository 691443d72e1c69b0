package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// freshFor is how old the list of live objects may be when it goes into a backup:
// while somebody looks at a plan, others go on working.
const freshFor = time.Minute

// keep takes the backup that goes before the first write: every tenant as the
// list shows it, and what a call each costs for those that the plan deletes or
// whose settings it writes. It is on disk and was read back when keep returns nil.
func (r *run) keep(ctx context.Context) error {
	s := r.session
	files, err := s.backups()
	if err != nil {
		return &backup.SaveError{Err: err}
	}
	needs, omit := r.needs()
	if err := r.refresh(ctx); err != nil {
		return err
	}
	if err := s.readGoing(ctx, plan.Deletes(r.result.Plan)); err != nil {
		return err
	}
	r.tellGoing()
	kept, err := s.gather(ctx, needs, nil)
	if err != nil {
		return err
	}
	if err := r.checkKeptSSO(kept); err != nil {
		return err
	}
	document, err := s.backupDocument(r.facts, r.id, kept, omit)
	if err != nil {
		return &backup.SaveError{Err: err}
	}
	document.Flows, document.Metadata.FlowsAbsent = r.keptFlows(), r.absentFlows()
	saved, err := backup.Save(ctx, files, document)
	if err != nil {
		return err
	}
	r.backup = saved.Path
	s.app.log.Info("backup saved", slog.String("file", saved.Path), slog.Int64("bytes", saved.Size), slog.String("sha256", saved.Digest))
	r.hooks = s.app.runHooks(ctx, s.settings.Backup, saved.Path)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(r.hooks) > 0 { // they may have moved it, or written into it
		if err := backup.Check(ctx, files, saved); err != nil {
			r.backup = ""
			return err
		}
	}
	s.pruneQuietly(ctx, files, saved.Name)
	return nil
}

// refresh lists what is live anew where the list has become old, and refuses the
// plan when the new list shows that what it writes has changed meanwhile.
func (r *run) refresh(ctx context.Context) error {
	s := r.session
	if s.app.Now().Sub(s.listedAt) <= freshFor {
		return nil
	}
	planned := !s.listedAt.IsZero() // a run about flows has not listed them, and the backup holds them all the same
	if planned {
		s.app.notice("the list of tenants is older than %s: listing them again for the backup", freshFor)
	}
	before, err := s.digests(r.result.Plan)
	if err != nil {
		return err
	}
	if _, err := s.list(ctx); err != nil {
		return err
	}
	now, err := s.digests(r.result.Plan)
	if err != nil || !planned {
		return err
	}
	for _, change := range r.result.Plan.Changes {
		if before[change.ID] != now[change.ID] {
			return stalePlan("somebody has changed " + string(change.Address))
		}
	}
	return nil
}

// digests are those of the live tenants that a plan writes, by id, as the last
// list shows them. Those that are not there have none.
func (s *session) digests(made *resource.Plan) (map[string]string, error) {
	byID, digests := s.liveByID(), map[string]string{}
	for _, change := range made.Changes {
		tenant := byID[change.ID]
		if change.Kind != resource.KindTenant || !change.Action.Writes() || tenant == nil {
			continue
		}
		digest, err := tenant.WithoutSettings().Digest()
		if err != nil {
			return nil, err
		}
		digests[change.ID] = digest
	}
	return digests, nil
}

// needs says, by tenant id, what a backup has to read beside the list, and which
// values must not stand in it.
func (r *run) needs() (map[string]depth, map[string][]resource.Path) {
	needs, omit := map[string]depth{}, map[string][]resource.Path{}
	for _, change := range r.result.Plan.Changes {
		if change.Kind != resource.KindTenant || !change.Action.Writes() {
			continue
		}
		if change.Action == resource.ActionDelete {
			needs[change.ID] = needAll
		}
		for _, field := range change.Fields {
			if field.At.Field == "settings" && change.Action == resource.ActionUpdate {
				needs[change.ID] = max(needs[change.ID], needSettings)
			}
			if field.Sensitive {
				omit[change.ID] = append(omit[change.ID], field.At)
			}
		}
	}
	return needs, omit
}

// depth is how much of a tenant a backup holds.
type depth int

const (
	needList     depth = iota // the tenant object
	needSettings              // and its settings
	needAll                   // and its SSO and password settings, and its own roles
)

// extra is what was read of one tenant beside the list.
type extra struct {
	tenant   resource.Tenant
	settings json.RawMessage
	sso      []json.RawMessage
	password json.RawMessage
	roles    []json.RawMessage
	all      bool
}

// gather reads what a backup needs. The result has one entry for each live
// tenant, in the list's order. What the key may not see, or the host does not
// know, is left out; any other failure ends it. What was read already, by
// [session.readGoing] or as roles, is not read again.
func (s *session) gather(ctx context.Context, needs map[string]depth, roles map[string][]json.RawMessage) ([]extra, error) {
	kept := make([]extra, len(s.live))
	everything := false
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	reader := s.reader
	for i, tenant := range s.live {
		one := &kept[i]
		one.tenant, one.all = tenant, needs[tenant.ID] == needAll
		everything = everything || one.all
		known := s.going[tenant.ID]
		if one.all && known != nil {
			one.settings, one.password = known.settings, known.password
		} else if needs[tenant.ID] >= needSettings {
			tasks.Go(func() (err error) {
				one.settings, err = readable(reader.TenantSettings(ctx, tenant.ID))
				return err
			})
		}
		if !one.all {
			continue
		}
		tasks.Go(func() (err error) {
			one.sso, err = readable(reader.SSOConfigurations(ctx, tenant.ID))
			return err
		})
		if known == nil {
			tasks.Go(func() (err error) {
				one.password, err = readable(reader.PasswordSettings(ctx, tenant.ID))
				return err
			})
		}
	}
	if everything && roles == nil {
		tasks.Go(func() (err error) {
			roles, err = s.tenantRoles(ctx)
			return err
		})
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	for i := range kept {
		if kept[i].all && roles != nil {
			kept[i].roles = append([]json.RawMessage{}, roles[kept[i].tenant.ID]...)
		}
	}
	return kept, nil
}

// readable turns "nothing to read here" into nothing.
func readable[T any](value T, err error) (T, error) {
	value, _, err = refusable(value, err)
	return value, err
}

// refusable tells "nothing to read here" apart from other failures.
func refusable[T any](value T, err error) (read T, refused, failed error) {
	if err != nil && descope.IsUnreadable(err) {
		return read, err, nil
	}
	return value, nil, err
}

// tenantRoles lists the roles by the tenant that they belong to; those of the
// project are under the empty id. It is nil where they cannot be read.
func (s *session) tenantRoles(ctx context.Context) (map[string][]json.RawMessage, error) {
	roles, err := s.listRoles(ctx)
	return roles.byTenant, err
}

// listRoles lists the roles, once for each list of tenants.
func (s *session) listRoles(ctx context.Context) (ownRoles, error) {
	if s.roles != nil {
		return *s.roles, nil
	}
	all, refused, err := refusable(s.reader.Roles(ctx))
	if err != nil {
		return ownRoles{}, err
	}
	found := ownRoles{refused: refused}
	if refused == nil {
		found.byTenant = map[string][]json.RawMessage{}
	}
	for _, raw := range all {
		var role struct {
			TenantID string `json:"tenantId"`
		}
		if err := json.Unmarshal(raw, &role); err != nil {
			return ownRoles{}, fmt.Errorf("list of roles: %w", err)
		}
		found.byTenant[role.TenantID] = append(found.byTenant[role.TenantID], raw)
	}
	s.roles = &found
	return found, nil
}

// checkKeptSSO refuses a delete whose tenant got an SSO configuration since the
// plan was made.
func (r *run) checkKeptSSO(kept []extra) error {
	if r.result.Plan.Options.AllowSSOLoss {
		return nil
	}
	for _, one := range kept {
		if !one.all {
			continue
		}
		if what := resource.DescribeSSO(one.sso, one.tenant); what != "" {
			return refusedError("stale_plan",
				fmt.Sprintf("refused, nothing was sent: %s has %s since the plan was made, which a delete would lose", one.tenant.Address(), what),
				"look at a new plan, and approve that one")
		}
	}
	return nil
}

// backupDocument makes the document of what was kept.
func (s *session) backupDocument(facts facts, runID string, kept []extra, omit map[string][]resource.Path) (backup.Backup, error) {
	document := backup.Backup{
		Metadata: backup.Metadata{
			Timestamp: s.app.Now(), Operation: s.app.operation(), User: &facts.user, GitCommit: facts.commit, GitDirty: facts.dirty,
			Environment: s.environment(), ProjectID: s.target.ProjectID, Host: s.host,
			ToolVersion: currentBuild().Version, RunID: runID,
		},
		Tenants: make([]backup.Tenant, 0, len(kept)),
		Flows:   []backup.Flow{},
	}
	for _, one := range kept {
		entry, err := backup.NewTenant(one.tenant, backup.Extras{
			Settings: one.settings, SSO: one.sso, Roles: one.roles, PasswordSettings: one.password,
		}, s.omit(one.tenant.ID, omit[one.tenant.ID]))
		if err != nil {
			return backup.Backup{}, err
		}
		document.Tenants = append(document.Tenants, entry)
	}
	return document, nil
}

// backups is the place where backups are kept: as the flag says, else the
// variable, the configuration, the user's own settings, or the state folder.
func (s *session) backups() (backup.Files, error) {
	return s.app.backupFiles(s.settings, s.records)
}

// pruneQuietly removes old backups after a new one, of this project alone: the
// retention may stand in a configuration that has no say in those of others. Its
// failure is a remark: the new one is safe.
func (s *session) pruneQuietly(ctx context.Context, files backup.Files, justSaved string) {
	removed, err := s.app.prune(ctx, files, s.records, backup.PrunePolicy{
		Keep: time.Duration(s.settings.Backup.RetentionDays) * day, Host: s.host, ProjectID: s.target.ProjectID,
	}, justSaved)
	if err != nil {
		s.app.notice("warning: old backups were not removed: %v", err)
	}
	for _, info := range removed {
		s.app.log.Info("old backup removed", slog.String("file", filepath.Base(info.Name)))
	}
}
