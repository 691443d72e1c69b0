package config

import (
	"fmt"
	"path/filepath"
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
	// Missing says that what was searched is one path that was named, where nothing is.
	Missing bool
	// Above is a configuration in the folder above, and Misnamed one here whose name is
	// not looked for; empty where there is none.
	Above, Misnamed string
}

// Error implements error.
func (e *NotFoundError) Error() string {
	if e.Malformed {
		return "the pattern " + strings.Join(e.Searched, ", ") + " is not well formed; close the bracket, or escape it with a backslash"
	}
	if e.Pattern {
		return "no configuration file (.yaml, .yml, .json) matches " + strings.Join(e.Searched, ", ")
	}
	if e.Missing {
		return "no configuration found: there is no file or folder " + strings.Join(e.Searched, ", ")
	}
	text := "no configuration found; searched: " + strings.Join(e.Searched, ", ")
	if e.HomeOnly != "" {
		text += "; " + e.HomeOnly + " serves reading commands only, unless it is named with -c"
	}
	return text
}

// Hint is the next step where it is known better than for any folder without a
// configuration; empty where it is not.
func (e *NotFoundError) Hint() string {
	switch {
	case e.Missing:
		return "check the path, which -c or DESCOPE_MGMT_CONFIG names"
	case e.Misnamed != "":
		return fmt.Sprintf("there is %s: rename it to %s.yaml, or name it with -c", e.Misnamed, strings.TrimSuffix(e.Misnamed, filepath.Ext(e.Misnamed)))
	case e.Above != "":
		return fmt.Sprintf("there is %s: run it in that folder, or name it with -c %[1]s", e.Above)
	}
	return ""
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
