package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// applyOptions are the flags of the commands that apply a configuration.
type applyOptions struct {
	planFlags
	approveFlags
	kinds    []resource.Kind // what is planned; nil means all kinds
	dryRun   bool
	digest   string // empty when none was given
	planFile string // empty when none was given
	all      bool   // in all environments
}

// AddFlags declares the flags.
func (o *applyOptions) AddFlags(cmd *cobra.Command) {
	o.planFlags.AddFlags(cmd.Flags(), o.kinds)
	o.approveFlags.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show the plan, as the plan command does")
	cmd.Flags().StringVar(&o.digest, "plan-digest", "", "apply only if the plan made now has this `DIGEST`")
	addAllEnvironmentsFlag(cmd.Flags(), &o.all)
}

// runAnywhere applies in the selected environment, or in all of them.
func (o applyOptions) runAnywhere(ctx context.Context, a *App) error {
	if o.all && (o.planFile != "" || o.digest != "") {
		return usageError("a saved plan and --plan-digest are of one environment, and --all-environments is about several", "apply each with -e NAME")
	}
	how := everywhere{document: "plan"}
	if !o.dryRun {
		how = everywhere{document: "report", writing: true, approved: &o.approveFlags}
	}
	return a.inEnvironments(ctx, o.all, how, func(ctx context.Context, a *App) error { return a.runApply(ctx, o) })
}

func newApplyCommand(a *App) *cobra.Command {
	var options applyOptions
	cmd := &cobra.Command{
		Use:   "apply [PLANFILE]",
		Short: "Make the live project match the configuration",
		Long: "Plans, shows the plan, asks, applies it, and verifies the result with one more list call.\n" +
			"With PLANFILE, a plan kept by plan --out, it plans again and goes on only if nothing at all differs:\n" +
			"what was approved is what runs, and no value ever comes from the file. Give -e, --target, --exclude\n" +
			"and --prune as for the plan.",
		Example: "  descope-mgmt apply -e dev\n  descope-mgmt apply -e dev --yes --allow-deletes 2\n  descope-mgmt apply --all-environments --yes --confirm-environment prod\n  descope-mgmt apply dev.plan.json -e dev --yes",
		Args:    rangeArgs(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if options.planFile = args[0]; args[0] == "" {
					return usageError("the plan file's name is empty", "is a variable unset?")
				}
			}
			return options.runAnywhere(cmd.Context(), a)
		},
	}
	options.AddFlags(cmd)
	return exits(cmd, append([]Status{StatusChanges, StatusIntegrity}, writing...)...)
}

func (a *App) runApply(ctx context.Context, options applyOptions) error {
	session, err := a.open(ctx, need{configuration: true, writing: true})
	if err != nil {
		return err
	}
	want, err := session.wantConfigured(&options.planFlags, options.kinds)
	if err != nil {
		return err
	}
	session.tellNothingManaged(want, options.kinds)
	proposed, err := propose(ctx, func(ctx context.Context) (plan.Result, error) {
		result, err := session.plan(ctx, want)
		if err != nil {
			return plan.Result{}, err
		}
		return result, a.checkApproved(result, options)
	})
	if err != nil {
		return err
	}
	if options.dryRun {
		return session.showPlan(proposed.result, options.detailed, "")
	}
	return session.carryOut(ctx, proposed, options.approveFlags)
}

// checkApproved holds the plan made now against the one that was looked at.
func (a *App) checkApproved(result plan.Result, options applyOptions) error {
	if options.digest != "" && options.digest != result.Plan.PlanDigest {
		return refusedError("stale_plan",
			fmt.Sprintf("refused, nothing was sent: the plan made now has the digest %s, not %s", result.Plan.PlanDigest, options.digest),
			"look at a new plan and give its digest")
	}
	if options.planFile == "" {
		return nil
	}
	raw, err := readPlanFile(a.absolute(options.planFile))
	if err != nil {
		return err
	}
	saved, err := plan.ParseSaved(raw)
	if err != nil {
		if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) { // text for people
			err = errors.New("this is a report and no plan")
		}
		return usageError(fmt.Sprintf("plan file %s: %v", options.planFile, err), "make it with descope-mgmt plan --out FILE; -o FILE writes what is shown")
	}
	return plan.CheckSaved(saved, result.Plan)
}

func readPlanFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usageError(fmt.Sprintf("read the plan file: %v", err), "make it with descope-mgmt plan --out FILE")
	}
	if !info.Mode().IsRegular() {
		return nil, usageError(fmt.Sprintf("plan file %s is not a regular file", path), "make it with descope-mgmt plan --out FILE")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError(fmt.Sprintf("read the plan file: %v", err), "make it with descope-mgmt plan --out FILE")
	}
	defer func() { _ = file.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(file, plan.MaxSavedBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the plan file %s: %w", path, err)
	}
	if len(raw) > plan.MaxSavedBytes {
		return nil, usageError(fmt.Sprintf("plan file %s is larger than 256 MiB", path), "")
	}
	return raw, nil
}
