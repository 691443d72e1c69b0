package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// writeAuditValues writes what --verbose adds to the table of records: where a run has
// its backup, and what each change found and wrote.
func writeAuditValues(w io.Writer, records []listedRecord) {
	for _, record := range records {
		switch record.Event {
		case audit.EventRunStart:
			fmt.Fprintf(w, "%s  %s by %s on %s\n", record.Time, printableLine(record.Command), printableLine(record.User), printableLine(record.Host))
			if record.GitCommit != nil {
				fmt.Fprintf(w, "    commit  %s\n", printableLine(*record.GitCommit))
			}
			fmt.Fprintf(w, "    %s\n", printableLine(cmp.Or(record.Detail, "without a backup")))
		case audit.EventRunEnd, audit.EventHook:
			continue // the table has all of it
		default:
			fmt.Fprintf(w, "%s  %s %s\n", record.Time, record.Action, printableLine(string(record.Address)))
			writeAuditFields(w, record.Record)
		}
		fmt.Fprintln(w)
	}
}

func writeAuditFields(w io.Writer, record audit.Record) {
	width := 0
	for _, field := range record.Fields {
		width = max(width, len(printableLine(field.Path)))
	}
	for _, field := range record.Fields {
		change := auditValue(field.Before, field.BeforeOmitted, "(not set)") + " -> " + auditValue(field.After, field.AfterOmitted, "(removed)")
		if field.Sensitive {
			change = sensitiveChanged
		}
		fmt.Fprintf(w, "    %-*s  %s\n", width, printableLine(field.Path), change)
	}
	if record.FieldsOmitted > 0 {
		fmt.Fprintf(w, "    %s did not fit into the record\n", counted(record.FieldsOmitted, "field"))
	}
	if record.Detail != "" {
		fmt.Fprintf(w, "    %s\n", printableLine(record.Detail))
	}
}

// auditValue shows a value, or how long it was where it did not fit into the record.
func auditValue(value resource.Value, omitted int, absent string) string {
	if omitted > 0 {
		return fmt.Sprintf("(%s omitted)", counted(omitted, "byte"))
	}
	return orWord(value, absent, false)
}
