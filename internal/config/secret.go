package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// secretTag marks a value that must not be shown or kept: custom attributes,
// settings, names, and what flows are given.
const secretTag = "!secret"

// shortestSecret is the length from which a secret is looked for in all text. A
// shorter one is like too many other words, and only its place hides it.
const shortestSecret = 8

// marks says whether a value may be marked as secret where the loader is.
type marks uint8

const (
	markedNowhere marks = iota
	markedByPath        // the place of the value hides it
	markedByValue       // it can come up in many places
)

// isSecret reports whether a node is a value that is marked as secret.
func isSecret(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == secretTag && n.Style&yaml.TaggedStyle != 0
}

// readSecret gives a marked scalar the type that it has without the mark: text
// or a number. Of anything else there is nothing to hide.
func readSecret(n *yaml.Node, plain scalar) scalar {
	switch {
	case n.Style&quotedStyles != 0:
		return scalar{kind: kindText, text: n.Value}
	case plain.kind == kindText, plain.kind == kindNumber:
		return plain
	default:
		return scalar{kind: kindBad}
	}
}

// admits reports whether a value may stand here as it is marked.
func (l *loader) admits(n *yaml.Node) bool { return l.marks != markedNowhere || l.admitsNot(n) }

// admitsNot refuses a mark where no value can be secret.
func (l *loader) admitsNot(n *yaml.Node) bool {
	if !isSecret(n) {
		return true
	}
	if readScalar(n).kind == kindBad {
		return false // that was reported
	}
	l.errorAt(n, codeTag, "the tag !secret may not stand here", "it marks values of custom_attributes and settings, names, and config and set of flows")
	return false
}

// marked reads a value that may be secret, or hold something that is.
func (l *loader) marked(where marks, read func() (resource.Value, bool)) (value resource.Value, secret, ok bool) {
	outer, before := l.marks, len(l.all.secrets)
	l.marks = where
	defer func() { l.marks = outer }()
	value, ok = read()
	return value, len(l.all.secrets) > before, ok
}

// markedText is text that may be secret.
func (l *loader) markedText(n *yaml.Node, what string) (read text) {
	l.marked(markedByValue, func() (resource.Value, bool) {
		read = l.text(n, what)
		return resource.Absent, false
	})
	return read
}

// keepSecret remembers a value that is marked, and reports whether it can be hidden.
func (l *loader) keepSecret(n *yaml.Node, value string) bool {
	l.all.secrets = append(l.all.secrets, strings.Clone(value))
	const short = "a secret of fewer than 8 characters cannot be told from other text"
	switch {
	case value == "" || len(value) >= shortestSecret:
		return true
	case l.marks == markedByValue:
		l.errorAt(n, codeShortSecret, short+", so that it cannot be kept out of what is shown", "use a longer one")
		return false
	default:
		l.warnAt(n, codeShortSecret, short+", so that only this key is hidden", "use a longer one")
		return true
	}
}

// withholdSecret keeps a marked value out of diagnostics, with every line on
// which it may stand: a node does not say where it ends.
func (l *loader) withholdSecret(n *yaml.Node) {
	const most = 10_000
	last := n.Line + 1 + min(2*strings.Count(n.Value, "\n")+strings.Count(n.Value, " "), most)
	for line := n.Line; line <= last; line++ {
		l.withheld[place{l.file, l.line + line}] = true
	}
	if len(n.Value) >= shortKey {
		l.secrets = append(l.secrets, n.Value)
	}
}

// withholdAll does the same for everything under a node.
func (l *loader) withholdAll(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		l.withholdSecret(n)
	}
	for _, child := range n.Content {
		l.withholdAll(child)
	}
}

// shownAfter quotes a value in a message, after some words; nothing for a secret.
func shownAfter(words string, n *yaml.Node) string {
	if isSecret(n) {
		return ""
	}
	return words + show(n.Value)
}

func (raw *rawTenant) addMarked(path resource.Path, value resource.Value, at resource.Position, secret bool) {
	raw.fields = append(raw.fields, resource.DesiredField{Path: path, Value: value, Source: at, Secret: secret})
}

// Secrets are the values that the configuration marks as secret, for whatever
// environment, sorted. Those that are too short to be told from other text are not
// among them; see [Config.SecretPaths].
func (c *Config) Secrets() []resource.Secret {
	if c == nil {
		return nil
	}
	values := slices.DeleteFunc(slices.Clone(c.secrets), func(value string) bool { return len(value) < shortestSecret })
	slices.Sort(values)
	var secrets []resource.Secret
	for _, value := range slices.Compact(values) {
		secrets = append(secrets, resource.NewSecret(value))
	}
	return secrets
}

// SecretPaths are the places of values that are marked as secret, in whatever
// environment: what is live there, or was, is secret too. Of a flow they are the
// paths of set, metadata.name, and config.NAME for parameters.
func (c *Config) SecretPaths() resource.SecretPaths {
	if c == nil || len(c.secrets) == 0 {
		return nil
	}
	paths := resource.SecretPaths{}
	for e := range c.named(c.tenants, func(of *layers) *layer { return &of.tenants }) {
		for _, field := range e.desired.Fields {
			if field.Secret {
				paths.Add(e.desired.Address(), field.Path)
			}
		}
	}
	for e := range c.named(c.flows, func(of *layers) *layer { return &of.flows }) {
		if e.desired.Flow == nil {
			continue
		}
		for _, field := range e.desired.Flow.Given {
			if field.Secret {
				paths.Add(e.desired.Address(), flowPath(field.Path))
			}
		}
	}
	return paths
}

// flowPath is the place in a flow of what an entry gives it.
func flowPath(given resource.Path) resource.Path {
	switch given.Field {
	case "set":
		return resource.Path{Field: given.Key}
	case fieldName:
		return resource.Path{Field: "metadata.name"}
	default:
		return given
	}
}
