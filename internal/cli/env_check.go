package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// checkLimit is how long one question of env check may take, and how long it may
// wait for its turn.
const checkLimit = 5 * time.Second

// environmentChecks is what machines read about the access to environments.
type environmentChecks struct {
	FormatVersion string             `json:"format_version"`
	Environments  []environmentCheck `json:"environments"` // in promotion order
	Summary       checkSummary       `json:"summary"`
}

type checkSummary struct {
	OK     int `json:"ok"`
	Failed int `json:"failed"`
}

// verdict is how the check of one environment ended.
type verdict string

const (
	verdictOK          verdict = "ok"
	verdictMissing     verdict = "credentials_missing"
	verdictRefused     verdict = "credentials_refused"
	verdictForbidden   verdict = "not_allowed" // the key is right, and may not read everything
	verdictRateLimited verdict = "rate_limited"
	verdictUnreachable verdict = "unreachable"
	verdictFailed      verdict = "failed"
)

// environmentCheck is what was found out about one environment. What was not
// found out is null.
type environmentCheck struct {
	Environment *string        `json:"environment"` // null where the configuration has none
	ProjectID   string         `json:"project_id"`
	Host        string         `json:"host"`
	Protected   bool           `json:"protected"`
	Verdict     verdict        `json:"verdict"`
	ExitStatus  int            `json:"exit_status"`
	LatencyMS   *int64         `json:"latency_ms"`
	License     *string        `json:"license"`
	Tenants     *int           `json:"tenants"` // live; null where the key may not read them
	Flows       *int           `json:"flows"`
	Limits      *limitsInForce `json:"limits"`
	Errors      []errorBody    `json:"errors"`

	failures []error
}

// limitsInForce are the rate limits that commands keep in an environment.
type limitsInForce struct {
	From   string       `json:"from"`   // a profile, or the place that has changed it
	Buffer float64      `json:"buffer"` // the share of each limit that is used; the numbers have it in them
	Limits []classLimit `json:"limits"`

	rules pace.Rules
}

type classLimit struct {
	Classes  []string `json:"classes"`
	Calls    int      `json:"calls"`
	WindowMS int64    `json:"window_ms"`
}

func newEnvCheckCommand(a *App) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that each environment can be worked with",
		Long: "Asks each environment once whether the key is accepted, how fast it answers, which licence the project has,\n" +
			"and whether the key may read tenants and flows. All environments are asked at the same time, or the one of\n" +
			"-e or DESCOPE_ENVIRONMENT alone; without any configured, the project of the variables. A question takes at\n" +
			"most 5 s and is not repeated. An environment that fails hides no other; the exit status is the gravest.",
		Example: "  descope-mgmt env check\n  descope-mgmt env check -e prod --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runEnvCheck(cmd.Context(), all) },
	}
	addAllEnvironmentsFlag(cmd.Flags(), &all)
	return exits(cmd, talking...)
}

func (a *App) runEnvCheck(ctx context.Context, all bool) error {
	loaded, err := a.loadConfig(ctx, need{})
	if err != nil {
		return err
	}
	names, err := a.environmentsToCheck(loaded, all)
	if err != nil {
		return err
	}
	document := environmentChecks{FormatVersion: resource.FormatVersion, Environments: make([]environmentCheck, len(names))}
	var tasks errgroup.Group
	for i, name := range names {
		child := a.forEnvironment(name)
		tasks.Go(func() error {
			document.Environments[i] = child.checkAccess(ctx, loaded)
			return nil
		})
	}
	_ = tasks.Wait() // what failed stands beside the environment
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i := range document.Environments {
		if document.Environments[i].Verdict == verdictOK {
			document.Summary.OK++
		} else {
			document.Summary.Failed++
		}
	}
	if err := a.show(document, checksView(document)); err != nil {
		return err
	}
	return checksFailed(document)
}

// environmentsToCheck are the selected one or all; the empty name stands for the
// project of flags and variables.
func (a *App) environmentsToCheck(loaded *config.Config, all bool) ([]string, error) {
	selected := a.flags.environment
	switch {
	case all && (selected != "" || a.flags.projectID != ""):
		return nil, usageError("--all-environments excludes -e and --project-id", "give one of them")
	case selected == "" && !all:
		selected, _ = a.lookup("DESCOPE_ENVIRONMENT")
	}
	if loaded == nil {
		return []string{selected}, nil
	}
	if selected != "" {
		return []string{selected}, checkNamed(loaded, selected)
	}
	names := a.environmentsInOrder(loaded)
	if len(names) == 0 || a.flags.projectID != "" {
		return []string{""}, nil
	}
	return names, nil
}

// checksFailed is the end of a check in which not all is well.
func checksFailed(document environmentChecks) error {
	if document.Summary.Failed == 0 {
		return nil
	}
	gravest, failed := StatusOK, []string{}
	for _, one := range document.Environments {
		if one.Verdict == verdictOK {
			continue
		}
		failed = append(failed, one.called())
		if compareStatus(Status(one.ExitStatus), gravest) < 0 {
			gravest = Status(one.ExitStatus)
		}
	}
	message := fmt.Sprintf("%d of %s failed the check: ", len(failed), counted(len(document.Environments), "environment"))
	return &afterResult{&failure{status: gravest, code: "check_failed", message: message + strings.Join(failed, ", "), hint: "what went wrong, and the next step, stands with each of them above"}}
}

// called names what was checked.
func (c environmentCheck) called() string {
	if c.Environment == nil {
		return cmp.Or(c.ProjectID, "the project")
	}
	return *c.Environment
}

// checkAccess checks the environment that the program works in.
func (a *App) checkAccess(ctx context.Context, loaded *config.Config) environmentCheck {
	a.Backoff.Attempts = 1
	a.flags.timeout = min(a.flags.timeout, checkLimit)
	check := environmentCheck{Verdict: verdictOK, Errors: []errorBody{}}
	if a.flags.environment != "" {
		check.Environment = &a.flags.environment
	}
	session, err := a.openLoaded(ctx, need{}, loaded)
	if session != nil {
		check.ProjectID, check.Host, check.Protected = session.target.ProjectID, session.host, session.target.Protected
	}
	if err != nil {
		check.fail(err)
	} else {
		check.Limits = session.limitsNow()
		session.ask(ctx, &check)
	}
	check.judge()
	return check
}

// ask asks the environment: first a small question, and where it is answered at
// all what the key may read.
func (s *session) ask(ctx context.Context, check *environmentCheck) {
	asked := s.app.Now()
	waited, err := s.once(ctx, func(ctx context.Context) error {
		license, err := s.reader.License(ctx)
		if err == nil && license != "" {
			check.License = &license
		}
		return err
	})
	if err == nil || descope.IsUnreadable(err) {
		latency := (s.app.Now().Sub(asked) - waited).Milliseconds()
		check.LatencyMS = &latency
	}
	if err != nil && !descope.IsUnreadable(err) { // a host that does not know the call is a host all the same
		check.fail(err)
		return
	}
	failures := make([]error, 2)
	var tasks errgroup.Group
	tasks.Go(func() error {
		_, failures[0] = s.once(ctx, func(ctx context.Context) error {
			tenants, err := s.reader.Tenants(ctx)
			return setCount(&check.Tenants, len(tenants), "tenants", err)
		})
		return nil
	})
	tasks.Go(func() error {
		_, failures[1] = s.once(ctx, func(ctx context.Context) error {
			flows, err := s.reader.Flows(ctx)
			return setCount(&check.Flows, len(flows), "flows", err)
		})
		return nil
	})
	_ = tasks.Wait() // the failures are there
	for _, failure := range failures {
		if failure != nil {
			check.fail(failure)
		}
	}
}

// setCount notes how many there are of what the key may read.
func setCount(into **int, count int, what string, err error) error {
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	*into = &count
	return nil
}

// once asks one question that may not take long, and says how long it waited for
// its turn.
func (s *session) once(ctx context.Context, question func(context.Context) error) (time.Duration, error) {
	var waited atomic.Int64
	limited, cancel := context.WithTimeout(descope.CountWaits(ctx, &waited), 2*checkLimit)
	defer cancel()
	err := question(limited)
	wait := time.Duration(waited.Load())
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = &failure{
			status: StatusRateLimited, code: "rate_limited", cause: err,
			message: fmt.Sprintf("not asked: other calls use up the rate limits, and there was no room for one more within %s", 2*checkLimit),
			hint:    "try again in a minute",
		}
	}
	return wait, err
}

func (c *environmentCheck) fail(err error) {
	c.failures = append(c.failures, err)
	c.Errors = append(c.Errors, describe(err))
}

// judge says how it ended: as the gravest of the failures has it.
func (c *environmentCheck) judge() {
	if len(c.failures) == 0 {
		return
	}
	gravest := slices.MinFunc(c.failures, func(a, b error) int { return compareStatus(StatusOf(a), StatusOf(b)) })
	c.ExitStatus, c.Verdict = int(StatusOf(gravest)), verdictOf(gravest)
}

func verdictOf(err error) verdict {
	answer, asked := errors.AsType[*descope.Error](err)
	switch status := StatusOf(err); {
	case status == StatusRateLimited:
		return verdictRateLimited
	case status == StatusAuth && !asked:
		return verdictMissing
	case status == StatusAuth && answer.Status == http.StatusForbidden:
		return verdictForbidden
	case status == StatusAuth:
		return verdictRefused
	case asked && answer.Status == 0:
		return verdictUnreachable
	default:
		return verdictFailed
	}
}

// limitsNow are the limits that the session keeps.
func (s *session) limitsNow() *limitsInForce {
	found := &limitsInForce{From: s.limitsFrom, Buffer: s.buffer, Limits: []classLimit{}, rules: s.limits}
	for _, rule := range s.limits {
		limit := classLimit{Calls: rule.Limit, WindowMS: rule.Window.Milliseconds(), Classes: []string{}}
		for _, class := range slices.Sorted(slices.Values(rule.Classes)) {
			limit.Classes = append(limit.Classes, class.String())
		}
		found.Limits = append(found.Limits, limit)
	}
	return found
}
