package flow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// page is a screen of a template: its parts from top to bottom.
type page struct {
	parts   []part
	context []string // what its texts show of what the flow knows
}

// part is one node of a screen.
type part struct {
	id, component, title string
	custom, props        object
	inner                []part
	interaction          object // what people can do with it; nil for nothing
	input                string // the key of what people enter; "" for none
}

// rootID is the node that holds all others.
const rootID = "ROOT"

// screenID is the same for each rendering of a template. On import the service
// gives ids of its own.
func (b *builder) screenID(key string) string {
	sum := sha256.Sum256([]byte(b.template.Name + "/" + key))
	return "SC2" + hex.EncodeToString(sum[:])[:27]
}

func sortedScreens(screens []resource.Value) []resource.Value {
	slices.SortFunc(screens, func(a, b resource.Value) int {
		return cmp.Compare(text(a.Get("screenId")), text(b.Get("screenId")))
	})
	return screens
}

// export is the page as an item of the export's screens.
func (p page) export(id string) resource.Value {
	nodes := object{}
	var interactions []resource.Value
	root := box(rootID, p.parts...)
	root.props["paddingX"], root.props["paddingY"], root.props["spaceBetween"] = str("4"), str("8"), str("4")
	root.export(nodes, "", func(i object) { interactions = append(interactions, i.value()) })
	return object{"screenId": str(id), "contents": nodes.value(), "interactions": array(interactions...)}.value()
}

func (p part) export(nodes object, parent string, interacts func(object)) {
	var ids []string
	for _, inner := range p.inner {
		ids = append(ids, inner.id)
		inner.export(nodes, p.id, interacts)
	}
	props := maps.Clone(p.props)
	props["id"] = str(p.id)
	node := object{
		"type": object{"resolvedName": str(p.component)}.value(), "displayName": str(p.title),
		"props": props.value(), "custom": p.custom.value(), "nodes": resource.StringsValue(ids), "linkedNodes": "{}",
		"hidden": "false", "isCanvas": resource.BoolValue(p.component == "Container"),
	}
	if parent != "" {
		node["parent"] = str(parent)
	}
	nodes[p.id] = node.value()
	if p.interaction != nil {
		interacts(p.interaction)
	}
}

// describe writes what a screen's task says about the page.
func (p page) describe(task object) {
	var keys []string
	metadata := []resource.Value{}
	for inner := range p.all() {
		if inner.input != "" {
			keys = append(keys, inner.input)
			metadata = append(metadata, object{"key": str(inner.input), "displayName": str(inner.title)}.value())
		}
	}
	task["inputsMetadata"], task["calculatedInputKeys"] = array(metadata...), "true"
	if len(keys) > 0 {
		task["allInputKeys"], task["inputKeys"] = resource.StringsValue(keys), resource.StringsValue(keys)
	}
	if len(p.context) > 0 {
		task["contextKeys"] = resource.StringsValue(p.context)
	}
}

// all walks over the parts, also those inside of others.
func (p page) all() func(yield func(part) bool) {
	return func(yield func(part) bool) {
		var walk func(list []part) bool
		walk = func(list []part) bool {
			for _, one := range list {
				if !yield(one) || !walk(one.inner) {
					return false
				}
			}
			return true
		}
		walk(p.parts)
	}
}

// box holds other parts, one below the other.
func box(id string, inner ...part) part {
	return part{id: id, component: "Container", title: "Container", inner: inner, props: object{
		"align": str("center"), "justify": str("center"), "direction": str("column"), "width": str("100%"),
		"background": str("#ffffff00"), "paddingX": str("0"), "paddingY": str("4"), "spaceBetween": str("1.5"),
		"data-editor-type": str("container"),
	}}
}

func words(id, variant, content string) part {
	return part{id: id, component: "Text", title: "Text", props: object{
		"children": str(content), "variant": str(variant), "mode": str("primary"), "text-align": str("center"),
		"full-width": "false", "italic": "false",
	}}
}

func heading(content string) part { return words("heading", "h3", content) }
func hint(content string) part    { return words("hint", "subtitle2", content) }

// failure is where the page shows what went wrong.
func failure() part {
	return part{id: "errorMessage", component: "ErrorMessage", title: "Error Message", props: object{
		"data-type": str("error-message"), "hide-when-empty": "true", "mode": str("error"), "variant": str("body1"),
		"text-align": str("center"), "full-width": "false", "italic": "false",
	}}
}

// button leads on; the looks are contained, outline or link.
func button(id, label, looks string) part {
	return part{
		id: id, component: "Button", title: "Button", custom: object{"type": str("button")},
		interaction: object{"id": str(id), "label": str(label), "type": str("button")},
		props: object{
			"children": str(label), "variant": str(looks), "color": str("primary"), "mode": str("primary"), "size": str("md"),
			"data-type": str("button"), "formNoValidate": resource.BoolValue(looks == "link"), "full-width": "true",
		},
	}
}

func passkeyButton(label string) part {
	p := button("passkey", label, "outline")
	p.component, p.title = "PasskeyButton", "Passkey Button"
	p.interaction["icon"] = str("passkey")
	p.props["data-type"], p.props["formNoValidate"] = str("biometrics"), "true"
	p.props["startIcon"], p.props["startIconColorText"] = str("passkey"), "true"
	return p
}

func socialButton(s social) part {
	label := "Continue with " + s.title
	p := button(s.name, label, "outline")
	p.component, p.title = s.component, s.title+" Button"
	p.custom["subType"] = str("social")
	p.interaction["icon"], p.interaction["subType"] = str(s.name), str("social")
	p.props["data-type"], p.props["data-descope-provider"], p.props["formNoValidate"] = str("social"), str(s.name), "true"
	p.props["startIcon"], p.props["startIconColorText"], p.props["aria-label"] = str(s.name), "false", str(label)
	return p
}

func field(component, title, key, kind, placeholder string) part {
	return part{id: key + "Input", component: component, title: title, input: key, custom: object{"type": str("input")}, props: object{
		"name": str(key), "type": str(kind), "placeholder": str(placeholder), "label": str(""), "required": "true",
		"bordered": "true", "full-width": "true", "size": str("md"), "max": number(100),
		"data-errormessage-value-missing": str("Please fill out this field."),
	}}
}

func emailField() part {
	p := field("EmailInput", "Email Input", "email", "email", "Email address *")
	p.props["pattern"] = str(`^[\w._%+-]+@[\w.-]+\.[A-Za-z]{2,}$`)
	p.props["data-errormessage-pattern-mismatch"] = str("Must be a valid email")
	return p
}

func passwordField() part {
	return field("PasswordInput", "Password Input", "password", "password", "Password *")
}

func nameField() part {
	p := field("FullNameInput", "Full Name Input", "fullName", "text", "Full name *")
	p.custom["contextKey"] = str("displayName")
	return p
}

func phoneField() part {
	p := field("PhoneInput", "Phone Input", "phone", "tel", "Phone number *")
	p.props["default-code"], p.props["country-input-placeholder"] = str("autoDetect"), str("Code")
	p.props["minlength"], p.props["maxlength"] = str("6"), str("20")
	return p
}

// codeField goes on by itself as soon as the code is complete.
func codeField() part {
	p := field("CodeInput", "One Time Code", "code", "tel", "")
	p.id, p.custom = "oneTimeCodeId", object{"type": str("oneTimeCode")}
	p.interaction = object{"id": str(p.id), "label": str("Verify code")}
	p.props["digits"], p.props["data-auto-submit"], p.props["size"] = number(6), "true", str("lg")
	p.props["data-errormessage-pattern-mismatch"] = str("Must be a 6 digit number")
	delete(p.props, "placeholder")
	delete(p.props, "max")
	return p
}

// waiting goes on by itself when what the page waits for has happened elsewhere.
func waiting() part {
	return part{
		id: "pollingLoader", component: "PollingLoader", title: "Polling", custom: object{"type": str("polling")},
		interaction: object{"id": str("polling"), "label": str("Polling")},
		props:       object{"data-type": str("polling"), "color": str("primary"), "size": str("md"), "variant": str("linear")},
	}
}

// authenticatorCode is what an authenticator app reads to be set up.
func authenticatorCode() []part {
	return []part{
		{id: "totpImage", component: "TOTPImage", title: "TOTP QR Code", props: object{"alt": str("QR code"), "height": str("100px")}},
		{id: "totpLink", component: "TOTPLink", title: "TOTP Provision URL", props: object{
			"children": str("(invitation link)"), "target": str("_blank"), "typography": str("body1"), "full-width": "false", "italic": "false",
		}},
	}
}
