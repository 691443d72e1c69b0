package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// backupDifference is what machines read about two backups, or a backup and what
// is live.
type backupDifference struct {
	FormatVersion string          `json:"format_version"`
	From          string          `json:"from"` // path
	To            string          `json:"to"`   // path, or "live"
	Changes       []backupChange  `json:"changes"`
	NotCompared   []resource.Note `json:"not_compared"` // flows that one side cannot show
	Summary       differenceCount `json:"summary"`
}

// backupChange is one object that differs. Paths are those of plans, as far
// as these have them, else the API's own names; those of a flow are operations.
type backupChange struct {
	Address  resource.Address `json:"address"`
	Change   string           `json:"change"` // "added", "removed" or "changed", from the first to the second
	Fields   []fieldPair      `json:"fields"`
	Breaking []flow.Break     `json:"breaking"` // what of a flow's change can lock people out
}

func newBackupChange(address resource.Address, change string) backupChange {
	return backupChange{Address: address, Change: change, Fields: []fieldPair{}, Breaking: []flow.Break{}}
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
		Use:   "diff FILE|latest [FILE2|latest]",
		Short: "Compare a backup with what is live, or with another backup",
		Long: "Shows what has changed from FILE to FILE2, or from FILE to what is live. What the service counts by itself is\n" +
			"passed over, and so is what only one of the two holds: an automatic backup knows the settings of few tenants, and\n" +
			"few flows. Flows are compared by their meaning, and what can lock people out is marked.\n" +
			"latest is the project's newest backup that no restore and no undo has taken. Two files are compared without\n" +
			"asking Descope anything.",
		Example: "  descope-mgmt backup diff latest -e dev\n  descope-mgmt backup diff monday.json tuesday.json --detailed-exitcode",
		Args:    rangeArgs(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runBackupDiff(cmd.Context(), args, detailed) },
	}
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there is a difference")
	return exits(cmd, append([]Status{StatusChanges, StatusIntegrity}, talking...)...)
}

func (a *App) runBackupDiff(ctx context.Context, args []string, detailed bool) error {
	document := backupDifference{FormatVersion: resource.FormatVersion, To: "live", Changes: []backupChange{}, NotCompared: []resource.Note{}}
	var first, second backup.Backup
	var flows heldFlows
	headline := ""
	if len(args) == 2 {
		find, err := a.backupFinder(ctx, args)
		if err != nil {
			return err
		}
		read := func(given string) (path string, document backup.Backup, err error) {
			found, err := find(given)
			if err != nil {
				return "", backup.Backup{}, err
			}
			document, err = backup.Read(ctx, found.files, found.name)
			return found.path(), document, err
		}
		if document.From, first, err = read(args[0]); err != nil {
			return err
		}
		if document.To, second, err = read(args[1]); err != nil {
			return err
		}
		flows = flowsIn(second)
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
		session.tellOrigin(first.Metadata)
		if second, err = session.liveLike(ctx, first); err != nil {
			return err
		}
		if flows, err = session.liveFlowsLike(ctx, flowsIn(first)); err != nil {
			return err
		}
	}
	document.addTenants(backup.Diff(first, second))
	document.addFlows(flowsIn(first), flows)
	sortByAddress(document.Changes)
	if err := a.show(document, func(w io.Writer) { writeDifference(w, headline, document) }); err != nil {
		return err
	}
	if detailed && len(document.Changes) > 0 {
		return errChangesPresent
	}
	return nil
}

// tellOrigin says that a backup is of another project than the one that is looked at.
func (s *session) tellOrigin(m backup.Metadata) {
	if m.ProjectID == s.target.ProjectID && (m.Host == "" || strings.EqualFold(m.Host, s.host)) {
		return
	}
	whose := "project " + m.ProjectID
	if m.Host != "" {
		whose += " on " + m.Host
	}
	s.app.notice("note: the backup is of %s", printableLine(whose))
}

// liveLike is what is live, read as deeply as a backup holds its tenants.
func (s *session) liveLike(ctx context.Context, like backup.Backup) (backup.Backup, error) {
	if err := s.listOnly(ctx); err != nil {
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

// addTenants adds what the tenants differ in.
func (d *backupDifference) addTenants(found backup.Difference) {
	for _, tenant := range found.OnlyA {
		d.Changes = append(d.Changes, wholeObject(resource.NewAddress(resource.KindTenant, tenant.ID), tenant.Name, "removed"))
		d.Summary.Removed++
	}
	for _, tenant := range found.OnlyB {
		d.Changes = append(d.Changes, wholeObject(resource.NewAddress(resource.KindTenant, tenant.ID), tenant.Name, "added"))
		d.Summary.Added++
	}
	for _, tenant := range found.Changed {
		change := newBackupChange(resource.NewAddress(resource.KindTenant, tenant.ID), "changed")
		for _, field := range tenant.Fields {
			change.Fields = append(change.Fields, fieldPair{Path: field.Path, Before: field.Before, After: field.After})
		}
		d.Changes = append(d.Changes, change)
		d.Summary.Changed++
	}
}

// wholeObject shows an object that only one side has by its name, because an id
// alone can say little.
func wholeObject(address resource.Address, name, change string) backupChange {
	pair := fieldPair{Path: "name", Before: resource.StringValue(name)}
	if change == "added" {
		pair.Before, pair.After = resource.Absent, pair.Before
	}
	whole := newBackupChange(address, change)
	whole.Fields = append(whole.Fields, pair)
	return whole
}

var differenceSymbols = map[string]string{"added": "+", "removed": "-", "changed": "~"}

func writeDifference(w io.Writer, headline string, document backupDifference) {
	if headline != "" {
		fmt.Fprintln(w, headline)
	}
	fmt.Fprintf(w, "From %s to %s\n\n", printableLine(document.From), printableLine(document.To))
	for _, change := range document.Changes {
		symbol := differenceSymbols[change.Change]
		fmt.Fprintln(w, styleOf(w).mark(symbol, fmt.Sprintf("%s %s %s", symbol, change.Change, printableLine(string(change.Address)))))
		writeChanged(w, change.Fields)
		for _, one := range change.Breaking {
			fmt.Fprintf(w, "    %s\n        %s (%s)\n", styleOf(w).mark("!", "! "+printableLine(one.Message)), one.Reason, one.Rule)
		}
	}
	for _, one := range document.NotCompared {
		fmt.Fprintf(w, "? not compared %s: %s\n", printableLine(string(one.Address)), printableLine(one.Message))
	}
	switch {
	case len(document.Changes) == 0 && len(document.NotCompared) > 0:
		fmt.Fprintln(w, "\nNo differences in what could be compared.")
		return
	case len(document.Changes) == 0:
		fmt.Fprintln(w, "No differences.")
		return
	}
	summary := document.Summary
	fmt.Fprintf(w, "\n%d added, %d removed, %d changed.\n", summary.Added, summary.Removed, summary.Changed)
}

// writeChanged writes what differs of one object; what one side lacks is shown as the
// other has it.
func writeChanged(w io.Writer, fields []fieldPair) {
	width := 0
	for _, field := range fields {
		if !field.Before.IsAbsent() || !field.After.IsAbsent() {
			width = max(width, displayWidth(printableLine(field.Path)))
		}
	}
	for _, field := range fields {
		path := pad(printableLine(field.Path), width)
		switch {
		case field.Before.IsAbsent() && field.After.IsAbsent(): // an operation on a flow that says it all
			fmt.Fprintf(w, "    %s\n", printableLine(field.Path))
		case field.Before.IsAbsent():
			fmt.Fprintf(w, "    %s  %s\n", path, showValue(field.After, false))
		case field.After.IsAbsent():
			fmt.Fprintf(w, "    %s  %s\n", path, showValue(field.Before, false))
		default:
			writeTurn(w, path, showValue(field.Before, false), showValue(field.After, false))
		}
	}
}

func sortByAddress(changes []backupChange) {
	slices.SortFunc(changes, func(a, b backupChange) int { return cmp.Compare(a.Address, b.Address) })
}
