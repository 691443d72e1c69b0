package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// writeOptions are the flags of the commands that write single tenants.
type writeOptions struct {
	approveFlags
	tenantFlags
	dryRun    bool
	detailed  bool
	cascade   bool
	ssoLoss   bool
	overrides []string
}

// AddFlags declares the flags that create, update and delete share.
func (o *writeOptions) AddFlags(cmd *cobra.Command) {
	o.approveFlags.AddFlags(cmd.Flags())
	addOverrideFlag(cmd.Flags(), &o.overrides)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show the plan")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "with --dry-run: exit 2 when changes are present")
}

func newTenantCreateCommand(a *App) *cobra.Command {
	var options writeOptions
	cmd := &cobra.Command{
		Use:     "create ID",
		Short:   "Create one tenant",
		Long:    "Creates one tenant from flags: previewed, approved and verified like an apply. Refuses an id that is live already.",
		Example: "  descope-mgmt tenant create acme-corp --name 'Acme Corporation' --domain acme.com --yes",
		Args:    exactArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.runTenantWrite(cmd, options, args[0], false)
	}
	options.AddFlags(cmd)
	options.tenantFlags.AddFlags(cmd, true)
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func newTenantUpdateCommand(a *App) *cobra.Command {
	var options writeOptions
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change one live tenant",
		Long: "Changes just the given fields of one live tenant: previewed, approved and verified like an apply.\n" +
			"Where the configuration manages what is changed, the next apply puts its values back; the command says so.",
		Example: "  descope-mgmt tenant update acme-corp --name 'Acme Inc.' --attribute-json seats=250 --yes",
		Args:    exactArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.runTenantWrite(cmd, options, args[0], true)
	}
	options.AddFlags(cmd)
	options.tenantFlags.AddFlags(cmd, false)
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func newTenantDeleteCommand(a *App) *cobra.Command {
	var options writeOptions
	cmd := &cobra.Command{
		Use:   "delete ID...",
		Short: "Delete tenants",
		Long: "Deletes the named tenants, children before parents, after showing how many users each one has.\n" +
			"Wants the exact number of deletes, typed or with --allow-deletes. With --cascade the users and access\n" +
			"keys that belong to the tenant alone are deleted for good, and their number is wanted too.",
		Example: "  descope-mgmt tenant delete old-corp --dry-run\n  descope-mgmt tenant delete old-corp --allow-deletes 1",
		Args:    rangeArgs(1, notGiven),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runTenantDelete(cmd.Context(), options, args)
		},
	}
	options.AddFlags(cmd)
	addSSOLossFlag(cmd.Flags(), &options.ssoLoss)
	cmd.Flags().BoolVar(&options.cascade, "cascade", false, "also delete users and access keys that belong to this tenant alone")
	cmd.Flags().IntVar(&options.confirmUsers, "confirm-users", notGiven, "with --cascade: approve for exactly `N` member users")
	cmd.Flags().Lookup("confirm-users").DefValue = "0"
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

func (a *App) runTenantWrite(cmd *cobra.Command, options writeOptions, id string, mustExist bool) error {
	ctx := cmd.Context()
	desired, err := options.desired(cmd, id)
	if err != nil {
		return err
	}
	if _, named := desired.Field(resource.Path{Field: "name"}); !mustExist && !named {
		return usageError(fmt.Sprintf("tenant %q cannot be created without a name", id), "give it with --name, 1 to 100 characters")
	}
	if mustExist && len(desired.Fields) == 0 {
		return usageError("no change is given", "give at least one of the fields, for example --name NAME")
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	if managed, found := session.managed(id); found {
		desired.Protect = managed.Protect
	}
	warned := false
	return session.write(ctx, options, func(live []resource.Tenant) ([]resource.Desired, error) {
		exists := slices.ContainsFunc(live, func(tenant resource.Tenant) bool { return tenant.ID == id })
		switch {
		case exists && !mustExist:
			return nil, &failure{
				status: StatusError, code: "already_exists",
				message: fmt.Sprintf("tenant %q exists already in %s, nothing was sent", id, session.place()), hint: "to change it: descope-mgmt tenant update " + id,
			}
		case !exists && mustExist:
			return nil, session.noSuchTenant(id, live)
		}
		if managed, found := session.managed(id); found && !warned {
			warned = true
			a.warnOfNextApply(managed, desired)
		}
		return []resource.Desired{desired}, nil
	})
}

// warnOfNextApply says where the configuration has another wish than the command. Fields
// that it leaves alone stay as the command writes them, and are no reason to warn.
func (a *App) warnOfNextApply(managed, desired resource.Desired) {
	if managed.Absent {
		a.warn("warning: %s wants tenant/%s to be absent: the next apply deletes it", managed.Source, managed.ID)
		return
	}
	for _, field := range managed.Fields {
		given, found := desired.Field(field.Path)
		if found && (given.Remove != field.Remove || !given.Value.Equal(field.Value)) {
			a.warn("warning: %s manages tenant/%s: the next apply puts its values back", managed.Source, managed.ID)
			return
		}
	}
}

func (a *App) runTenantDelete(ctx context.Context, options writeOptions, ids []string) error {
	if options.cascade && len(ids) > plan.SearchesPerTenant {
		return usageError(fmt.Sprintf("--cascade with %d tenants", len(ids)),
			fmt.Sprintf("delete at most %d at a time, so that their users can be counted one by one", plan.SearchesPerTenant))
	}
	session, err := a.open(ctx, need{writing: true})
	if err != nil {
		return err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	warned := map[string]bool{}
	return session.write(ctx, options, func(live []resource.Tenant) ([]resource.Desired, error) {
		var desired []resource.Desired
		for _, id := range ids {
			if !slices.ContainsFunc(live, func(tenant resource.Tenant) bool { return tenant.ID == id }) {
				return nil, session.noSuchTenant(id, live)
			}
			entry := resource.Desired{Kind: resource.KindTenant, ID: id, Absent: true}
			if managed, found := session.managed(id); found {
				entry.Protect = managed.Protect
				if !managed.Absent && !warned[id] {
					warned[id] = true
					a.warn("warning: %s names tenant/%s: the next apply creates it again", managed.Source, id)
				}
			}
			desired = append(desired, entry)
		}
		return desired, nil
	})
}

// noSuchTenant names the next step where a tenant is not among those that are live.
func (s *session) noSuchTenant(id string, live []resource.Tenant) error {
	ids := make([]string, 0, len(live))
	for _, tenant := range live {
		ids = append(ids, tenant.ID)
	}
	return &failure{
		status: StatusError, code: "not_found",
		message: fmt.Sprintf("tenant %q does not exist in %s, nothing was sent", id, s.place()), hint: cmp.Or(resource.DidYouMean(id, ids), "see descope-mgmt tenant list"),
	}
}

// managed finds a tenant in the configuration, where there is one.
func (s *session) managed(id string) (resource.Desired, bool) {
	if s.config == nil {
		return resource.Desired{}, false
	}
	for _, desired := range s.config.Desired(s.target.Resources) {
		if desired.ID == id {
			return desired, true
		}
	}
	return resource.Desired{}, false
}

// write sends single tenants through the ordinary engine: planned, guarded,
// approved, applied and verified. What is wanted may depend on what is live.
func (s *session) write(ctx context.Context, options writeOptions, desired func(live []resource.Tenant) ([]resource.Desired, error)) error {
	if err := checkOverrides(options.overrides); err != nil {
		return err
	}
	proposed, err := propose(ctx, func(ctx context.Context) (plan.Result, error) {
		live, err := s.list(ctx)
		if err != nil {
			return plan.Result{}, err
		}
		wants, err := desired(live)
		if err != nil {
			return plan.Result{}, err
		}
		return s.planAgainst(ctx, wanted{
			desired: wants,
			manage:  resource.Manage{Configured: true, Orphans: resource.OrphansIgnore},
			options: resource.PlanOptions{Target: []resource.Glob{}, Exclude: []resource.Glob{}, AllowSSOLoss: options.ssoLoss},
			guards:  s.thresholds(),
			allowed: options.overrides,
			cascade: options.cascade,
		}, live)
	})
	if err != nil {
		return err
	}
	if options.dryRun {
		return s.showPlan(proposed.result, options.detailed, "")
	}
	return s.carryOut(ctx, proposed, options.approveFlags)
}
