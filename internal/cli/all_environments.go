package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// everywhere says how a command runs in all environments.
type everywhere struct {
	document string // the key of its document in the one of all: "plan", "report"
	// writing commands run in one environment after the other; the others in all at
	// the same time.
	writing  bool
	approved *approveFlags // nil where nothing is to be approved
	// result says of a document, in a few words, what came out; nil: plans and
	// reports are known.
	result func(document any) string
	// foretold says how long it takes also where it runs in one environment.
	foretold bool
}

func addAllEnvironmentsFlag(flags *pflag.FlagSet, all *bool) {
	flags.BoolVar(all, "all-environments", false, "in every environment of the configuration, instead of -e; DESCOPE_ENVIRONMENT does not count then")
}

// inEnvironments runs a command in the selected environment, or in all of them. A
// failure in one neither stops nor hides the others; an interruption does stop.
//
// The function gets an App of its own for each environment, which it must use
// instead of the command's.
func (a *App) inEnvironments(ctx context.Context, all bool, how everywhere, run func(context.Context, *App) error) error {
	started := a.Now()
	if !all {
		if !how.foretold {
			return run(ctx, a)
		}
		_, members := newGathering(a, 1, started)
		a.member = members[0]
		defer a.member.end(ctx)
		return run(ctx, a)
	}
	several, err := a.selectAll(ctx, how)
	if err != nil {
		return err
	}
	if how.writing {
		several.inOrder(ctx, run)
	} else {
		several.atOnce(ctx, started, run)
	}
	return several.show()
}

// several is one command in several environments.
type several struct {
	app   *App
	how   everywhere
	parts []*part // in promotion order
	out   *parted
	// collected says that everything is shown at the end as one.
	collected bool
}

// environmentsInOrder are the names of the environments in promotion order.
func (a *App) environmentsInOrder(loaded *config.Config) []string {
	var names []string
	for _, environment := range loaded.EnvironmentList(a.lookupSet) {
		names = append(names, environment.Name)
	}
	return names
}

// selectAll reads the configuration and finds out which projects its environments
// are. All their keys are known from then on, so that none can be printed.
func (a *App) selectAll(ctx context.Context, how everywhere) (*several, error) {
	for flag, given := range map[string]string{"-e": a.flags.environment, "--project-id": a.flags.projectID} {
		if given != "" {
			return nil, usageError(flag+" and --all-environments select different things", "give one of the two")
		}
	}
	if a.SaveMemory != nil {
		a.SaveMemory()
	}
	loaded, err := a.loadConfig(ctx, need{configuration: true, writing: how.writing})
	if err != nil {
		return nil, err
	}
	names := a.environmentsInOrder(loaded)
	if len(names) == 0 {
		return nil, usageError("--all-environments: the configuration has no environments", "add them under environments, or leave the flag out")
	}
	if err := how.approved.check(names); err != nil {
		return nil, err
	}
	a.loaded = loaded
	a.tellWarnings(loaded)
	s := &several{app: a, how: how, out: &parted{to: a.Out}, collected: a.flags.output != "" || a.isMachine()}
	for _, name := range names {
		one := &part{environment: name}
		if err := a.resolve(one, how.writing); err != nil {
			return nil, err
		}
		for _, other := range s.parts {
			if one.address != "" && other.address == one.address {
				return nil, usageError(
					fmt.Sprintf("the environments %s and %s are the same project, %s", other.environment, name, *one.project),
					"give each a project_id of its own; DESCOPE_PROJECT_ID fills in what the configuration leaves out")
			}
		}
		s.parts = append(s.parts, one)
		s.prepare(one)
	}
	return s, nil
}

// resolve finds an environment's project. What is missing to reach it is that
// environment's own failure, later; what is wrong ends the command.
func (a *App) resolve(one *part, writing bool) error {
	selection := config.Selection{Environment: one.environment, BaseURL: a.flags.baseURL, Lookup: a.lookupSet, Reading: !writing}
	target, err := config.Resolve(a.loaded, selection)
	if lacksCredential(err) {
		selection.WithoutKey = true
		target, err = config.Resolve(a.loaded, selection)
	}
	if lacksCredential(err) {
		return nil
	}
	if err != nil {
		return err
	}
	a.redact.add(target.ManagementKey)
	one.project = &target.ProjectID
	if endpoint, err := descope.Endpoint(target.ProjectID, target.BaseURL); err == nil {
		one.address = descope.HostName(endpoint) + " " + target.ProjectID
	}
	return nil
}

func lacksCredential(err error) bool {
	_, missing := errors.AsType[*config.MissingCredentialError](err)
	return missing
}

// check refuses approvals that are not of one environment each.
func (f *approveFlags) check(names []string) error {
	if f == nil {
		return nil
	}
	if f.allowDeletes.plain != nil {
		return usageError("--allow-deletes with a number alone does not say in which environment",
			fmt.Sprintf("give it for each that deletes, for example --allow-deletes %s=%d", names[0], *f.allowDeletes.plain))
	}
	for _, given := range []struct {
		flag  string
		names []string
	}{{"--allow-deletes", slices.Sorted(maps.Keys(f.allowDeletes.named))}, {"--confirm-environment", f.confirmEnvironment}} {
		for _, name := range given.names {
			if !slices.Contains(names, name) {
				return usageError(fmt.Sprintf("%s names the environment %q, which is not configured", given.flag, name), suggestion(name, names))
			}
		}
	}
	return nil
}

// inOrder runs one environment after the other.
func (s *several) inOrder(ctx context.Context, run func(context.Context, *App) error) {
	for _, one := range s.parts {
		if ctx.Err() != nil {
			one.notRun(ctx)
			continue
		}
		s.out.next()
		one.run(ctx, run)
	}
}

// atOnce runs all environments at the same time and shows each once those before it
// are shown.
func (s *several) atOnce(ctx context.Context, started time.Time, run func(context.Context, *App) error) {
	_, members := newGathering(s.app, len(s.parts), started)
	done := make([]chan struct{}, len(s.parts))
	var all sync.WaitGroup
	for i, one := range s.parts {
		one.app.member, done[i] = members[i], make(chan struct{})
		all.Go(func() {
			defer close(done[i])
			defer members[i].end(ctx)
			one.run(ctx, run)
		})
	}
	for i, one := range s.parts {
		<-done[i]
		if !s.collected {
			s.out.next()
			_, _ = s.out.Write(one.text.Bytes()) // the table at the end says what there is to say, or fails as well
		}
	}
	all.Wait()
}

// isMachine reports whether the output is one document.
func (a *App) isMachine() bool { return a.flags.format == formatJSON || a.flags.format == formatYAML }

// notRun says that an interruption came before an environment's turn.
func (p *part) notRun(ctx context.Context) {
	stopped := &failure{
		status: StatusInterrupted, code: "not_run", message: "not run: the command was interrupted before its turn",
		hint: "run the command again", cause: context.Cause(ctx),
	}
	if received, ok := errors.AsType[*signalError](stopped.cause); ok {
		stopped.status = statusOfSignal(received.signal)
	}
	p.skipped, p.err = true, stopped
}

// run runs the command in one environment, and says what went wrong there.
func (p *part) run(ctx context.Context, run func(context.Context, *App) error) {
	p.err = signalled(ctx, recovered(func() error {
		if err := p.app.nameRandomly(); err != nil {
			return err
		}
		return run(ctx, p.app)
	}))
	if p.err != nil && !silent(p.err) {
		p.app.printError(p.err, describe(p.err))
	}
	p.lines.end()
}

// status is how the command ended in this environment.
func (p *part) status() Status { return StatusOf(p.err) }

// outcome is what came of it in this environment: a run that an interruption found at
// its last change, or later, has done all that it had to do, whatever the status of the
// command says.
func (p *part) outcome() Status {
	status := p.status()
	done, isReport := p.document.(resource.Report)
	if !isReport || p.skipped || status < StatusInterrupted || !silent(p.err) {
		return status
	}
	if done.Summary.Complete() && leftOver(done) == nil {
		return StatusOK
	}
	return status
}

// show shows all of it and gives the command its ending. As with one environment,
// what was written is not lost when its report cannot go where it was wanted.
func (s *several) show() error {
	statuses := make([]Status, len(s.parts))
	for i, one := range s.parts {
		statuses[i] = one.status()
	}
	status := statusOfAll(statuses)
	if err := s.app.showReport(s.document(status), s.report, s.write); err != nil {
		if !s.how.writing && s.app.flags.output == "" {
			return &failure{status: statusOfAll([]Status{status, StatusOf(err)}), code: "file", message: err.Error(), cause: err}
		}
		s.app.warn("error: %s", err)
		s.app.warn("hint: what was done stands here instead")
		s.showElsewhere(status)
		if !s.how.writing {
			status = statusOfAll([]Status{status, StatusOf(err)})
		}
	}
	if status == StatusOK {
		return nil
	}
	return &failure{status: status, code: "environments"}
}

// report joins what the environments give to it; one that failed is in it too.
func (s *several) report() report.Document {
	parts := make([]reported, 0, len(s.parts))
	for _, one := range s.parts {
		if one.reported != nil {
			parts = append(parts, *one.reported)
			continue
		}
		environment := report.Environment{Name: one.environment}
		if one.project != nil {
			environment.ProjectID = *one.project
		}
		if one.err != nil {
			environment.Error = describe(one.err).fault()
		}
		parts = append(parts, failed(s.app.reporting, environment))
	}
	return reportOf(parts)
}

// showElsewhere shows it on the standard output where that is still free, and
// otherwise to people on the error stream.
func (s *several) showElsewhere(status Status) {
	if s.app.flags.output != "" {
		s.app.flags.output = ""
		if s.app.show(s.document(status), s.write) == nil {
			return
		}
	}
	s.app.showErr(s.write)
}
