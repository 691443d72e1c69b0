package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowFlags let pass what a change of a flow is refused for.
type flowFlags struct {
	breaking  bool
	unmanaged bool
}

// AddFlags declares the flags.
func (f *flowFlags) AddFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&f.breaking, "allow-breaking-changes", false, "let flows lose sign-in methods, screens, interactions or inputs")
	flags.BoolVar(&f.unmanaged, "replace-unmanaged", false, "let flows be replaced that were made by hand")
}

// flowWriteOptions are the flags of the commands that write single flows.
type flowWriteOptions struct {
	approveFlags
	flowFlags
	dryRun    bool
	detailed  bool
	overrides []string
}

// AddFlags declares the flags.
func (o *flowWriteOptions) AddFlags(cmd *cobra.Command) {
	o.approveFlags.AddFlags(cmd.Flags())
	o.flowFlags.AddFlags(cmd.Flags())
	addOverrideFlag(cmd.Flags(), &o.overrides)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show the plan")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "with --dry-run: exit 2 when changes are present")
}

// wantFlows says what is wanted of single flows, by the list of live ones.
type wantFlows func(ctx context.Context, live []resource.Flow) ([]resource.Desired, error)

// writeFlow sends single flows through the ordinary engine: planned, guarded,
// approved, backed up, applied and verified. What is wanted may depend on the
// list of live flows, and may read the documents of some into it.
func (s *session) writeFlow(ctx context.Context, options flowWriteOptions, origin history.Origin, desired wantFlows) error {
	if err := checkOverrides(options.overrides); err != nil {
		return err
	}
	s.origin, s.alike = origin, "already has the flow as it is wanted"
	proposed, err := propose(ctx, func(ctx context.Context) (plan.Result, error) {
		live, err := s.reader.Flows(ctx)
		if err != nil {
			return plan.Result{}, err
		}
		wants, err := desired(ctx, live)
		if err != nil {
			return plan.Result{}, err
		}
		for i := range wants {
			if managed, found := s.managedFlow(wants[i].ID); found {
				wants[i].Protect = managed.Protect
			}
		}
		return s.plan(ctx, wanted{
			flows: plan.Flows{Desired: wants, Live: live, Manage: resource.Manage{Configured: true, Orphans: resource.OrphansIgnore}},
			options: resource.PlanOptions{
				Target: []resource.Glob{}, Exclude: []resource.Glob{}, AllowBreaking: options.breaking, ReplaceUnmanaged: options.unmanaged,
			},
			guards: s.thresholds(), allowed: options.overrides,
		})
	})
	if err != nil {
		return err
	}
	if options.dryRun {
		return s.showPlan(proposed.result, options.detailed, "")
	}
	return s.carryOut(ctx, proposed, options.approveFlags)
}

// managedFlow finds a flow in the configuration, where there is one.
func (s *session) managedFlow(id string) (resource.Desired, bool) {
	if s.config == nil {
		return resource.Desired{}, false
	}
	for _, desired := range s.config.DesiredFlows(s.target.Resources) {
		if desired.ID == id {
			return desired, true
		}
	}
	return resource.Desired{}, false
}

// warnManagedFlow says that the configuration will have its way again.
func (s *session) warnManagedFlow(id, what string) {
	if managed, found := s.managedFlow(id); found && !managed.Absent {
		s.app.warn("warning: %s names flow/%s: the next apply %s", managed.Source, id, what)
	}
}
