package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// backupMade is what machines read about a new backup.
type backupMade struct {
	FormatVersion      string  `json:"format_version"`
	Environment        *string `json:"environment"`
	ProjectID          string  `json:"project_id"`
	Host               string  `json:"host"`
	Backup             string  `json:"backup"` // path
	SHA256             string  `json:"sha256"`
	Bytes              int64   `json:"bytes"`
	Tenants            int     `json:"tenants"`
	Flows              int     `json:"flows"`
	Calls              int     `json:"calls"` // as they were sent, repeated ones among them
	CallsEstimate      int     `json:"calls_estimate"`
	DurationMS         int64   `json:"duration_ms"`
	DurationEstimateMS int64   `json:"duration_estimate_ms"` // as it was said beforehand
}

func newBackupCreateCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "create",
		Short: "Take a backup of everything that can be read",
		Long: "Keeps every tenant with its session settings, SSO configurations, roles and password settings, every flow, and the\n" +
			"project's own roles, permissions and password settings. That costs three calls for each tenant and one for each\n" +
			"flow: how many, and how long they take under the rate limits, is said beforehand. Nothing is written to Descope.\n" +
			"Every writing command takes a backup of its own, of all tenants and of what it deletes; this one is for more.",
		Example: "  descope-mgmt backup create -e dev\n  descope-mgmt backup create --backup-dir /mnt/backups --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runBackupCreate(cmd.Context()) },
	}, append([]Status{StatusIntegrity}, talking...)...)
}

func (a *App) runBackupCreate(ctx context.Context) error {
	started := a.Now()
	session, err := a.open(ctx, need{})
	if err != nil {
		return err
	}
	if session.stateErr != nil {
		return session.stateErr
	}
	files, err := session.backups()
	if err != nil {
		return &backup.SaveError{Err: err}
	}
	made := backupMade{
		FormatVersion: resource.FormatVersion, Environment: session.environment(), ProjectID: session.target.ProjectID, Host: session.host,
	}
	var calls atomic.Int64
	document, err := session.everything(descope.CountAttempts(ctx, &calls), started, &made)
	made.Calls = int(calls.Load())
	if err != nil {
		return err
	}
	saved, err := backup.Save(ctx, files, document)
	if err != nil {
		return err
	}
	a.log.Info("backup saved", slog.String("file", saved.Path), slog.Int64("bytes", saved.Size), slog.String("sha256", saved.Digest))
	hooks := a.runHooks(ctx, session.settings.Backup, saved.Path)
	recorded := session.recordHooks(ctx, hooks)
	if len(hooks) > 0 { // they may have moved it, or written into it
		if err := backup.Check(ctx, files, saved); err != nil {
			return err
		}
	}
	session.pruneQuietly(ctx, files, saved.Name)
	made.Backup, made.SHA256, made.Bytes = saved.Path, saved.Digest, saved.Size
	made.Tenants, made.Flows, made.DurationMS = len(document.Tenants), len(document.Flows), a.Now().Sub(started).Milliseconds()
	if err := cmp.Or(failedHook(session.settings.Backup, hooks), recorded); err != nil {
		a.notice("the backup itself is whole: %s", saved.Path)
		return err
	}
	return a.show(made, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		fmt.Fprintf(w, "Saved %s, %s and %d bytes, in %s and %s: %s\n", counted(made.Tenants, "tenant"), counted(made.Flows, "flow"), made.Bytes,
			counted(made.Calls, "call"), roughly(time.Duration(made.DurationMS)*time.Millisecond), printableLine(made.Backup))
	})
}

// everything reads all that a backup can hold, and says beforehand what that
// costs: a call that is as small as most of the others tells how long one takes.
func (s *session) everything(ctx context.Context, started time.Time, made *backupMade) (backup.Backup, error) {
	if err := s.listOnly(ctx); err != nil {
		return backup.Backup{}, err
	}
	asked := s.app.Now()
	var waited atomic.Int64 // for its turn, which the budget knows of already
	roles, err := s.tenantRoles(descope.CountWaits(ctx, &waited))
	if err != nil {
		return backup.Backup{}, err
	}
	latency := s.app.Now().Sub(asked) - time.Duration(waited.Load())
	flows, err := readable(s.reader.Flows(ctx))
	if err != nil {
		return backup.Backup{}, err
	}
	count := len(s.live)
	made.CallsEstimate = 5 + 3*count + len(flows) // the two lists, the project's three, three for each tenant, one for each flow
	loads := append(loadsOf(count, s.workers()), pace.Load{Class: pace.ClassOther, Calls: len(flows)})
	left, err := s.budget.Estimate(ctx, loads, s.workers(), latency)
	if err != nil {
		return backup.Backup{}, err
	}
	estimate := s.app.Now().Sub(started) + left
	made.DurationEstimateMS = estimate.Milliseconds()
	s.app.notice("reading %s and %s: %s, about %s", counted(count, "tenant"), counted(len(flows), "flow"), counted(made.CallsEstimate, "call"), roughly(estimate))
	project, err := s.projectSettings(ctx, roles)
	if err != nil {
		return backup.Backup{}, err
	}
	needs := make(map[string]depth, count)
	for _, tenant := range s.live {
		needs[tenant.ID] = needAll
	}
	kept, err := s.gather(ctx, needs, roles)
	if err != nil {
		return backup.Backup{}, err
	}
	document, err := s.backupDocument(s.facts(ctx), s.app.run(), kept, nil)
	if err != nil {
		return backup.Backup{}, &backup.SaveError{Err: err}
	}
	document.ProjectSettings = project
	document.Flows, err = s.allFlows(ctx, flows)
	return document, err
}

// loadsOf are the calls after the first two, in the order in which they are made:
// so many tenants are at work together as there are workers.
func loadsOf(tenants, workers int) []pace.Load {
	loads := []pace.Load{{Class: pace.ClassOther, Calls: 1}, {Class: pace.ClassOther, Calls: 1}}
	for left := tenants; left > 0; left -= workers {
		together := min(left, workers)
		loads = append(loads, pace.Load{Class: pace.ClassTenant, Calls: together}, pace.Load{Class: pace.ClassOther, Calls: 2 * together})
	}
	return loads
}

// listOnly lists what is live for a command that keeps or compares it, and needs
// none of the project's records.
func (s *session) listOnly(ctx context.Context) (err error) {
	if s.live, err = s.reader.Tenants(ctx); err == nil {
		s.listedAt = s.app.Now()
	}
	return err
}

// roughly is a time as a person wants to know it.
func roughly(took time.Duration) time.Duration {
	if took < time.Second {
		return max(took, time.Millisecond).Round(time.Millisecond)
	}
	return took.Round(100 * time.Millisecond)
}

// projectSettings is what belongs to the project itself. What the key may not
// see is left out, and so is a member that holds a secret.
func (s *session) projectSettings(ctx context.Context, roles map[string][]json.RawMessage) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	permissions, err := readable(s.reader.Permissions(ctx))
	if err != nil {
		return nil, err
	}
	password, err := readable(s.reader.PasswordSettings(ctx, ""))
	if err != nil {
		return nil, err
	}
	if roles != nil {
		members["roles"] = rawList(roles[""])
	}
	if permissions != nil {
		members["permissions"] = rawList(permissions)
	}
	if password != nil {
		members["passwordSettings"] = password
	}
	for name, raw := range members {
		if value, err := resource.ParseValue(raw); err != nil || s.app.redact.holdsValue(value) {
			delete(members, name)
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return nil, fmt.Errorf("project settings: %w", err)
	}
	return bytes.TrimSpace(text.Bytes()), nil
}

// rawList is a JSON list of items that are kept as they are.
func rawList(items []json.RawMessage) json.RawMessage {
	return append(append([]byte{'['}, bytes.Join(asBytes(items), []byte{','})...), ']')
}

func asBytes(items []json.RawMessage) [][]byte {
	texts := make([][]byte, len(items))
	for i, item := range items {
		texts[i] = item
	}
	return texts
}
