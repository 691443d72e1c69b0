package flow

import (
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	methodsParameter  = "methods"
	rememberParameter = "remember_device"
	daysParameter     = "remember_duration_days"
)

func mfaLoginTemplate() Template {
	least, most := int64(1), int64(365)
	t := Template{
		Name: "mfa-login", Version: "1.0", Title: "Multi-Factor Login",
		Description: "Sign in with email address and password, and then with a second factor. Who has none yet sets one up.",
		Parameters: []Parameter{
			{
				Name: methodsParameter, Type: ParameterList, MinItems: 1, Enum: []string{"sms", "totp", "email", "passkey"},
				Default: `["totp"]`, Example: `["sms","totp","email"]`,
				Description: "The second factors to choose from: a code by SMS, an authenticator app, a code by email, a passkey.",
			},
			{
				Name: rememberParameter, Type: ParameterBoolean, Default: "false", Example: "true",
				Description: "Whether people may have a device remembered that then needs no second factor. With session cookies Descope wants a custom domain for it.",
			},
			{
				Name: daysParameter, Type: ParameterInteger, Minimum: &least, Maximum: &most, Default: "30", Example: "30",
				Description: "For how many days a device is remembered.",
			},
		},
	}
	t.build = func(a arguments) (Document, error) {
		m := &mfa{builder: &builder{}, arguments: a, done: endKey}
		if a.flag(rememberParameter) {
			m.done = "remember"
		}
		m.firstFactor()
		m.choice()
		for _, method := range a.list(methodsParameter) {
			m.secondFactor(method)
		}
		m.remember()
		return m.document(t), nil
	}
	return t
}

// mfa builds the flow with a second factor.
type mfa struct {
	*builder
	arguments arguments
	done      string // the step after the second factor
}

// second is the step that begins the second factor.
func (m *mfa) second() string {
	if methods := m.arguments.list(methodsParameter); len(methods) == 1 {
		return methods[0]
	}
	return "choose"
}

func (m *mfa) firstFactor() {
	next := m.second()
	if m.arguments.flag(rememberParameter) {
		next = "trusted"
	}
	m.screen("welcome", "Welcome Screen", page{parts: []part{
		heading("Welcome!"), emailField(), passwordField(), button("submit", "Sign in", "contained"), failure(),
	}}, edge{"submit", "password"})
	m.action("password", "Sign In / Password", "password-sign-in-v2", nil, next)
	if m.arguments.flag(rememberParameter) {
		m.condition("trusted", "Is the device remembered?", when("Remembered", endKey, test{isTrue, "riskInfo.trustedDevice"}), otherwise("Not remembered", m.second()))
	}
}

// choice lets people choose where there is a choice.
func (m *mfa) choice() {
	methods := m.arguments.list(methodsParameter)
	if len(methods) < 2 {
		return
	}
	labels := map[string]string{"sms": "Code by SMS", "totp": "Authenticator app", "email": "Code by email"}
	var buttons []part
	var edges []edge
	for _, method := range methods {
		if method == "passkey" {
			buttons = append(buttons, passkeyButton("Passkey"))
		} else {
			buttons = append(buttons, button(method, labels[method], "outline"))
		}
		edges = append(edges, edge{method, method})
	}
	m.screen("choose", "Select Second Factor", page{parts: []part{
		heading("One more step"), hint("Choose how you want to confirm that it is you."), box("methods", buttons...), failure(),
	}}, edges...)
}

// secondFactor begins at the step with the method's own name.
func (m *mfa) secondFactor(method string) {
	switch method {
	case "sms":
		m.condition("sms", "Does user have a verified phone?",
			when("Yes", "sms-send", test{notEmpty, "user.phone"}, test{isTrue, "user.verifiedPhone"}), otherwise("No", "sms-phone"))
		m.code("sms-send", "Sign In / OTP / SMS", "sign-in-otp-sms", "SMS", "Phone")
		m.screen("sms-phone", "Phone Number", page{parts: []part{
			heading("Your phone number"), hint("We send a code to it now, and whenever you sign in."), phoneField(), button("submit", "Continue", "contained"), failure(),
		}}, edge{"submit", "sms-add"})
		m.code("sms-add", "Update User / OTP / SMS", "update-user-otp-sms", "SMS", "Phone")
	case "email":
		m.code("email", "Sign In / OTP / Email", "sign-in-otp-email", "Email", "Email")
	case "totp":
		m.authenticator()
	case "passkey":
		m.condition("passkey", "Does user have a passkey?",
			when("Yes", "passkey-use", test{isTrue, "deviceInfo.webAuthnSupport"}, test{isTrue, "user.webauthn"}), otherwise("No", "passkey-add"))
		m.passkey("passkey-use", "Sign In / Passkeys (WebAuthn)", "sign-in", m.done)
		m.passkey("passkey-add", "Update User / Passkeys (WebAuthn)", "update-user", m.done)
	}
}

// code sends a code and asks for it. The channel is the one of the actions' names,
// the address the one of the context: Phone or Email.
func (m *mfa) code(key, name, action, channel, address string) {
	verify := map[string]string{"SMS": "verify-code-otp-sms", "Email": "verify-code-otp-email"}[channel]
	context := "sentTo.masked" + address
	m.action(key, name, action, map[string]resource.Value{"providerId": str(""), "templateId": str("")}, key+"-ask")
	m.screen(key+"-ask", "Verify OTP", page{context: []string{context}, parts: []part{
		hint("We've sent a 6-digit code to {{" + context + "}}"), codeField(), button("resend", "Send again", "link"), failure(),
	}}, edge{"oneTimeCodeId", key + "-verify"}, edge{"resend", key})
	m.action(key+"-verify", "Verify Code / OTP / "+channel, verify, nil, m.done)
}

func (m *mfa) authenticator() {
	m.condition("totp", "Does user have an authenticator app?", when("Yes", "totp-ask", test{isTrue, "user.totp"}), otherwise("No", "totp-add"))
	m.screen("totp-ask", "Verify TOTP", page{parts: []part{
		hint("Enter the 6-digit code that your authenticator app shows."), codeField(), failure(),
	}}, edge{"oneTimeCodeId", "totp-verify"})
	m.action("totp-verify", "Verify Code / TOTP", "verify-totp-code", nil, m.done)
	m.action("totp-add", "Update User / TOTP", "update-user-totp", nil, "totp-scan")
	parts := append([]part{hint("Scan the QR code with your authenticator app, and enter the 6-digit code that it shows.")}, authenticatorCode()...)
	m.screen("totp-scan", "Set Up TOTP", page{parts: append(parts, codeField(), failure())}, edge{"oneTimeCodeId", "totp-check"})
	m.action("totp-check", "Verify Code / TOTP", "verify-totp-code", nil, m.done)
}

// remember asks whether the device is to be remembered.
func (m *mfa) remember() {
	if !m.arguments.flag(rememberParameter) {
		return
	}
	days := m.arguments[daysParameter]
	period := fmt.Sprintf("%s days", days)
	if days == "1" {
		period = "1 day"
	}
	m.screen("remember", "Remember Device", page{parts: []part{
		heading("Remember this device?"), hint("For " + period + " you will not be asked for a second step on it."),
		button("trust", "Remember this device", "contained"), button("skip", "Not now", "link"), failure(),
	}}, edge{"trust", "trust"}, edge{"skip", endKey})
	m.action("trust", "Trust Device", "trust-device", map[string]resource.Value{"expiration": days, "expirationUnit": str("days")}, endKey)
}
