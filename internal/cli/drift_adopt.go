package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// adoptFlags are the flags of drift adopt.
type adoptFlags struct {
	paths    []string
	all      bool
	critical bool
	dryRun   bool
}

func newDriftAdoptCommand(a *App) *cobra.Command {
	var flags adoptFlags
	cmd := &cobra.Command{
		Use:   "adopt ADDRESS...",
		Short: "Write live values into the configuration; writes nothing to Descope",
		Long: "Takes over what is live: each value that differs is written into the overlay of the environment, or, where no\n" +
			"environments are configured and with --all-environments, into the entry that counts for all of them. An orphan becomes\n" +
			"an entry, an object that is gone gets state: absent. Comments, order and everything else in the files stay. A flow is\n" +
			"taken over as a whole, into its file, or into a file of its own under flows/.\n\n" +
			"Nothing is written unless everything can be: values that come from variables, from anchors or that must not be shown are\n" +
			"refused, and so is what validation or the next plan would not accept. Critical differences need --accept-critical.",
		Example: "  descope-mgmt drift adopt tenant/acme-corp -e prod\n  descope-mgmt drift adopt tenant/acme-corp --path custom_attributes.plan -e prod --dry-run\n  descope-mgmt drift adopt flow/sign-in tenant/old-corp -e dev --accept-critical",
		Args:    rangeArgs(1, maxAdopted),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runDriftAdopt(cmd.Context(), args, flags)
		},
	}
	cmd.Flags().StringArrayVar(&flags.paths, "path", nil, "only the difference at `PATH`; repeatable (custom_attributes.plan)")
	cmd.Flags().BoolVar(&flags.all, "all-environments", false, "write into the entry that counts for all environments; they must agree on what is live")
	cmd.Flags().BoolVar(&flags.critical, "accept-critical", false, "also take over differences that are critical")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show what would be written, and write nothing")
	return exits(cmd, append([]Status{StatusRefused, StatusLocked, StatusIntegrity}, talking...)...)
}

// maxAdopted is how many objects one command takes over.
const maxAdopted = 1000

// adoption is one run of drift adopt.
type adoption struct {
	app       *App
	flags     adoptFlags
	addresses []resource.Address
	sides     []*adoptSide
	files     *fileEdits
	editing   *editing // nil for a dry run
	edits     []adoptEdit
	recorded  []adoptRecorded
	left      []adoptLeft
	obstacles []string
}

// adoptSide is one environment whose live values are taken over.
type adoptSide struct {
	*session
	in     drift.Input
	result drift.Result
}

// environment is where the values go: the overlay of that environment, or, for the
// empty name, the entries that count for all.
func (d *adoption) environment() string {
	if d.flags.all {
		return ""
	}
	return d.sides[0].target.Resources
}

func (a *App) runDriftAdopt(ctx context.Context, args []string, flags adoptFlags) error {
	addresses, err := adoptAddresses(args)
	if err != nil {
		return err
	}
	d := &adoption{app: a, flags: flags, addresses: addresses, files: &fileEdits{app: a}}
	if !flags.dryRun {
		if d.editing, err = a.editConfiguration(ctx, a.configOptions(need{editing: true})); err != nil {
			return err
		}
		defer d.editing.end()
	}
	if err := d.open(ctx); err != nil {
		return err
	}
	for _, side := range d.sides {
		if err := side.detect(ctx, addresses); err != nil {
			return err
		}
	}
	if err := d.checkKnown(); err != nil {
		return err
	}
	if err := d.checkPaths(); err != nil {
		return err
	}
	if err := d.checkCritical(); err != nil {
		return err
	}
	for _, address := range addresses {
		if err := d.adopt(ctx, address); err != nil {
			return err
		}
	}
	if err := d.settle(); err != nil {
		return err
	}
	if len(d.edits) > 0 {
		if err := d.check(ctx); err != nil {
			return err
		}
	}
	return d.finish(ctx)
}

// adoptAddresses checks what the arguments name, in the order in which it is given.
func adoptAddresses(args []string) ([]resource.Address, error) {
	var addresses []resource.Address
	for _, arg := range args {
		address := resource.Address(arg)
		if kind := address.Kind(); kind != resource.KindTenant && kind != resource.KindFlow || address.ID() == "" {
			hint := "write tenant/ID or flow/ID, as drift detect shows it"
			if arg != "" && !strings.Contains(arg, "/") {
				hint = resource.Meant(string(resource.NewAddress(resource.KindTenant, arg))) + " a flow's address begins with flow/"
			}
			return nil, usageError(fmt.Sprintf("%q is no address", arg), hint)
		}
		if !slices.Contains(addresses, address) {
			addresses = append(addresses, address)
		}
	}
	return addresses, nil
}

// open opens the session of each environment.
func (d *adoption) open(ctx context.Context) error {
	a := d.app
	if !d.flags.all {
		one, err := a.open(ctx, need{configuration: true, editing: true})
		if err != nil {
			return err
		}
		d.sides = []*adoptSide{{session: one}}
		if names := one.config.Environments(); one.target.Resources == "" && len(names) > 0 {
			return usageError("no environment is selected, and the value would count for all of them", "name one with -e, or write --all-environments; configured are "+strings.Join(names, ", "))
		}
		return nil
	}
	if a.flags.environment != "" || a.flags.projectID != "" {
		return usageError("--all-environments and a single environment or project exclude each other", "leave one of them out")
	}
	loaded, err := a.loadConfig(ctx, need{configuration: true, editing: true})
	if err != nil {
		return err
	}
	names := a.environmentsInOrder(loaded)
	if len(names) == 0 {
		return usageError("--all-environments: no environments are configured", "leave the flag out: the value counts everywhere")
	}
	defer func() { a.flags.environment = "" }()
	for _, name := range names {
		a.flags.environment = name
		one, err := a.open(ctx, need{configuration: true, editing: true})
		if err != nil {
			return fmt.Errorf("environment %s: %w", name, err)
		}
		d.sides = append(d.sides, &adoptSide{session: one})
	}
	return nil
}

// detect compares what the addresses name.
func (s *adoptSide) detect(ctx context.Context, addresses []resource.Address) error {
	options := driftOptions{severity: resource.SeverityInfo}
	for _, address := range addresses {
		options.target = append(options.target, address.Glob())
	}
	var err error
	s.in, s.result, err = s.compareDrift(ctx, options)
	if _, invalid := errors.AsType[*plan.InvalidError](err); !invalid {
		return err
	}
	// Not every environment need have every object.
	s.in.Target = slices.DeleteFunc(s.in.Target, func(glob resource.Glob) bool { return !s.knows(glob) })
	if len(s.in.Target) == 0 {
		s.result = drift.Result{}
		return nil
	}
	s.result, err = drift.Detect(s.in)
	return err
}

// knows reports whether something of that address is configured or live.
func (s *adoptSide) knows(glob resource.Glob) bool {
	wanted := func(one resource.Desired) bool { return glob.Match(string(one.Address())) }
	return slices.ContainsFunc(s.in.Desired, wanted) || slices.ContainsFunc(s.in.Flows.Desired, wanted) ||
		slices.ContainsFunc(s.in.Live, func(one resource.Tenant) bool { return glob.Match(string(one.Address())) }) ||
		slices.ContainsFunc(s.in.Flows.Live, func(one resource.Flow) bool { return glob.Match(string(one.Address())) })
}

// checkKnown refuses an address that is nowhere.
func (d *adoption) checkKnown() error {
	for _, address := range d.addresses {
		if !slices.ContainsFunc(d.sides, func(side *adoptSide) bool { return side.knows(address.Glob()) }) {
			return usageError(fmt.Sprintf("%s is neither configured nor live", address), cmp.Or(resource.SuggestAddress(string(address), d.known()), "see descope-mgmt drift detect"))
		}
	}
	return nil
}

// known are the addresses of what is configured or live, sorted.
func (d *adoption) known() []string {
	var list []string
	for _, side := range d.sides {
		list = append(list, addressesOf(side.in.Desired)...)
		list = append(list, addressesOf(side.in.Flows.Desired)...)
		list = append(list, addressesOf(side.in.Live)...)
		list = append(list, addressesOf(side.in.Flows.Live)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// addressesOf are the addresses of some objects.
func addressesOf[T interface{ Address() resource.Address }](objects []T) []string {
	list := make([]string, 0, len(objects))
	for _, one := range objects {
		list = append(list, string(one.Address()))
	}
	return list
}

// of are the differences of one object that are taken over.
func (s *adoptSide) of(address resource.Address, flags adoptFlags) []drift.Finding {
	var list []drift.Finding
	for _, finding := range s.result.Findings {
		if finding.Address == address && finding.State != drift.StateConverged && (len(flags.paths) == 0 || slices.Contains(flags.paths, finding.Path)) {
			list = append(list, finding)
		}
	}
	return list
}

// checkPaths refuses a --path at which nothing differs, while something else does.
func (d *adoption) checkPaths() error {
	for _, path := range d.flags.paths {
		var known []string
		for _, side := range d.sides {
			for _, finding := range side.result.Findings {
				if finding.Kind == resource.KindFlow && finding.Change == drift.ChangeField {
					return usageError("--path does not go with "+string(finding.Address)+": a flow is taken over as a whole", "leave the flag out, or the flow")
				}
				known = append(known, finding.Path)
			}
		}
		if len(known) > 0 && !slices.Contains(known, path) {
			slices.Sort(known)
			return usageError(fmt.Sprintf("nothing differs at the path %q", path), suggestion(path, slices.Compact(known)))
		}
	}
	return nil
}

// checkCritical refuses critical differences, unless that is what is wanted.
func (d *adoption) checkCritical() error {
	var critical []string
	for _, side := range d.sides {
		for _, address := range d.addresses {
			for _, finding := range side.of(address, d.flags) {
				if finding.Severity == resource.SeverityCritical {
					critical = append(critical, strings.TrimSpace(string(address)+" "+findingPlace(finding)))
				}
			}
		}
	}
	if len(critical) == 0 || d.flags.critical {
		return nil
	}
	slices.Sort(critical)
	return refusedError("critical_drift", "critical: "+strings.Join(slices.Compact(critical), "; "), "add --accept-critical if this is how it is to be; nothing was written")
}

func findingPlace(finding drift.Finding) string {
	switch finding.Change {
	case drift.ChangeMissing:
		return "(not live)"
	case drift.ChangeExtra:
		return ""
	default:
		return finding.Path
	}
}

// adopt prepares the edits of one object.
func (d *adoption) adopt(ctx context.Context, address resource.Address) error {
	if d.flags.all {
		if err := d.checkAgreement(address); err != nil {
			return err
		}
	}
	for _, side := range d.sides {
		findings := side.of(address, d.flags)
		if len(findings) == 0 {
			continue
		}
		findings = slices.DeleteFunc(findings, func(finding drift.Finding) bool { return d.isDone(finding) })
		var err error
		switch {
		case len(findings) == 0:
		case findings[0].State == drift.StateOrphan:
			err = d.adoptOrphan(ctx, side, address)
		case findings[0].Change != drift.ChangeField:
			err = d.adoptState(ctx, side, findings[0])
		case address.Kind() == resource.KindFlow:
			err = d.adoptFlow(side, findings)
		default:
			err = d.adoptTenant(side, findings)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isDone reports whether another environment has had the same written already.
func (d *adoption) isDone(finding drift.Finding) bool {
	return slices.ContainsFunc(d.edits, func(edit adoptEdit) bool {
		return edit.Address == finding.Address && (edit.Path == finding.Path || finding.Kind == resource.KindFlow || finding.Change != drift.ChangeField)
	})
}

// settle ends the preparation, with what stands in the way.
func (d *adoption) settle() error {
	if len(d.obstacles) == 0 {
		return nil
	}
	return notAdoptable(d.obstacles)
}

func notAdoptable(obstacles []string) error {
	return refusedError("not_adoptable", "cannot be taken over: "+strings.Join(obstacles, "; "), "nothing was written; change these by hand, or choose others with --path")
}

// obstacle notes what stands in the way of one value.
func (d *adoption) obstacle(address resource.Address, path, format string, arguments ...any) {
	d.obstacles = append(d.obstacles, strings.TrimSpace(string(address)+" "+path)+": "+fmt.Sprintf(format, arguments...))
}

// placeOf is where an object stands, for what is to be written.
func (d *adoption) placeOf(address resource.Address) config.Place {
	return d.sides[0].config.Place(d.environment(), address)
}
