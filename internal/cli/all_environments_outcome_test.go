package cli

import (
	"context"
	"os"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestAnInterruptedEnvironmentCountsByItsReport: the command ends with the status of
// the signal all the same.
func TestAnInterruptedEnvironmentCountsByItsReport(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{signal: os.Interrupt})
	for name, c := range map[string]struct {
		summary resource.ReportSummary
		want    Status
		count   environmentsSummary
	}{
		"all of it was done": {resource.ReportSummary{Succeeded: 2}, StatusOK, environmentsSummary{Succeeded: 1}},
		"a part of it":       {resource.ReportSummary{Succeeded: 1, Skipped: 1}, StatusInterrupted, environmentsSummary{Failed: 1}},
		"nothing":            {resource.ReportSummary{Skipped: 2}, StatusInterrupted, environmentsSummary{Failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			one := &part{environment: "dev", document: resource.Report{Summary: c.summary}, err: interruption(ctx)}
			several := &several{parts: []*part{one}}
			c.count.Environments, c.count.ExitStatus = 1, StatusInterrupted
			if got := several.document(StatusInterrupted); got.Environments[0].status != c.want || got.Summary != c.count {
				t.Errorf("status %d, %+v", got.Environments[0].status, got.Summary)
			}
			if one.status() != StatusInterrupted {
				t.Errorf("the command would end with %d", one.status())
			}
		})
	}
	late := &part{environment: "prod"}
	late.notRun(ctx)
	if late.outcome() != StatusInterrupted {
		t.Errorf("what was not run has the status %d", late.outcome())
	}
}
