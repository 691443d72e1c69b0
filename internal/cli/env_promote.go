package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// promoteOptions are the flags of env promote. Those of a run that writes count
// with --direct only.
type promoteOptions struct {
	from, to  string
	target    []string
	allowSkip bool
	direct    bool
	flowWriteOptions
}

// AddFlags declares the flags.
func (o *promoteOptions) AddFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "the `ENVIRONMENT` to take from")
	flags.StringVar(&o.to, "to", "", "the `ENVIRONMENT` to bring it to")
	flags.StringArrayVar(&o.target, "target", nil, "promote only what matches `GLOB` by its address or key; tenants only so; repeatable (flow/sign-*, tenant/acme)")
	flags.BoolVar(&o.allowSkip, "allow-skip", false, "also from an environment that does not come directly before the other one")
	flags.BoolVar(&o.direct, "direct", false, "write to the project, and leave the files alone (never to a protected environment)")
	o.flowWriteOptions.AddFlags(cmd)
}

// promotionDocument is what machines read about a promotion in files.
type promotionDocument struct {
	FormatVersion string          `json:"format_version"`
	From          string          `json:"from"`
	To            string          `json:"to"`
	DryRun        bool            `json:"dry_run"`
	Promotions    []promotion     `json:"promotions"` // sorted by address
	Files         []promotedFile  `json:"files"`      // what was written, or would be
	Notes         []resource.Note `json:"notes"`
	Next          string          `json:"next"` // the command that shows what an apply would do; empty for a dry run
}

// promotedAs says what became of an object.
type promotedAs string

const (
	promotedNow  promotedAs = "promoted"
	promotedSame promotedAs = "same" // in code it is so already
	promotedNot  promotedAs = "left_alone"
)

// promotion is one object that was to be promoted.
type promotion struct {
	Address resource.Address `json:"address"` // in the environment that it is brought to
	Outcome promotedAs       `json:"outcome"`
	What    string           `json:"what"` // in words
}

type promotedFile struct {
	Path   string `json:"path"`
	Change string `json:"change"` // created, replaced (a flow's file) or edited (the configuration)
}

func newEnvPromoteCommand(a *App) *cobra.Command {
	var options promoteOptions
	cmd := &cobra.Command{
		Use:   "promote --from A --to B",
		Short: "Bring flows from one environment to the next",
		Long: "Gives an environment the flows of the one before it, by editing its overlay and its flows' files: the file of a\n" +
			"flow gets the content of the other one's, a template the parameters. What the environment sets itself (set,\n" +
			"references) stays. Environments that share a file need no promotion. Tenants are customers, and are promoted\n" +
			"only where --target names them.\n\n" +
			"Refused, without a change to any file: from an environment that is not as its code has it, so that nobody\n" +
			"promotes what was clicked together there; from one that does not come directly before, unless --allow-skip; and\n" +
			"where the other project lacks a role or a sub-flow that a flow needs. plan and apply follow. With --direct the\n" +
			"live flows are written to the other project at once, like an import, and no file changes.",
		Example: "  descope-mgmt env promote --from staging --to prod --dry-run\n  descope-mgmt env promote --from staging --to prod --target flow/sign-in\n" +
			"  descope-mgmt env promote --from dev --to test --direct --yes",
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.check(cmd); err != nil {
				return err
			}
			return a.runEnvPromote(cmd.Context(), options)
		},
	}
	options.AddFlags(cmd)
	return exits(cmd, append([]Status{StatusChanges}, writing...)...)
}

// check refuses calls that name too little, and flags that have no sense.
func (o *promoteOptions) check(cmd *cobra.Command) error {
	if o.from == "" || o.to == "" {
		return usageError("env promote wants two environments", "write --from and --to, for example --from staging --to prod")
	}
	for _, pattern := range o.target {
		if err := resource.CheckGlob(pattern); err != nil {
			return usageError(fmt.Sprintf("--target: %v", err), "for example --target 'flow/sign-*'")
		}
	}
	if o.direct {
		return nil
	}
	for _, name := range []string{"allow-deletes", "confirm-environment", "lock-timeout", "no-backup", "allow-breaking-changes", "replace-unmanaged", "override-guard"} {
		if cmd.Flags().Changed(name) {
			return usageError(fmt.Sprintf("--%s counts with --direct only", name), "leave it out: nothing is written to a project; plan and apply follow")
		}
	}
	return nil
}

func (a *App) runEnvPromote(ctx context.Context, options promoteOptions) error {
	if a.flags.environment != "" || a.flags.projectID != "" {
		return usageError("env promote names both environments itself", "leave -e and --project-id out")
	}
	var edit *editing
	if !options.direct && !options.dryRun {
		var err error
		if edit, err = a.editConfiguration(ctx, a.configOptions(need{editing: true})); err != nil {
			return err
		}
		defer edit.end()
	}
	loaded, err := a.loadConfig(ctx, need{configuration: true, writing: true})
	if err != nil {
		return err
	}
	if err := checkNamed(loaded, options.from, options.to); err != nil {
		return err
	}
	if err := a.checkStep(loaded, options); err != nil {
		return err
	}
	from, err := a.forEnvironment(options.from).openLoaded(ctx, need{}, loaded)
	if err != nil {
		return err
	}
	to, err := a.forEnvironment(options.to).openLoaded(ctx, need{writing: options.direct}, loaded)
	if err != nil {
		return err
	}
	p := newPromoter(a, loaded, from, to, options)
	p.editing = edit
	if err := p.checkDirect(); err != nil {
		return err
	}
	pairs, err := p.pairs()
	if err != nil {
		return err
	}
	if err := p.checkSource(ctx, pairs); err != nil {
		return err
	}
	if options.direct {
		return p.direct(ctx, pairs)
	}
	return p.inFiles(ctx, pairs)
}

// checkStep holds the order of promotion: an environment gets what the one directly
// before it has proved.
func (a *App) checkStep(loaded *config.Config, options promoteOptions) error {
	if options.from == options.to {
		return usageError("an environment is not promoted to itself", "name two environments")
	}
	if options.allowSkip {
		return nil
	}
	before := predecessors(loaded.EnvironmentList(a.lookupSet), options.to)
	if slices.Contains(before, options.from) {
		return nil
	}
	hint := options.to + " comes first, and gets its changes from the code; --allow-skip promotes all the same"
	if len(before) > 0 {
		hint = "promote from " + strings.Join(before, " or ") + ", or give --allow-skip"
	}
	return refusedError("promotion_order", fmt.Sprintf("refused, nothing was written: %s does not come directly before %s; the order is %s",
		options.from, options.to, strings.Join(a.environmentsInOrder(loaded), ", ")), hint)
}

// predecessors are the environments directly before another one in the order of
// promotion: one, or all that share a place there.
func predecessors(list []config.Environment, name string) []string {
	together := func(x, y config.Environment) bool {
		return x.Name == y.Name || x.Order != nil && y.Order != nil && *x.Order == *y.Order
	}
	var before, same []config.Environment // in the last place so far, and in the one before it
	for _, environment := range list {
		if len(same) > 0 && !together(environment, same[0]) {
			before, same = same, nil
		}
		same = append(same, environment)
		if environment.Name == name {
			break
		}
	}
	var names []string
	for _, environment := range before {
		names = append(names, environment.Name)
	}
	return names
}

// checkSource refuses to promote what is live and not in the code, or in the code
// and not live: nobody has seen it work.
func (p *promoter) checkSource(ctx context.Context, pairs []promotionPair) error {
	addresses := make([]resource.Address, len(pairs))
	for i := range pairs {
		addresses[i] = pairs[i].from.Address()
	}
	found, err := p.from.sourceDrift(ctx, addresses, p.options.direct)
	if err != nil {
		return fmt.Errorf("%s: %w", p.from.place(), err)
	}
	if len(found) == 0 {
		return nil
	}
	return refusedError("source_drifted", fmt.Sprintf("refused, nothing was written: %s is not as its code has it: %s", p.from.place(), strings.Join(found, ", ")),
		fmt.Sprintf("descope-mgmt drift detect -e %s shows what differs, and both ways out", p.options.from))
}

// sourceDrift says which of the objects are live in another form than the
// configuration has them, and where that comes from, sorted. What somebody has
// accepted does not count, unless what is live is what will be written.
func (s *session) sourceDrift(ctx context.Context, addresses []resource.Address, withAccepted bool) ([]string, error) {
	options := driftOptions{severity: resource.SeverityInfo}
	for _, address := range addresses {
		options.target = append(options.target, resource.Glob(literally(string(address))))
	}
	result, err := s.detectDrift(ctx, options)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, finding := range result.Findings {
		counts := finding.State != drift.StateConverged && slices.Contains(addresses, finding.Address)
		if counts && (withAccepted || finding.Accepted == nil) {
			found = append(found, fmt.Sprintf("%s (%s)", finding.Address, finding.State))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// literally is a pattern that matches a text and nothing else.
func literally(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(text)
}

// show prints a promotion in files, and ends the command.
func (p *promoter) show(document promotionDocument) error {
	if err := p.app.show(document, func(w io.Writer) { p.write(w, document) }); err != nil {
		return err
	}
	if p.options.dryRun && p.options.detailed && len(document.Files) > 0 {
		return errChangesPresent
	}
	return nil
}
