package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/history"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// session is what a command that talks to Descope works in: the configuration
// (nil where there is none and none is needed), the project that was selected,
// and the way to it.
type session struct {
	app    *App
	config *config.Config
	// settings are what the configuration and the user's own settings say together.
	settings config.Settings
	// secretPaths are the places of what the configuration marks as secret.
	secretPaths resource.SecretPaths
	writeKey    *resource.Secret // where the command reads with another one; nil otherwise
	target      config.Target
	host        string // as plans and records name it
	// ordinary is true when the host is the one that the project id leads to.
	ordinary bool
	reader   *descope.Reader
	writer   *descope.Writer // nil for a command that only reads: it has nothing to write with
	limits   pace.Rules      // what the calls stay under
	// limitsFrom is the profile that the limits are, or the place that has changed
	// it; buffer is the share of them that is used.
	limitsFrom string
	buffer     float64
	budget     *pace.Budget
	waits      waits
	records    *store.Store        // nil where it is not known where records are kept
	state      *store.ProjectState // the project's part of them
	audit      *audit.Log          // the project's audit log
	past       driftRecords        // what was applied last; nil where nobody keeps it in mind
	stateErr   error               // why not

	asked    *facts            // who is at work, and what git said; nil until somebody asks
	known    knowledge         // what the records said before the last list of live objects
	live     []resource.Tenant // the last list of live objects, with the settings that were read
	flowsNow []resource.Flow   // the last list of live flows that a plan was made from, with the documents that were read
	applies  *wanted           // what the configuration wants; nil where flags or records say what is wanted
	listedAt time.Time         // when that list was read
	going    map[string]*going // by id, what was read since then of tenants that a plan deletes
	// projectPassword are the project's password settings as they were read since
	// then; nil when they were not.
	projectPassword *json.RawMessage
	roles           *ownRoles            // as they were listed since then; nil when they were not
	told            map[string]bool      // the runs that were spoken of
	recovered       []resource.Recovered // what earlier runs had begun, and what has become of it
	members         *int                 // the members of all tenants that the last plan deletes, when they were counted in one
	conflicts       []resource.Note      // what an undo leaves alone
	origin          history.Origin       // how this command makes versions of flows; empty for a deploy
	alike           string               // how a project is that needs no change; empty: as the configuration has it
	brief           bool                 // what was approved beforehand, quietly, is only counted
	// restored compares what is live with the backup that was restored; nil when
	// this is no restore.
	restored func(ctx context.Context, fresh bool) (*resource.Restored, error)
}

// need says what a command asks of its session.
type need struct {
	configuration bool // a missing configuration is an error
	writing       bool // ~/.descope/config.yaml serves reading commands only
	editing       bool // files of the configuration are written, and nothing at Descope
	offline       bool // nothing is asked of Descope, so that no key is needed
	brokenFlows   bool // flows of the configuration may be wrong: the command writes their files
}

// open loads the configuration, selects the project and prepares the client.
// Nothing is sent yet.
func (a *App) open(ctx context.Context, need need) (*session, error) {
	if a.SaveMemory != nil {
		a.SaveMemory()
	}
	loaded, err := a.loadConfig(ctx, need)
	if err != nil {
		return nil, err
	}
	return a.openLoaded(ctx, need, loaded)
}

// openLoaded is open with a configuration that was read already; nil for none.
func (a *App) openLoaded(ctx context.Context, need need, loaded *config.Config) (*session, error) {
	a.asked = false
	a.use(loaded)
	user, err := a.loadUser(ctx)
	if err != nil {
		return nil, err
	}
	selection := config.Selection{
		Environment: a.flags.environment, ProjectID: a.flags.projectID, BaseURL: a.flags.baseURL, Lookup: a.lookupSet,
		WithoutKey: need.offline, Reading: !need.writing, KeyCommand: user.KeyCommand(),
	}
	target, err := a.resolveTarget(ctx, loaded, selection)
	if err != nil {
		return nil, err
	}
	var writeKey *resource.Secret
	if !need.writing && !need.offline {
		writeKey = a.writeKey(loaded, selection)
	}
	a.hide(append(loaded.Credentials(a.lookupSet), target.ManagementKey)...)
	endpoint, err := descope.Endpoint(target.ProjectID, target.BaseURL)
	if err != nil {
		return nil, usageError(err.Error(), "correct "+cmp.Or(target.BaseURLSource, "the base URL"))
	}
	session := &session{
		app: a, told: map[string]bool{}, config: loaded, settings: config.MergeSettings(loaded, user, target.Environment), target: target, secretPaths: loaded.SecretPaths(), writeKey: writeKey,
		host: descope.HostName(endpoint), ordinary: descope.IsDefaultHost(endpoint, target.ProjectID),
	}
	session.state, session.stateErr = session.openState()
	if session.stateErr != nil && (need.writing || need.offline) {
		return nil, session.stateErr
	}
	if records, err := session.appliedRecords(); err == nil {
		session.past = records
	}
	if need.offline {
		return session, nil
	}
	if need.writing {
		session.tellUnchecked()
	}
	if session.audit != nil {
		// A run that writes gets its id under the lock; a log that is broken stops it there.
		if id, err := session.nextRunID(ctx); err == nil {
			a.nameRun(id)
		}
	}
	return session, session.connect(ctx, endpoint, need.writing)
}

// tellUnchecked says that the project may be a protected one, which nobody can
// check.
func (s *session) tellUnchecked() {
	var names, variables []string
	for _, one := range s.target.Unchecked {
		names = append(names, one.Environment)
		if !slices.Contains(variables, one.Variable) {
			variables = append(variables, one.Variable)
		}
	}
	are, unset := "which is protected", "is not set"
	if len(names) > 1 {
		are = "which are protected"
	}
	if len(variables) > 1 {
		unset = "are not set"
	}
	if len(names) > 0 {
		s.app.notice("note: whether this is the project of %s, %s, could not be checked: %s %s",
			strings.Join(names, " or "), are, strings.Join(variables, " and "), unset)
	}
}

// openState names the folder of the project's records.
func (s *session) openState() (*store.ProjectState, error) {
	var err error
	if s.records, err = s.app.openStore(s.settings); err != nil {
		return nil, err
	}
	s.audit = audit.Open(s.records, s.host, s.target.ProjectID)
	return s.records.Project(s.host, s.target.ProjectID), nil
}

// openStore names the state folder.
func (a *App) openStore(settings config.Settings) (*store.Store, error) {
	folder, err := a.stateDir(settings.State.Dir)
	if err != nil {
		return nil, err
	}
	if settings.State.Group {
		return store.OpenShared(folder), nil
	}
	return store.Open(folder), nil
}

func (s *session) connect(ctx context.Context, endpoint *url.URL, writing bool) error {
	a := s.app
	if a.flags.insecureSkipVerify {
		a.warn("warning: the server's certificate is not verified (--insecure-skip-verify)")
	}
	if err := s.openBudget(ctx); err != nil {
		return err
	}
	a.log.Debug("project selected", slog.String("project", s.target.ProjectID), slog.String("host", s.host),
		slog.String("environment", s.target.Environment), slog.String("key_from", s.target.KeySource))
	a.member.connect(s)
	client, err := descope.Connect(descope.Options{
		ProjectID: s.target.ProjectID, ManagementKey: s.target.ManagementKey,
		ProjectSource: s.target.ProjectSource, KeySource: s.target.KeySource, BaseURL: endpoint.String(),
		Version: currentBuild().Version, Timeout: a.flags.timeout, MaxConnections: s.workers(),
		InsecureSkipVerify: a.flags.insecureSkipVerify, Logger: a.log, Now: a.Now, Backoff: a.Backoff,
		Gate: gate{
			budget: s.budget, waits: &s.waits, member: a.member, told: func(message string) { a.warn("%s", message) },
			refused: &refusals{now: a.Now, until: map[pace.Class]time.Time{}},
		},
		Notice: func(message string) { a.notice("%s", message) }, RequestID: a.run, Decoding: a.member.decoding(),
	})
	if err != nil {
		return err
	}
	if s.reader = client.Reader(); writing {
		s.writer = client.Writer()
	}
	return nil
}

// loadConfig finds and reads the configuration; nil where none is found and
// none is needed.
func (a *App) loadConfig(ctx context.Context, need need) (*config.Config, error) {
	if a.loaded != nil {
		a.use(a.loaded)
		return a.loaded, nil
	}
	options := a.configOptions(need)
	loaded, err := config.Load(ctx, options)
	var missing *config.NotFoundError
	if errors.As(err, &missing) && !need.configuration && len(options.Paths) == 0 {
		return nil, nil
	}
	a.use(loaded)
	return loaded, err
}

// configOptions say which configuration is read, and how.
func (a *App) configOptions(need need) config.Options {
	paths := make([]string, 0, len(a.flags.config))
	for _, path := range a.flags.config {
		paths = append(paths, a.absolute(path))
	}
	return config.Options{
		Paths: paths, WorkDir: a.WorkDir, Home: a.Home, Lookup: a.lookupSet,
		Reading: !need.writing && !need.editing, ToolVersion: currentBuild().Version, AllowExec: a.env["DESCOPE_MGMT_ALLOW_EXEC"] == "1",
		EnvFile: a.envFile(), NoEnvFile: a.flags.envFile == noEnvFile, WithoutBrokenFlows: need.brokenFlows,
	}
}

// use hides what a configuration marks as secret, and lets lookups find the
// variables that it takes from its file.
func (a *App) use(loaded *config.Config) {
	a.hide(loaded.Secrets()...)
	a.supplied = loaded.FromEnvFile()
}

// noEnvFile in place of a path says that no file of variables is read; a file of
// that name is ./none.
const noEnvFile = "none"

// envFile is the file of variables that was named; empty for the usual one.
func (a *App) envFile() string {
	if a.flags.envFile == "" || a.flags.envFile == noEnvFile {
		return ""
	}
	return a.absolute(a.flags.envFile)
}

// hide makes secrets unprintable.
func (a *App) hide(secrets ...resource.Secret) {
	for _, secret := range secrets {
		a.redact.add(secret)
	}
}

// loadUser reads the user's own settings; empty ones where the home folder is
// unknown.
func (a *App) loadUser(ctx context.Context) (*config.User, error) {
	if a.flags.home == "" && a.Home == "" {
		return nil, nil
	}
	home, err := a.stateDir("")
	if err != nil {
		return nil, err
	}
	return config.LoadUser(ctx, filepath.Join(home, "config.yaml"), config.Options{WorkDir: a.WorkDir, Home: a.Home, Lookup: a.lookupReal})
}

// workers is how many calls may be in flight.
func (s *session) workers() int {
	if s.app.flags.maxWorkers > 0 {
		return s.app.flags.maxWorkers
	}
	return s.settings.Performance.MaxWorkers
}

// environment is the selected environment's name as documents show it.
func (s *session) environment() *string {
	if s.target.Environment == "" {
		return nil
	}
	name := s.target.Environment
	return &name
}

// headline is the first line of human output: where this happens.
func (s *session) headline() string {
	line := "Project " + s.target.ProjectID
	if s.target.Environment != "" {
		line = "Environment " + s.target.Environment + ", project " + s.target.ProjectID
	}
	if !s.ordinary {
		line += ", host " + s.host
	}
	if s.target.Protected {
		line += " (protected)"
	}
	return printableLine(line)
}

// place names the target inside a sentence.
func (s *session) place() string {
	if s.target.Environment != "" {
		return "environment " + s.target.Environment
	}
	return "project " + s.target.ProjectID
}

// explainMissing turns the API's not-found into an error that says where to look.
func (s *session) explainMissing(err error, kind resource.Kind, id string) error {
	if !descope.IsNotFound(err) {
		return err
	}
	return &failure{
		status: StatusError, code: "not_found", cause: err,
		message: fmt.Sprintf("%s %q does not exist in %s", kind, id, s.place()), hint: cmp.Or(s.app.meantObject(kind, id), fmt.Sprintf("see descope-mgmt %s list", kind)),
	}
}
