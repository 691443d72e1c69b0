package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// approveFlags are the approvals that can be given beforehand.
type approveFlags struct {
	allowDeletes       deleteCounts
	confirmEnvironment []string
	confirmUsers       int
	lockTimeout        time.Duration
	noBackup           bool
}

// notGiven marks a number flag that was not given.
const notGiven = -1

// AddFlags declares the flags.
func (f *approveFlags) AddFlags(flags *pflag.FlagSet) {
	flags.Var(&f.allowDeletes, "allow-deletes", "approve exactly `N` deletes; NAME=N approves them in that environment, repeatable")
	flags.StringArrayVar(&f.confirmEnvironment, "confirm-environment", nil, "approve writing to the protected environment `NAME`; repeatable")
	flags.DurationVar(&f.lockTimeout, "lock-timeout", 0, "wait up to `DURATION` while another run is writing (default: not at all)")
	flags.Lookup("lock-timeout").DefValue = "0s"
	flags.BoolVar(&f.noBackup, "no-backup", false, "take no backup first (needs --yes; never in a protected environment)")
	f.confirmUsers = notGiven
}

// approve lets a plan pass or refuses it. Refusals come first and no flag but
// their own lifts them; then a protected environment wants its name, deletes
// want their exact number, creates and updates want a yes.
func (s *session) approve(ctx context.Context, result plan.Result, flags approveFlags) error {
	if flags.lockTimeout < 0 {
		return usageError("--lock-timeout must not be below zero", "for example --lock-timeout 10m")
	}
	if err := s.checkNoBackup(flags); err != nil {
		return err
	}
	if err := refusal(result.Refusals); err != nil {
		return err
	}
	summary := result.Plan.Summary
	if summary.Writes() == 0 {
		return nil
	}
	if err := s.checkNumbers(summary, flags); err != nil {
		return err
	}
	named, err := s.approveProtected(ctx, summary, flags)
	if err != nil {
		return err
	}
	if _, given := flags.allowDeletes.in(s.target.Environment); summary.Delete > 0 && !given {
		if err := s.askDeletes(ctx, summary.Delete); err != nil {
			return err
		}
	}
	if err := s.approveCascade(ctx, result.Plan, flags); err != nil {
		return err
	}
	if summary.Create+summary.Update == 0 || s.app.flags.yes || named {
		return nil
	}
	return s.askYes(ctx, summary)
}

// checkNoBackup lets only those go without a net who said so twice, and nobody
// in a protected environment.
func (s *session) checkNoBackup(flags approveFlags) error {
	switch {
	case !flags.noBackup:
		return nil
	case s.target.Protected:
		return refusedError("backup_required", fmt.Sprintf("refused, nothing was sent: %s is protected, and no write to it goes without a backup", s.target.ProtectedName),
			"leave --no-backup out; --backup-dir names another folder for the backup")
	case !s.app.flags.yes:
		return usageError("--no-backup needs --yes", "give --yes too, or leave --no-backup out")
	}
	return nil
}

// refusal makes one error of all the reasons for which a plan is refused.
func refusal(refusals []plan.Refusal) error {
	if len(refusals) == 0 {
		return nil
	}
	var messages, hints []string
	for _, reason := range refusals {
		messages = append(messages, reason.Message)
		if reason.Hint != "" {
			hints = append(hints, reason.Hint)
		}
	}
	return refusedError(refusals[0].Code, "refused, nothing was sent: "+strings.Join(messages, "; "), strings.Join(hints, "; "))
}

func (s *session) checkNumbers(summary resource.PlanSummary, flags approveFlags) error {
	allowed, given := flags.allowDeletes.in(s.target.Environment)
	if !given || allowed == summary.Delete {
		return nil
	}
	return refusedError("delete_count",
		fmt.Sprintf("refused, nothing was sent: --allow-deletes %s, but the plan deletes %d", s.deletesFlag(allowed), summary.Delete),
		fmt.Sprintf("look at the plan again; if it is right, give --allow-deletes %s", s.deletesFlag(summary.Delete)))
}

// approveProtected asks for the name of a protected environment. It reports
// whether the name was typed, which approves creates and updates too.
func (s *session) approveProtected(ctx context.Context, summary resource.PlanSummary, flags approveFlags) (typed bool, err error) {
	name := s.target.ProtectedName
	if !s.target.Protected || slices.Contains(flags.confirmEnvironment, name) {
		return false, nil
	}
	hint := "give --confirm-environment " + name
	if len(flags.confirmEnvironment) > 0 && s.app.part == nil { // with several environments the others may be meant
		return false, refusedError("protected_environment",
			fmt.Sprintf("refused, nothing was sent: --confirm-environment %s, but this is %s", strings.Join(flags.confirmEnvironment, ", "), name), hint)
	}
	if !s.app.Terminal.Interactive {
		return false, refusedError("protected_environment",
			fmt.Sprintf("refused, nothing was sent: %s is protected", name), hint)
	}
	answer, err := s.app.ask(ctx, fmt.Sprintf(
		"Environment %s is protected. This %s in project %s.\nType its name to go on [no]: ", name, writesText(summary), s.target.ProjectID))
	if err != nil {
		return false, err
	}
	if answer != name {
		return false, refusedError("protected_environment", "not confirmed, nothing was sent: that is not the environment's name", hint)
	}
	return true, nil
}

func (s *session) askDeletes(ctx context.Context, deletes int) error {
	hint := "if the plan is right, give --allow-deletes " + s.deletesFlag(deletes)
	if !s.app.Terminal.Interactive {
		return refusedError("deletes_not_allowed",
			fmt.Sprintf("refused, nothing was sent: the plan deletes %d, and deletes want their exact number", deletes), hint)
	}
	answer, err := s.app.ask(ctx, fmt.Sprintf(
		"This deletes %d in %s.\nType the number to go on [no]: ", deletes, s.wholePlace()))
	if err != nil {
		return err
	}
	if answer != strconv.Itoa(deletes) {
		return refusedError("deletes_not_allowed", "not confirmed, nothing was sent", hint)
	}
	return nil
}

// approveCascade wants the number of users that a cascading delete takes along.
func (s *session) approveCascade(ctx context.Context, made *resource.Plan, flags approveFlags) error {
	users, cascade := 0, false
	for _, change := range made.Changes {
		if !change.Cascade {
			continue
		}
		cascade = true
		if change.Users == nil {
			return refusedError("users_unknown", "refused, nothing was sent: the users of "+string(change.Address)+" could not be counted",
				"delete without --cascade, or use a key that may search users")
		}
		users += *change.Users
	}
	if !cascade || flags.confirmUsers == users {
		return nil
	}
	hint := fmt.Sprintf("if that is right, give --confirm-users %d", users)
	if flags.confirmUsers != notGiven {
		return refusedError("user_count", fmt.Sprintf("refused, nothing was sent: --confirm-users %d, but there are %d users", flags.confirmUsers, users), hint)
	}
	if !s.app.Terminal.Interactive {
		return refusedError("user_count", fmt.Sprintf("refused, nothing was sent: --cascade deletes users, %d are members, and wants that number", users), hint)
	}
	answer, err := s.app.ask(ctx, fmt.Sprintf(
		"This deletes for good those users who belong to nothing else, in %s.\nType the number of its members, %d, to go on [no]: ",
		s.wholePlace(), users))
	if err != nil {
		return err
	}
	if answer != strconv.Itoa(users) {
		return refusedError("user_count", "not confirmed, nothing was sent", hint)
	}
	return nil
}

func (s *session) askYes(ctx context.Context, summary resource.PlanSummary) error {
	const hint = "give --yes to approve creates and updates without a question"
	if !s.app.Terminal.Interactive {
		return refusedError("not_approved", "refused, nothing was sent: nobody approved the plan, and there is no terminal to ask on", hint)
	}
	answer, err := s.app.askYes(ctx, fmt.Sprintf("This %s in %s.", writesText(summary), s.wholePlace()))
	if err != nil {
		return err
	}
	if answer != "yes" {
		return refusedError("not_approved", "not approved, nothing was sent", hint)
	}
	return nil
}

// askYes asks for a yes, which the answer is or is not. Who means it and types less is
// asked once more.
func (a *App) askYes(ctx context.Context, what string) (string, error) {
	answer, err := a.ask(ctx, what+"\nOnly yes is accepted [no]: ")
	if err == nil && answer != "yes" && (strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes")) {
		return a.ask(ctx, "Type the whole word yes, in small letters [no]: ")
	}
	return answer, err
}

// writesText says how many of each a plan writes. Deletes that are approved come all the
// same, and are named too.
func writesText(summary resource.PlanSummary) string {
	var parts []string
	for _, part := range []struct {
		verb  string
		count int
	}{{"creates", summary.Create}, {"updates", summary.Update}, {"deletes", summary.Delete}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", part.verb, part.count))
		}
	}
	last := len(parts) - 1
	if last < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// wholePlace names the target for somebody who is asked about it.
func (s *session) wholePlace() string {
	if s.target.Environment == "" {
		return s.place()
	}
	return s.place() + ", project " + s.target.ProjectID
}

// showQuestion writes what is asked about, and then the question itself, after which
// the answer is typed.
func (a *App) showQuestion(text string) {
	lines := strings.Split(text, "\n")
	last := len(lines) - 1
	a.showErr(func(w io.Writer) {
		for _, line := range lines[:last] {
			writeProse(w, "", line)
		}
		_, _ = io.WriteString(w, lines[last])
	})
}

// ask prints a question on the error stream and reads one line. A signal ends
// the wait.
func (a *App) ask(ctx context.Context, question string) (string, error) {
	a.asked = true
	a.showQuestion(printable(question))
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	if a.answers == nil {
		a.answers = bufio.NewReader(a.In)
	}
	go func() {
		text, err := a.answers.ReadString('\n')
		answers <- answer{strings.TrimSpace(text), err}
	}()
	select {
	case <-ctx.Done():
		_, _ = io.WriteString(a.Err, "\n")
		return "", a.interruptedQuestion(ctx)
	case got := <-answers:
		if a.part != nil {
			a.part.lines.answered()
		}
		if got.err != nil && !errors.Is(got.err, io.EOF) {
			return "", fmt.Errorf("read the answer: %w", got.err)
		}
		return got.text, nil
	}
}

// interruptedQuestion ends a command that was interrupted while it asked: what is asked
// about comes after the answer.
func (a *App) interruptedQuestion(ctx context.Context) error {
	stopped := &failure{
		status: StatusOf(context.Cause(ctx)), code: "interrupted", cause: context.Cause(ctx),
		message: "interrupted before approval; nothing was sent", hint: "run the command again",
	}
	if a.part != nil { // others may be done already
		stopped.message += " to this environment"
	}
	return stopped
}
