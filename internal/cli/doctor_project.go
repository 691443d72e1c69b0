package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/doctor"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/hook"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// patient is one project that is looked at.
type patient struct {
	*examination
	app    *App // that of its environment
	target config.Target
	host   string
	known  bool // project and host are known
	keyed  bool // and so is the key
	// peeked is what is known of the calls that count now; nil where nothing is.
	peeked *pace.Peeked
}

// project makes all checks of one project, in the order of the catalogue.
func (x *examination) project(ctx context.Context, a *App) []diagnosis {
	a.use(x.loaded)
	p := &patient{examination: x, app: a}
	credentials, keyCommand := p.credentials(ctx)
	limits := p.rateLimits() // they say whether the host may be asked now
	checks := []diagnosis{credentials, keyCommand}
	checks = append(checks, p.ask(ctx)...)
	checks = append(checks, limits, p.lock(), p.journals(), p.kept(), p.auditLog(ctx))
	for i := range checks {
		checks[i].Environment = a.flags.environment
	}
	return checks
}

// in is what commands are told about the project.
func (p *patient) in() string { return selecting(p.app.flags.environment) }

// credentials finds out where project id and key come from. A program that prints
// the key is run only where a host is asked, and never where everybody could have
// put another one in its place.
func (p *patient) credentials(ctx context.Context) (credentials, keyCommand diagnosis) {
	id := doctor.CheckCredentials
	keyCommand = saw(doctor.CheckKeyCommand, doctor.OK, "no program prints the key")
	name := p.app.flags.environment
	target, err := config.Resolve(p.loaded, p.app.selection(name, p.user, true))
	if err != nil {
		p.hostAlone()
		return p.missing(err), keyCommand
	}
	p.target = target
	if p.host, err = hostOf(target); err != nil {
		return sawError(id, usageError(err.Error(), "correct "+cmp.Or(target.BaseURLSource, "the base URL"))), keyCommand
	}
	p.known = true
	keyed, err := config.Resolve(p.loaded, p.app.selection(name, p.user, false))
	p.app.hide(keyed.ManagementKey)
	if err == nil && keyed.KeyCommand != nil {
		keyCommand = p.keyCommand(keyed.KeyCommand)
		if keyCommand.Verdict == doctor.Problem || !p.network {
			check := saw(id, doctor.Skipped, "project %s from %s; the program of %s was not run", target.ProjectID, target.ProjectSource, keyed.KeyCommand.Source)
			return check, keyCommand
		}
		keyed, err = p.app.resolveTarget(ctx, p.loaded, p.app.selection(name, p.user, false))
		p.app.hide(keyed.ManagementKey)
	}
	if err != nil {
		check := p.missing(err)
		check.Detail = append(check.Detail, fmt.Sprintf("project %s from %s", target.ProjectID, target.ProjectSource))
		return check, keyCommand
	}
	p.target, p.keyed = keyed, true
	check := saw(id, doctor.OK, "project %s from %s; management key from %s", keyed.ProjectID, keyed.ProjectSource, keyed.KeySource)
	if keyed.BaseURLSource != "" {
		check.Detail = append(check.Detail, "host from "+keyed.BaseURLSource)
	}
	return check, keyCommand
}

// missing is a project id or key that is not there. Of environments that nobody has
// selected many a machine has no key, as it should be.
func (p *patient) missing(err error) diagnosis {
	check := sawError(doctor.CheckCredentials, err)
	if _, missing := errors.AsType[*config.MissingCredentialError](err); missing && !p.network {
		check.Verdict = doctor.Note
	}
	return check
}

// hostAlone names the host where no project is known: that of a flag or variable, or
// the usual one. An environment may have one of its own, which is then not known.
func (p *patient) hostAlone() {
	if p.app.flags.environment != "" {
		return
	}
	base := p.app.flags.baseURL
	if base == "" {
		base, _ = p.app.lookup("DESCOPE_BASE_URL")
	}
	p.target = config.Target{BaseURL: base}
	if host, err := hostOf(p.target); err == nil {
		p.host = host
	}
}

// keyCommand looks at who can replace the program that prints the key.
func (p *patient) keyCommand(command *config.KeyCommand) diagnosis {
	id := doctor.CheckKeyCommand
	path, err := hook.Command{Argv: command.Argv, Dir: command.Dir, Env: hook.Environment(p.app.Environ, p.app.redact.holds)}.Path()
	if err != nil {
		check := saw(id, doctor.Problem, "%s names %q, which cannot be run: %v", command.Source, command.Argv[0], err).with("install it, or name it with its whole path")
		check.status = StatusAuth
		return check
	}
	return exposed(id, []string{path})
}

// hostOf names the host of a project.
func hostOf(target config.Target) (string, error) {
	endpoint, err := descope.Endpoint(target.ProjectID, target.BaseURL)
	if err != nil {
		return "", err
	}
	return descope.HostName(endpoint), nil
}

// rateLimits says which limits are kept, and what is known of them. The record that
// processes share is only read.
func (p *patient) rateLimits() diagnosis {
	id := doctor.CheckRateLimits
	if !p.known {
		return saw(id, doctor.Skipped, "no project is known")
	}
	s := &session{app: p.app, settings: config.MergeSettings(p.loaded, p.user, p.target.Environment), target: p.target}
	rules, err := s.rules()
	if err != nil {
		return sawError(id, err)
	}
	check := saw(id, doctor.OK, "%s, of which %.0f %% are used: %s", s.limitsFrom, 100*s.buffer, rules)
	folder, err := p.app.stateDir("")
	if err != nil {
		return check
	}
	peeked, err := pace.Peek(filepath.Join(folder, budgetDir), p.host, p.target.ProjectID, rules, p.app.Now())
	if err != nil {
		check.graver(doctor.Warning, "the record of recent calls cannot be read: "+err.Error(), "remove the folder "+filepath.Join(folder, budgetDir))
		return check
	}
	p.peeked = &peeked
	if peeked.Damaged {
		check.graver(doctor.Warning, "the record of recent calls is damaged, and starts afresh with the next call", "")
	}
	if peeked.Network != "" {
		check.graver(doctor.Note, "the folder of the budget is on a network file system ("+peeked.Network+"): do not run several commands at once", "")
	}
	for _, usage := range peeked.Usages {
		p.learned(&check, usage)
	}
	return check
}

// learned says what refusals have taught of one limit.
func (p *patient) learned(check *diagnosis, usage pace.Usage) {
	classes := pace.Rules{usage.Rule}.String()
	if usage.LearnedFor > 0 {
		until := p.app.Now().Add(usage.LearnedFor).UTC().Format(time.RFC3339)
		check.graver(doctor.Note, fmt.Sprintf("the host refused calls: %s is lowered to %d until %s, or until it proves right", classes, usage.Limit, until),
			"nothing; or --forget-limits with the next command, where another program was to blame")
	}
	if usage.Blocked > 0 {
		check.graver(doctor.Warning, fmt.Sprintf("calls under %s are held back for %s", classes, usage.Blocked.Round(time.Second)), "wait, or find out what else calls from this address")
	}
}

// room is how long the two questions to the host would have to wait; zero when they
// can be asked now.
func (p *patient) room() time.Duration {
	if p.peeked == nil {
		return 0
	}
	longest := time.Duration(0)
	for _, usage := range p.peeked.Usages {
		if slices.Contains(usage.Rule.Classes, pace.ClassOther) || slices.Contains(usage.Rule.Classes, pace.ClassTenant) {
			wait, _ := usage.NextFree()
			longest = max(longest, wait)
		}
	}
	return longest
}

// lock says who is writing.
func (p *patient) lock() diagnosis {
	id := doctor.CheckLock
	info, skipped := p.lockInfo()
	if skipped != nil {
		skipped.ID = id
		return *skipped
	}
	switch info.State {
	case store.LockFree:
		return saw(id, doctor.OK, "free")
	case store.LockDead:
		return saw(id, doctor.Note, "%s ended without releasing it; the next run takes it over", info.Holder).
			with("descope-mgmt lock release" + p.in())
	default:
		return saw(id, doctor.Note, "held by %s", info.Holder).
			with("wait for it: descope-mgmt lock status" + p.in())
	}
}

// lockInfo reads the lock; where that cannot be, it says why.
func (p *patient) lockInfo() (store.LockInfo, *diagnosis) {
	var check diagnosis
	if p.records == nil || !p.known {
		check = saw("", doctor.Skipped, "no project or no state folder is known")
		return store.LockInfo{}, &check
	}
	self, err := store.ThisProcess()
	if err != nil {
		check = sawError("", err)
		return store.LockInfo{}, &check
	}
	info, err := p.state().LockInfo(self, p.app.Now())
	if err != nil {
		check = sawError("", err)
		if _, damaged := errors.AsType[*store.DamagedError](err); damaged {
			check.Remedy = "descope-mgmt lock release --force" + p.in()
		}
		return store.LockInfo{}, &check
	}
	return info, nil
}

func (p *patient) state() *store.ProjectState { return p.records.Project(p.host, p.target.ProjectID) }

// journals looks for runs that were cut off. That of a run that is writing is open
// as it should be.
func (p *patient) journals() diagnosis {
	id := doctor.CheckJournals
	if p.records == nil || !p.known {
		return saw(id, doctor.Skipped, "no project or no state folder is known")
	}
	open, err := p.state().OpenJournals()
	if err != nil {
		return sawError(id, err)
	}
	info, _ := p.lockInfo()
	open = slices.DeleteFunc(open, func(one store.RunJournal) bool {
		return info.State == store.LockHeld && one.Run.RunID == info.Holder.RunID
	})
	if len(open) == 0 {
		check := saw(id, doctor.OK, "no run was cut off")
		p.finished(&check)
		return check
	}
	check := saw(id, doctor.Warning, "%s cut off; the next run that writes says what had happened, and settles it", wasOrWere(len(open))).
		with("descope-mgmt plan" + p.in())
	p.finished(&check)
	for _, one := range open {
		run := one.Run
		check.Detail = append(check.Detail, fmt.Sprintf("%s of %s on %s (%s)", run.RunID, cmp.Or(run.User, "nobody known"), cmp.Or(run.Host, "no known machine"), cmp.Or(run.Command, "no known command")))
	}
	return check
}

func wasOrWere(runs int) string {
	if runs == 1 {
		return "1 run was"
	}
	return fmt.Sprintf("%d runs were", runs)
}

// auditLog holds the end of the audit log against its head.
func (p *patient) auditLog(ctx context.Context) diagnosis {
	id := doctor.CheckAudit
	if p.records == nil || !p.known {
		return saw(id, doctor.Skipped, "no project or no state folder is known")
	}
	head, err := audit.Open(p.records, p.host, p.target.ProjectID).Head(ctx)
	if err != nil {
		check := sawError(id, err)
		if StatusOf(err) == StatusIntegrity {
			check.Detail = append(check.Detail, cmp.Or(check.Remedy, "nobody may write to the project until that is settled"))
			check.Remedy = "descope-mgmt audit verify" + p.in()
		}
		return check
	}
	if head.Seq == 0 {
		return saw(id, doctor.OK, "no record yet")
	}
	return saw(id, doctor.OK, "%s, the end fits the head (%.23s)", counted(head.Seq, "record"), head.Digest)
}
