package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// planFlags narrow or widen what is planned.
type planFlags struct {
	target  []string
	exclude []string
	prune   bool
	ssoLoss bool
	flowFlags
	overrides []string
	detailed  bool
}

// AddFlags adds the flags; those of one kind only where kinds, empty for all, has it.
func (f *planFlags) AddFlags(flags *pflag.FlagSet, kinds []resource.Kind) {
	example := resource.NewAddress(resource.KindTenant, "acme-*")
	if slices.Equal(kinds, []resource.Kind{resource.KindFlow}) {
		example = resource.NewAddress(resource.KindFlow, "sign-*")
	}
	flags.StringArrayVar(&f.target, "target", nil, fmt.Sprintf("plan only addresses that match `GLOB`, and their parents; repeatable (%s)", example))
	flags.StringArrayVar(&f.exclude, "exclude", nil, "leave out addresses that match `GLOB`; one without wildcards must exist; repeatable")
	if hasKind(kinds, resource.KindTenant) {
		flags.BoolVar(&f.prune, "prune", false, "delete orphans that this tool created or updated (never flows)")
		addSSOLossFlag(flags, &f.ssoLoss)
	}
	if hasKind(kinds, resource.KindFlow) {
		f.flowFlags.AddFlags(flags)
	}
	addOverrideFlag(flags, &f.overrides)
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "exit 2 when changes are present and nothing was written")
}

// hasKind reports whether the kind is one of these; empty means all.
func hasKind(kinds []resource.Kind, kind resource.Kind) bool {
	return len(kinds) == 0 || slices.Contains(kinds, kind)
}

// guards are the thresholds that --override-guard knows.
var guards = []string{plan.CodeDeleteThreshold, plan.CodeUpdateThreshold}

func addSSOLossFlag(flags *pflag.FlagSet, allowed *bool) {
	flags.BoolVar(allowed, "allow-sso-loss", false, "let deletes take SSO configurations along, which cannot be brought back")
}

func addOverrideFlag(flags *pflag.FlagSet, overrides *[]string) {
	flags.StringArrayVar(overrides, "override-guard", nil, "let the guard `NAME` pass: delete_threshold or update_threshold; repeatable")
}

func checkOverrides(names []string) error {
	for _, name := range names {
		if !slices.Contains(guards, name) {
			return usageError(fmt.Sprintf("unknown guard %q", name), suggestion(name, guards))
		}
	}
	return nil
}

// options checks the flags and gives them as plans record them.
func (f *planFlags) options() (resource.PlanOptions, error) {
	options := resource.PlanOptions{Target: []resource.Glob{}, Exclude: []resource.Glob{}, Prune: f.prune, AllowSSOLoss: f.ssoLoss, AllowBreaking: f.breaking, ReplaceUnmanaged: f.unmanaged}
	if err := checkOverrides(f.overrides); err != nil {
		return options, err
	}
	for _, list := range []struct {
		flag     string
		patterns []string
		into     *[]resource.Glob
	}{{"--target", f.target, &options.Target}, {"--exclude", f.exclude, &options.Exclude}} {
		for _, pattern := range list.patterns {
			if err := resource.CheckGlob(pattern); err != nil {
				return options, usageError(fmt.Sprintf("%s: %v", list.flag, err), "for example "+list.flag+" 'tenant/acme-*'")
			}
			*list.into = append(*list.into, resource.Glob(pattern))
		}
	}
	return options, nil
}

// wanted is what a command wants the project to look like.
type wanted struct {
	desired []resource.Desired
	manage  resource.Manage // of tenants
	flows   plan.Flows      // what is read of them is filled in
	options resource.PlanOptions
	guards  plan.Thresholds
	allowed []string // guards overridden by name
	cascade bool
	roles   *bool // whether roles are read; nil until somebody asks
}

// needsRoles reports whether the roles are read: a flow that could be written names
// one. All documents are searched for that, once.
func (w *wanted) needsRoles() bool {
	if w.roles == nil {
		needs := plan.NeedRoles(w.flows, w.options)
		w.roles = &needs
	}
	return *w.roles
}

// wantConfigured is everything that the configuration names of these kinds; nil
// means all.
func (s *session) wantConfigured(flags *planFlags, kinds []resource.Kind) (wanted, error) {
	options, err := flags.options()
	if err != nil {
		return wanted{}, err
	}
	want := wanted{options: options, guards: s.thresholds(), allowed: flags.overrides}
	if hasKind(kinds, resource.KindTenant) {
		want.desired, want.manage = s.config.Desired(s.target.Resources), s.config.Manage(s.target.Resources)
	}
	if hasKind(kinds, resource.KindFlow) {
		want.flows.Desired, want.flows.Manage = s.config.DesiredFlows(s.target.Resources), s.config.ManageFlows(s.target.Resources)
	}
	s.applies = &want
	return want, nil
}

func (s *session) thresholds() plan.Thresholds {
	if s.config == nil {
		return plan.DefaultThresholds()
	}
	guard := s.config.Guard()
	return plan.Thresholds{DeletePercent: guard.DeletePercent, UpdatePercent: guard.UpdatePercent}
}

// plan reads what is live and compares: one list call for each kind, one read
// for each tenant whose settings are named and for each flow, and the counts of
// users behind deletes.
func (s *session) plan(ctx context.Context, want wanted) (plan.Result, error) {
	var live []resource.Tenant
	err := s.begin(ctx, want.reads())
	if err != nil {
		return plan.Result{}, err
	}
	if want, live, err = s.lists(ctx, want); err == nil {
		err = s.recover(ctx, live) // it also says which flows a run has written that was cut off
	}
	if err == nil {
		want, err = s.withFlows(ctx, want)
	}
	if err != nil {
		return plan.Result{}, err
	}
	return s.makePlan(ctx, want, live)
}

// lists reads the project's records, and then lists what is live of each kind, side
// by side.
func (s *session) lists(ctx context.Context, want wanted) (wanted, []resource.Tenant, error) {
	if !want.manage.Configured {
		var err error
		s.known, err = s.look()
		return want, nil, err
	}
	if !want.flows.Manage.Configured || want.flows.Live != nil { // or somebody has listed them for this plan
		live, err := s.list(ctx)
		return want, live, err
	}
	known, err := s.look()
	if err != nil {
		return want, nil, err
	}
	beside, cancel := context.WithCancel(ctx)
	defer cancel()
	var tasks errgroup.Group
	tasks.Go(func() (err error) {
		want.flows.Live, err = s.reader.Flows(beside)
		return err
	})
	live, err := s.listKnowing(ctx, known)
	if err != nil {
		cancel()
	}
	err = cmp.Or(err, tasks.Wait())
	return want, live, err
}

// planAgainst is plan with a list that has been read already, by [session.list].
func (s *session) planAgainst(ctx context.Context, want wanted, live []resource.Tenant) (plan.Result, error) {
	if err := s.recover(ctx, live); err != nil {
		return plan.Result{}, err
	}
	return s.makePlan(ctx, want, live)
}

// makePlan plans once it was said what earlier runs have left.
func (s *session) makePlan(ctx context.Context, want wanted, live []resource.Tenant) (plan.Result, error) {
	needed := map[string]bool{}
	for _, id := range plan.NeedSettings(want.desired, live, want.manage, want.options) {
		needed[id] = true
	}
	if err := s.readSettingsOf(ctx, needed); err != nil {
		return plan.Result{}, err
	}
	owned, err := s.owned(want, live)
	if err != nil {
		return plan.Result{}, err
	}
	overridden := map[string]bool{}
	for _, name := range want.allowed {
		overridden[name] = true
	}
	in := plan.Input{
		ToolVersion: currentBuild().Version, Environment: s.environment(), ProjectID: s.target.ProjectID,
		Host: s.host, CreatedAt: s.app.Now().UTC(), Options: want.options, Manage: want.manage, Flows: want.flows,
		Desired: want.desired, Live: live, Owned: owned, Thresholds: want.guards,
		Overridden: overridden, Cascade: want.cascade,
		Secret: s.app.redact.holdsValue, SecretPaths: s.secretPaths, Keyed: s.keyed(),
	}
	result, err := plan.Make(in)
	if err != nil {
		return plan.Result{}, err
	}
	if in.SSO, err = s.readSSO(ctx, plan.Deletes(result.Plan)); err != nil {
		return plan.Result{}, err
	}
	if len(in.SSO) > 0 {
		if result, err = plan.Make(in); err != nil {
			return plan.Result{}, err
		}
		noteLostSSO(result.Plan, in.SSO)
	}
	deletes := plan.Deletes(result.Plan)
	if err := s.readGoing(ctx, deletes); err != nil {
		return plan.Result{}, err
	}
	compared, err := s.compareProject(ctx, deletes)
	if err != nil {
		return plan.Result{}, err
	}
	addNotes(result.Plan, append(s.goingNotes(deletes), s.secretNotes(result.Plan)...))
	result.Plan.CallsEstimate += compared
	s.estimate(ctx, result.Plan, plan.Reads{
		Tenants: want.manage.Configured, Settings: len(needed), Project: compared, Flows: want.flows.Manage.Configured,
		Documents: len(plan.NeedDocuments(want.flows, want.options)), Roles: want.flows.Roles != nil,
	})
	return result, s.countUsers(ctx, result.Plan)
}

// readSSO says, in words, which SSO configurations the deletes of a plan would
// lose. One that the key may not read, or that the host does not know how to
// show, counts as there: nobody could bring it back.
func (s *session) readSSO(ctx context.Context, deletes []string) (map[string]string, error) {
	found := make([]string, len(deletes))
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.SetLimit(s.workers())
	byID := s.liveByID()
	for i, id := range deletes {
		tasks.Go(func() error {
			configurations, err := s.reader.SSOConfigurations(ctx, id)
			switch {
			case err == nil:
				found[i] = resource.DescribeSSO(configurations, *byID[id])
			case descope.IsUnreadable(err):
				found[i] = fmt.Sprintf("SSO settings that could not be read (%v)", err)
			default:
				return err
			}
			return nil
		})
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	described := map[string]string{}
	for i, id := range deletes {
		if found[i] != "" {
			described[id] = found[i]
		}
	}
	return described, nil
}

// noteLostSSO says which SSO configurations go for good: that it is allowed does
// not mean that it is known.
func noteLostSSO(made *resource.Plan, described map[string]string) {
	if !made.Options.AllowSSOLoss {
		return // the plan is blocked, and says why
	}
	var notes []resource.Note
	for _, id := range plan.Deletes(made) {
		if what := described[id]; what != "" {
			notes = append(notes, resource.Note{
				Address: resource.NewAddress(resource.KindTenant, id), Code: "sso_lost", Message: what + " goes with it, and cannot be brought back",
			})
		}
	}
	addNotes(made, notes)
}

// liveByID looks up the last list of live objects.
func (s *session) liveByID() map[string]*resource.Tenant {
	byID := make(map[string]*resource.Tenant, len(s.live))
	for i := range s.live {
		byID[s.live[i].ID] = &s.live[i]
	}
	return byID
}

// clockTolerance is how far the service's clock may run ahead of ours before an
// object of ours counts as somebody else's.
const clockTolerance = 30 * time.Second

// owned is what this tool made or changed and may prune. An object that is
// younger than our last write to it is another one under the same id: somebody
// deleted ours, and somebody (a sign-up flow, perhaps) made it anew.
func (s *session) owned(want wanted, live []resource.Tenant) (map[resource.Address]bool, error) {
	if !want.options.Prune {
		return nil, nil
	}
	written, err := s.written()
	if err != nil {
		return nil, err
	}
	s.tellEmptied()
	owned := map[resource.Address]bool{}
	for _, tenant := range live {
		at, ours := written[tenant.Address()]
		if ours && !tenant.Created().After(at.Add(clockTolerance)) {
			owned[tenant.Address()] = true
		}
	}
	return owned, nil
}

// countUsers says how many users each delete takes out of its tenant: one
// search per tenant up to [plan.SearchesPerTenant], beyond that one for all. A
// count that cannot be had becomes a note and blocks nothing.
func (s *session) countUsers(ctx context.Context, made *resource.Plan) error {
	deletes := plan.Deletes(made)
	if len(deletes) == 0 {
		return nil
	}
	if len(deletes) > plan.SearchesPerTenant {
		total, err := s.reader.CountUsers(ctx, deletes)
		s.members = nil
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			noteUsers(made, "user_count_unknown", "the users of the deleted tenants could not be counted: "+err.Error())
		} else {
			s.members = &total
			noteUsers(made, "user_count_total", fmt.Sprintf("%d users in all are members of the tenants that would be deleted", total))
		}
		return nil
	}
	counts, failures := make([]int, len(deletes)), make([]error, len(deletes))
	var tasks errgroup.Group
	tasks.SetLimit(s.workers())
	for i, id := range deletes {
		tasks.Go(func() error {
			counts[i], failures[i] = s.reader.CountUsers(ctx, []string{id})
			return nil
		})
	}
	_ = tasks.Wait() // the failures stand beside the counts
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	byID := make(map[string]int, len(deletes))
	for i, id := range deletes {
		if failures[i] == nil {
			byID[id] = counts[i]
		}
	}
	plan.SetUsers(made, byID)
	for _, failure := range failures {
		if failure != nil {
			noteUsers(made, "user_count_unknown", "users could not be counted everywhere: "+failure.Error())
			break
		}
	}
	return nil
}

// noteUsers puts a remark about the users behind deletes in front of the notes:
// it is about the whole plan.
func noteUsers(made *resource.Plan, code, message string) {
	made.Notes = slices.Insert(made.Notes, 0, resource.Note{Code: code, Message: message})
}
