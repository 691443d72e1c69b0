package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
)

func newDriftReportCommand(a *App) *cobra.Command {
	var flags driftFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Show since when each difference is there, and what was accepted; writes nothing",
		Long: "Detects as drift detect does, and lists the differences with the day on which each was first seen, the oldest first.\n" +
			"Of accepted ones it says until when, by whom and why.\n\n" + driftHelp,
		Example: "  descope-mgmt drift report -e prod\n  descope-mgmt drift report -e prod --severity warning --format json -o drift.json",
		Args:    exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runDriftReport(cmd.Context(), flags)
		},
	}
	flags.AddFlags(cmd.Flags())
	return exits(cmd, append([]Status{StatusChanges, StatusRefused, StatusIntegrity}, talking...)...)
}

func (a *App) runDriftReport(ctx context.Context, flags driftFlags) error {
	return a.runDrift(ctx, flags, driftView.writeAges)
}

// writeAges writes the findings under the day on which they were first seen.
func (v driftView) writeAges(w io.Writer, result drift.Result) {
	fmt.Fprintln(w, v.headline)
	fmt.Fprintln(w)
	findings := slices.Clone(result.Findings)
	slices.SortStableFunc(findings, func(a, b drift.Finding) int { return compareDays(a.FirstSeen, b.FirstSeen) })
	for start := 0; start < len(findings); {
		seen := dayText(findings[start].FirstSeen, result.CreatedAt)
		fmt.Fprintln(w, seen)
		end := start
		for address := findings[start].Address; end < len(findings) && dayText(findings[end].FirstSeen, result.CreatedAt) == seen; end++ {
			if end == start || findings[end].Address != address {
				address = findings[end].Address
				fmt.Fprintln(w, "  "+printableLine(string(address)))
			}
			v.finding(w, &findings[end])
		}
		fmt.Fprintln(w)
		start = end
	}
	v.ending(w, result)
}

// compareDays puts what nobody has seen before at the end.
func compareDays(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.UTC().Truncate(oneDay).Compare(b.UTC().Truncate(oneDay))
}

const oneDay = 24 * time.Hour

// dayText is a day and how long ago it was; days are those of UTC, as everywhere.
func dayText(seen *time.Time, now time.Time) string {
	if seen == nil {
		return "First seen: not recorded"
	}
	days := int(now.UTC().Truncate(oneDay).Sub(seen.UTC().Truncate(oneDay)) / oneDay)
	when := counted(days, "day") + " ago"
	if days <= 0 {
		when = "today"
	}
	return fmt.Sprintf("First seen: %s (%s)", seen.UTC().Format(time.DateOnly), when)
}
