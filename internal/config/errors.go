package config

import (
	"fmt"
	"strings"
)

// NotFoundError says that there is no configuration.
type NotFoundError struct {
	Searched []string // the places, in the order of the search
	// HomeOnly is the user's own configuration when it exists but was not
	// taken, because it serves commands that only read; empty otherwise.
	HomeOnly string
	// Pattern says that what was searched is a pattern; Malformed, that it is none.
	Pattern, Malformed bool
}

// Error implements error.
func (e *NotFoundError) Error() string {
	if e.Malformed {
		return "the pattern " + strings.Join(e.Searched, ", ") + " is not well formed; close the bracket, or escape it with a backslash"
	}
	if e.Pattern {
		return "no configuration file (.yaml, .yml, .json) matches " + strings.Join(e.Searched, ", ")
	}
	text := "no configuration found; searched: " + strings.Join(e.Searched, ", ")
	if e.HomeOnly != "" {
		text += "; " + e.HomeOnly + " serves reading commands only, unless it is named with -c"
	}
	return text
}

// InvalidError says that the configuration has errors. Diagnostics holds all
// of them, together with the warnings and notes, sorted by position.
type InvalidError struct {
	Diagnostics []Diagnostic
}

// Errors returns the diagnostics that are errors.
func (e *InvalidError) Errors() []Diagnostic {
	var errors []Diagnostic
	for _, diagnostic := range e.Diagnostics {
		if diagnostic.Severity == SeverityError {
			errors = append(errors, diagnostic)
		}
	}
	return errors
}

// Error implements error with the number of errors and the first of them.
func (e *InvalidError) Error() string {
	errors := e.Errors()
	switch len(errors) {
	case 0:
		return "the configuration is not valid"
	case 1:
		return "the configuration has 1 error: " + errors[0].String()
	default:
		return fmt.Sprintf("the configuration has %d errors, the first: %s", len(errors), errors[0])
	}
}

// MissingCredentialError says that something needed to sign in is missing or
// unusable. It never holds the credential.
type MissingCredentialError struct {
	What     string // "project id", "management key" or "base URL"
	Variable string // the environment variable to set
	Message  string // what is wrong, where
	Hint     string // the next step
}

// Error implements error.
func (e *MissingCredentialError) Error() string { return e.Message }

// SelectionError says that flags, variables and configuration do not name one
// project to talk to.
type SelectionError struct {
	Message string
	Hint    string // the next step; may be empty
}

// Error implements error.
func (e *SelectionError) Error() string { return e.Message }
