package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func newDoctorCommand(a *App) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what keeps this tool from working here, and what to do",
		Long: "Looks at this machine, the configuration, the credentials, the way to the host and the tool's own records, and\n" +
			"says of each what was found and what to do about it. It writes nothing. The host is asked two questions, each\n" +
			"once and for at most 5 s; offline the other checks are made all the same. With several environments and none\n" +
			"selected no host is asked, unless --all-environments asks all. Exits 0 without problems, and otherwise with the\n" +
			"status of the gravest. No key and no password is ever shown: the output can be sent to others.",
		Example: "  descope-mgmt doctor\n  descope-mgmt doctor -e prod\n  descope-mgmt doctor --all-environments --format json -o doctor.json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runDoctor(cmd.Context(), all) },
	}
	addAllEnvironmentsFlag(cmd.Flags(), &all)
	return exits(cmd, StatusAuth, StatusIntegrity)
}

// diagnosis is a check with the status that the command ends with because of it.
type diagnosis struct {
	doctor.Check
	status Status
}

// saw is a check with its verdict and summary.
func saw(id string, verdict doctor.Verdict, format string, arguments ...any) diagnosis {
	return diagnosis{Check: doctor.Check{ID: id, Verdict: verdict, Summary: fmt.Sprintf(format, arguments...)}, status: StatusError}
}

// with adds to a check what to do, and more of what was found.
func (f diagnosis) with(remedy string, detail ...string) diagnosis {
	if remedy == lastHint { // whoever asks for a reason is not sent on to look for one
		remedy = ""
	}
	f.Remedy, f.Detail = remedy, append(f.Detail, detail...)
	return f
}

// sawError is a check that an error has ended.
func sawError(id string, err error) diagnosis {
	body := describe(err)
	check := saw(id, doctor.Problem, "%s", body.Message).with(strings.TrimSuffix(body.Hint, descope.HintDoctor))
	check.status = StatusOf(err)
	return check
}

// graver makes a check graver for a reason, which becomes its summary where it is
// the first of its weight, and a detail otherwise.
func (f *diagnosis) graver(verdict doctor.Verdict, summary, remedy string) {
	if doctor.Worse(f.Verdict, verdict) == f.Verdict {
		f.Detail = append(f.Detail, summary)
		return
	}
	f.Detail = append(f.Detail, f.Summary)
	f.Verdict, f.Summary, f.Remedy = verdict, summary, remedy
}

// examination is what doctor works in. It holds what other commands would have
// ended without.
type examination struct {
	app      *App
	loaded   *config.Config // nil where there is none, or none that is valid
	why      string         // why no project can be looked at; empty where one can
	user     *config.User
	settings config.Settings
	records  *store.Store // nil where it is not known where records are kept
	folder   string       // the state folder
	network  bool         // the hosts are asked
	names    []string     // the environments that are looked at; one empty name where none is configured
}

// runDoctor looks at everything. Only a wrong call and a failure to write the output
// are errors; what it finds is its result.
func (a *App) runDoctor(ctx context.Context, all bool) error {
	if all && (a.flags.environment != "" || a.flags.projectID != "") {
		return usageError("--all-environments excludes -e and --project-id", "give one of them")
	}
	// The budget that is shared with other processes is only read, and in another way.
	a.limiters = &limiters{}
	a.limiters.once.Do(func() { a.limiters.one = pace.NewLimiter(pace.NewMemoryStore(a.Now)) })
	a.forOthers = true
	x := &examination{app: a}
	checks, err := x.lookUntil(ctx, all)
	if err != nil {
		return err
	}
	document := doctor.Result{FormatVersion: resource.FormatVersion, ToolVersion: currentBuild().Version}
	statuses, problems, remedy := []Status{}, []string{}, ""
	for _, one := range checks {
		document.Checks = append(document.Checks, one.Check)
		if one.Verdict == doctor.Problem {
			statuses, problems, remedy = append(statuses, one.status), append(problems, one.ID), one.Remedy
		}
	}
	document.Summary = doctor.Count(document.Checks)
	x.name(&document)
	if err := a.show(document, doctorView(a, document)); err != nil || len(problems) == 0 {
		return err
	}
	message := fmt.Sprintf("%s found: %s", counted(len(problems), "problem"), strings.Join(problems, ", "))
	if len(problems) > 1 || remedy == "" {
		remedy = "each of these checks says what to do"
	}
	return &afterResult{&failure{status: statusOfAll(statuses), code: "problems_found", message: message, hint: remedy}}
}

// lookUntil is look that ends with its context, also where the disk does not answer:
// a call of the system that hangs is left behind, and ends with the process.
func (x *examination) lookUntil(ctx context.Context, all bool) ([]diagnosis, error) {
	var checks []diagnosis
	found := make(chan error, 1)
	go func() {
		found <- recovered(func() error { checks = x.look(ctx, all); return nil })
	}()
	select {
	case err := <-found:
		if err != nil || ctx.Err() == nil {
			return checks, err
		}
	case <-ctx.Done():
		select {
		case <-found: //nolint:errcheck // the end of the context is the error
		case <-time.After(lastWords):
		}
	}
	return nil, context.Cause(ctx)
}

// look makes all checks, in the order of the catalogue.
func (x *examination) look(ctx context.Context, all bool) []diagnosis {
	program := []diagnosis{x.build(), x.binary(), x.terminal(), x.git(ctx)}
	configuration := []diagnosis{x.configuration(ctx)}
	settings := x.ownSettings(ctx) // the state folder depends on them
	configuration = append(configuration, x.envFile(ctx), settings, x.proxies())
	configuration = append(configuration, x.environment(all))
	x.openRecords()
	records := []diagnosis{x.stateFolder(), x.leftovers(), x.backups(ctx)}
	checks := append(append(program, configuration...), records...)
	if x.why != "" {
		return append(checks, skipProject("", x.why)...)
	}
	projects := make([][]diagnosis, len(x.names))
	var tasks errgroup.Group
	for i, name := range x.names {
		child := x.app.forEnvironment(name)
		tasks.Go(func() error {
			projects[i] = x.project(ctx, child)
			return nil
		})
	}
	_ = tasks.Wait() // what fails is a diagnosis
	for _, one := range projects {
		checks = append(checks, one...)
	}
	return checks
}

// skipProject are all checks of a project of which nothing can be known.
func skipProject(environment, why string) []diagnosis {
	var checks []diagnosis
	for _, entry := range doctor.Catalogue() {
		if entry.Group == doctor.GroupProject {
			check := saw(entry.ID, doctor.Skipped, "%s", why)
			check.Environment = environment
			checks = append(checks, check)
		}
	}
	return checks
}

// environment says which projects are looked at, and whether their hosts are asked.
func (x *examination) environment(all bool) diagnosis {
	id := doctor.CheckEnvironment
	if x.why != "" {
		return saw(id, doctor.Skipped, "%s", x.why)
	}
	names, err := x.app.environmentsToCheck(x.loaded, all)
	if err == nil && len(names) == 1 {
		_, err = config.Resolve(x.loaded, x.app.selection(names[0], x.user, true))
		if _, wrong := errors.AsType[*config.SelectionError](err); !wrong {
			err = nil // what else is missing is said of the credentials
		}
	}
	if err != nil {
		x.why = "no project is selected"
		return sawError(id, err)
	}
	x.names, x.network = names, true
	selected, from := x.app.flags.environment, "--environment"
	if selected == "" {
		selected, _ = x.app.lookup("DESCOPE_ENVIRONMENT")
		from = "DESCOPE_ENVIRONMENT"
	}
	switch {
	case all && names[0] != "":
		return saw(id, doctor.OK, "all are looked at: %s", strings.Join(names, ", "))
	case selected != "" && !all:
		return saw(id, doctor.OK, "%s, selected by %s", selected, from)
	case len(names) == 1 && names[0] == "":
		return saw(id, doctor.OK, "none is configured or needed: the project is that of flags and variables")
	}
	x.network = false
	return saw(id, doctor.Note, "none is selected, so that no host is asked; configured: %s", strings.Join(names, ", ")).
		with("descope-mgmt doctor -e NAME, or --all-environments")
}

// openRecords finds the folder of the tool's own records. Nothing is made.
func (x *examination) openRecords() {
	environment := ""
	if len(x.names) == 1 {
		environment = x.names[0]
	}
	x.settings = config.MergeSettings(x.loaded, x.user, environment)
	folder, err := x.app.stateDir(x.settings.State.Dir)
	if err != nil {
		return
	}
	x.folder = folder
	if x.records, err = x.app.openStore(x.settings); err != nil {
		x.records = nil
	}
}

// name names the one project that was looked at, if it was one.
func (x *examination) name(document *doctor.Result) {
	if x.why == "" && len(x.names) == 1 && x.names[0] != "" {
		document.Environment = &x.names[0]
	}
	if target, host, known := x.oneTarget(); known {
		document.ProjectID = &target.ProjectID
		if host != "" {
			document.Host = &host
		}
	}
}

// oneTarget is the one project that is looked at, if it is one; the host is empty
// where its address is none.
func (x *examination) oneTarget() (target config.Target, host string, known bool) {
	if x.why != "" || len(x.names) != 1 {
		return config.Target{}, "", false
	}
	target, err := config.Resolve(x.loaded, x.app.selection(x.names[0], x.user, true))
	if err != nil {
		return config.Target{}, "", false
	}
	host, _ = hostOf(target)
	return target, host, true
}
