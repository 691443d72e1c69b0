package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// access is what "auth" or one environment says about signing in.
type access struct {
	projectID     setting
	managementKey setting
	keyFile       keyFile
	keyCommand    keyCommand
	readKey       setting // for commands that only read
	baseURL       setting
	protected     *bool
	order         *int
	performance   Performance // what is given of it stands in the loader's settings
	path          string      // "auth" or "environments.NAME"
	overlay       *overlay    // while it is decoded; nil for none
}

// environment is one entry under "environments".
type environment struct {
	name string
	at   resource.Position // where it stands first
	body resource.Position // its mapping, the first one
	access
	layers
}

// isProtected applies the rule for names where the entry is silent.
func (e environment) isProtected() bool {
	if e.protected != nil {
		return *e.protected
	}
	name := strings.ToLower(e.name)
	return strings.HasPrefix(name, "prod") || name == "live"
}

// setting is a value whose variables are looked up only when it is needed.
type setting struct {
	template []segment
	at       resource.Position
}

func (s setting) isSet() bool { return s.template != nil }

// accessKeys are the keys that auth and environments share.
func accessKeys() []key[access] {
	return []key[access]{
		{
			name: "project_id", title: "Project id", example: `"P2dev0000000000000000000000"`,
			description: "The id of the Descope project, literal or as a variable.",
			schema:      schemaText(),
			read: func(l *loader, n *yaml.Node, into *access) {
				into.projectID = l.setting(n, "project_id", checkProjectID)
			},
		},
		{
			name: "management_key", title: "Management key", example: `"${DESCOPE_DEV_MANAGEMENT_KEY}"`,
			description: "The variable that holds the management key, as `${NAME}` and nothing else: a key in a file is an error.",
			schema:      schema{"type": "string", "pattern": `^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`},
			read: func(l *loader, n *yaml.Node, into *access) {
				into.managementKey = l.keyReference(n, "management_key", managementKeyVariable)
			},
		},
		keyFileKey(),
		keyCommandKey(),
		{
			name: "read_key", title: "Key for reading", example: `"${DESCOPE_DEV_READ_KEY}"`,
			description: "The variable that holds a management key for commands that only read, as `${NAME}` and nothing else. Commands that write never use it.",
			schema:      schema{"type": "string", "pattern": `^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`},
			read: func(l *loader, n *yaml.Node, into *access) {
				into.readKey = l.keyReference(n, "read_key", "DESCOPE_READ_KEY")
			},
		},
		{
			name: "base_url", title: "Base URL", example: `"https://api.descope.com"`, fallback: "that of the project id's region",
			description: "Where the management API is. From a file only hosts under descope.com (https) and loopback addresses are accepted; left out, the project id's region decides.",
			schema:      schema{"type": "string", "pattern": `^[Hh][Tt][Tt][Pp][Ss]?://[^?#]+$|\$\{`},
			read: func(l *loader, n *yaml.Node, into *access) {
				into.baseURL = l.setting(n, "base_url", checkFileURL)
			},
		},
	}
}

// environmentBlock is the table of one environment, authBlock that of auth.
func environmentBlock() *block[access] {
	return newBlock(append(accessKeys(),
		overlayKey(),
		key[access]{
			name: "protected", title: "Protected", example: `true`, fallback: "by the environment's name",
			description: "Writing to the project needs its environment's name typed. Environments called prod…, production or live are protected unless they say false here; the protection belongs to the project id, however it was reached.",
			schema:      schema{"type": "boolean"},
			read: func(l *loader, n *yaml.Node, into *access) {
				if value, ok := l.flag(n, "protected"); ok {
					into.protected = &value
				}
			},
		},
		orderKey(),
		environmentPerformanceKey(),
		key[access]{name: "manage", unsupported: true},
		key[access]{name: "tenants", unsupported: true, instead: underOverlay},
		key[access]{name: "flows", unsupported: true, instead: underOverlay},
		key[access]{name: "guard", unsupported: true},
		key[access]{name: "backup", unsupported: true},
	))
}

// underOverlay is where resources of one environment stand.
const underOverlay = "write it under overlay:, which holds what is different in this environment"

func authBlock() *block[access] { return newBlock(accessKeys()) }

// readAccess decodes auth or an environment. What stands under management_key
// or read_key, or under a key that is not known there, may be a pasted
// credential; its line is not shown then.
func (l *loader) readAccess(b *block[access], n *yaml.Node, into *access, what, path string) {
	into.path = path
	b.withholdUnknown(l, n, "management_key", "read_key", "management_key_file", "management_key_command")
	b.read(l, n, into, what, path)
}

// setting reads project_id or base_url. A literal is checked at once, with
// variables when it is used.
func (l *loader) setting(n *yaml.Node, what string, check func(string) error) setting {
	raw, ok := l.rawText(n, what)
	if !ok {
		return setting{}
	}
	segments, err := parseTemplate(raw)
	if err != nil {
		l.badTemplate(n, err)
		return setting{}
	}
	l.use(n, segments, usedInAccess)
	value, _ := expand(segments, func(string) (string, bool) { return "", false })
	if isLiteral(segments) {
		if err := check(value); err != nil {
			l.errorAt(n, codeOf(err), what+" "+err.Error(), "")
			return setting{}
		}
	}
	return setting{template: segments, at: l.position(n)}
}

func isLiteral(segments []segment) bool {
	for _, part := range segments {
		if part.name != "" {
			return false
		}
	}
	return true
}

// keyReference reads the reference to a key. What the value is instead is never
// shown: it may be the key itself.
func (l *loader) keyReference(n *yaml.Node, what, variable string) setting {
	if n.Kind != yaml.ScalarNode {
		l.withhold(n)
		l.wrongType(n, what, "text", `write "${`+variable+`}"`)
		return setting{}
	}
	if !l.admitsNot(n) {
		return setting{}
	}
	segments, err := parseTemplate(n.Value)
	if name, ok := soleVariable(segments); err != nil || !ok || readScalar(n).kind != kindText || looksLikeKey(name) {
		l.withhold(n)
		l.errorAt(n, codeLiteralKey, what+" must be exactly one ${NAME}: a management key may not stand in a file",
			`put the key into an environment variable and write "${`+variable+`}"; if the file was shared, make a new key in the Descope console under Company > Management Keys`)
		return setting{}
	}
	l.use(n, segments, usedAsCredential)
	return setting{template: segments, at: l.position(n)}
}

// looksLikeKey recognises a key that was pasted between the braces of ${…}:
// Descope's keys are a K and at least 27 letters and digits.
func looksLikeKey(name string) bool {
	return len(name) >= 28 && name[0] == 'K' && !strings.Contains(name, "_") && strings.ToUpper(name) != name
}

// readEnvironments decodes the mapping from names to environments.
func readEnvironments(l *loader, n *yaml.Node, into *collected) {
	members, ok := l.members(n, "environments")
	if !ok {
		return
	}
	for _, m := range members {
		if !isEnvironmentName(m.name) {
			l.errorAt(m.key, codeEnvironment, show(m.name)+" cannot be the name of an environment", "use letters, digits, -, _ and . only, with a letter or digit first")
			continue
		}
		found := into.byName[m.name]
		if found == nil {
			found = &environment{name: m.name, at: l.position(m.key), body: l.position(m.value)}
			into.byName[m.name] = found
			into.environments = append(into.environments, found)
		}
		path := "environments." + m.name
		l.readAccess(l.access, m.value, &found.access, path, path)
	}
}

func isEnvironmentName(name string) bool {
	for i := range len(name) {
		c := name[i]
		alphanumeric := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !alphanumeric && (i == 0 || (c != '-' && c != '_' && c != '.')) {
			return false
		}
	}
	return name != "" && len(name) <= 100
}

// codedError is a refusal of a value with the code of its diagnostic.
type codedError struct{ code, message string }

func (e *codedError) Error() string { return e.message }

func codeOf(err error) string {
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	return codeValue
}

// checkProjectID refuses what would break the bearer "project:key".
func checkProjectID(id string) error {
	if id == "" {
		return &codedError{codeValue, "is empty"}
	}
	for _, r := range id {
		if r <= ' ' || r >= 0x7f || r == ':' || r == '/' {
			return &codedError{codeValue, "holds a character that no project id has"}
		}
	}
	return nil
}

// FilesMayName reports whether a base URL may stand in a file: its host is under
// descope.com, or a loopback address.
func FilesMayName(baseURL string) bool { return checkFileURL(baseURL) == nil }

// checkFileURL applies the rule for hosts that files may name.
func checkFileURL(raw string) error {
	u, err := parseBaseURL(raw)
	if err != nil {
		return err
	}
	host := strings.ToLower(u.Hostname())
	if isLoopback(host) {
		return nil
	}
	if host != "descope.com" && !strings.HasSuffix(host, ".descope.com") {
		return &codedError{codeHost, fmt.Sprintf("names the host %s; from a file only hosts under descope.com and loopback addresses are accepted (give others by --base-url or DESCOPE_BASE_URL)", show(host))}
	}
	return nil
}

// parseBaseURL checks the form of a base URL from any source. Errors do not
// quote it: a credential may have been given by mistake.
func parseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "":
		return nil, &codedError{codeValue, "must be a URL like https://api.descope.com"}
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, &codedError{codeValue, "may hold no user, query or fragment"}
	case u.Scheme == "http" && !isLoopback(strings.ToLower(u.Hostname())):
		return nil, &codedError{codeHost, "must use https: plain http is for loopback addresses only"}
	default:
		return u, nil
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
