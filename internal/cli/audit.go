package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// auditOptions are the filters of audit list.
type auditOptions struct {
	since, address, user, result, run string
}

// auditList is what machines read about the audit log.
type auditList struct {
	FormatVersion string         `json:"format_version"`
	Environment   *string        `json:"environment"`
	ProjectID     string         `json:"project_id"`
	Host          string         `json:"host"`
	File          string         `json:"file"`
	Records       []listedRecord `json:"records"` // oldest first
}

// listedRecord is a record as the log has it, and beside it what its detail says.
type listedRecord struct {
	audit.Record
	Backup string `json:"backup,omitempty"` // path, of the start of a run that took one
}

// backupDetail is what stands before the path of the backup in the detail of a run's
// start.
const backupDetail = ", backup "

func listRecord(record audit.Record) listedRecord {
	listed := listedRecord{Record: record}
	if record.Event == audit.EventRunStart {
		_, listed.Backup, _ = strings.Cut(record.Detail, backupDetail)
	}
	return listed
}

// auditVerdict is what machines read about a check of the audit log.
type auditVerdict struct {
	FormatVersion string  `json:"format_version"`
	Environment   *string `json:"environment"`
	ProjectID     string  `json:"project_id"`
	Host          string  `json:"host"`
	File          string  `json:"file"`
	Records       int     `json:"records"`
	Head          string  `json:"head"`
	Pending       bool    `json:"pending"` // an append was cut off; the next one settles it
}

func newAuditCommand(a *App) *cobra.Command {
	cmd := exits(&cobra.Command{
		Use:     "audit",
		Short:   "See and check the record of what was written",
		Example: "  descope-mgmt audit list -e dev --since 7d\n  descope-mgmt audit verify -e dev",
	})
	cmd.AddCommand(newAuditListCommand(a), newAuditVerifyCommand(a))
	return group(cmd)
}

func newAuditListCommand(a *App) *cobra.Command {
	var options auditOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who wrote what, and when",
		Long: "Lists the records of the project's audit log, oldest first: the start and the end of each run, and one for each\n" +
			"change. With --verbose also each run's commit and backup, and each change's values before and after. Asks Descope\n" +
			"nothing and needs no key. A log whose chain is broken ends the list with status 9.",
		Example: "  descope-mgmt audit list -e dev --since 24h\n  descope-mgmt audit list --address 'tenant/acme-*' --result failed --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runAuditList(cmd.Context(), options) },
	}
	cmd.Flags().StringVar(&options.since, "since", "", "only records since `TIME`: RFC 3339, a date, or so long ago (90m, 24h, 7d)")
	cmd.Flags().StringVar(&options.address, "address", "", "only records of addresses that match `GLOB`")
	cmd.Flags().StringVar(&options.user, "user", "", "only records of this `USER`")
	cmd.Flags().StringVar(&options.result, "result", "", "only records with this `RESULT`: of a change success, failed, skipped or unknown; of a run success, partial, failed, stopped or interrupted")
	cmd.Flags().StringVar(&options.run, "run", "", "only records of this run's `ID`")
	return exits(cmd, StatusError, StatusAuth, StatusIntegrity)
}

func newAuditVerifyCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "verify",
		Short: "Check that the audit log is as it was written",
		Long: "Reads the project's audit log to its end and checks the chain: a record that was changed, removed, moved or\n" +
			"added ends it with status 9 and is named. What a chain cannot find stands in docs/audit.md.",
		Example: "  descope-mgmt audit verify -e dev",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runAuditVerify(cmd.Context()) },
	}, StatusError, StatusAuth, StatusIntegrity)
}

func (a *App) runAuditList(ctx context.Context, options auditOptions) error {
	session, err := a.open(ctx, need{offline: true})
	if err != nil {
		return err
	}
	filter, err := a.auditFilter(options)
	if err != nil {
		return err
	}
	document := auditList{
		FormatVersion: resource.FormatVersion, Environment: session.environment(), ProjectID: session.target.ProjectID,
		Host: session.host, File: session.audit.Path(), Records: []listedRecord{},
	}
	for record, err := range session.audit.Records(ctx, filter) {
		if err != nil {
			return err
		}
		document.Records = append(document.Records, listRecord(record))
	}
	return a.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		writeAudit(w, document.Records, a.flags.verbose)
	})
}

// auditResults are the results that records have: of changes, of runs, and of
// changes that a later run has found out about.
var auditResults = []string{
	string(resource.StatusSuccess), string(resource.StatusFailed), string(resource.StatusSkipped), string(resource.StatusUnknown),
	"partial", "stopped", "interrupted", string(resource.FoundDone), string(resource.FoundNotDone),
}

// auditFilter reads the filters.
func (a *App) auditFilter(options auditOptions) (audit.Filter, error) {
	filter := audit.Filter{Address: resource.Glob(options.address), User: options.user, Result: options.result, RunID: options.run}
	if options.address != "" {
		if err := resource.CheckGlob(options.address); err != nil {
			return filter, usageError(fmt.Sprintf("--address: %v", err), "for example --address 'tenant/acme-*'")
		}
	}
	if options.address != "" && !strings.ContainsAny(options.address, "/*?[") {
		return filter, usageError(fmt.Sprintf("--address %q is no address: a kind comes first", options.address),
			fmt.Sprintf("for example --address '%s'", resource.NewAddress(resource.KindTenant, options.address)))
	}
	if options.result != "" && !slices.Contains(auditResults, options.result) {
		return filter, usageError(fmt.Sprintf("unknown result %q", options.result), suggestion(options.result, auditResults))
	}
	if options.since == "" {
		return filter, nil
	}
	since, ok := parseSince(options.since, a.Now())
	if !ok {
		return filter, usageError(fmt.Sprintf("--since %q is no time", options.since), "for example --since 2026-11-25, --since 2026-11-25T14:00:00Z or --since 24h")
	}
	filter.Since = since
	return filter, nil
}

// parseSince reads a moment, a date in UTC, or a time before now.
func parseSince(text string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment, true
		}
	}
	if days, found := strings.CutSuffix(text, "d"); found {
		if count, err := strconv.Atoi(days); err == nil && count >= 0 && count < 100_000 {
			return now.AddDate(0, 0, -count), true
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), true
	}
	return time.Time{}, false
}

func writeAudit(w io.Writer, records []listedRecord, verbose bool) {
	var rows [][]string
	for _, record := range records {
		what := string(record.Action)
		if record.Address != "" {
			what += " " + string(record.Address)
		}
		switch record.Event {
		case audit.EventRunStart:
			what = withoutProgram(record.Command)
		case audit.EventRunEnd, audit.EventHook:
			what = record.Detail
		}
		rows = append(rows, []string{
			record.Time.String(), record.RunID, record.User, string(record.Event), strings.TrimSpace(what), record.Result, record.Code,
		})
	}
	if len(rows) > 0 {
		writeTable(w, []string{"TIME", "RUN", "USER", "EVENT", "CHANGE", "RESULT", "CODE"}, rows)
		fmt.Fprintln(w)
	}
	if verbose {
		writeAuditValues(w, records)
	}
	fmt.Fprintf(w, "%s.\n", counted(len(records), "record"))
}

func (a *App) runAuditVerify(ctx context.Context) error {
	session, err := a.open(ctx, need{offline: true})
	if err != nil {
		return err
	}
	summary, err := session.audit.Verify(ctx)
	if err != nil {
		return err
	}
	document := auditVerdict{
		FormatVersion: resource.FormatVersion, Environment: session.environment(), ProjectID: session.target.ProjectID,
		Host: session.host, File: session.audit.Path(), Records: summary.Records, Head: summary.Head, Pending: summary.Pending,
	}
	return a.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		if summary.Records == 0 && !summary.Pending {
			fmt.Fprintln(w, "The audit log is empty: no run of this tool has written to this project from here.")
			return
		}
		if summary.Pending {
			fmt.Fprintln(w, "A run was cut off while it wrote its last record; the next run settles that.")
		}
		fmt.Fprintf(w, "The audit log is whole: %s, head %s.\n", counted(summary.Records, "record"), summary.Head)
	})
}
