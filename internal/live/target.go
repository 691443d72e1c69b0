package live

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The variables that name the project. They are none of the program's own, so
// that a shell that is set up for work never runs the suite by accident.
const (
	VariableProject = "DESCOPE_TEST_PROJECT_ID"
	VariableKey     = "DESCOPE_TEST_MANAGEMENT_KEY"
	VariableBaseURL = "DESCOPE_TEST_BASE_URL"
	VariableConfirm = "DESCOPE_TEST_CONFIRM"
)

// HowToRun is what a run without credentials says.
const HowToRun = "no project to test on: set " + VariableProject + " and " + VariableKey +
	" of a Descope project that exists for tests only, and run: go test -tags live -v ./internal/live (see docs/live-tests.md)"

// ErrNoCredentials says that no project is named.
var ErrNoCredentials = errors.New(HowToRun)

// Target is the project that a run works on. Its key never prints.
type Target struct {
	ProjectID string
	Key       resource.Secret
	Endpoint  *url.URL
	// Confirm is the project id once more, from somebody who knows that the
	// project is there for tests; empty where nobody has said so.
	Confirm string
}

// ReadTarget takes the project from variables. Where neither id nor key is set
// the error is [ErrNoCredentials]; one without the other is a mistake.
func ReadTarget(lookup func(name string) string) (Target, error) {
	project, key := strings.TrimSpace(lookup(VariableProject)), strings.TrimSpace(lookup(VariableKey))
	switch {
	case project == "" && key == "":
		return Target{}, ErrNoCredentials
	case project == "":
		return Target{}, fmt.Errorf("%s is set and %s is not", VariableKey, VariableProject)
	case key == "":
		return Target{}, fmt.Errorf("%s is set and %s is not", VariableProject, VariableKey)
	}
	endpoint, err := descope.Endpoint(project, lookup(VariableBaseURL))
	if err != nil {
		return Target{}, fmt.Errorf("%s: %w", VariableBaseURL, err)
	}
	return Target{ProjectID: project, Key: resource.NewSecret(key), Endpoint: endpoint, Confirm: strings.TrimSpace(lookup(VariableConfirm))}, nil
}

// Host is the name of the target's host, as the program's plans show it.
func (t Target) Host() string { return descope.HostName(t.Endpoint) }
