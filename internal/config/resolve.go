package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Selection is what flags and variables say about the project to talk to.
type Selection struct {
	Environment string // flags; empty means not given
	ProjectID   string
	BaseURL     string
	// Lookup gives the value of an environment variable; nil means none is set.
	Lookup func(name string) (string, bool)
	// WithoutKey says that nothing will be asked of the project, so that its key
	// is neither looked up nor missed.
	WithoutKey bool
	// Reading says that the command only reads: a read key serves it where one is
	// given. Without it no read key is ever used.
	Reading bool
	// KeyCommand is the program of the user's own settings, which comes last; nil for
	// none.
	KeyCommand *KeyCommand
}

// Target is the project to talk to.
type Target struct {
	Environment   string // empty when none is selected
	ProjectID     string
	ManagementKey resource.Secret
	// KeyCommand prints the key, which is not set then; see [Target.WithKey]. Nil
	// where the key is known.
	KeyCommand *KeyCommand
	BaseURL    string // without a slash at its end; empty: by the project id's region
	// Resources is the environment whose resources belong to the project: the
	// selected one, else the one that has this project id; empty for none. It
	// selects only/except and nothing else.
	Resources     string
	Protected     bool
	ProtectedName string // the environment's name that a write must have typed
	// Unchecked are the protected environments, in the order of the configuration,
	// whose project may be this one, because a variable is not set that has its id;
	// none where the project is protected.
	Unchecked []Unchecked

	// Where the values come from, for people: "environments.dev
	// (descope.yaml:5:3)", "DESCOPE_PROJECT_ID", "--project-id". KeySource begins
	// with "read_key of " where the key is one for reading. BaseURLSource is empty
	// when BaseURL is.
	ProjectSource, KeySource, BaseURLSource string
}

// Unchecked is an environment whose project is not known.
type Unchecked struct {
	Environment string
	Variable    string // the one that would give it
}

const (
	projectVariable     = "DESCOPE_PROJECT_ID"
	baseURLVariable     = "DESCOPE_BASE_URL"
	environmentVariable = "DESCOPE_ENVIRONMENT"

	keyHint = "management keys are made in the Descope console under Company > Management Keys"
)

// Resolve decides which project to talk to, and with which key. The selected
// environment's own entry wins over the DESCOPE_* variables, which fill only
// what it leaves out; "auth" comes last. A flag that disagrees with the entry
// is refused. In each of the two places a command that only reads takes read_key
// where it stands, and management_key where it does not; one whose variable is
// not set is missed, and no stronger key taken instead. A management key may also be
// in a file, which is read here, or printed by a program, which is not run here; the
// program of the user's own settings comes last of all. The configuration may be
// nil. Errors: [*SelectionError] and
// [*MissingCredentialError].
func Resolve(cfg *Config, sel Selection) (Target, error) {
	if cfg == nil {
		cfg = &Config{}
	}
	if sel.Lookup == nil {
		sel.Lookup = func(string) (string, bool) { return "", false }
	}
	r := &resolver{cfg: cfg, sel: sel}
	if err := r.selectEnvironment(); err != nil {
		return Target{}, err
	}
	target := Target{}
	if r.own != nil {
		target.Environment = r.own.name
	}
	if err := r.resolveProject(&target); err != nil {
		return Target{}, err
	}
	if !sel.WithoutKey {
		if err := r.resolveKey(&target); err != nil {
			return Target{}, err
		}
	}
	if err := r.resolveBaseURL(&target); err != nil {
		return Target{}, err
	}
	target.Resources = target.Environment
	if owner := r.owner(target.ProjectID, func(*environment) bool { return true }); owner != nil && r.own == nil {
		target.Resources = owner.name
	}
	target.Protected, target.ProtectedName = r.protection(target.ProjectID)
	if !target.Protected {
		target.Unchecked = r.unchecked()
	}
	if err := cfg.missingVariable(target.Resources); err != nil && !sel.WithoutKey {
		return Target{}, err
	}
	return target, nil
}

type resolver struct {
	cfg *Config
	sel Selection
	own *environment // the selected one; nil for none
}

func (r *resolver) variable(name string) string {
	value, _ := r.sel.Lookup(name)
	return value
}

// selectEnvironment finds the environment that was asked for. None is ever
// selected by inference.
func (r *resolver) selectEnvironment() error {
	name, origin := r.sel.Environment, "--environment"
	if name == "" {
		name, origin = r.variable(environmentVariable), environmentVariable
	}
	names := r.cfg.Environments()
	switch {
	case name == "" && len(names) > 0 && r.sel.ProjectID == "":
		return &SelectionError{
			Message: "no environment is selected; configured are " + strings.Join(names, ", "),
			Hint:    "add -e NAME, or set " + environmentVariable,
		}
	case name == "":
		return nil
	case len(names) == 0:
		return &SelectionError{
			Message: fmt.Sprintf("%s selects the environment %s, and no environments are configured", origin, r.shown(name)),
			Hint:    "add it under environments in the configuration, or name the configuration with -c",
		}
	}
	for _, env := range r.cfg.environments {
		if env.name == name {
			r.own = env
			return nil
		}
	}
	return &SelectionError{
		Message: fmt.Sprintf("%s selects the environment %s, which is not configured; configured are %s", origin, r.shown(name), strings.Join(names, ", ")),
		Hint:    didYouMean(name, names, "configured environments"),
	}
}

// candidate is one value with its places, in the order of precedence.
type candidate struct {
	what           string // for messages: "project id"
	secret         bool
	own, auth      setting
	flag, flagName string
	variable       string
	same           func(a, b string) bool
}

// found is the value that won.
type found struct {
	value, source string
	fromFile      bool
}

// pick applies the precedence. The zero result means that there is no value.
func (r *resolver) pick(c candidate) (found, error) {
	if c.own.isSet() {
		source := fmt.Sprintf("environments.%s (%s)", r.own.name, c.own.at)
		value, err := r.expand(c, c.own, source)
		if err != nil {
			return found{}, err
		}
		if c.flag != "" && !c.same(c.flag, value) {
			return found{}, &SelectionError{
				Message: fmt.Sprintf("%s %s disagrees with the %s %s of %s", c.flagName, r.shown(c.flag), c.what, r.shown(value), source),
				Hint:    "drop " + c.flagName + ", or select another environment",
			}
		}
		return found{value, source, true}, nil
	}
	if c.flag != "" {
		return found{value: c.flag, source: c.flagName}, nil
	}
	if value := r.variable(c.variable); value != "" {
		return found{value: value, source: c.variable}, nil
	}
	if c.auth.isSet() {
		source := fmt.Sprintf("auth (%s)", c.auth.at)
		value, err := r.expand(c, c.auth, source)
		return found{value, source, true}, err
	}
	return found{}, nil
}

// shown quotes a value for a message, unless it is a management key that was
// given in the wrong place.
func (r *resolver) shown(value string) string {
	if r.isKey(value) {
		return resource.Redacted
	}
	return show(value)
}

// isKey reports whether a value that is none by its place is a key, or holds one.
func (r *resolver) isKey(value string) bool {
	return looksLikeKey(value) || containsKey(value, r.keys()...)
}

// containsKey reports whether a value holds one of the keys. Short keys, of a
// local emulator, may well be like other values.
func containsKey(value string, keys ...string) bool {
	for _, key := range keys {
		if len(key) >= shortKey && strings.Contains(value, key) {
			return true
		}
	}
	return false
}

// expand looks the variables of a setting up, now that it is needed.
func (r *resolver) expand(c candidate, s setting, source string) (string, error) {
	value, missing := expand(s.template, r.sel.Lookup)
	name := ""
	if len(missing) > 0 {
		name = missing[0]
	} else if value == "" {
		name = firstVariable(s.template)
	}
	if name == "" {
		return value, nil
	}
	failure := &MissingCredentialError{
		What: c.what, Variable: name, Hint: "set " + name,
		Message: fmt.Sprintf("the %s of %s is in the variable %s, which is not set", c.what, source, name),
	}
	if c.secret {
		failure.Hint += "; " + keyHint
	}
	return "", failure
}

func firstVariable(template []segment) string {
	for _, part := range template {
		if part.name != "" {
			return part.name
		}
	}
	return ""
}

func exactly(a, b string) bool { return a == b }

func (r *resolver) projectCandidate(own *environment) candidate {
	c := candidate{
		what: "project id", auth: r.cfg.auth.projectID,
		flag: r.sel.ProjectID, flagName: "--project-id", variable: projectVariable, same: exactly,
	}
	if own != nil {
		c.own = own.projectID
	}
	return c
}

func (r *resolver) resolveProject(target *Target) error {
	project, err := r.pick(r.projectCandidate(r.own))
	if err != nil {
		return err
	}
	if project.value == "" {
		return &MissingCredentialError{
			What: "project id", Variable: projectVariable, Message: "there is no project id",
			Hint: "set " + projectVariable + ", add --project-id, or write project_id into the configuration; it stands in the Descope console under Project",
		}
	}
	if err := checkProjectID(project.value); err != nil {
		failure := &SelectionError{Message: fmt.Sprintf("the project id from %s %s", project.source, err)}
		if strings.TrimSpace(project.value) != project.value {
			failure.Hint = "there is a blank at its beginning or its end: take it away"
		} else if project.value != "" {
			failure.Hint = "a project id is P and letters and digits; it stands in the Descope console under Project"
		}
		return failure
	}
	target.ProjectID, target.ProjectSource = project.value, project.source
	return nil
}

func (r *resolver) resolveBaseURL(target *Target) error {
	c := candidate{
		what: "base URL", auth: r.cfg.auth.baseURL,
		flag: r.sel.BaseURL, flagName: "--base-url", variable: baseURLVariable, same: sameURL,
	}
	if r.own != nil {
		c.own = r.own.baseURL
	}
	base, err := r.pick(c)
	if err != nil || base.value == "" {
		return err
	}
	switch {
	case containsKey(base.value, append(r.keys(), target.ManagementKey.Reveal())...):
		err = errors.New("contains the management key")
	case base.fromFile:
		err = checkFileURL(base.value)
	default:
		_, err = parseBaseURL(base.value)
	}
	if err != nil {
		return &SelectionError{Message: fmt.Sprintf("the base URL from %s %s", base.source, err), Hint: "give one like https://api.descope.com, or that of an emulator on this machine"}
	}
	target.BaseURL, target.BaseURLSource = strings.TrimRight(base.value, "/"), base.source
	return nil
}

// sameURL compares base URLs without regard to case of scheme and host and to
// slashes at the end.
func sameURL(a, b string) bool {
	u, err := parseBaseURL(a)
	v, errOther := parseBaseURL(b)
	if err != nil || errOther != nil {
		return a == b
	}
	return strings.EqualFold(u.Scheme, v.Scheme) && strings.EqualFold(u.Host, v.Host) &&
		strings.TrimRight(u.Path, "/") == strings.TrimRight(v.Path, "/")
}
