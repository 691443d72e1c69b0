package flow

import (
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const providersParameter = "providers"

// social is a provider of social login, and the component of its button.
type social struct{ name, title, component string }

// socials are the providers that Descope has built in.
func socials() []social {
	return []social{
		{"apple", "Apple", "AppleButton"},
		{"discord", "Discord", "DiscordButton"},
		{"facebook", "Facebook", "FacebookButton"},
		{"github", "GitHub", "GithubButton"},
		{"gitlab", "GitLab", "GitlabButton"},
		{"google", "Google", "GoogleButton"},
		{"linkedin", "LinkedIn", "LinkedinButton"},
		{"microsoft", "Microsoft", "MicrosoftButton"},
		{"slack", "Slack", "SlackButton"},
	}
}

// providers is the parameter that chooses among them.
func providers(least int, standard ...string) Parameter {
	p := Parameter{
		Name: providersParameter, Type: ParameterList, MinItems: least,
		Default: resource.StringsValue(standard), Example: `["google","microsoft"]`,
		Description: "The social logins to offer. Each must be set up in the project.",
	}
	for _, s := range socials() {
		p.Enum = append(p.Enum, s.name)
	}
	return p
}

// socialButtons are the buttons of the chosen providers, and their edges.
func socialButtons(a arguments, to string) ([]part, []edge) {
	var parts []part
	var edges []edge
	for _, s := range socials() {
		if slices.Contains(a.list(providersParameter), s.name) {
			parts = append(parts, socialButton(s))
			edges = append(edges, edge{s.name, to})
		}
	}
	return parts, edges
}

func (b *builder) oauth(key string, signUp bool, to string) {
	name, action := "Sign Up or In / OAuth", "oauth-start"
	if !signUp {
		name, action = "Sign In / OAuth", "oauth-start-sign-in"
	}
	b.pair(key, name, action, "exchange-oauth-code", "exchangeStepId", map[string]resource.Value{
		"defaultProvider": str(""), "redirectUrl": str(""), "prompt": "[]",
	}, to)
}

func socialLoginTemplate() Template {
	t := Template{
		Name: "social-login", Version: "1.0", Title: "Social Login",
		Description: "Sign in with an account of a social provider.",
		Parameters:  []Parameter{providers(1, "google"), signUp()},
	}
	t.build = func(a arguments) (Document, error) {
		b := &builder{}
		buttons, edges := socialButtons(a, "oauth")
		b.screen("welcome", "Welcome Screen", page{parts: []part{heading("Welcome!"), box("providers", buttons...), failure()}}, edges...)
		b.oauth("oauth", a.flag(signUpParameter), endKey)
		return b.document(t), nil
	}
	return t
}
