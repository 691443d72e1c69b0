package emulator

import (
	"errors"
	"maps"
	"slices"
	"strconv"
)

// The fields of a tenant, as the API names them.
var (
	tenantID             = field{name: "id"}
	tenantName           = field{name: "name"}
	tenantAttributes     = field{name: "customAttributes", kind: kindMap}
	tenantProvisioning   = field{name: "selfProvisioningDomains", kind: kindTexts}
	tenantAuthType       = field{name: "authType", unset: `"none"`, allowed: []string{"", "none", "saml", "oidc"}}
	tenantDomains        = field{name: "domains", kind: kindTexts}
	tenantCreatedTime    = field{name: "createdTime", kind: kindWhole}
	tenantDisabled       = field{name: "disabled", kind: kindFlag}
	tenantEnforceSSO     = field{name: "enforceSSO", kind: kindFlag}
	tenantSSOExclusions  = field{name: "enforceSSOExclusions", kind: kindTexts}
	tenantFederatedApps  = field{name: "federatedAppIds", kind: kindTexts}
	tenantParent         = field{name: "parent"}
	tenantSuccessors     = field{name: "successors", kind: kindTexts}
	tenantDefaultRoles   = field{name: "defaultRoles", kind: kindTexts}
	tenantInheritance    = field{name: "roleInheritance", allowed: []string{"", "none", "userOnly"}}
	tenantSettingsTenant = field{name: "tenantId"}
)

var (
	// tenantFields is the tenant object in the order in which it is answered.
	tenantFields = []field{
		tenantID, tenantName, tenantAttributes, tenantProvisioning, tenantAuthType, tenantDomains, tenantCreatedTime,
		tenantDisabled, tenantEnforceSSO, tenantSSOExclusions, tenantFederatedApps, tenantParent, tenantSuccessors,
		tenantDefaultRoles, tenantInheritance,
	}
	// tenantWritable is what an update replaces: what it leaves out is wiped.
	tenantWritable = []field{
		tenantName, tenantAttributes, tenantProvisioning, tenantAuthType, tenantDisabled, tenantEnforceSSO,
		tenantSSOExclusions, tenantFederatedApps, tenantInheritance,
	}
	tenantUpdateFields = append([]field{tenantID}, tenantWritable...)
	tenantCreateFields = append([]field{tenantID, tenantParent}, tenantWritable...)

	// tenantShared are stored once, and are fields of the tenant and of its settings.
	tenantShared = []field{tenantDomains, tenantProvisioning, tenantAuthType}
	// tenantOwnSettings are the fields that only the settings have.
	tenantOwnSettings = []field{
		{name: "enabled", kind: kindFlag},
		{name: "refreshTokenExpiration", kind: kindWhole},
		{name: "refreshTokenExpirationUnit"},
		{name: "sessionTokenExpiration", kind: kindWhole},
		{name: "sessionTokenExpirationUnit"},
		{name: "stepupTokenExpiration", kind: kindWhole},
		{name: "stepupTokenExpirationUnit"},
		{name: "enableInactivity", kind: kindFlag},
		{name: "inactivityTime", kind: kindWhole},
		{name: "inactivityTimeUnit"},
		{name: "JITDisabled", kind: kindFlag},
		{name: "ssoSetupSuiteSettings", kind: kindMap},
	}
	tenantSettingsFields      = slices.Concat(tenantShared, tenantOwnSettings)
	tenantSettingsWriteFields = append([]field{tenantSettingsTenant}, tenantSettingsFields...)
)

// tenant is one stored tenant. It is never changed, only replaced, so that a
// write that cannot be stored leaves nothing behind.
type tenant struct {
	id, name, parent string
	fields           object // as stored, with fields that nobody knows; without successors
	settings         object // what only the settings have; nil until someone writes them
	shown            []byte // cache of the object as it is answered; nil when stale
}

// newTenant checks a stored tenant. Members that are null stay only where
// nobody knows the field.
func newTenant(from, settings object) (*tenant, error) {
	known, unknown, err := split(tenantFields, from)
	if err != nil {
		return nil, err
	}
	delete(known, tenantSuccessors.name) // derived from the children
	maps.Copy(known, unknown)
	if settings, err = newSettings(known, settings); err != nil {
		return nil, err
	}
	result := &tenant{fields: known, settings: settings}
	result.id, result.name, result.parent = known.text("id"), known.text("name"), known.text("parent")
	switch {
	case result.id == "":
		return nil, errors.New(`"id" is missing or empty`)
	case result.name == "":
		return nil, errors.New(`"name" is missing or empty`)
	}
	return result, nil
}

// newSettings checks stored settings and moves what the tenant shares with
// them into the tenant's fields.
func newSettings(tenantMembers, from object) (object, error) {
	if from == nil {
		return nil, nil
	}
	known, unknown, err := split(tenantSettingsFields, from)
	if err != nil {
		return nil, &fieldError{"settings", err.Error()}
	}
	for _, shared := range tenantShared {
		raw, found := known[shared.name]
		if !found {
			continue
		}
		if own, set := tenantMembers[shared.name]; set && string(own) != string(raw) {
			return nil, &fieldError{"settings", strconv.Quote(shared.name) + " differs from the tenant's own value"}
		}
		tenantMembers[shared.name] = raw
		delete(known, shared.name)
	}
	maps.Copy(known, unknown)
	return known, nil
}

// with is the tenant with other members.
func (t *tenant) with(fields, settings object) *tenant {
	return &tenant{id: t.id, name: fields.text("name"), parent: t.parent, fields: fields, settings: settings}
}

// carries reports whether the tenant object holds an extra field: one that the
// emulator does not know, which came with a seed.
func (t *tenant) carries(key string) bool { return carriesExtra(t.fields, tenantFields, key) }

// settingsCarry is the same for its settings.
func (t *tenant) settingsCarry(key string) bool {
	return carriesExtra(t.settings, tenantSettingsFields, key)
}

func carriesExtra(stored object, fields []field, key string) bool {
	_, found := stored[key]
	return found && !hasField(fields, key)
}

// show is the tenant as the API answers it: every known field, with its zero
// value where nobody has set it, then the others as they were stored.
func (t *tenant) show(successors []string) []byte {
	if t.shown == nil {
		var derived object
		if len(successors) > 0 {
			derived = object{tenantSuccessors.name: encoded(successors)}
		}
		t.shown = showObject(tenantFields, t.fields, derived)
	}
	return t.shown
}

// showSettings is the settings object as the API answers it.
func (t *tenant) showSettings() []byte {
	shared := object{}
	for _, f := range tenantShared {
		if raw, found := t.fields[f.name]; found {
			shared[f.name] = raw
		}
	}
	return showObject(tenantSettingsFields, t.settings, shared)
}

// showObject writes the fields of a table in order, each from the first of the
// sources that has it or as its zero value, and then what the first source has
// besides.
func showObject(fields []field, from, derived object) []byte {
	out := make([]byte, 0, 512)
	out = append(out, '{')
	extras := len(from)
	for _, f := range fields {
		raw := from[f.name]
		if raw != nil {
			extras--
		} else {
			raw = derived[f.name]
		}
		if raw == nil || f.unset != "" && string(raw) == `""` {
			raw = f.zero()
		}
		out = appendMember(out, f.name, raw)
	}
	if extras == 0 {
		return append(out, '}')
	}
	for _, key := range from.sortedKeys() {
		if !hasField(fields, key) {
			out = appendMember(out, key, from[key])
		}
	}
	return append(out, '}')
}

func nonNil(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}
