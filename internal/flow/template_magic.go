package flow

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

const signUpParameter = "sign_up"

// signUp is the parameter by which a login is closed to people who are not known yet.
func signUp() Parameter {
	return Parameter{
		Name: signUpParameter, Type: ParameterBoolean, Default: "true", Example: "false",
		Description: "Whether somebody who is not known yet becomes a user. With false only users who exist can sign in.",
	}
}

func magicLinkTemplate() Template {
	t := Template{
		Name: "magic-link", Version: "1.0", Title: "Magic Link",
		Description: "Sign in with a link that is sent by email.",
		Parameters: []Parameter{
			signUp(),
			{
				Name: "redirect_url", Type: ParameterString, Default: `""`, Example: `"https://app.example.com/verify"`,
				Description: "The page that the link opens. Empty: the one that the project or the application names.",
			},
		},
	}
	t.build = func(a arguments) (Document, error) {
		b := &builder{}
		b.screen("welcome", "Welcome Screen", page{parts: []part{heading("Welcome!"), emailField(), button("submit", "Continue", "contained"), failure()}}, edge{"submit", "send"})
		send := linkAction{key: "send", name: "Sign Up or In / Magic Link / Email", action: "sign-up-or-in-magic-link-email", url: a["redirect_url"]}
		if !a.flag(signUpParameter) {
			send.name, send.action = "Sign In / Magic Link / Email", "sign-in-magic-link-email"
		}
		send.to, send.back = endKey, "welcome"
		b.magicLink(send)
		return b.document(t), nil
	}
	return t
}

// linkAction is a magic link that is sent by email, and the page that waits for it.
type linkAction struct {
	key, name, action string
	url               resource.Value
	to                string // where its owner goes on
	back              string // where another address is entered; "" for nowhere
}

func (b *builder) magicLink(l linkAction) {
	sent, verified := l.key+"-sent", l.key+"-verified"
	if l.url.IsAbsent() {
		l.url = str("")
	}
	parts := []part{hint("We've sent a verification link to {{sentTo.maskedEmail}}"), waiting(), button("resend", "Send again", "contained")}
	edges := []edge{{"polling", verified}, {"resend", l.key}}
	if l.back != "" {
		parts = append(parts, button("back", "Use another address", "link"))
		edges = append(edges, edge{"back", l.back})
	}
	b.pair(l.key, l.name, l.action, "verify-magic-link", "verifyStepId", map[string]resource.Value{
		"uri": l.url, "providerId": str(""), "templateId": str(""),
	}, l.to, sent)
	b.screen(sent, "Magic Link Sent", page{parts: append(parts, failure()), context: []string{"sentTo.maskedEmail"}}, edges...)
	b.screen(verified, "Verified Successfully", page{parts: []part{heading("You're signed in"), hint("You can close this window now.")}})
}
