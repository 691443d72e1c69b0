package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// planOptions are the flags of plan.
type planOptions struct {
	planFlags
	out string
	all bool // in all environments
}

func newPlanCommand(a *App) *cobra.Command {
	var options planOptions
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what an apply would change; writes nothing",
		Long: "Compares the configuration with the live project and shows every change that an apply would make.\n" +
			"Nothing is written. A plan that is kept with --out can be handed to apply, which refuses it\n" +
			"when the project or the configuration has changed since.",
		Example: "  descope-mgmt plan -e dev\n  descope-mgmt plan --all-environments\n  descope-mgmt plan --detailed-exitcode --format json\n  descope-mgmt plan --out dev.plan.json --target 'tenant/acme-*'",
		Args:    exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.all && options.out != "" {
				return usageError("--out keeps the plan of one environment, and --all-environments makes several", "keep each with -e NAME --out FILE")
			}
			return a.inEnvironments(cmd.Context(), options.all, everywhere{document: "plan"}, func(ctx context.Context, a *App) error {
				return a.runPlan(ctx, options)
			})
		},
	}
	options.AddFlags(cmd.Flags(), nil)
	addAllEnvironmentsFlag(cmd.Flags(), &options.all)
	cmd.Flags().StringVar(&options.out, "out", "", "keep the plan in `FILE` for apply")
	return exits(a.withReport(cmd, report.KindPlan), append([]Status{StatusChanges, StatusRefused, StatusIntegrity}, talking...)...)
}

func (a *App) runPlan(ctx context.Context, options planOptions) error {
	if options.out != "" && a.absolute(options.out) == a.absolute(a.flags.output) {
		return usageError("--out and --output name the same file", "--out keeps the plan for apply, --output takes what would be printed")
	}
	session, err := a.open(ctx, need{configuration: true})
	if err != nil {
		return err
	}
	want, err := session.wantConfigured(&options.planFlags, nil)
	if err != nil {
		return err
	}
	session.tellNothingManaged(want, nil)
	result, err := session.plan(ctx, want)
	if err != nil {
		return err
	}
	if options.out != "" {
		document, err := encodeJSON(result.Plan)
		if err != nil {
			return err
		}
		if !bytes.Equal(document, a.redact.clean(document)) {
			return refusedError("secret_in_plan", "the plan holds a secret where none is hidden, and cannot be kept in a file",
				"remove it from what carries it; a management key is replaced in the Descope console")
		}
		if err := store.WriteFile(a.absolute(options.out), document, 0o600); err != nil {
			return err
		}
	}
	return session.showPlan(result, options.detailed, options.out)
}

// showPlan prints a plan and gives plan's own exit status: blocked changes and
// thresholds are shown and do not fail it, forbidden orphans do.
func (s *session) showPlan(result plan.Result, detailed bool, out string) error {
	s.showWarnings()
	own := s.reportedPlan(result)
	err := s.app.showReported(result.Plan, reported{plan: &own}, func(w io.Writer) { s.planView().write(w, s.headline(), result) })
	if err != nil {
		return err
	}
	if out != "" {
		s.app.notice("plan kept; to apply exactly this: descope-mgmt apply %s%s", out, s.again(result))
	}
	if orphans := slices.IndexFunc(result.Refusals, func(r plan.Refusal) bool { return r.Code == plan.CodeOrphansError }); orphans >= 0 {
		return &afterResult{refusal(result.Refusals[orphans : orphans+1])}
	}
	if detailed && result.Plan.Summary.Writes()+result.Plan.Summary.Blocked+len(s.conflicts) > 0 {
		return errChangesPresent
	}
	return nil
}

// reportedPlan is a plan as reports have it.
func (s *session) reportedPlan(result plan.Result) report.EnvironmentPlan {
	return report.EnvironmentPlan{Environment: s.reportedEnvironment(), Plan: result.Plan, Refusals: result.Refusals}
}

// again repeats the flags that a saved plan wants to be given again.
func (s *session) again(result plan.Result) string {
	var text strings.Builder
	if s.target.Environment != "" {
		fmt.Fprintf(&text, " -e %s", s.target.Environment)
	}
	for _, glob := range result.Plan.Options.Target {
		fmt.Fprintf(&text, " --target '%s'", glob)
	}
	for _, glob := range result.Plan.Options.Exclude {
		fmt.Fprintf(&text, " --exclude '%s'", glob)
	}
	if result.Plan.Options.Prune {
		text.WriteString(" --prune")
	}
	for _, option := range []struct {
		given bool
		flag  string
	}{
		{result.Plan.Options.AllowSSOLoss, "--allow-sso-loss"},
		{result.Plan.Options.AllowBreaking, "--allow-breaking-changes"},
		{result.Plan.Options.ReplaceUnmanaged, "--replace-unmanaged"},
	} {
		if option.given {
			text.WriteString(" " + option.flag)
		}
	}
	return text.String()
}

func (s *session) planView() planView {
	view := planView{verbose: s.app.flags.verbose, quiet: s.app.flags.quiet, brief: s.brief, place: s.place(), alike: s.alike, conflicts: s.conflicts}
	if view.verbose {
		view.pool = s.pool()
	}
	return view
}

// showWarnings prints what validation had to remark on the configuration.
func (s *session) showWarnings() {
	if s.config == nil || s.app.flags.quiet || s.app.part != nil { // of several environments they are told once
		return
	}
	s.app.tellWarnings(s.config)
}

func (a *App) tellWarnings(loaded *config.Config) {
	for _, warning := range loaded.Warnings() {
		if warning.Severity == "warning" {
			a.notice("warning: %s", warning)
		}
	}
}

// tellNothingManaged says why there is nothing to do where the configuration is silent
// about all that the command is for: "No changes" alone would be taken for a match.
func (s *session) tellNothingManaged(want wanted, kinds []resource.Kind) {
	if want.manage.Configured || want.flows.Manage.Configured {
		return
	}
	missing := "neither tenants nor flows"
	if len(kinds) == 1 {
		missing = fmt.Sprintf("no %ss", kinds[0])
	}
	s.app.notice("note: the configuration has %s: none are managed", missing)
}
