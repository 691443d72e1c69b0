package config

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func (r *resolver) resolveKey(target *Target) error {
	if found, err := r.keyElsewhere(target); found || err != nil {
		return err
	}
	c := r.keyCandidate()
	key, err := r.pick(c)
	if err != nil {
		return err
	}
	if key.value == "" {
		return &MissingCredentialError{
			What: c.what, Variable: managementKeyVariable, Message: "there is no management key",
			Hint: "set " + managementKeyVariable + "; " + keyHint,
		}
	}
	hints := keyHints{what: c.what, variable: managementKeyVariable, others: r.keys()}
	if key.fromFile {
		hints.variable = firstVariable(c.winner())
	}
	if *target, err = target.withKey(key.value, key.source, hints); err != nil {
		return err
	}
	if key.fromFile && c.what == readKeyName {
		target.KeySource = "read_key of " + key.source
	}
	return nil
}

// keyHints say how to put a key right that is none.
type keyHints struct {
	what, variable string   // empty where no variable holds it
	others         []string // keys that are loaded besides
}

// withKey checks a key and takes it.
func (t Target) withKey(key, source string, hints keyHints) (Target, error) {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f || unicode.IsSpace(r) }) {
		failure := &MissingCredentialError{
			What: managementKeyName, Message: fmt.Sprintf("the management key from %s holds white space or another character that no key has", source),
			Hint: "let it be the key alone; " + keyHint,
		}
		if key == "" {
			failure.Message = "the management key from " + source + " is empty"
		}
		if hints.variable != "" {
			failure.What, failure.Variable, failure.Hint = hints.what, hints.variable, "set "+hints.variable+" to the key alone; "+keyHint
		}
		return t, failure
	}
	if strings.HasPrefix(t.ProjectID, "P") && !strings.HasPrefix(key, "K") && containsKey(t.ProjectID, key) {
		return t, &SelectionError{
			Message: fmt.Sprintf("the management key from %s looks like a project id: it is that from %s, or a part of it", source, t.ProjectSource),
			Hint:    "a management key starts with K, a project id with P; keys are made in the Descope console under Company > Management Keys",
		}
	}
	if containsKey(t.ProjectID, append(hints.others, key)...) || (strings.HasPrefix(t.ProjectID, "K") && strings.HasPrefix(key, "P")) {
		return t, &SelectionError{
			Message: fmt.Sprintf("the project id from %s looks like a management key", t.ProjectSource),
			Hint:    "a project id starts with P, a management key with K; were the two swapped?",
		}
	}
	if containsKey(t.BaseURL, key) {
		return t, &SelectionError{Message: "the base URL from " + t.BaseURLSource + " contains the management key"}
	}
	t.ManagementKey, t.KeySource = resource.NewSecret(key), source
	return t, nil
}

// How messages call the two keys.
const (
	managementKeyName = "management key"
	readKeyName       = "read key"
)

// keyCandidate is the key with its places. A read key takes the place of the
// management key that stands beside it, and of no other: the environment's own
// entry wins over the variable and over "auth" with either of them.
func (r *resolver) keyCandidate() candidate {
	c := candidate{what: managementKeyName, secret: true, auth: r.cfg.auth.managementKey, variable: managementKeyVariable, same: exactly}
	if r.own != nil {
		c.own = r.own.managementKey
	}
	read := r.readKey()
	switch {
	case !read.isSet():
	case r.own != nil && r.own.readKey.isSet():
		c.what, c.own = readKeyName, read
	default:
		c.what, c.auth = readKeyName, read
	}
	return c
}

// readKey is the key that a command which only reads takes; not set where that
// is a management key.
func (r *resolver) readKey() setting {
	switch {
	case !r.sel.Reading:
		return setting{}
	case r.own != nil && r.own.holdsKey(true):
		return r.own.readKey
	case r.variable(managementKeyVariable) != "":
		return setting{}
	default:
		return r.cfg.auth.readKey
	}
}

// keys are the keys that are loaded, whichever of them the command uses.
func (r *resolver) keys() []string {
	templates := []setting{r.cfg.auth.managementKey, r.cfg.auth.readKey}
	for _, env := range r.cfg.environments {
		templates = append(templates, env.managementKey, env.readKey)
	}
	var keys []string
	if key := r.variable(managementKeyVariable); key != "" {
		keys = append(keys, key)
	}
	for _, s := range templates {
		if key, _ := expand(s.template, r.sel.Lookup); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// winner is the template that pick takes a value of a file from.
func (c candidate) winner() []segment {
	if c.own.isSet() {
		return c.own.template
	}
	return c.auth.template
}
