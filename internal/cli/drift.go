package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newDriftCommand(a *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "drift",
		Short:   "Find out what was changed outside of this tool",
		Long:    "Compares the code with the live project and with what was applied last, and says where each difference comes from.",
		Example: "  descope-mgmt drift detect -e prod",
	}
	cmd.AddCommand(newDriftDetectCommand(a), newDriftReportCommand(a), newDriftAdoptCommand(a))
	return exits(group(cmd))
}

// driftFlags narrow what is detected and what of it is shown.
type driftFlags struct {
	target   []string
	exclude  []string
	severity string
	detailed bool
	all      bool // in all environments
}

// AddFlags adds the flags.
func (f *driftFlags) AddFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.target, "target", nil, "only addresses that match `GLOB`; repeatable (tenant/acme-*)")
	flags.StringArrayVar(&f.exclude, "exclude", nil, "leave out addresses that match `GLOB`; one without wildcards must exist; repeatable")
	flags.StringVar(&f.severity, "severity", string(resource.SeverityInfo), "show and count only what is at least `LEVEL`: info, warning or critical")
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "exit 2 when there are differences that nobody has accepted")
	addAllEnvironmentsFlag(flags, &f.all)
}

// driftOptions are the flags once they were checked.
type driftOptions struct {
	target, exclude []resource.Glob
	severity        resource.Severity
	detailed        bool
}

// isNarrowed reports whether differences may be there that are not looked for, or
// not shown.
func (o driftOptions) isNarrowed() bool {
	return len(o.target)+len(o.exclude) > 0 || o.severity != resource.SeverityInfo
}

func (f *driftFlags) options() (driftOptions, error) {
	narrowing := planFlags{target: f.target, exclude: f.exclude}
	checked, err := narrowing.options()
	if err != nil {
		return driftOptions{}, err
	}
	var known []string
	for _, severity := range resource.Severities() {
		known = append(known, string(severity))
	}
	if !slices.Contains(known, f.severity) {
		return driftOptions{}, usageError(fmt.Sprintf("unknown severity %q", f.severity), suggestion(f.severity, known))
	}
	return driftOptions{target: checked.Target, exclude: checked.Exclude, severity: resource.Severity(f.severity), detailed: f.detailed}, nil
}

// driftHelp is what both commands say about their end.
const driftHelp = "Only what is live is read, nothing is written to Descope. An entry of drift.ignore whose day is past makes it end with 6,\n" +
	"and so do orphans where manage.orphans is error. With --detailed-exitcode it ends with 2 when there are differences that\n" +
	"nobody has accepted and --severity lets through; what has converged is none."

func newDriftDetectCommand(a *App) *cobra.Command {
	var flags driftFlags
	cmd := &cobra.Command{
		Use:   "detect",
		Short: "Show what differs, where it comes from, and the two ways out; writes nothing",
		Long: "Compares, path by path, the configuration, the live project and what was applied last. A difference is pending (the\n" +
			"code has changed), drifted (the project has), in conflict (both have), converged (both have, to the same value), an\n" +
			"orphan (live and not in the configuration), or it only differs, where nobody knows what was applied. Critical fields\n" +
			"are looked at even where the configuration leaves them alone.\n\n" + driftHelp,
		Example: "  descope-mgmt drift detect -e prod\n  descope-mgmt drift detect --all-environments --severity critical --detailed-exitcode\n  descope-mgmt drift detect -e dev --target 'tenant/acme-*' --format json",
		Args:    exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runDriftDetect(cmd.Context(), flags)
		},
	}
	flags.AddFlags(cmd.Flags())
	return exits(a.withReport(cmd, report.KindDrift), append([]Status{StatusChanges, StatusRefused, StatusIntegrity}, talking...)...)
}

func (a *App) runDriftDetect(ctx context.Context, flags driftFlags) error {
	return a.runDrift(ctx, flags, driftView.writeFindings)
}

// runDrift detects and shows, in one environment or in all; write is how people
// read it.
func (a *App) runDrift(ctx context.Context, flags driftFlags, write func(driftView, io.Writer, drift.Result)) error {
	options, err := flags.options()
	if err != nil {
		return err
	}
	return a.inEnvironments(ctx, flags.all, everywhere{document: "drift", result: driftResult, foretold: true}, func(ctx context.Context, a *App) error {
		session, err := a.openDrift(ctx)
		if err != nil {
			return err
		}
		return session.showDrift(ctx, options, write)
	})
}

// driftResult says in a few words what came out in one environment.
func driftResult(document any) string {
	result, known := document.(drift.Result)
	if !known {
		return ""
	}
	text := stateCounts(result.Summary)
	if result.Summary.Differences() == 0 {
		text = "no drift"
	}
	switch missing := len(result.Unrecorded); {
	case !result.Recorded:
		text += ", no record"
	case missing > 0:
		text += ", no record of " + counted(missing, "object")
	}
	return text
}

// showDrift detects, shows what was asked for, and gives the commands' exit status.
func (s *session) showDrift(ctx context.Context, options driftOptions, write func(driftView, io.Writer, drift.Result)) error {
	whole, err := s.detectDrift(ctx, options)
	if err != nil {
		return err
	}
	s.showWarnings()
	shown := whole.AtLeast(options.severity)
	own := reported{drift: &report.EnvironmentDrift{Environment: s.reportedEnvironment(), Result: &shown}}
	err = s.app.showReported(shown, own, func(w io.Writer) { write(s.driftView(options), w, shown) })
	if err != nil {
		return err
	}
	return s.driftStatus(options, whole, shown)
}

// openDrift is a session that reads. It has nothing to write with.
func (a *App) openDrift(ctx context.Context) (*session, error) {
	return a.open(ctx, need{configuration: true})
}

// driftStatus is how a detection ends, once its result was shown: what fails it
// does so whatever --severity lets through.
func (s *session) driftStatus(options driftOptions, whole, shown drift.Result) error {
	var orphans []string
	for i := range whole.Findings {
		finding := &whole.Findings[i]
		if finding.State == drift.StateOrphan && finding.Accepted == nil && s.forbidsOrphans(finding.Kind) {
			orphans = append(orphans, string(finding.Address))
		}
	}
	switch {
	case len(whole.Expired) > 0:
		var texts []string
		for _, entry := range whole.Expired {
			texts = append(texts, acceptanceName(entry)+" until "+entry.Until)
		}
		return &afterResult{refusedError("acceptance_expired", "drift.ignore has expired entries: "+strings.Join(texts, "; "),
			"put the differences right, or give the entries another day")}
	case len(orphans) > 0:
		return &afterResult{refusedError(plan.CodeOrphansError, fmt.Sprintf("%s live and not in the configuration, and manage.orphans is error: %s",
			counted(len(orphans), "object"), named(orphans)[:len(named(orphans))-2]), "add them to the configuration, delete them, or accept them in drift.ignore")}
	case options.detailed && shown.Summary.Differences() > 0:
		return errChangesPresent
	}
	return nil
}

func (s *session) forbidsOrphans(kind resource.Kind) bool {
	if kind == resource.KindFlow {
		return s.config.ManageFlows(s.target.Resources).Orphans == resource.OrphansError
	}
	return s.config.Manage(s.target.Resources).Orphans == resource.OrphansError
}

// acceptanceName is what an entry of drift.ignore is about, and where it stands.
func acceptanceName(entry resource.Acceptance) string {
	text := string(entry.Address)
	if entry.Path != "" {
		text += " " + string(entry.Path)
	}
	if !entry.Source.IsZero() {
		text += " (" + entry.Source.String() + ")"
	}
	return text
}
