package flow

import (
	"slices"
	"strings"
)

// method is a way to sign in that a flow offers.
type method struct {
	name string
	task string // the id of a task that carries it out
}

// methodWords are parts of actions' names and the methods for which they stand;
// the first that fits counts.
var methodWords = []struct{ word, name string }{
	{"magic-link-email", "magic link by email"},
	{"magic-link-sms", "magic link by SMS"},
	{"magic-link", "magic link"},
	{"enchanted-link", "enchanted link"},
	{"embedded-link", "embedded link"},
	{"otp-sms", "code by SMS"},
	{"otp-email", "code by email"},
	{"otp-voice", "code by phone call"},
	{"otp-whatsapp", "code by WhatsApp"},
	{"otp-im", "code by messenger"},
	{"notp", "nOTP"},
	{"otp", "one-time code"},
	{"totp", "authenticator app"},
	{"webauthn", "passkey"},
	{"saml", "single sign-on"},
	{"sso", "single sign-on"},
	{"oauth", "social login"},
	{"oidc", "social login"},
	{"password", "password"},
	{"recovery-code", "recovery code"},
	{"security-questions", "security questions"},
}

// methodOf is the method that an action serves, or "".
func methodOf(action string) string {
	if strings.Contains(action, "totp") {
		return "authenticator app" // it contains "otp" too
	}
	for _, m := range methodWords {
		if strings.Contains(action, m.word) {
			return m.name
		}
	}
	return ""
}

// signsIn reports whether an action starts a login or checks what somebody gave for one.
// Actions that only change what a user has (update, replace, reset) do not.
func signsIn(action string) bool {
	return methodOf(action) != "" && !strings.HasPrefix(action, "update-user") && !strings.Contains(action, "-update-user-") &&
		!isOneOf(action, "password-update", "password-replace", "password-send-reset", "password-reset", "verify-magic-link", "exchange-oauth-code", "exchange-saml-code") &&
		!strings.HasSuffix(action, "-finish")
}

func isOneOf(s string, list ...string) bool { return slices.Contains(list, s) }

// methods are the ways to sign in that can be reached, sorted by name and task;
// each button for a social provider is one of its own.
func (g *graph) methods() []method {
	var list []method
	add := func(name, task string) {
		if !slices.ContainsFunc(list, func(m method) bool { return m.name == name }) {
			list = append(list, method{name, task})
		}
	}
	reached := g.reachable(g.start, "")
	for _, id := range g.taskIDs {
		t := g.tasks[id]
		if !reached[id] {
			continue
		}
		if t.kind == kindAutomated && signsIn(t.action) {
			add(methodOf(t.action), id)
		}
		if t.kind == kindFlow {
			if sub := text(t.fields["arguments"].Get("flowId").Get("value")); sub != "" {
				add("sub-flow "+sub, id)
			}
		}
		for _, provider := range g.providers(t) {
			add("social login with "+provider, id)
		}
	}
	slices.SortFunc(list, func(a, b method) int { return strings.Compare(a.name, b.name) })
	return list
}

// providers are the social providers for which a task's screen has a button that
// leads somewhere, in the order of the buttons' ids.
func (g *graph) providers(t *task) []string {
	s := g.screenOf(t)
	if s == nil {
		return nil
	}
	var list []string
	for _, id := range sortedKeys(s.nodes) {
		provider := text(s.nodes[id].Get("props").Get("data-descope-provider"))
		leads := slices.ContainsFunc(t.edges, func(e edge) bool {
			return (e.interaction == id || e.interaction == text(s.nodes[id].Get("props").Get("id"))) && g.tasks[e.target] != nil
		})
		if provider != "" && leads {
			list = append(list, provider)
		}
	}
	return list
}

// verifies reports whether a task makes sure who somebody is: it weighs as one
// factor. What a sub-flow does is not known; it counts as one.
func verifies(t *task) bool {
	if t.kind == kindFlow {
		return true
	}
	return strings.HasPrefix(t.action, "verify-") || strings.HasPrefix(t.action, "exchange-") ||
		strings.HasSuffix(t.action, "-finish") || strings.HasPrefix(t.action, "password-sign-in") ||
		strings.HasPrefix(t.action, "password-sign-up")
}
