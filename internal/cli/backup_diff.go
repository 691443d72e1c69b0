package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// backupDifference is what machines read about two backups, or a backup and what
// is live.
type backupDifference struct {
	FormatVersion string          `json:"format_version"`
	From          string          `json:"from"` // path
	To            string          `json:"to"`   // path, or "live"
	Changes       []backupChange  `json:"changes"`
	Summary       differenceCount `json:"summary"`
}

// backupChange is one object that differs. Paths are the API's own names.
type backupChange struct {
	Address resource.Address `json:"address"`
	Change  string           `json:"change"` // "added", "removed" or "changed", from the first to the second
	Fields  []fieldPair      `json:"fields"`
}

type fieldPair struct {
	Path   string         `json:"path"`
	Before resource.Value `json:"before"`
	After  resource.Value `json:"after"`
}

type differenceCount struct {
	Added   int `json:"added"`
	Removed int `json:"removed"`
	Changed int `json:"changed"`
}

func newBackupDiffCommand(a *App) *cobra.Command {
	var detailed bool
	cmd := &cobra.Command{
		Use:   "diff FILE|latest [FILE2]",
		Short: "Compare a backup with what is live, or with another backup",
		Long: "Shows what has changed from FILE to FILE2, or from FILE to what is live. What the service counts by itself is\n" +
			"passed over, and so is what only one of the two holds: an automatic backup knows the settings of few tenants.",
		Example: "  descope-mgmt backup diff latest -e dev\n  descope-mgmt backup diff monday.json tuesday.json --detailed-exitcode",
		Args:    rangeArgs(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runBackupDiff(cmd.Context(), args, detailed) },
	}
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there is a difference")
	return exits(cmd, append([]Status{StatusChanges, StatusIntegrity}, talking...)...)
}

func (a *App) runBackupDiff(ctx context.Context, args []string, detailed bool) error {
	document := backupDifference{FormatVersion: resource.FormatVersion, To: "live", Changes: []backupChange{}}
	var first, second backup.Backup
	headline := ""
	if len(args) == 2 {
		_, records, files, err := a.openBackups(ctx)
		if err != nil {
			return err
		}
		for i, into := range []*backup.Backup{&first, &second} {
			found, err := a.findBackup(records, files, args[i])
			if err != nil {
				return err
			}
			if *into, err = backup.Read(ctx, found.files, found.name); err != nil {
				return err
			}
			*[]*string{&document.From, &document.To}[i] = found.path()
		}
	} else {
		session, err := a.open(ctx, need{})
		if err != nil {
			return err
		}
		var found backupFile
		if found, first, err = session.readBackup(ctx, args[0]); err != nil {
			return err
		}
		document.From, headline = found.path(), session.headline()
		if second, err = session.liveLike(ctx, first); err != nil {
			return err
		}
	}
	fillDifference(&document, backup.Diff(first, second))
	if err := a.show(document, func(w io.Writer) { writeDifference(w, headline, document) }); err != nil {
		return err
	}
	if detailed && len(document.Changes) > 0 {
		return errChangesPresent
	}
	return nil
}

// liveLike is what is live, read as deeply as a backup holds its tenants.
func (s *session) liveLike(ctx context.Context, like backup.Backup) (backup.Backup, error) {
	if _, err := s.list(ctx); err != nil {
		return backup.Backup{}, err
	}
	needs := map[string]depth{}
	for _, tenant := range like.Tenants {
		switch {
		case tenant.SSO != nil || tenant.Roles != nil || tenant.PasswordSettings != nil:
			needs[tenant.ID] = needAll
		case tenant.Settings != nil:
			needs[tenant.ID] = needSettings
		}
	}
	kept, err := s.gather(ctx, needs, nil)
	if err != nil {
		return backup.Backup{}, err
	}
	return s.backupDocument(facts{}, s.app.run(), kept, nil)
}

// fillDifference makes the document of a comparison, sorted by address.
func fillDifference(document *backupDifference, found backup.Difference) {
	for _, tenant := range found.OnlyA {
		document.Changes = append(document.Changes, wholeTenant(tenant, "removed"))
		document.Summary.Removed++
	}
	for _, tenant := range found.OnlyB {
		document.Changes = append(document.Changes, wholeTenant(tenant, "added"))
		document.Summary.Added++
	}
	for _, tenant := range found.Changed {
		change := backupChange{Address: resource.NewAddress(resource.KindTenant, tenant.ID), Change: "changed", Fields: []fieldPair{}}
		for _, field := range tenant.Fields {
			change.Fields = append(change.Fields, fieldPair{Path: field.Path, Before: field.Before, After: field.After})
		}
		document.Changes = append(document.Changes, change)
		document.Summary.Changed++
	}
	sortByAddress(document.Changes)
}

// wholeTenant shows a tenant that only one side has by its name, because an id
// alone can say little.
func wholeTenant(tenant backup.Tenant, change string) backupChange {
	pair := fieldPair{Path: "name", Before: resource.StringValue(tenant.Name)}
	if change == "added" {
		pair.Before, pair.After = resource.Absent, pair.Before
	}
	return backupChange{Address: resource.NewAddress(resource.KindTenant, tenant.ID), Change: change, Fields: []fieldPair{pair}}
}

var differenceSymbols = map[string]string{"added": "+", "removed": "-", "changed": "~"}

func writeDifference(w io.Writer, headline string, document backupDifference) {
	if headline != "" {
		fmt.Fprintln(w, headline)
	}
	fmt.Fprintf(w, "From %s to %s\n\n", printableLine(document.From), printableLine(document.To))
	for _, change := range document.Changes {
		fmt.Fprintf(w, "%s %s %s\n", differenceSymbols[change.Change], change.Change, printableLine(string(change.Address)))
		for _, field := range change.Fields {
			switch {
			case field.Before.IsAbsent():
				fmt.Fprintf(w, "    %s  %s\n", printableLine(field.Path), showValue(field.After, false))
			case field.After.IsAbsent():
				fmt.Fprintf(w, "    %s  %s\n", printableLine(field.Path), showValue(field.Before, false))
			default:
				fmt.Fprintf(w, "    %s  %s -> %s\n", printableLine(field.Path), showValue(field.Before, false), showValue(field.After, false))
			}
		}
	}
	if len(document.Changes) == 0 {
		fmt.Fprintln(w, "No differences.")
		return
	}
	summary := document.Summary
	fmt.Fprintf(w, "\n%d added, %d removed, %d changed.\n", summary.Added, summary.Removed, summary.Changed)
}

func sortByAddress(changes []backupChange) {
	slices.SortFunc(changes, func(a, b backupChange) int { return cmp.Compare(a.Address, b.Address) })
}
