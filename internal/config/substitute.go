package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// managementKeyVariable is Descope's own name; it counts as a credential even
// where no file mentions it.
const managementKeyVariable = "DESCOPE_MANAGEMENT_KEY"

// usage says what a variable is used for.
type usage uint8

const (
	usedInValue      usage = iota // any value outside of auth and environments
	usedInOverlay                 // a value of an environment's overlay
	usedInAccess                  // project id or base URL
	usedAsCredential              // management key or read key
)

// variableUse is one reference to a variable. The rules about credentials need
// all documents, so uses are judged at the end.
type variableUse struct {
	name  string
	usage usage
	unset bool
	// secret says that the value is marked as one, or leads to one, so that the name
	// may say it.
	secret bool
	at     resource.Position
}

// substitute puts the values of variables into a value outside of auth and
// environments.
func (l *loader) substitute(n *yaml.Node, raw string) (value string, ok bool) {
	if !strings.Contains(raw, "${") {
		return raw, true
	}
	segments, err := parseTemplate(raw)
	if err != nil {
		l.badTemplate(n, err)
		return "", false
	}
	value, missing := expand(segments, l.lookup)
	if l.layer == nil {
		l.use(n, segments, usedInValue)
		return value, len(missing) == 0
	}
	l.use(n, segments, usedInOverlay)
	for _, name := range missing {
		l.layer.missing = append(l.layer.missing, MissingVariable{Name: name, At: l.position(n)})
	}
	return value, len(missing) == 0
}

func (l *loader) badTemplate(n *yaml.Node, err error) {
	l.errorAt(n, codeTemplate, err.Error(), "write ${NAME} or ${NAME:-default}; $${ stands for a literal ${")
}

// use records the variables of a template.
func (l *loader) use(n *yaml.Node, segments []segment, usage usage) {
	for _, part := range segments {
		if part.name == "" {
			continue
		}
		value, set := l.lookup(part.name)
		unset := !set && !part.hasFallback
		if usage == usedInAccess || usage == usedAsCredential { // empty is as good as missing there
			unset = value == "" && part.fallback == ""
		}
		if one := (variableUse{name: part.name, usage: usage, unset: unset, secret: isSecret(n), at: l.position(n)}); !l.check.passes(one) {
			l.uses = append(l.uses, one)
		}
	}
}

// checkUses applies the rules about variables: where credentials may stand,
// and which variables must be set.
func (l *loader) checkUses() {
	credentials := l.credentials()
	for _, use := range l.uses {
		elsewhere := use.usage != usedAsCredential
		switch {
		case elsewhere && credentials[use.name]:
			l.reportAt(use.at, SeverityError, codeCredential, "the variable "+use.name+" serves as a credential and may be used for a management_key or read_key only", "use another variable")
		case elsewhere && soundsSecret(use.name) && !l.all.variables[use.name] && !use.secret:
			l.reportAt(use.at, SeverityError, codeCredential, "the name of the variable "+use.name+" says that it holds a secret",
				"mark the value with !secret where that may stand, or, if it holds none, list it: variables: ["+use.name+"]")
		case use.unset && use.usage != usedInValue:
			l.reportAt(use.at, SeverityNote, codeMissingKey, "the variable "+use.name+" is not set", "set it before a command that talks to this project")
		case use.unset:
			l.reportAt(use.at, SeverityError, codeUnset, "the variable "+use.name+" is not set", "set it, or give a default: ${"+use.name+":-…}")
		}
	}
}

// credentials is the set of variables that serve as management keys, those for
// reading among them.
func (l *loader) credentials() map[string]bool {
	names := map[string]bool{managementKeyVariable: true}
	for _, use := range l.uses {
		if use.usage == usedAsCredential {
			names[use.name] = true
		}
	}
	return names
}

// shortKey is the length below which a key is only looked for as a whole
// value: a key like "dev" (of a local emulator) is part of many words.
const shortKey = 8

// loadedKeys are the values of the credentials that are set.
func (l *loader) loadedKeys() []string {
	var keys []string
	for name := range l.credentials() {
		if value, _ := l.lookup(name); value != "" {
			keys = append(keys, value)
		}
	}
	slices.Sort(keys)
	return keys
}

// checkKeys refuses every value, literal or substituted, that contains a loaded
// key: those of tenants, and what else may end up outside of this process.
func (l *loader) checkKeys() {
	keys := l.loadedKeys()
	if len(keys) == 0 {
		return
	}
	refused := map[resource.Position]bool{} // by their variables, which says more
	for _, d := range l.diagnostics {
		if d.Code == codeCredential {
			refused[d.Position] = true
		}
	}
	refuse := func(at resource.Position, what string) {
		if refused[at] {
			return
		}
		l.reportAt(at, SeverityError, codeCredential, what+" contains the value of a management key", "remove it, and replace the key in the Descope console if the file was shared")
	}
	for _, tenants := range append(l.layered(func(of *layers) *layer { return &of.tenants }), l.all.tenants) {
		for _, tenant := range tenants {
			for _, found := range keysIn(tenant.desired, keys) {
				refuse(found.at, found.what)
			}
		}
	}
	if l.check != nil {
		for _, found := range l.check.holding {
			refuse(found.at, found.what)
		}
	}
	for _, value := range l.checked {
		if holdsKey(value.value, keys) {
			refuse(value.at, "a value")
		}
	}
	l.checkFlowKeys(keys, refuse)
	for _, pattern := range slices.Concat(l.all.manage.tenants.include, l.all.manage.tenants.exclude, l.all.manage.flows.include, l.all.manage.flows.exclude) {
		if holdsKey(pattern.value, keys) {
			refuse(pattern.at, "a pattern")
		}
	}
}

// finding is a value that holds a key.
type finding struct {
	at   resource.Position
	what string
}

// keysIn looks for keys in a tenant.
func keysIn(tenant resource.Desired, keys []string) (found []finding) {
	if holdsKey(tenant.ID, keys) {
		found = append(found, finding{tenant.Source, "the id"})
	}
	for _, field := range tenant.Fields {
		if holdsKey(field.Path.Key, keys) || valueHoldsKey(field.Value, keys) {
			found = append(found, finding{field.Source, field.Path.Field})
		}
	}
	return found
}

// checkFlowKeys looks through what entries set, and then through the flows: a file
// may hold a key too. There a short key is not looked for, because it is like many
// other words.
func (l *loader) checkFlowKeys(keys []string, refuse func(at resource.Position, what string)) {
	for _, v := range l.checkedValues {
		if valueHoldsKey(v.value, keys) {
			refuse(v.at, "a value")
		}
	}
	long := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return len(key) < shortKey })
	for _, flows := range append(l.layered(func(of *layers) *layer { return &of.flows }), l.all.flows) {
		for _, e := range flows {
			if holdsKey(e.desired.ID, keys) || e.desired.Flow != nil && valueHoldsKey(e.desired.Flow.Document, long) {
				refuse(e.desired.Source, "the flow "+show(e.desired.ID))
			}
		}
	}
}

func holdsKey(text string, keys []string) bool {
	for _, key := range keys {
		if text == key || (len(key) >= shortKey && strings.Contains(text, key)) {
			return true
		}
	}
	return false
}

// valueHoldsKey looks for a key in JSON, where it may stand escaped.
func valueHoldsKey(value resource.Value, keys []string) bool {
	for _, key := range keys {
		quoted := string(resource.StringValue(key))
		if strings.Contains(string(value), quoted) || (len(key) >= shortKey && strings.Contains(string(value), quoted[1:len(quoted)-1])) {
			return true
		}
	}
	return false
}
