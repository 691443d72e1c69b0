package flow

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

func signUpOrInTemplate() Template {
	t := Template{
		Name: "sign-up-or-in", Version: "1.0", Title: "Sign Up or In",
		Description: "Sign up or in with a magic link by email, and with passkeys and social logins where they are chosen.",
		Parameters: []Parameter{
			providers(0, "google"),
			{
				Name: "passkeys", Type: ParameterBoolean, Default: "true", Example: "false",
				Description: "Whether people can sign in with a passkey. An address that has not been verified gets a magic link first.",
			},
			{
				Name: "ask_name", Type: ParameterBoolean, Default: "true", Example: "false",
				Description: "Whether a new user is asked for the full name.",
			},
		},
	}
	t.build = func(a arguments) (Document, error) {
		b := &builder{}
		known := endKey // where people go on whose address is known to be theirs
		if a.flag("ask_name") {
			known = "new-user"
		}
		b.welcome(a)
		b.magicLink(linkAction{key: "link", name: "Sign Up or In / Magic Link / Email", action: "sign-up-or-in-magic-link-email", to: known, back: "welcome"})
		if a.flag("passkeys") {
			b.passkey("passkey", "Sign Up or In / Passkeys (WebAuthn)", "sign-up-or-in", "email-verified")
			b.condition("email-verified", "Is Email verified?", when("Verified", known, test{isTrue, "authInfo.user.verifiedEmail"}), otherwise("Not verified", "verify"))
			b.magicLink(linkAction{key: "verify", name: "Update User / Magic Link / Email", action: "update-user-magic-link-email", to: known})
		}
		if len(a.list(providersParameter)) > 0 {
			b.oauth("oauth", true, known)
		}
		if a.flag("ask_name") {
			b.condition("new-user", "Is new user?", when("New user", "name", test{isTrue, "authInfo.firstSeen"}), otherwise("Existing user", endKey))
			b.screen("name", "User Information", page{parts: []part{
				heading("Nice to meet you"), nameField(), button("submit", "Continue", "contained"), failure(),
			}}, edge{"submit", "save"})
			b.action("save", "Update User / Properties", "update-user-properties", nil, endKey)
		}
		return b.document(t), nil
	}
	return t
}

// welcome is the first page, with a way to sign in for each choice.
func (b *builder) welcome(a arguments) {
	parts := []part{heading("Welcome!"), emailField(), button("submit", "Continue", "contained")}
	edges := []edge{{"submit", "link"}}
	others, more := socialButtons(a, "oauth")
	if a.flag("passkeys") {
		others, more = append(others, passkeyButton("Continue with a passkey")), append(more, edge{"passkey", "passkey"})
	}
	if len(others) > 0 {
		parts = append(parts, box("others", others...))
	}
	b.screen("welcome", "Welcome Screen", page{parts: append(parts, failure())}, append(edges, more...)...)
}

// passkey asks the browser for a passkey. The purpose is sign-up-or-in, sign-in or
// update-user, which makes one.
func (b *builder) passkey(key, name, purpose, to string) {
	b.pair(key, name, "webauthn-"+purpose+"-start", "webauthn-"+purpose+"-finish", "finishStepId", map[string]resource.Value{
		"userVerificationDiscouraged": str(""),
	}, to)
}
