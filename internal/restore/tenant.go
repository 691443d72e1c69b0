package restore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Was is a tenant as it was.
type Was struct {
	// Tenant is the object, with its settings where they were kept. What its raw
	// form lacks is left as it is.
	Tenant resource.Tenant
	// Omitted are the values that were left out because they are secret, by their
	// names on the wire: "customAttributes.token", "settings.enabled", "name".
	Omitted []string
	// SSO says which SSO configuration it had, in words; empty when it had none, or
	// nobody looked.
	SSO string
	// Password reports whether it had password settings in force, perhaps those of
	// its project.
	Password bool
	// Roles is the number of roles of its own that it had.
	Roles int
	// Users is the number of its members; nil when they were not counted.
	Users *int
}

// The codes of what does not come back.
const (
	CodeMembers    = "members_lost"     // a delete ends memberships
	CodeKeys       = "access_keys_lost" // they went with the tenant
	CodeServer     = "server_owned"     // the service sets it
	CodeSSO        = "sso_not_restored" // its secrets are kept nowhere
	CodeRoles      = "roles_not_restored"
	CodePassword   = "password_settings_not_restored"
	CodeParent     = "parent_not_restored" // it is set at creation only
	CodeSecret     = "secret_not_restored" // it was left out of the backup
	CodeUnknown    = "field_not_restored"  // no call that is known writes it
	CodeNoSettings = "settings_not_kept"   // they were not read when it went
)

const (
	settingsField   = "settings"
	attributesField = "custom_attributes"
	parentField     = "parent"
)

// Tenant wants a tenant to be as it was: every value that can be written. live is
// what is there now, with its settings where was has some, and nil when the
// tenant is gone. The notes say what does not come back.
func Tenant(was Was, live *resource.Tenant) (resource.Desired, []resource.Note) {
	wanted := resource.Desired{Kind: resource.KindTenant, ID: was.Tenant.ID, Restored: true}
	for _, field := range resource.WritableTenantFields() {
		path := resource.Path{Field: field.Name}
		switch field.Name {
		case settingsField:
			wanted.Fields = append(wanted.Fields, settings(was, live)...)
		case attributesField:
			wanted.Fields = append(wanted.Fields, attributes(was, live, field)...)
		default:
			value, err := was.Tenant.Value(path)
			if err != nil || value.IsAbsent() || was.omits(resource.Path{Field: field.Wire}) || (field.CreateOnly && live != nil) {
				continue
			}
			if live != nil || !isUnset(field.Shape, value) {
				wanted.Fields = append(wanted.Fields, resource.DesiredField{Path: path, Value: field.Shape.Canonical(value)})
			}
		}
	}
	return wanted, losses(was, live)
}

// attributes wants the keys that were there, and none of those that came since.
func attributes(was Was, live *resource.Tenant, field resource.Field) []resource.DesiredField {
	if value, _ := was.Tenant.Member(field.Wire); value.IsAbsent() {
		return nil
	}
	var fields []resource.DesiredField
	kept, _ := was.Tenant.Keys(attributesField)
	for _, key := range kept {
		path := resource.Path{Field: attributesField, Key: key}
		if value, err := was.Tenant.Value(path); err == nil && !value.IsAbsent() && !was.omits(resource.Path{Field: field.Wire, Key: key}) {
			fields = append(fields, resource.DesiredField{Path: path, Value: value})
		}
	}
	if live == nil || was.hidesKeys(field.Wire) {
		return fields
	}
	present, _ := live.Keys(attributesField)
	for _, key := range present {
		path := resource.Path{Field: attributesField, Key: key}
		before, _ := was.Tenant.Value(path) // null counts as not there
		if before.IsAbsent() && !was.omits(resource.Path{Field: field.Wire, Key: key}) {
			fields = append(fields, resource.DesiredField{Path: path, Remove: true})
		}
	}
	return fields
}

// settings wants the settings that were there. Those of a tenant that had none of
// its own are what a new one has.
func settings(was Was, live *resource.Tenant) []resource.DesiredField {
	var fields []resource.DesiredField
	own := false
	for _, field := range resource.TenantSettingsFields() {
		value := was.Tenant.SettingsMember(field.Wire)
		if value.IsAbsent() || was.omits(resource.Path{Field: settingsField, Key: field.Wire}) {
			continue
		}
		own = own || !isUnset(field.Shape, value)
		fields = append(fields, resource.DesiredField{Path: resource.Path{Field: settingsField, Key: field.Name}, Value: value})
	}
	if live == nil && !own {
		return nil
	}
	return fields
}

// isUnset reports whether a value is what the service shows where nobody has set
// one.
func isUnset(shape resource.Shape, value resource.Value) bool {
	return value == "{}" || shape.Equal(value, shape.Zero())
}

// omits reports whether a value, or the whole member that it is in, was left out.
func (w Was) omits(wire resource.Path) bool {
	return slices.Contains(w.Omitted, wire.String()) || slices.Contains(w.Omitted, wire.Field)
}

// hidesKeys reports whether the backup does not even name a key of a map, because
// the key is itself a secret. What came since cannot be told from it then.
func (w Was) hidesKeys(wire string) bool {
	return slices.ContainsFunc(w.Omitted, func(path string) bool {
		return strings.HasPrefix(path, wire) && strings.Contains(path, resource.Redacted)
	})
}

// losses says what [Tenant] cannot bring back.
func losses(was Was, live *resource.Tenant) []resource.Note {
	var notes []resource.Note
	add := func(code, format string, arguments ...any) {
		notes = append(notes, resource.Note{Address: was.Tenant.Address(), Code: code, Message: fmt.Sprintf(format, arguments...)})
	}
	for _, path := range was.Omitted {
		add(CodeSecret, "%s cannot come back: it is secret, so that the backup does not hold it", path)
	}
	if live != nil && was.hidesKeys("customAttributes") {
		add(CodeSecret, "attributes that came since stay: they cannot be told from one whose key is secret")
	}
	for _, name := range unwritable(was.Tenant, live) {
		add(CodeUnknown, "%s cannot come back: no known call writes it; the backup keeps its value", name)
	}
	if live != nil {
		if was.Tenant.Parent != live.Parent {
			add(CodeParent, "its parent was %q and is %q: a parent is set at creation only", was.Tenant.Parent, live.Parent)
		}
		if ssoMoved(was.Tenant, *live) {
			add(CodeSSO, "its SSO configuration has changed since; it is left as it is")
		}
		return notes
	}
	add(CodeServer, "its createdTime is set anew by the service; successors follow from its children")
	if was.Users == nil || *was.Users > 0 {
		add(CodeMembers, "the membership of %s does not come back: no backup holds it", members(was.Users))
	}
	add(CodeKeys, "access keys that belonged to it alone, if there were any, do not come back")
	if !was.Tenant.HasSettings() {
		add(CodeNoSettings, "its session settings were not kept; it has the defaults")
	}
	if was.SSO != "" {
		add(CodeSSO, "%s has to be set up again in the console: secrets and certificates are kept nowhere, the rest is in the backup", was.SSO)
	}
	if was.Roles > 0 {
		add(CodeRoles, "%d roles of its own are in the backup and are not made again", was.Roles)
	}
	if was.Password {
		add(CodePassword, "password settings of its own, if there were any, are in the backup and are not written back")
	}
	return notes
}

func members(users *int) string {
	if users == nil {
		return "its members"
	}
	if *users == 1 {
		return "its one member"
	}
	return fmt.Sprintf("its %d members", *users)
}

// ssoMoved reports whether what a tenant shows of its SSO configuration differs.
func ssoMoved(was, live resource.Tenant) bool {
	for _, wire := range []string{"authType", "domains"} {
		before, _ := was.Member(wire)
		now, _ := live.Member(wire)
		if !before.IsAbsent() && !resource.ShapeSet.Equal(before, now) {
			return true
		}
	}
	return false
}

// others are the fields of a tenant object that no call of ours writes, and that
// are spoken of elsewhere.
var others = []string{"id", "createdTime", "updatedTime", "successors", "authType", "domains"}

// sharedSettings are the fields that the settings share with the tenant.
var sharedSettings = []string{"id", "tenantId", "domains", "authType", "selfProvisioningDomains"}

// unwritable lists the fields that had a value which nothing here can write, and
// that is not there now.
func unwritable(was resource.Tenant, live *resource.Tenant) []string {
	var names []string
	for _, wire := range was.Members() {
		value, _ := was.Member(wire)
		if slices.Contains(others, wire) || hasWire(resource.WritableTenantFields(), wire) || value.IsAbsent() {
			continue
		}
		if live != nil {
			if now, _ := live.Member(wire); now.Equal(value) {
				continue
			}
		} else if isBlank(value) {
			continue
		}
		names = append(names, wire)
	}
	for _, wire := range was.SettingsMembers() {
		value := was.SettingsMember(wire)
		if slices.Contains(sharedSettings, wire) || hasWire(resource.TenantSettingsFields(), wire) || value.IsAbsent() {
			continue
		}
		if live != nil && live.SettingsMember(wire).Equal(value) || live == nil && isBlank(value) {
			continue
		}
		names = append(names, settingsField+"."+wire)
	}
	return names
}

func hasWire(fields []resource.Field, wire string) bool {
	return slices.ContainsFunc(fields, func(field resource.Field) bool { return field.Wire == wire })
}

// isBlank reports whether a value of an unknown kind stands for "not set".
func isBlank(value resource.Value) bool {
	return slices.Contains([]resource.Value{`""`, "0", "false", "[]", "{}"}, value)
}
