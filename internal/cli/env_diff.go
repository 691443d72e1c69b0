package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// envDiffFlags are the flags of env diff.
type envDiffFlags struct {
	target   []string
	exclude  []string
	detailed bool
}

// AddFlags adds the flags.
func (f *envDiffFlags) AddFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.target, "target", nil, "compare only what matches `GLOB` by its address in one of the two, or its key; repeatable (tenant/acme-*)")
	flags.StringArrayVar(&f.exclude, "exclude", nil, "leave out what matches `GLOB`; repeatable")
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "exit 2 when there is a difference")
}

func newEnvDiffCommand(a *App) *cobra.Command {
	var flags envDiffFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two environments as they are live",
		Long: "Compares what is live in two environments of the configuration, each with its own key: which tenants and flows\n" +
			"only one of them has, and in what the others differ. Objects are matched by their address, or by their key where\n" +
			"the configuration gives an object another id in each environment. Of tenants everything is compared that can be\n" +
			"written, session settings where the configuration names some in one of the two; flows are matched as graphs, and\n" +
			"what differs is what leads from A to B.",
		Example: "  descope-mgmt env diff staging prod\n  descope-mgmt env diff staging prod --target 'flow/*' --format json\n" +
			"  descope-mgmt env diff dev test --exclude 'tenant/sandbox-*' --detailed-exitcode",
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runEnvDiff(cmd.Context(), args, flags) },
	}
	flags.AddFlags(cmd.Flags())
	return exits(a.withReport(cmd, report.KindComparison), append([]Status{StatusChanges}, talking...)...)
}

func (a *App) runEnvDiff(ctx context.Context, args []string, flags envDiffFlags) error {
	options, err := (&planFlags{target: flags.target, exclude: flags.exclude}).options()
	if err != nil {
		return err
	}
	if a.flags.environment != "" || a.flags.projectID != "" {
		return usageError("env diff names both environments itself", "leave -e and --project-id out")
	}
	sessions, err := a.openBoth(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	in := compare.Input{
		ToolVersion: currentBuild().Version, CreatedAt: a.Now().UTC(), Target: options.Target, Exclude: options.Exclude,
		Secret: a.redact.holdsValue, SecretPaths: sessions[0].secretPaths,
	}
	if err := readBoth(ctx, sessions, &in); err != nil {
		return err
	}
	a.tellUnmatched(in)
	found, err := compare.Compare(in)
	if err != nil {
		return err
	}
	view := comparisonView{quiet: a.flags.quiet, headlines: [2]string{sessions[0].headline(), sessions[1].headline()}}
	if err := a.showReported(found, reported{comparison: &found}, func(w io.Writer) { view.write(w, found) }); err != nil {
		return err
	}
	if flags.detailed && found.Summary.Differences() > 0 {
		return errChangesPresent
	}
	return nil
}

// tellUnmatched says that a target, or an exclusion, is the address of nothing that is
// live in either of the two, and of no key.
func (a *App) tellUnmatched(in compare.Input) {
	addresses := slices.Concat(addressesOf(in.A.Tenants), addressesOf(in.A.Flows), addressesOf(in.B.Tenants), addressesOf(in.B.Flows))
	for _, project := range []compare.Project{in.A, in.B} {
		for address, key := range project.Keys {
			addresses = append(addresses, string(address.Kind())+"/"+key)
		}
	}
	slices.Sort(addresses)
	for _, list := range []struct {
		flag  string
		globs []resource.Glob
	}{{"--target", in.Target}, {"--exclude", in.Exclude}} {
		for _, glob := range list.globs {
			if !slices.ContainsFunc(addresses, glob.Match) {
				hint := resource.SuggestAddress(string(glob), addresses)
				a.notice("note: %s %q matches nothing in either of the two%s", list.flag, string(glob), strings.TrimSuffix("; "+hint, "; "))
			}
		}
	}
}

// openBoth opens a session in each of two environments that only read.
func (a *App) openBoth(ctx context.Context, first, second string) ([2]*session, error) {
	var sessions [2]*session
	loaded, err := a.loadConfig(ctx, need{configuration: true})
	if err != nil {
		return sessions, err
	}
	if err := checkNamed(loaded, first, second); err != nil {
		return sessions, err
	}
	for i, name := range []string{first, second} {
		if sessions[i], err = a.forEnvironment(name).openLoaded(ctx, need{}, loaded); err != nil {
			return sessions, err
		}
	}
	if sessions[0].host == sessions[1].host && sessions[0].target.ProjectID == sessions[1].target.ProjectID {
		return sessions, usageError(fmt.Sprintf("%s and %s are the same project, %s on %s", first, second, sessions[0].target.ProjectID, sessions[0].host), "name two environments with a project each")
	}
	return sessions, nil
}

// readBoth reads both projects at the same time: the lists, and then what a
// comparison wants to know of the objects that both have.
func readBoth(ctx context.Context, sessions [2]*session, in *compare.Input) error {
	projects := [2]*compare.Project{&in.A, &in.B}
	err := both(sessions, func(i int) error {
		var err error
		*projects[i], err = sessions[i].readProject(ctx)
		return err
	})
	if err != nil {
		return err
	}
	shared, err := compare.Shared(*in)
	if err != nil {
		return err
	}
	named := settingsNamed(sessions)
	return both(sessions, func(i int) error {
		documents, settings := []string{}, map[string]bool{}
		for _, one := range shared {
			address := [2]resource.Address{one.A, one.B}[i]
			switch {
			case address.Kind() == resource.KindFlow:
				documents = append(documents, address.ID())
			case named[0][one.A] || named[1][one.B]:
				settings[address.ID()] = true
			}
		}
		return sessions[i].readMore(ctx, projects[i], documents, settings)
	})
}

// both does the same in two sessions at the same time; of two errors the graver
// one counts. Errors name the environment.
func both(sessions [2]*session, do func(i int) error) error {
	var failures []error
	var tasks errgroup.Group
	results := make([]error, len(sessions))
	for i := range sessions {
		tasks.Go(func() error {
			results[i] = do(i)
			return nil
		})
	}
	_ = tasks.Wait() // the errors are there
	for i, err := range results {
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", sessions[i].place(), err))
		}
	}
	if len(failures) == 0 {
		return nil
	}
	return slices.MinFunc(failures, func(a, b error) int { return compareStatus(StatusOf(a), StatusOf(b)) })
}

// readProject lists the tenants and flows of a project.
func (s *session) readProject(ctx context.Context) (compare.Project, error) {
	project := compare.Project{
		Side: compare.Side{Environment: s.target.Environment, ProjectID: s.target.ProjectID, Host: s.host},
		Keys: s.config.Keys(s.target.Environment),
	}
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error { return s.listOnly(ctx) })
	tasks.Go(func() (err error) {
		project.Flows, err = s.reader.Flows(ctx)
		return err
	})
	err := tasks.Wait()
	project.Tenants = s.live
	return project, err
}

// readMore reads the documents of flows and the settings of tenants.
func (s *session) readMore(ctx context.Context, project *compare.Project, documents []string, settings map[string]bool) error {
	if err := s.readDocuments(ctx, project.Flows, documents); err != nil {
		return err
	}
	err := s.readSettingsOf(ctx, settings)
	project.Tenants = s.live
	return err
}

// settingsNamed are the tenants of each side whose settings the configuration
// names: to read those of all tenants costs a call for each of them.
func settingsNamed(sessions [2]*session) [2]map[resource.Address]bool {
	var named [2]map[resource.Address]bool
	for i, s := range sessions {
		named[i] = map[resource.Address]bool{}
		for _, wanted := range s.config.Desired(s.target.Environment) {
			if slices.ContainsFunc(wanted.Fields, func(f resource.DesiredField) bool { return f.Path.Field == "settings" }) {
				named[i][wanted.Address()] = true
			}
		}
	}
	return named
}
